//! What the checks watch: programs that use a known amount of something.

use std::hint::{black_box, spin_loop};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{mem, thread};

use crate::sys;

/// The CPU that loads stay on; the other one idles.
pub const CPU: usize = 1;
/// What `hold` holds.
pub const HELD_BYTES: u64 = 64 << 20;
/// How long `brief` lives.
const BRIEF: Duration = Duration::from_millis(5);

/// The programs by the names under which they are started, which are their process
/// names then.
pub const PROGRAMS: [(&str, fn()); 4] =
    [("spin", spin), ("hold", hold), ("storm", storm), ("brief", brief)];

/// Never sleeps.
fn spin() {
    sys::pin_to(1 << CPU);
    loop {
        spin_loop();
    }
}

/// Touches memory and sleeps.
fn hold() {
    let memory = black_box(vec![1_u8; HELD_BYTES as usize]);
    // Never given back: the process is killed with it.
    mem::forget(memory);
    loop {
        thread::park();
    }
}

/// Starts `brief` after `brief`.
fn storm() {
    sys::pin_to(1 << CPU);
    while Command::new("/brief").status().is_ok() {}
}

fn brief() {
    let began = Instant::now();
    while began.elapsed() < BRIEF {
        spin_loop();
    }
}

/// One of the programs; it is killed when this is dropped.
pub struct Load(Child);

impl Load {
    pub fn start(name: &str) -> Self {
        Self(Command::new(format!("/{name}")).spawn().expect("start a link to this program"))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Neither fails with a child that has not been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
