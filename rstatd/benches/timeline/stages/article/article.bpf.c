// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The article's probe: what each thread used, in two hashes by thread id.
//
// The probe is built and loaded in the article's way, without BTF. The loader creates the maps
// from a table of its own. It replaces the address of each `offset_` symbol by the running
// kernel's offset. `make article-probe` compiles this file to article.bpf.o.

typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed long long s64;

#define SEC(name) __attribute__((section(name), used))

// include/uapi/linux/bpf.h: enum bpf_func_id.
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u64 (*get_current_pid_tgid)(void) = (void *)14;
static long (*get_current_comm)(void *to, u32 bytes) = (void *)16;
static u64 (*get_current_task)(void) = (void *)35;
static long (*probe_read_kernel)(void *to, u32 bytes, const void *from) = (void *)113;

// Offsets in the running kernel's structures.
extern const char offset_mm[], offset_read_bytes[], offset_write_bytes[];
extern const char offset_file_pages[], offset_anon_pages[], offset_shmem_pages[];

// The loader uses only the names of these symbols.
char stats[1] SEC(".maps");
char sched_start[1] SEC(".maps");
char sys[1] SEC(".maps");

struct pid_stats {
	u64 busy_ns;
	u64 rss_pages;
	u64 read_bytes;
	u64 write_bytes;
	char comm[16];
};

// The record that a perf event of the tracepoint gets: events/sched/sched_switch/format.
struct sched_switch {
	u64 common;
	char prev_comm[16];
	u32 prev_pid;
	u32 prev_prio;
	u64 prev_state;
	char next_comm[16];
	u32 next_pid;
	u32 next_prio;
};

// EXIT_DEAD and EXIT_ZOMBIE in the tracepoint's prev_state: this was the thread's last switch.
#define PREV_HAS_ENDED 0x30

static inline __attribute__((always_inline)) u64 word_at(u64 base, const char *offset)
{
	u64 word = 0;
	probe_read_kernel(&word, sizeof(word), (void *)(base + (u64)offset));
	return word;
}

static inline __attribute__((always_inline)) void snapshot_task(struct pid_stats *stat)
{
	u64 task = get_current_task();
	u64 mm = word_at(task, offset_mm);
	if (mm) {
		s64 pages = word_at(mm, offset_file_pages);
		pages += word_at(mm, offset_anon_pages);
		pages += word_at(mm, offset_shmem_pages);
		stat->rss_pages = pages > 0 ? pages : 0;
	}
	stat->read_bytes = word_at(task, offset_read_bytes);
	stat->write_bytes = word_at(task, offset_write_bytes);
	get_current_comm(stat->comm, sizeof(stat->comm));
}

SEC("tracepoint/sched/sched_switch")
int handle_sched_switch(struct sched_switch *ctx)
{
	u64 now = ktime_get_ns();
	u32 prev = ctx->prev_pid, next = ctx->next_pid;
	u64 *started = map_lookup(sched_start, &prev);
	u64 ran_ns = started ? now - *started : 0;

	if (!prev) {
		u64 *idle_ns = map_lookup(sys, &prev);
		if (idle_ns)
			*idle_ns += ran_ns;
	} else if (ctx->prev_state & PREV_HAS_ENDED) {
		// The article's probe deletes in its exit handler only. This switch comes later
		// and would enter the thread again, so the map would fill with dead threads.
		map_delete(sched_start, &prev);
		map_delete(stats, &prev);
	} else {
		struct pid_stats *stat = map_lookup(stats, &prev);
		if (stat) {
			stat->busy_ns += ran_ns;
			snapshot_task(stat);
		} else {
			struct pid_stats first = {.busy_ns = ran_ns};
			snapshot_task(&first);
			map_update(stats, &prev, &first, 0);
		}
	}
	map_update(sched_start, &next, &now, 0);
	return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int handle_sched_exit(void *ctx)
{
	(void)ctx;
	u32 pid = get_current_pid_tgid();
	map_delete(sched_start, &pid);
	map_delete(stats, &pid);
	return 0;
}

char license_text[] SEC("license") = "Dual MIT/GPL";
