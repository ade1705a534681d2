//! CPU time and processes from `/proc`: of trees that a test changes from tick to tick, and of a
//! recorded machine.

use std::collections::BTreeMap;
use std::fs;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::valid;
use rstat_testbed::sys::page_bytes;
use rstatd::application::Applications;
use rstatd::backend::Backend;
use rstatd::monitor::Monitor;
use rstatd::source::ProcBackend;
use rstatd::source::cpu::shares::Cpus;
use rstatd::source::proc::cpus::CpuTimes;
use rstatd::usage::{Census, Usage};

use crate::tree::{Tree, recorded};

const MS: u64 = 1_000_000;

/// One tick of processes, by process id.
pub fn usages(backend: &mut ProcBackend, now_ns: u64) -> (BTreeMap<u32, Usage>, Census) {
    let mut usages = BTreeMap::new();
    let mut each = |usage: &Usage| assert!(usages.insert(usage.pid, *usage).is_none());
    let census = backend.processes(now_ns, &mut Applications::default(), &mut each).unwrap();
    (usages, census)
}

fn stat(pid: u32, comm: &str, start_ticks: u64, cpu_ticks: u64) -> String {
    format!(
        "{pid} ({comm}) S 1 1 1 0 -1 4194304 0 0 0 0 {cpu_ticks} 0 0 0 20 0 1 0 {start_ticks} 0 25 \
         0\n"
    )
}

/// A tree with a clock, CPUs and processes.
struct Machine {
    tree: Tree,
    backend: Option<ProcBackend>,
}

impl Machine {
    fn new(test: &str) -> Self {
        let tree = Tree::new(test);
        tree.write("/proc/uptime", "100.00 0.00\n");
        tree.write("/proc/stat", "cpu0 0 0 0 0 0\n");
        let machine = Self { tree, backend: None };
        machine.process(1, "init", 1, 500, 4096);
        machine
    }

    fn process(&self, pid: u32, comm: &str, start_ticks: u64, cpu_ticks: u64, read_bytes: u64) {
        self.tree.write(&format!("/proc/{pid}/stat"), stat(pid, comm, start_ticks, cpu_ticks));
        let io = format!("rchar: 0\nread_bytes: {read_bytes}\nwrite_bytes: 0\n");
        self.tree.write(&format!("/proc/{pid}/io"), io);
    }

    /// Process id, CPU time in ms and bytes read of each process.
    fn tick(&mut self) -> Vec<(u32, u64, u64)> {
        let root = self.tree.root();
        let backend = self.backend.get_or_insert_with(|| ProcBackend::open(&root).unwrap());
        let (usages, _) = usages(backend, 0);
        usages.values().map(|used| (used.pid, used.busy_ns / MS, used.read_bytes)).collect()
    }
}

#[test]
fn a_process_used_what_it_has_more_than_at_the_tick_before() {
    let mut machine = Machine::new("difference");
    assert_eq!(machine.tick(), [(1, 0, 0)], "nothing was used before the first tick");
    machine.process(1, "init", 1, 507, 8192);
    assert_eq!(machine.tick(), [(1, 70, 4096)]);
    assert_eq!(machine.tick(), [(1, 0, 0)]);
    // Counters that go back are not a huge difference.
    machine.process(1, "init", 1, 400, 0);
    assert_eq!(machine.tick(), [(1, 0, 0)]);
}

#[test]
fn what_is_more_than_the_cpus_had_is_of_the_next_tick() {
    let machine = Machine::new("grain");
    let mut backend = ProcBackend::open(&machine.tree.root()).unwrap();
    let mut now_ns = MS;
    let mut tick = |tree: &Tree, cpu_ticks| {
        now_ns += 10 * MS;
        tree.write("/proc/1/stat", stat(1, "init", 1, cpu_ticks));
        backend.cpus(now_ns, &mut { Snapshot::EMPTY }).unwrap();
        let (usages, census) = usages(&mut backend, now_ns);
        assert_eq!(census.cpus, 2);
        usages.values().map(|usage| usage.busy_ns / MS).collect::<Vec<_>>()
    };
    machine.process(2, "other", 1, 5, 0);
    machine.tree.write("/proc/stat", "cpu0 0 0 0 0 0\ncpu1 0 0 0 0 0\n");
    tick(&machine.tree, 500);
    // 30, 10 and 0 ms, in ticks of 10 ms.
    assert_eq!(tick(&machine.tree, 503), [20, 0]);
    machine.process(2, "other", 1, 6, 0);
    assert_eq!(tick(&machine.tree, 504), [20, 0]);
    assert_eq!(tick(&machine.tree, 504), [0, 10]);
}

#[test]
fn a_new_process_used_all_that_it_has() {
    let mut machine = Machine::new("new");
    machine.tick();
    machine.process(50, "new", 10_000, 3, 100);
    // The process is older than the last tick, so it was hidden: its usage is from more than this
    // interval.
    machine.process(60, "hidden", 9_999, 3, 100);
    assert_eq!(machine.tick(), [(1, 0, 0), (50, 30, 100), (60, 0, 0)]);
    machine.tree.write("/proc/uptime", "101.00 0.00\n");
    machine.process(60, "hidden", 9_999, 4, 100);
    machine.tree.remove("/proc/50");
    assert_eq!(machine.tick(), [(1, 0, 0), (60, 10, 0)]);
    // The number is used again, by a new process with its own usage.
    machine.process(60, "other", 10_100, 2, 5);
    assert_eq!(machine.tick(), [(1, 0, 0), (60, 20, 5)]);
}

#[test]
fn processes_come_and_go_anywhere_in_the_table() {
    let mut machine = Machine::new("merge");
    for pid in [5, 9, 70, 300, 4_194_303] {
        machine.process(pid, "x", 1, 10, 0);
    }
    machine.tick();
    machine.tree.remove("/proc/5");
    machine.tree.remove("/proc/4194303");
    machine.process(6, "x", 10_000, 1, 0);
    machine.process(70, "x", 1, 12, 0);
    machine.process(4_000_000, "x", 10_000, 2, 0);
    let expected = [(1, 0, 0), (6, 10, 0), (9, 0, 0), (70, 20, 0), (300, 0, 0), (4_000_000, 20, 0)];
    assert_eq!(machine.tick(), expected);
}

#[test]
fn a_process_that_vanishes_in_between_is_passed_over() {
    let mut machine = Machine::new("vanishes");
    // Listed, but gone before its file is opened.
    fs::create_dir_all(machine.tree.path("/proc/77")).unwrap();
    // Gone between the two files.
    machine.process(78, "x", 1, 1, 1);
    machine.tree.remove("/proc/78/io");
    assert_eq!(machine.tick(), [(1, 0, 0), (78, 0, 0)]);
    let (_, census) = usages(machine.backend.as_mut().unwrap(), 0);
    assert_eq!((census.processes, census.unlisted), (Some(2), Some(0)));
    assert!(census.has_io, "that of the other one was read");
}

#[test]
fn a_process_without_its_first_thread_is_as_its_oldest_other_one() {
    let mut machine = Machine::new("first-thread");
    let ended =
        |threads| format!("50 (x) Z 1 1 1 0 -1 4194304 0 0 0 0 7 0 0 0 20 0 {threads} 0 100 0 0\n");
    let of = |state, pages| {
        format!("51 (y) {state} 1 1 1 0 -1 4194304 0 0 0 0 9 0 0 0 20 0 3 0 200 0 {pages}\n")
    };
    machine.process(50, "x", 100, 7, 0);
    machine.tree.write("/proc/50/task/50/stat", ended(3));
    machine.tree.write("/proc/50/task/51/stat", of('D', 25));
    let check = |machine: &mut Machine, stat: String, expected: (bool, u32, u64)| {
        machine.tree.write("/proc/50/stat", stat);
        machine.tick();
        let used = usages(machine.backend.as_mut().unwrap(), 0).0[&50];
        assert_eq!(used.comm.bytes(), b"x");
        assert_eq!((used.zombie, used.blocked_threads, used.rss_bytes / page_bytes()), expected);
    };
    check(&mut machine, ended(3), (false, 1, 25));
    // The last other thread ends, and its process no longer names it.
    machine.tree.remove("/proc/50/task/51");
    check(&mut machine, ended(2), (false, 0, 0));
    check(&mut machine, ended(1), (true, 0, 0));
}

#[test]
fn without_accounting_there_is_no_io() {
    let mut machine = Machine::new("no-accounting");
    machine.tree.remove("/proc/1/io");
    machine.tick();
    assert!(!usages(machine.backend.as_mut().unwrap(), 0).1.has_io);
}

#[test]
fn the_number_of_processes_is_unknown_where_those_of_others_are_not_listed() {
    let mut machine = Machine::new("hidden");
    machine.tree.remove("/proc/1");
    machine.process(1000, "mine", 1, 1, 1);
    machine.tick();
    let (_, census) = usages(machine.backend.as_mut().unwrap(), 0);
    assert_eq!((census.processes, census.unlisted), (None, None));
}

#[test]
fn a_recorded_machine_has_its_processes() {
    let mut backend = ProcBackend::open(&recorded("virtual-machine")).unwrap();
    let (usages, census) = usages(&mut backend, 0);
    let shown: Vec<_> = usages
        .values()
        .map(|used| (used.pid, used.comm.to_string(), used.kernel_thread, used.rss_bytes > 0))
        .collect();
    let row =
        |pid, comm: &str, kernel_thread, resident| (pid, comm.to_owned(), kernel_thread, resident);
    let expected = [
        row(1, "init", false, true),
        row(2, "kthreadd", true, false),
        row(10, "kworker/0:1-eve", true, false),
        row(77, "a) (b", false, true),
        row(100, "gone", false, false),
    ];
    assert_eq!(shown, expected);
    assert_eq!(census.processes, Some(5));
}

#[test]
fn busy_time_goes_on_over_cpus_that_come_and_go() {
    let tree = Tree::new("hotplug");
    let all_on = "cpu  0 0 0 0 0\ncpu0 0 0 0 100 0\ncpu1 0 0 0 100 0\ncpu300 0 0 0 100 0\n";
    tree.write("/proc/stat", all_on);
    fs::create_dir_all(tree.path("/proc/1")).unwrap();
    let mut times = CpuTimes::open(&tree.root()).unwrap();
    let mut cpus = Cpus::EMPTY;
    let mut tick = |seconds: u64, stat: &str| {
        tree.write("/proc/stat", stat);
        times.read(seconds * 1000 * MS, &mut cpus).unwrap();
        let busy_ms = [cpus.busy_ns[0], cpus.busy_ns[1], cpus.all_busy_ns].map(|ns| ns / MS);
        (busy_ms, cpus.online[0], cpus.online_count)
    };
    assert_eq!(tick(50, all_on), ([0, 0, 0], 0b11, 3));
    // CPU 0 was half busy, CPU 1 wholly, and CPU 300 has no entry of its own.
    let stat = "cpu0 0 0 0 150 0\ncpu1 0 0 0 100 0\ncpu300 0 0 0 100 0\nctxt 5\n";
    assert_eq!(tick(51, stat), ([500, 1000, 2500], 0b11, 3));
    let stat = "cpu0 0 0 0 150 50\ncpu300 0 0 0 200 0\n";
    assert_eq!(tick(52, stat), ([1000, 1000, 3000], 0b01, 2));
    // The CPU comes back with a counter that starts again.
    let stat = "cpu0 0 0 0 250 50\ncpu1 0 0 0 7 0\ncpu300 0 0 0 300 0\n";
    assert_eq!(tick(53, stat), ([1000, 1000, 3000], 0b11, 3));
    let stat = "cpu0 0 0 0 350 50\ncpu1 0 0 0 57 0\ncpu300 0 0 0 400 0\n";
    assert_eq!(tick(54, stat), ([1000, 1500, 3500], 0b11, 3));
}

#[test]
fn a_stat_that_makes_no_sense_is_an_error_and_costs_no_time() {
    let tree = Tree::new("no-sense");
    tree.write("/proc/stat", "cpu0 0 0 0 100 0\n");
    let mut times = CpuTimes::open(&tree.root()).unwrap();
    let mut cpus = Cpus::EMPTY;
    let mut tick = |seconds: u64, stat: &str| {
        tree.write("/proc/stat", stat);
        let result = times.read(seconds * 1000 * MS, &mut cpus);
        (result.map_err(|error| error.to_string()), cpus.all_busy_ns / MS)
    };
    tick(50, "cpu0 0 0 0 100 0\n").0.unwrap();
    let malformed = Err("read /proc/stat: not what is expected there".to_owned());
    assert_eq!(tick(51, "cpu0 0 0 0 150 0\ncpu1 0 0 0 x 0\n"), (malformed.clone(), 0));
    assert_eq!(tick(52, "cpu0\n"), (malformed, 0));
    assert_eq!(tick(53, ""), (Err("read /proc/stat: it is empty".to_owned()), 0));
    // The next good reading covers the whole time since the last good one.
    assert_eq!(tick(54, "cpu0 0 0 0 250 0\n"), (Ok(()), 2500));
}

#[test]
fn what_cannot_be_read_costs_its_own_figures_and_comes_back() {
    let machine = Machine::new("monitor");
    let stat = "cpu0 0 0 0 100 0\nctxt 5\n";
    machine.tree.write("/proc/stat", stat);
    let root = machine.tree.root();
    let backend = Backend::Proc(Box::new(ProcBackend::open(&root).unwrap()));
    let mut monitor = Monitor::new(backend, &root);
    let mut events = Vec::new();
    let mut tick = || {
        let (sample, _) = monitor.sample(&mut |event| {
            if event.contains("/proc/") {
                events.push(event.to_owned());
            }
        });
        sample.clone()
    };
    let groups = [valid::CPU | valid::CONTEXT_SWITCHES, valid::PROCESSES, valid::UNLISTED];
    let known = |sample: &Snapshot| groups.map(|group| sample.has(group));
    tick();
    assert_eq!(known(&tick()), [true; 3]);
    // The CPU, which is idle for not one of its ticks, stays wholly busy.
    machine.tree.write("/proc/1/stat", "1 (init");
    for _ in 0..3 {
        let sample = tick();
        assert_eq!((known(&sample), sample.cpu_busy_ppm), ([true, false, false], 1_000_000));
    }
    machine.process(1, "init", 1, 500, 4096);
    assert_eq!(known(&tick()), [true; 3]);
    machine.tree.write("/proc/stat", "");
    for _ in 0..3 {
        let sample = tick();
        assert_eq!((known(&sample), sample.cpu_count), ([false; 3], 1));
    }
    machine.tree.write("/proc/stat", stat);
    // The first good reading has nothing before it to compare with.
    assert_eq!(known(&tick()), [false, true, true]);
    assert_eq!(known(&tick()), [true; 3]);
    let malformed = "read processes: read /proc/1/stat: not what is expected there";
    assert_eq!(events, [malformed, "read processes: read /proc/stat: it is empty"]);
}

#[test]
fn after_a_failed_walk_processes_have_a_span_of_their_own() {
    let machine = Machine::new("own-span");
    let mut backend = ProcBackend::open(&machine.tree.root()).unwrap();
    let mut sample = Snapshot::EMPTY;
    let mut tick = |seconds: u64| {
        let now_ns = seconds * 1000 * MS;
        let known = backend.cpus(now_ns, &mut sample).unwrap();
        let applications = &mut Applications::default();
        let census = backend.processes(now_ns, applications, &mut |_: &Usage| {});
        (known, census.ok().map(|census| census.elapsed_ns / MS))
    };
    assert_eq!(tick(1), (0, Some(0)));
    assert_eq!(tick(2), (valid::CPU, Some(1000)));
    machine.tree.write("/proc/1/stat", "1 (init");
    assert_eq!(tick(3), (valid::CPU, None));
    machine.process(1, "init", 1, 500, 4096);
    assert_eq!(tick(4), (valid::CPU, Some(2000)));
}

#[test]
fn a_stat_that_has_grown_is_read_to_its_end() {
    let tree = Tree::new("grown");
    tree.write("/proc/stat", "cpu0 0 0 0 100 0\n");
    let mut times = CpuTimes::open(&tree.root()).unwrap();
    let interrupts = "0 ".repeat(100_000);
    tree.write("/proc/stat", format!("cpu0 0 0 0 100 0\nintr {interrupts}\nctxt 99\n"));
    let mut cpus = Cpus::EMPTY;
    times.read(0, &mut cpus).unwrap();
    assert_eq!(cpus.context_switches, Some(99));
}
