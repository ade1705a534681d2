//! Lines for Waybar's custom module with `"return-type": "json"`.
//!
//! Waybar restarts the delay of its tooltips with each line, so a repeated line has to be
//! left out.

use std::fmt::{self, Write};

use crate::module::Look;
use crate::module::appearance::{Appearance, Module};
use crate::module::options::ModuleOptions;
use crate::outputs::output::Output;
use crate::outputs::printer::Printer;
use crate::report::Report;
use crate::text::json;

/// The lines of one module.
pub struct Waybar(Module);

impl Waybar {
    /// Prints the lines of a module with these options.
    pub fn printer(options: ModuleOptions) -> Printer<Self> {
        Printer::new(Self(Module::new(options)), true)
    }

    /// The look of the tooltip, from the next line on.
    pub fn look(&mut self) -> &mut Look {
        self.0.look()
    }
}

impl Output for Waybar {
    fn write(&mut self, out: &mut String, report: &Report) -> fmt::Result {
        line(out, self.0.show(report))
    }
}

fn line(out: &mut String, appearance: &Appearance) -> fmt::Result {
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
