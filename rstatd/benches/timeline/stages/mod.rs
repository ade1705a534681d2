//! The article's five stages and rstat: different ways to the same figures.
//!
//! What is not under test they share: [`MachineFiles`] for memory, load and the like,
//! [`TopLists`] for who used most. None waits for its reader: text goes to `/dev/null`,
//! rstat's sample into a region that nobody reads.

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

/// One way to take a sample and tell it.
pub trait Stage {
    /// What it is called in tables.
    fn name(&self) -> &'static str;

    /// Takes a sample over the time since the one before, and tells it. The answer is the
    /// time for the machine's files in it, which are read by all in the same way; zero
    /// where they cannot be told apart.
    fn sample(&mut self) -> io::Result<Duration>;

    /// What the last sample told.
    fn figures(&self) -> io::Result<Figures>;
}

/// How many stages there are.
pub const COUNT: usize = 6;

/// All of them, in the article's order, rstat last.
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
