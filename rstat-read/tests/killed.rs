//! A daemon that is killed at any moment harms no reader.
//!
//! This test is a program of its own, because each process that it starts holds the locks of
//! other tests' regions until exec.

mod region;
mod samples;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use region::{GIVE_UP, SHORT, Scratch};
use rstat_read::{Freshness, Reader, Snapshot};

struct Daemon(Child);

impl Daemon {
    fn start(program: &Path, region: &Path) -> Self {
        let mut command = Command::new(program);
        command.arg(region).arg(SHORT.as_millis().to_string()).stdin(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Daemon {
    /// Kills the daemon by SIGKILL at any moment.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_killed_process_leaves_its_last_sample_and_its_successor_goes_on() {
    let Some(program) = region::example("publish") else {
        return;
    };
    let scratch = Scratch::new();
    // The reader opens this region before the first process is up.
    drop(region::writer(&scratch.region()));
    let reader = Reader::open(Some(&scratch.region())).unwrap();
    let mut last = Snapshot::EMPTY;
    for _ in 0..5 {
        let daemon = Daemon::start(&program, &scratch.region());
        let instance = last.instance;
        while last.instance == instance {
            assert!(reader.wait(GIVE_UP).is_some(), "no sample of the new process");
            let _ = reader.snapshot(&mut last);
        }
        drop(daemon);
        while reader.state() != Freshness::Stale {
            assert!(reader.wait(GIVE_UP).is_some(), "never stale");
            let _ = reader.snapshot(&mut last);
        }
        assert_eq!(reader.snapshot(&mut last), Ok(()), "the last good sample stays");
        assert_eq!(last.top_cpu, samples::ordinary().top_cpu, "whole");
    }
}
