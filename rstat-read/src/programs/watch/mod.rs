//! `rstat-watch`: the machine on a whole terminal, with plots of its last minutes.
//!
//! Three threads sleep, for a sample, for a key and for a signal; this one draws
//! when there is something to draw and sleeps else. What is on the screen is a pure
//! function of a `View`; nothing of the terminal is left changed, however it ends.

use std::io::{self, IsTerminal, Stdout};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::Event as Input;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen};
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use crate::pace::Pacer;
use crate::programs::Failure;
use crate::programs::patient::Patient;
use crate::programs::signals::{self, Signals};

mod cores;
mod events;
mod header;
mod list;
mod options;
mod panels;
mod picture;
mod plot;
mod screen;
mod view;

use events::{Event, Events};
pub use options::{PROGRAM, WatchOptions};
use view::{Action, View};

/// Columns and lines that are drawn at most: a screen of 8000 by 8000 points, in letters of
/// 8 by 16. A terminal may say that it has 65,535 of each, for which no memory suffices.
const MOST_COLUMNS: u16 = 1000;
const MOST_LINES: u16 = 500;

/// Shows a region until somebody has seen enough.
pub fn run(options: WatchOptions) -> Result<(), Failure> {
    let WatchOptions { path, interval } = options;
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::Usage("it needs a terminal for its input and output".to_owned()));
    }
    let signals = Signals::ending();
    let pacer = Pacer::new(path.as_deref(), interval);
    let ended = open().and_then(|terminal| show(terminal, &Events::start(pacer, signals)));
    ratatui::restore();
    match ended.map_err(Failure::Output)? {
        Ending::Done => Ok(()),
        Ending::Signal(signal) => {
            signals.die_of(signal);
            Ok(())
        }
    }
}

/// Why nothing is shown any more.
enum Ending {
    Done,
    Signal(i32),
}

type Terminal = ratatui::Terminal<CrosstermBackend<Patient<Stdout>>>;

/// The whole terminal, as it is when it shows nothing yet.
fn open() -> io::Result<Terminal> {
    // It changes the terminal, and leaves the writing to who comes after it.
    drop(ratatui::try_init_with_options(fixed(Rect::ZERO))?);
    let mut output = Patient(io::stdout());
    execute!(output, EnterAlternateScreen)?;
    Terminal::with_options(CrosstermBackend::new(output), fixed(drawn()?))
}

fn fixed(area: Rect) -> TerminalOptions {
    TerminalOptions { viewport: Viewport::Fixed(area) }
}

/// The part of the terminal that is drawn, which is mostly all of it.
fn drawn() -> io::Result<Rect> {
    let (columns, lines) = terminal::size()?;
    Ok(Rect::new(0, 0, columns.min(MOST_COLUMNS), lines.min(MOST_LINES)))
}

fn show(mut terminal: Terminal, events: &Events) -> io::Result<Ending> {
    let mut view = View::default();
    loop {
        // All that has happened meanwhile is one screen.
        for event in events.next() {
            let action = match event {
                Event::Sample(picture) => view.see(picture),
                Event::Input(Input::Key(key)) => view.press(key),
                Event::Input(_) => Action::Draw,
                Event::Signal(signal) => return Ok(Ending::Signal(signal)),
                Event::Ended => return Ok(Ending::Done),
            };
            match action {
                Action::Draw => {}
                Action::Quit => return Ok(Ending::Done),
                Action::Suspend => suspend(&mut terminal)?,
            }
        }
        let area = drawn()?;
        if terminal.get_frame().area() != area {
            terminal.resize(area)?;
        }
        terminal.draw(|frame| screen::draw(frame, &view))?;
    }
}

/// Gives the terminal back until somebody brings us to the foreground again.
fn suspend(terminal: &mut Terminal) -> io::Result<()> {
    ratatui::restore();
    signals::stop();
    // A fresh one, which knows that the screen is empty.
    *terminal = open()?;
    Ok(())
}
