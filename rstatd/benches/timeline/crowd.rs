//! Processes that have run once and sleep. They end with the bench, however it ends.

use std::io;

use rstat_testbed::programs::Program;
use rstat_testbed::truth;

/// The most children of one program.
const BATCH: usize = 1000;

#[derive(Default)]
pub struct Crowd(Vec<Program>);

impl Crowd {
    /// Starts processes until the whole machine has so many.
    pub fn grow_to(&mut self, processes: usize) -> io::Result<()> {
        loop {
            let missing = processes.saturating_sub(truth::pids().len());
            // The parent of the children counts as well.
            let children = missing.saturating_sub(1).min(BATCH);
            if children == 0 {
                return Ok(());
            }
            self.0.push(Program::start(&format!("crowd|{children}"))?);
        }
    }

    /// Ends all processes and waits until they are gone.
    pub fn end(self) -> io::Result<()> {
        for mut program in self.0 {
            program.order("end")?;
            program.finish();
        }
        Ok(())
    }
}
