//! An error in the middle of a source leaves nothing half new.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rstat_shm::Snapshot;
use rstat_shm::fields::FIELDS;
use rstat_shm::snapshot::valid;
use rstatd::source::SOURCES;

use crate::daemon::Daemon;
use crate::machines::MACHINES;
use crate::tree::Tree;

/// Sources that read several files in a tick on some recorded machine, and fail when one file
/// fails. A file of a graphics card costs a field only.
const OF_SEVERAL_FILES: [&str; 7] =
    ["zram", "disk", "cpu_temperature", "cpu_frequency", "cpu_throttle", "battery", "fans"];

/// Every regular file below a directory, in the order of their names.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let of = fs::symlink_metadata(&path).unwrap();
        if of.is_dir() {
            found.extend(files(&path));
        } else if of.is_file() {
            found.push(path);
        }
    }
    found
}

/// A file of a recorded machine.
struct File {
    path: PathBuf,
    content: Vec<u8>,
    /// The same content with every number one higher, if the content is text.
    higher: Vec<u8>,
}

impl File {
    fn read(path: PathBuf) -> Self {
        let content = fs::read(&path).unwrap();
        let text = str::from_utf8(&content).map(with_higher_numbers);
        let higher = text.map_or_else(|_| content.clone(), String::into_bytes);
        Self { path, content, higher }
    }
}

/// The same text with every number one higher.
fn with_higher_numbers(text: &str) -> String {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_digit) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|character| !is_digit(character)).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        result += before;
        result += &(number.parse::<u128>().unwrap() + 1).to_string();
        rest = after;
    }
    result + rest
}

/// The figures of some groups in a sample, known or not.
fn figures(sample: &Snapshot, groups: u64) -> Vec<(&'static str, i128)> {
    let sample = Snapshot { valid: u64::MAX, ..sample.clone() };
    let fields = FIELDS.iter().filter(|field| field.valid & groups != 0);
    let mut figures: Vec<_> =
        fields.filter_map(|field| Some((field.name, field.value(&sample)?))).collect();
    if groups & valid::FANS != 0 {
        figures.extend(sample.fans_rpm.iter().map(|&rpm| ("fans_rpm", rpm.into())));
    }
    figures
}

#[test]
fn an_error_in_the_nth_file_of_a_source_leaves_its_figures_as_they_were() {
    let mut failed = BTreeSet::new();
    for machine in MACHINES {
        let tree = Tree::of(machine, &format!("halves-{machine}"));
        let files: Vec<_> = files(&tree.path("")).into_iter().map(File::read).collect();
        for nth in &files {
            let mut daemon = Daemon::start(&tree);
            let mut before = daemon.ticks(2).clone();
            let with_numbers = files.iter().filter(|file| file.higher != file.content);
            for file in with_numbers.clone() {
                fs::write(&file.path, &file.higher).unwrap();
            }
            fs::write(&nth.path, "").unwrap();
            // Each source is due in one of the next two ticks.
            for _ in 0..2 {
                let after = daemon.tick().clone();
                for event in daemon.events.drain(..) {
                    let entry = SOURCES.iter().find(|entry| event.starts_with(entry.name)).unwrap();
                    let groups = entry.groups;
                    assert_eq!(after.valid & groups, 0, "{machine} {}", entry.name);
                    let [before, after] = [&before, &after].map(|of| figures(of, groups));
                    assert_eq!(before, after, "{machine} {}: {}", entry.name, nth.path.display());
                    failed.insert(entry.name);
                }
                before = after;
            }
            for file in with_numbers.chain([nth]) {
                fs::write(&file.path, &file.content).unwrap();
            }
        }
    }
    for name in OF_SEVERAL_FILES {
        assert!(failed.contains(name), "{name} is not among {failed:?}");
    }
}
