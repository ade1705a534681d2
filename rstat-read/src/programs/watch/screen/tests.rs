use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rstat_shm::snapshot::{HistoryPoint, Process, Text, valid};

use super::*;
use crate::programs::watch::picture::Picture;
use crate::report::Freshness;

const SECOND: u64 = 1_000_000_000;

fn sample() -> Snapshot {
    let mut sample = Snapshot {
        monotonic_ns: 1_000 * SECOND,
        period_ns: SECOND,
        valid: valid::CPU
            | valid::MEMORY
            | valid::LOAD
            | valid::PROCESSES
            | valid::PROCESS_CPU
            | valid::PROCESS_IO
            | valid::PRESSURE_IO
            | valid::PROCESS_STATES,
        source: 1,
        cpu_count: 4,
        cpu_busy_ppm: 230_000,
        memory_total_bytes: 32 << 30,
        memory_used_bytes: 8 << 30,
        processes: 412,
        processes_blocked: 2,
        cores_online: [0b1101, 0, 0, 0],
        ..Snapshot::EMPTY
    };
    sample.cores[2] = 1_000_000;
    let row = |name: &[u8], flags, cpu_ppm| {
        let mut comm = Text::default();
        comm.0[..name.len()].copy_from_slice(name);
        Process { pid: 42, count: 1, flags, cpu_ppm, comm, ..Process::default() }
    };
    sample.top_cpu[0] = row(b"kworker/0:1", Process::KERNEL_THREAD, 800_000);
    sample.top_cpu[1] = row(b"evil\x1b[2Jname", 0, 400_000);
    sample.top_memory[0] = row(b"biggest", 0, 0);
    sample
}

fn view(sample: &Snapshot) -> View {
    let point = |back: u64| HistoryPoint {
        monotonic_ns: sample.monotonic_ns - back * SECOND,
        cpu_busy_ppm: if back.is_multiple_of(2) { 1_000_000 } else { 0 },
        ..HistoryPoint::from(sample)
    };
    let history: Vec<_> = (0..300).rev().map(point).collect();
    let mut view = View::default();
    view.see(Box::new(Picture::fresh(sample, &history)));
    view
}

/// The screen as lines of text.
fn screen(view: &View, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view)).unwrap();
    let buffer = terminal.backend().buffer();
    (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect()).collect()
}

#[test]
fn any_size_is_drawn() {
    let sample = sample();
    let mut view = view(&sample);
    for is_of_applications in [false, true] {
        view.is_of_applications = is_of_applications;
        for width in [0, 1, 7, 20, 40, 80, 120, 180, 240] {
            for height in [0, 1, 2, 3, 4, 7, 10, 24, 40, 70] {
                screen(&view, width, height);
            }
        }
    }
}

#[test]
fn a_usual_terminal_has_all_parts() {
    let lines = screen(&view(&sample()), 80, 24);
    let all = lines.join("\n");
    for part in [
        "rstat  fresh  load 0.00",
        "2 blocked",
        "412 processes",
        "CPU  23 %",
        "Memory  8.0 of 32.0 GiB",
        "I/O  read 0 B/s",
        "Pressure",
        "cpus  ▁  0%  ·      █100%  ▁  0%",
        "process",
        "10 %",
        "q quit",
    ] {
        assert!(all.contains(part), "{part} in\n{all}");
    }
    // Every other second was busy.
    assert!(all.contains("▁█▁█▁█"), "{all}");
    assert!(!all.contains('\u{1b}') && all.contains("evil\u{fffd}[2Jname"), "{all}");
    assert!(!all.contains("kworker"), "{all}");
}

#[test]
fn a_small_terminal_has_a_plot_and_a_list() {
    let lines = screen(&view(&sample()), 40, 10);
    assert!(lines[1].starts_with("CPU  23 %"), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("evil")), "{lines:#?}");
    assert!(lines[9].starts_with("q quit"), "{lines:#?}");
}

#[test]
fn a_large_terminal_has_all_lists() {
    for (width, height) in [(200, 60), (100, 60)] {
        let all = screen(&view(&sample()), width, height).join("\n");
        assert!(all.contains("evil") && all.contains("biggest"), "{all}");
    }
}

#[test]
fn keys_change_what_is_listed() {
    let mut view = view(&sample());
    view.kernel_threads = KernelThreads::Shown;
    assert!(screen(&view, 80, 24).join("\n").contains("kworker/0:1"));
    view.order = Order::Memory;
    let all = screen(&view, 80, 24).join("\n");
    assert!(all.contains("biggest") && !all.contains("kworker"), "{all}");
    view.is_of_applications = true;
    assert!(screen(&view, 80, 24).join("\n").contains("application"));
}

#[test]
fn without_samples_it_says_what_to_do() {
    let mut view = view(&sample());
    view.picture.state = Freshness::Stopped;
    view.picture.advice = "rstatd was stopped; to start it: systemctl start rstatd".to_owned();
    let lines = screen(&view, 80, 24);
    assert!(lines[0].starts_with("rstat  stopped  rstatd was stopped; to start"), "{}", lines[0]);
    view.picture.sample = None;
    assert!(screen(&view, 80, 24).join("\n").contains("systemctl start rstatd"));
}
