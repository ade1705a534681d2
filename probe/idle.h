/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The CPUs, and when they are idle.
 */
#ifndef RSTAT_IDLE_H
#define RSTAT_IDLE_H

#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the daemon sets it: possible CPUs */
	__type(key, u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

/*
 * The time that the kernel itself has found this CPU idle, for /proc/stat. Interrupts
 * that the idle task serves are not in it, nor what it takes to fall asleep and to wake
 * up: on a CPU that does so ten thousand times a second they are some percent.
 */
INLINE u64 idle_ns(const struct cpu *cpu)
{
	const struct tick_sched *account = (void *)cpu->tick_sched;
	s64 idle = 0, iowait = 0;

	probe_read_kernel(&idle, sizeof(idle), &account->idle_sleeptime);
	probe_read_kernel(&iowait, sizeof(iowait), &account->iowait_sleeptime);
	return idle + iowait - cpu->idle_before;
}

/*
 * The CPU begins to idle, or goes on after an interrupt. All time until here that the
 * kernel does not call idle was busy; `on_switch` knew only of that before the switch.
 */
SEC("tp_btf/cpu_idle")
int on_idle(u64 *ctx)
{
	if ((u32)ctx[0] == PWR_EVENT_EXIT)
		return 0;
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);
	if (!cpu || !cpu->tick_sched)
		return 0;
	const struct tick_sched *account = (void *)cpu->tick_sched;
	s64 since = 0;
	probe_read_kernel(&since, sizeof(since), &account->idle_entrytime);
	u64 busy = (since - idle_ns(cpu)) << RUNNING_BITS;
	if (cpu->busy & 1 || (s64)(busy - cpu->busy) > 0)
		STORE(cpu->busy, busy);
	return 0;
}

union symbol {
	char text[24];
	u64 words[3];
};

INLINE int is_symbol(const union symbol *name, const union symbol *other)
{
	return name->words[0] == other->words[0] && name->words[1] == other->words[1] &&
	       name->words[2] == other->words[2];
}

/*
 * Attached at the start until each CPU has set its tick: the tick's timer lies in the
 * kernel's account of the CPU's idle time, and nothing else leads there.
 */
SEC("tp_btf/hrtimer_start")
int find_tick(u64 *ctx)
{
	static const char symbol_of[] = "%ps";
	static const union symbol tick = { "tick_nohz_handler" }, before_6_9 = { "tick_sched_timer" };
	struct hrtimer *timer = (void *)ctx[0];
	struct tick_sched *account = 0;
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);
	union symbol name = {};
	u64 function = 0;

	if (!cpu || cpu->tick_sched || !field_exists(account->idle_sleeptime))
		return 0;
	probe_read_kernel(&function, sizeof(function), &timer->function);
	snprintf(name.text, sizeof(name.text), symbol_of, &function, sizeof(function));
	if (!is_symbol(&name, &tick) && !is_symbol(&name, &before_6_9))
		return 0;
	/* From here on `busy` follows the account, and goes on from where it is now. */
	cpu->tick_sched = (u64)timer - field_offset(account->sched_timer);
	u64 idle = cpu->busy & 1 ? 0 : ktime_get_ns();
	cpu->idle_before = idle_ns(cpu) + ((s64)cpu->busy >> RUNNING_BITS) - idle;
	return 0;
}

#endif
