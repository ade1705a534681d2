//! CPU time and processes from `/proc` of this machine.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

use rstatd::source::cpu::shares::Cpus;
use rstatd::source::proc::cpus::CpuTimes;
use rstatd::source::{OnlineCpus, ProcBackend, Root};

use crate::proc_backend::usages;

const MS: u64 = 1_000_000;

#[test]
fn this_machine_is_as_std_reads_it() {
    let mut backend = ProcBackend::open(&Root::default()).unwrap();
    let mut times = CpuTimes::open(&Root::default()).unwrap();
    let mut cpus = Cpus::EMPTY;
    let (before, _) = usages(&mut backend, 0);
    times.read(0, &mut cpus).unwrap();
    let busy_before_ns = cpus.all_busy_ns;

    // The test knows the usage of its own process.
    let start_ns = cpu_ns();
    let started = std::time::Instant::now();
    while cpu_ns() - start_ns < 300 * MS {}
    let now_ns = started.elapsed().as_nanos() as u64;
    times.read(now_ns, &mut cpus).unwrap();
    let (after, census) = usages(&mut backend, now_ns);
    let own = after[&process::id()];
    assert!(own.busy_ns >= 270 * MS, "{own:?}");
    assert!(cpus.all_busy_ns - busy_before_ns >= 200 * MS);
    let comm = fs::read_to_string("/proc/self/comm").unwrap();
    assert_eq!(own.comm.to_string(), comm.trim_end());
    assert!(own.rss_bytes > 100_000 && !own.kernel_thread, "{own:?}");

    // Processes that lived all the time are in both tables. Process 2 is the parent of kernel
    // threads wherever it has that name.
    let listed = fs::read_dir("/proc").unwrap();
    let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let listed: Vec<u32> = names.filter_map(|name| name.parse().ok()).collect();
    for pid in listed.iter().filter(|pid| before.contains_key(pid)) {
        assert!(after.contains_key(pid), "{pid}");
    }
    assert_eq!(census.processes, Some(after.len() as u32));
    if let Some(kthreadd) = after.get(&2).filter(|used| used.comm.to_string() == "kthreadd") {
        assert!(kthreadd.kernel_thread);
    }

    let mut online = Cpus::EMPTY;
    OnlineCpus::open(&Root::default()).unwrap().read(&mut online).unwrap();
    assert_eq!((cpus.online_count, cpus.online), (online.online_count, online.online));
    assert!(cpus.context_switches.is_some_and(|switches| switches > 0));
}

/// CPU time of this process so far, of its main thread and this one.
fn cpu_ns() -> u64 {
    let of = |path: &str| -> u64 {
        let text = fs::read_to_string(path).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    of("/proc/thread-self/schedstat")
}

const UNPRIVILEGED: &str = "this_machine::the_bytes_of_others_are_refused_to_nobody";

/// This test runs again below, as a user who may not read the bytes of others.
#[test]
#[ignore = "runs as the user nobody, from the test below"]
fn the_bytes_of_others_are_refused_to_nobody() {
    let mut backend = ProcBackend::open(&Root::default()).unwrap();
    let (usages, census) = usages(&mut backend, 0);
    assert!(usages.len() > 1);
    assert!(usages.values().all(|used| used.read_bytes == 0));
    assert!(!census.has_io);
}

#[test]
fn without_privilege_there_is_no_io() {
    // The user `nobody`, as most machines call the user with this number.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", UNPRIVILEGED])
        .uid(65_534)
        .gid(65_534)
        .current_dir("/")
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{text}");
        }
        Err(error) => println!("NOT TESTED: cannot run as nobody: {error}"),
    }
}
