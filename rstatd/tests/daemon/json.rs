//! JSON, as little of it as a test needs: text → values, or where it is wrong.

/// A value; the names of an object in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads all of `text`.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let mut rest = text;
        let value = value(&mut rest).unwrap_or_else(|| panic!("wrong before {rest:?} in {text:?}"));
        assert_eq!(rest.trim(), "", "{text:?}");
        value
    }

    /// A member of an object.
    #[track_caller]
    pub fn get(&self, name: &str) -> &Self {
        let found = self.members().iter().find(|(found, _)| found == name);
        &found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    #[track_caller]
    pub fn members(&self) -> &[(String, Self)] {
        let Self::Object(members) = self else { panic!("no object: {self:?}") };
        members
    }

    #[track_caller]
    pub fn list(&self) -> &[Self] {
        let Self::List(values) = self else { panic!("no list: {self:?}") };
        values
    }

    #[track_caller]
    pub fn number(&self) -> f64 {
        let Self::Number(number) = self else { panic!("no number: {self:?}") };
        *number
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        let Self::Text(text) = self else { panic!("no text: {self:?}") };
        text
    }
}

fn value(rest: &mut &str) -> Option<Json> {
    skip_space(rest);
    match rest.chars().next()? {
        '{' => members(rest, '{', '}', |rest| {
            skip_space(rest);
            let name = string(rest)?;
            skip_space(rest);
            take(rest, ":")?;
            Some((name, value(rest)?))
        })
        .map(Json::Object),
        '[' => members(rest, '[', ']', value).map(Json::List),
        '"' => string(rest).map(Json::Text),
        'n' => take(rest, "null").map(|()| Json::Null),
        _ => {
            let end = rest.find([',', '}', ']', '\n']).unwrap_or(rest.len());
            let number = rest[..end].trim().parse().ok()?;
            *rest = &rest[end..];
            Some(Json::Number(number))
        }
    }
}

fn members<T>(
    rest: &mut &str,
    open: char,
    close: char,
    mut member: impl FnMut(&mut &str) -> Option<T>,
) -> Option<Vec<T>> {
    *rest = rest.strip_prefix(open)?;
    let mut members = Vec::new();
    skip_space(rest);
    if let Some(after) = rest.strip_prefix(close) {
        *rest = after;
        return Some(members);
    }
    // Each turn takes a part of the text, which bounds the loop.
    loop {
        members.push(member(rest)?);
        skip_space(rest);
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => break,
        }
    }
    *rest = rest.strip_prefix(close)?;
    Some(members)
}

/// A string with no escapes but those of quotes and backslashes.
fn string(rest: &mut &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = rest.strip_prefix('"')?.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                *rest = characters.as_str();
                return Some(text);
            }
            '\\' => text.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            character if character.is_control() => return None,
            character => text.push(character),
        }
    }
    None
}

fn take(rest: &mut &str, text: &str) -> Option<()> {
    *rest = rest.strip_prefix(text)?;
    Some(())
}

fn skip_space(rest: &mut &str) {
    *rest = rest.trim_start();
}

#[test]
fn only_json_is_taken_for_json() {
    let mut good = r#" {"a":[1,-2.5e3,null],"b\"\\":{},"c":"x"} "#;
    let read = value(&mut good).unwrap();
    assert_eq!(read.get("a").list()[1].number() as i64, -2500);
    assert_eq!((read.get("b\"\\").members().len(), read.get("c").text()), (0, "x"));
    for bad in ["", "{", "[1,]", "{\"a\"}", "{\"a\":}", "[1 2]", "\"a", "\"\n\"", "nul", "NaN,"] {
        let mut rest = bad;
        let read = value(&mut rest).filter(|read| !matches!(read, Json::Number(n) if n.is_nan()));
        assert_eq!(read, None, "{bad:?}");
    }
}
