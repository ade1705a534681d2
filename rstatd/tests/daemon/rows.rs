//! What the rows say of single processes, against `/proc/PID`.

use std::time::Duration;

use rstat_shm::snapshot::{Process, valid};
use rstat_shm::{Snapshot, View};

use crate::plausible;
use crate::programs::Program;
use crate::stage::{FOR_EVER, SECOND_NS, Stage, bpf_works, latest, next, skip, sources, tell};
use crate::truth::{self, Stat, Ticks};

const GIB: u64 = 1 << 30;
/// What a program writes and reads.
const BYTES: u64 = 8 << 20;
/// The kernel keeps a part of its counters a CPU, and programs go on.
const RSS_TOLERANCE: f64 = 0.05;
/// Long enough for the grain of the kernel's clock.
const WINDOW: Duration = Duration::from_secs(3);
/// Samples may be missed on a busy machine; then the sum is taken anew.
const ATTEMPTS: usize = 10;

#[test]
fn a_process_asleep_since_before_the_daemon_is_in_the_first_sample() {
    for source in sources("the memory of sleeping processes by the probe") {
        let stage = Stage::new();
        let program = Program::start(&stage, &format!("hold|{GIB}"));
        let mut daemon = stage.daemon(&["--interval", FOR_EVER, "--source", source]);
        let first = latest(&daemon.view(&stage.region(), 0));
        assert_eq!(first.sequence, 1);
        let expected = truth::rss_bytes(program.pid());
        assert!(expected >= GIB);
        let place = first.top_memory.iter().position(|row| row.pid == program.pid());
        let place = place.unwrap_or_else(|| panic!("{source}: {:?}", first.top_memory));
        let row = &first.top_memory[place];
        let error = row.rss_bytes.abs_diff(expected) as f64 / expected as f64;
        assert!(error < RSS_TOLERANCE, "{source}: {} against {expected}", row.rss_bytes);
        // Above it there can only be processes that really have more.
        for above in &first.top_memory[..place] {
            assert!(truth::rss_bytes(above.pid) as f64 > GIB as f64 * (1.0 - RSS_TOLERANCE));
        }
        assert_eq!((row.count, row.is_kernel_thread(), row.cpu_ppm), (1, false, 0));
        daemon.stop();
    }
}

#[test]
fn threads_are_one_row_under_their_leaders_name() {
    for source in sources("the rows of threads by the probe") {
        let stage = Stage::new();
        let program = Program::start(&stage, "spin|8|eight_threads");
        let mut daemon = stage.daemon(&["--interval", "100", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        let cpu_ns = || Stat::read(program.pid()).unwrap().cpu_ns;
        let ((before, idle), (after, idle_after), samples) =
            samples_of(&view, || (cpu_ns(), Ticks::read()));
        let mut ours = 0.0;
        for sample in &samples {
            let rows = sample.top_cpu.iter().filter(|row| row.comm.bytes() == b"eight_threads");
            let rows: Vec<_> = rows.collect();
            assert_eq!(rows.len(), 1, "{source}: {:?}", sample.top_cpu);
            assert_eq!((rows[0].pid, rows[0].count), (program.pid(), 1));
            let others =
                sample.top_cpu.iter().filter(|row| row.comm.to_string().contains("spinner"));
            assert_eq!(others.count(), 0);
            ours += f64::from(rows[0].cpu_ppm) / 1e6 * sample.elapsed_ns as f64;
        }
        let kernels = (after - before) as f64;
        let error = 100.0 * (ours - kernels).abs() / kernels;
        let steal = idle_after.steal_percent_since(&idle);
        tell(&format!(
            "threads, {source}: {:.0} ms against {:.0} ms, {error:.1} % apart, {steal:.1} % stolen",
            ours / 1e6,
            kernels / 1e6
        ));
        assert!(error < 4.0 + steal * 2.0, "{source}");
        daemon.stop();
    }
}

#[test]
fn bytes_read_and_written_are_those_of_proc_pid_io() {
    for source in sources("the bytes of processes by the probe") {
        let stage = Stage::new();
        let line = format!("write|{}|{BYTES}", stage.path("file").display());
        let mut program = Program::start(&stage, &line);
        let mut daemon = stage.daemon(&["--interval", "200", "--source", source]);
        let view = daemon.view(&stage.region(), 0);
        if truth::io_bytes(program.pid()).is_none() {
            return skip("bytes read and written", "the kernel does not count them");
        }
        if source == "proc" && !next(&view, 2).has(valid::PROCESS_IO) {
            // One process of which it is not told is enough: then no sum is right.
            return skip("bytes read and written", "/proc does not tell those of all processes");
        }
        let mut attempts = Vec::new();
        for _ in 0..ATTEMPTS {
            let (ours, kernels) = bytes_moved(&view, &mut program);
            if kernels[1] < BYTES {
                return skip("bytes written", "the directory of the test is not on storage");
            }
            tell(&format!("bytes, {source}: {ours:.0?} against {kernels:?}"));
            let pairs = ours.iter().zip(kernels);
            let mut errors = pairs.map(|(ours, kernels)| (ours - kernels as f64).abs());
            if errors.all(|error| error < BYTES as f64 * 0.001) {
                break;
            }
            attempts.push((ours, kernels));
        }
        // Others may move more, and take the rows; a sample may be missed.
        assert!(attempts.len() < ATTEMPTS, "{source}: {attempts:?}");
        daemon.stop();
    }
}

/// Has the program write and read, and returns what the rows say of it and what
/// the kernel says.
fn bytes_moved(view: &View, program: &mut Program) -> ([f64; 2], [u64; 2]) {
    let mut seen = latest(view);
    let before = truth::io_bytes(program.pid()).unwrap();
    assert_eq!(program.order("go"), "written");
    let after = truth::io_bytes(program.pid()).unwrap();
    let mut ours = [0.0; 2];
    // The two samples that follow have all that the program did before.
    let last = view.latest() + 2;
    while seen.sequence < last {
        let sample = next(view, seen.sequence);
        plausible::check(&seen, &sample);
        assert!(sample.has(valid::PROCESS_IO));
        if let Some(row) = sample.top_io.iter().find(|row| row.pid == program.pid()) {
            let seconds = sample.elapsed_ns as f64 / SECOND_NS as f64;
            ours[0] += row.read_bytes_per_s as f64 * seconds;
            ours[1] += row.write_bytes_per_s as f64 * seconds;
            assert!(sample.io_write_bytes_per_s >= row.write_bytes_per_s);
        }
        seen = sample;
    }
    (ours, [after[0] - before[0], after[1] - before[1]])
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
    for _ in 0..100 {
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
    }
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
    daemon.stop();
}

/// `/proc` shows longer names of some kernel threads than the kernel's own field has.
fn same_name(row: &Process, stat: &Stat) -> bool {
    let name = row.comm.to_string();
    !name.is_empty() && stat.comm.starts_with(&name)
}

/// All samples of the window, without a gap, and what `truth` said before and after.
#[track_caller]
fn samples_of<T>(view: &View, truth: impl Fn() -> T) -> (T, T, Vec<Snapshot>) {
    for _ in 0..ATTEMPTS {
        let first = next(view, latest(view).sequence.max(2));
        let before = truth();
        let mut samples = Vec::new();
        let mut last = first.clone();
        while last.monotonic_ns < first.monotonic_ns + WINDOW.as_nanos() as u64 {
            let sample = next(view, last.sequence);
            plausible::check(&last, &sample);
            last = sample.clone();
            samples.push(sample);
        }
        let after = truth();
        if last.sequence == first.sequence + samples.len() as u64 {
            return (before, after, samples);
        }
    }
    panic!("samples were missed {ATTEMPTS} times");
}
