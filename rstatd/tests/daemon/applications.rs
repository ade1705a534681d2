//! Applications are cgroups with a unit's name, and processes that do not run
//! although they should are counted and named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rstat_shm::View;
use rstat_shm::snapshot::{Application, Snapshot, valid};

use crate::programs::Program;
use crate::stage::{Stage, bpf_works, eventually, latest, next, skip, sources};
use crate::truth;

const GIB: u64 = 1 << 30;
/// `app-LAUNCHER-NAME-RANDOM.scope`, as desktops call what they start.
const NAME: &str = "rstatd.test";

/// Where the unified hierarchy is mounted.
fn unified() -> Option<PathBuf> {
    mounted("applications", "there is no unified cgroup hierarchy", |kind, _| kind == "cgroup2")
}

/// The first file system of the kind and with the options that are meant; that there is none is
/// said aloud.
fn mounted(what: &str, why_not: &str, is_meant: impl Fn(&str, &str) -> bool) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let path = mounts.lines().find_map(|line| match *line.split(' ').collect::<Vec<_>>() {
        [_, path, kind, options, ..] if is_meant(kind, options) => Some(path.into()),
        _ => None,
    });
    if path.is_none() {
        skip(what, why_not);
    }
    path
}

/// A cgroup, which is removed at the end if no process is in it then.
struct Scope(PathBuf);

impl Scope {
    /// `None`, said aloud, where we may not write to the hierarchy.
    fn new(hierarchy: &Path, name: &str) -> Option<Self> {
        let path = hierarchy.join(format!("app-test-{name}-{}.scope", std::process::id()));
        match fs::create_dir(&path) {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                skip("applications", &format!("create {}: {error}", path.display()));
                None
            }
        }
    }

    fn take(&self, program: &Program) {
        enter(&self.0, program);
    }
}

/// Puts a program into a cgroup.
fn enter(cgroup: &Path, program: &Program) {
    fs::write(cgroup.join("cgroup.procs"), program.pid().to_string()).unwrap();
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
        let Some(scope) = unified().and_then(|path| Scope::new(&path, NAME)) else { return };
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

/// The row of a name and so many processes among those with most memory.
fn row(view: &View, name: &str, count: u32) -> Option<Application> {
    let rows = latest(view).top_memory_applications;
    rows.into_iter().find(|row| row.name.to_string() == name && row.count == count)
}

#[test]
fn a_program_that_is_called_as_a_kernel_thread_is_none() {
    for source in sources("programs called as kernel threads, by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let mut program = Program::start(&stage, &format!("hold|{GIB}"));
        assert_eq!(program.order("kworker"), "renamed");
        let row =
            eventually(&format!("{source}: it has a row of its own"), || row(&view, "kworker", 1));
        assert!(!row.is_kernel_thread() && row.rss_bytes >= GIB, "{source}: {row:?}");
        daemon.stop();
    }
}

#[test]
fn programs_that_find_no_room_are_called_others_and_by_nobody_s_name() {
    const COUNT: u32 = 1500;
    const CAPACITY: u32 = 1024;
    for source in sources("more names than the daemon distinguishes, by the probe") {
        let stage = Stage::new();
        let mut crowd = Program::start(&stage, &format!("crowd|{COUNT}|different"));
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        eventually(&format!("{source}: there are others"), || {
            let rows = latest(&view).top_memory_applications;
            let ours = rows.iter().filter(|row| row.name.bytes().starts_with(b"different"));
            for row in ours {
                assert_eq!(row.count, 1, "{source}: {row:?}");
            }
            rows.into_iter()
                .find(|row| row.name.bytes() == b"(others)" && row.count >= COUNT - CAPACITY)
        });
        daemon.stop();
        // Else some of them would still be there when those of the next source come.
        assert_eq!(crowd.order("end"), "ended");
    }
}

/// Units of a machine with the controllers of version 1: they are in a hierarchy of systemd's own.
#[test]
fn a_scope_of_systemd_s_own_hierarchy_is_an_application() {
    let why_not = "there is no cgroup hierarchy named systemd";
    let is_meant = |kind: &str, options: &str| {
        kind == "cgroup" && options.split(',').any(|option| option == "name=systemd")
    };
    let Some(own) = mounted("scopes of systemd's own hierarchy", why_not, is_meant) else { return };
    for source in sources("scopes of systemd's own hierarchy by the probe") {
        let stage = Stage::new();
        let unified = unified();
        let Some(scope) = Scope::new(&own, NAME) else { return };
        let line = format!("hold|{GIB}");
        let mut programs = [Program::start(&stage, &line), Program::start(&stage, &line)];
        for program in &programs {
            if let Some(unified) = &unified {
                enter(unified, program);
            }
        }
        scope.take(&programs[1]);
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        assert_eq!(programs[0].order("in no scope"), "renamed");
        for name in [NAME, "in no scope"] {
            eventually(&format!("{source}: {name} has a row"), || row(&view, name, 1));
        }
        daemon.stop();
    }
}

#[test]
fn in_a_container_nobody_answers_for_a_process_that_has_the_same_number_outside() {
    /// The daemon becomes the first process of a container, where another process has the number.
    const CONTAINER: &str = r#"
        echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid
        sleep 1000 &
        [ $! = $1 ] && echo $! > "$2/cgroup.procs" && shift 2 && exec "$@""#;
    if !bpf_works("the probe in a container") {
        return;
    }
    let stage = Stage::new();
    let Some(unified) = unified() else { return };
    let scopes = [Scope::new(&unified, NAME), Scope::new(&unified, "outside")];
    let [Some(inside), Some(outside)] = scopes else { return };
    let mut program = Program::start(&stage, &format!("hold|{GIB}"));
    outside.take(&program);
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", CONTAINER, "sh"]);
    command.arg(program.pid().to_string()).arg(&inside.0).arg(env!("CARGO_BIN_EXE_rstatd"));
    command.arg("--shm").arg(stage.region()).args(["--interval", "50", "--source", "bpf"]);
    let mut daemon = stage.start(command);
    let view = daemon.view(&stage.region(), 0);
    // From a container the probe does not meet sleeping processes.
    assert_eq!(program.order("itself"), "renamed");
    eventually("it goes by its own name", || row(&view, "itself", 1));
}

#[test]
fn a_zombie_is_counted_and_named_until_its_parent_asks() {
    for source in sources("zombies by the probe") {
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "50", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let mut child = Command::new("true").spawn().unwrap();
        let is_named = |sample: &Snapshot| {
            assert!(sample.has(valid::PROCESS_STATES));
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
    // One process was blocked before the daemon came, and one is blocked later.
    let before = Program::start(&stage, "blocked");
    let mut daemon = stage.daemon(&["--interval", "50", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let after = Program::start(&stage, "blocked");
    let threads = |pid: u32| {
        let sample = latest(&view);
        assert!(sample.has(valid::PROCESS_STATES));
        sample.blocked.iter().find(|row| row.pid == pid).map(|row| row.threads)
    };
    for program in [&before, &after] {
        eventually("one thread of it is blocked", || {
            (threads(program.pid()) == Some(1)).then_some(())
        });
    }
    let pids = [before.pid(), after.pid()];
    drop((before, after));
    eventually("no process is blocked any more", || {
        pids.iter().all(|pid| threads(*pid).is_none()).then_some(())
    });
    daemon.stop();
}
