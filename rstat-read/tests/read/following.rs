//! `--follow`: a line for each sample, and the program's end.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use rstat_read::Snapshot;

use crate::region::{self, Ending, GIVE_UP, LONG, SHORT, Scratch, end, lines, published};
use crate::{formats, read, samples};

/// A program that follows, and its lines, each as soon as it is printed.
pub struct Following {
    pub child: Ending,
    pub lines: Receiver<String>,
}

impl Following {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        Self { child: Ending(child), lines: lines(output) }
    }

    #[track_caller]
    pub fn line(&self) -> String {
        self.lines.recv_timeout(GIVE_UP).expect("a line")
    }

    /// The next line that contains `part`.
    #[track_caller]
    pub fn expect(&self, part: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(part) {
                return line;
            }
        }
    }
}

#[test]
fn following_waits_for_a_daemon_and_for_the_next_one() {
    let scratch = Scratch::new();
    let mut command = read(&scratch.region());
    command.args(["--template", "{state} {cpu.busy}", "--follow", "--interval", "0"]);
    let reader = Following::start(&mut command);
    assert_eq!(reader.line(), "absent –");
    let mut writer = published(&scratch);
    reader.expect("fresh 23");
    writer.publish(&mut samples::fresh(SHORT));
    drop(writer);
    reader.expect("stale –");
    let writer = published(&scratch);
    reader.expect("fresh 23");
    writer.stop();
    reader.expect("stopped –");
}

#[test]
fn every_sample_is_a_line_of_json() {
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let mut command = read(&scratch.region());
    let reader = Following::start(command.args(["--format", "jsonl", "--interval", "0"]));
    for sequence in 1..4 {
        let line = reader.line();
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
        assert!(line.contains(&format!("\"sequence\":{sequence},")), "{line}");
        writer.publish(&mut samples::fresh(LONG));
    }
}

#[test]
fn samples_that_come_too_soon_are_skipped() {
    let scratch = Scratch::new();
    let mut writer = region::writer(&scratch.region());
    writer.publish(&mut samples::fresh(SHORT));
    let mut command = read(&scratch.region());
    let reader = Following::start(command.args(["--format", "jsonl", "--interval", "5x"]));
    let start = Instant::now();
    // Of each line, the time of the sample and the time of the output.
    let mut times_ns: Vec<[u64; 2]> = Vec::new();
    while times_ns.len() < 4 {
        assert!(start.elapsed() < GIVE_UP, "{times_ns:?}");
        thread::sleep(SHORT);
        writer.publish(&mut samples::fresh(SHORT));
        // The region was stale in between if the machine kept this test waiting.
        let fresh = reader.lines.try_iter().filter(|line| line.contains("\"state\":\"fresh\""));
        times_ns.extend(fresh.map(|line| {
            let number = |name: &str| {
                let rest = line.split(name).nth(1).unwrap();
                rest.split(',').next().unwrap().parse::<u64>().unwrap()
            };
            let (sample_ns, age_ns) = (number("\"monotonic_ns\":"), number("\"age_ns\":"));
            [sample_ns, sample_ns + age_ns]
        }));
    }
    let least_ns = 4 * SHORT.as_nanos() as u64;
    let steps: Vec<_> = times_ns.windows(2).map(|pair| pair[1][1] - pair[0][0]).collect();
    assert!(steps.iter().all(|step_ns| *step_ns >= least_ns), "{steps:?}");
}

#[test]
fn an_output_without_room_is_waited_for() {
    const SAMPLES: u32 = 200;
    let scratch = Scratch::new();
    let mut writer = published(&scratch);
    let (mut reading, writing) = UnixStream::pair().unwrap();
    // A program with an event loop makes the pipe that it shares with ours non-blocking.
    writing.set_nonblocking(true).unwrap();
    let mut command = read(&scratch.region());
    command.args(["--format", "jsonl", "--interval", "0"]).stdout(OwnedFd::from(writing));
    let mut child = Ending(command.stderr(Stdio::piped()).spawn().unwrap());
    drop(command);
    // The program follows when its first line has come.
    let mut begin = [0];
    reading.read_exact(&mut begin).unwrap();
    for _ in 0..SAMPLES {
        writer.publish(&mut samples::fresh(LONG));
        thread::sleep(Duration::from_millis(2));
    }
    assert!(child.0.try_wait().unwrap().is_none(), "the program goes on without room");
    let lines = lines(io::Cursor::new(begin).chain(reading));
    writer.publish(&mut Snapshot { cpu_busy_ppm: 777_000, ..samples::fresh(LONG) });
    let mut count = 0;
    loop {
        let line = lines.recv_timeout(GIVE_UP).expect("the last sample's line");
        assert!(line.starts_with("{\"state\":") && line.ends_with('}'), "{line}");
        count += 1;
        if line.contains("\"cpu_busy_ppm\":777000,") {
            break;
        }
    }
    assert!((2..SAMPLES).contains(&count), "{count} lines: the pipe had room for all");
}

#[test]
fn following_ends_when_nobody_reads_it() {
    let scratch = Scratch::new();
    for format in formats(|_| true) {
        let mut command = read(&scratch.region());
        command.args(["--follow", "--format", format]);
        let mut child =
            Ending(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        drop(child.0.stdout.take());
        assert_eq!(end(&mut child.0).code(), Some(0), "{format}");
        let errors = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
        assert_eq!(errors, "", "{format}");
    }
}
