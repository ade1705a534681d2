//! The command line.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use rstat_options::{OptionError, Program, Section, put};
use rstat_shm::{DEFAULT_PATH, PATH_VARIABLE};

use crate::backend::Choice;

/// Shortest and longest `--interval`, milliseconds.
const INTERVAL_MS: RangeInclusive<u64> = 10..=60_000;
const DEFAULT_INTERVAL_MS: u64 = 1000;
/// The numbers of samples that `--bench` may take: the samples' times are kept in memory.
const BENCH: RangeInclusive<u64> = 1..=1_000_000;

/// What the program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Publish until a signal comes.
    Run,
    /// Publish one sample.
    Once,
    /// Explain where the figures come from.
    Check,
    /// Copy the files that the sources read into this directory.
    Record(PathBuf),
    /// Measure so many samples.
    Bench(u64),
}

/// How `--bench` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// The parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonOptions {
    /// What to do.
    pub command: Command,
    /// Time between samples.
    pub interval: Duration,
    /// The region.
    pub shm: PathBuf,
    /// Where CPU and process figures come from.
    pub source: Choice,
    /// A BPF object to load instead of the built-in one.
    pub probe: Option<PathBuf>,
    /// A recorded machine to explain instead of this one.
    pub root: Option<PathBuf>,
    /// How `--bench` prints.
    pub format: Format,
}

type Opt = rstat_options::Opt<DaemonOptions>;

/// `rstatd`.
pub static PROGRAM: Program<DaemonOptions> = Program {
    name: "rstatd",
    about: "rstatd - samples the machine and publishes to shared memory, for status bars to read",
    usage: &["[OPTION]..."],
    sections: &[
        Section {
            title: "Options",
            options: &[
                Opt::os(
                    "interval",
                    "MS",
                    "time between two samples, 10 to 60000 [default: 1000]",
                    |it, value| put(&mut it.interval, number(&value, INTERVAL_MS).map(Duration::from_millis)),
                ),
                Opt::os(
                    "shm",
                    "PATH",
                    "region to publish to [default: $RSTAT_SHM, else\n/dev/shm/rstat/v1]",
                    |it, value| put(&mut it.shm, path(value)),
                ),
                Opt::text(
                    "source",
                    "SOURCE",
                    "where CPU and process figures come from [default: auto]",
                    |it, name| put(&mut it.source, word(&SOURCES, name, "--source takes auto, bpf or proc")),
                )
                .of(|| words(&SOURCES)),
                Opt::os(
                    "probe",
                    "FILE",
                    "load this BPF object instead of the built-in one",
                    |it, value| put(&mut it.probe, path(value).map(Some)),
                ),
            ],
        },
        Section {
            title: "Instead of running as a daemon",
            options: &[
                Opt::flag("once", "publish one sample, after one interval, and leave", |it| {
                    it.command = Command::Once;
                })
                .command(),
                Opt::flag(
                    "check",
                    "say where each figure comes from, its value now, and what is\nmissing and why; the status is 0 when the core set works",
                    |it| it.command = Command::Check,
                )
                .command(),
                Opt::os(
                    "root",
                    "DIR",
                    "of --check: explain the machine that was recorded there",
                    |it, value| put(&mut it.root, path(value).map(Some)),
                )
                .unless(|it| {
                    (it.command != Command::Check).then(|| "--root goes with --check".to_owned())
                }),
                Opt::os(
                    "record",
                    "DIR",
                    "copy what --check looks at into an empty directory, without\nserial numbers, for a report of a bug",
                    |it, value| put(&mut it.command, path(value).map(Command::Record)),
                )
                .command(),
                Opt::os(
                    "bench",
                    "N",
                    "take N samples 1 ms apart and print what they cost",
                    |it, value| put(&mut it.command, number(&value, BENCH).map(Command::Bench)),
                )
                .command(),
                Opt::text(
                    "format",
                    "FORMAT",
                    "of --bench [default: text]",
                    |it, name| put(&mut it.format, word(&FORMATS, name, "--format takes text or json")),
                )
                .of(|| words(&FORMATS))
                .unless(|it| {
                    let is_bench = matches!(it.command, Command::Bench(_));
                    (!is_bench).then(|| "--format goes with --bench".to_owned())
                }),
            ],
        },
    ],
    notes: &["
Signals: SIGTERM, SIGINT and SIGHUP mark the region as stopped and end the daemon, unless
         they were ignored at its start, as by nohup.
Exit status: 0 in order, 1 something failed, 2 the command line is wrong.
"],
};

/// The values of `--source`.
const SOURCES: [(&str, Choice, &str); 3] = [
    ("auto", Choice::Auto, "the BPF probe if it works, else /proc"),
    ("bpf", Choice::Bpf, "the BPF probe; needs root, or CAP_BPF and CAP_PERFMON"),
    ("proc", Choice::Proc, "the files of /proc"),
];

/// The values of `--format`.
const FORMATS: [(&str, Format, &str); 2] =
    [("text", Format::Text, "for people"), ("json", Format::Json, "for programs")];

impl Default for DaemonOptions {
    fn default() -> Self {
        Self::new(std::env::var_os(PATH_VARIABLE))
    }
}

impl DaemonOptions {
    /// The options of an empty command line. `variable` is `$RSTAT_SHM`.
    fn new(variable: Option<OsString>) -> Self {
        let shm = variable.filter(|path| !path.is_empty());
        Self {
            command: Command::Run,
            interval: Duration::from_millis(DEFAULT_INTERVAL_MS),
            shm: shm.map_or_else(|| DEFAULT_PATH.into(), PathBuf::from),
            source: Choice::Auto,
            probe: None,
            root: None,
            format: Format::default(),
        }
    }
}

fn number(value: &OsString, range: RangeInclusive<u64>) -> Result<u64, OptionError> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        let (low, high) = (range.start(), range.end());
        let value = value.to_string_lossy();
        OptionError::predicate(format_args!(
            "takes a whole number from {low} to {high}, not {value:?}"
        ))
    })
}

fn path(value: OsString) -> Result<PathBuf, OptionError> {
    if value.is_empty() {
        return Err(OptionError::predicate("takes a path, not an empty string"));
    }
    Ok(value.into())
}

fn words<T>(all: &[(&'static str, T, &'static str)]) -> Vec<(&'static str, &'static str)> {
    all.iter().map(|(word, _, help)| (*word, *help)).collect()
}

fn word<T: Copy>(words: &[(&str, T, &str)], text: &str, right: &str) -> Result<T, OptionError> {
    let found = words.iter().find(|(word, ..)| *word == text);
    found
        .map(|(_, value, _)| *value)
        .ok_or_else(|| OptionError::whole(format_args!("cannot parse argument {text:?}: {right}")))
}

#[cfg(test)]
mod tests {
    use rstat_options::Asked;

    use super::*;

    fn parsed(line: &str) -> Result<DaemonOptions, String> {
        let arguments = line.split_whitespace().map(OsString::from);
        match PROGRAM.parse(arguments, DaemonOptions::new(Some("/env".into()))) {
            Ok(Asked::Run(options)) => Ok(options),
            Ok(Asked::Help | Asked::Version) => Err("text".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn options_are_understood_in_any_order() {
        let options = parsed("--probe p.o --interval=50 --source proc --shm /x --once").unwrap();
        assert_eq!(options.command, Command::Once);
        assert_eq!(options.interval, Duration::from_millis(50));
        assert_eq!((options.source, options.shm), (Choice::Proc, "/x".into()));
        assert_eq!(options.probe, Some("p.o".into()));
        assert_eq!(parsed("").unwrap().shm, PathBuf::from("/env"));
        assert_eq!(DaemonOptions::new(None).shm, PathBuf::from(DEFAULT_PATH));
        let options = parsed("--format json --bench 10").unwrap();
        assert_eq!((options.command, options.format), (Command::Bench(10), Format::Json));
        assert_eq!(parsed("--root r --check").unwrap().root, Some("r".into()));
        assert_eq!(parsed("--record d").unwrap().command, Command::Record("d".into()));
        assert_eq!(parsed("--once --help"), Err("text".to_owned()));
    }

    #[test]
    fn a_bad_option_names_itself_and_what_would_be_right() {
        let check = |line: &str, text: &str| {
            assert_eq!(parsed(line), Err(text.to_owned()), "{line}");
        };
        check("--interval 9", "--interval takes a whole number from 10 to 60000, not \"9\"");
        check("--interval 1s", "--interval takes a whole number from 10 to 60000, not \"1s\"");
        check("--bench 0", "--bench takes a whole number from 1 to 1000000, not \"0\"");
        check("--bench -1", "--bench takes a whole number from 1 to 1000000, not \"-1\"");
        check("--interval", "missing argument for option '--interval'");
        check("--shm=", "--shm takes a path, not an empty string");
        check("--frob", "invalid option '--frob'");
        check("extra", "unexpected argument \"extra\"");
        check("--once --check", "--once, --check, --record and --bench exclude each other");
        check("--format json", "--format goes with --bench");
        check("--root x", "--root goes with --check");
        check("--record x --check", "--once, --check, --record and --bench exclude each other");
        check("--record", "missing argument for option '--record'");
        check("--source top", "cannot parse argument \"top\": --source takes auto, bpf or proc");
    }
}
