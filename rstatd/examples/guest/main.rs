//! The first process of a machine that `tests/kernels/run` boots to try the daemon
//! on another kernel: it checks what it can, says so, and switches the machine off.
//!
//! Each check is a line `@NAME`, result and figure on the console, with tabs between;
//! results are `ok`, `skipped` and `FAILED`. The machine's files are this program,
//! the daemon, and a link to this program for those of [`load`] that live briefly. It is
//! an example because cargo builds those next to the daemon and nobody installs them.

mod absence;
mod checks;
mod compare;
mod daemon;
mod load;
mod sys;
mod truth;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, process};

use checks::{CHECKS, Machine, Trouble};
use rstat_testbed::programs;

/// Kernel messages that go to the console while we use it: emergencies.
const QUIET: &str = "1";

fn main() -> ExitCode {
    programs::be_one(&[]);
    let name = env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_name().is_some_and(|name| name == load::BRIEF) {
        load::be_brief();
        return ExitCode::SUCCESS;
    }
    if process::id() != 1 {
        eprintln!("this is the first process of a machine that tests/kernels/run boots");
        return ExitCode::from(2);
    }
    sys::mount("proc", "/proc");
    sys::mount("sysfs", "/sys");
    sys::mount("devtmpfs", "/dev");
    fs::create_dir_all("/dev/shm").expect("create a directory in memory");
    sys::mount("tmpfs", "/dev/shm");
    fs::write("/proc/sys/kernel/printk", QUIET).expect("write to /proc");

    let mut machine = Machine::default();
    let mut failed = false;
    println!("\n@kernel\tok\t{}", truth::release());
    for (name, check) in CHECKS {
        let (result, text) = match check(&mut machine) {
            Ok(figure) => ("ok", figure),
            Err(Trouble::Skipped(why)) => ("skipped", why),
            Err(Trouble::Failed(why)) => ("FAILED", why),
        };
        failed |= result == "FAILED";
        println!("@{name}\t{result}\t{}", text.trim_end().replace('\n', " | "));
    }
    if failed {
        println!("{}", sys::kernel_log());
    }
    sys::power_off();
    ExitCode::FAILURE
}
