//! A source that reads one text file, the whole file each time.

use std::io;

use rstat_shm::Snapshot;

use super::entry::{Draft, Source, tried};
use super::files::{Root, ValueError, ValueFile};

/// Parses the text, then fills in the figures. Returns the groups that are known.
pub type Fill = fn(&[u8], &mut Snapshot) -> Result<u64, ValueError>;

/// A text file, which stays open, and its parser.
pub struct TextSource {
    text: ValueFile,
    /// The buffer is kept, as clearing a new one at each reading would take longer than parsing.
    buffer: Vec<u8>,
    fill: Fill,
    /// The text that `--check` prints after the path.
    note: &'static str,
}

impl TextSource {
    /// Opens the file and parses it once. Later readings of up to `bytes` of text allocate nothing.
    pub fn discover(
        root: &Root,
        path: &str,
        bytes: usize,
        note: &'static str,
        fill: Fill,
    ) -> Result<Box<dyn Source>, String> {
        let text = root.open(path).map_err(|error| error.to_string())?;
        tried(Self { text, buffer: vec![0; bytes], fill, note })
    }
}

impl Source for TextSource {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let text = self.text.whole(&mut self.buffer);
        let known = text.and_then(|text| (self.fill)(text, &mut draft.sample));
        Ok(self.text.known(known)?.unwrap_or(0))
    }

    fn origin(&self) -> String {
        format!("{}{}", self.text.path(), self.note)
    }
}
