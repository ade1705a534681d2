//! A Waybar module of the rstat region: [`rstat_read::programs::waybar`].

use std::process::ExitCode;

use rstat_read::programs::{start, waybar};

fn main() -> ExitCode {
    start(&waybar::PROGRAM, waybar::run)
}
