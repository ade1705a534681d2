/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The slots of processes: how a slot is found, taken and given back.
 */
#ifndef RSTAT_SLOTS_H
#define RSTAT_SLOTS_H

#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct process);
} processes SEC(".maps");

/*
 * A process -> its slot in `processes`, plus 1. The key is the address of the process's
 * signal_struct: all threads share that address, and an exec by any of them keeps it.
 * Unlike a process id, no other process has the address until this process is gone for
 * good (sched_process_free).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, u64);
	__type(value, u32);
} slots SEC(".maps");

struct shared shared;

/* The attempts at the free stack. Another CPU's change makes an attempt fail. */
#define FREE_ATTEMPTS 8

INLINE struct process *process_at(u32 slot)
{
	u32 index = slot - 1;
	return map_lookup(&processes, &index);
}

/* The process id is the number of the first thread, the group leader. */
INLINE int leads(struct task_struct *task)
{
	return task->pid == task->tgid;
}

/*
 * A process's key. Except in the switch, a copy replaces the load of the pointer: for each
 * such load the verifiers of 6.2 to 6.19 search the names of all the kernel's types, which
 * takes a millisecond.
 */
INLINE u64 key_of(struct task_struct *task)
{
	u64 key = 0;
	probe_read_kernel(&key, sizeof(key), &task->signal);
	return key;
}

/* Adds without ordering: on arm64 this instruction is no barrier. */
INLINE void add(u64 *sum, u64 value)
{
	__sync_fetch_and_add(sum, value);
}

/* Adds with a full barrier on every machine, because the old value is fetched and used. */
INLINE void add_after_all(u64 *sum, u64 value)
{
	u64 before = __sync_fetch_and_add(sum, value);
	asm volatile("" ::"r"(before));
}

/*
 * Makes the daemon look at a slot (given plus 1) again. Callers write to the slot, then make
 * a full barrier, then call this: the daemon clears the bit before it looks. A sleeping
 * process costs the daemon no look. The bit is set once a sample, so here the check mostly
 * finds it set and costs little.
 */
INLINE void changed(u32 slot)
{
	u32 index = slot - 1, word = index / 64;
	u64 bit = 1ULL << (index % 64);

	if (word < SLOTS / 64 && !(LOAD(shared.changed[word]) & bit))
		__sync_fetch_and_or(&shared.changed[word], bit);
}

/* The next slot that was never taken; 0 when there is none. */
INLINE u32 take_unused_slot(void)
{
	/* The check before the addition: so `used` exceeds SLOTS by one a CPU at most. */
	if (!process_at(LOAD(shared.used) + 1))
		return 0;
	u32 slot = __sync_fetch_and_add(&shared.used, 1) + 1;
	return process_at(slot) ? slot : 0;
}

/*
 * Pops the stack of free slots. Both the probe and the daemon push; only the probe pops.
 * The head's upper half has a change count: a head that was popped and pushed back
 * meanwhile differs by its count. When the stack is empty, or other CPUs win every race,
 * the function takes an unused slot. Returns 0 when there is none.
 */
INLINE u32 take_slot(void)
{
	u64 head = LOAD(shared.free_head);
	for (int i = 0; i < FREE_ATTEMPTS; i++) {
		u32 slot = head;
		struct process *process = process_at(slot);
		if (!process)
			break;
		u64 changed = (head >> 32) + 1;
		u64 next = changed << 32 | LOAD(process->pid);
		u64 seen = __sync_val_compare_and_swap(&shared.free_head, head, next);
		if (seen == head)
			return slot;
		head = seen;
	}
	return take_unused_slot();
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
	/* Other CPUs won every race: the daemon frees the slot, and finds no time or bytes. */
	process->busy = process->read_bytes = process->write_bytes = 0;
	__sync_lock_test_and_set(&process->state, SLOT_DEAD);
}

INLINE u32 live_state(struct task_struct *task)
{
	return task->flags & PF_KTHREAD ? SLOT_LIVE | SLOT_KTHREAD : SLOT_LIVE;
}

/* The low half of a cgroup's number is its inode number, unique among existing cgroups. */
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

/* Gives the task's process a slot. Returns the slot plus 1, or 0 when no slot is left. */
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
	/* An exchange, not a store, sets the state: its barrier orders the fields above first. */
	if (!map_update(&slots, &key, &slot, BPF_NOEXIST)) {
		__sync_lock_test_and_set(&process->state, live_state(task));
		changed(slot);
		return slot;
	}
	/* Another CPU gave the process a slot meanwhile; the daemon frees this slot. */
	__sync_lock_test_and_set(&process->state, SLOT_DEAD);
	changed(slot);
	return 0;
}

/* Counts a process without a slot, unless another CPU gave the process one meanwhile. */
INLINE void one_more_unlisted(u64 key)
{
	if (!map_lookup(&slots, &key))
		add((u64 *)&shared.unlisted, 1);
}

/* Stops at 0: processes that ended before `seed` ran were never counted. */
INLINE void one_less_unlisted(void)
{
	if (LOAD(shared.unlisted) > 0)
		add((u64 *)&shared.unlisted, -1);
}

/*
 * Whether a task's time belongs to its process. The idle task has no process, and a thread
 * that was already released may outlive its leader by a few instructions. Any other task
 * keeps the leader from being freed, and so the slot valid while the program runs.
 */
INLINE int has_process(struct task_struct *task)
{
	return task->pid && (leads(task) || !task->exit_state);
}

/* The slot of a task that has a process, plus 1; 0 when no slot is left. */
INLINE u32 slot_of(struct task_struct *task, u64 key)
{
	u32 *known = map_lookup(&slots, &key);
	if (known)
		return *known;
	/* No slot was free when the process was born; one may be free now. */
	u32 slot = adopt(task, key);
	if (slot)
		one_less_unlisted();
	return slot;
}

/*
 * The slot of a task that comes to a CPU, plus 1. Mostly its process was there a moment
 * ago, and the CPU remembers the slot. The entry is right while the slot is live and has
 * the process's number. If a new process has both the number and the signal_struct, then
 * the slot, too, is the new process's.
 */
INLINE u32 slot_on(struct cpu *cpu, struct task_struct *task, u64 key)
{
	if (!has_process(task))
		return 0;
	struct recent *recent = &cpu->recent[(u32)task->tgid % RECENT];
	u32 slot = recent->slot;
	struct process *process = process_at(slot);

	if (process && recent->key == key && process->pid == (u32)task->tgid &&
	    (LOAD(process->state) & SLOT_STATE_MASK) == SLOT_LIVE)
		return slot;
	slot = slot_of(task, key);
	recent->key = key;
	recent->slot = slot;
	return slot;
}

#endif
