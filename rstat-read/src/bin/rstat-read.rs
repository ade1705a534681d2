//! Prints samples of the rstat region: [`rstat_read::programs::read`].

use std::process::ExitCode;

use rstat_read::programs::{read, start};

fn main() -> ExitCode {
    start(&read::PROGRAM, read::run)
}
