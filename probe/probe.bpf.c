// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The probe: small programs that keep the numbers where they change.
 *
 * The probe accumulates. It never divides, never allocates and does not know wall
 * time. The daemon reads the maps through mmap, without system calls; `probe.h`
 * describes their records.
 */
#include "clock.h"
#include "exited.h"
#include "idle.h"
#include "notes.h"

SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	u64 key = (u64)next->signal;
	struct mm_struct *mm = LOAD(prev->mm);
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);
	if (!cpu)
		return 0;

	u64 busy = cpu->busy, running = busy & 1, runs = next->pid != 0;
	u32 from = cpu->process;
	struct process *process = process_at(from);

	/*
	 * Some kernels do not report every switch to BPF. If `prev` is not the noted thread,
	 * the start of its slice is unknown: no thread gets the time of the gap. The CPU
	 * counts as idle for the gap if `prev` is the idle task.
	 */
	int same_process = process && process->pid == (u32)prev->tgid;
	int same_thread = cpu->thread == (u64)prev && (same_process || !process);
	s64 ran = same_thread ? runtime(prev) - cpu->runtime_ns : 0;
	u64 until = cpu->since_ns + (ran > 0 ? ran : 0);
	if (!same_thread && !same_process) {
		if (process) {
			add_after_all(&process->busy, STOP(until));
			changed(from);
		}
		process = 0;
		from = 0;
		if (!prev->pid && running) {
			busy += STOP(until);
			running = 0;
		}
	}

	if (process) {
		note_memory(process, prev, mm);
		if (same_thread)
			note_io(cpu, process, prev);
		note_sleep(process, prev, (int)ctx[0]);
	}

	/* Without the kernel's account, idle time depends on the very moment of the switch. */
	u64 now = switched_at(cpu, runs ? next : prev, running != runs && !cpu->tick_sched);
	u32 to = process && prev->tgid == next->tgid ? from : slot_on(cpu, next, key);
	if (process && to == from) {
		/* One step: after a STOP alone a dead process's slot could get a new owner. */
		add_after_all(&process->busy, (until - now) << RUNNING_BITS);
		changed(from);
	} else {
		if (process) {
			add_after_all(&process->busy, STOP(until));
			changed(from);
		}
		process = process_at(to);
		if (process) {
			add_after_all(&process->busy, START(now));
			changed(to);
		}
	}
	if (running != runs) {
		if (runs && cpu->tick_sched)
			busy = START(idle_ns(cpu)); /* all time that is not idle */
		else
			busy += runs ? START(now) : STOP(now);
		STORE(cpu->busy, busy);
	}
	if (process)
		note_awake(process, next);
	cpu->switches++;
	cpu->since_ns = now;
	cpu->runtime_ns = runtime(next);
	cpu->read_bytes = bytes_read(next);
	cpu->write_bytes = bytes_written(next);
	cpu->thread = (u64)next;
	cpu->process = to;
	return 0;
}

/*
 * The CPU begins to idle, or goes on idling after an interrupt. All time until now was
 * busy, except for the kernel's idle time. `on_switch` counted only until the switch.
 */
SEC("tp_btf/cpu_idle")
int on_idle(u64 *ctx)
{
	const struct tick_sched *account = 0;
	if ((u32)ctx[0] == PWR_EVENT_EXIT || !has_account(account))
		return 0;
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);
	if (!cpu || !cpu->tick_sched)
		return 0;
	u64 busy = (idle_since((void *)cpu->tick_sched) - idle_ns(cpu)) << RUNNING_BITS;
	if (cpu->busy & 1 || (s64)(busy - cpu->busy) > 0)
		STORE(cpu->busy, busy);
	return 0;
}

/*
 * The daemon attaches this program at its start, until each CPU has set its tick. The
 * tick's timer lies in the kernel's account of the CPU's idle time, and no other way
 * leads to that account.
 */
SEC("tp_btf/hrtimer_start")
int find_tick(u64 *ctx)
{
	struct hrtimer *timer = (void *)ctx[0];
	const struct tick_sched *account = 0;
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);

	if (!cpu || cpu->tick_sched || !has_account(account))
		return 0;
	u64 address = account_of(timer);
	/* A kernel that does not keep the account leaves 0 there: "never idle". */
	if (!address || !idle_since((void *)address))
		return 0;
	/* From now on `busy` follows the account, and continues from its present value. */
	cpu->tick_sched = address;
	u64 now = cpu->busy & 1 ? 0 : ktime_get_ns();
	cpu->idle_before = idle_ns(cpu) + ((s64)cpu->busy >> RUNNING_BITS) - now;
	return 0;
}

/* An empty program. Its measured cost is the cost of measuring itself. */
SEC("tp_btf/sched_switch")
int nothing(u64 *ctx)
{
	(void)ctx;
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(u64 *ctx)
{
	struct task_struct *child = (void *)ctx[1];
	u64 key = key_of(child);

	if (!leads(child))
		return 0;
	/* `retire` could not free the slot of an old process with this key, or `seed` was faster. */
	u32 *left_over = map_lookup(&slots, &key);
	if (left_over)
		retire(key, *left_over);
	if (!adopt(child, key))
		one_more_unlisted(key);
	return 0;
}

SEC("tp_btf/sched_process_free")
int on_free(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u64 key = key_of(task);

	if (!leads(task))
		return 0;
	u32 *slot = map_lookup(&slots, &key);
	if (slot)
		retire(key, *slot);
	else
		one_less_unlisted();
	return 0;
}

/* Runs in exec and in prctl(PR_SET_NAME), before task_struct.comm changes. */
SEC("tp_btf/task_rename")
int on_rename(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	const char *name = (const char *)ctx[1];
	char comm[COMM_BYTES] = {};
	u64 key = key_of(task);

	if (!leads(task))
		return 0;
	u32 *slot = map_lookup(&slots, &key);
	if (!slot)
		return 0;
	struct process *process = process_at(*slot);
	if (!process)
		return 0;
	probe_read_kernel_str(comm, sizeof(comm), name);
	set_comm(process->comm, comm);
	__sync_lock_test_and_set(&process->cgroup, cgroup_of(task));
	/* Before 5.19 the kernel's helper processes were kernel threads until their exec. */
	if (!(task->flags & PF_KTHREAD))
		__sync_fetch_and_and(&process->state, ~SLOT_KTHREAD);
	changed(*slot);
	return 0;
}

/* Runs after a process, or one of its threads, was moved to another cgroup. */
SEC("tp_btf/cgroup_attach_task")
int on_move(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[2];
	u64 key = key_of(task);
	u32 *slot = map_lookup(&slots, &key);
	if (!slot)
		return 0;
	struct process *process = process_at(*slot);
	if (process) {
		/* An exchange, not a store: its barrier orders the number before `changed`. */
		__sync_lock_test_and_set(&process->cgroup, cgroup_of(task));
		changed(*slot);
	}
	return 0;
}

/*
 * Visits every existing process. The daemon runs this program once, after it has attached
 * the others, and later to find slots without a process. A slot loses its mark only when
 * it also has the visited process's number: a stale key may lead to another's slot.
 */
SEC("iter/task")
int seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	/* For a dead task, on_free may have run already. */
	if (!task || task->exit_state == EXIT_DEAD)
		return 0;
	u64 key = key_of(task);
	u32 *known = map_lookup(&slots, &key);
	u32 slot = known ? *known : leads(task) ? adopt(task, key) : 0;
	struct process *process = process_at(slot);
	if (!process) {
		if (leads(task))
			one_more_unlisted(key);
		return 0;
	}
	if (LOAD(process->state) & SLOT_UNSEEN && process->pid == (u32)task->tgid)
		__sync_fetch_and_and(&process->state, ~SLOT_UNSEEN);
	struct mm_struct *mm = task->mm;
	if (mm && leads(task) && !(task->flags & PF_KTHREAD))
		STORE(process->rss_pages, resident_pages(mm));
	note_sleep(process, task, 0);
	changed(slot);
	return 0;
}

char license_text[] SEC("license") = "Dual MIT/GPL";
