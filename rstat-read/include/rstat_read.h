/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * librstat_read: samples of the machine, as rstatd publishes them in shared memory.
 *
 *     struct rstat_reader *reader;
 *     struct rstat_snapshot sample;
 *     int result = rstat_open(NULL, &reader);
 *     if (result != RSTAT_OK)
 *         fprintf(stderr, "%s\n", rstat_strerror(result));
 *     else if (rstat_snapshot(reader, &sample, sizeof sample) == RSTAT_OK &&
 *              (sample.valid & RSTAT_VALID_CPU))
 *         printf("%u.%u %%\n", sample.cpu_busy_ppm / 10000, sample.cpu_busy_ppm / 1000 % 10);
 *     rstat_close(reader);
 *
 * Results. Functions that return int return RSTAT_OK, which is 0, or one of the
 * negative RSTAT_ERR_ codes. Null pointers are answered with RSTAT_ERR_ARGUMENT.
 * The library prints nothing, installs no signal handler, starts no thread and
 * never ends the program.
 *
 * Units are the last part of a name. ppm: millionths, of what the comment says it is a
 * share of, 0 to 1000000; only the CPU time of processes, of one CPU, goes up to 1000000
 * for each CPU. milli: thousandths; mc: thousandths of a degree Celsius, may be negative;
 * khz, mhz: of a frequency; uw: millionths of a watt; ns: nanoseconds. Counts, bytes
 * and rates are as large as the machine makes them.
 *
 * Lifetime. rstat_open makes a reader, rstat_close frees it; nothing else needs
 * to be freed. A reader stays good when rstatd is stopped, killed, started again
 * or updated: it need not be opened again. If an update replaces the region, the
 * reader keeps the old one's memory, some 100 kB, until it is closed. Samples are
 * copied into the caller's memory and belong to the caller. A program that reads a
 * region dies of SIGBUS if somebody truncates the file: rstatd never does, root may.
 *
 * Threads. Any threads may use one reader at once, each call on its own: one that
 * sleeps in rstat_wait keeps no other from taking samples. Which sample was taken
 * last, and which state was told, is kept for each reader and not for each thread.
 * So one thread may wait and others only look; threads that each want every sample
 * have a reader each. rstat_close is for the last thread: rstat_interrupt makes the
 * others leave rstat_wait. rstat_open looks at the environment, so no thread may
 * change that meanwhile.
 *
 * Versions. Structures grow at their end only. Functions that fill one are told the
 * caller's sizeof: what only the library knows is left out, what only the caller knows
 * is zeros, with clear validity bits, unless it is in the region. A size that no version
 * of the structure had is answered with RSTAT_ERR_ARGUMENT.
 *
 * Other languages. C++ needs the word struct before rstat_snapshot, which is a function
 * as well. Whoever cannot read this header asks rstat_snapshot_size for the
 * size of a sample, rstat_field_at for the fields in it, and rstat_get for values.
 * The sample is to lie at a multiple of 8 bytes; rstat_snapshot answers any other place
 * with RSTAT_ERR_ARGUMENT.
 */
#ifndef RSTAT_READ_H
#define RSTAT_READ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version that this header describes: see rstat_abi_version. The minor version grows
 * with each function; the version of the region is another one and stands in the region. */
#define RSTAT_ABI_MAJOR 1
#define RSTAT_ABI_MINOR 1

/* Rows in each of the top lists of processes: up to 5 of user space, up to 5 kernel threads. */
#define RSTAT_TOP_ROWS 10
/* Rows in each of the top lists of applications. */
#define RSTAT_TOP_APPLICATIONS 5
/* Processes that are named as blocked, and as zombies. */
#define RSTAT_MAX_STUCK 8
/* Fans with a figure of their own. */
#define RSTAT_MAX_FANS 4
/* CPUs with a figure of their own. */
#define RSTAT_MAX_CORES 256
/* GPUs with a figure of their own. */
#define RSTAT_MAX_GPUS 4
/* Bytes of a process name. */
#define RSTAT_COMM_BYTES 16
/* Bytes of an application's name. */
#define RSTAT_APPLICATION_BYTES 32

/* All is well. */
#define RSTAT_OK 0
/* An argument is null or out of range. */
#define RSTAT_ERR_ARGUMENT (-1)
/* There is no region: rstatd does not run. */
#define RSTAT_ERR_ABSENT (-2)
/* The region belongs to somebody else than root or the caller, or others may write to it. */
#define RSTAT_ERR_UNTRUSTED (-3)
/* The file is not a region, or one of another version. */
#define RSTAT_ERR_FOREIGN (-4)
/* A system call failed. */
#define RSTAT_ERR_SYSTEM (-5)
/* There is no sample in the region yet. */
#define RSTAT_ERR_EMPTY (-6)
/* rstatd publishes faster than this program copies; try again. */
#define RSTAT_ERR_BUSY (-7)
/* Nothing happened in that time. */
#define RSTAT_ERR_TIMEOUT (-8)
/* No new samples arrive, or rstatd is gone without a word; the last sample can be read. */
#define RSTAT_ERR_STALE (-9)
/* rstatd was stopped in order; the last sample can be read. */
#define RSTAT_ERR_STOPPED (-10)
/* A bug in this library. */
#define RSTAT_ERR_INTERNAL (-11)
/* rstat_interrupt was called. */
#define RSTAT_ERR_INTERRUPTED (-12)
/* The sample does not say: the field's validity bit is clear, or its value has no name. */
#define RSTAT_ERR_UNKNOWN (-13)
/* There is no field of that name. */
#define RSTAT_ERR_FIELD (-14)
/* The template is wrong; rstat_format says how. */
#define RSTAT_ERR_TEMPLATE (-15)
/* There is no other sample than the one that was copied last. */
#define RSTAT_ERR_SEEN (-16)

/* Bits of rstat_snapshot.valid. A field whose bit is clear means nothing: it is
 * unknown, not zero. Fields without a bit are always known. */
#define RSTAT_VALID_CPU (UINT64_C(1) << 0)
#define RSTAT_VALID_MEMORY (UINT64_C(1) << 1)
#define RSTAT_VALID_SWAP (UINT64_C(1) << 2)
#define RSTAT_VALID_LOAD (UINT64_C(1) << 3)
#define RSTAT_VALID_PROCESSES (UINT64_C(1) << 4)
#define RSTAT_VALID_PROCESS_CPU (UINT64_C(1) << 5)
#define RSTAT_VALID_PROCESS_IO (UINT64_C(1) << 6)
#define RSTAT_VALID_CPU_TEMPERATURE (UINT64_C(1) << 7)
#define RSTAT_VALID_CPU_FREQUENCY (UINT64_C(1) << 8)
#define RSTAT_VALID_CPU_FREQUENCY_LIMIT (UINT64_C(1) << 9)
#define RSTAT_VALID_PLATFORM_PROFILE (UINT64_C(1) << 10)
#define RSTAT_VALID_GPU (UINT64_C(1) << 11)
#define RSTAT_VALID_CONTEXT_SWITCHES (UINT64_C(1) << 12)
#define RSTAT_VALID_SAMPLE_COST (UINT64_C(1) << 13)
#define RSTAT_VALID_UNLISTED (UINT64_C(1) << 14)
#define RSTAT_VALID_STUCK (UINT64_C(1) << 15)
#define RSTAT_VALID_PROBE_COST (UINT64_C(1) << 16)
#define RSTAT_VALID_PRESSURE_CPU (UINT64_C(1) << 17)
#define RSTAT_VALID_PRESSURE_MEMORY (UINT64_C(1) << 18)
#define RSTAT_VALID_PRESSURE_IO (UINT64_C(1) << 19)
#define RSTAT_VALID_CPU_THROTTLE (UINT64_C(1) << 20)
#define RSTAT_VALID_CPU_THROTTLED (UINT64_C(1) << 21)
#define RSTAT_VALID_CPU_POWER (UINT64_C(1) << 22)
#define RSTAT_VALID_BATTERY (UINT64_C(1) << 23)
#define RSTAT_VALID_BATTERY_POWER (UINT64_C(1) << 24)
#define RSTAT_VALID_FANS (UINT64_C(1) << 25)
#define RSTAT_VALID_ZRAM (UINT64_C(1) << 26)
#define RSTAT_VALID_ZSWAP (UINT64_C(1) << 27)
#define RSTAT_VALID_ZFS_ARC (UINT64_C(1) << 28)
#define RSTAT_VALID_DISK (UINT64_C(1) << 29)
#define RSTAT_VALID_APPLICATIONS (UINT64_C(1) << 30)

/* Values of rstat_snapshot.source. */
#define RSTAT_SOURCE_BPF 1
#define RSTAT_SOURCE_PROC 2

/* Values of rstat_snapshot.platform_profile. */
#define RSTAT_PROFILE_LOW_POWER 1
#define RSTAT_PROFILE_COOL 2
#define RSTAT_PROFILE_QUIET 3
#define RSTAT_PROFILE_BALANCED 4
#define RSTAT_PROFILE_BALANCED_PERFORMANCE 5
#define RSTAT_PROFILE_PERFORMANCE 6
#define RSTAT_PROFILE_MAX_POWER 7
#define RSTAT_PROFILE_CUSTOM 8

/* Values of rstat_snapshot.battery_status; 0: the kernel does not know. */
#define RSTAT_BATTERY_CHARGING 1
#define RSTAT_BATTERY_DISCHARGING 2
#define RSTAT_BATTERY_NOT_CHARGING 3
#define RSTAT_BATTERY_FULL 4

/* Bit of rstat_process.flags and rstat_application.flags. */
#define RSTAT_PROCESS_KERNEL_THREAD (UINT32_C(1) << 0)

/* Values of rstat_gpu.driver. */
#define RSTAT_GPU_I915 1
#define RSTAT_GPU_XE 2
#define RSTAT_GPU_AMDGPU 3
#define RSTAT_GPU_NVIDIA 4
#define RSTAT_GPU_RADEON 5
#define RSTAT_GPU_NOUVEAU 6
#define RSTAT_GPU_PANFROST 7
#define RSTAT_GPU_PANTHOR 8
#define RSTAT_GPU_LIMA 9
#define RSTAT_GPU_V3D 10
#define RSTAT_GPU_MSM 11
/* Values of rstat_gpu.state. */
#define RSTAT_GPU_AWAKE 1
#define RSTAT_GPU_ASLEEP 2
/* Bits of rstat_gpu.valid. */
#define RSTAT_GPU_BUSY (UINT32_C(1) << 0)
#define RSTAT_GPU_FREQUENCY (UINT32_C(1) << 1)
#define RSTAT_GPU_FREQUENCY_LIMIT (UINT32_C(1) << 2)
#define RSTAT_GPU_TEMPERATURE (UINT32_C(1) << 3)
#define RSTAT_GPU_THROTTLE (UINT32_C(1) << 4)
#define RSTAT_GPU_POWER (UINT32_C(1) << 5)
#define RSTAT_GPU_MEMORY (UINT32_C(1) << 6)
/* Bits of rstat_gpu.throttle: why it runs slower than it was asked to. */
#define RSTAT_THROTTLE_THERMAL (UINT32_C(1) << 0)  /* it, or a part of its board, is too hot */
#define RSTAT_THROTTLE_POWER (UINT32_C(1) << 1)    /* a power limit */
#define RSTAT_THROTTLE_CURRENT (UINT32_C(1) << 2)  /* a current limit, a hot voltage regulator */
#define RSTAT_THROTTLE_EXTERNAL (UINT32_C(1) << 3) /* something outside asked for it */
#define RSTAT_THROTTLE_OTHER (UINT32_C(1) << 4)    /* any other reason */
/* Bit of rstat_history_point.flags: gpu_busy_ppm is known. */
#define RSTAT_HISTORY_GPU_BUSY (UINT32_C(1) << 0)

/* A row of a top list: a process, or all short-lived processes of one name. */
struct rstat_process {
	uint32_t pid;                /* process id; 0: the row's processes are gone */
	uint32_t count;              /* processes in this row; 0 marks the end of the list */
	uint32_t flags;              /* RSTAT_PROCESS_ bits */
	uint32_t cpu_ppm;            /* CPU time, in millionths of one CPU; RSTAT_VALID_PROCESS_CPU */
	uint64_t rss_bytes;          /* resident memory; RSTAT_VALID_PROCESSES */
	uint64_t read_bytes_per_s;   /* bytes read from storage a second; RSTAT_VALID_PROCESS_IO */
	uint64_t write_bytes_per_s;  /* bytes written to storage a second; RSTAT_VALID_PROCESS_IO */
	char comm[RSTAT_COMM_BYTES]; /* name, ends with a zero; any bytes, not always UTF-8 */
};

/* A graphics processor. */
struct rstat_gpu {
	uint32_t driver;              /* RSTAT_GPU_I915 and so on */
	uint32_t state;               /* RSTAT_GPU_AWAKE or RSTAT_GPU_ASLEEP */
	uint32_t valid;               /* which of the following are known */
	uint32_t busy_ppm;            /* millionths of the interval in which it worked */
	uint32_t frequency_mhz;       /* MHz; 0 while it idles */
	uint32_t frequency_limit_mhz; /* the highest the hardware can reach, MHz */
	int32_t temperature_mc;       /* of the chip, thousandths of a degree Celsius */
	uint32_t throttle;            /* what holds it back now: RSTAT_THROTTLE_ bits */
	uint64_t power_uw;            /* power that it draws, millionths of a watt */
	uint64_t memory_used_bytes;   /* memory of its own that is used, bytes */
	uint64_t memory_total_bytes;  /* memory of its own, bytes */
};

/* A row of a top list of applications: all processes of a systemd scope or
 * service, or of one name where there is none. Programs and kernel threads of one name are
 * two rows; what finds no room among the names that are told apart is called "(others)". */
struct rstat_application {
	uint32_t count;             /* processes in this row; 0 marks the end of the list */
	uint32_t flags;             /* RSTAT_PROCESS_ bits */
	uint32_t cpu_ppm;           /* CPU time, in millionths of one CPU; RSTAT_VALID_PROCESS_CPU */
	uint32_t reserved;          /* always 0 */
	uint64_t rss_bytes;         /* resident memory of all of them; RSTAT_VALID_PROCESSES */
	uint64_t read_bytes_per_s;  /* bytes read from storage a second; RSTAT_VALID_PROCESS_IO */
	uint64_t write_bytes_per_s; /* bytes written to storage a second; RSTAT_VALID_PROCESS_IO */
	/* Padded with zeros, of which there is none behind a name of 32 bytes: print it
	 * with "%.32s". Any bytes, not always UTF-8. */
	char name[RSTAT_APPLICATION_BYTES];
};

/* A process that is blocked, or a zombie. */
struct rstat_stuck {
	uint32_t pid;                /* process id; 0 marks the end of the list */
	uint32_t threads;            /* its threads that are blocked; 0 for a zombie */
	char comm[RSTAT_COMM_BYTES]; /* as in rstat_process */
};

/* One sample of the machine. */
struct rstat_snapshot {
	uint64_t sequence;     /* number of the sample, counted over restarts of rstatd */
	uint64_t instance;     /* random number of rstatd's run: a change tells a restart */
	uint64_t monotonic_ns; /* when it was taken: CLOCK_MONOTONIC, ns */
	uint64_t realtime_ns;  /* when it was taken: CLOCK_REALTIME, ns */
	uint64_t elapsed_ns;   /* time since the sample before, over which rates are averaged, ns */
	uint64_t period_ns;    /* time between samples that rstatd was asked for, ns */
	uint64_t valid;        /* which groups of fields are known: RSTAT_VALID_ bits */
	uint64_t sample_ns;    /* what the sample before cost rstatd, ns; RSTAT_VALID_SAMPLE_COST */

	uint32_t source;                    /* of the CPU and process figures: RSTAT_SOURCE_ */
	uint32_t cpu_count;                 /* CPUs online */
	uint32_t cpu_busy_ppm;              /* share of all CPUs not idle, millionths; RSTAT_VALID_CPU */
	int32_t cpu_temperature_mc;         /* thousandths of a degree Celsius; RSTAT_VALID_CPU_TEMPERATURE */
	uint32_t cpu_frequency_khz;         /* average of the CPUs, kHz; RSTAT_VALID_CPU_FREQUENCY */
	uint32_t cpu_frequency_highest_khz; /* of the fastest CPU, kHz; RSTAT_VALID_CPU_FREQUENCY */
	uint32_t cpu_frequency_limit_khz;   /* hardware's, kHz; RSTAT_VALID_CPU_FREQUENCY_LIMIT */
	uint32_t platform_profile;          /* RSTAT_PROFILE_LOW_POWER and so on; RSTAT_VALID_PLATFORM_PROFILE */
	uint32_t load_1m_milli;             /* load average, 1 minute, thousandths; RSTAT_VALID_LOAD */
	uint32_t load_5m_milli;             /* load average, 5 minutes, thousandths; RSTAT_VALID_LOAD */
	uint32_t load_15m_milli;            /* load average, 15 minutes, thousandths; RSTAT_VALID_LOAD */
	uint32_t processes;                 /* processes, zombies included; RSTAT_VALID_PROCESSES */
	uint32_t threads;                   /* threads of all processes; RSTAT_VALID_LOAD */
	uint32_t runnable;                  /* threads that run or wait for a CPU; RSTAT_VALID_LOAD */
	uint32_t processes_unlisted;        /* processes in no list for want of room; RSTAT_VALID_UNLISTED */
	uint32_t gpu_count;                 /* entries of gpus in use; RSTAT_VALID_GPU */
	uint32_t processes_blocked;         /* with a thread in uninterruptible sleep; RSTAT_VALID_STUCK */
	uint32_t processes_zombie;          /* ended, and not waited for; RSTAT_VALID_STUCK */
	uint32_t cpu_busiest;               /* number of the CPU that was busiest; RSTAT_VALID_CPU */
	uint32_t cpu_frequency_busiest_khz; /* of the busiest CPU, kHz; RSTAT_VALID_CPU_FREQUENCY */
	uint32_t probe_switch_ns;           /* what the probe adds to a switch, ns; RSTAT_VALID_PROBE_COST */
	uint32_t probe_ppm;                 /* what it takes of one CPU, millionths; RSTAT_VALID_PROBE_COST */
	/* Share of the last 10 s in which some, or all, tasks waited, millionths. */
	uint32_t pressure_cpu_some_ppm;    /* some tasks; RSTAT_VALID_PRESSURE_CPU */
	uint32_t pressure_cpu_full_ppm;    /* all tasks; RSTAT_VALID_PRESSURE_CPU */
	uint32_t pressure_memory_some_ppm; /* some tasks; RSTAT_VALID_PRESSURE_MEMORY */
	uint32_t pressure_memory_full_ppm; /* all tasks; RSTAT_VALID_PRESSURE_MEMORY */
	uint32_t pressure_io_some_ppm;     /* some tasks; RSTAT_VALID_PRESSURE_IO */
	uint32_t pressure_io_full_ppm;     /* all tasks; RSTAT_VALID_PRESSURE_IO */
	uint32_t cpu_throttle_count;       /* times in the interval; RSTAT_VALID_CPU_THROTTLE */
	uint32_t cpu_throttled_ppm;        /* of the interval, millionths; RSTAT_VALID_CPU_THROTTLED */
	uint32_t battery_charge_ppm;       /* charge of all batteries, millionths; RSTAT_VALID_BATTERY */
	uint32_t battery_status;           /* RSTAT_BATTERY_CHARGING and so on; RSTAT_VALID_BATTERY */
	uint32_t fan_count;                /* entries of fans_rpm in use; RSTAT_VALID_FANS */
	uint32_t reserved;                 /* always 0 */

	uint64_t context_switches_per_s; /* of all CPUs, a second; RSTAT_VALID_CONTEXT_SWITCHES */
	uint64_t memory_total_bytes;     /* memory of the machine, bytes; RSTAT_VALID_MEMORY */
	uint64_t memory_available_bytes; /* available without swapping, bytes; RSTAT_VALID_MEMORY */
	uint64_t memory_used_bytes;      /* total minus available, bytes; RSTAT_VALID_MEMORY */
	uint64_t memory_cached_bytes;    /* buffers and caches, bytes; RSTAT_VALID_MEMORY */
	uint64_t swap_total_bytes;       /* swap space, bytes; RSTAT_VALID_SWAP */
	uint64_t swap_used_bytes;        /* swap space in use, bytes; RSTAT_VALID_SWAP */
	uint64_t io_read_bytes_per_s;    /* all processes' reads, bytes a second; RSTAT_VALID_PROCESS_IO */
	uint64_t io_write_bytes_per_s;   /* all processes' writes, bytes a second; RSTAT_VALID_PROCESS_IO */
	uint64_t disk_read_bytes_per_s;  /* all disks' reads, bytes a second; RSTAT_VALID_DISK */
	uint64_t disk_write_bytes_per_s; /* all disks' writes, bytes a second; RSTAT_VALID_DISK */
	uint64_t cpu_power_uw;           /* the packages', millionths of a watt; RSTAT_VALID_CPU_POWER */
	uint64_t battery_power_uw;       /* into or out of them, millionths; RSTAT_VALID_BATTERY_POWER */
	uint64_t zram_stored_bytes;  /* pages in zram, uncompressed, bytes; RSTAT_VALID_ZRAM */
	uint64_t zram_used_bytes;    /* memory that it uses for them, bytes; RSTAT_VALID_ZRAM */
	uint64_t zswap_stored_bytes; /* pages in zswap, uncompressed, bytes; RSTAT_VALID_ZSWAP */
	uint64_t zswap_used_bytes;   /* memory that it uses for them, bytes; RSTAT_VALID_ZSWAP */
	uint64_t zfs_arc_bytes;      /* the ARC of ZFS, bytes; RSTAT_VALID_ZFS_ARC */
	uint64_t zfs_arc_reclaimable_bytes; /* what it gives back when asked, bytes; RSTAT_VALID_ZFS_ARC */

	/* Processes: most CPU time, most memory, most bytes a second first;
	 * RSTAT_VALID_PROCESS_CPU, RSTAT_VALID_PROCESSES, RSTAT_VALID_PROCESS_IO */
	struct rstat_process top_cpu[RSTAT_TOP_ROWS];
	struct rstat_process top_memory[RSTAT_TOP_ROWS];
	struct rstat_process top_io[RSTAT_TOP_ROWS];
	/* The same of applications; the same bits and RSTAT_VALID_APPLICATIONS */
	struct rstat_application top_cpu_applications[RSTAT_TOP_APPLICATIONS];
	struct rstat_application top_memory_applications[RSTAT_TOP_APPLICATIONS];
	struct rstat_application top_io_applications[RSTAT_TOP_APPLICATIONS];
	struct rstat_stuck blocked[RSTAT_MAX_STUCK]; /* most blocked threads first; RSTAT_VALID_STUCK */
	struct rstat_stuck zombies[RSTAT_MAX_STUCK]; /* RSTAT_VALID_STUCK */
	struct rstat_gpu gpus[RSTAT_MAX_GPUS];       /* in the order of bus addresses; RSTAT_VALID_GPU */
	uint32_t fans_rpm[RSTAT_MAX_FANS]; /* revolutions a minute, 0: it stands; RSTAT_VALID_FANS */
	uint64_t cores_online[RSTAT_MAX_CORES / 64]; /* bitmap of the CPUs with an entry in cores */
	uint32_t cores[RSTAT_MAX_CORES]; /* share of each CPU not idle, millionths; RSTAT_VALID_CPU */
};

/* A sample of the past: a few figures to draw over time. */
struct rstat_history_point {
	uint64_t monotonic_ns; /* when it was taken: CLOCK_MONOTONIC, ns; a long step is a gap */
	uint64_t valid;        /* the sample's valid: RSTAT_VALID_ bits, as in rstat_snapshot */
	uint32_t cpu_busy_ppm;       /* share of all CPUs not idle, millionths; RSTAT_VALID_CPU */
	int32_t cpu_temperature_mc;  /* thousandths of a degree; RSTAT_VALID_CPU_TEMPERATURE */
	uint32_t cpu_frequency_khz;  /* average of the CPUs, kHz; RSTAT_VALID_CPU_FREQUENCY */
	uint32_t memory_used_ppm;    /* share of the memory, millionths; RSTAT_VALID_MEMORY */
	uint32_t swap_used_ppm;      /* share of the swap space, millionths; RSTAT_VALID_SWAP */
	uint32_t gpu_busy_ppm;       /* first GPU, millionths; RSTAT_VALID_GPU, RSTAT_HISTORY_GPU_BUSY */
	uint32_t load_1m_milli;      /* load average, 1 minute, thousandths; RSTAT_VALID_LOAD */
	uint32_t flags;              /* RSTAT_HISTORY_ bits */
	uint64_t io_read_bytes_per_s;  /* bytes a second; RSTAT_VALID_PROCESS_IO */
	uint64_t io_write_bytes_per_s; /* bytes a second; RSTAT_VALID_PROCESS_IO */
};

/* Values of rstat_field.kind. */
#define RSTAT_KIND_U32 1 /* uint32_t */
#define RSTAT_KIND_I32 2 /* int32_t */
#define RSTAT_KIND_U64 3 /* uint64_t */

/* A member of rstat_snapshot that is one number. */
struct rstat_field {
	uint64_t valid;  /* RSTAT_VALID_ bits that say that it is known; 0: always */
	uint32_t offset; /* where it is in rstat_snapshot, bytes */
	uint32_t kind;   /* its type: RSTAT_KIND_ */
	char name[32];   /* of the member, ends with a zero */
	char unit[24];   /* "ppm", "bytes", and so on; "name": see rstat_value_name; ends with a zero */
	char help[72];   /* its meaning on one line of English, ends with a zero */
};

/* An open region. */
struct rstat_reader;

/* The ABI of the library at run time: major version times 65536 plus minor version. */
uint32_t rstat_abi_version(void);

/* Text for a result, in English; never null, never to be freed. */
const char *rstat_strerror(int result);

/* Opens the region PATH or, if that is null, $RSTAT_SHM or, without that,
 * /dev/shm/rstat/v1. On an error *READER is null: RSTAT_ERR_ABSENT (try again later),
 * RSTAT_ERR_UNTRUSTED, RSTAT_ERR_FOREIGN, RSTAT_ERR_SYSTEM. */
int rstat_open(const char *path, struct rstat_reader **reader);

/* Closes a reader; null is ignored. */
void rstat_close(struct rstat_reader *reader);

/* Copies the latest sample: no allocation, no system call, no waiting for other
 * threads. SIZE is sizeof *INTO.
 * On RSTAT_ERR_EMPTY and RSTAT_ERR_BUSY *INTO is all zeros. It may be old: ask
 * rstat_state or rstat_age, or compare monotonic_ns with CLOCK_MONOTONIC as it is outside
 * of time namespaces. */
int rstat_snapshot(struct rstat_reader *reader, struct rstat_snapshot *into, size_t size);

/* The same if there is a sample that this reader has not copied yet; otherwise
 * RSTAT_ERR_SEEN, and *INTO stays as it is. For programs that look all the time, such as
 * with each frame that they draw: where nothing is new, it takes a few nanoseconds. Of
 * threads that look in the same moment more than one may get the same sample. */
int rstat_snapshot_if_new(struct rstat_reader *reader, struct rstat_snapshot *into, size_t size);

/* Copies the latest points of the history, oldest first: no system call, no
 * allocation. SIZE is sizeof *INTO, *COUNT how many points there is room for; a region
 * has up to 1024. Then *COUNT is how many there are, the latest sample's the last; 0
 * on an error. */
int rstat_history(struct rstat_reader *reader, struct rstat_history_point *into, size_t size,
                  size_t *count);

/* Sleeps until there is a sample that this reader has not copied yet, with rstat_snapshot,
 * rstat_snapshot_if_new or rstat_format: 0. Wakes with RSTAT_ERR_TIMEOUT after
 * TIMEOUT_MS milliseconds (negative: never, 0: does not sleep), with
 * RSTAT_ERR_INTERRUPTED after rstat_interrupt, and once with RSTAT_ERR_STALE,
 * RSTAT_ERR_STOPPED or RSTAT_ERR_EMPTY when that becomes so; the next call waits for
 * rstatd's return. */
int rstat_wait(struct rstat_reader *reader, int64_t timeout_ms);

/* Makes each rstat_wait of this reader return RSTAT_ERR_INTERRUPTED, one that sleeps
 * now and any later one, for good; everything else goes on working. Returns at once:
 * wait for the other threads, then close the reader. Before Linux 5.16, a sleeping
 * rstat_wait finds out within a second. */
int rstat_interrupt(struct rstat_reader *reader);

/* Whether samples arrive: 0, RSTAT_ERR_STALE, RSTAT_ERR_STOPPED or RSTAT_ERR_EMPTY.
 * A program that only looks and never waits should ask this now and then:
 * it is here that a region which has replaced an older one is found. */
int rstat_state(struct rstat_reader *reader);

/* How long ago the latest sample was taken, ns; time in suspend does not count. 0 and
 * RSTAT_ERR_EMPTY without one. */
int rstat_age(struct rstat_reader *reader, uint64_t *age_ns);

/* Bytes of the library's struct rstat_snapshot. */
size_t rstat_snapshot_size(void);

/* How many members of rstat_snapshot are numbers; rstat_field_at describes each. */
size_t rstat_field_count(void);

/* Describes the field of that INDEX, counted from 0; SIZE is sizeof *INTO.
 * RSTAT_ERR_ARGUMENT for an index that is rstat_field_count or more. */
int rstat_field_at(size_t index, struct rstat_field *into, size_t size);

/* The value of a FIELD, such as "cpu_busy_ppm", in a SAMPLE of SIZE bytes that
 * rstat_snapshot has filled. A value beyond INT64_MAX is to be cast to uint64_t; only
 * instance, a random number, can be. RSTAT_ERR_FIELD for a name that is no field's,
 * RSTAT_ERR_UNKNOWN for a value that is not known; *VALUE is 0 on an error. */
int rstat_get(const struct rstat_snapshot *sample, size_t size, const char *field, int64_t *value);

/* The name that a VALUE of a FIELD stands for, such as "balanced" for 4 of
 * "platform_profile", into an array of SIZE bytes, with a zero at its end; 32 are
 * enough. RSTAT_ERR_UNKNOWN for a value without a name. */
int rstat_value_name(const char *field, int64_t value, char *into, size_t size);

/* Writes TEMPLATE_TEXT, such as "{cpu.busy:>3}% {cpu.temp}", with the figures of the latest
 * sample into an array of SIZE bytes, with a zero at its end; what does not fit is left
 * out. `rstat-read --help` says how templates are written and `rstat-read --list` which
 * names there are. UTF-8; names of processes have no control characters in them.
 * RSTAT_ERR_TEMPLATE for a wrong template: INTO says what is wrong with it, on one line.
 * RSTAT_ERR_EMPTY, RSTAT_ERR_BUSY as rstat_snapshot. Allocates. */
int rstat_format(struct rstat_reader *reader, const char *template_text, char *into, size_t size);

/* Modules of a bar. A module shows what rstat-waybar prints, with the same options: a bar
 * that draws it itself needs no process, no pipe and no JSON. A module follows its region
 * through all that happens to it and needs no reader. Since version 1.1.
 *
 *     const char *options[] = { "format={cpu.busy:>3}% {cpu.temp}°", "markup=none" };
 *     struct rstat_module *module;
 *     struct rstat_appearance look;
 *     if (rstat_module_open(options, 2, &module, NULL, 0) == RSTAT_OK)
 *         while (rstat_module_next(module, -1, &look, sizeof look) == RSTAT_OK)
 *             puts(look.text);
 *     rstat_module_close(module);
 *
 * Threads. Any thread may call any function of a module at any time, but only one at a
 * time rstat_module_next, as the texts of one call are gone with the next call. */

/* A module of a bar. */
struct rstat_module;

/* What a module shows. All text is UTF-8, ends with a zero and belongs to the module. */
struct rstat_appearance {
	const char *text;           /* in the bar; empty: hide the module. Pango markup, unless the
	                             * option markup=none was given */
	const char *tooltip;        /* the same for a tooltip; may have several lines */
	const char *alt;            /* a word for the state, or what the option alt says */
	const char *const *classes; /* CSS classes, the state first; a null pointer ends them */
	int32_t percentage;         /* of the CPU, or what the option percentage says, 0 to 100;
	                             * -1: not known */
	uint32_t reserved;          /* always 0 */
};

/* Makes a module. OPTIONS are COUNT strings NAME=VALUE: the options of rstat-waybar
 * without their dashes, such as "warning=cpu=70", except once, help and version; a switch
 * may stand alone, "processes". The library copies them. The region need not exist.
 * RSTAT_ERR_ARGUMENT for a wrong option: *MODULE is null then, and ERROR, an array of SIZE
 * bytes unless it is null, says on one line what would be right. Looks at the
 * environment, as rstat_open does. */
int rstat_module_open(const char *const *options, size_t count, struct rstat_module **module,
                      char *error, size_t size);

/* Frees a module, and all texts that it has returned; null is ignored. The last thread
 * calls this, after all others have left rstat_module_next. */
void rstat_module_close(struct rstat_module *module);

/* Sleeps until the module looks other than at the call before, and says how; the first
 * call returns at once. SIZE is sizeof *INTO. The absence of rstatd is something to show
 * as well, so the errors are these: RSTAT_ERR_TIMEOUT after TIMEOUT_MS milliseconds
 * (negative: never, 0: does not sleep), RSTAT_ERR_INTERRUPTED after
 * rstat_module_interrupt, RSTAT_ERR_ARGUMENT; *INTO is unchanged then. The texts stay
 * until the next call. */
int rstat_module_next(struct rstat_module *module, int64_t timeout_ms,
                      struct rstat_appearance *into, size_t size);

/* Makes rstat_module_next return RSTAT_ERR_INTERRUPTED in each thread, now and later, for
 * good. Returns at once. Before Linux 5.16, a sleeping call finds out within a second. */
int rstat_module_interrupt(struct rstat_module *module);

/* Changes the tooltip to its next state: "detail", "kernel-threads" or "processes". A
 * sleeping rstat_module_next returns with the change at once, as after
 * rstat_module_interrupt. RSTAT_ERR_ARGUMENT for any other name. */
int rstat_module_action(struct rstat_module *module, const char *name);

/* The same by the number of a signal, as the option on-signal maps SIGRTMIN and what
 * follows it; a signal that is not mapped changes nothing. The library catches no signal:
 * a program that does reports it here. */
int rstat_module_signal(struct rstat_module *module, int signal);

#ifdef __cplusplus
}
#endif

#endif /* RSTAT_READ_H */
