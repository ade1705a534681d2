//! What the rows say of single processes, against `/proc/PID`.

use rstat_shm::snapshot::{Process, valid};

use crate::programs::Program;
use crate::stage::{Stage, bpf_works, eventually, latest, next, plausible, skip, sources};
use crate::truth::{self, Stat};

/// What a program writes and reads.
const BYTES: u64 = 8 << 20;
/// Samples that have to have a row.
const SAMPLES: u32 = 20;

#[test]
fn threads_are_one_row_under_their_leaders_name() {
    for source in sources("the rows of threads by the probe") {
        let stage = Stage::new();
        let program = Program::start(&stage, "spin|8|eight_threads");
        let mut daemon = stage.daemon(&["--interval", "100", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let mut last = next(&view, latest(&view).sequence.max(2));
        let mut samples = 0;
        eventually("there are enough samples with the row", || {
            let sample = next(&view, last.sequence);
            plausible(&last, &sample);
            last = sample;
            let sample = &last;
            let is_named =
                |row: &&Process, name: &str| row.comm.to_string().starts_with(name) && row.pid != 0;
            let threads = sample.top_cpu.iter().filter(|row| is_named(row, "spinner"));
            assert_eq!(threads.count(), 0, "{source}: {:?}", sample.top_cpu);
            let rows: Vec<_> =
                sample.top_cpu.iter().filter(|row| is_named(row, "eight_threads")).collect();
            // On a busy machine others may fill the list of a sample.
            if let [row, more @ ..] = &*rows {
                assert_eq!((row.pid, row.count, more.len()), (program.pid(), 1, 0), "{source}");
                samples += 1;
            }
            (samples >= SAMPLES).then_some(())
        });
        daemon.stop();
    }
}

#[test]
fn a_process_that_writes_and_reads_has_a_row_with_both() {
    for source in sources("the bytes of processes by the probe") {
        let stage = Stage::new();
        let line = format!("write|{}|{BYTES}", stage.path("file").display());
        let mut program = Program::start(&stage, &line);
        let mut daemon = stage.daemon(&["--interval", "200", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let Some(before) = truth::io_bytes(program.pid()) else {
            return skip("bytes read and written", "the kernel does not count them");
        };
        if source == "proc" && !next(&view, 2).has(valid::PROCESS_IO) {
            // One process whose bytes are unknown is enough: then no sum is right.
            return skip("bytes read and written", "/proc has not those of all processes");
        }
        assert_eq!(program.order("go"), "written");
        let after = truth::io_bytes(program.pid()).unwrap();
        let moves = [0, 1].map(|place| after[place] > before[place]);
        if moves == [false; 2] {
            return skip("bytes read and written", "the directory of the test is not on storage");
        }
        let mut last = next(&view, latest(&view).sequence.max(2));
        eventually(&format!("{source}: a row has bytes read and written: {moves:?}"), || {
            assert_eq!(program.order("go"), "written");
            let sample = next(&view, last.sequence);
            // No row has more than all together.
            plausible(&last, &sample);
            assert!(sample.has(valid::PROCESS_IO));
            last = sample;
            let mut rows = last.top_io.iter().filter(|row| row.pid == program.pid());
            let has = |row: &Process| [row.read_bytes_per_s > 0, row.write_bytes_per_s > 0];
            rows.next().filter(|row| has(row) == moves).map(drop)
        });
        daemon.stop();
    }
}

#[test]
fn kernel_threads_carry_their_flag() {
    if !bpf_works("the flag of kernel threads by the probe") {
        return;
    }
    let stage = Stage::new();
    let file = stage.path("file");
    let mut program = Program::start(&stage, &format!("write|{}|4096", file.display()));
    let mut daemon = stage.daemon(&["--interval", "10", "--source", "bpf"]);
    let view = daemon.view(&stage.region(), 0);
    let mut seen = [0, 0];
    // Writing to storage keeps the kernel's threads busy.
    eventually("there are rows of both kinds", || {
        program.order("go");
        let sample = latest(&view);
        for row in sample.top_cpu.iter().chain(&sample.top_io).filter(|row| row.pid != 0) {
            // Gone, or another process by now.
            let Some(stat) = Stat::read(row.pid) else { continue };
            if same_name(row, &stat) {
                assert_eq!(row.is_kernel_thread(), stat.is_kernel_thread, "{row:?}");
                seen[usize::from(stat.is_kernel_thread)] += 1;
            }
        }
        (seen[0] > 0 && seen[1] > 0).then_some(())
    });
    daemon.stop();
}

/// `/proc` shows longer names of some kernel threads than the kernel's own field has.
fn same_name(row: &Process, stat: &Stat) -> bool {
    let name = row.comm.to_string();
    !name.is_empty() && stat.comm.starts_with(&name)
}
