/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The map of CPUs, and the kernel's account of their idle time.
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

/* Whether this kernel has the account; if not, the verifier drops the code behind the check. */
INLINE int has_account(const struct tick_sched *account)
{
	return field_exists(account->idle_sleeptime);
}

/*
 * The CPU's idle time by the kernel's own account, the source of /proc/stat. It excludes
 * interrupts that the idle task serves, and the time of falling asleep and waking up. On
 * a CPU that sleeps ten thousand times a second these are some percent.
 */
INLINE u64 idle_ns(const struct cpu *cpu)
{
	const struct tick_sched *account = (void *)cpu->tick_sched;
	s64 idle = 0, iowait = 0;

	if (!has_account(account))
		return 0;
	probe_read_kernel(&idle, sizeof(idle), &account->idle_sleeptime);
	probe_read_kernel(&iowait, sizeof(iowait), &account->iowait_sleeptime);
	return idle + iowait - cpu->idle_before;
}

/* When this CPU last began to idle, or went on idling after an interrupt. */
INLINE u64 idle_since(const struct tick_sched *account)
{
	s64 since = 0;

	probe_read_kernel(&since, sizeof(since), &account->idle_entrytime);
	return since;
}

union symbol {
	char text[32];
	u64 words[4];
};

INLINE int is_symbol(const union symbol *name, const union symbol *other)
{
	return name->words[0] == other->words[0] && name->words[1] == other->words[1] &&
	       name->words[2] == other->words[2] && name->words[3] == other->words[3];
}

/*
 * The account that contains the timer if the timer is a tick's; else 0. The name of a
 * timer's function shows whether the timer is a tick's.
 */
INLINE u64 account_of(struct hrtimer *timer)
{
	static const char symbol_of[] = "%ps";
	static const union symbol tick = { "tick_nohz_handler" };
	static const union symbol before_6_9 = { "tick_nohz_highres_handler" };
	static const union symbol before_6_7 = { "tick_sched_timer" };
	struct tick_sched *account = 0;
	union symbol name = {};
	u64 function = 0;

	probe_read_kernel(&function, sizeof(function), &timer->function);
	snprintf(name.text, sizeof(name.text), symbol_of, &function, sizeof(function));
	if (!is_symbol(&name, &tick) && !is_symbol(&name, &before_6_9) &&
	    !is_symbol(&name, &before_6_7))
		return 0;
	return (u64)timer - field_offset(account->sched_timer);
}

#endif
