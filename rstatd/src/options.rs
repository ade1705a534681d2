//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use rstat_shm::{DEFAULT_PATH, PATH_VARIABLE};

use crate::backend::Choice;

/// Shortest and longest `--interval`, milliseconds.
const INTERVAL_MS: std::ops::RangeInclusive<u64> = 10..=60_000;
const DEFAULT_INTERVAL_MS: u64 = 1000;
/// Most samples of `--bench`: their times are kept in memory.
const MAX_BENCH: u64 = 1_000_000;

/// `--help`.
pub const HELP: &str = "\
rstatd - samples the machine and publishes to shared memory, for status bars to read

Usage: rstatd [OPTIONS]

Options:
      --interval MS    time between two samples, 10 to 60000 [default: 1000]
      --shm PATH       region to publish to [default: $RSTAT_SHM, else /dev/shm/rstat/v1]
      --source SOURCE  where CPU and process figures come from [default: auto]
                         auto  the BPF probe if it works, else /proc
                         bpf   the BPF probe; needs root, or CAP_BPF and CAP_PERFMON
                         proc  the files of /proc
      --probe FILE     load this BPF object instead of the built-in one
  -h, --help           print this and leave
  -V, --version        print the version and leave

Instead of running as a daemon:
      --once           publish one sample, after one interval, and leave
      --check          say where each figure comes from, its value now, and what is
                       missing and why; the status is 0 when the core set works
      --root DIR       of --check: explain the machine that was recorded there
      --record DIR     copy what --check looks at into an empty directory, without
                       serial numbers, for a report of a bug
      --bench N        take N samples 1 ms apart and say what they cost
      --format FORMAT  of --bench: text or json [default: text]

Signals: SIGTERM, SIGINT and SIGHUP mark the region as stopped and end the daemon, unless
         it was started with orders to ignore them, as by nohup.
Exit status: 0 in order, 1 something failed, 2 the command line is wrong.
";

/// What the program was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Publish until told to stop.
    Run,
    /// Publish one sample.
    Once,
    /// Explain where the figures come from.
    Check,
    /// Copy the files that are looked at into this directory.
    Record(PathBuf),
    /// Measure so many samples.
    Bench(u64, Format),
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// How `--bench` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
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
}

/// What is wrong with a command line, in one line.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; see rstatd --help", self.0)
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads the arguments after the program's name. `variable` is `$RSTAT_SHM`.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    variable: Option<OsString>,
) -> Result<Options, UsageError> {
    let mut options = Options {
        command: Command::Run,
        interval: Duration::from_millis(DEFAULT_INTERVAL_MS),
        shm: variable
            .filter(|path| !path.is_empty())
            .map_or_else(|| DEFAULT_PATH.into(), PathBuf::from),
        source: Choice::Auto,
        probe: None,
        root: None,
    };
    let mut format = None;
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        let command = match argument {
            Arg::Long("interval") => {
                options.interval =
                    Duration::from_millis(number(&mut parser, "--interval", INTERVAL_MS)?);
                continue;
            }
            Arg::Long("shm") => {
                options.shm = path(&mut parser, "--shm")?;
                continue;
            }
            Arg::Long("source") => {
                options.source = parser.value()?.parse()?;
                continue;
            }
            Arg::Long("probe") => {
                options.probe = Some(path(&mut parser, "--probe")?);
                continue;
            }
            Arg::Long("format") => {
                format = Some(parser.value()?.parse()?);
                continue;
            }
            Arg::Long("root") => {
                options.root = Some(path(&mut parser, "--root")?);
                continue;
            }
            Arg::Long("once") => Command::Once,
            Arg::Long("check") => Command::Check,
            Arg::Long("record") => Command::Record(path(&mut parser, "--record")?),
            Arg::Long("bench") => {
                Command::Bench(number(&mut parser, "--bench", 1..=MAX_BENCH)?, Format::Text)
            }
            Arg::Short('h') | Arg::Long("help") => Command::Help,
            Arg::Short('V') | Arg::Long("version") => Command::Version,
            other => return Err(other.unexpected().into()),
        };
        if options.command != Command::Run && !asks_for_text(&command) {
            return Err(UsageError(
                "--once, --check, --record and --bench exclude each other".into(),
            ));
        }
        options.command = command;
        if asks_for_text(&options.command) {
            return Ok(options);
        }
    }
    match (&mut options.command, format) {
        (_, None) => {}
        (Command::Bench(_, into), Some(format)) => *into = format,
        _ => return Err(UsageError("--format goes with --bench".into())),
    }
    if options.root.is_some() && options.command != Command::Check {
        return Err(UsageError("--root goes with --check".into()));
    }
    Ok(options)
}

/// What the environment says about the region's path.
pub fn path_variable() -> Option<OsString> {
    std::env::var_os(PATH_VARIABLE)
}

fn asks_for_text(command: &Command) -> bool {
    matches!(command, Command::Help | Command::Version)
}

fn number(
    parser: &mut Parser,
    option: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, UsageError> {
    let value = parser.value()?;
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        let (low, high) = (range.start(), range.end());
        UsageError(format!(
            "{option} takes a whole number from {low} to {high}, not {:?}",
            value.to_string_lossy()
        ))
    })
}

fn path(parser: &mut Parser, option: &str) -> Result<PathBuf, UsageError> {
    let value = parser.value()?;
    if value.is_empty() {
        return Err(UsageError(format!("{option} takes a path, not an empty string")));
    }
    Ok(value.into())
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "bpf" => Ok(Self::Bpf),
            "proc" => Ok(Self::Proc),
            _ => Err("--source takes auto, bpf or proc".into()),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("--format takes text or json".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        let arguments = line.split_whitespace().map(OsString::from);
        parse(arguments, Some("/env".into())).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_understood_in_any_order() {
        let options = parsed("--probe p.o --interval=50 --source proc --shm /x --once").unwrap();
        assert_eq!(options.command, Command::Once);
        assert_eq!(options.interval, Duration::from_millis(50));
        assert_eq!((options.source, options.shm), (Choice::Proc, "/x".into()));
        assert_eq!(options.probe, Some("p.o".into()));
        assert_eq!(parsed("").unwrap().shm, PathBuf::from("/env"));
        assert_eq!(parse([], None).unwrap().shm, PathBuf::from(DEFAULT_PATH));
        let command = Command::Bench(10, Format::Json);
        assert_eq!(parsed("--format json --bench 10").unwrap().command, command);
        assert_eq!(parsed("--root r --check").unwrap().root, Some("r".into()));
        assert_eq!(parsed("--record d").unwrap().command, Command::Record("d".into()));
        assert_eq!(parsed("--once --help").unwrap().command, Command::Help);
    }

    #[test]
    fn a_bad_option_names_itself_and_what_would_be_right() {
        let check = |line: &str, text: &str| {
            assert_eq!(parsed(line), Err(format!("{text}; see rstatd --help")), "{line}");
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

    #[test]
    fn the_help_names_every_option() {
        let source = include_str!("options.rs");
        for part in source.split("Arg::Long(\"").skip(1) {
            let option = part.split('"').next().unwrap();
            assert!(HELP.contains(&format!("--{option}")), "--{option}");
        }
    }
}
