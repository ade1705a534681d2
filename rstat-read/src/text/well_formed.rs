//! Whether Pango accepts a text as markup: a bar shows nothing, or its text before, when
//! Pango does not.
//!
//! Tags and their order are checked, and entities; no `<` or `&` may stand for itself. The
//! names of tags and attributes are not checked.

use std::fmt;

use rstat_options::OptionError;

/// Entities that Pango knows by name.
const ENTITIES: [&str; 5] = ["amp", "lt", "gt", "quot", "apos"];

/// Returns the first mistake.
pub fn check(text: &str) -> Result<(), OptionError> {
    let wrong = |why: fmt::Arguments| Err(OptionError::new(format_args!("it is markup: {why}")));
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (sign, behind) = rest[at..].split_at(1);
        if sign == "&" {
            let entity = behind.split_once(';').filter(|(name, _)| is_entity(name));
            let Some((_, behind)) = entity else {
                return wrong(format_args!("for `&` itself write `&amp;`"));
            };
            rest = behind;
            continue;
        }
        let Some((tag, behind)) = behind.split_once('>').filter(|(tag, _)| is_tag(tag)) else {
            return wrong(format_args!("for `<` itself write `&lt;`"));
        };
        rest = behind;
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => {
                return wrong(format_args!("`</{name}>` closes no `<{name}>`"));
            }
            None if !tag.ends_with('/') => open.extend(tag.split_whitespace().next()),
            _ => {}
        }
    }
    match open.pop() {
        Some(name) => wrong(format_args!("`<{name}>` has no `</{name}>`")),
        None => Ok(()),
    }
}

fn is_tag(tag: &str) -> bool {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    name.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !tag.contains('<')
}

fn is_entity(name: &str) -> bool {
    let Some(number) = name.strip_prefix('#') else {
        return ENTITIES.contains(&name);
    };
    let code = match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_taken_as_pango_takes_it() {
        for text in [
            "",
            "23% > 5 \"'",
            "<b>1</b><span foreground=\"#fff\">2<i>3</i></span>",
            "&amp;&lt;&#176;&#xb0;",
            "<br/>",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, expected) in [
            ("a & b", "for `&` itself write `&amp;`"),
            ("a &nbsp; b", "for `&` itself write `&amp;`"),
            ("&#xd800;", "for `&` itself write `&amp;`"),
            ("1 < 2", "for `<` itself write `&lt;`"),
            ("1 <2>", "for `<` itself write `&lt;`"),
            ("<b", "for `<` itself write `&lt;`"),
            ("<b>", "`<b>` has no `</b>`"),
            ("</b>", "`</b>` closes no `<b>`"),
            ("<b><i></b></i>", "`</b>` closes no `<b>`"),
        ] {
            assert_eq!(check(text).unwrap_err().to_string(), format!("it is markup: {expected}"));
        }
    }
}
