//! Processes that have run once and sleep. They end with this one, however it ends.

use std::io;

use rstat_testbed::programs::Program;
use rstat_testbed::truth;

/// Most children of one program.
const BATCH: usize = 1000;

#[derive(Default)]
pub struct Crowd(Vec<Program>);

impl Crowd {
    /// Starts processes until the machine has so many, those of others included.
    pub fn grow_to(&mut self, processes: usize) -> io::Result<()> {
        loop {
            let missing = processes.saturating_sub(truth::pids().len());
            // Each program is a process itself.
            let children = missing.saturating_sub(1).min(BATCH);
            if children == 0 {
                return Ok(());
            }
            self.0.push(Program::start(&format!("crowd|{children}"))?);
        }
    }

    /// Ends them all and waits for that.
    pub fn end(self) -> io::Result<()> {
        for mut program in self.0 {
            program.order("end")?;
            program.finish();
        }
        Ok(())
    }
}
