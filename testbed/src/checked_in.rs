//! Files that tests generate and that are checked in all the same, for people to read.

use std::path::Path;
use std::{env, fs};

/// With this variable set, tests write checked-in files anew. The diff is then the review.
const BLESS: &str = "RSTAT_BLESS";

/// Compares a file with the text that it should have.
///
/// # Panics
///
/// When the file has another text; the message shows the first line that differs.
#[track_caller]
pub fn compare(path: &Path, text: &str) {
    if env::var_os(BLESS).is_some() {
        fs::write(path, text).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    if found == text {
        return;
    }
    let mut lines =
        (1..).zip(found.lines().map(Some).chain([None]).zip(text.lines().map(Some).chain([None])));
    let (number, (found, expected)) = lines
        .find(|(_, (found, expected))| found != expected)
        .expect("the texts differ in a line's end");
    panic!(
        "{} is out of date ({BLESS}=1 writes it anew), line {number}:\n  {}\nshould be\n  {}",
        path.display(),
        found.unwrap_or_default(),
        expected.unwrap_or_default(),
    );
}
