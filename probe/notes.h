/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the probe notes when a thread stops or starts to run.
 */
#ifndef RSTAT_NOTES_H
#define RSTAT_NOTES_H

#include "slots.h"

/* The threads in uninterruptible sleep, by number; the value means nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u32);
} blocked SEC(".maps");

INLINE u64 resident_pages(struct mm_struct *mm)
{
	struct mm_struct___before_6_2 *old = (void *)mm;
	s64 pages;

	if (field_exists(old->rss_stat.count)) {
		s64 count[4] = {};
		/*
		 * A copy instead of loads: the verifier of 6.1 does not take an array of
		 * atomic_long_t for an array of structs.
		 */
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
		return; /* a kernel thread borrows its memory: kthread_use_mm() */
	if (mm)
		STORE(process->rss_pages, resident_pages(mm));
	else if (!task->signal->live.counter)
		STORE(process->rss_pages, 0); /* the last thread gave the memory back */
}

/* Bytes read and bytes written are 0 in a kernel without CONFIG_TASK_IO_ACCOUNTING. */
INLINE u64 bytes_read(struct task_struct *task)
{
	return field_exists(task->ioac.read_bytes) ? task->ioac.read_bytes : 0;
}

INLINE u64 bytes_written(struct task_struct *task)
{
	return field_exists(task->ioac.write_bytes) ? task->ioac.write_bytes : 0;
}

/*
 * Counts threads in uninterruptible sleep, for example waiting for a disk. A thread
 * counts from the switch that begins the sleep to the switch that ends the sleep.
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

#endif
