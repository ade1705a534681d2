//! The protocol of i3bar and swaybar (swaybar-protocol(7)): a header, then an endless array
//! of arrays of blocks.

use std::fmt::{self, Write};

use crate::figures::level::Level;
use crate::figures::template::{Escape, Rendering};
use crate::module::blocks::{Blocks, DIM, Shown, colour};
use crate::outputs::output::{OutputKind, Templates, Wishes};
use crate::report::Report;
use crate::text::columns::FIGURE_SPACE;
use crate::text::json::{element, key, member};

/// The bar need not report clicks. A hidden bar sends SIGSTOP and SIGCONT, which the kernel
/// handles.
const HEADER: &str = "{\"version\":1,\"click_events\":false}\n[\n";

/// The row of `i3bar`.
pub static I3BAR: OutputKind = OutputKind {
    endless: Some(""),
    header: HEADER,
    has_levels: true,
    templates: Templates::Optional,
    only_changes: true,
    ..OutputKind::plain(
        "i3bar",
        "the protocol of i3bar and swaybar; follows by\nitself",
        |wishes| {
            let Wishes { templates, rendering, thresholds, .. } = wishes;
            // Blocks are plain text unless they say otherwise; JSON is escaped around them.
            let has_markup = rendering.escape == Escape::Pango;
            let escape = if has_markup { Escape::Pango } else { Escape::None };
            let rendering = Rendering { escape, ..rendering };
            let mut blocks = Blocks::new(templates, rendering, &thresholds);
            Box::new(move |out, report| array(out, report, &mut blocks, has_markup))
        },
    )
};

/// Writes an element of the endless array.
fn array(out: &mut String, report: &Report, blocks: &mut Blocks, has_markup: bool) -> fmt::Result {
    out.push('[');
    let without = blocks.each(report, |shown| {
        element(out);
        block(out, shown, colour(shown.level), has_markup)
    })?;
    if let Some(text) = without {
        element(out);
        let shown = Shown { name: "state", text, short: None, level: Level::Ok };
        block(out, &shown, Some(DIM), false)?;
    }
    // Behind each element: none is known to be the last.
    out.push_str("],");
    Ok(())
}

fn block(out: &mut String, shown: &Shown, colour: Option<&str>, has_markup: bool) -> fmt::Result {
    out.push('{');
    member(out, "name", "rstat")?;
    member(out, "instance", shown.name)?;
    member(out, "full_text", shown.text)?;
    if let Some(short) = shown.short {
        member(out, "short_text", short)?;
    }
    // A text of that width, which bars measure in their own font.
    member(out, "min_width", Widest(shown.text))?;
    if let Some(colour) = colour {
        member(out, "color", colour)?;
    }
    if has_markup {
        member(out, "markup", "pango")?;
    }
    key(out, "urgent")?;
    write!(out, "{}", shown.level == Level::Critical)?;
    out.push('}');
    Ok(())
}

/// The widest text: each digit or figure space is a 0.
struct Widest<'a>(&'a str);

impl fmt::Display for Widest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            let is_digit = character.is_ascii_digit() || character == FIGURE_SPACE;
            f.write_char(if is_digit { '0' } else { character })
        })
    }
}
