//! `rstat-read`: a sample, or one after the other, in the form that is asked for.
//!
//! The program follows a region as [`crate::Follower`] does: it shows what there is, waits
//! for what there is not, and ends with the reader of its output.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use crate::figures::template::{Rendering, Template};
use crate::follow::Follower;
use crate::outputs::history;
use crate::outputs::{OutputKind, Printer, Wishes};
use crate::pace::{Interval, Pacer};
use crate::programs::ending::{Ending, end_with_reader};
use crate::programs::{Failure, print};
use crate::report::{Freshness, Report};
use crate::text::advice::Advice;
use crate::text::paint::Paint;

mod destination;
mod list;
mod options;

use destination::Destination;
use list::list;
use options::Command;
pub use options::{PROGRAM, ReadOptions};

/// The least time between two outputs, unless the user wants another.
const INTERVAL: Interval = Interval::Time(Duration::from_secs(1));
/// The time after which a file that could not be written is tried again without a new
/// sample.
const RETRY: Duration = Duration::from_secs(1);

/// Does what the command line asks for.
pub fn run(options: ReadOptions) -> Result<(), Failure> {
    let path = options.path.as_deref();
    match options.command {
        Some(Command::List) => return list(),
        Some(Command::History) => return history(path),
        None => {}
    }
    let rendering = Rendering {
        escape: options.escape.unwrap_or_default(),
        kernel_threads: options.kernel_threads,
        ..Rendering::default()
    };
    if !options.get.is_empty() {
        return get(path, &options.get, rendering);
    }
    let (kind, follows) = (options.kind(), options.follows());
    let wishes = Wishes {
        templates: options.templates,
        rendering,
        thresholds: options.thresholds.unwrap_or_default(),
        paint: paint(options.output.is_none()),
    };
    let mut printing = Printing {
        kind,
        printer: Printer::new((kind.new)(wishes), kind.only_changes),
        destination: Destination::new(options.output.as_deref())?,
    };
    let mut pacer = Pacer::new(path, options.interval.unwrap_or(INTERVAL));
    if !follows {
        pacer.next(Duration::MAX);
        return printing.once(&pacer.follower().report(&mut []));
    }
    if printing.destination.is_standard() {
        end_with_reader();
        print(kind.header)?;
        return printing.follow(&mut pacer);
    }
    let ending = Ending::interrupt(pacer.follower().interrupt());
    printing.follow(&mut pacer)?;
    let last = printing.printer.last(&pacer.follower().report(&mut []));
    printing.destination.end(last);
    ending.die();
    Ok(())
}

/// An output on its way to where it goes.
struct Printing {
    kind: &'static OutputKind,
    printer: Printer,
    destination: Destination,
}

impl Printing {
    /// Prints the latest sample, however old it is.
    fn once(&mut self, report: &Report) -> Result<(), Failure> {
        if (report.sample.is_some() || self.kind.says_absence)
            && let Some(text) = self.printer.next(report)
        {
            self.destination.write(text)?;
        }
        complain(report)
    }

    /// Prints all samples that come, until the follower is interrupted.
    fn follow(&mut self, pacer: &mut Pacer) -> Result<(), Failure> {
        let mut has_begun = false;
        let mut is_written = true;
        loop {
            // A text that could not be written is tried again without a new sample.
            pacer.next(if is_written { Duration::MAX } else { RETRY });
            if pacer.follower().interrupt().is_raised() {
                return Ok(());
            }
            let Some(text) = self.printer.next(&pacer.follower().report(&mut [])) else {
                continue;
            };
            if has_begun && self.destination.is_standard() {
                print(self.kind.separator)?;
            }
            is_written = self.destination.write_if_possible(text)?;
            has_begun = true;
            if !is_written {
                self.printer.forget();
            }
        }
    }
}

/// Prints the points that the region remembers.
fn history(path: Option<&Path>) -> Result<(), Failure> {
    let mut follower = Follower::new(path);
    follower.wait();
    let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
    let report = follower.report(&mut points);
    let mut text = String::new();
    // Writing to a string cannot fail, and none of our values does.
    let _ = history::history(&mut text, &report);
    print(&text)?;
    complain(&report)
}

/// Returns why there was nothing to print, unless there was something.
fn complain(report: &Report) -> Result<(), Failure> {
    let path = report.path.display();
    match report.state {
        _ if report.sample.is_some() => Ok(()),
        Freshness::Starting => {
            Err(Failure::Run(format!("read region {path}: there is no sample in it yet")))
        }
        _ => Err(Failure::Run(Advice(report).to_string())),
    }
}

/// Prints figures, each on a line. A figure that is not known now is a failure, reported
/// after the other figures.
fn get(
    path: Option<&Path>,
    figures: &[(String, Template)],
    rendering: Rendering,
) -> Result<(), Failure> {
    let mut follower = Follower::new(path);
    follower.wait();
    let report = follower.report(&mut []);
    let mut unknown = None;
    for (name, figure) in figures {
        // A figure of the past must not pass for one of the present.
        let is_past = report.state != Freshness::Fresh && !figure.is_of_any_state();
        let report = Report { sample: report.sample.filter(|_| !is_past), ..report };
        if !figure.placeholders().all(|it| it.has_text(&report, rendering)) {
            unknown = unknown.or(Some(name));
            continue;
        }
        let mut line = String::new();
        // Writing to a string cannot fail, and none of our values does.
        let _ = figure.render(&mut line, &report, rendering);
        line.push('\n');
        print(&line)?;
    }
    match unknown {
        None => Ok(()),
        Some(name) if report.state == Freshness::Fresh => {
            Err(Failure::Run(format!("{name} is not known on this machine now")))
        }
        Some(name) => Err(Failure::Run(format!("{name} is not known now: {}", Advice(&report)))),
    }
}

/// Colours on a terminal, unless the user wants none (<https://no-color.org>).
fn paint(is_standard: bool) -> Paint {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
    let is_seen = is_standard && io::stdout().is_terminal();
    if is_seen && !is_dumb && !is_set("NO_COLOR") { Paint::Coloured } else { Paint::Plain }
}
