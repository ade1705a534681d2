//! Events: a thread each waits for samples, for keys, and for signals.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event as Input};

use crate::pace::Pacer;
use crate::programs::signals::Signals;
use crate::programs::watch::picture::Picture;

/// An event.
pub enum Event {
    /// A new sample, or another state of the region.
    Sample(Box<Picture>),
    /// A pressed key, or another size of the terminal.
    Input(Input),
    /// A signal that ends programs.
    Signal(i32),
    /// The terminal is gone.
    Ended,
}

/// Events that were not handled yet.
pub struct Events(Receiver<Event>);

impl Events {
    /// Starts the threads.
    pub fn start(pacer: Pacer, signals: Signals) -> Self {
        let (sender, receiver) = mpsc::channel();
        let samples = sender.clone();
        thread::spawn(move || follow(pacer, &samples));
        let inputs = sender.clone();
        thread::spawn(move || read(&inputs));
        thread::spawn(move || sender.send(Event::Signal(signals.wait())));
        Self(receiver)
    }

    /// Sleeps until an event comes, and returns all events so far.
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
