//! Applications are cgroups with a unit's name, and processes that do not run
//! although they should are counted and named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rstat_shm::snapshot::{Snapshot, valid};

use crate::programs::Program;
use crate::stage::{Stage, bpf_works, eventually, latest, next, skip, sources};
use crate::truth;

const GIB: u64 = 1 << 30;
/// `app-LAUNCHER-NAME-RANDOM.scope`, as desktops call what they start.
const NAME: &str = "rstatd.test";

/// A cgroup that is gone when this is dropped, if nobody is in it then.
struct Scope(PathBuf);

impl Scope {
    /// `None`, said aloud, where there is no unified hierarchy or we may not write to it.
    fn new() -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mut words = mounts.lines().map(|line| line.split(' '));
        let mount = words.find_map(|mut words| {
            let path = words.nth(1)?;
            (words.next()? == "cgroup2").then_some(path)
        });
        let Some(mount) = mount else {
            skip("applications", "there is no unified cgroup hierarchy");
            return None;
        };
        let name = format!("app-test-{NAME}-{}.scope", std::process::id());
        let path = Path::new(mount).join(name);
        match fs::create_dir(&path) {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                skip("applications", &format!("create {}: {error}", path.display()));
                None
            }
        }
    }

    fn take(&self, program: &Program) {
        fs::write(self.0.join("cgroup.procs"), program.pid().to_string()).unwrap();
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // The kernel needs a moment to see that those in it are gone.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

#[test]
fn all_processes_of_a_scope_are_one_application() {
    for source in sources("applications by the probe") {
        let stage = Stage::new();
        let Some(scope) = Scope::new() else { return };
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let line = format!("hold|{GIB}");
        let mut programs = [Program::start(&stage, &line), Program::start(&stage, &line)];
        for program in &mut programs {
            scope.take(program);
            // A process is asked for its cgroup when it is new or has a new name.
            assert_eq!(program.order(&format!("{} in scope", program.pid() % 1000)), "renamed");
        }
        let row = eventually(&format!("{source}: two processes are one application"), || {
            let sample = latest(&view);
            assert!(sample.has(valid::APPLICATIONS));
            let rows = sample.top_memory_applications;
            rows.into_iter().find(|row| row.name.to_string() == NAME && row.count == 2)
        });
        assert!(row.rss_bytes >= 2 * GIB, "{source}: {}", row.rss_bytes);
        daemon.stop();
    }
}

#[test]
fn a_process_without_a_scope_is_an_application_by_its_name() {
    for source in sources("applications by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let mut program = Program::start(&stage, &format!("hold|{GIB}"));
        assert_eq!(program.order("nobody's app"), "renamed");
        eventually(&format!("{source}: it has a row of its name"), || {
            let rows = latest(&view).top_memory_applications;
            rows.into_iter().find(|row| row.name.to_string() == "nobody's app" && row.count == 1)
        });
        daemon.stop();
    }
}

#[test]
fn a_zombie_is_counted_and_named_until_its_parent_asks() {
    for source in sources("zombies by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let mut child = Command::new("true").spawn().unwrap();
        let is_named = |sample: &Snapshot| {
            assert!(sample.has(valid::STUCK));
            sample.zombies.iter().any(|row| row.pid == child.id() && row.comm.bytes() == b"true")
        };
        eventually(&format!("{source}: the zombie is named"), || {
            let sample = latest(&view);
            (sample.processes_zombie > 0 && is_named(&sample)).then_some(())
        });
        let pid = child.id();
        child.wait().unwrap();
        eventually(&format!("{source}: the zombie is gone"), || {
            let sample = latest(&view);
            sample.zombies.iter().all(|row| row.pid != pid).then_some(())
        });
        daemon.stop();
    }
}

#[test]
fn a_process_whose_first_thread_has_ended_is_no_zombie_and_keeps_its_memory() {
    for source in sources("processes without their first thread by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let program = Program::start(&stage, &format!("outlive|{GIB}"));
        assert!(truth::states(program.pid()).contains(&'Z'));
        // A zombie is one after half a second.
        let began = Instant::now();
        let mut seen = latest(&view).sequence;
        while began.elapsed() < Duration::from_secs(1) {
            let sample = next(&view, seen);
            seen = sample.sequence;
            let ours = |pid: u32| pid == program.pid();
            assert!(!sample.zombies.iter().any(|row| ours(row.pid)), "{source}");
            let row = sample.top_memory.iter().find(|row| ours(row.pid));
            assert!(row.is_some_and(|row| row.rss_bytes > GIB / 2), "{source}: {row:?}");
        }
        daemon.stop();
    }
}

#[test]
fn a_thread_that_nothing_can_interrupt_blocks_its_process_as_long_as_it_sleeps() {
    if !bpf_works("blocked threads by the probe") {
        return;
    }
    let stage = Stage::new();
    // One that was blocked before the daemon came, and one that is so later.
    let before = Program::start(&stage, "blocked");
    let mut daemon = stage.daemon(&["--interval", "50", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let after = Program::start(&stage, "blocked");
    let threads = |pid: u32| {
        let sample = latest(&view);
        assert!(sample.has(valid::STUCK));
        sample.blocked.iter().find(|row| row.pid == pid).map(|row| row.threads)
    };
    for program in [&before, &after] {
        eventually("one thread of it is blocked", || {
            (threads(program.pid()) == Some(1)).then_some(())
        });
    }
    let pids = [before.pid(), after.pid()];
    drop((before, after));
    eventually("nobody is blocked any more", || {
        pids.iter().all(|pid| threads(*pid).is_none()).then_some(())
    });
    daemon.stop();
}
