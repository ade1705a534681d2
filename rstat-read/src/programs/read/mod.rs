//! `rstat-read`: a sample, or one after the other, in the form that is asked for.
//!
//! It follows a region as [`Follower`] does, so it shows what there is, waits for
//! what there is not, and ends with its output's reader.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use crate::follow::Follower;
use crate::outputs::history::history as write_history;
use crate::outputs::{Output, OutputKind, Printer, Wishes};
use crate::pace::{Interval, Pacer};
use crate::programs::ending::{Ending, end_with_reader};
use crate::programs::{Failure, print};
use crate::report::{Report, State};

mod destination;
mod list;

use destination::Destination;
pub use list::list;

use crate::text::advice::Advice;

/// Time between two outputs at least, unless somebody wants another.
pub const INTERVAL: Interval = Interval::Time(Duration::from_secs(1));
/// After this a file that could not be written is tried again, if there is no sample before.
const RETRY: Duration = Duration::from_secs(1);

/// What is printed, where to, and how often.
pub struct ReadOptions {
    /// The output.
    pub kind: &'static OutputKind,
    /// What the output is to be like.
    pub wishes: Wishes,
    /// Whether more than one sample is wanted.
    pub follow: bool,
    /// Time between two outputs at least.
    pub interval: Interval,
    /// A file instead of the standard output.
    pub output: Option<PathBuf>,
}

/// Prints the latest sample, however old it is, or all samples that come.
pub fn run(path: Option<&Path>, options: &ReadOptions) -> Result<(), Failure> {
    let mut pacer = Pacer::new(path, options.interval);
    let mut destination = Destination::new(options.output.as_deref())?;
    let kind = options.kind;
    let mut printer = Printer::new((kind.new)(options.wishes.clone()), kind.only_changes);
    if !options.follow {
        pacer.next(Duration::MAX);
        return once(&pacer.follower().report(&mut []), kind, &mut printer, &destination);
    }
    if destination.is_standard() {
        end_with_reader();
        print(printer.output().header())?;
        return follow(&mut pacer, kind, &mut printer, &mut destination);
    }
    let ending = Ending::interrupt(pacer.follower().interrupt());
    follow(&mut pacer, kind, &mut printer, &mut destination)?;
    destination.end(printer.last(&pacer.follower().report(&mut [])));
    ending.die();
    Ok(())
}

/// Prints what comes, until the follower is interrupted.
fn follow(
    pacer: &mut Pacer,
    kind: &OutputKind,
    printer: &mut Printer<Box<dyn Output>>,
    destination: &mut Destination,
) -> Result<(), Failure> {
    let mut has_begun = false;
    let mut is_written = true;
    loop {
        // A text that could not be written is tried again without a new sample.
        pacer.next(if is_written { Duration::MAX } else { RETRY });
        if pacer.follower().interrupt().is_raised() {
            return Ok(());
        }
        if let Some(text) = printer.next(&pacer.follower().report(&mut [])) {
            if has_begun && destination.is_standard() {
                print(kind.separator)?;
            }
            is_written = destination.write_if_possible(text)?;
            has_begun = true;
            if !is_written {
                printer.forget();
            }
        }
    }
}

/// Prints the points that the region remembers.
pub fn history(path: Option<&Path>) -> Result<(), Failure> {
    let mut follower = Follower::new(path);
    follower.wait();
    let mut points = vec![HistoryPoint::default(); HISTORY_POINTS];
    let report = follower.report(&mut points);
    let mut text = String::new();
    // Writing to a string cannot fail, and none of our values does.
    let _ = write_history(&mut text, &report);
    print(&text)?;
    complain(&report)
}

fn once(
    report: &Report,
    kind: &OutputKind,
    printer: &mut Printer<Box<dyn Output>>,
    destination: &Destination,
) -> Result<(), Failure> {
    if (report.sample.is_some() || kind.says_absence)
        && let Some(text) = printer.next(report)
    {
        destination.write(text)?;
    }
    complain(report)
}

/// Says why there was nothing to print, unless there was something.
fn complain(report: &Report) -> Result<(), Failure> {
    let path = report.path.display();
    match report.state {
        _ if report.sample.is_some() => Ok(()),
        State::Starting => {
            Err(Failure::Run(format!("read region {path}: there is no sample in it yet")))
        }
        _ => Err(Failure::Run(Advice(report).to_string())),
    }
}

/// Prints figures by their names, each on a line; `names` says what they were
/// called. One that is not known now is a failure, after the others.
pub fn get(path: Option<&Path>, names: &[String], options: &ReadOptions) -> Result<(), Failure> {
    let mut follower = Follower::new(path);
    follower.wait();
    let report = follower.report(&mut []);
    let mut unknown = None;
    for (name, template) in names.iter().zip(&options.wishes.templates) {
        let mut line = String::new();
        // What people would take for the present must not be the past.
        let is_past = report.state != State::Fresh && !template.is_of_any_state();
        let report = Report { sample: report.sample.filter(|_| !is_past), ..report };
        if !template.placeholders().all(|it| it.has_text(&report, options.wishes.rendering)) {
            unknown = unknown.or(Some(name));
            continue;
        }
        // Writing to a string cannot fail, and none of our values does.
        let _ = template.render(&mut line, &report, options.wishes.rendering);
        line.push('\n');
        print(&line)?;
    }
    match unknown {
        None => Ok(()),
        Some(name) if report.state == State::Fresh => {
            Err(Failure::Run(format!("{name} is not known on this machine now")))
        }
        Some(name) => Err(Failure::Run(format!("{name} is not known now: {}", Advice(&report)))),
    }
}
