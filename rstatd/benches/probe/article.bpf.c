// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The probe that ours is measured against: that of "System calls are slow. Run your code
 * in the kernel!" (2026), by its description. Two hashes by thread id, helpers for what
 * the kernel's types would give directly, and everything noted at each switch.
 *
 * It is attached as ours is. The article's is a perf tracepoint, which puts a record of
 * the switch together before any program runs: that is not in the kernel's count of a
 * program's time, and would come on top.
 */
#include "../../../probe/kernel.h"

enum { BPF_ANY = 0 };
static u64 (*get_current_task)(void) = (void *)35;

struct pid_stats {
	u64 busy_ns;
	u64 rss_pages;
	u64 io_rb;
	u64 io_wb;
	char comm[16];
};

struct sys_stats {
	u64 idle_ns;
};

struct sched_in {
	u64 ts;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct pid_stats);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sys_stats);
} sys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct sched_in);
} sched_start SEC(".maps");

INLINE void snapshot_task(struct pid_stats *s)
{
	struct task_struct *task = (void *)get_current_task();
	struct mm_struct *mm = 0;

	probe_read_kernel(&mm, sizeof(mm), &task->mm);
	if (mm) {
		s64 file = 0, anon = 0, shm = 0;
		probe_read_kernel(&file, sizeof(file), &mm->rss_stat[MM_FILEPAGES].count);
		probe_read_kernel(&anon, sizeof(anon), &mm->rss_stat[MM_ANONPAGES].count);
		probe_read_kernel(&shm, sizeof(shm), &mm->rss_stat[MM_SHMEMPAGES].count);
		s64 total = file + anon + shm;
		s->rss_pages = total > 0 ? total : 0;
	}
	u64 rb = 0, wb = 0;
	probe_read_kernel(&rb, sizeof(rb), &task->ioac.read_bytes);
	probe_read_kernel(&wb, sizeof(wb), &task->ioac.write_bytes);
	s->io_rb = rb;
	s->io_wb = wb;
}

SEC("tp_btf/sched_switch")
int handle_sched_switch(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	u32 prev_pid = prev->pid, next_pid = next->pid;
	u64 now = ktime_get_ns();

	struct sched_in *started = map_lookup(&sched_start, &prev_pid);
	if (started && prev_pid) {
		u64 ran = now - started->ts;
		struct pid_stats *s = map_lookup(&stats, &prev_pid);
		if (s) {
			s->busy_ns += ran;
			snapshot_task(s);
		} else {
			struct pid_stats fresh = { .busy_ns = ran };
			probe_read_kernel(&fresh.comm, sizeof(fresh.comm), &prev->comm);
			snapshot_task(&fresh);
			map_update(&stats, &prev_pid, &fresh, BPF_ANY);
		}
	} else if (started) {
		u32 zero = 0;
		struct sys_stats *all = map_lookup(&sys, &zero);
		if (all)
			all->idle_ns += now - started->ts;
	}
#ifdef UPDATE_IN_PLACE
	struct sched_in *starts = map_lookup(&sched_start, &next_pid);
	if (starts) {
		starts->ts = now;
		return 0;
	}
#endif
	struct sched_in in = { .ts = now };
	map_update(&sched_start, &next_pid, &in, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int handle_sched_exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 pid = task->pid;

	map_delete(&sched_start, &pid);
	map_delete(&stats, &pid);
	return 0;
}

char license_text[] SEC("license") = "Dual MIT/GPL";
