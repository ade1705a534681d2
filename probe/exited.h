/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Ended processes. Processes that lived between two samples are summed up by name.
 */
#ifndef RSTAT_EXITED_H
#define RSTAT_EXITED_H

#include "slots.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, EXITED_ROWS + 1);
	__type(key, u32);
	__type(value, struct exited);
} exited SEC(".maps");

INLINE void set_comm(char *comm, const char *name)
{
	*(u64 *)comm = *(const u64 *)name;
	*(u64 *)(comm + 8) = *(const u64 *)(name + 8);
}

/* The row of `exited` for a name; the overflow row when the name's set is full. */
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
	/* The daemon names the overflow row. */
	if (unnamed == EXITED_OVERFLOW)
		return EXITED_OVERFLOW;
	struct exited *row = map_lookup(&exited, &unnamed);
	if (!row || __sync_val_compare_and_swap(&row->state, ROW_FREE, ROW_CLAIMED) != ROW_FREE)
		return EXITED_OVERFLOW;
	set_comm(row->comm, comm);
	__sync_lock_test_and_set(&row->state, ROW_READY);
	return unnamed;
}

/*
 * Retires an ended process. A process that lived between two samples goes into its name's
 * row, and its slot is free at once: so no storm of brief processes fills the table. Any
 * other process keeps its slot until the daemon has read its last numbers.
 *
 * The daemon stores `sampled_at_ns` before it reads the slots, and skips processes born
 * later. The probe enters EXITING before it reads `sampled_at_ns`. Both are full barriers.
 * So either the daemon finds EXITING and skips the slot, or the probe sees the new time.
 */
SUBPROGRAM int retire(u64 key, u32 slot)
{
	struct process *process = process_at(slot);
	if (!process)
		return 0;
	/*
	 * Fails when this program has interrupted another update of the map. If the key comes
	 * back, `on_fork` finds the old slot.
	 */
	if (map_delete(&slots, &key))
		return 0;
	u32 state = __sync_lock_test_and_set(&process->state, SLOT_EXITING);

	u64 busy = LOAD(process->busy);
	u64 running = busy & ((1 << RUNNING_BITS) - 1);
	if (running || process->start_ns <= LOAD(shared.sampled_at_ns)) {
		__sync_lock_test_and_set(&process->state, SLOT_DEAD | (state & SLOT_KTHREAD));
		changed(slot);
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
	changed(slot);
	return 0;
}

#endif
