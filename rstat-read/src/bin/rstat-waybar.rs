//! A Waybar module of the rstat region. Here are only the arguments; the rest is
//! [`rstat_read::programs::waybar`].

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt};
use rstat_read::KernelThreads;
use rstat_read::programs::waybar::Options;
use rstat_read::programs::{Failure, finish, print, waybar};

const HELP: &str = "\
Prints a line of JSON for a Waybar module whenever rstatd has something new.

Usage: rstat-waybar [--once] [--interval SECONDS] [--kernel-threads] [--shm PATH]

Options:
      --once              print one line and exit, for modules with an \"interval\"
      --interval SECONDS  time between two lines at least (default 1); samples
                          that come faster are skipped
      --kernel-threads    list kernel threads, too
      --shm PATH          follow the region PATH instead of $RSTAT_SHM or, without
                          that, /dev/shm/rstat/v1
  -h, --help              print this help and exit
  -V, --version           print the version and exit

In Waybar's configuration:

  \"custom/rstat\": { \"exec\": \"rstat-waybar\", \"return-type\": \"json\" }

Leave \"escape\" off: text and tooltip are Pango markup, and escaped already. Classes,
also as \"alt\": ok, warning, critical, stale (no new samples), offline (no daemon);
besides warning and critical there are their causes: cpu, memory, temperature,
memory-pressure.

It stays when rstatd goes and shows the next one's samples; it ends when its output
is closed. Exit codes: 0 done, 1 the output failed, 2 the command line is wrong.
";
const VERSION: &str = concat!("rstat-waybar ", env!("CARGO_PKG_VERSION"), "\n");

fn main() -> ExitCode {
    finish("rstat-waybar", run())
}

fn run() -> Result<(), Failure> {
    let mut path: Option<PathBuf> = None;
    let mut options = Options::default();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("once") => options.once = true,
            Long("interval") => options.interval = seconds(&arguments.value()?.string()?)?,
            Long("kernel-threads") => options.kernel_threads = KernelThreads::Shown,
            Long("shm") => path = Some(arguments.value()?.into()),
            Short('h') | Long("help") => return print(HELP),
            Short('V') | Long("version") => return print(VERSION),
            _ => return Err(argument.unexpected().into()),
        }
    }
    waybar::run(path.as_deref(), options)
}

fn seconds(text: &str) -> Result<Duration, Failure> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| {
        Failure::Usage(format!("--interval is a number of seconds such as 2 or 0.5, not '{text}'"))
    })
}
