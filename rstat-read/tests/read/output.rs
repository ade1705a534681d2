//! A file instead of the standard output.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rstat_read::Snapshot;

use crate::region::{Ending, GIVE_UP, LONG, Scratch, published, run};
use crate::{read, samples};

#[test]
fn a_file_is_replaced_as_a_whole() {
    let scratch = Scratch::new();
    let file = scratch.path().join("rstat.prom");
    let write =
        || run(read(&scratch.region()).args(["--format", "prometheus", "--output"]).arg(&file));
    // Who collects the file has to learn that there is no daemon.
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
    let mut command = read(&scratch.region());
    command.args(["--follow", "--interval", "0", "--template", "{cpu.busy}", "--output"]);
    let _child = Ending(command.arg(&file).spawn().unwrap());
    let expect = |expected: &str| {
        let start = Instant::now();
        while fs::read_to_string(&file).unwrap_or_default() != expected {
            assert!(start.elapsed() < GIVE_UP, "{expected}");
            thread::sleep(Duration::from_millis(5));
        }
    };
    expect("23\n");
    writer.publish(&mut Snapshot { cpu_busy_ppm: 500_000, ..samples::fresh(LONG) });
    expect("50\n");
    writer.stop();
    expect("–\n");
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
