// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The types that the fixtures hold besides those of the probe's own relocations. The
 * probe takes a tracepoint's arguments by number, so the fixtures hold the arguments'
 * types; one field was renamed. This object is never loaded; `make` shows it to bpftool.
 *
 * bpftool finds a tracepoint's type only if the number of arguments is right, so this
 * file declares each form that a kernel had.
 */
#define RECORD __attribute__((preserve_access_index))
#define EXISTS(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0 /* BPF_TYPE_EXISTS */)
#define EXISTS_FIELD(field) __builtin_preserve_field_info(field, 2 /* BPF_FIELD_EXISTS */)

struct task_struct {
	unsigned int __state;
} RECORD;

/* Until 5.14; changed by 2f064a59a11f ("sched: Change task_struct::state"). */
struct task_struct___before_5_14 {
	long state;
} RECORD;

/* From 5.18 on: fa2c3254d7cf, and 9c2136be0878 for the order. */
typedef struct task_struct task;
typedef void (*btf_trace_sched_switch)(void *, _Bool, task *, task *, unsigned int);
typedef void (*btf_trace_sched_switch___before_5_18)(void *, _Bool, task *, task *);

typedef void (*btf_trace_sched_process_fork)(void *, task *, task *);
typedef void (*btf_trace_sched_process_free)(void *, task *);
typedef void (*btf_trace_task_rename)(void *, task *, const char *);
struct cgroup {
	void *kn;
};
typedef void (*btf_trace_cgroup_attach_task)(void *, struct cgroup *, const char *, task *, _Bool);

typedef void (*btf_trace_cpu_idle)(void *, unsigned int, unsigned int);

/* The last argument came with 7.0, and to older series with later releases. */
struct hrtimer {
	void *function;
};
enum hrtimer_mode { HRTIMER_MODE_ABS };
typedef void (*btf_trace_hrtimer_start)(void *, struct hrtimer *, enum hrtimer_mode, _Bool);
typedef void (*btf_trace_hrtimer_start___before)(void *, struct hrtimer *, enum hrtimer_mode);

__attribute__((section("tp_btf/sched_switch"), used)) int more(void *ctx)
{
	struct task_struct *task = ctx;
	struct task_struct___before_5_14 *before_5_14 = ctx;

	return EXISTS_FIELD(task->__state) + EXISTS_FIELD(before_5_14->state) +
	       EXISTS(btf_trace_sched_switch) + EXISTS(btf_trace_sched_switch___before_5_18) +
	       EXISTS(btf_trace_sched_process_fork) + EXISTS(btf_trace_sched_process_free) +
	       EXISTS(btf_trace_task_rename) + EXISTS(btf_trace_cgroup_attach_task) +
	       EXISTS(btf_trace_cpu_idle) + EXISTS(btf_trace_hrtimer_start) +
	       EXISTS(btf_trace_hrtimer_start___before);
}
