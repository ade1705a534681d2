//! `rstat-watch`: the machine on a whole terminal, with plots of its last minutes.
//!
//! Three threads wait for a sample, for a key and for a signal; the main thread draws after
//! each message. The screen is a pure function of a `View`. The program leaves the terminal as
//! it was, however it ends.

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
mod header;
mod inbox;
mod list;
mod options;
mod panels;
mod picture;
mod plot;
mod screen;
mod view;

use inbox::{Inbox, Message};
pub use options::{PROGRAM, WatchOptions};
use view::{Action, View};

/// The greatest drawn size: a screen of 8000 by 8000 points, in letters of 8 by 16. A terminal
/// may claim 65,535 columns and lines, for which no memory suffices.
const MOST_COLUMNS: u16 = 1000;
const MOST_LINES: u16 = 500;

/// Shows a region until a key or a signal ends the program.
pub fn run(options: WatchOptions) -> Result<(), Failure> {
    let WatchOptions { path, interval } = options;
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::Usage("it needs a terminal for its input and output".to_owned()));
    }
    let signals = Signals::ending();
    let pacer = Pacer::new(path.as_deref(), interval);
    let ended = open().and_then(|terminal| show(terminal, &Inbox::start(pacer, signals)));
    ratatui::restore();
    match ended.map_err(Failure::Output)? {
        Ending::Done => Ok(()),
        Ending::Signal(signal) => {
            signals.die_of(signal);
            Ok(())
        }
    }
}

/// The reason for the end.
enum Ending {
    Done,
    Signal(i32),
}

type Terminal = ratatui::Terminal<CrosstermBackend<Patient<Stdout>>>;

/// The whole terminal, still empty.
fn open() -> io::Result<Terminal> {
    // This call changes the terminal's mode. The terminal below does the writing.
    drop(ratatui::try_init_with_options(fixed(Rect::ZERO))?);
    let mut output = Patient(io::stdout());
    execute!(output, EnterAlternateScreen)?;
    Terminal::with_options(CrosstermBackend::new(output), fixed(drawn()?))
}

fn fixed(area: Rect) -> TerminalOptions {
    TerminalOptions { viewport: Viewport::Fixed(area) }
}

/// The drawn part of the terminal, which is mostly all of it.
fn drawn() -> io::Result<Rect> {
    let (columns, lines) = terminal::size()?;
    Ok(Rect::new(0, 0, columns.min(MOST_COLUMNS), lines.min(MOST_LINES)))
}

fn show(mut terminal: Terminal, inbox: &Inbox) -> io::Result<Ending> {
    let mut view = View::default();
    loop {
        // All messages until now make one screen.
        for message in inbox.next() {
            let action = match message {
                Message::Sample(picture) => view.see(picture),
                Message::Input(Input::Key(key)) => view.press(key),
                Message::Input(_) => Action::Draw,
                Message::Signal(signal) => return Ok(Ending::Signal(signal)),
                Message::Ended => return Ok(Ending::Done),
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

/// Gives the terminal back until the program is in the foreground again.
fn suspend(terminal: &mut Terminal) -> io::Result<()> {
    ratatui::restore();
    signals::stop();
    // A new terminal has an empty screen.
    *terminal = open()?;
    Ok(())
}
