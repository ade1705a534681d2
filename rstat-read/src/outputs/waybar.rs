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
    json::member(out, "text", text)?;
    json::member(out, "alt", alt)?;
    json::member(out, "tooltip", tooltip)?;
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
