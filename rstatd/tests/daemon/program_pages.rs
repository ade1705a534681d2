//! What of its own program the daemon has mapped.

use std::fs;

use rstatd::program_pages::NeededPages;

use crate::stage::{Stage, next, skip, sources, tell};

const DAEMON: &str = env!("CARGO_BIN_EXE_rstatd");
/// Samples in which every source was read, and those that were missed once looked for.
const SAMPLES: u64 = 50;

#[test]
fn of_the_program_only_what_ticks_need_stays_mapped() {
    if let Err(error) = NeededPages::keep() {
        return skip("the pages of the program", &error.to_string());
    }
    for source in sources("the pages of the program with the probe") {
        // All of it is in memory, so nothing is left out because it would have to be read.
        fs::read(DAEMON).unwrap();
        let stage = Stage::new();
        let mut daemon = stage.daemon(&["--interval", "20", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        next(&view, SAMPLES);
        let (size, resident) = program_kilobytes(daemon.pid());
        tell(&format!("pages, {source}: {resident} of {size} KiB"));
        // Of one that nobody optimised not half; otherwise a quarter.
        assert!(size > 0 && resident * 3 < size * 2, "{source}: {resident} of {size} KiB");
        daemon.stop();
    }
}

/// How much of the program's file is mapped, and how much of that is in memory.
fn program_kilobytes(pid: u32) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap();
    let (mut size, mut resident, mut is_program) = (0, 0, false);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let into = match words.next() {
            Some("Size:") => &mut size,
            Some("Rss:") => &mut resident,
            Some(name) if name.ends_with(':') => continue,
            // A mapping; all lines until the next are about it.
            _ => {
                is_program = line.ends_with(DAEMON);
                continue;
            }
        };
        if is_program {
            *into += words.next().unwrap().parse::<u64>().unwrap();
        }
    }
    (size, resident)
}
