//! Which file uses which: every arrow of `use` goes the way that ARCHITECTURE.md draws, and
//! no files form a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates whose order is drawn.
const CRATES: [&str; 4] = ["rstatd", "rstat-shm", "rstat-read", "options"];

/// A module as `use` names it, without `crate::`: `figures::level`.
type Name = String;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The source files of a crate but for tests, the crate's root and its programs.
fn modules(source: &Path, folder: &str) -> BTreeMap<Name, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let name = if folder.is_empty() { stem.to_owned() } else { format!("{folder}::{stem}") };
        let name = if stem == "mod" { folder.to_owned() } else { name };
        match stem {
            "tests" | "bin" => {}
            "lib" | "main" if folder.is_empty() => {}
            _ if path.is_dir() => found.extend(modules(&path, &name)),
            _ => {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// The paths of a `use` declaration: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expanded(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((start, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_owned()];
    };
    let body = rest.strip_suffix('}').unwrap();
    let mut depth = 0;
    let parts = body.split(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty());
    parts.flat_map(expanded).map(|path| format!("{start}{path}")).collect()
}

/// The declarations of a file, without its unit tests. What it re-exports is not used by it.
fn uses(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut trees = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(start) = line.strip_prefix("use ") else {
            continue;
        };
        let mut tree = start.to_owned();
        while !tree.ends_with(';') {
            tree.push_str(lines.next().unwrap().trim());
        }
        trees.push(tree.trim_end_matches(';').to_owned());
    }
    trees.iter().flat_map(|tree| expanded(tree)).collect()
}

/// The module that a path leads into from the file of another module.
fn target(path: &str, from: &str, known: &BTreeMap<Name, String>) -> Option<Name> {
    let parent =
        |of: &str| of.rsplit_once("::").map_or(String::new(), |(parent, _)| parent.to_owned());
    let mut base = from.to_owned();
    let mut rest = path.strip_prefix("self::").unwrap_or(path);
    while let Some(above) = rest.strip_prefix("super::") {
        (base, rest) = (parent(&base), above);
    }
    let full = rest.strip_prefix("crate::").map_or(format!("{base}::{rest}"), str::to_owned);
    let mut name = full.trim_start_matches("::");
    loop {
        if known.contains_key(name) {
            return (name != from).then(|| name.to_owned());
        }
        name = name.rsplit_once("::")?.0;
    }
}

/// What each file uses.
fn arrows(name: &str) -> BTreeMap<Name, BTreeSet<Name>> {
    let modules = modules(&root().join(name).join("src"), "");
    let of = |(from, text): (&Name, &String)| {
        let targets = uses(text).into_iter().filter_map(|path| target(&path, from, &modules));
        (from.clone(), targets.collect())
    };
    modules.iter().map(of).collect()
}

/// The order of a crate's modules, the highest first; those of one step stand beside
/// each other.
fn drawn(name: &str) -> Vec<BTreeSet<Name>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let start = format!("{name}: ");
    let line = text.lines().find_map(|line| line.strip_prefix(start.as_str()));
    let line = line.unwrap_or_else(|| panic!("ARCHITECTURE.md draws no order of {name}"));
    let step = |step: &str| step.split(", ").map(|name| name.trim().to_owned()).collect();
    line.split('→').map(step).collect()
}

/// The room of a file: the longest drawn name that the file's begins with.
fn room<'a>(order: &'a [BTreeSet<Name>], file: &str) -> Option<(usize, &'a Name)> {
    let rooms = order
        .iter()
        .enumerate()
        .flat_map(|(step, rooms)| rooms.iter().map(move |room| (step, room)));
    let is_in = |room: &str| {
        file.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    rooms.filter(|(_, room)| is_in(room)).max_by_key(|(_, room)| room.len())
}

#[test]
fn no_arrow_runs_back_up() {
    let mut wrong = Vec::new();
    for name in CRATES {
        let (arrows, order) = (arrows(name), drawn(name));
        let mut empty: BTreeSet<_> = order.iter().flatten().collect();
        for (from, targets) in &arrows {
            let Some((step, from_room)) = room(&order, from) else {
                wrong.push(format!("{name}: {from} is in no room"));
                continue;
            };
            empty.remove(from_room);
            for to in targets {
                let is_right = room(&order, to)
                    .is_some_and(|(to_step, to_room)| to_room == from_room || step < to_step);
                if !is_right {
                    wrong.push(format!("{name}: {from} uses {to}"));
                }
            }
        }
        wrong.extend(empty.iter().map(|room| format!("{name}: no file is in room {room}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn is_end(file: &Name, arrows: &BTreeMap<Name, BTreeSet<Name>>) -> bool {
    arrows[file].is_empty() || !arrows.values().any(|targets| targets.contains(file))
}

#[test]
fn no_files_form_a_circle() {
    for name in CRATES {
        let mut arrows = arrows(name);
        // A file that uses no other, or that no other uses, is in no circle.
        while let Some(end) = arrows.keys().find(|file| is_end(file, &arrows)).cloned() {
            arrows.remove(&end);
            for targets in arrows.values_mut() {
                targets.remove(&end);
            }
        }
        assert_eq!(arrows, BTreeMap::new(), "{name}: files that use each other");
    }
}

#[test]
fn declarations_are_understood() {
    let text = "use std::fmt;\nuse a::{b, c::{d,\n    e}};\npub use f::g;\nuse crate::x as y;\n";
    assert_eq!(uses(text), ["std::fmt", "a::b", "a::c::d", "a::c::e", "crate::x"]);
    let known = BTreeMap::from(["a", "a::b"].map(|name| (name.to_owned(), String::new())));
    assert_eq!(target("crate::a::b::C", "x", &known), Some("a::b".to_owned()));
    assert_eq!(target("super::b::C", "a::x", &known), Some("a::b".to_owned()));
    assert_eq!(target("super::super::b::C", "a::x::y", &known), Some("a::b".to_owned()));
    assert_eq!(target("b::C", "a", &known), Some("a::b".to_owned()));
    assert_eq!(target("std::a", "a", &known), None);
}
