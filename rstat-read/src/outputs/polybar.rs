//! Lines for polybar's `custom/script` with `tail = true`, and for lemonbar: text
//! with tags such as `%{F#e06c75}`.

use std::fmt::{self, Write};

use crate::figures::template::{Escape, Rendering};
use crate::module::blocks::{Blocks, DIM, colour};
use crate::outputs::output::{OutputKind, Templates};
use crate::report::Report;

const BETWEEN: &str = "  ";

/// The row of `polybar`.
pub static POLYBAR: OutputKind = OutputKind {
    has_levels: true,
    templates: Templates::Optional,
    only_changes: true,
    ..OutputKind::plain("polybar", "lines with colour tags, also for lemonbar", |wishes| {
        let rendering = Rendering { escape: Escape::Polybar, ..wishes.rendering };
        let mut blocks = Blocks::new(wishes.templates, rendering, &wishes.thresholds);
        Box::new(move |out, report| line(out, report, &mut blocks))
    })
};

fn line(out: &mut String, report: &Report, blocks: &mut Blocks) -> fmt::Result {
    let start = out.len();
    let without = blocks.each(report, |shown| {
        if out.len() > start {
            out.push_str(BETWEEN);
        }
        tagged(out, colour(shown.level), shown.text)
    })?;
    without.map_or(Ok(()), |text| tagged(out, Some(DIM), text))
}

fn tagged(out: &mut String, colour: Option<&str>, text: &str) -> fmt::Result {
    match colour {
        Some(colour) => write!(out, "%{{F{colour}}}{text}%{{F-}}"),
        None => out.write_str(text),
    }
}
