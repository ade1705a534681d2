//! What the checks watch: programs that use a known amount of something.

use std::hint::spin_loop;
use std::time::{Duration, Instant};

use rstat_testbed::programs::Program;

/// The CPU that loads stay on; the other one idles.
pub const CPU: usize = 1;
/// What [`hold`] holds.
pub const HELD_BYTES: u64 = 64 << 20;
/// What the brief programs are called: their file is a link to this executable.
pub const BRIEF: &str = "brief";
/// How long they live.
const BRIEF_TIME: Duration = Duration::from_millis(5);

/// Never sleeps.
pub fn spin() -> Program {
    start(&format!("spin|1|spin|{CPU}"))
}

/// Has touched memory, and sleeps.
pub fn hold() -> Program {
    start(&format!("hold|{HELD_BYTES}"))
}

/// Starts one brief program after another.
pub fn storm() -> Program {
    start(&format!("storm|{CPU}|/count|/{BRIEF}"))
}

fn start(line: &str) -> Program {
    Program::start(line).expect("start this program again")
}

/// What such a brief program does.
pub fn be_brief() {
    let began = Instant::now();
    while began.elapsed() < BRIEF_TIME {
        spin_loop();
    }
}
