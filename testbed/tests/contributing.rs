//! A metric is typed where CONTRIBUTING.md says, and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source: what cargo builds, and the history.
const SKIPPED: [&str; 2] = ["target", ".git"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below a folder whose text has the name.
fn files_with(name: &str, folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            files_with(name, &path, found);
        } else if kind.is_file() && fs::read_to_string(&path).is_ok_and(|text| text.contains(name))
        {
            let inside = path.strip_prefix(root()).unwrap();
            found.insert(inside.to_str().unwrap().to_owned());
        }
    }
}

/// The text between single backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn a_metric_is_typed_in_the_files_that_are_listed() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let section = text.split("## A metric").nth(1).unwrap().split("\n## ").next().unwrap();
    let name = quoted(section).find(|it| it.ends_with("_per_s")).expect("a raw name");
    let (typed, rest) = section.split_once("Three more lines").unwrap();
    let (_, generated) = rest.split_once("`make bless`").unwrap();
    let mut listed: BTreeSet<String> = numbered(typed).collect();
    assert_eq!(listed.len(), 2, "the row and the source");
    let generated = generated.split("CHANGELOG.md").next().unwrap();
    listed.extend(quoted(generated).map(str::to_owned));
    listed.insert("CONTRIBUTING.md".to_owned());

    let mut found = BTreeSet::new();
    files_with(name, &root(), &mut found);
    let is_listed = |file: &str| {
        listed.iter().any(|it| it == file || it.ends_with('/') && file.starts_with(it.as_str()))
    };
    let beside: Vec<_> = found.iter().filter(|file| !is_listed(file)).collect();
    assert!(beside.is_empty(), "{name} is typed in {beside:?}, too");
    let files = listed.iter().filter(|it| it.contains('/')).cloned();
    for file in files.chain(numbered(section)) {
        assert!(root().join(&file).exists(), "{file} is not there");
    }
}

/// The first file of each numbered line.
fn numbered(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    lines.map(|line| quoted(line).next().unwrap().to_owned())
}
