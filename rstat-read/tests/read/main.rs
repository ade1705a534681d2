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

use rstat_testbed::sys::with_default_signals;

fn read(region: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstat-read"));
    command.env("RSTAT_SHM", region).env_remove("NO_COLOR").stdin(Stdio::null());
    with_default_signals(&mut command);
    command
}

fn kill(child: &region::Ending, signal: &str) {
    let id = child.0.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}
