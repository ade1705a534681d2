//! The programs that the daemon is to see: whoever uses this starts itself again, with
//! a variable that says which of them to be.
//!
//! A line says what a program is: its name and its arguments, with `|` between. It does
//! what it is for, says so, and then lives for as long as its input is open.

mod loads;
mod program;

use std::env;
use std::io::{self, BufRead, Write};
use std::process;

pub use loads::BRIEF;
pub use loads::storm_count;
pub use program::Program;

/// The variable that says which program to be.
pub const VARIABLE: &str = "RSTAT_TESTBED_PROGRAM";
/// What marks the lines of a program that are not a test harness's.
const MARK: &str = "@ ";
/// What a program says when it has done what it does before any order.
const READY: &str = "ready";

/// What a program does, by its arguments.
pub type Run = fn(&[&str]) -> io::Result<()>;

/// The entrance, which every user has to call first: without the variable it does
/// nothing; else this process is that program, or one of `more`, and ends here.
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
        // What the kernel refuses is an answer; all else is a fault of ours. If nobody is
        // there any more to be told, the end is the same.
        Err(error) if error.raw_os_error().is_some() => drop(say(&format!("{name}: {error}"))),
        Err(error) => eprintln!("{name}: {error}"),
    }
    process::exit(i32::from(result.is_err()));
}

/// Each order of whoever started us is a name to take, until the input ends.
fn obey() -> io::Result<()> {
    say(READY)?;
    while let Some(name) = order()? {
        std::fs::write("/proc/self/comm", name)?;
        say("renamed")?;
    }
    Ok(())
}

/// Says a line to whoever started us.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{MARK}{text}")?;
    out.flush()
}

/// Says that orders are expected; what comes is the next one, or nothing at the end.
pub fn ready_for_order() -> io::Result<Option<String>> {
    say(READY)?;
    order()
}

/// The next order; nothing when there will be none.
pub fn order() -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = io::stdin().lock().read_line(&mut line)?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}
