//! Prints samples of the rstat region. Here are only the arguments; the rest is
//! [`rstat_read::programs::read`].

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, ValueExt};
use rstat_read::Interval;
use rstat_read::KernelThreads;
use rstat_read::figures::template::{self, Escape, Rendering};
use rstat_read::figures::{Level, Template, Thresholds};
use rstat_read::outputs::{self, OUTPUTS, OutputKind, Templates, Wishes};
use rstat_read::programs::read::{self, INTERVAL, ReadOptions};
use rstat_read::programs::{Failure, finish, path, print};
use rstat_read::text::option::nearest;
use rstat_read::text::paint::Paint;

const HELP: &str = "\
Prints what rstatd publishes: the latest sample, or each as it comes.

Usage: rstat-read [--dump] [--format FORMAT] [--follow] [OPTION]...
       rstat-read --template TEMPLATE [--follow] [OPTION]...
       rstat-read --get NAME [--get NAME]...
       rstat-read --list
       rstat-read --history
       rstat-read --watch

What to print:
      --dump              everything, aligned, for people (the default); colours on
                          a terminal, unless NO_COLOR is set or TERM is dumb
      --format FORMAT     text        as --dump
                          json        one object on one line; raw names and integers,
                                      null for what is not known
                          jsonl       the same for each sample; follows by itself
                          env         variables for a shell's eval: RSTAT_CPU_BUSY
                                      as people see it, RSTAT_CPU_BUSY_PPM raw
                          prometheus  Prometheus' text format
                          i3bar       the protocol of i3bar and swaybar; follows by
                                      itself
                          polybar     lines with colour tags, also for lemonbar
                          template    the text of --template
      --template TEMPLATE text with figures in it: '{cpu.busy:>3}% {cpu.temp}°C';
                          several are lines, or blocks of i3bar and polybar
      --escape CONSUMER   how the names of processes are made harmless in a
                          template: none (the default), pango, polybar, json
      --warning LIST      where the colours of i3bar and polybar begin:
                          cpu=70,temp=80,mem=off
      --critical LIST     the same for what is urgent
      --kernel-threads    top lists with kernel threads in them; text and json
                          have them always
      --get NAME          a figure, by the name that --list tells; what may follow in
                          templates may follow here: memory.used:.1G, 'cpu.temp|0'
      --list              all names, their units and meanings
      --history           what the region remembers, oldest first: a JSON object a line
      --watch             a live view of the whole terminal with plots of the last
                          minutes; q ends it, its last line tells the other keys

How often and where to:
      --follow            go on with each sample; wait for rstatd when it is gone
      --interval TIME     time between two outputs at least: seconds (default 1, of
                          --watch 0.25), or samples such as 3x, every third; samples
                          in between are skipped
      --output FILE       write FILE instead, so that it is whole at any moment:
                          for the textfile collector of node_exporter. With --follow, a
                          full disk is told once and tried again, and a signal that
                          ends this program leaves rstat_up 0, or the state stale, there
      --shm PATH          read the region PATH instead of $RSTAT_SHM or, without
                          that, /dev/shm/rstat/v1
  -h, --help              print this help and exit
  -V, --version           print the version and exit

Templates:
";
const HELP_END: &str = "
A region is believed if it belongs to root or to you and nobody else may write to it.
A sample that is old is printed with its age and state by text, json and env; the
others show no figures of it.

Exit codes: 0 printed, or the output was closed; 1 there is nothing to print, or a
figure is not known now; 2 the command line is wrong.
";
const INTERVAL_ALONE: &str = "--interval is the time between samples: it needs --follow";
const VERSION: &str = concat!("rstat-read ", env!("CARGO_PKG_VERSION"), "\n");

fn main() -> ExitCode {
    finish("rstat-read", run())
}

/// The command line as it was typed.
#[derive(Default)]
struct Arguments {
    path: Option<PathBuf>,
    format: Option<&'static OutputKind>,
    templates: Vec<Template>,
    get: Vec<String>,
    escape: Option<Escape>,
    kernel_threads: KernelThreads,
    thresholds: Option<Thresholds>,
    follow: bool,
    interval: Option<Interval>,
    output: Option<PathBuf>,
    other: Option<Other>,
}

/// What is done instead of printing samples.
#[derive(Clone, Copy)]
enum Other {
    List,
    History,
    Watch,
}

impl Arguments {
    fn threshold(&mut self, level: Level, text: &str) -> Result<(), Failure> {
        let thresholds = self.thresholds.get_or_insert_default();
        let wrong = |why| Failure::Usage(format!("--{}: {why}", level.name()));
        thresholds.set(level, text).map_err(wrong)
    }

    /// The format that was asked for, else the one that suits the rest.
    fn format(&self) -> &'static OutputKind {
        let usual = if self.templates.is_empty() { "text" } else { "template" };
        self.format.or_else(|| outputs::named(usual)).unwrap_or(OUTPUTS[0])
    }

    /// Why this makes no sense, if it makes none.
    fn contradiction(&self, format: &OutputKind) -> Option<&'static str> {
        if let Some(other) = self.other {
            return self.contradiction_of_other(other);
        }
        let is_get = !self.get.is_empty();
        let has_templates = !self.templates.is_empty();
        if is_get && (self.format.is_some() || has_templates) {
            return Some("--get prints figures alone; with text around them, use --template");
        }
        if is_get && (self.follow || self.output.is_some()) {
            return Some("--get prints once; to follow a figure, use --template '{NAME}' --follow");
        }
        if format.templates == Templates::Required && !has_templates {
            return Some("--format template needs a --template");
        }
        if has_templates && format.templates == Templates::None {
            return Some("--template is for the formats template, i3bar and polybar");
        }
        if self.escape.is_some() && !has_templates && !is_get {
            return Some("--escape is for the names of processes in a --template or of --get");
        }
        if self.thresholds.is_some() && !format.has_levels {
            return Some("--warning and --critical are for the formats i3bar and polybar");
        }
        if self.output.is_some() && format.name == "i3bar" {
            return Some("--format i3bar is a stream and has no --output");
        }
        if self.output.is_some() && format.name == "jsonl" {
            return Some(
                "--format jsonl is a stream and has no --output; --format json --follow has one",
            );
        }
        let follows = self.follow || format.endless.is_some();
        (self.interval.is_some() && !follows).then_some(INTERVAL_ALONE)
    }

    /// The same where no samples are printed.
    fn contradiction_of_other(&self, other: Other) -> Option<&'static str> {
        let is_printing = self.format.is_some()
            || self.follow
            || self.output.is_some()
            || !(self.templates.is_empty() && self.get.is_empty())
            || self.escape.is_some()
            || self.thresholds.is_some()
            || self.kernel_threads == KernelThreads::Shown;
        if is_printing {
            return Some("--list, --history and --watch have a form of their own");
        }
        let is_asked_once = matches!(other, Other::List | Other::History);
        (is_asked_once && self.interval.is_some()).then_some(INTERVAL_ALONE)
    }
}

fn run() -> Result<(), Failure> {
    let mut typed = Arguments::default();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dump") => typed.format = outputs::named("text"),
            Long("format") => typed.format = Some(format(&arguments.value()?.string()?)?),
            Long("template") => {
                let text = arguments.value()?.string()?;
                let wrong = |error| Failure::Usage(format!("--template: {error}"));
                typed.templates.push(Template::parse(&text).map_err(wrong)?);
            }
            Long("escape") => typed.escape = Some(escape(&arguments.value()?.string()?)?),
            Long("warning") => typed.threshold(Level::Warning, &arguments.value()?.string()?)?,
            Long("critical") => typed.threshold(Level::Critical, &arguments.value()?.string()?)?,
            Long("kernel-threads") => typed.kernel_threads = KernelThreads::Shown,
            Long("get") => typed.get.push(arguments.value()?.string()?),
            Long("list") => typed.other = Some(Other::List),
            Long("history") => typed.other = Some(Other::History),
            Long("watch") => typed.other = Some(Other::Watch),
            Long("follow") => typed.follow = true,
            Long("interval") => typed.interval = Some(interval(&arguments.value()?.string()?)?),
            Long("output") => typed.output = Some(path("output", arguments.value()?)?),
            Long("shm") => typed.path = Some(path("shm", arguments.value()?)?),
            Short('h') | Long("help") => {
                return print(&[HELP, template::HELP, HELP_END].concat());
            }
            Short('V') | Long("version") => return print(VERSION),
            Long(name) => return Err(unknown(name)),
            _ => return Err(argument.unexpected().into()),
        }
    }
    start(typed)
}

/// All options stand in the help.
fn unknown(name: &str) -> Failure {
    let known = HELP.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    let nearest = nearest(name, known).unwrap_or_default();
    Failure::Usage(format!("unknown option `--{name}`; did you mean `--{nearest}`?"))
}

/// Does what was typed, if that makes sense.
fn start(typed: Arguments) -> Result<(), Failure> {
    let format = typed.format();
    if let Some(why) = typed.contradiction(format) {
        return Err(Failure::Usage(why.to_owned()));
    }
    let path = typed.path.as_deref();
    match typed.other {
        Some(Other::List) => return read::list(),
        Some(Other::History) => return read::history(path),
        Some(Other::Watch) => return watch(path, typed.interval),
        None => {}
    }
    let mut options = ReadOptions {
        kind: format,
        wishes: Wishes {
            templates: typed.templates,
            rendering: Rendering {
                escape: typed.escape.unwrap_or_default(),
                kernel_threads: typed.kernel_threads,
                ..Rendering::default()
            },
            thresholds: typed.thresholds.unwrap_or_default(),
            paint: paint(typed.output.is_none()),
        },
        follow: typed.follow || format.endless.is_some(),
        interval: typed.interval.unwrap_or(INTERVAL),
        output: typed.output,
    };
    if typed.get.is_empty() {
        return read::run(path, &options);
    }
    for name in &typed.get {
        let wrong = |mistake| Failure::Usage(format!("--get: {mistake}"));
        options.wishes.templates.push(Template::of_figure(name).map_err(wrong)?);
    }
    read::get(path, &typed.get, &options)
}

#[cfg(feature = "watch")]
fn watch(path: Option<&Path>, interval: Option<Interval>) -> Result<(), Failure> {
    use rstat_read::programs::watch;
    watch::run(path, interval.unwrap_or(watch::INTERVAL))
}

#[cfg(not(feature = "watch"))]
fn watch(_: Option<&Path>, _: Option<Interval>) -> Result<(), Failure> {
    Err(Failure::Usage("this rstat-read was built without --watch".to_owned()))
}

fn format(name: &str) -> Result<&'static OutputKind, Failure> {
    outputs::named(name).ok_or_else(|| one_of("--format", OUTPUTS.map(|kind| kind.name), name))
}

fn escape(name: &str) -> Result<Escape, Failure> {
    let found = Escape::NAMES.into_iter().find(|(known, _)| *known == name);
    found
        .map(|(_, escape)| escape)
        .ok_or_else(|| one_of("--escape", Escape::NAMES.map(|(it, _)| it), name))
}

fn one_of<const N: usize>(option: &str, known: [&str; N], name: &str) -> Failure {
    Failure::Usage(format!("{option} is one of {}, not '{name}'", known.join(", ")))
}

fn interval(text: &str) -> Result<Interval, Failure> {
    Interval::parse(text).map_err(|why| Failure::Usage(format!("--interval: {why}")))
}

/// Colours where somebody sees them and wants them (<https://no-color.org>).
fn paint(is_standard: bool) -> Paint {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let is_seen = is_standard && io::stdout().is_terminal();
    if is_seen && !is_dumb && !is_set("NO_COLOR") { Paint::Coloured } else { Paint::Plain }
}
