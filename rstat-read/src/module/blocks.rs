//! Blocks of bars other than Waybar: a few pieces of text side by side, each in the colour
//! of its level.

use std::fmt;

use crate::figures::level::Level;
use crate::figures::levels::{Levels, Thresholds};
use crate::figures::template::{Rendering, Template};
use crate::report::{Freshness, Report};
use crate::text::columns::FIGURE_SPACE;

/// The usual blocks: the name, the text, and a shorter text for little room.
const USUAL: [(&str, &str, &str); 3] = [
    ("cpu", "CPU {cpu.busy:>3}%", "{cpu.busy:>3}%"),
    ("temperature", "{cpu.temp:>2}°C", "{cpu.temp:>2}°"),
    ("memory", "MEM {memory.used:>4.1G} GiB", "{memory.percent:>3}%"),
];

/// The blocks of one bar.
pub struct Blocks {
    pieces: Vec<Block>,
    rendering: Rendering,
    levels: Levels,
}

/// One piece of text.
pub struct Block {
    /// The name, or the number of the user's template.
    pub name: String,
    text: Template,
    short: Option<Template>,
}

/// A block as it looks now.
pub struct Shown<'a> {
    /// The name.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// The text for little room.
    pub short: Option<&'a str>,
    /// The gravest level of the figures.
    pub level: Level,
}

impl Blocks {
    /// A block for each template, or the usual blocks. `rendering` escapes data; colours
    /// begin at `thresholds`.
    pub fn new(templates: Vec<Template>, rendering: Rendering, thresholds: &Thresholds) -> Self {
        let mut pieces: Vec<_> = (1..)
            .zip(templates)
            .map(|(number, text)| Block { name: format!("{number}"), text, short: None })
            .collect();
        if pieces.is_empty() {
            pieces.extend(USUAL.iter().filter_map(|(name, text, short)| {
                let (text, short) = (Template::parse(text).ok()?, Template::parse(short).ok()?);
                Some(Block { name: (*name).to_owned(), text, short: Some(short) })
            }));
        }
        let rendering = Rendering { filler: FIGURE_SPACE, ..rendering };
        Self { pieces, rendering, levels: Levels::new(thresholds) }
    }

    /// Calls `take` with each block that has figures. While no samples arrive, returns words that
    /// say so instead.
    pub fn each(
        &mut self,
        report: &Report,
        mut take: impl FnMut(&Shown) -> fmt::Result,
    ) -> Result<Option<&'static str>, fmt::Error> {
        self.levels.next(report);
        let without = match report.state {
            Freshness::Fresh => None,
            Freshness::Stale => Some("rstat stale"),
            Freshness::Starting => Some("rstat …"),
            Freshness::Stopped | Freshness::Absent | Freshness::Refused => Some("rstat off"),
        };
        if without.is_some() {
            return Ok(without);
        }
        for block in self.pieces.iter().filter(|block| self.has_content(block, report)) {
            let (mut text, mut short) = (String::new(), String::new());
            block.text.render(&mut text, report, self.rendering)?;
            if let Some(template) = &block.short {
                template.render(&mut short, report, self.rendering)?;
            }
            let level =
                block.text.placeholders().map(|it| self.levels.of_group(it.metric().group()));
            take(&Shown {
                name: &block.name,
                text: &text,
                short: block.short.is_some().then_some(&short),
                level: level.max().unwrap_or_default(),
            })?;
        }
        Ok(None)
    }

    /// Whether a block has a known figure, or no figures at all: a machine without a sensor
    /// has no block for it.
    fn has_content(&self, block: &Block, report: &Report) -> bool {
        let mut placeholders = block.text.placeholders().peekable();
        placeholders.peek().is_none()
            || placeholders.any(|placeholder| placeholder.is_known(report, self.rendering))
    }
}

/// The colour of a level.
pub fn colour(level: Level) -> Option<&'static str> {
    match level {
        Level::Ok => None,
        Level::Warning => Some("#e5c07b"),
        Level::Critical => Some("#e06c75"),
    }
}

/// The colour of text in place of figures.
pub const DIM: &str = "#808080";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_blocks_are_templates() {
        assert_eq!(
            Blocks::new(Vec::new(), Rendering::default(), &Thresholds::default()).pieces.len(),
            USUAL.len()
        );
    }
}
