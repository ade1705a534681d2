//! `rstat-waybar`: follows a region and prints a line whenever the line has changed.
//!
//! The program lives as long as its output has a reader, and wakes once a sample. Waybar
//! waits for its modules to die of SIGTERM, so the program leaves that signal alone. It does
//! not use PR_SET_PDEATHSIG: that signal comes when the *thread* that started the program
//! ends, which a bar may do at any time. A bar that dies closes the pipe, which ends the
//! program.
//!
//! The first thread sleeps on a futex and prints. Two other threads sleep for the end of the
//! output, and for signals that change the tooltip.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::module::ModuleOptions;
use crate::module::live::Live;
use crate::outputs::waybar::line;
use crate::programs::ending::end_with_reader;
use crate::programs::signals::Signals;
use crate::programs::{Failure, print};

mod options;

pub use options::PROGRAM;

/// The stack of the thread that waits for signals, which needs next to nothing.
const SIGNALS_STACK_BYTES: usize = 64 << 10;

/// Prints lines until the output has no reader, or a single line.
pub fn run(options: ModuleOptions) -> Result<(), Failure> {
    options.check().map_err(|(name, why)| Failure::Usage(why.of_option(name)))?;
    let once = options.once;
    let signals = Signals::of_bars();
    let module = Arc::new(Live::new(options));
    if !once {
        end_with_reader();
        obey(signals, Arc::clone(&module));
    }
    loop {
        let printed = module.next(Duration::MAX, |text: &mut String, appearance| {
            text.clear();
            // Writing to a string cannot fail, and none of our values does.
            let _ = line(text, appearance);
            print(text)
        });
        match printed {
            Some(Ok(())) if !once => {}
            printed => return printed.unwrap_or(Ok(())),
        }
    }
}

/// Makes the changes of signals at once.
fn obey(signals: Signals, module: Arc<Live<String>>) {
    let obey = move || {
        loop {
            if let Ok(number) = usize::try_from(signals.wait() - libc::SIGRTMIN()) {
                module.hear(number);
            }
        }
    };
    // Everything else works without the thread.
    let _ = thread::Builder::new().stack_size(SIGNALS_STACK_BYTES).spawn(obey);
}
