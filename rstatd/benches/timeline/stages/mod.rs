//! The article's five stages and rstat: different ways to the same figures.
//!
//! The stages share what is not under test: [`MachineFiles`] for memory, load and the like, and
//! [`TopLists`] for the processes that used most. No stage waits for a reader: text goes to
//! `/dev/null`, rstat's sample into a region without readers.

mod article;
mod batch;
mod daemon;
mod figures;
mod hash_map;
mod machine;
mod output;
mod proc;
mod process_files;
mod rstat;
mod shell;
mod top;

use std::io;
use std::rc::Rc;
use std::time::Duration;

pub use article::Probe;
pub use figures::Figures;

use machine::MachineFiles;
use top::TopLists;

/// One way to take and print a sample.
pub trait Stage {
    /// The stage's name in tables.
    fn name(&self) -> &'static str;

    /// Takes and prints a sample over the time since the last one. Returns how much of the time
    /// went to the machine's files; zero where the stage cannot measure that apart.
    fn sample(&mut self) -> io::Result<Duration>;

    /// The figures of the last sample.
    fn figures(&self) -> io::Result<Figures>;
}

/// The number of stages.
pub const COUNT: usize = 6;

/// All stages, in the article's order, rstat last.
pub fn all(probe: &Rc<Probe>) -> io::Result<[Box<dyn Stage>; COUNT]> {
    Ok([
        Box::new(shell::Shell::new()?),
        Box::new(proc::Proc::new()?),
        Box::new(hash_map::HashMaps::with_files(Rc::clone(probe))?),
        Box::new(hash_map::HashMaps::alone(Rc::clone(probe))?),
        Box::new(batch::ZeroAllocation::new(Rc::clone(probe))?),
        Box::new(rstat::Rstat::new()?),
    ])
}
