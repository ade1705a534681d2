/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The time of a switch.
 */
#ifndef RSTAT_CLOCK_H
#define RSTAT_CLOCK_H

#include "probe.h"

/* How long a difference of the clocks is believed: the longest tick there is. */
#define CLOCK_TRUSTED_NS 10000000

/*
 * When the scheduler switched, in CLOCK_MONOTONIC. To read that clock is what costs most
 * in a switch, and the scheduler has read its own already: for the task that leaves
 * (update_curr) and for the one that comes (set_next_task; but most kernels do not for
 * the idle task). That one stands still while a hypervisor or, in some kernels, an
 * interrupt has the CPU, so how far it is behind is looked up again after a tick; also
 * whenever it has not moved, or the very moment is wanted (`exactly`). The result never
 * goes back: a time that a process ran is not negative.
 */
INLINE u64 switched_at(struct cpu *cpu, struct task_struct *task, int exactly)
{
	u64 switched = task->se.exec_start;
	u64 now = switched + cpu->clock_ahead;

	if (!exactly && switched < cpu->clock_until && now > cpu->since_ns)
		return now;
	now = ktime_get_ns();
	cpu->clock_ahead = now - switched;
	cpu->clock_until = switched + CLOCK_TRUSTED_NS;
	return now > cpu->since_ns ? now : cpu->since_ns;
}

#endif
