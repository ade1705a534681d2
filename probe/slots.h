/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The slots of processes: how they are found, taken and given back.
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
 * A process -> its slot in `processes`, plus 1. The key is the address of its
 * signal_struct, which all its threads share, which survives an exec by any of
 * them, and which, unlike the process id, nobody else has until the process is
 * gone for good (sched_process_free).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, u64);
	__type(value, u32);
} slots SEC(".maps");

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
 * Tells the daemon to look at a slot, plus 1, again: after what was written to it and a
 * full barrier, for the daemon clears the bit before it looks. One that sleeps costs the
 * daemon no look; and the bit is set once a sample, so looking at it costs little here.
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
	/* Looked at first, so that no more than one for each CPU is counted in vain. */
	if (!process_at(LOAD(shared.used) + 1))
		return 0;
	u32 slot = __sync_fetch_and_add(&shared.used, 1) + 1;
	return process_at(slot) ? slot : 0;
}

/*
 * The stack of free slots. Both the probe and the daemon push; only the probe
 * pops. The change count in the head's upper half keeps a head that was popped
 * and pushed back meanwhile from being taken for the same. When it is empty, or the
 * race is lost too often, a slot is taken that never was. Returns 0 when there is none.
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
	/* Lost the race too often: the daemon frees it, and reads no time or bytes. */
	process->busy = process->read_bytes = process->write_bytes = 0;
	__sync_lock_test_and_set(&process->state, SLOT_DEAD);
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
		changed(slot);
		return slot;
	}
	/* Somebody else gave it one meanwhile; the daemon frees this one. */
	__sync_lock_test_and_set(&process->state, SLOT_DEAD);
	changed(slot);
	return 0;
}

/* Counts a process that found no slot, unless somebody else gave it one meanwhile. */
INLINE void one_more_unlisted(u64 key)
{
	if (!map_lookup(&slots, &key))
		add((u64 *)&shared.unlisted, 1);
}

/* Not below 0: of those that were gone before `seed` came by, nobody was counted. */
INLINE void one_less_unlisted(void)
{
	if (LOAD(shared.unlisted) > 0)
		add((u64 *)&shared.unlisted, -1);
}

/*
 * Whether what a task runs is its process's. The idle task has none, and a thread that
 * was already released may outlive its leader by a few instructions. All others keep
 * the leader, and so the slot, from being freed under our hands.
 */
INLINE int has_process(struct task_struct *task)
{
	return task->pid && (leads(task) || !task->exit_state);
}

/* The slot of a task that has a process, plus 1; 0 when there is none left. */
INLINE u32 slot_of(struct task_struct *task, u64 key)
{
	u32 *known = map_lookup(&slots, &key);
	if (known)
		return *known;
	/* There was no slot when the process was born; there may be one now. */
	u32 slot = adopt(task, key);
	if (slot)
		one_less_unlisted();
	return slot;
}

/*
 * The same, for a task that comes to a CPU: mostly it was there a moment ago. What is
 * known of a process holds as long as its slot is live and has its number; should the
 * number and the signal_struct both be another process's by now, so is the slot.
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
