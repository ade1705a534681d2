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

/*
 * A process -> its slot in `processes`, plus 1. The key is the address of its
 * signal_struct, which all its threads share, which survives an exec by any of
 * them, and which, unlike the process id, nobody else has until the process is
 * gone for good (sched_process_free).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u32);
} slots SEC(".maps");

/* Threads in uninterruptible sleep; the value means nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u32);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, EXITED_ROWS + 1);
	__type(key, u32);
	__type(value, struct exited);
} exited SEC(".maps");

struct shared shared;

/* How often to try again when another CPU changed the free stack first. */
#define FREE_ATTEMPTS 8

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

/*
 * A copy rather than a load wherever it is not urgent: for each load of a pointer
 * the verifier of 6.2 to 6.19 looks through the names of all the kernel's types,
 * which takes it a millisecond.
 */
INLINE u64 key_of(struct task_struct *task)
{
	u64 key = 0;
	probe_read_kernel(&key, sizeof(key), &task->signal);
	return key;
}

/* arm64 orders nothing by it. */
INLINE void add(u64 *sum, u64 value)
{
	__sync_fetch_and_add(sum, value);
}

/* Fetching what was there before makes it a full barrier on every machine. */
INLINE void add_after_all(u64 *sum, u64 value)
{
	u64 before = __sync_fetch_and_add(sum, value);
	asm volatile("" ::"r"(before));
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
		s64 count[4] = {};
		/* A copy: to the verifier of 6.1, an array of atomic_long_t is no array of structs. */
		probe_read_kernel(count, sizeof(count), &old->rss_stat);
		pages = count[MM_FILEPAGES] + count[MM_ANONPAGES] + count[MM_SHMEMPAGES];
	} else {
		pages = mm->rss_stat[MM_FILEPAGES].count +
			mm->rss_stat[MM_ANONPAGES].count +
			mm->rss_stat[MM_SHMEMPAGES].count;
	}
	return pages > 0 ? pages : 0;
}

INLINE void note_memory(struct process *process, struct task_struct *task, struct mm_struct *mm)
{
	if (task->flags & PF_KTHREAD)
		return; /* what it has is borrowed: kthread_use_mm() */
	if (mm)
		STORE(process->rss_pages, resident_pages(mm));
	else if (!task->signal->live.counter)
		STORE(process->rss_pages, 0); /* the last thread gave the memory back */
}

INLINE void set_comm(char *comm, const char *name)
{
	*(u64 *)comm = *(const u64 *)name;
	*(u64 *)(comm + 8) = *(const u64 *)(name + 8);
}

INLINE u32 live_state(struct task_struct *task)
{
	return task->flags & PF_KTHREAD ? SLOT_LIVE | SLOT_KTHREAD : SLOT_LIVE;
}

/* The low half tells cgroups apart as long as they exist: it is their inode number. */
INLINE u32 cgroup_of(struct task_struct *task)
{
	struct css_set *groups = 0;
	struct cgroup *cgroup = 0;
	struct kernfs_node *node = 0;
	u64 id = 0;

	if (!field_exists(task->cgroups))
		return 0;
	probe_read_kernel(&groups, sizeof(groups), &task->cgroups);
	probe_read_kernel(&cgroup, sizeof(cgroup), &groups->dfl_cgrp);
	probe_read_kernel(&node, sizeof(node), &cgroup->kn);
	probe_read_kernel(&id, sizeof(id), &node->id);
	return id;
}

/* Gives the task's process a slot. Returns it, or 0 when there is none left. */
SUBPROGRAM u32 adopt(struct task_struct *task, u64 key)
{
	struct task_struct *leader;
	u32 slot = take_slot();
	struct process *process = process_at(slot);
	if (!process)
		return 0;

	process->busy = 0;
	process->read_bytes = 0;
	process->write_bytes = 0;
	process->rss_pages = 0;
	process->pid = task->tgid;
	process->cgroup = cgroup_of(task);
	probe_read_kernel(&leader, sizeof(leader), &task->group_leader);
	probe_read_kernel(&process->start_ns, sizeof(u64), &leader->start_time);
	probe_read_kernel(&process->comm, COMM_BYTES, &leader->comm);
	/* Exchanges rather than stores: they order what is above before the state. */
	if (!map_update(&slots, &key, &slot, BPF_NOEXIST)) {
		__sync_lock_test_and_set(&process->state, live_state(task));
		return slot;
	}
	/* Somebody else gave it one meanwhile; the daemon frees this one. */
	__sync_lock_test_and_set(&process->state, SLOT_DEAD);
	return 0;
}

/* The row of `exited` for a name; the overflow row when its set is full. */
INLINE u32 exited_row(const char *comm)
{
	u64 low = *(const u64 *)comm, high = *(const u64 *)(comm + 8);
	/* The odd constant spreads the names over the sets: 2^64 / golden ratio. */
	u64 hash = (low ^ (high << 1)) * 0x9e3779b97f4a7c15ULL;
	u32 first = (hash >> (64 - EXITED_SETS_LOG2)) * EXITED_WAYS;
	u32 unnamed = EXITED_OVERFLOW;

	for (u32 way = 0; way < EXITED_WAYS; way++) {
		u32 index = first + way;
		struct exited *row = map_lookup(&exited, &index);
		u32 state = row ? LOAD(row->state) : ROW_CLAIMED;
		if (state == ROW_FREE)
			unnamed = index;
		if (state == ROW_READY && *(u64 *)row->comm == low &&
		    *(u64 *)(row->comm + 8) == high)
			return index;
	}
	struct exited *row = map_lookup(&exited, &unnamed);
	if (!row || __sync_val_compare_and_swap(&row->state, ROW_FREE, ROW_CLAIMED) != ROW_FREE)
		return EXITED_OVERFLOW;
	set_comm(row->comm, comm);
	__sync_lock_test_and_set(&row->state, ROW_READY);
	return unnamed;
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
SUBPROGRAM int retire(u64 key, u32 slot)
{
	struct process *process = process_at(slot);
	if (!process)
		return 0;
	/* Fails when we interrupted another update; `on_fork` finds it if the key comes back. */
	if (map_delete(&slots, &key))
		return 0;
	u32 state = __sync_lock_test_and_set(&process->state, SLOT_EXITING);

	u64 busy = LOAD(process->busy);
	u64 running = busy & ((1 << RUNNING_BITS) - 1);
	if (running || process->start_ns <= LOAD(shared.sampled_at_ns)) {
		__sync_lock_test_and_set(&process->state, SLOT_DEAD | (state & SLOT_KTHREAD));
		return 0;
	}
	u32 index = exited_row(process->comm);
	struct exited *row = map_lookup(&exited, &index);
	if (row) {
		STORE(row->cgroup, process->cgroup);
		add(&row->busy_ns, (s64)busy >> RUNNING_BITS);
		add(&row->read_bytes, process->read_bytes);
		add(&row->write_bytes, process->write_bytes);
		add_after_all(&row->count, 1);
		u32 word = index / 64;
		if (word < sizeof(shared.touched) / sizeof(shared.touched[0]))
			__sync_fetch_and_or(&shared.touched[word], 1ULL << (index % 64));
	}
	give_slot(slot, process);
	return 0;
}

/* Not below 0: of those that were gone before `seed` came by, nobody was counted. */
INLINE void one_less_unlisted(void)
{
	if (LOAD(shared.unlisted) > 0)
		add((u64 *)&shared.unlisted, -1);
}

/* The slot of the task that is about to run, plus 1; 0 when it has none. */
INLINE u32 slot_of(struct task_struct *task, u64 key)
{
	if (!task->pid)
		return 0; /* the idle task */
	/*
	 * A thread that was already released may outlive its leader by a few
	 * instructions: what it still runs is no longer its process's. All others
	 * keep the leader, and so the slot, from being freed under our hands.
	 */
	if (!leads(task) && task->exit_state)
		return 0;
	u32 *known = map_lookup(&slots, &key);
	if (known)
		return *known;
	/* There was no slot when the process was born; there may be one now. */
	u32 slot = adopt(task, key);
	if (slot)
		one_less_unlisted();
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

/*
 * Threads that wait for a disk, say, and that nothing can interrupt. Counted from
 * the switch that begins the sleep to the one that ends it.
 */
INLINE void note_sleep(struct process *process, struct task_struct *task, int preempted)
{
	u32 state = task->__state, thread = task->pid, one = 1;

	if (state & TASK_DEAD) {
		if (!task->signal->live.counter)
			__sync_fetch_and_or(&process->state, SLOT_ZOMBIE);
	} else if (state & TASK_UNINTERRUPTIBLE && !(state & TASK_NOLOAD) && !preempted) {
		if (!map_update(&blocked, &thread, &one, BPF_NOEXIST))
			__sync_fetch_and_add(&process->state, 1 << SLOT_BLOCKED_BITS);
	}
}

INLINE void note_awake(struct process *process, struct task_struct *task)
{
	u32 thread = task->pid;

	if (LOAD(process->state) >> SLOT_BLOCKED_BITS && !map_delete(&blocked, &thread))
		__sync_fetch_and_add(&process->state, -(1 << SLOT_BLOCKED_BITS));
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
	u64 key = (u64)next->signal;
	struct mm_struct *mm = LOAD(prev->mm);
	u32 id = get_smp_processor_id();
	struct cpu *cpu = map_lookup(&cpus, &id);
	if (!cpu)
		return 0;

	u64 busy = cpu->busy;
	u32 from = cpu->process;
	struct process *process = process_at(from);

	/*
	 * Some kernels do not tell us of every switch. If another process ran last
	 * than the one we know of, nobody knows when it began: the one we know of
	 * is given no time for it, and the CPU was idle if it was so in the end.
	 * A thread that executes a program takes its leader's number: then only
	 * the thread is another.
	 */
	int same_thread = cpu->thread == (u32)prev->pid;
	if (!same_thread && (!process || process->pid != (u32)prev->tgid)) {
		if (process)
			add_after_all(&process->busy, STOP(cpu->since_ns));
		process = 0;
		from = 0;
		if (!prev->pid && busy & 1)
			busy += STOP(cpu->since_ns);
	}

	if (process) {
		note_memory(process, prev, mm);
		if (same_thread)
			note_io(cpu, process, prev);
		note_sleep(process, prev, (int)ctx[0]);
	}

	u32 to = process && prev->tgid == next->tgid ? from : slot_of(next, key);
	/* Between threads of one process no sum changes, and the clock is what costs most. */
	if (!to || to != from) {
		u64 now = ktime_get_ns(), running = busy & 1, runs = next->pid != 0;
		/* Last: once nobody runs it, the slot of a dead process may be another's. */
		if (process)
			add_after_all(&process->busy, STOP(now));
		process = process_at(to);
		if (process)
			add(&process->busy, START(now));
		if (running != runs)
			busy += runs ? START(now) : STOP(now);
		STORE(cpu->busy, busy);
		cpu->since_ns = now;
	}
	if (process)
		note_awake(process, next);
	cpu->switches++;
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
	u64 key = key_of(child);

	if (!leads(child))
		return 0;
	/* Left over from a process that `retire` could not free, or `seed` was faster. */
	u32 *left_over = map_lookup(&slots, &key);
	if (left_over)
		retire(key, *left_over);
	if (!adopt(child, key))
		add((u64 *)&shared.unlisted, 1);
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

/* Called by exec and by prctl(PR_SET_NAME) before task_struct.comm changes. */
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
	STORE(process->cgroup, cgroup_of(task));
	/* Before 5.19 the kernel's helper processes were kernel threads until they executed. */
	if (!(task->flags & PF_KTHREAD))
		__sync_fetch_and_and(&process->state, ~SLOT_KTHREAD);
	return 0;
}

/* Called when a process, or one of its threads, was moved to another cgroup. */
SEC("tp_btf/cgroup_attach_task")
int on_move(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[2];
	u64 key = key_of(task);
	u32 *slot = map_lookup(&slots, &key);
	if (!slot)
		return 0;
	struct process *process = process_at(*slot);
	if (process)
		STORE(process->cgroup, cgroup_of(task));
	return 0;
}

/* Run once after the others are attached: every process that exists. */
SEC("iter/task")
int seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	/* Of one that is dead, on_free may have been told already. */
	if (!task || task->exit_state == EXIT_DEAD)
		return 0;
	u64 key = key_of(task);
	u32 *known = map_lookup(&slots, &key);
	u32 slot = known ? *known : leads(task) ? adopt(task, key) : 0;
	struct process *process = process_at(slot);
	if (!process) {
		if (leads(task))
			add((u64 *)&shared.unlisted, 1);
		return 0;
	}
	struct mm_struct *mm = task->mm;
	if (mm && leads(task) && !(task->flags & PF_KTHREAD))
		STORE(process->rss_pages, resident_pages(mm));
	note_sleep(process, task, 0);
	return 0;
}

char license_text[] SEC("license") = "Dual MIT/GPL";
