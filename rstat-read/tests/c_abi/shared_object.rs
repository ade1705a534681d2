//! The library's file: what it exports.

use std::fs;
use std::process::Command;

use crate::compile::{include, is_installed, library, run};

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    if !is_installed("nm") || !is_installed("make") {
        return;
    }
    let listing = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let mut exported: Vec<_> =
        listing.lines().filter_map(|line| line.split_whitespace().last()).collect();
    exported.sort_unstable();
    let header = fs::read_to_string(include().join("rstat_read.h")).unwrap();
    // A declaration is a line of the header that begins with a type.
    let mut declared: Vec<_> = header
        .lines()
        .filter(|line| line.contains('(') && line.ends_with([';', ',']))
        .filter(|line| !line.starts_with([' ', '\t', '/', '*', '#']))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .collect();
    declared.sort_unstable();
    assert_eq!(exported, declared);
    assert!(declared.len() >= 8);
    assert!(declared.iter().all(|name| name.starts_with("rstat_")));
}
