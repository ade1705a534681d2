//! The programs: their messages and exit codes, and that each ends.

mod region;
mod samples;

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

use region::{Scratch, published, run};
use rstat_read::outputs::OUTPUTS;
use rstat_shm::layout;

const READ: &str = env!("CARGO_BIN_EXE_rstat-read");
const WAYBAR: &str = env!("CARGO_BIN_EXE_rstat-waybar");
/// All programs with their names.
const PROGRAMS: &[(&str, &str)] = &[
    (READ, "rstat-read"),
    (WAYBAR, "rstat-waybar"),
    #[cfg(feature = "watch")]
    (env!("CARGO_BIN_EXE_rstat-watch"), "rstat-watch"),
];

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_remove("RSTAT_SHM").stdin(Stdio::null());
    command
}

#[test]
fn help_and_version_are_printed_and_wrong_options_named() {
    for (program, name) in PROGRAMS {
        for option in ["--help", "-h"] {
            let (code, output, errors) = run(command(program).arg(option));
            assert_eq!((code, errors.as_str()), (Some(0), ""));
            assert!(output.contains(&format!("Usage: {name}")), "{output}");
            for line in output.lines() {
                assert!(line.chars().count() <= 92, "{line}");
            }
        }
        let (code, output, _) = run(command(program).arg("--version"));
        assert_eq!(code, Some(0));
        assert_eq!(output, format!("{name} {}\n", env!("CARGO_PKG_VERSION")));
    }
    let check = |program, arguments: &[&str], expected: &str| {
        let (code, output, errors) = run(command(program).args(arguments));
        assert_eq!((code, output.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(errors, expected);
    };
    check(
        READ,
        &["--dmup"],
        "rstat-read: unknown option `--dmup`; did you mean `--dump`? (see rstat-read --help)\n",
    );
    let formats = OUTPUTS.map(|kind| kind.name).join(", ");
    assert!(formats.starts_with("text, json, jsonl, env, prometheus, i3bar, "), "{formats}");
    let expected =
        format!("rstat-read: --format is one of {formats}, not 'xml' (see rstat-read --help)\n");
    check(READ, &["--format", "xml"], &expected);
    check(
        READ,
        &["sample"],
        "rstat-read: unexpected argument \"sample\" (see rstat-read --help)\n",
    );
}

#[test]
fn a_region_that_cannot_be_read_is_one_clear_line() {
    let scratch = Scratch::new();
    let region = scratch.region();
    let shown = region.display();
    let check = |expected: String| {
        let (code, output, errors) = run(command(READ).args(["--dump", "--shm"]).arg(&region));
        assert_eq!((code, output.as_str()), (Some(1), ""));
        assert_eq!(errors, format!("rstat-read: {expected}\n"));
        // The bar shows the same problem and does not fail.
        let (code, output, errors) = run(command(WAYBAR).args(["--once", "--shm"]).arg(&region));
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        assert!(output.contains(r#""class":["offline"]"#), "{output}");
    };

    check(format!("rstatd does not run: there is no {shown}; to start it: systemctl start rstatd"));

    let writer = region::writer(&region);
    check(format!("read region {shown}: there is no sample in it yet"));
    drop(writer);

    fs::set_permissions(&region, fs::Permissions::from_mode(0o646)).unwrap();
    check(format!("refuse region {shown}: others may write to it (mode 0646)"));
    fs::set_permissions(&region, fs::Permissions::from_mode(0o644)).unwrap();

    let file = OpenOptions::new().write(true).open(&region).unwrap();
    file.write_all_at(&[9, 0], layout::VERSION_AT as u64).unwrap();
    let ours = format!("{}.{}", layout::ABI_MAJOR, layout::ABI_MINOR);
    check(format!(
        "read region {shown}: its layout is version 9.{}, ours {ours}",
        layout::ABI_MINOR
    ));

    fs::remove_file(&region).unwrap();
    symlink("/etc/hostname", &region).unwrap();
    check(format!("refuse region {shown}: it is a symbolic link"));
}

#[test]
fn a_dump_comes_from_the_option_the_variable_or_nowhere() {
    let scratch = Scratch::new();
    let writer = published(&scratch);
    let (code, output, errors) =
        run(command(READ).arg("--dump").env("RSTAT_SHM", scratch.region()));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(output.starts_with("sample 1 is fresh, "), "{output}");
    assert!(output.contains("firefox ×31"), "{output}");

    drop(writer);
    region::writer(&scratch.region()).stop();
    let mut json = command(READ);
    json.args(["--format=json", "--shm"]).arg(scratch.region()).env("RSTAT_SHM", "/nowhere");
    let (code, output, _) = run(&mut json);
    assert_eq!(code, Some(0), "an old sample is printed all the same");
    assert!(output.starts_with(r#"{"state":"stopped","age_ns":"#), "{output}");
    assert!(output.ends_with("}\n") && output.lines().count() == 1);
}

#[test]
fn a_dump_without_a_reader_is_no_failure() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let mut child = command(READ)
        .arg("--shm")
        .arg(scratch.region())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(region::end(&mut child).code(), Some(0));
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "");
}
