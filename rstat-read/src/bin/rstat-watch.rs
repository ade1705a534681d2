//! A live view of the rstat region: [`rstat_read::programs::watch`].

use std::process::ExitCode;

use rstat_read::programs::{start, watch};

fn main() -> ExitCode {
    start(&watch::PROGRAM, watch::run)
}
