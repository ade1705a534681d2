//! Lines for Waybar's custom module with `"return-type": "json"`.
//!
//! A line that says the same as the one before is not written: Waybar restarts
//! the delay of its tooltips with each. All buffers are kept, so that writing
//! lines allocates nothing after the first few.

use std::fmt::{self, Write};

use crate::module::Look;
use crate::module::appearance::{Appearance, Module};
use crate::module::options::ModuleOptions;
use crate::report::Report;
use crate::text::json;

/// Bytes that a line with long lists takes, so that the buffers need not grow.
const LINE_BYTES: usize = 8 << 10;

/// Writes the lines of one module.
pub struct Waybar {
    module: Module,
    line: String,
    last: String,
}

impl Default for Waybar {
    fn default() -> Self {
        Self::new(ModuleOptions::default())
    }
}

impl Waybar {
    /// Nothing written yet.
    pub fn new(options: ModuleOptions) -> Self {
        let buffer = || String::with_capacity(LINE_BYTES);
        Self { module: Module::new(options), line: buffer(), last: buffer() }
    }

    /// How the tooltip looks from the next line on.
    pub fn look(&mut self) -> &mut Look {
        self.module.look()
    }

    /// The line for a report, with its line feed, unless it is the one before.
    pub fn line(&mut self, report: &Report) -> Option<&str> {
        std::mem::swap(&mut self.line, &mut self.last);
        self.line.clear();
        // Writing to a string cannot fail, and none of our values does.
        let _ = write(&mut self.line, self.module.show(report));
        (self.line != self.last).then_some(&self.line)
    }
}

fn write(out: &mut String, appearance: &Appearance) -> fmt::Result {
    let Appearance { text, alt, tooltip, classes, percentage } = appearance;
    out.push('{');
    json::key(out, "text")?;
    json::string(out, text)?;
    json::key(out, "alt")?;
    json::string(out, alt)?;
    json::key(out, "tooltip")?;
    json::string(out, tooltip)?;
    json::key(out, "class")?;
    out.push('[');
    for class in classes {
        json::element(out);
        json::string(out, class)?;
    }
    out.push(']');
    if let Some(percentage) = percentage {
        json::key(out, "percentage")?;
        write!(out, "{percentage}")?;
    }
    out.push_str("}\n");
    Ok(())
}
