//! `rstat-read`: the output of one call, and of following.

mod bars;
mod command_line;
mod following;
mod once;
mod output;
#[path = "../region/mod.rs"]
mod region;
#[path = "../samples/mod.rs"]
mod samples;

use std::path::Path;
use std::process::{Command, Stdio};

use rstat_read::outputs::{OUTPUTS, OutputKind, Templates};
use rstat_testbed::sys::with_default_signals;

fn read(region: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstat-read"));
    command.env("RSTAT_SHM", region).env_remove("NO_COLOR").stdin(Stdio::null());
    with_default_signals(&mut command);
    command
}

/// The formats that need no template, as far as they are wanted.
fn formats(is_wanted: impl Fn(&OutputKind) -> bool) -> impl Iterator<Item = &'static str> {
    let kinds = OUTPUTS.into_iter().filter(|kind| kind.templates != Templates::Required);
    kinds.filter(move |kind| is_wanted(kind)).map(|kind| kind.name)
}

fn kill(child: &region::Ending, signal: &str) {
    let id = child.0.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}
