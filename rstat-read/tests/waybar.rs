//! `rstat-waybar` as a bar runs it: its options, its lines, its signals, its end.

mod region;
mod samples;

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use region::{Ending, GIVE_UP, LONG, SHORT, Scratch, end, lines, published};
use rstat_shm::Snapshot;
use rstat_testbed::sys::with_default_signals;

const WAYBAR: &str = env!("CARGO_BIN_EXE_rstat-waybar");

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(WAYBAR);
    command.env_remove("RSTAT_SHM").stdin(Stdio::null()).args(arguments);
    with_default_signals(&mut command);
    command
}

/// Runs the program to its end, and returns exit code, output and errors.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    region::run(&mut command(arguments))
}

impl Ending {
    /// Sends a signal to the process, or to its process group where `to` is a minus sign.
    fn signal(&self, number: i32, to: &str) {
        let target = format!("{to}{}", self.0.id());
        let mut kill = Command::new("kill");
        let status = kill.args([&format!("-{number}"), "--", &target]).status().unwrap();
        assert!(status.success(), "kill -{number} {target}");
    }
}

struct Bar {
    child: Ending,
    lines: Receiver<String>,
}

impl Bar {
    fn start(region: &Path) -> Self {
        let mut child = command(&["--interval", "0", "--shm"])
            .arg(region)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        Self { child: Ending(child), lines: lines(output) }
    }

    #[track_caller]
    fn next(&self) -> String {
        self.lines.recv_timeout(GIVE_UP).expect("a line")
    }

    /// The next line with this class.
    #[track_caller]
    fn expect(&self, class: &str) -> String {
        loop {
            let line = self.next();
            if line.contains(&format!(r#""class":["{class}""#)) {
                return line;
            }
        }
    }
}

#[test]
fn wrong_options_are_named_with_what_is_right() {
    for (arguments, expected) in [
        (&["--shm"] as &[&str], "missing argument for option '--shm'"),
        (&["--once=1"], "unexpected argument for option '--once': \"1\""),
        (
            &["--tooltp-format", "x"],
            "unknown option `--tooltp-format`; did you mean `--tooltip-format`?",
        ),
        (&["--intervall", "1"], "unknown option `--intervall`; did you mean `--interval`?"),
        (&["extra"], "unexpected argument \"extra\""),
        (
            &["--interval", "-1"],
            "--interval: it is a number of seconds such as 2 or 0.5, or of samples such as 3x, not '-1'",
        ),
        (
            &["--format", "{cpu.bussy}"],
            "--format: character 2: unknown metric `cpu.bussy`; did you mean `cpu.busy`?",
        ),
        (&["--format", "CPU & RAM"], "--format: it is markup: for `&` itself write `&amp;`"),
        (&["--warning", "cpx=7"], "--warning: unknown figure `cpx`; did you mean `cpu`?"),
        (&["--on-signal", "99=detail"], "--on-signal: it is a number from 0 to 30, not '99'"),
        (
            &["--on-signal", "8=details"],
            "--on-signal: it is one of detail, kernel-threads, processes, not 'details'",
        ),
    ] {
        let (code, output, errors) = run(arguments);
        assert_eq!((code, output.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(errors, format!("rstat-waybar: {expected} (see rstat-waybar --help)\n"));
    }
}

#[test]
fn the_readme_has_the_options_that_there_are() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, help, _) = run(&["--help"]);
    let options = help.split_once("What it shows:\n").unwrap().1;
    let options = options.split_once("\nIn Waybar's configuration").unwrap().0;
    assert!(options.contains("--format") && options.contains("--once"), "{options}");
    assert!(readme.contains(options), "not as in README.md:\n{options}");
}

#[test]
fn one_line_is_all_that_once_prints() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    let region = scratch.region();
    let arguments = ["--once", "--shm", region.to_str().unwrap(), "--format", "{cpu.busy}"];
    let (code, output, errors) = run(&arguments);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(output.starts_with(r#"{"text":"23","alt":"ok","#), "{output}");
    assert_eq!(output.lines().count(), 1);
}

#[test]
fn the_bar_shows_every_state_and_recovers() {
    let scratch = Scratch::new();
    let bar = Bar::start(&scratch.region());
    assert!(bar.expect("offline").contains("systemctl start rstatd"));

    let mut writer = published(&scratch);
    assert!(bar.expect("ok").contains(r#""percentage":23}"#));
    writer.publish(&mut samples::fresh(SHORT));
    drop(writer);
    assert!(bar.expect("stale").contains("firefox"), "the last sample is still to be seen");

    let writer = published(&scratch);
    bar.expect("ok");
    writer.stop();
    assert!(bar.expect("offline").contains("was stopped"));
    let _writer = published(&scratch);
    bar.expect("ok");
}

#[test]
fn a_sample_that_says_the_same_prints_no_line() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let bar = Bar::start(&scratch.region());
    let first = bar.expect("ok");
    let busy = |cpu_busy_ppm| Snapshot { cpu_busy_ppm, ..samples::fresh(LONG) };
    for ppm in [234_000, 236_000, 232_000, 234_000] {
        writer.publish(&mut busy(ppm));
    }
    writer.publish(&mut busy(770_000));
    let second = bar.next();
    assert_ne!(first, second);
    assert!(second.contains(r#""percentage":77}"#), "{second}");
}

#[test]
fn a_signal_changes_the_tooltip_at_once() {
    let scratch = Scratch::new();
    // No sample comes while the test runs, so nothing but the signal prints a line.
    let _writer = published(&scratch);
    let bar = Bar::start(&scratch.region());
    let full = bar.expect("ok");
    assert!(full.contains("load 1.92") && !full.contains("kworker"), "{full}");
    let after = |number: i32| {
        bar.child.signal(libc::SIGRTMIN() + number, "");
        bar.next()
    };
    let cores = after(21);
    assert!(cores.contains("100 %     3 "), "{cores}");
    let compact = after(21);
    assert!(!compact.contains("load 1.92"), "{compact}");
    assert_eq!(after(21), full);
    assert!(after(22).contains("kworker ×9"));
    assert!(after(23).contains("true ×143"));
    assert!(after(22).contains("true ×143"));
    assert_eq!(after(23), full);
}

#[test]
fn signals_that_are_meant_for_the_bar_do_nothing() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let bar = Bar::start(&scratch.region());
    bar.expect("ok");
    // `pkill -USR1 waybar` and `pkill -RTMIN+8 waybar` find this program, too.
    for number in [libc::SIGUSR1, libc::SIGUSR2, libc::SIGRTMIN() + 8, libc::SIGRTMAX()] {
        bar.child.signal(number, "");
    }
    writer.publish(&mut Snapshot { cpu_busy_ppm: 770_000, ..samples::fresh(LONG) });
    assert!(bar.next().contains(r#""percentage":77}"#));
}

fn silent_bar(region: &Path) -> (Ending, ChildStdout) {
    let mut child = command(&["--shm"]).arg(region).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut first = [0];
    output.read_exact(&mut first).unwrap();
    (Ending(child), output)
}

#[test]
fn the_bar_ends_with_its_reader_even_without_a_new_line() {
    let scratch = Scratch::new();
    let (mut child, output) = silent_bar(&scratch.region());
    drop(output);
    assert_eq!(end(&mut child.0).code(), Some(0));
}

#[test]
fn the_bar_dies_of_sigterm() {
    let scratch = Scratch::new();
    let (mut child, _output) = silent_bar(&scratch.region());
    child.signal(libc::SIGTERM, "");
    assert_eq!(end(&mut child.0).signal(), Some(libc::SIGTERM));
}

/// The parts of a bar: the process that reads lines, the shell of the module, and a pipe that
/// stays open until every process of the shell has ended.
struct Started {
    reader: Ending,
    shell: Ending,
    alive: PipeReader,
}

/// Starts a module as Waybar does, by a shell in a process group of its own that runs `exec`.
fn started(exec: &str, region: &Path) -> Started {
    let (output, input): (PipeReader, PipeWriter) = io::pipe().unwrap();
    let (alive, life) = io::pipe().unwrap();
    let mut reader = Command::new("sh");
    reader.args(["-c", "read line; echo up; exec sleep 1000"]).stdin(output);
    let mut reader = Ending(reader.stdout(Stdio::piped()).spawn().unwrap());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(exec).env("MODULE", WAYBAR).env("RSTAT_SHM", region).process_group(0);
    let shell = Ending(shell.stdin(Stdio::null()).stdout(input).stderr(life).spawn().unwrap());
    let mut up = [0; 3];
    reader.0.stdout.take().unwrap().read_exact(&mut up).unwrap();
    Started { reader, shell, alive }
}

impl Started {
    /// Waits until every process of the shell has ended.
    fn expect_no_orphan(mut self) {
        end(&mut self.shell.0);
        let (sender, done) = mpsc::channel();
        thread::spawn(move || sender.send(self.alive.read_to_end(&mut Vec::new()).map(|_| ())));
        done.recv_timeout(GIVE_UP).expect("a process is left behind").unwrap();
    }
}

/// The commands that people write; the last two keep a shell between the bar and the program.
const EXECS: [&str; 3] = ["exec \"$MODULE\"", "\"$MODULE\"; true", "\"$MODULE\" | cat"];

#[test]
fn no_process_outlives_a_bar_that_is_killed() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    for exec in EXECS {
        let mut bar = started(exec, &scratch.region());
        bar.reader.0.kill().unwrap();
        bar.reader.0.wait().unwrap();
        // `cat` finds out that the bar is gone when there is a line to pass on. One line may
        // not do: a child that another test starts holds our pipes until exec.
        for round in
            (0..GIVE_UP.as_millis() / SHORT.as_millis()).take_while(|_| exec.ends_with("cat"))
        {
            if bar.shell.0.try_wait().unwrap().is_some() {
                break;
            }
            let cpu_busy_ppm = 100_000 + 600_000 * (round as u32 % 2);
            writer.publish(&mut Snapshot { cpu_busy_ppm, ..samples::fresh(LONG) });
            thread::sleep(SHORT);
        }
        bar.expect_no_orphan();
    }
}

#[test]
fn no_process_outlives_a_bar_that_reloads() {
    let scratch = Scratch::new();
    let _writer = published(&scratch);
    for exec in EXECS {
        let bar = started(exec, &scratch.region());
        bar.shell.signal(libc::SIGTERM, "-");
        bar.expect_no_orphan();
    }
}
