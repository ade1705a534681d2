/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The scheduler's own clock. Reading another one is what would cost most in a switch.
 *
 * How long a thread ran is what the scheduler has found (se.sum_exec_runtime): the same
 * time that /proc/PID/stat tells, without what a hypervisor took. When it began is needed
 * only for a slice that still goes on.
 */
#ifndef RSTAT_CLOCK_H
#define RSTAT_CLOCK_H

#include "probe.h"

/* How long the distance between the clocks is believed: the longest tick there is. */
#define CLOCK_TRUSTED_NS 10000000

INLINE u64 runtime(struct task_struct *task)
{
	return task->se.sum_exec_runtime;
}

/*
 * When the scheduler switched, in CLOCK_MONOTONIC. It has read its own clock for the task
 * that leaves (update_curr) and for the one that comes (set_next_task; but most kernels do
 * not for the idle task). That clock may stand still while a hypervisor or an interrupt has
 * the CPU, so how far it is behind is looked up again after a tick of it, and whenever the
 * very moment is wanted (`exactly`).
 */
INLINE u64 switched_at(struct cpu *cpu, struct task_struct *task, int exactly)
{
	u64 switched = task->se.exec_start;

	if (!exactly && switched - cpu->clock_seen < CLOCK_TRUSTED_NS)
		return switched + cpu->clock_ahead;
	u64 now = ktime_get_ns();
	cpu->clock_ahead = now - switched;
	cpu->clock_seen = switched;
	return now;
}

#endif
