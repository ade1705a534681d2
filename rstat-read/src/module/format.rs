//! A template with two slots besides figures: `{icon}`, and `{tooltip}` for the usual page.

use std::fmt::{self, Write};

use crate::figures::template::{Rendering, Template, TemplateError};
use crate::report::Report;

/// A slot of a template that a module fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The icon for the percentage.
    Icon,
    /// The usual page of the tooltip.
    Tooltip,
}

impl Slot {
    fn pattern(self) -> &'static str {
        match self {
            Self::Icon => "{icon}",
            Self::Tooltip => "{tooltip}",
        }
    }
}

/// A template with slots.
#[derive(Clone, Debug)]
pub struct Format(Vec<(Template, Option<Slot>)>);

impl Format {
    /// Reads a template with these slots at most.
    pub fn parse(text: &str, slots: &[Slot]) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        loop {
            let next = slots
                .iter()
                .filter_map(|&slot| Some((find(rest, slot)?, slot)))
                .min_by_key(|it| it.0);
            let (end, behind) = match next {
                Some((at, slot)) => (at, at + slot.pattern().len()),
                None => (rest.len(), rest.len()),
            };
            let offset = text[..text.len() - rest.len()].chars().count();
            let template = Template::parse(&rest[..end])
                .map_err(|error| TemplateError { at: error.at + offset, ..error })?;
            pieces.push((template, next.map(|(_, slot)| slot)));
            if next.is_none() {
                return Ok(Self(pieces));
            }
            rest = &rest[behind..];
        }
    }

    /// Whether the template has that slot.
    pub fn has(&self, slot: Slot) -> bool {
        self.0.iter().any(|(_, behind)| *behind == Some(slot))
    }

    /// Writes the template with the figures of a report and the texts of the slots.
    pub fn render<'a>(
        &self,
        out: &mut impl Write,
        report: &Report,
        rendering: Rendering,
        slot: impl Fn(Slot) -> &'a str,
    ) -> fmt::Result {
        self.0.iter().try_for_each(|(template, behind)| {
            template.render(out, report, rendering)?;
            behind.map_or(Ok(()), |behind| out.write_str(slot(behind)))
        })
    }
}

/// The place of a slot; doubled braces are no slot.
fn find(text: &str, slot: Slot) -> Option<usize> {
    let braces = |at: usize| text[..at].bytes().rev().take_while(|byte| *byte == b'{').count();
    text.match_indices(slot.pattern()).map(|(at, _)| at).find(|&at| braces(at) % 2 == 0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::report::Freshness;

    fn rendered(text: &str) -> Result<String, String> {
        let format =
            Format::parse(text, &[Slot::Icon, Slot::Tooltip]).map_err(|it| it.to_string())?;
        let report = Report {
            state: Freshness::Fresh,
            sample: None,
            history: &[],
            age: Duration::ZERO,
            path: Path::new("/"),
            error: None,
        };
        let mut out = String::new();
        let slot = |slot| if slot == Slot::Icon { "<i>" } else { "page" };
        format.render(&mut out, &report, Rendering::default(), slot).unwrap();
        Ok(out)
    }

    #[test]
    fn slots_are_filled_and_braces_stay() {
        for (text, expected) in [
            ("", ""),
            ("{icon}", "<i>"),
            ("a{icon}{icon}b", "a<i><i>b"),
            ("{tooltip}\n{cpu.busy|?}{icon}", "page\n?<i>"),
            ("{{icon}}{{{icon}}}", "{icon}{<i>}"),
        ] {
            assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_where_they_stand() {
        assert_eq!(
            rendered("é{icon}{cpu.bussy}").unwrap_err(),
            "character 9: unknown metric `cpu.bussy`; did you mean `cpu.busy`?"
        );
        assert!(Format::parse("{tooltip}", &[Slot::Icon]).is_err());
    }
}
