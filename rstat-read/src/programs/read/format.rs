//! The forms that samples are printed in: one row of [`Format::NAMES`] each, and
//! what turns reports into text of that form.

use std::fmt;

use crate::figures::template::{Rendering, Template};
use crate::outputs::{self, Environment, I3bar, Polybar, Prometheus};
use crate::programs::read::Options;
use crate::report::{Report, State};
use crate::text::paint::Paint;

/// In what form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned text for people.
    #[default]
    Text,
    /// One JSON object on one line.
    Json,
    /// The same for each sample.
    Jsonl,
    /// Variables for a shell.
    Env,
    /// Prometheus' text format.
    Prometheus,
    /// The protocol of i3bar and swaybar.
    I3bar,
    /// Lines with tags for polybar and lemonbar.
    Polybar,
    /// The user's own text.
    Template,
}

impl Format {
    /// As `--format` spells them.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("env", Self::Env),
        ("prometheus", Self::Prometheus),
        ("i3bar", Self::I3bar),
        ("polybar", Self::Polybar),
        ("template", Self::Template),
    ];

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }

    /// Whether it makes no sense for a single sample.
    pub fn is_endless(self) -> bool {
        matches!(self, Self::Jsonl | Self::I3bar)
    }

    /// Whether figures that are not as usual have a colour that can be chosen.
    pub fn has_levels(self) -> bool {
        matches!(self, Self::I3bar | Self::Polybar)
    }

    /// Whether the user's templates are part of it.
    pub fn has_templates(self) -> bool {
        matches!(self, Self::I3bar | Self::Polybar | Self::Template)
    }
}

/// Turns one report after the other into text.
pub struct Emitter {
    form: Form,
    text: String,
    /// What was printed last, where that is not printed twice.
    last: String,
}

enum Form {
    Text(Paint),
    Json,
    Env(Environment),
    Prometheus(Prometheus),
    I3bar(I3bar),
    Polybar(Polybar),
    Template(Vec<Template>, Rendering),
}

impl Emitter {
    /// One for what is asked for.
    pub fn new(options: &Options) -> Self {
        let Options { templates, rendering, thresholds, paint, .. } = options.clone();
        let kernel_threads = rendering.kernel_threads;
        let form = match options.format {
            Format::Text => Form::Text(paint),
            Format::Json | Format::Jsonl => Form::Json,
            Format::Env => Form::Env(Environment::new(kernel_threads)),
            Format::Prometheus => Form::Prometheus(Prometheus::new(kernel_threads)),
            Format::I3bar => Form::I3bar(I3bar::new(templates, rendering, &thresholds)),
            Format::Polybar => Form::Polybar(Polybar::new(templates, rendering, &thresholds)),
            Format::Template => Form::Template(templates, rendering),
        };
        Self { form, text: String::new(), last: String::new() }
    }

    /// What comes before everything else.
    pub fn header(&self) -> &'static str {
        if let Form::I3bar(bar) = &self.form { bar.header() } else { "" }
    }

    /// Whether it has words for a region without a sample even when asked once.
    pub fn tells_absence(&self) -> bool {
        matches!(self.form, Form::Prometheus(_))
    }

    /// The text for a report, to its last line feed; nothing where a bar would be
    /// told what it was told before.
    pub fn next(&mut self, report: &Report) -> Option<&str> {
        std::mem::swap(&mut self.text, &mut self.last);
        self.text.clear();
        // Writing to a string cannot fail, and none of our values does.
        let _ = self.write(report);
        self.text.push_str(if self.text.ends_with('\n') { "" } else { "\n" });
        (!self.is_of_bar() || self.text != self.last).then_some(&self.text)
    }

    /// Forgets what was printed last: it was not, and is to be printed again.
    pub fn forget(&mut self) {
        self.text.clear();
    }

    /// The text that no other will follow: by the time somebody reads it the figures are old.
    pub fn last(&mut self, report: &Report) -> &str {
        let state = if report.state == State::Fresh { State::Stale } else { report.state };
        self.forget();
        self.next(&Report { state, ..*report }).unwrap_or_default()
    }

    fn write(&mut self, report: &Report) -> fmt::Result {
        let out = &mut self.text;
        match &mut self.form {
            Form::Text(paint) => outputs::dump(out, report, *paint),
            Form::Json => outputs::object(out, report),
            Form::Env(environment) => environment.write(out, report),
            Form::Prometheus(prometheus) => prometheus.write(out, report),
            Form::I3bar(bar) => bar.write(out, report),
            Form::Polybar(bar) => bar.write(out, report),
            Form::Template(templates, rendering) => {
                // An old figure would be taken for a new one; `{state}` tells why there is none.
                let sample = report.sample.filter(|_| report.state == State::Fresh);
                let report = Report { sample, ..*report };
                for (index, template) in templates.iter().enumerate() {
                    out.push_str(if index > 0 { "\n" } else { "" });
                    template.render(out, &report, *rendering)?;
                }
                Ok(())
            }
        }
    }

    fn is_of_bar(&self) -> bool {
        matches!(self.form, Form::I3bar(_) | Form::Polybar(_) | Form::Template(..))
    }
}
