//! Text that is printed once: an output, and what it has written before.

use crate::outputs::output::Write;
use crate::report::{Freshness, Report};

/// The bytes of a long text, so that the buffers seldom grow.
const TEXT_BYTES: usize = 8 << 10;

/// Turns one report after the other into text. Both buffers are kept, so writing
/// allocates nothing after the first few texts.
pub struct Printer {
    write: Write,
    only_changes: bool,
    text: String,
    last: String,
}

impl Printer {
    /// A printer that has written nothing yet. With `only_changes` it leaves out a text that
    /// equals the text before.
    pub fn new(write: Write, only_changes: bool) -> Self {
        let buffer = || String::with_capacity(TEXT_BYTES);
        Self { write, only_changes, text: buffer(), last: buffer() }
    }

    /// The text for a report, to its last line feed, unless the text is left out.
    pub fn next(&mut self, report: &Report) -> Option<&str> {
        std::mem::swap(&mut self.text, &mut self.last);
        self.text.clear();
        // Writing to a string cannot fail, and none of our values does.
        let _ = (self.write)(&mut self.text, report);
        self.text.push_str(if self.text.ends_with('\n') { "" } else { "\n" });
        (!self.only_changes || self.text != self.last).then_some(&self.text)
    }

    /// Forgets the last text, which could not be printed: the same text is new then.
    pub fn forget(&mut self) {
        self.text.clear();
    }

    /// The text that no other text will follow: when it is read, the figures are old.
    pub fn last(&mut self, report: &Report) -> &str {
        let state = if report.state == Freshness::Fresh { Freshness::Stale } else { report.state };
        self.forget();
        self.next(&Report { state, ..*report }).unwrap_or_default()
    }
}
