//! `rstat-read`: a sample, or one after the other, in the form that is asked for.
//!
//! It follows a region as [`Follower`] does, so it shows what there is, waits for
//! what there is not, and ends with its output's reader.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rstat_shm::layout::HISTORY_POINTS;
use rstat_shm::snapshot::HistoryPoint;

use crate::figures::template::Rendering;
use crate::figures::{Template, Thresholds};
use crate::follow::Follower;
use crate::outputs;
use crate::pace::{Interval, Pacer};
use crate::programs::ending::{Ending, end_with_reader};
use crate::programs::{Failure, print};
use crate::report::{Report, State};
use crate::text::paint::Paint;

mod format;
mod list;
mod output;

pub use format::{Emitter, Format};
pub use list::list;
pub use output::Output;

use crate::text::advice::Advice;

/// Time between two outputs at least, unless somebody wants another.
pub const INTERVAL: Interval = Interval::Time(Duration::from_secs(1));
/// After this a file that could not be written is tried again, if there is no sample before.
const RETRY: Duration = Duration::from_secs(1);

/// What is printed, where to, and how often.
#[derive(Clone, Debug)]
pub struct Options {
    /// In what form.
    pub format: Format,
    /// For the formats that have them.
    pub templates: Vec<Template>,
    /// How these are written out.
    pub rendering: Rendering,
    /// Where the colours of bars begin.
    pub thresholds: Thresholds,
    /// Whether text for people has colours.
    pub paint: Paint,
    /// Whether more than one sample is wanted.
    pub follow: bool,
    /// Time between two outputs at least.
    pub interval: Interval,
    /// A file instead of the standard output.
    pub output: Option<PathBuf>,
}

/// Prints the latest sample, however old it is, or all samples that come.
pub fn run(path: Option<&Path>, options: &Options) -> Result<(), Failure> {
    let mut pacer = Pacer::new(path, options.interval);
    let mut output = Output::new(options.output.as_deref())?;
    let mut emitter = Emitter::new(options);
    if !options.follow {
        pacer.next(Duration::MAX);
        return once(&pacer.follower().report(&mut []), &mut emitter, &output);
    }
    if output.is_standard() {
        end_with_reader();
        print(emitter.header())?;
        return follow(&mut pacer, &mut emitter, &mut output, options);
    }
    let ending = Ending::interrupt(pacer.follower().interrupt());
    follow(&mut pacer, &mut emitter, &mut output, options)?;
    output.end(emitter.last(&pacer.follower().report(&mut [])));
    ending.die();
    Ok(())
}

/// Prints what comes, until the follower is interrupted.
fn follow(
    pacer: &mut Pacer,
    emitter: &mut Emitter,
    output: &mut Output,
    options: &Options,
) -> Result<(), Failure> {
    let mut has_begun = false;
    let mut is_written = true;
    loop {
        // A text that could not be written is tried again without a new sample.
        pacer.next(if is_written { Duration::MAX } else { RETRY });
        if pacer.follower().interrupt().is_raised() {
            return Ok(());
        }
        if let Some(text) = emitter.next(&pacer.follower().report(&mut [])) {
            if has_begun && options.format == Format::Text && output.is_standard() {
                print("\n")?;
            }
            is_written = output.write_if_possible(text)?;
            has_begun = true;
            if !is_written {
                emitter.forget();
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
    let _ = outputs::history(&mut text, &report);
    print(&text)?;
    complain(&report)
}

fn once(report: &Report, emitter: &mut Emitter, output: &Output) -> Result<(), Failure> {
    // Who scrapes a file has to learn that the figures in it are over.
    if (report.sample.is_some() || emitter.tells_absence())
        && let Some(text) = emitter.next(report)
    {
        output.write(text)?;
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
pub fn get(path: Option<&Path>, names: &[String], options: &Options) -> Result<(), Failure> {
    let mut follower = Follower::new(path);
    follower.wait();
    let report = follower.report(&mut []);
    let mut unknown = None;
    for (name, template) in names.iter().zip(&options.templates) {
        let mut line = String::new();
        // What people would take for the present must not be the past.
        let is_past = report.state != State::Fresh && !template.is_of_any_state();
        let report = Report { sample: report.sample.filter(|_| !is_past), ..report };
        if !template.placeholders().all(|it| it.has_text(&report, options.rendering)) {
            unknown = unknown.or(Some(name));
            continue;
        }
        // Writing to a string cannot fail, and none of our values does.
        let _ = template.render(&mut line, &report, options.rendering);
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
