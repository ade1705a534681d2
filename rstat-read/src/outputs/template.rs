//! The user's own text, a line for each template.

use std::fmt;

use crate::figures::template::{Rendering, Template};
use crate::outputs::output::{OutputKind, Templates};
use crate::report::{Freshness, Report};

/// The row of `template`.
pub static TEMPLATE: OutputKind = OutputKind {
    templates: Templates::Required,
    only_changes: true,
    ..OutputKind::plain("template", "the text of --template", |wishes| {
        Box::new(move |out, report| lines(out, report, &wishes.templates, wishes.rendering))
    })
};

fn lines(
    out: &mut String,
    report: &Report,
    templates: &[Template],
    rendering: Rendering,
) -> fmt::Result {
    // An old figure would be taken for a new one; `{state}` says why there is none.
    let sample = report.sample.filter(|_| report.state == Freshness::Fresh);
    let report = Report { sample, ..*report };
    for (index, template) in templates.iter().enumerate() {
        out.push_str(if index > 0 { "\n" } else { "" });
        template.render(out, &report, rendering)?;
    }
    Ok(())
}
