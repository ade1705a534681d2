// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The probe: five small programs that keep the numbers where they change.
 *
 * It accumulates and never divides, allocates or knows wall time. The daemon
 * reads the maps through mmap and makes no system call for it; `probe.h` says
 * what they hold.
 */
#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the daemon sets it: possible CPUs */
	__type(key, u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct process);
} processes SEC(".maps");

/* Thread group id -> slot in `processes`, plus 1. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, u32);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, EXITED_ROWS + 1);
	__type(key, u32);
	__type(value, struct exited);
} exited SEC(".maps");

struct shared shared;

/* How often to try again when another CPU changed the free stack first. */
#define FREE_ATTEMPTS 32

INLINE struct process *process_at(u32 slot)
{
	u32 index = slot - 1;
	return map_lookup(&processes, &index);
}

/* A process has the number of its first thread, the group leader. */
INLINE int leads(struct task_struct *task)
{
	return task->pid == task->tgid;
}

INLINE void add(u64 *sum, u64 value)
{
	__sync_fetch_and_add(sum, value);
}

/*
 * The stack of free slots. Both the probe and the daemon push; only the probe
 * pops. The change count in the head's upper half keeps a head that was popped
 * and pushed back meanwhile from being taken for the same. Returns 0 when empty.
 */
INLINE u32 take_slot(void)
{
	u64 head = LOAD(shared.free_head);
	for (int i = 0; i < FREE_ATTEMPTS; i++) {
		u32 slot = head;
		struct process *process = process_at(slot);
		if (!process)
			return 0;
		u64 changed = (head >> 32) + 1;
		u64 next = changed << 32 | LOAD(process->pid);
		u64 seen = __sync_val_compare_and_swap(&shared.free_head, head, next);
		if (seen == head)
			return slot;
		head = seen;
	}
	return 0;
}

INLINE void give_slot(u32 slot, struct process *process)
{
	__sync_lock_test_and_set(&process->state, SLOT_FREE);
	u64 head = LOAD(shared.free_head);
	for (int i = 0; i < FREE_ATTEMPTS; i++) {
		STORE(process->pid, (u32)head);
		u64 changed = (head >> 32) + 1;
		u64 seen = __sync_val_compare_and_swap(&shared.free_head, head, changed << 32 | slot);
		if (seen == head)
			return;
		head = seen;
	}
	/* Lost the race too often: the daemon frees it, and reads no time or bytes. */
	process->busy = process->read_bytes = process->write_bytes = 0;
	__sync_lock_test_and_set(&process->state, SLOT_DEAD);
}

INLINE u64 resident_pages(struct mm_struct *mm)
{
	struct mm_struct___before_6_2 *old = (void *)mm;
	s64 pages;

	if (field_exists(old->rss_stat.count)) {
		pages = old->rss_stat.count[MM_FILEPAGES].counter +
			old->rss_stat.count[MM_ANONPAGES].counter +
			old->rss_stat.count[MM_SHMEMPAGES].counter;
	} else {
		pages = mm->rss_stat[MM_FILEPAGES].count +
			mm->rss_stat[MM_ANONPAGES].count +
			mm->rss_stat[MM_SHMEMPAGES].count;
	}
	return pages > 0 ? pages : 0;
}

INLINE void note_memory(struct process *process, struct task_struct *task)
{
	struct mm_struct *mm = task->mm;

	if (mm)
		STORE(process->rss_pages, resident_pages(mm));
	else if (!(task->flags & PF_KTHREAD) && !task->signal->live.counter)
		STORE(process->rss_pages, 0); /* the last thread gave the memory back */
}

INLINE void set_comm(char *comm, const char *name)
{
	*(u64 *)comm = *(const u64 *)name;
	*(u64 *)(comm + 8) = *(const u64 *)(name + 8);
}

/* Gives the task's process a slot. Returns it, or 0 when there is none left. */
SUBPROGRAM u32 adopt(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	u32 pid = task->tgid;
	u32 slot = take_slot();
	struct process *process = process_at(slot);
	if (!process)
		return 0;

	process->busy = 0;
	process->read_bytes = 0;
	process->write_bytes = 0;
	process->rss_pages = 0;
	process->pid = pid;
	process->start_ns = leader->start_time;
	set_comm(process->comm, leader->comm);
	note_memory(process, task);
	/* An exchange rather than a store: it orders what is above before the state. */
	__sync_lock_test_and_set(&process->state,
				 task->flags & PF_KTHREAD ? SLOT_LIVE | SLOT_KTHREAD : SLOT_LIVE);
	if (!map_update(&slots, &pid, &slot, BPF_NOEXIST))
		return slot;

	/* Another thread of the process was first, or `slots` is full. */
	give_slot(slot, process);
	u32 *theirs = map_lookup(&slots, &pid);
	return theirs ? *theirs : 0;
}

/* The row of `exited` for a name; the overflow row when its set is full. */
INLINE u32 exited_row(const char *comm)
{
	u64 low = *(const u64 *)comm, high = *(const u64 *)(comm + 8);
	/* The odd constant spreads the names over the sets: 2^64 / golden ratio. */
	u64 hash = (low ^ (high << 1)) * 0x9e3779b97f4a7c15ULL;
	u32 first = (hash >> (64 - EXITED_SETS_LOG2)) * EXITED_WAYS;

	for (u32 way = 0; way < EXITED_WAYS; way++) {
		u32 index = first + way;
		struct exited *row = map_lookup(&exited, &index);
		if (row && LOAD(row->state) == ROW_READY && *(u64 *)row->comm == low &&
		    *(u64 *)(row->comm + 8) == high)
			return index;
	}
	for (u32 way = 0; way < EXITED_WAYS; way++) {
		u32 index = first + way;
		struct exited *row = map_lookup(&exited, &index);
		if (row && __sync_val_compare_and_swap(&row->state, ROW_FREE, ROW_CLAIMED) == ROW_FREE) {
			set_comm(row->comm, comm);
			__sync_lock_test_and_set(&row->state, ROW_READY);
			return index;
		}
	}
	return EXITED_OVERFLOW;
}

/*
 * Takes leave of a process. One that lived between two samples is added to its
 * name's row and its slot is free at once, so that no storm of them fills the
 * table; any other keeps its slot until the daemon has read its last numbers.
 *
 * The daemon stores `sampled_at_ns` before it reads the slots and skips those
 * born later; we enter EXITING before we read it. Both are full barriers, so
 * the daemon either finds EXITING and skips the slot, or we see its time.
 */
SUBPROGRAM int retire(u32 slot)
{
	struct process *process = process_at(slot);
	if (!process)
		return 0;
	u32 state = LOAD(process->state);
	if ((state & SLOT_STATE_MASK) != SLOT_LIVE)
		return 0;
	if (__sync_val_compare_and_swap(&process->state, state, SLOT_EXITING) != state)
		return 0;
	u32 pid = process->pid;
	map_delete(&slots, &pid);

	u64 busy = LOAD(process->busy);
	u64 running = busy & ((1 << RUNNING_BITS) - 1);
	if (running || process->start_ns <= LOAD(shared.sampled_at_ns)) {
		__sync_lock_test_and_set(&process->state, SLOT_DEAD | (state & SLOT_KTHREAD));
		return 0;
	}
	u32 index = exited_row(process->comm);
	struct exited *row = map_lookup(&exited, &index);
	if (row) {
		add(&row->busy_ns, busy >> RUNNING_BITS);
		add(&row->read_bytes, process->read_bytes);
		add(&row->write_bytes, process->write_bytes);
		add(&row->count, 1);
		u32 word = index / 64;
		if (word < sizeof(shared.touched) / sizeof(shared.touched[0]))
			__sync_fetch_and_or(&shared.touched[word], 1ULL << (index % 64));
	}
	give_slot(slot, process);
	return 0;
}

/* The slot of the task that is about to run, plus 1; 0 when it has none. */
INLINE u32 slot_of(struct task_struct *task)
{
	u32 pid = task->tgid;

	if (!task->pid)
		return 0; /* the idle task */
	/*
	 * A thread that was already released may outlive its leader by a few
	 * instructions: what it still runs is no longer its process's. All others
	 * keep the leader, and so the slot, from being freed under our hands.
	 */
	if (!leads(task) && task->exit_state)
		return 0;
	u32 *known = map_lookup(&slots, &pid);
	if (known)
		return *known;
	u32 slot = adopt(task);
	if (slot)
		add((u64 *)&shared.unlisted, -LOAD(shared.seeded));
	return slot;
}

/* Both are 0 in a kernel without CONFIG_TASK_IO_ACCOUNTING. */
INLINE u64 bytes_read(struct task_struct *task)
{
	return field_exists(task->ioac.read_bytes) ? task->ioac.read_bytes : 0;
}

INLINE u64 bytes_written(struct task_struct *task)
{
	return field_exists(task->ioac.write_bytes) ? task->ioac.write_bytes : 0;
}

INLINE void note_io(struct cpu *cpu, struct process *process, struct task_struct *task)
{
	u64 read = bytes_read(task) - cpu->read_bytes;
	u64 written = bytes_written(task) - cpu->write_bytes;

	if (read)
		add(&process->read_bytes, read);
	if (written)
		add(&process->write_bytes, written);
}

SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);
	if (!cpu)
		return 0;

	u64 now = ktime_get_ns();
	u64 busy = cpu->busy;
	u32 from = cpu->process;
	struct process *process = process_at(from);

	/*
	 * Some kernels do not tell us of every switch. If another thread ran last
	 * than the one we know of, nobody knows when it began: the one we know of
	 * is given no time for it, and the CPU was idle if it was so in the end.
	 */
	if (cpu->thread != (u32)prev->pid) {
		if (process)
			add(&process->busy, STOP(cpu->since_ns));
		process = 0;
		from = 0;
		if (!prev->pid && busy & 1)
			busy += STOP(cpu->since_ns);
	}

	u32 to = from && prev->tgid == next->tgid ? from : slot_of(next);
	if (process) {
		if (to != from)
			add(&process->busy, STOP(now));
		note_io(cpu, process, prev);
		note_memory(process, prev);
	}
	if (to && to != from) {
		process = process_at(to);
		if (process)
			add(&process->busy, START(now));
	}

	u64 running = busy & 1, runs = next->pid != 0;
	if (running != runs)
		busy += runs ? START(now) : STOP(now);
	STORE(cpu->busy, busy);
	cpu->switches++;
	cpu->since_ns = now;
	cpu->thread = next->pid;
	cpu->process = to;
	cpu->read_bytes = bytes_read(next);
	cpu->write_bytes = bytes_written(next);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(u64 *ctx)
{
	struct task_struct *child = (void *)ctx[1];
	u32 pid = child->tgid;

	if (!leads(child))
		return 0;
	/* The number's last owner was reaped, and its task_struct is not freed yet. */
	u32 *left_over = map_lookup(&slots, &pid);
	if (left_over)
		retire(*left_over);
	if (!adopt(child))
		add((u64 *)&shared.unlisted, 1);
	return 0;
}

SEC("tp_btf/sched_process_free")
int on_free(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 pid = task->tgid;

	if (!leads(task))
		return 0;
	u32 *slot = map_lookup(&slots, &pid);
	if (!slot) {
		add((u64 *)&shared.unlisted, -LOAD(shared.seeded));
		return 0;
	}
	u32 owned = *slot;
	struct process *process = process_at(owned);
	if (process && process->start_ns == task->start_time)
		retire(owned);
	return 0;
}

/* Called by exec and by prctl(PR_SET_NAME) before task_struct.comm changes. */
SEC("tp_btf/task_rename")
int on_rename(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	const char *name = (const char *)ctx[1];
	char comm[COMM_BYTES] = {};
	u32 pid = task->tgid;

	if (!leads(task))
		return 0;
	u32 *slot = map_lookup(&slots, &pid);
	if (!slot)
		return 0;
	struct process *process = process_at(*slot);
	if (!process)
		return 0;
	probe_read_kernel_str(comm, sizeof(comm), name);
	set_comm(process->comm, comm);
	return 0;
}

/* Run once after the others are attached: every process that exists. */
SEC("iter/task")
int seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task || !leads(task))
		return 0;
	u32 pid = task->tgid;
	if (!map_lookup(&slots, &pid) && !adopt(task))
		add((u64 *)&shared.unlisted, 1);
	return 0;
}

char license_text[] SEC("license") = "Dual MIT/GPL";
