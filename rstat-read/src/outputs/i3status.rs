//! Lines for the `custom` block of i3status-rust with `json = true` and `persistent = true`:
//! one object for each report, all blocks in one text.
//!
//! i3status-rust reads the text as Pango markup and colours it by `state`.

use std::fmt;

use crate::figures::level::Level;
use crate::figures::template::{Escape, Rendering};
use crate::module::blocks::Blocks;
use crate::outputs::output::{OutputKind, Templates};
use crate::report::Report;
use crate::text::json::member;

const BETWEEN: &str = "  ";

/// The row of `i3status`.
pub static I3STATUS: OutputKind = OutputKind {
    has_levels: true,
    templates: Templates::Optional,
    only_changes: true,
    ..OutputKind::plain("i3status", "JSON for a custom block of i3status-rust", |wishes| {
        let rendering = Rendering { escape: Escape::Pango, ..wishes.rendering };
        let mut blocks = Blocks::new(wishes.templates, rendering, &wishes.thresholds);
        Box::new(move |out, report| line(out, report, &mut blocks))
    })
};

fn line(out: &mut String, report: &Report, blocks: &mut Blocks) -> fmt::Result {
    let (mut text, mut short, mut level) = (String::new(), String::new(), Level::Ok);
    let without = blocks.each(report, |shown| {
        append(&mut text, shown.text);
        append(&mut short, shown.short.unwrap_or(shown.text));
        level = level.max(shown.level);
        Ok(())
    })?;
    let state = match (without, level) {
        (Some(_), _) => "Info",
        (None, Level::Ok) => "Idle",
        (None, Level::Warning) => "Warning",
        (None, Level::Critical) => "Critical",
    };
    out.push('{');
    member(out, "state", state)?;
    member(out, "text", without.unwrap_or(&text))?;
    member(out, "short_text", without.unwrap_or(&short))?;
    out.push('}');
    Ok(())
}

fn append(line: &mut String, text: &str) {
    line.push_str(if line.is_empty() { "" } else { BETWEEN });
    line.push_str(text);
}
