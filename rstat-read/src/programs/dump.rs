//! `rstat-read --dump`: the latest sample, once.

use std::path::Path;

use rstat_shm::Snapshot;

use crate::emit;
use crate::programs::{Failure, print};
use crate::reader::Reader;
use crate::report::Report;

/// In what form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned text for people.
    #[default]
    Text,
    /// One JSON object on one line.
    Json,
}

impl Format {
    /// As `--format` spells them.
    pub const NAMES: [(&'static str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }
}

/// Prints the latest sample of a region, however old it is.
pub fn run(path: Option<&Path>, format: Format) -> Result<(), Failure> {
    let reader = Reader::open(path).map_err(|error| {
        let hint = if error.is_absent() { " (is rstatd running?)" } else { "" };
        Failure::Run(format!("{error}{hint}"))
    })?;
    // The state first: asking for it may find a newer file of the same name.
    let state = reader.state();
    let mut sample = Snapshot::EMPTY;
    let has_sample = reader.snapshot(&mut sample).is_ok();
    if !has_sample {
        let path = reader.path().display();
        return Err(Failure::Run(format!("read region {path}: there is no sample in it yet")));
    }
    let report = Report {
        state,
        sample: Some(&sample),
        history: &[],
        age: reader.age().unwrap_or_default(),
        path: reader.path(),
        error: None,
    };
    let mut text = String::new();
    let written = match format {
        Format::Text => emit::dump(&mut text, &report),
        Format::Json => emit::object(&mut text, &report).map(|()| text.push('\n')),
    };
    written.map_err(|error| Failure::Run(format!("write sample: {error}")))?;
    print(&text)
}
