/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The records that the probe and the daemon share through mmap'd maps.
 *
 * `src/lib.rs` mirrors the records; a test compares the mirror with the object's BTF,
 * member by member. A record fills one cache line; a CPU's fills two and has a table.
 *
 * A *running sum* keeps time in one 64-bit word. Any number of CPUs add to the word,
 * and a single load reads it consistently while threads run:
 *
 *      63                                   12 11          0
 *     +---------------------------------------+-------------+
 *     |            nanoseconds                |   running   |
 *     +---------------------------------------+-------------+
 *
 * A CPU that starts running adds 1 and subtracts the time; a CPU that stops
 * subtracts 1 and adds the time. At the time t the sum therefore stands for
 *
 *     busy(t) = nanoseconds + running * t        (modulo 2^52, 52 days)
 *
 * This value includes the slices that still go on. Differences of busy(t) are
 * exact as long as two readings are less than 52 days of CPU time apart.
 */
#ifndef RSTAT_PROBE_H
#define RSTAT_PROBE_H

#include "kernel.h"

#define RUNNING_BITS 12
#define START(now) (1 - ((now) << RUNNING_BITS))
#define STOP(now) (((now) << RUNNING_BITS) - 1)

#define COMM_BYTES 16

/* How many processes a CPU remembers; the process id selects the entry. */
#define RECENT 64

/* A process that ran on a CPU; an entry never crosses a cache line. */
struct recent {
	u64 key;  /* the process's key in `slots` */
	u32 slot; /* the process's slot, plus 1 */
	u32 unused;
};

/* One CPU; indexed by CPU number, written by that CPU only. */
struct cpu {
	u64 busy;        /* running sum: 0 or 1 running */
	u64 switches;    /* context switches */
	u64 since_ns;    /* when the running thread was switched in */
	u64 runtime_ns;  /* the running thread's CPU time at `since_ns` */
	u64 read_bytes;  /* the running thread's bytes read at `since_ns` */
	u64 write_bytes; /* the running thread's bytes written at `since_ns` */
	u64 thread;      /* address of the running thread's task_struct */
	u32 process;     /* slot of the running thread's process, plus 1; 0: none */
	u32 unused;
	u64 clock_ahead; /* how far CLOCK_MONOTONIC is ahead of the scheduler's clock */
	u64 clock_seen;  /* the scheduler's clock at the last reading of `clock_ahead` */
	u64 tick_sched;  /* address of the kernel's account of the CPU's idle time; 0: unknown */
	u64 idle_before; /* how far that account is ahead of `busy` */
	u64 unused_line[4];
	struct recent recent[RECENT]; /* by process id */
};

/*
 * The life of a slot:
 *
 *     UNUSED --> LIVE --> EXITING --> FREE   a process born and gone between two samples
 *      FREE --^                 \---> DEAD   any other process; the daemon frees the slot
 *
 * FREE slots are on the stack of free slots. UNUSED slots are taken only when the stack
 * is empty, and in ascending order: so memory that no process needs is never touched.
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
	SLOT_UNSEEN = 0x400,  /* set by the daemon, until `seed` visits the process */
	SLOT_BLOCKED_BITS = 16, /* the bits above count threads in uninterruptible sleep */
};

/* One process (thread group). */
struct process {
	u64 busy;        /* running sum of all threads */
	u64 read_bytes;  /* from the block layer, task_struct.ioac */
	u64 write_bytes; /* dirtied pages, task_struct.ioac */
	u64 start_ns;    /* CLOCK_MONOTONIC; start and pid name a process for good */
	u32 rss_pages;   /* file + anonymous + shared memory */
	u32 cgroup;      /* low half of the cgroup's number, unified hierarchy; 0: unknown */
	u32 pid;         /* in a FREE slot: the next free slot, plus 1 */
	u32 state;       /* enum slot_state, its flags, and the number of blocked threads */
	char comm[COMM_BYTES]; /* name of the group leader */
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
	u32 cgroup; /* cgroup of the last of these processes */
	u32 unused[2];
};

/* `exited` is a table of sets. A name's hash selects a set, and any row of the set may hold the
 * name. */
#define EXITED_SETS_LOG2 7
#define EXITED_WAYS 8
#define EXITED_ROWS ((1 << EXITED_SETS_LOG2) * EXITED_WAYS)
#define EXITED_OVERFLOW EXITED_ROWS /* the row behind the sets, for names of full sets */

/* How many processes can have a slot at a time. */
#define SLOTS 16384

/* The words that probe and daemon exchange; the only variable in .bss. */
struct shared {
	u64 free_head;     /* stack of free slots: change count << 32 | slot plus 1 */
	u64 sampled_at_ns; /* daemon: CLOCK_MONOTONIC at the start of the last sample */
	s64 unlisted;      /* processes that found no free slot */
	u64 used;          /* slots that were ever taken; may exceed SLOTS */
	u64 unused[4];
	u64 changed[SLOTS / 64]; /* slots written since the daemon's last look: see `changed` */
	u64 touched[EXITED_ROWS / 64 + 1]; /* rows of `exited` written since that look */
};

#endif
