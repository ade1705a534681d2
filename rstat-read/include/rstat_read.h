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
 * Results. A function of type int returns RSTAT_OK, which is 0, or a negative RSTAT_ERR_
 * code. RSTAT_ERR_ARGUMENT is the result for a null pointer, unless a comment allows null.
 * The library prints nothing, installs no signal handler, starts no thread and
 * never ends the program.
 *
 * Units are the last part of a name. ppm: millionths, 0 to 1000000, of what the comment
 * says; a process's share of one CPU may be 1000000 for each CPU. milli: thousandths; mc:
 * thousandths of a degree Celsius, may be negative; khz, mhz: of a frequency; uw:
 * millionths of a watt; ns: nanoseconds. Counts, bytes and rates have no upper bound.
 *
 * Lifetime. rstat_open makes a reader and rstat_close frees the reader. Modules have such a
 * pair, too; nothing else needs to be freed. A reader stays good when rstatd is stopped,
 * killed, started again or updated. If an update replaces the region, the reader keeps the
 * memory of the old region, some 120 kB, until rstat_close. Samples are copied into the
 * caller's memory and belong to the caller. Truncating the file kills its readers by
 * SIGBUS: rstatd never does so, root may.
 *
 * Threads. Any threads may use one reader at once. A thread that sleeps in rstat_wait does
 * not delay the others. Each reader, not each thread, remembers the last sample that was
 * copied and the last state that was returned. So one thread may wait while others only
 * look; if several threads need every sample, each needs a reader of its own. The last
 * thread calls rstat_close: rstat_interrupt makes the others leave rstat_wait. rstat_open
 * and rstat_module_open look at the environment, so no thread may change the environment
 * meanwhile.
 *
 * Versions. Structures grow at their end only. Functions that fill a structure take the
 * caller's sizeof. They leave out members that only the library has. Members that only the
 * caller has are zeros with clear validity bits, unless the region has them. A size that no
 * version of the structure had is RSTAT_ERR_ARGUMENT.
 *
 * Other languages. C++ needs the word struct before rstat_snapshot, which is a function as
 * well. Languages without this header get the size of a sample from rstat_snapshot_size,
 * its fields from rstat_field_at, and values from rstat_get. A sample lies at a multiple of
 * 8 bytes; any other place is RSTAT_ERR_ARGUMENT.
 */
#ifndef RSTAT_READ_H
#define RSTAT_READ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version that this header describes: see rstat_abi_version. Each function and each
 * member that is added makes a minor version. The region has a version of its own. */
#define RSTAT_ABI_MAJOR 1
#define RSTAT_ABI_MINOR 1

/* Success. */
#define RSTAT_OK 0
/* An argument is null or out of range. */
#define RSTAT_ERR_ARGUMENT (-1)
/* There is no region: rstatd does not run. */
#define RSTAT_ERR_ABSENT (-2)
/* The region does not belong to root or the caller, or other users may write to the file. */
#define RSTAT_ERR_UNTRUSTED (-3)
/* The file is not a region, or a region of another version. */
#define RSTAT_ERR_FOREIGN (-4)
/* A system call failed. */
#define RSTAT_ERR_SYSTEM (-5)
/* There is no sample in the region yet. */
#define RSTAT_ERR_EMPTY (-6)
/* rstatd publishes faster than this program copies; try again. */
#define RSTAT_ERR_BUSY (-7)
/* Nothing happened in that time. */
#define RSTAT_ERR_TIMEOUT (-8)
/* No new samples arrive, or rstatd was killed; the last sample can be read. */
#define RSTAT_ERR_STALE (-9)
/* rstatd was stopped in order; the last sample can be read. */
#define RSTAT_ERR_STOPPED (-10)
/* A bug in this library. */
#define RSTAT_ERR_INTERNAL (-11)
/* rstat_interrupt or rstat_module_interrupt was called. */
#define RSTAT_ERR_INTERRUPTED (-12)
/* The value is not known: the field's validity bit is clear, or the value has no name. */
#define RSTAT_ERR_UNKNOWN (-13)
/* There is no field of that name. */
#define RSTAT_ERR_FIELD (-14)
/* The template is wrong; rstat_format says how. */
#define RSTAT_ERR_TEMPLATE (-15)
/* The latest sample was copied before. */
#define RSTAT_ERR_SEEN (-16)

/* Generated from the table in rstat-shm/src/fields: do not edit. */
/* Rows in each of the top lists of processes: up to 5 of user space, up to 5 kernel threads. */
#define RSTAT_TOP_ROWS 10
/* Rows in each of the top lists of applications. */
#define RSTAT_TOP_APPLICATIONS 5
/* Rows in the list of blocked processes, and in that of zombies. */
#define RSTAT_MAX_PROCESS_STATES 8
/* The most GPUs that have figures of their own. */
#define RSTAT_MAX_GPUS 8
/* The most fans that have figures of their own. */
#define RSTAT_MAX_FANS 8
/* The most network interfaces that have figures of their own. */
#define RSTAT_MAX_INTERFACES 8
/* The most file systems that have figures of their own. */
#define RSTAT_MAX_FILE_SYSTEMS 8
/* The most CPUs that have figures of their own: those with the lowest numbers. */
#define RSTAT_MAX_CORES 256
/* Words of the bitmap that has a bit for each of these CPUs. */
#define RSTAT_CORE_WORDS 4
/* Bytes of a process name, as the kernel cuts it (TASK_COMM_LEN). */
#define RSTAT_COMM_BYTES 16
/* Bytes of an application's name. */
#define RSTAT_APPLICATION_BYTES 32
/* Bytes of a network interface's name (IFNAMSIZ). */
#define RSTAT_INTERFACE_BYTES 16
/* Bytes of a mount point. */
#define RSTAT_MOUNT_POINT_BYTES 64

/* Bits of rstat_snapshot.valid. A field with a clear bit is unknown, not zero. Fields without a bit
 * are always known. */
/* Needs two readings: clear in a daemon's first sample. */
#define RSTAT_VALID_CPU (UINT64_C(1) << 0)
#define RSTAT_VALID_MEMORY (UINT64_C(1) << 1)
/* Clear on a machine without swap space. */
#define RSTAT_VALID_SWAP (UINT64_C(1) << 2)
#define RSTAT_VALID_LOAD (UINT64_C(1) << 3)
#define RSTAT_VALID_PROCESSES (UINT64_C(1) << 4)
/* Needs two readings. */
#define RSTAT_VALID_PROCESS_CPU (UINT64_C(1) << 5)
/* Needs two readings and a kernel with task I/O accounting. */
#define RSTAT_VALID_PROCESS_IO (UINT64_C(1) << 6)
#define RSTAT_VALID_CPU_TEMPERATURE (UINT64_C(1) << 7)
#define RSTAT_VALID_CPU_FREQUENCY (UINT64_C(1) << 8)
#define RSTAT_VALID_CPU_FREQUENCY_LIMIT (UINT64_C(1) << 9)
#define RSTAT_VALID_PLATFORM_PROFILE (UINT64_C(1) << 10)
#define RSTAT_VALID_GPU (UINT64_C(1) << 11)
/* Needs two readings. */
#define RSTAT_VALID_CONTEXT_SWITCHES (UINT64_C(1) << 12)
/* Clear in a daemon's first sample. */
#define RSTAT_VALID_SAMPLE_COST (UINT64_C(1) << 13)
#define RSTAT_VALID_UNLISTED (UINT64_C(1) << 14)
#define RSTAT_VALID_PROCESS_STATES (UINT64_C(1) << 15)
#define RSTAT_VALID_PROBE_COST (UINT64_C(1) << 16)
#define RSTAT_VALID_PRESSURE_CPU (UINT64_C(1) << 17)
#define RSTAT_VALID_PRESSURE_MEMORY (UINT64_C(1) << 18)
#define RSTAT_VALID_PRESSURE_IO (UINT64_C(1) << 19)
#define RSTAT_VALID_CPU_THROTTLE (UINT64_C(1) << 20)
/* Needs two readings. */
#define RSTAT_VALID_CPU_THROTTLED (UINT64_C(1) << 21)
/* Needs two readings. */
#define RSTAT_VALID_CPU_POWER (UINT64_C(1) << 22)
/* Clear on a machine without a battery. */
#define RSTAT_VALID_BATTERY (UINT64_C(1) << 23)
#define RSTAT_VALID_BATTERY_POWER (UINT64_C(1) << 24)
#define RSTAT_VALID_FANS (UINT64_C(1) << 25)
#define RSTAT_VALID_ZRAM (UINT64_C(1) << 26)
#define RSTAT_VALID_ZSWAP (UINT64_C(1) << 27)
#define RSTAT_VALID_ZFS_ARC (UINT64_C(1) << 28)
/* Needs two readings. */
#define RSTAT_VALID_DISK (UINT64_C(1) << 29)
#define RSTAT_VALID_APPLICATIONS (UINT64_C(1) << 30)
/* No daemon of this version sets this bit. */
#define RSTAT_VALID_INTERFACES (UINT64_C(1) << 31)
/* No daemon of this version sets this bit. */
#define RSTAT_VALID_FILE_SYSTEMS (UINT64_C(1) << 32)
#define RSTAT_VALID_UPTIME (UINT64_C(1) << 33)
/* Needs two readings; clear on a machine without swap space. */
#define RSTAT_VALID_SWAP_RATE (UINT64_C(1) << 34)

/* Values of rstat_snapshot.source. */
/* The BPF probe in the scheduler: exact to the nanosecond. */
#define RSTAT_SOURCE_BPF 1
/* Files below /proc: exact to one tick of the kernel's clock. */
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

/* Values of rstat_snapshot.battery_status. */
#define RSTAT_BATTERY_CHARGING 1
#define RSTAT_BATTERY_DISCHARGING 2
#define RSTAT_BATTERY_NOT_CHARGING 3
#define RSTAT_BATTERY_FULL 4

/* Bits of rstat_process.flags and rstat_application.flags. */
/* The row is a kernel thread, or kernel threads of one name. */
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
/* The processor runs. */
#define RSTAT_GPU_AWAKE 1
/* The processor is runtime-suspended. */
#define RSTAT_GPU_ASLEEP 2

/* Bits of rstat_gpu.valid. */
#define RSTAT_GPU_BUSY (UINT32_C(1) << 0)
#define RSTAT_GPU_FREQUENCY (UINT32_C(1) << 1)
#define RSTAT_GPU_FREQUENCY_LIMIT (UINT32_C(1) << 2)
#define RSTAT_GPU_TEMPERATURE (UINT32_C(1) << 3)
#define RSTAT_GPU_THROTTLE (UINT32_C(1) << 4)
#define RSTAT_GPU_POWER (UINT32_C(1) << 5)
#define RSTAT_GPU_MEMORY (UINT32_C(1) << 6)
#define RSTAT_GPU_MEMORY_SHARED (UINT32_C(1) << 7)

/* Bits of rstat_gpu.throttle. */
/* The processor, or a part of its board, is too hot. */
#define RSTAT_THROTTLE_THERMAL (UINT32_C(1) << 0)
/* The processor has reached a power limit. */
#define RSTAT_THROTTLE_POWER (UINT32_C(1) << 1)
/* The processor has reached a current limit, or its voltage regulator is too hot. */
#define RSTAT_THROTTLE_CURRENT (UINT32_C(1) << 2)
/* Something outside of the processor asked for throttling (PROCHOT, an external brake). */
#define RSTAT_THROTTLE_EXTERNAL (UINT32_C(1) << 3)
/* Any other reason. */
#define RSTAT_THROTTLE_OTHER (UINT32_C(1) << 4)

/* Bits of rstat_interface.flags. */
/* The interface has a link. */
#define RSTAT_INTERFACE_UP (UINT32_C(1) << 0)

/* Bits of rstat_interface.valid. */
#define RSTAT_INTERFACE_RATES (UINT32_C(1) << 0)

/* Bits of rstat_file_system.valid. */
#define RSTAT_FILE_SYSTEM_SPACE (UINT32_C(1) << 0)

/* Bits of rstat_history_point.flags. */
/* The first GPU's gpu_busy_ppm is known. */
#define RSTAT_HISTORY_GPU_BUSY (UINT32_C(1) << 0)

/* A row of a top list: a process, or all short-lived processes of one name. */
struct rstat_process {
	/* Name. The name of its first thread: up to 15 bytes, then zeros. Any bytes are possible, UTF-8 or
	 * not, cut anywhere. */
	char comm[RSTAT_COMM_BYTES];
	/* Process id, if the row is one process that exists. 0 where the row's processes are gone. */
	uint32_t pid;
	/* How many processes. 0 ends the list. */
	uint32_t count;
	/* Kind of the process. */
	uint32_t flags;
	/* CPU time as a share of one CPU; RSTAT_VALID_PROCESS_CPU. Eight busy threads are 8,000,000. */
	uint32_t cpu_ppm;
	/* Resident memory; RSTAT_VALID_PROCESSES. File-backed, anonymous and shared pages. */
	uint64_t rss_bytes;
	/* Bytes fetched from storage; RSTAT_VALID_PROCESS_IO. read_bytes of /proc/PID/io. */
	uint64_t read_bytes_per_s;
	/* Bytes made dirty for storage; RSTAT_VALID_PROCESS_IO. write_bytes of /proc/PID/io. */
	uint64_t write_bytes_per_s;
};

/* A row of a top list of applications: all processes of a systemd scope or service, or of one name
 * where there is none. A program and a kernel thread of the same name have separate rows. A daemon
 * knows about a thousand names; all further processes are a row called (others). */
struct rstat_application {
	/* Name. The unit's name without what systemd adds, or the processes' name. Any bytes, then zeros;
	 * after a name of 32 bytes there is no zero. */
	char name[RSTAT_APPLICATION_BYTES];
	/* How many processes. Processes that came and went in the interval count, too. 0 ends the list. */
	uint32_t count;
	/* Kind of the processes. */
	uint32_t flags;
	/* CPU time as a share of one CPU; RSTAT_VALID_PROCESS_CPU. Eight busy threads are 8,000,000. */
	uint32_t cpu_ppm;
	/* Always 0. */
	uint32_t reserved;
	/* Resident memory; RSTAT_VALID_PROCESSES. Pages that processes share count once for each. */
	uint64_t rss_bytes;
	/* Bytes fetched from storage; RSTAT_VALID_PROCESS_IO. */
	uint64_t read_bytes_per_s;
	/* Bytes made dirty for storage; RSTAT_VALID_PROCESS_IO. */
	uint64_t write_bytes_per_s;
};

/* A process that does not run although it should: blocked, or a zombie. */
struct rstat_process_state {
	/* Name. As in a process. */
	char comm[RSTAT_COMM_BYTES];
	/* Process id. 0 ends the list. */
	uint32_t pid;
	/* Threads that are blocked. 0 for a zombie. */
	uint32_t threads;
};

/* A graphics processor. */
struct rstat_gpu {
	/* Kernel driver. */
	uint32_t driver;
	/* Awake or asleep. While the GPU sleeps, nothing else is known. */
	uint32_t state;
	/* Which members are known, a bit each. */
	uint32_t valid;
	/* Share of the interval in which the GPU worked; RSTAT_GPU_BUSY. */
	uint32_t busy_ppm;
	/* Frequency, 0 while the GPU idles; RSTAT_GPU_FREQUENCY. */
	uint32_t frequency_mhz;
	/* Highest frequency the hardware can reach; RSTAT_GPU_FREQUENCY_LIMIT. */
	uint32_t frequency_limit_mhz;
	/* Temperature of the chip; RSTAT_GPU_TEMPERATURE. */
	int32_t temperature_mc;
	/* The reasons for throttling, one bit for each; RSTAT_GPU_THROTTLE. 0: the GPU is not throttled. */
	uint32_t throttle;
	/* Power that the GPU draws; RSTAT_GPU_POWER. */
	uint64_t power_uw;
	/* The GPU's own memory that is used; RSTAT_GPU_MEMORY. */
	uint64_t memory_used_bytes;
	/* The GPU's own memory; RSTAT_GPU_MEMORY. */
	uint64_t memory_total_bytes;
	/* Memory of the machine that the GPU uses; RSTAT_GPU_MEMORY_SHARED. No daemon of this version knows
	 * this figure. */
	uint64_t memory_shared_used_bytes;
	/* Memory of the machine that the GPU can use; RSTAT_GPU_MEMORY_SHARED. No daemon of this version
	 * knows this figure. */
	uint64_t memory_shared_total_bytes;
};

/* A physical network interface. */
struct rstat_interface {
	/* Name. Up to 15 bytes, then zeros. */
	char name[RSTAT_INTERFACE_BYTES];
	/* Whether the interface is up. */
	uint32_t flags;
	/* Which members are known, a bit each. */
	uint32_t valid;
	/* Bytes received; RSTAT_INTERFACE_RATES. */
	uint64_t received_bytes_per_s;
	/* Bytes sent; RSTAT_INTERFACE_RATES. */
	uint64_t sent_bytes_per_s;
};

/* A mounted file system. */
struct rstat_file_system {
	/* Mount point. A long one is cut on its left. Any bytes, then zeros where there is room. */
	char mount_point[RSTAT_MOUNT_POINT_BYTES];
	/* Which members are known, a bit each. */
	uint32_t valid;
	/* Always 0. */
	uint32_t reserved;
	/* Size; RSTAT_FILE_SYSTEM_SPACE. */
	uint64_t total_bytes;
	/* Space in use; RSTAT_FILE_SYSTEM_SPACE. */
	uint64_t used_bytes;
	/* Space that is left for users; RSTAT_FILE_SYSTEM_SPACE. */
	uint64_t available_bytes;
};

/* One sample of the machine. */
struct rstat_snapshot {
	/* Number of the sample, counted over restarts of the daemon. */
	uint64_t sequence;
	/* Random number of the daemon's run. A change means that the daemon was restarted. */
	uint64_t instance;
	/* CLOCK_MONOTONIC when the sample was taken. The clock is the machine's, outside of time
	 * namespaces. */
	uint64_t monotonic_ns;
	/* CLOCK_REALTIME when the sample was taken. */
	uint64_t realtime_ns;
	/* Time since the sample before, over which rates are averaged. */
	uint64_t elapsed_ns;
	/* Time between samples that the daemon was asked for. */
	uint64_t period_ns;
	/* Which groups of fields are known, a bit each. */
	uint64_t valid;
	/* What the sample before this one cost the daemon; RSTAT_VALID_SAMPLE_COST. From the moment that
	 * the daemon wakes until the sample is published. */
	uint64_t sample_ns;
	/* Source of the CPU and process figures. */
	uint32_t source;
	/* CPUs online. */
	uint32_t cpu_count;
	/* Share of all online CPUs that was not idle; RSTAT_VALID_CPU. */
	uint32_t cpu_busy_ppm;
	/* CPU temperature; RSTAT_VALID_CPU_TEMPERATURE. */
	int32_t cpu_temperature_mc;
	/* Average frequency of the online CPUs; RSTAT_VALID_CPU_FREQUENCY. */
	uint32_t cpu_frequency_khz;
	/* Frequency of the fastest CPU; RSTAT_VALID_CPU_FREQUENCY. */
	uint32_t cpu_frequency_highest_khz;
	/* Highest frequency the hardware can reach; RSTAT_VALID_CPU_FREQUENCY_LIMIT. */
	uint32_t cpu_frequency_limit_khz;
	/* Platform profile; RSTAT_VALID_PLATFORM_PROFILE. */
	uint32_t platform_profile;
	/* Load average of 1 minute; RSTAT_VALID_LOAD. */
	uint32_t load_1m_milli;
	/* Load average of 5 minutes; RSTAT_VALID_LOAD. */
	uint32_t load_5m_milli;
	/* Load average of 15 minutes; RSTAT_VALID_LOAD. */
	uint32_t load_15m_milli;
	/* Processes, zombies included; RSTAT_VALID_PROCESSES. */
	uint32_t processes;
	/* Threads of all processes; RSTAT_VALID_LOAD. */
	uint32_t threads;
	/* Threads that run or wait for a CPU; RSTAT_VALID_LOAD. */
	uint32_t runnable;
	/* Processes that the probe had no slot for; RSTAT_VALID_UNLISTED. No list has these processes. */
	uint32_t processes_unlisted;
	/* Graphics processors; RSTAT_VALID_GPU. The rows of gpus in use. */
	uint32_t gpu_count;
	/* Processes with a thread in uninterruptible sleep; RSTAT_VALID_PROCESS_STATES. Processes without a
	 * row in blocked count as well. */
	uint32_t processes_blocked;
	/* Processes that ended and were not waited for; RSTAT_VALID_PROCESS_STATES. Processes without a row
	 * in zombies count as well. */
	uint32_t processes_zombie;
	/* Number of the CPU that was busiest; RSTAT_VALID_CPU. */
	uint32_t cpu_busiest;
	/* Frequency of the busiest CPU; RSTAT_VALID_CPU_FREQUENCY. */
	uint32_t cpu_frequency_busiest_khz;
	/* What the probe adds to one context switch; RSTAT_VALID_PROBE_COST. Measured at the daemon's start
	 * with cold caches. Switches to idle count, the cost of measuring does not. */
	uint32_t probe_switch_ns;
	/* Share of one CPU that the probe takes; RSTAT_VALID_PROBE_COST. At the present rate of switches. */
	uint32_t probe_ppm;
	/* Share of the last 10 s in which some task waited for a CPU; RSTAT_VALID_PRESSURE_CPU. */
	uint32_t pressure_cpu_some_ppm;
	/* Share of the last 10 s in which all tasks waited for a CPU; RSTAT_VALID_PRESSURE_CPU. Linux
	 * defines this share as 0 for the whole machine. */
	uint32_t pressure_cpu_full_ppm;
	/* Share of the last 10 s in which some task waited for memory; RSTAT_VALID_PRESSURE_MEMORY. */
	uint32_t pressure_memory_some_ppm;
	/* Share of the last 10 s in which all tasks waited for memory; RSTAT_VALID_PRESSURE_MEMORY. */
	uint32_t pressure_memory_full_ppm;
	/* Share of the last 10 s in which some task waited for I/O; RSTAT_VALID_PRESSURE_IO. */
	uint32_t pressure_io_some_ppm;
	/* Share of the last 10 s in which all tasks waited for I/O; RSTAT_VALID_PRESSURE_IO. */
	uint32_t pressure_io_full_ppm;
	/* Times that the CPU was throttled in the interval; RSTAT_VALID_CPU_THROTTLE. Counts the package or
	 * its hottest core, whichever was throttled more often. */
	uint32_t cpu_throttle_count;
	/* Share of the interval in which the CPU was throttled; RSTAT_VALID_CPU_THROTTLED. */
	uint32_t cpu_throttled_ppm;
	/* Charge of all batteries; RSTAT_VALID_BATTERY. */
	uint32_t battery_charge_ppm;
	/* What the batteries do; RSTAT_VALID_BATTERY. 0 where the kernel says Unknown or nothing, even
	 * while the charge is known. */
	uint32_t battery_status;
	/* Fans; RSTAT_VALID_FANS. The entries of fans_rpm in use. */
	uint32_t fan_count;
	/* Network interfaces; RSTAT_VALID_INTERFACES. The rows of interfaces in use. */
	uint32_t interface_count;
	/* File systems; RSTAT_VALID_FILE_SYSTEMS. The rows of file_systems in use. */
	uint32_t file_system_count;
	/* Always 0. */
	uint32_t reserved;
	/* Context switches of all CPUs; RSTAT_VALID_CONTEXT_SWITCHES. */
	uint64_t context_switches_per_s;
	/* Memory of the machine; RSTAT_VALID_MEMORY. MemTotal of /proc/meminfo. */
	uint64_t memory_total_bytes;
	/* Memory that programs can still get without swapping; RSTAT_VALID_MEMORY. MemAvailable, and what
	 * ZFS gives back. */
	uint64_t memory_available_bytes;
	/* Memory that is not available; RSTAT_VALID_MEMORY. Total minus available. */
	uint64_t memory_used_bytes;
	/* Buffers, page cache and reclaimable slab; RSTAT_VALID_MEMORY. What free calls buff/cache. */
	uint64_t memory_cached_bytes;
	/* Swap space; RSTAT_VALID_SWAP. SwapTotal. */
	uint64_t swap_total_bytes;
	/* Swap space in use, without pages that are in memory too; RSTAT_VALID_SWAP. SwapTotal minus
	 * SwapFree minus SwapCached. */
	uint64_t swap_used_bytes;
	/* Bytes that all processes made storage deliver; RSTAT_VALID_PROCESS_IO. */
	uint64_t io_read_bytes_per_s;
	/* Bytes that all processes made dirty for storage; RSTAT_VALID_PROCESS_IO. */
	uint64_t io_write_bytes_per_s;
	/* Bytes that all disks delivered; RSTAT_VALID_DISK. */
	uint64_t disk_read_bytes_per_s;
	/* Bytes that all disks took; RSTAT_VALID_DISK. */
	uint64_t disk_write_bytes_per_s;
	/* Power of the CPU packages; RSTAT_VALID_CPU_POWER. From RAPL. */
	uint64_t cpu_power_uw;
	/* Power that flows into or out of the batteries; RSTAT_VALID_BATTERY_POWER. */
	uint64_t battery_power_uw;
	/* Pages that zram holds, uncompressed; RSTAT_VALID_ZRAM. */
	uint64_t zram_stored_bytes;
	/* Memory that zram uses for these pages; RSTAT_VALID_ZRAM. */
	uint64_t zram_used_bytes;
	/* Pages that zswap holds, uncompressed; RSTAT_VALID_ZSWAP. */
	uint64_t zswap_stored_bytes;
	/* Memory that zswap uses for these pages; RSTAT_VALID_ZSWAP. */
	uint64_t zswap_used_bytes;
	/* The ARC of ZFS; RSTAT_VALID_ZFS_ARC. */
	uint64_t zfs_arc_bytes;
	/* The part of the ARC that ZFS gives back under pressure; RSTAT_VALID_ZFS_ARC. memory_used_bytes
	 * leaves this part out. */
	uint64_t zfs_arc_reclaimable_bytes;
	/* The processes with the most CPU time in the interval, most first: up to 5 of user space and up to
	 * 5 kernel threads; RSTAT_VALID_PROCESS_CPU. */
	struct rstat_process top_cpu[RSTAT_TOP_ROWS];
	/* The processes with the most resident memory, most first; RSTAT_VALID_PROCESSES. */
	struct rstat_process top_memory[RSTAT_TOP_ROWS];
	/* The processes with the most bytes read and written in the interval, most first;
	 * RSTAT_VALID_PROCESS_IO. */
	struct rstat_process top_io[RSTAT_TOP_ROWS];
	/* The applications with the most CPU time in the interval, most first; RSTAT_VALID_PROCESS_CPU,
	 * RSTAT_VALID_APPLICATIONS. */
	struct rstat_application top_cpu_applications[RSTAT_TOP_APPLICATIONS];
	/* The applications with the most resident memory, most first; RSTAT_VALID_PROCESSES,
	 * RSTAT_VALID_APPLICATIONS. */
	struct rstat_application top_memory_applications[RSTAT_TOP_APPLICATIONS];
	/* The applications with the most bytes read and written in the interval, most first;
	 * RSTAT_VALID_PROCESS_IO, RSTAT_VALID_APPLICATIONS. */
	struct rstat_application top_io_applications[RSTAT_TOP_APPLICATIONS];
	/* Processes that are blocked, those with the most blocked threads first;
	 * RSTAT_VALID_PROCESS_STATES. */
	struct rstat_process_state blocked[RSTAT_MAX_PROCESS_STATES];
	/* Zombies; RSTAT_VALID_PROCESS_STATES. */
	struct rstat_process_state zombies[RSTAT_MAX_PROCESS_STATES];
	/* Graphics processors, in the order of their bus addresses; RSTAT_VALID_GPU. */
	struct rstat_gpu gpus[RSTAT_MAX_GPUS];
	/* Physical network interfaces; RSTAT_VALID_INTERFACES. */
	struct rstat_interface interfaces[RSTAT_MAX_INTERFACES];
	/* File systems: /, then the others, fullest first; RSTAT_VALID_FILE_SYSTEMS. */
	struct rstat_file_system file_systems[RSTAT_MAX_FILE_SYSTEMS];
	/* Revolutions of the fans. 0 for a fan that stands still; RSTAT_VALID_FANS. */
	uint32_t fans_rpm[RSTAT_MAX_FANS];
	/* Bit c mod 64 of word c / 64: the entry of CPU c in cores is known; RSTAT_VALID_CPU. */
	uint64_t cores_online[RSTAT_CORE_WORDS];
	/* Share of each CPU, by its number, that was not idle. CPUs from 256 on have no entry;
	 * RSTAT_VALID_CPU. */
	uint32_t cores[RSTAT_MAX_CORES];
	/* Time since the machine was started, suspends included; RSTAT_VALID_UPTIME. */
	uint64_t uptime_ns;
	/* Bytes read back from swap space; RSTAT_VALID_SWAP_RATE. */
	uint64_t swap_in_bytes_per_s;
	/* Bytes written to swap space; RSTAT_VALID_SWAP_RATE. */
	uint64_t swap_out_bytes_per_s;
};

/* A sample of the past: a few figures to draw over time. */
struct rstat_history_point {
	/* CLOCK_MONOTONIC when the sample was taken. The clock is the machine's, outside of time
	 * namespaces. */
	uint64_t monotonic_ns;
	/* Which groups of fields are known, a bit each. */
	uint64_t valid;
	/* Share of all online CPUs that was not idle; RSTAT_VALID_CPU. */
	uint32_t cpu_busy_ppm;
	/* CPU temperature; RSTAT_VALID_CPU_TEMPERATURE. */
	int32_t cpu_temperature_mc;
	/* Average frequency of the online CPUs; RSTAT_VALID_CPU_FREQUENCY. */
	uint32_t cpu_frequency_khz;
	/* Load average of 1 minute; RSTAT_VALID_LOAD. */
	uint32_t load_1m_milli;
	/* Bytes that all processes made storage deliver; RSTAT_VALID_PROCESS_IO. */
	uint64_t io_read_bytes_per_s;
	/* Bytes that all processes made dirty for storage; RSTAT_VALID_PROCESS_IO. */
	uint64_t io_write_bytes_per_s;
	/* Share of the memory that is used; RSTAT_VALID_MEMORY. */
	uint32_t memory_used_ppm;
	/* Share of the swap space in use; RSTAT_VALID_SWAP. */
	uint32_t swap_used_ppm;
	/* Share of the interval in which the first GPU worked; RSTAT_VALID_GPU. Known only if bit 0 of
	 * flags is set as well. */
	uint32_t gpu_busy_ppm;
	/* Which other figures of the point are known, a bit each. */
	uint32_t flags;
	/* Always 0. */
	uint64_t reserved[2];
};
/* End of what is generated. */

/* Values of rstat_field.kind. */
#define RSTAT_KIND_U32 1 /* uint32_t */
#define RSTAT_KIND_I32 2 /* int32_t */
#define RSTAT_KIND_U64 3 /* uint64_t */

/* A member of rstat_snapshot that is one number. All text ends with a zero. */
struct rstat_field {
	uint64_t valid;  /* RSTAT_VALID_ bits without which the value is unknown; 0: always known */
	uint32_t offset; /* the member's place in rstat_snapshot, bytes */
	uint32_t kind;   /* the member's type: RSTAT_KIND_ */
	char name[32];   /* the member's name */
	char unit[24];   /* "ppm", "bytes", and so on; "name": see rstat_value_name */
	char help[72];   /* the meaning on one line of English */
};

/* An open region. */
struct rstat_reader;

/* The ABI of the library at run time: major version times 65536 plus minor version. */
uint32_t rstat_abi_version(void);

/* Text for a result, in English; never null, never to be freed. */
const char *rstat_strerror(int result);

/* Opens the region PATH; null is $RSTAT_SHM or, without that variable, /dev/shm/rstat/v1.
 * On an error *READER is null: RSTAT_ERR_ABSENT (try again later), RSTAT_ERR_UNTRUSTED,
 * RSTAT_ERR_FOREIGN, RSTAT_ERR_SYSTEM. */
int rstat_open(const char *path, struct rstat_reader **reader);

/* Closes a reader; null is ignored. */
void rstat_close(struct rstat_reader *reader);

/* Copies the latest sample: no allocation, no system call, no waiting for other
 * threads. SIZE is sizeof *INTO. On RSTAT_ERR_EMPTY and RSTAT_ERR_BUSY *INTO is all zeros.
 * The sample may be old: see rstat_state and rstat_age, or compare monotonic_ns with the
 * machine's CLOCK_MONOTONIC, without the offset of a time namespace. */
int rstat_snapshot(struct rstat_reader *reader, struct rstat_snapshot *into, size_t size);

/* The same if there is a sample that this reader has not copied yet; otherwise
 * RSTAT_ERR_SEEN, and *INTO is unchanged. For programs that look all the time, such as with
 * each frame that they draw: without a new sample, a call takes a few nanoseconds. Threads
 * that call this at the same moment may get the same sample. */
int rstat_snapshot_if_new(struct rstat_reader *reader, struct rstat_snapshot *into, size_t size);

/* Copies the latest points of the history, oldest first: no system call, no allocation.
 * SIZE is sizeof *INTO. *COUNT is the number of points that INTO has room for, and then the
 * number of points that were copied, or 0 on an error. The last point is of the latest
 * sample. A region has up to 1024 points. */
int rstat_history(struct rstat_reader *reader, struct rstat_history_point *into, size_t size,
                  size_t *count);

/* Sleeps until there is a sample that this reader has not copied yet. RSTAT_ERR_TIMEOUT
 * after TIMEOUT_MS milliseconds (negative: never, 0: does not sleep); RSTAT_ERR_INTERRUPTED
 * after rstat_interrupt. RSTAT_ERR_STALE, RSTAT_ERR_STOPPED and RSTAT_ERR_EMPTY come once,
 * when that state begins; the next call waits for rstatd's return. */
int rstat_wait(struct rstat_reader *reader, int64_t timeout_ms);

/* Makes each rstat_wait of this reader return RSTAT_ERR_INTERRUPTED, now and later, for
 * good; all other functions go on working. Returns at once: wait for the other threads
 * before rstat_close. Before Linux 5.16, a sleeping rstat_wait notices within a second. */
int rstat_interrupt(struct rstat_reader *reader);

/* Whether samples arrive: 0, RSTAT_ERR_STALE, RSTAT_ERR_STOPPED or RSTAT_ERR_EMPTY. A
 * program that never waits calls this now and then: the call finds a region that has
 * replaced an older one. */
int rstat_state(struct rstat_reader *reader);

/* The time since the latest sample was taken, ns, without suspend. *AGE_NS is 0 with
 * RSTAT_ERR_EMPTY. */
int rstat_age(struct rstat_reader *reader, uint64_t *age_ns);

/* Bytes of the library's struct rstat_snapshot. */
size_t rstat_snapshot_size(void);

/* The number of members of rstat_snapshot that are numbers; rstat_field_at describes each. */
size_t rstat_field_count(void);

/* Describes the field number INDEX, counted from 0; SIZE is sizeof *INTO.
 * RSTAT_ERR_ARGUMENT for an index that is rstat_field_count or more. */
int rstat_field_at(size_t index, struct rstat_field *into, size_t size);

/* The value of a FIELD, such as "cpu_busy_ppm", in a SAMPLE of SIZE bytes that
 * rstat_snapshot has filled. Values above INT64_MAX need a cast to uint64_t; only instance,
 * a random number, can be so large. *VALUE is 0 on an error: RSTAT_ERR_FIELD for an unknown
 * name, RSTAT_ERR_UNKNOWN for an unknown value. */
int rstat_get(const struct rstat_snapshot *sample, size_t size, const char *field, int64_t *value);

/* The name of a VALUE of a FIELD, such as "balanced" for 4 of "platform_profile". INTO has
 * SIZE bytes, and 32 are enough; the name ends with a zero. RSTAT_ERR_UNKNOWN for a
 * value without a name. */
int rstat_value_name(const char *field, int64_t value, char *into, size_t size);

/* Writes TEMPLATE_TEXT, such as "{cpu.busy:>3}% {cpu.temp}", with the figures of the latest
 * sample. INTO has SIZE bytes; the text ends with a zero, and its end is cut off where there
 * is no room. The text is UTF-8 without control characters. `rstat-read --help` describes
 * templates, `rstat-read --list` prints all names. With RSTAT_ERR_TEMPLATE, INTO says on one
 * line what is wrong. Returns RSTAT_ERR_EMPTY and RSTAT_ERR_BUSY when rstat_snapshot would.
 * Allocates memory. */
int rstat_format(struct rstat_reader *reader, const char *template_text, char *into, size_t size);

/* Modules of a bar. A module shows what rstat-waybar prints, with the same options: a bar
 * that draws the module needs no process, no pipe and no JSON. A module follows the region
 * through all restarts of rstatd, and needs no reader. Since version 1.1.
 *
 *     const char *options[] = { "format={cpu.busy:>3}% {cpu.temp}°", "markup=none" };
 *     struct rstat_module *module;
 *     struct rstat_appearance shown;
 *     if (rstat_module_open(options, 2, &module, NULL, 0) == RSTAT_OK)
 *         while (rstat_module_next(module, -1, &shown, sizeof shown) == RSTAT_OK)
 *             puts(shown.text);
 *     rstat_module_close(module);
 *
 * Threads. Any threads may call any functions of a module at once, with one exception: only
 * one thread calls rstat_module_next, since each call frees the texts of the call before. */

/* A module of a bar. */
struct rstat_module;

/* The appearance of a module. All text is UTF-8, ends with a zero and belongs to the module. */
struct rstat_appearance {
	const char *text;           /* in the bar; empty: hide the module. Pango markup, or plain
	                             * text with the option markup=none */
	const char *tooltip;        /* the same for a tooltip; may have several lines */
	const char *alt;            /* a word for the state, or the text of the option alt */
	const char *const *classes; /* CSS classes, the state first; a null pointer ends them */
	int32_t percentage;         /* the CPU's, or that of the option percentage, 0 to 100; -1:
	                             * unknown */
	uint32_t reserved;          /* always 0 */
};

/* Makes a module. OPTIONS are COUNT strings NAME=VALUE, such as "warning=cpu=70"; a switch
 * may be NAME alone. The names are those of rstat-waybar's options, without once, help and
 * version. The library copies the strings. The region need not exist. *MODULE is null on an
 * error. RSTAT_ERR_ARGUMENT for a wrong option: ERROR, an array of SIZE bytes or null, then
 * says on one line what would be right. */
int rstat_module_open(const char *const *options, size_t count, struct rstat_module **module,
                      char *error, size_t size);

/* Frees a module and its texts; null is ignored. The last thread calls this, after
 * all others have left the functions of the module. */
void rstat_module_close(struct rstat_module *module);

/* Sleeps until the module has another appearance than at the call before, and returns the
 * new one; the first call returns at once. SIZE is sizeof *INTO. The texts stay until the
 * next call. RSTAT_ERR_TIMEOUT after TIMEOUT_MS milliseconds (negative: never, 0: does not
 * sleep), RSTAT_ERR_INTERRUPTED after rstat_module_interrupt; *INTO is unchanged then. The
 * absence of rstatd is an appearance, not an error. */
int rstat_module_next(struct rstat_module *module, int64_t timeout_ms,
                      struct rstat_appearance *into, size_t size);

/* Makes each rstat_module_next of this module return RSTAT_ERR_INTERRUPTED, now and later,
 * for good. Returns at once. Before Linux 5.16, a sleeping call notices within a second. */
int rstat_module_interrupt(struct rstat_module *module);

/* Changes the tooltip to its next state: "detail", "kernel-threads" or "processes". A
 * sleeping rstat_module_next notices as it notices rstat_module_interrupt, and returns the
 * new appearance. RSTAT_ERR_ARGUMENT for any other name. */
int rstat_module_action(struct rstat_module *module, const char *name);

/* The same by the number of a signal, which the option on-signal maps: SIGRTMIN and
 * above. Other signals change nothing. The library catches no signal: a program that
 * does reports the signal here. */
int rstat_module_signal(struct rstat_module *module, int signal);

#ifdef __cplusplus
}
#endif

#endif /* RSTAT_READ_H */
