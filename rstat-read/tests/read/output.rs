//! `--output`: a file instead of the standard output.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use rstat_read::Snapshot;

use crate::region::{Ending, GIVE_UP, LONG, Scratch, end, lines, published, run};
use crate::{kill, read, samples};

/// Waits until a file has the expected content.
#[track_caller]
fn expect(file: &Path, expected: &str) {
    wait_until(file, |text| text == expected);
}

#[track_caller]
fn wait_until(file: &Path, is_expected: impl Fn(&str) -> bool) {
    let start = Instant::now();
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if is_expected(&text) {
            return;
        }
        assert!(start.elapsed() < GIVE_UP, "{text} in {}", file.display());
        thread::sleep(Duration::from_millis(5));
    }
}

/// A program that follows into a file, and the lines of its standard error.
fn follow_into(file: &Path, command: &mut Command) -> (Ending, Receiver<String>) {
    command.args(["--follow", "--interval", "0", "--template", "{cpu.busy}", "--output"]);
    let mut child = Ending(command.arg(file).stderr(Stdio::piped()).spawn().unwrap());
    let complaints = lines(child.0.stderr.take().unwrap());
    (child, complaints)
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let scratch = Scratch::new();
    let file = scratch.path().join("rstat.prom");
    let write =
        || run(read(&scratch.region()).args(["--format", "prometheus", "--output"]).arg(&file));
    // The file has to show its collector that there is no daemon.
    let (code, _, errors) = write();
    assert_eq!(code, Some(1));
    assert!(errors.starts_with("rstat-read: rstatd does not run"), "{errors}");
    assert!(fs::read_to_string(&file).unwrap().ends_with("\nrstat_up 0\n"));
    let first = fs::metadata(&file).unwrap().ino();

    let _writer = published(&scratch);
    assert_eq!(write(), (Some(0), String::new(), String::new()));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nrstat_cpu_busy_ratio 0.234\n"), "{text}");
    let found = fs::metadata(&file).unwrap();
    assert_ne!(found.ino(), first, "a new file under the old name");
    assert_eq!(found.permissions().mode() & 0o7777, 0o644);
    let names: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("prom"))
        .collect();
    assert_eq!(names, ["rstat.prom"], "nothing is left behind");
}

#[test]
fn a_followed_file_is_written_with_each_sample() {
    let scratch = Scratch::new();
    let file = scratch.path().join("rstat.txt");
    let mut writer = published(&scratch);
    let (_child, _) = follow_into(&file, &mut read(&scratch.region()));
    expect(&file, "23\n");
    writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
    expect(&file, "50\n");
    writer.stop();
    expect(&file, "–\n");
}

#[test]
fn a_file_that_cannot_be_written_for_a_while_heals() {
    let scratch = Scratch::new();
    let (directory, away) = (scratch.path().join("collected"), scratch.path().join("away"));
    fs::create_dir(&directory).unwrap();
    let file = directory.join("rstat.txt");
    let mut writer = published(&scratch);
    let (mut child, complaints) = follow_into(&file, &mut read(&scratch.region()));
    expect(&file, "23\n");
    let expected = format!(
        "rstat-read: write {}: No such file or directory; it is tried again",
        file.display()
    );
    for round in 0..2 {
        fs::rename(&directory, &away).unwrap();
        writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
        assert_eq!(complaints.recv_timeout(GIVE_UP).unwrap(), expected, "round {round}");
        writer.publish(&mut Snapshot { cpu_busy_ppm: 600_000, ..samples::fresh(LONG) });
        thread::sleep(Duration::from_millis(50));
        fs::rename(&away, &directory).unwrap();
        // The program tries the last sample again even when no new sample comes.
        expect(&file, "60\n");
        writer.publish(&mut samples::fresh(LONG));
        expect(&file, "23\n");
    }
    assert!(child.0.try_wait().unwrap().is_none(), "the program goes on");
    drop(child);
    assert_eq!(complaints.iter().collect::<Vec<_>>(), [""; 0], "each problem is reported once");
}

#[test]
fn a_disk_that_is_full_from_the_beginning_is_waited_for() {
    if Command::new("unshare").arg("--version").output().is_err() {
        eprintln!("SKIPPED: unshare is not installed");
        return;
    }
    let scratch = Scratch::new();
    let mounted = scratch.path().join("mounted");
    fs::create_dir(&mounted).unwrap();
    let file = mounted.join("rstat.txt");
    let _writer = published(&scratch);
    // A full disk of two pages, in a namespace that ends with the program.
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    unshare.arg(
        "mount -t tmpfs -o size=8k none \"$MOUNTED\" && head -c 8192 /dev/zero >\"$MOUNTED/filler\" \
         && exec \"$0\" \"$@\"",
    );
    unshare.arg(env!("CARGO_BIN_EXE_rstat-read")).env("MOUNTED", &mounted);
    unshare.env("RSTAT_SHM", scratch.region()).stdin(Stdio::null());
    let (child, complaints) = follow_into(&file, &mut unshare);
    let complaint = complaints.recv_timeout(GIVE_UP).unwrap();
    if !complaint.starts_with("rstat-read: ") {
        eprintln!("SKIPPED: this user cannot have a disk: {complaint}");
        return;
    }
    let expected = format!("write {}: No space left on device; it is tried again", file.display());
    assert_eq!(complaint, format!("rstat-read: {expected}"));
    let seen = |path: &Path| {
        let root = format!("/proc/{}/root", child.0.id());
        Path::new(&root).join(path.strip_prefix("/").unwrap())
    };
    fs::remove_file(seen(&mounted.join("filler"))).unwrap();
    expect(&seen(&file), "23\n");
    drop(child);
    assert_eq!(complaints.iter().collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_file_that_nobody_renews_any_more_has_no_figures() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let file = scratch.path().join("rstat.prom");
    for (signal, number) in [("-TERM", 15), ("-INT", 2), ("-HUP", 1)] {
        // The program waits an hour for its next line, and still ends at once.
        let mut command = read(&scratch.region());
        command.args(["--follow", "--interval", "3600", "--format", "prometheus", "--output"]);
        let mut child = Ending(command.arg(&file).spawn().unwrap());
        wait_until(&file, |text| text.contains("\nrstat_up 1\n"));
        kill(&child, signal);
        assert_eq!(end(&mut child.0).signal(), Some(number), "{signal}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.ends_with("\nrstat_up 0\n") && text.lines().count() == 3, "{text}");
    }
    let file = scratch.path().join("rstat.json");
    let mut command = read(&scratch.region());
    command.args(["--follow", "--format", "json", "--output"]);
    let mut child = Ending(command.arg(&file).spawn().unwrap());
    wait_until(&file, |text| text.starts_with("{\"state\":\"fresh\""));
    kill(&child, "-TERM");
    end(&mut child.0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("{\"state\":\"stale\"") && text.contains(":234000,"), "{text}");
}

#[test]
fn a_file_that_cannot_be_written_in_the_end_is_removed() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let file = scratch.path().join("rstat.txt");
    let (mut child, _) = follow_into(&file, &mut read(&scratch.region()));
    expect(&file, "23\n");
    // A directory blocks the temporary name that the next text is written under.
    fs::create_dir(scratch.path().join(format!(".rstat.txt.{}", child.0.id()))).unwrap();
    kill(&child, "-TERM");
    assert_eq!(end(&mut child.0).signal(), Some(15));
    assert!(!file.exists());
}

#[test]
fn a_signal_that_is_ignored_ends_nothing() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let file = scratch.path().join("rstat.txt");
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_rstat-read")]);
    shell.env("RSTAT_SHM", scratch.region()).stdin(Stdio::null());
    let (mut child, _) = follow_into(&file, &mut shell);
    expect(&file, "23\n");
    kill(&child, "-HUP");
    writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
    expect(&file, "50\n");
    kill(&child, "-TERM");
    assert_eq!(end(&mut child.0).signal(), Some(15));
    expect(&file, "–\n");
}

#[test]
fn only_a_regular_file_is_replaced() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let target = scratch.path().join("target");
    fs::write(&target, "kept").unwrap();
    let link = scratch.path().join("link");
    symlink(&target, &link).unwrap();
    for path in [Path::new("/dev/null"), scratch.path(), &link] {
        let (code, _, errors) = run(read(&scratch.region()).arg("--output").arg(path));
        assert_eq!(code, Some(1));
        let expected = format!("rstat-read: write {}: it is not a regular file\n", path.display());
        assert_eq!(errors, expected);
    }
    assert_eq!(fs::read_to_string(target).unwrap(), "kept");
    let (code, _, errors) = run(read(&scratch.region()).args(["--output", "/nowhere/rstat.prom"]));
    assert_eq!(code, Some(1));
    assert_eq!(errors, "rstat-read: write /nowhere/rstat.prom: No such file or directory\n");
}
