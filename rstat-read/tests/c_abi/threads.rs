//! One reader, many threads, and a daemon that is replaced all the while.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rstat_read::Reader;
use rstat_shm::Writer;

use crate::compile::{is_installed, run, with_library};
use crate::region::{self, SHORT, Scratch};
use crate::samples;

/// Daemons that the threads live to see.
const DAEMONS: u32 = 12;
/// Samples of each, before it leaves in one way or another.
const SAMPLES: u32 = 400;

/// A sample with figures that follow from the first: see `threads.c`.
fn publish(writer: &mut Writer, round: u32) {
    let mut sample = samples::fresh(SHORT);
    sample.cpu_busy_ppm = round;
    sample.memory_used_bytes = 3 * u64::from(round);
    sample.top_io[0].rss_bytes = 5 * u64::from(round);
    *sample.cores.last_mut().unwrap() = round;
    writer.publish(&mut sample);
}

#[test]
fn threads_share_a_reader_through_samples_restarts_and_replacements() {
    let scratch = Scratch::new();
    if let Some(mut program) = with_library(&scratch, "threads.c") {
        check(&scratch, &mut program);
    }
}

#[test]
fn a_kernel_that_cannot_wait_for_two_words_is_one_to_wait_on() {
    let scratch = Scratch::new();
    let (Some(program), true) = (with_library(&scratch, "threads.c"), is_installed("strace"))
    else {
        return;
    };
    // As Linux 5.15 answers.
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=futex_waitv"]);
    traced.args(["-e", "inject=futex_waitv:error=ENOSYS"]).arg(program.get_program());
    traced.env("LD_LIBRARY_PATH", scratch.path());
    let may_trace = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    if !may_trace.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: strace may not trace here");
        return;
    }
    check(&scratch, &mut traced);
}

/// Runs the program while daemons come and go.
fn check(scratch: &Scratch, program: &mut Command) {
    let path = scratch.region();
    let mut writer = region::writer(&path);
    publish(&mut writer, 0);
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        let daemons = threads.spawn(|| {
            for daemon in 0.. {
                for round in 1..SAMPLES {
                    publish(&mut writer, round);
                    if round % 50 == 0 {
                        thread::yield_now();
                    }
                }
                if done.load(Ordering::Relaxed) {
                    return daemon;
                }
                // Long enough to be missed: a reader looks at the name when it is late.
                match daemon % 3 {
                    0 => writer.stop(),
                    _ => drop(writer),
                }
                if daemon % 3 == 1 {
                    fs::remove_file(&path).unwrap();
                }
                thread::sleep(3 * SHORT);
                writer = region::writer(&path);
            }
            unreachable!("daemons without end");
        });
        run(program.arg(&path).arg(DAEMONS.to_string()));
        done.store(true, Ordering::Relaxed);
        assert!(daemons.join().unwrap() >= DAEMONS - 1);
    });
}

#[test]
fn a_reader_may_be_shared() {
    fn check<T: Send + Sync>() {}
    check::<Reader>();
}
