//! Programs for the daemon to observe. A test starts its own executable again, with a
//! variable that selects the program.
//!
//! A line selects a program: its name and its arguments, with `|` between. The program
//! does its work, says "ready", and then lives as long as its input is open.

mod loads;
mod program;

use std::env;
use std::io::{self, BufRead, Write};
use std::process;

pub use loads::BRIEF;
pub use loads::storm_count;
pub use program::Program;

/// The variable that holds a program's line.
pub const VARIABLE: &str = "RSTAT_TESTBED_PROGRAM";
/// The mark before a program's own lines. Lines of a test harness have none.
const MARK: &str = "@ ";
/// A program's line before its first order: its work up to then is done.
const READY: &str = "ready";

/// The work of a program. The function gets the arguments of the program's line.
pub type Run = fn(&[&str]) -> io::Result<()>;

/// The entrance, which every executable with programs calls first. Without the variable the
/// function does nothing. Otherwise this process runs that program, one of this module's or
/// of `more`, and ends here.
pub fn be_one(more: &[(&str, Run)]) {
    let Ok(line) = env::var(VARIABLE) else { return };
    let mut words = line.split('|');
    let name = words.next().unwrap_or_default();
    let mut all = loads::LOADS.iter().chain(more);
    let Some((_, run)) = all.find(|(known, _)| *known == name) else {
        eprintln!("no program is called {name:?}");
        process::exit(1);
    };
    let result = run(&words.collect::<Vec<_>>()).and_then(|()| obey());
    match &result {
        Ok(()) => {}
        // The kernel's refusal is an answer to the caller, every other error a fault of the
        // program. The process ends in the same way when the caller is gone.
        Err(error) if error.raw_os_error().is_some() => drop(say(&format!("{name}: {error}"))),
        Err(error) => eprintln!("{name}: {error}"),
    }
    process::exit(i32::from(result.is_err()));
}

/// Obeys the caller until the input ends: each order is a new name for this process.
fn obey() -> io::Result<()> {
    say(READY)?;
    while let Some(name) = order()? {
        std::fs::write("/proc/self/comm", name)?;
        say("renamed")?;
    }
    Ok(())
}

/// Says a line to the process that started this program.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{MARK}{text}")?;
    out.flush()
}

/// Says "ready" and returns the next order, or `None` at the end of the input.
pub fn ready_for_order() -> io::Result<Option<String>> {
    say(READY)?;
    order()
}

/// The next order, or `None` at the end of the input.
pub fn order() -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = io::stdin().lock().read_line(&mut line)?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}
