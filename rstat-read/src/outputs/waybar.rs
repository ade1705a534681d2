//! Lines for Waybar's custom module with `"return-type": "json"`.
//!
//! Waybar restarts the delay of its tooltips with each line, so an appearance that stays has
//! no line.

use std::fmt::{self, Write};

use crate::module::Appearance;
use crate::text::json;

/// Writes the line of an appearance.
pub fn line(out: &mut String, appearance: &Appearance) -> fmt::Result {
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
