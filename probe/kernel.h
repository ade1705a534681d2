/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The kernel's types, as far as the probe touches them.
 *
 * Only fields that the probe reads are declared. Their offsets here mean nothing:
 * `preserve_access_index` makes the compiler record every access by name, and
 * the loader inserts the running kernel's offset. A layout of some kernels only is
 * declared as a flavour, a name followed by `___`. The loader takes a flavour for
 * the name before the underscores.
 */
#ifndef RSTAT_KERNEL_H
#define RSTAT_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define SUBPROGRAM static __attribute__((noinline))

/* BTF-defined maps: a number is the length of an array, a type is a pointer. */
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

/* A load or store that the compiler neither splits, repeats nor drops. */
#define LOAD(field) (*(const volatile typeof(field) *)&(field))
#define STORE(field, value) (*(volatile typeof(field) *)&(field) = (value))

/* include/uapi/linux/bpf.h: enum bpf_map_type, map flags, update flags. */
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2 };
enum { BPF_F_MMAPABLE = 1 << 10 };
enum { BPF_NOEXIST = 1 };

/* include/uapi/linux/bpf.h: enum bpf_func_id. */
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u32 (*get_smp_processor_id)(void) = (void *)8;
static long (*probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
static long (*snprintf)(char *to, u32 size, const char *format, const u64 *arguments,
			u32 bytes) = (void *)165;

/* include/linux/sched.h: task_struct.flags. */
enum { PF_KTHREAD = 0x00200000 };

/* include/linux/sched.h: task_struct.__state. */
enum { TASK_UNINTERRUPTIBLE = 0x2, TASK_DEAD = 0x80, TASK_NOLOAD = 0x400 };

/* include/linux/sched.h: task_struct.exit_state of a task that is reaped, or about to be. */
enum { EXIT_DEAD = 0x10 };

/* include/trace/events/power.h: the state that cpu_idle reports at the end of idling. */
#define PWR_EVENT_EXIT ((u32)-1)

/* include/linux/mm_types_task.h: the members of mm_struct.rss_stat. */
enum { MM_FILEPAGES = 0, MM_ANONPAGES = 1, MM_SHMEMPAGES = 3 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

struct percpu_counter {
	s64 count;
};

struct mm_struct {
	struct percpu_counter rss_stat[4];
};

/* Before 6.2; changed by f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter"). */
struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___before_6_2 {
	struct mm_rss_stat rss_stat;
};

/* Only kernels with CONFIG_TASK_IO_ACCOUNTING have these members. */
struct task_io_accounting {
	u64 read_bytes;
	u64 write_bytes;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

/* Only kernels with CONFIG_CGROUPS have this type. */
struct css_set {
	struct cgroup *dfl_cgrp;
};

struct signal_struct {
	atomic_t live;
};

struct sched_entity {
	u64 exec_start;
	u64 sum_exec_runtime;
};

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	struct sched_entity se;
	struct mm_struct *mm;
	int exit_state;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	u64 start_time;
	char comm[16];
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct task_io_accounting ioac;
};

struct hrtimer {
	void *function;
};

/*
 * Kernels with CONFIG_NO_HZ_COMMON keep the three times; in other kernels they stay 0.
 * After 7.0 they are members of kernel_cpustat and grow by whole ticks. Then they are too
 * coarse for the moment of a switch.
 */
struct tick_sched {
	struct hrtimer sched_timer;
	s64 idle_entrytime;
	s64 idle_sleeptime;
	s64 iowait_sleeptime;
};

struct bpf_iter__task {
	struct task_struct *task;
};

#pragma clang attribute pop

#define field_offset(field) __builtin_preserve_field_info(field, 0 /* BPF_FIELD_BYTE_OFFSET */)
#define field_exists(field) __builtin_preserve_field_info(field, 2 /* BPF_FIELD_EXISTS */)

#endif
