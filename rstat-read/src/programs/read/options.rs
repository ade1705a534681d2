//! The command line of `rstat-read`.

use std::path::PathBuf;

use rstat_options::{OptionError, Program, Section, path, put};
use rstat_shm::snapshot::KernelThreads;

use crate::figures::level::Level;
use crate::figures::levels::Thresholds;
use crate::figures::template::{self, Escape, Template};
use crate::outputs::{OUTPUTS, OutputKind, Templates, named};
use crate::pace::Interval;

/// The command line as it was typed.
#[derive(Default)]
pub struct ReadOptions {
    /// The region.
    pub(super) path: Option<PathBuf>,
    format: Option<&'static OutputKind>,
    pub(super) templates: Vec<Template>,
    /// Figures to print alone, with their names as typed.
    pub(super) get: Vec<(String, Template)>,
    pub(super) escape: Option<Escape>,
    pub(super) kernel_threads: KernelThreads,
    pub(super) thresholds: Option<Thresholds>,
    follow: bool,
    pub(super) interval: Option<Interval>,
    /// A file instead of the standard output.
    pub(super) output: Option<PathBuf>,
    pub(super) command: Option<Command>,
}

/// What is done instead of printing samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    List,
    History,
}

type Opt = rstat_options::Opt<ReadOptions>;

/// `rstat-read`.
pub static PROGRAM: Program<ReadOptions> = Program {
    name: "rstat-read",
    about: "Prints what rstatd publishes: the latest sample, or each as it comes.",
    usage: &[
        "[--dump] [--format FORMAT] [--follow] [OPTION]...",
        "--template TEMPLATE [--follow] [OPTION]...",
        "--get NAME [--get NAME]...",
        "--list",
        "--history",
    ],
    sections: &[
        Section {
            title: "What to print",
            options: &[
                Opt::flag("watch", "", |_| ())
                    .unless(|_| Some("--watch is a program of its own: rstat-watch".to_owned())),
                Opt::flag(
                    "dump",
                    "everything, aligned, for people (the default); colours on\na terminal, unless NO_COLOR is set or TERM is dumb",
                    |it| it.format = named("text"),
                ),
                Opt::text("format", "FORMAT", "", |it, name| put(&mut it.format, one_of(OUTPUTS.into_iter().map(|kind| (kind.name, kind)), name).map(Some)))
.of(|| OUTPUTS.iter().map(|kind| (kind.name, kind.help)).collect())
                .unless(ReadOptions::lacks_templates),
                Opt::text(
                    "template",
                    "TEMPLATE",
                    "text with figures in it: '{cpu.busy:>3}% {cpu.temp}°C';\nseveral are lines, or the blocks of a bar",
                    |it, text| {
                        it.templates.push(Template::parse(text).map_err(OptionError::new)?);
                        Ok(())
                    },
                )
                .unless(ReadOptions::has_no_use_for_templates),
                Opt::text(
                    "escape",
                    "CONSUMER",
                    "how the names of processes are made harmless in a\ntemplate: none (the default), pango, polybar, json",
                    |it, name| put(&mut it.escape, one_of(Escape::NAMES.into_iter(), name).map(Some)),
                )
                .unless(ReadOptions::has_nothing_to_escape),
                Opt::text(
                    "warning",
                    "LIST",
                    "where the colours of bars begin:\ncpu=70,temp=80,mem=off",
                    |it, list| it.thresholds.get_or_insert_default().set(Level::Warning, list),
                )
                .unless(ReadOptions::has_no_levels),
                Opt::text("critical", "LIST", "the same for what is urgent", |it, list| {
                    it.thresholds.get_or_insert_default().set(Level::Critical, list)
                })
                .unless(ReadOptions::has_no_levels),
                Opt::flag(
                    "kernel-threads",
                    "top lists with kernel threads in them; text and json\nhave them always",
                    |it| it.kernel_threads = KernelThreads::Shown,
                ),
                Opt::text(
                    "get",
                    "NAME",
                    "a figure, by its name as --list prints it; what may follow\nin templates may follow here: memory.used:.1G, 'cpu.temp|0'",
                    |it, name| {
                        let figure = Template::of_figure(name)?;
                        it.get.push((name.to_owned(), figure));
                        Ok(())
                    },
                )
                .unless(ReadOptions::is_more_than_a_figure),
                Opt::flag("list", "all names, their units and meanings", |it| {
                    it.command = Some(Command::List);
                })
                .command()
                .unless(ReadOptions::is_about_samples),
                Opt::flag(
                    "history",
                    "what the region remembers, oldest first: a JSON object a line",
                    |it| it.command = Some(Command::History),
                )
                .command()
                .unless(ReadOptions::is_about_samples),
            ],
        },
        Section {
            title: "How often and where to",
            options: &[
                Opt::flag(
                    "follow",
                    "go on with each sample; wait for rstatd when it is gone",
                    |it| it.follow = true,
                ),
                Opt::text(
                    "interval",
                    "TIME",
                    "the least time between two outputs: seconds (default 1), or\nsamples such as 3x, every third; samples in between are\nskipped",
                    |it, text| put(&mut it.interval, Interval::parse(text).map(Some)),
                )
                .unless(ReadOptions::prints_once),
                Opt::os(
                    "output",
                    "FILE",
                    "write FILE instead, so that it is whole at any moment:\nfor the textfile collector of node_exporter. With --follow, a\nfull disk is reported once and tried again, and a signal that\nends this program leaves rstat_up 0, or the state stale, there",
                    |it, value| put(&mut it.output, path(value).map(Some)),
                )
                .unless(ReadOptions::has_no_file),
                Opt::os(
                    "shm",
                    "PATH",
                    "read the region PATH instead of $RSTAT_SHM or, without\nthat, /dev/shm/rstat/v1",
                    |it, value| put(&mut it.path, path(value).map(Some)),
                ),
            ],
        },
    ],
    notes: &[
        "\nTemplates:\n",
        template::HELP,
        "
rstat-read trusts a region of root or of yourself that no other user may write to.
A sample that is old is printed with its age and state by text, json and env; the
others show no figures of it.

rstat-watch shows the machine live on a whole terminal.

Exit codes: 0 printed, or the output was closed; 1 there is nothing to print, or a
figure is not known now; 2 the command line is wrong.
",
    ],
};

impl ReadOptions {
    /// The output of `--format`, or the output that suits the other options.
    pub(super) fn kind(&self) -> &'static OutputKind {
        let usual = if self.templates.is_empty() { "text" } else { "template" };
        self.format.or_else(|| named(usual)).unwrap_or(OUTPUTS[0])
    }

    /// Whether more than one sample is wanted.
    pub(super) fn follows(&self) -> bool {
        self.follow || self.kind().endless.is_some()
    }

    fn lacks_templates(&self) -> Option<String> {
        let kind = self.kind();
        let lacks = kind.templates == Templates::Required && self.templates.is_empty();
        lacks.then(|| format!("--format {} needs a --template", kind.name))
    }

    fn has_no_use_for_templates(&self) -> Option<String> {
        let takes = |of: Templates| OUTPUTS.iter().filter(move |kind| kind.templates == of);
        (self.kind().templates == Templates::None).then(|| {
            let kinds = takes(Templates::Required).chain(takes(Templates::Optional));
            format!("--template is for the formats {}", listed(kinds.map(|kind| kind.name)))
        })
    }

    fn has_nothing_to_escape(&self) -> Option<String> {
        let has_none = self.templates.is_empty() && self.get.is_empty();
        has_none.then(|| "--escape needs a --template or --get".to_owned())
    }

    fn has_no_levels(&self) -> Option<String> {
        (!self.kind().has_levels).then(|| {
            let kinds = OUTPUTS.iter().filter(|kind| kind.has_levels).map(|kind| kind.name);
            format!("--warning and --critical are for the formats {}", listed(kinds))
        })
    }

    fn is_more_than_a_figure(&self) -> Option<String> {
        let why = if self.format.is_some() || !self.templates.is_empty() {
            "--get prints figures alone; with text around them, use --template"
        } else if self.follow || self.output.is_some() {
            "--get prints once; to follow a figure, use --template '{NAME}' --follow"
        } else {
            return None;
        };
        Some(why.to_owned())
    }

    fn is_about_samples(&self) -> Option<String> {
        let is_printing = self.format.is_some()
            || self.follow
            || self.output.is_some()
            || !(self.templates.is_empty() && self.get.is_empty())
            || self.escape.is_some()
            || self.thresholds.is_some()
            || self.kernel_threads == KernelThreads::Shown;
        is_printing.then(|| "--list and --history have a form of their own".to_owned())
    }

    fn prints_once(&self) -> Option<String> {
        (!self.follows())
            .then(|| "--interval is the time between samples: it needs --follow".to_owned())
    }

    fn has_no_file(&self) -> Option<String> {
        let kind = self.kind();
        let why = kind.endless?;
        Some(format!("--format {} is a stream and has no --output{why}", kind.name))
    }
}

fn one_of<T: Copy>(
    known: impl Iterator<Item = (&'static str, T)>,
    name: &str,
) -> Result<T, OptionError> {
    let known: Vec<_> = known.collect();
    let found = known.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|(known, _)| *known).collect();
        OptionError::predicate(format_args!("is one of {}, not '{name}'", known.join(", ")))
    })
}

/// `a, b and c`.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    match names.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}
