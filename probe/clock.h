/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The scheduler's own clock. Reading another clock would be the costliest part of a switch.
 *
 * The scheduler itself finds how long a thread ran (se.sum_exec_runtime). /proc/PID/stat
 * shows the same time, which excludes what a hypervisor took. The start of a slice is
 * needed only while the slice goes on.
 */
#ifndef RSTAT_CLOCK_H
#define RSTAT_CLOCK_H

#include "probe.h"

/* How long the known distance between the clocks holds: the longest tick of any kernel. */
#define CLOCK_TRUSTED_NS 10000000

INLINE u64 runtime(struct task_struct *task)
{
	return task->se.sum_exec_runtime;
}

/*
 * The time of the switch, in CLOCK_MONOTONIC. The scheduler has read its own clock for the
 * leaving task (update_curr) and for the coming task (set_next_task). Most kernels read no
 * clock for a coming idle task. The scheduler's clock may stand still while a hypervisor or
 * an interrupt has the CPU. So its distance is read again after a tick of that clock, and
 * whenever the caller needs the very moment (`exactly`).
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
