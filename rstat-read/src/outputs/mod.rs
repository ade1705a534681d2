//! From a report to printed text. Every output is one file and one row of [`OUTPUTS`].
//!
//! All of this is pure: the same reports give the same bytes; no file is read or written.

pub mod history;
pub mod waybar;

mod dump;
mod env;
mod i3bar;
mod i3status;
mod json;
mod output;
mod polybar;
mod printer;
mod prometheus;
mod template;

pub use output::{OutputKind, Templates, Wishes, Write};
pub use printer::Printer;

/// All outputs that `--format` has a name for, the usual one first.
pub static OUTPUTS: [&OutputKind; 9] = [
    &dump::TEXT,
    &json::JSON,
    &json::JSONL,
    &env::ENV,
    &prometheus::PROMETHEUS,
    &i3bar::I3BAR,
    &i3status::I3STATUS,
    &polybar::POLYBAR,
    &template::TEMPLATE,
];

/// The output of that name.
pub fn named(name: &str) -> Option<&'static OutputKind> {
    OUTPUTS.iter().find(|kind| kind.name == name).copied()
}
