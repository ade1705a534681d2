//! A Waybar module of the rstat region. Here are only the arguments; the rest is
//! [`rstat_read::programs::waybar`].

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, ValueExt};
use rstat_read::Interval;
use rstat_read::module::action::Actions;
use rstat_read::module::options::{ModuleOption, OPTIONS, write_help};
use rstat_read::programs::waybar::WaybarOptions;
use rstat_read::programs::{Failure, finish, path, print, waybar};
use rstat_read::text::option::nearest;

const USAGE: &str = "\
Prints a line of JSON for a Waybar module whenever rstatd has something new.

Usage: rstat-waybar [OPTION]...

What it shows:
";

/// The program's own, besides those of the module: name, value, help.
const PROGRAM: &[(&str, &str, &str)] = &[
    (
        "interval",
        "TIME",
        "time between two lines at least: seconds (default 1), or samples\n\
         such as 3x, every third; samples in between are skipped",
    ),
    ("once", "", "print one line and exit, for modules with an \"interval\""),
    (
        "on-signal",
        "LIST",
        "what SIGRTMIN+N changes in the tooltip\n\
         (default 21=detail,22=kernel-threads,23=processes)",
    ),
    (
        "shm",
        "PATH",
        "follow the region PATH instead of $RSTAT_SHM or, without that,\n\
         /dev/shm/rstat/v1",
    ),
    ("help", "", "print this help and exit"),
    ("version", "", "print the version and exit"),
];

const NOTES: &str = "
In Waybar's configuration:

  \"custom/rstat\": { \"exec\": \"exec rstat-waybar\", \"return-type\": \"json\" }

Leave \"escape\" off: text and tooltip are Pango markup, and escaped already. Classes,
the first also as \"alt\": ok, warning, critical, stale (no new samples), offline (no
daemon); besides warning and critical there are their causes, such as cpu-warning.

Figures that have levels: cpu, memory (mem), swap, gpu and cpu-pressure (cpu-psi),
memory-pressure (psi), io-pressure (io-psi) in per cent; temperature (temp) and
gpu-temperature (gpu-temp) in °C, of the busiest and the hottest GPU where there are
several. A level is left a little below where it begins.

It stays when rstatd goes and shows the next one's samples; it ends when its output
is closed. Exit codes: 0 done, 1 the output failed, 2 the command line is wrong.
";
const VERSION: &str = concat!("rstat-waybar ", env!("CARGO_PKG_VERSION"), "\n");

fn main() -> ExitCode {
    finish("rstat-waybar", run())
}

fn run() -> Result<(), Failure> {
    let mut region: Option<PathBuf> = None;
    let mut options = WaybarOptions::default();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        let name = match argument {
            Short('h') => "help".to_owned(),
            Short('V') => "version".to_owned(),
            Long(name) => name.to_owned(),
            _ => return Err(argument.unexpected().into()),
        };
        if let Some(option) = ModuleOption::named(&name) {
            let value = match option.value {
                "" => arguments.optional_value().unwrap_or_default().string()?,
                _ => arguments.value()?.string()?,
            };
            option.set(&mut options.module, &value).map_err(|why| usage(&name, why))?;
            continue;
        }
        let mut text = || Ok::<_, Failure>(arguments.value()?.string()?);
        match name.as_str() {
            "once" => options.once = true,
            "interval" => {
                options.interval = Interval::parse(&text()?).map_err(|why| usage(&name, why))?;
            }
            "on-signal" => {
                options.actions = Actions::parse(&text()?).map_err(|why| usage(&name, why))?;
            }
            "shm" => region = Some(path("shm", arguments.value()?)?),
            "help" => return print(&help()),
            "version" => return print(VERSION),
            _ => return Err(unknown(&name)),
        }
    }
    options.module.check().map_err(|(name, why)| usage(name, why))?;
    waybar::run(region.as_deref(), options)
}

fn usage(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::Usage(format!("--{name}: {why}"))
}

fn unknown(name: &str) -> Failure {
    let module = OPTIONS.iter().map(|option| option.name);
    let known = module.chain(PROGRAM.iter().map(|(name, ..)| *name));
    let nearest = nearest(name, known).unwrap_or_default();
    Failure::Usage(format!("unknown option `--{name}`; did you mean `--{nearest}`?"))
}

fn help() -> String {
    let mut text = USAGE.to_owned();
    let module = OPTIONS.iter().map(|option| (option.name, option.value, option.help));
    // Writing to a string cannot fail.
    let write = |text: &mut String, (name, value, help)| {
        let _ = write_help(text, name, value, help);
    };
    module.for_each(|option| write(&mut text, option));
    text.push_str("\nHow it runs:\n");
    for option in PROGRAM {
        write(&mut text, *option);
    }
    text + NOTES
}
