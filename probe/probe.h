/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The records that the probe and the daemon share through mmap'd maps.
 *
 * `src/lib.rs` mirrors them; a test holds the mirror against this object's BTF,
 * member by member. Each record is one cache line, that of a CPU two and a table.
 *
 * Time is kept as a *running sum*, one 64-bit word that any number of CPUs add
 * to and that a single load reads consistently, whoever runs at that moment:
 *
 *      63                                   12 11          0
 *     +---------------------------------------+-------------+
 *     |            nanoseconds                |   running   |
 *     +---------------------------------------+-------------+
 *
 * A CPU that starts running adds 1 and subtracts the time; one that stops
 * subtracts 1 and adds the time. At the time t the sum therefore stands for
 *
 *     busy(t) = nanoseconds + running * t        (modulo 2^52, 52 days)
 *
 * which includes the slices that are still going on. Differences of busy(t) are
 * exact as long as two readings are less than 52 days of CPU time apart.
 */
#ifndef RSTAT_PROBE_H
#define RSTAT_PROBE_H

#include "kernel.h"

#define RUNNING_BITS 12
#define START(now) (1 - ((now) << RUNNING_BITS))
#define STOP(now) (((now) << RUNNING_BITS) - 1)

#define COMM_BYTES 16

/* Processes that a CPU knows the slots of; a process has one place among them. */
#define RECENT 64

/* A process that ran on a CPU; all of it in one cache line. */
struct recent {
	u64 key;  /* as `slots` knows it */
	u32 slot; /* plus 1 */
	u32 unused;
};

/* One CPU; indexed by CPU number, written by that CPU only. */
struct cpu {
	u64 busy;        /* running sum: 0 or 1 running */
	u64 switches;    /* context switches */
	u64 since_ns;    /* when the running thread was switched in */
	u64 runtime_ns;  /* the running thread's counters when it was */
	u64 read_bytes;
	u64 write_bytes;
	u64 thread;      /* the running thread: its task_struct's address */
	u32 process;     /* its process's slot in `processes`, plus 1; 0: none */
	u32 unused;
	u64 clock_ahead; /* how far CLOCK_MONOTONIC is ahead of the scheduler's clock */
	u64 clock_seen;  /* the scheduler's clock when that was looked up */
	u64 tick_sched;  /* address of the kernel's own account of its idle time; 0: unknown */
	u64 idle_before; /* how far that account is ahead of `busy` */
	u64 unused_line[4];
	struct recent recent[RECENT]; /* by the process id */
};

/*
 * The life of a slot:
 *
 *     UNUSED --> LIVE --> EXITING --> FREE   born and gone between two samples
 *      FREE --^                 \---> DEAD   any other; the daemon reads and frees it
 *
 * FREE slots are on the stack of free slots. Only when it is empty a slot is taken
 * that never was, in ascending order: memory that nobody needs is never touched.
 */
enum slot_state {
	SLOT_UNUSED = 0,
	SLOT_LIVE = 1,
	SLOT_EXITING = 2,
	SLOT_DEAD = 3,
	SLOT_FREE = 4,
	SLOT_STATE_MASK = 0xff,
	SLOT_KTHREAD = 0x100, /* a kernel thread */
	SLOT_ZOMBIE = 0x200,  /* all threads have ended */
	SLOT_UNSEEN = 0x400,  /* set by the daemon, until `seed` meets the process */
	SLOT_BLOCKED_BITS = 16, /* above: how many threads are in uninterruptible sleep */
};

/* One process (thread group). */
struct process {
	u64 busy;        /* running sum of all threads */
	u64 read_bytes;  /* from the block layer, task_struct.ioac */
	u64 write_bytes; /* dirtied pages, task_struct.ioac */
	u64 start_ns;    /* CLOCK_MONOTONIC; with the pid it names the process for good */
	u32 rss_pages;   /* file + anonymous + shared memory */
	u32 cgroup;      /* in the unified hierarchy: the low half of its number; 0: unknown */
	u32 pid;         /* in a FREE slot: the next one, plus 1 */
	u32 state;       /* enum slot_state, its flags, and the blocked threads */
	char comm[COMM_BYTES]; /* of the group leader */
};

enum row_state { ROW_FREE = 0, ROW_CLAIMED = 1, ROW_READY = 2 };

/* All processes of one name that were born and gone between two samples. */
struct exited {
	u64 busy_ns;
	u64 read_bytes;
	u64 write_bytes;
	u64 count;
	char comm[COMM_BYTES];
	u32 state;  /* enum row_state */
	u32 cgroup; /* of the last of them */
	u32 unused[2];
};

/* `exited` is a table of sets; a name lives in any row of the set it hashes to. */
#define EXITED_SETS_LOG2 7
#define EXITED_WAYS 8
#define EXITED_ROWS ((1 << EXITED_SETS_LOG2) * EXITED_WAYS)
#define EXITED_OVERFLOW EXITED_ROWS /* the row behind the sets: names of full sets */

/* Processes that can be listed at a time. */
#define SLOTS 16384

/* What the probe and the daemon tell each other; the only variable in .bss. */
struct shared {
	u64 free_head;     /* stack of free slots: change count << 32 | slot plus 1 */
	u64 sampled_at_ns; /* daemon: CLOCK_MONOTONIC of the sample last begun */
	s64 unlisted;      /* processes that found no free slot */
	u64 used;          /* slots that were ever taken; may exceed what there is */
	u64 unused[4];
	u64 changed[SLOTS / 64]; /* slots written since last cleared: see `changed` */
	u64 touched[EXITED_ROWS / 64 + 1]; /* rows of `exited` written since last cleared */
};

#endif
