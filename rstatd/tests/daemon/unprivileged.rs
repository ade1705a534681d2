//! Without what the probe needs: a user without capabilities, a kernel without
//! type information.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use rstat_shm::snapshot::{source, valid};

use crate::stage::{
    FOR_EVER, OTHER_UID, Outcome, Stage, bpf_works, is_root, latest, next, plausible, set_mode,
    skip,
};

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");
const REFUSED: &str = "Operation not permitted (CAP_BPF and CAP_PERFMON are needed)";
const INSTEAD: &str = "using /proc, which is coarser: ";
const TYPES: &str = "/sys/kernel/btf/vmlinux: No such file or directory";
/// Runs its arguments where the kernel's type information cannot be seen.
const HIDE: [&str; 4] =
    ["-m", "sh", "-c", "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" \"$@\""];

/// A user without privileges, and a directory of this user's own.
struct Nobody {
    directory: PathBuf,
}

impl Nobody {
    fn new() -> Self {
        // Our own directories may be closed to others.
        let directory = std::env::temp_dir().join(format!("rstatd-{}-nobody", process::id()));
        fs::create_dir(&directory).unwrap();
        set_mode(&directory, 0o755);
        fs::copy(DAEMON, directory.join("rstatd")).unwrap();
        if is_root() {
            chown(&directory, Some(OTHER_UID), Some(OTHER_UID)).unwrap();
        }
        Self { directory }
    }

    fn region(&self) -> PathBuf {
        self.directory.join("region/v1")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.directory.join("rstatd"));
        command.arg("--shm").arg(self.region()).args(arguments).current_dir("/");
        if is_root() {
            command.uid(OTHER_UID).gid(OTHER_UID);
        }
        command
    }
}

impl Drop for Nobody {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn a_user_without_capabilities_is_told_which_and_gets_what_proc_tells() {
    let stage = Stage::new();
    let nobody = Nobody::new();
    let mut daemon = stage.start(nobody.command(&["--interval", "100"]));
    let view = daemon.view(&nobody.region(), 0);
    let before = next(&view, 1);
    let sample = next(&view, before.sequence);
    plausible(&before, &sample);
    assert_eq!(sample.source, source::PROC);
    assert!(!sample.has(valid::PROCESS_IO), "the bytes of others are not told");
    daemon.signal(libc::SIGTERM);
    let outcome = daemon.outcome();
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.line().starts_with(INSTEAD) && outcome.line().ends_with(REFUSED),
        "{outcome:?}"
    );
}

#[test]
fn a_user_without_capabilities_who_wants_the_probe_is_refused() {
    let stage = Stage::new();
    let nobody = Nobody::new();
    for arguments in [&["--once"][..], &["--check"], &["--bench", "1"]] {
        let arguments = [arguments, &["--source", "bpf"]].concat();
        stage.start(nobody.command(&arguments)).end().failed_with(&[REFUSED]);
    }
}

#[test]
fn check_as_a_user_without_capabilities_explains_what_is_missing() {
    let stage = Stage::new();
    let nobody = Nobody::new();
    let outcome = stage.start(nobody.command(&["--check"])).end();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.line().ends_with(REFUSED));
    let io = outcome.printed.lines().find(|line| line.starts_with("top_io ")).unwrap();
    assert!(io.contains("missing: "), "{io}");
    assert!(outcome.printed.contains("works\n") && !outcome.printed.contains("does not work"));
}

#[test]
fn a_kernel_without_type_information_is_told_and_proc_does() {
    if !bpf_works("hidden type information") {
        return;
    }
    let stage = Stage::new();
    let allowed = Command::new("unshare").args(HIDE).arg("true").stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        return skip("hidden type information", "we may not mount anything over it");
    }
    let hidden = |region: &Path, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(HIDE).arg(DAEMON).arg("--shm").arg(region).args(arguments);
        stage.start(command)
    };
    let refused = hidden(&stage.region(), &["--once", "--source", "bpf"]).end();
    refused.failed_with(&["read kernel types ", TYPES]);

    let mut daemon = hidden(&stage.region(), &["--interval", FOR_EVER]);
    let sample = latest(&daemon.view(&stage.region(), 0));
    assert_eq!(sample.source, source::PROC);
    daemon.signal(libc::SIGTERM);
    let outcome: Outcome = daemon.outcome();
    assert_eq!(outcome.code, 0);
    assert!(outcome.line().starts_with(INSTEAD) && outcome.line().contains(TYPES), "{outcome:?}");
}
