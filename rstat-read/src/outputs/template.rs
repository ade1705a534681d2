//! The user's own text, a line for each template.

use std::fmt;

use crate::figures::template::{Rendering, Template};
use crate::outputs::output::{Output, OutputKind, Templates};
use crate::report::{Freshness, Report};

/// The row of `template`.
pub static TEMPLATE: OutputKind = OutputKind {
    templates: Templates::Required,
    only_changes: true,
    ..OutputKind::plain("template", "the text of --template", |wishes| {
        Box::new(Lines { templates: wishes.templates, rendering: wishes.rendering })
    })
};

struct Lines {
    templates: Vec<Template>,
    rendering: Rendering,
}

impl Output for Lines {
    fn write(&mut self, out: &mut String, report: &Report) -> fmt::Result {
        // An old figure would be taken for a new one; `{state}` says why there is none.
        let sample = report.sample.filter(|_| report.state == Freshness::Fresh);
        let report = Report { sample, ..*report };
        for (index, template) in self.templates.iter().enumerate() {
            out.push_str(if index > 0 { "\n" } else { "" });
            template.render(out, &report, self.rendering)?;
        }
        Ok(())
    }
}
