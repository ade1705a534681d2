//! Messages to the main thread: a thread each waits for samples, for keys, and for signals.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event as Input};

use crate::pace::Pacer;
use crate::programs::signals::Signals;
use crate::programs::watch::picture::Picture;

/// A message.
pub enum Message {
    /// A new sample, or another state of the region.
    Sample(Box<Picture>),
    /// A pressed key, or another size of the terminal.
    Input(Input),
    /// A signal that ends programs.
    Signal(i32),
    /// The terminal is gone.
    Ended,
}

/// Messages that were not handled yet.
pub struct Inbox(Receiver<Message>);

impl Inbox {
    /// Starts the threads.
    pub fn start(pacer: Pacer, signals: Signals) -> Self {
        let (sender, receiver) = mpsc::channel();
        let samples = sender.clone();
        thread::spawn(move || follow(pacer, &samples));
        let inputs = sender.clone();
        thread::spawn(move || read(&inputs));
        thread::spawn(move || sender.send(Message::Signal(signals.wait())));
        Self(receiver)
    }

    /// Sleeps until a message comes, and returns all messages so far.
    pub fn next(&self) -> Vec<Message> {
        let first = self.0.recv().unwrap_or(Message::Ended);
        [first].into_iter().chain(self.0.try_iter()).collect()
    }
}

fn follow(mut pacer: Pacer, inbox: &Sender<Message>) {
    while pacer.next(Duration::MAX).is_some() {
        let picture = Box::new(Picture::take(pacer.follower()));
        if inbox.send(Message::Sample(picture)).is_err() {
            return;
        }
    }
}

fn read(inbox: &Sender<Message>) {
    loop {
        let message = event::read().map_or(Message::Ended, Message::Input);
        let is_last = matches!(message, Message::Ended);
        if inbox.send(message).is_err() || is_last {
            return;
        }
    }
}
