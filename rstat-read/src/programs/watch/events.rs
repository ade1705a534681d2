//! What happens: samples, keys and signals, each waited for by a thread of its own.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event as Input};

use crate::pace::Pacer;
use crate::programs::signals::Signals;
use crate::programs::watch::picture::Picture;

/// One thing that has happened.
pub enum Event {
    /// There is a sample, or the region is in another state.
    Sample(Box<Picture>),
    /// A key was pressed, or the terminal has another size.
    Input(Input),
    /// A signal that ends programs.
    Signal(i32),
    /// The terminal is gone.
    Ended,
}

/// What has happened and was not seen yet.
pub struct Events(Receiver<Event>);

impl Events {
    /// Starts to wait.
    pub fn start(pacer: Pacer, signals: Signals) -> Self {
        let (sender, receiver) = mpsc::channel();
        let samples = sender.clone();
        thread::spawn(move || follow(pacer, &samples));
        let inputs = sender.clone();
        thread::spawn(move || read(&inputs));
        thread::spawn(move || sender.send(Event::Signal(signals.wait())));
        Self(receiver)
    }

    /// Sleeps until something happens, and hands out all that has.
    pub fn next(&self) -> Vec<Event> {
        let first = self.0.recv().unwrap_or(Event::Ended);
        [first].into_iter().chain(self.0.try_iter()).collect()
    }
}

fn follow(mut pacer: Pacer, events: &Sender<Event>) {
    while pacer.next(Duration::MAX).is_some() {
        let picture = Box::new(Picture::take(pacer.follower()));
        if events.send(Event::Sample(picture)).is_err() {
            return;
        }
    }
}

fn read(events: &Sender<Event>) {
    loop {
        let event = event::read().map_or(Event::Ended, Event::Input);
        let is_last = matches!(event, Event::Ended);
        if events.send(event).is_err() || is_last {
            return;
        }
    }
}
