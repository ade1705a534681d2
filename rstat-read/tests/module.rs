//! The text, tooltip and classes of a module, with its options and from one report to the next.

mod samples;

use std::path::Path;
use std::time::Duration;

use rstat_read::module::{Appearance, Module, ModuleOptions};
use rstat_read::{Freshness, HistoryPoint, KernelThreads, Report, Snapshot, valid};
use rstat_shm::snapshot::{Gpu, MAX_GPUS, throttle};

const SECOND_NS: u64 = 1_000_000_000;

fn report<'a>(state: Freshness, sample: &'a Snapshot, history: &'a [HistoryPoint]) -> Report<'a> {
    Report {
        state,
        sample: Some(sample),
        history,
        age: Duration::from_millis(400),
        path: Path::new("/dev/shm/rstat/v1"),
        error: None,
    }
}

fn module(options: &[(&str, &str)]) -> Module {
    let mut set = ModuleOptions::default();
    for (name, value) in options {
        set.set(name, value).unwrap();
    }
    Module::new(set)
}

fn show<'m>(module: &'m mut Module, sample: &Snapshot) -> &'m Appearance {
    module.show(&report(Freshness::Fresh, sample, &samples::history(sample)))
}

fn shown(options: &[(&str, &str)], sample: &Snapshot) -> Appearance {
    show(&mut module(options), sample).clone()
}

#[test]
fn the_text_is_what_the_format_says() {
    let sample = samples::ordinary();
    let check = |options: &[(&str, &str)], expected: &str| {
        assert_eq!(shown(options, &sample).text, expected, "{options:?}");
    };
    check(&[], "\u{2007}23% 54°");
    check(&[("format", "{cpu.busy:>3}% {memory.percent}%")], "\u{2007}23% 53%");
    check(&[("format", "<b>{top.cpu.name}</b>")], "<b>firefox</b>");
    check(&[("icons", "▁,▃,▅,█")], "▁ \u{2007}23% 54°");
    check(&[("icons", "a,b,c,d"), ("percentage", "cpu.temp")], "c \u{2007}23% 54°");
    check(&[("icons", "a,b"), ("format", "{cpu.busy} {icon}")], "23 a");
    // The text has three columns in ten bytes of markup; the width is five columns.
    check(&[("format", "<b>{cpu.busy}%</b>"), ("width", "5")], "\u{2007}\u{2007}<b>23%</b>");
    check(&[("format", ""), ("width", "5")], "");
}

#[test]
fn names_are_data_in_every_member() {
    let sample = samples::hostile();
    let options = [
        ("format", "{top.cpu.name}"),
        ("tooltip-format", "<tt>{top.cpu.name}</tt>\n{tooltip}"),
        ("alt", "{top.cpu.name}"),
    ];
    let escaped = "&lt;b&gt;&amp;\"\\x2d";
    let appearance = shown(&options, &sample);
    assert_eq!(appearance.text, escaped);
    assert_eq!(appearance.alt, escaped);
    let page = shown(&[], &sample).tooltip;
    assert_eq!(appearance.tooltip, format!("<tt>{escaped}</tt>\n{page}"));

    let plain = shown(&[("markup", "none"), ("format", "{top.cpu.name}")], &sample);
    assert_eq!(plain.text, "<b>&\"\\x2d");
    assert!(plain.tooltip.contains("\n      <b>&\"\\x2d  "), "{}", plain.tooltip);
    for tag in ["<tt>", "<span", "</span", "</b>", "&lt;", "&amp;"] {
        assert!(!plain.tooltip.contains(tag), "{tag} in {}", plain.tooltip);
    }
}

#[test]
fn markup_is_all_that_the_plain_page_lacks() {
    for make in [samples::ordinary, samples::critical, samples::huge] {
        let sample = make();
        let page = shown(&[], &sample).tooltip;
        let mut text = String::new();
        for piece in page.split('<') {
            text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        }
        assert_eq!(shown(&[("markup", "none")], &sample).tooltip, text);
    }
}

#[test]
fn of_several_gpus_the_throttled_one_is_named() {
    let alerts = |sample: &Snapshot| {
        let page = shown(&[("markup", "none")], sample).tooltip;
        let lines = page.lines().filter(|line| line.contains("throttled: power"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut sample = samples::ordinary();
    sample.gpus[0].throttle = throttle::POWER;
    sample.gpus[0].valid |= Gpu::THROTTLE;
    sample.gpu_count = 1;
    assert_eq!(alerts(&sample), ["GPU throttled: power"]);
    sample.gpu_count = 4;
    sample.gpus = [sample.gpus[0]; MAX_GPUS];
    sample.gpus[1].throttle = 0;
    let numbered = [0, 2, 3].map(|number| format!("GPU {number} throttled: power"));
    assert_eq!(alerts(&sample), numbered);
}

#[test]
fn the_percentage_is_of_any_share_or_temperature() {
    let sample = samples::ordinary();
    let check = |name, expected| {
        assert_eq!(shown(&[("percentage", name)], &sample).percentage, expected, "{name}");
    };
    check("cpu.busy", Some(23));
    check("memory.percent", Some(53));
    check("cpu.temp", Some(54));
    check("gpu.temp", Some(48));
    check("swap.percent", None);
    let cold = Snapshot { cpu_temperature_mc: -40_000, ..sample };
    assert_eq!(shown(&[("percentage", "cpu.temp")], &cold).percentage, Some(0));
    assert_eq!(shown(&[("percentage", "cpu.temp")], &samples::huge()).percentage, Some(0));
    assert_eq!(shown(&[], &samples::huge()).percentage, Some(100));
}

#[test]
fn levels_are_classes_and_the_state_comes_first() {
    let sample = samples::ordinary();
    let check = |options: &[(&str, &str)], expected: &[&str]| {
        let appearance = shown(options, &sample);
        assert_eq!(appearance.classes, expected, "{options:?}");
        assert_eq!(appearance.alt, expected[0]);
    };
    check(&[], &["ok"]);
    check(&[("warning", "cpu=20")], &["warning", "cpu-warning"]);
    check(
        &[("warning", "cpu=20,mem=99"), ("critical", "temp=50")],
        &["critical", "cpu-warning", "temperature-critical"],
    );
    let off = "cpu=off,temp=off,mem=off,psi=off";
    let calm = shown(&[("warning", off), ("critical", off)], &samples::critical());
    assert_eq!(calm.classes, ["ok"]);
}

#[test]
fn of_several_gpus_the_worst_has_the_level() {
    let mut sample = samples::ordinary();
    let options = [
        ("warning", "gpu=50"),
        ("critical", "gpu-temp=90"),
        ("hide-below", "gpu=50"),
        ("markup", "none"),
    ];
    let check = |sample: &Snapshot, class: &str, alert: Option<&str>| {
        let appearance = shown(&options, sample);
        let classes: Vec<_> = appearance.classes.iter().skip(1).copied().collect();
        assert_eq!(classes.join(" "), class);
        assert_eq!(appearance.text.is_empty(), class.is_empty(), "hidden while all GPUs are idle");
        let found = appearance
            .tooltip
            .lines()
            .find(|line| line.starts_with("GPU") && line.contains(" at "));
        assert_eq!(found, alert);
    };
    let calm = sample.gpus[0];
    let busy = Gpu { busy_ppm: 900_000, ..calm };
    let hot = Gpu { temperature_mc: 93_000, ..calm };
    let asleep = Gpu { state: Gpu::ASLEEP, busy_ppm: 990_000, temperature_mc: 99_000, ..calm };
    sample.gpu_count = 2;
    sample.gpus[..4].copy_from_slice(&[calm, asleep, busy, hot]);
    check(&sample, "", None);
    sample.gpu_count = 3;
    check(&sample, "gpu-warning", None);
    sample.gpu_count = 4;
    check(&sample, "gpu-warning gpu-temperature-critical", Some("GPU 3 at 93 °C"));
    sample.gpus[2].valid = 0;
    check(&sample, "gpu-temperature-critical", Some("GPU 3 at 93 °C"));
    sample.gpus = [hot; MAX_GPUS];
    sample.gpu_count = 1;
    check(&sample, "gpu-temperature-critical", Some("GPU at 93 °C"));
}

#[test]
fn a_quiet_module_hides_and_trouble_shows_it() {
    let mut sample = samples::ordinary();
    let options = [("hide-below", "cpu=30")];
    let hidden = shown(&options, &sample);
    assert_eq!(hidden.text, "");
    assert!(hidden.tooltip.contains("firefox"));
    assert_eq!(shown(&[("hide-below", "cpu=20")], &sample).text, "\u{2007}23% 54°");
    assert_eq!(shown(&[("hide-below", "cpu=30,temp=50")], &sample).text, "\u{2007}23% 54°");
    sample.cpu_temperature_mc = 99_000;
    assert_eq!(shown(&options, &sample).text, "\u{2007}23% 99°");
    // The absence of a daemon is never hidden.
    let mut quiet = module(&options);
    assert_eq!(quiet.show(&report(Freshness::Stopped, &sample, &[])).text, "rstat off");
}

#[test]
fn a_daemon_that_is_restarted_leaves_the_figures_where_they_were() {
    let options = [("warning", "cpu=20")];
    let mut module = module(&options);
    let sample = samples::ordinary();
    let before = show(&mut module, &sample).clone();
    assert_eq!(before.classes, ["warning", "cpu-warning"]);
    let stopped = module.show(&report(Freshness::Stopped, &sample, &[]));
    assert_eq!((stopped.text.as_str(), stopped.alt.as_str()), ("rstat off", "offline"));

    let first = Snapshot {
        instance: 9,
        sequence: sample.sequence + 1,
        monotonic_ns: sample.monotonic_ns + 2 * SECOND_NS,
        valid: valid::MEMORY,
        ..samples::empty()
    };
    let history = samples::history(&sample);
    for _ in 0..2 {
        let held = module.show(&report(Freshness::Fresh, &first, &history));
        assert_eq!((&held.text, &held.classes), (&before.text, &before.classes));
        assert_eq!(held.percentage, before.percentage);
        assert_eq!(held.tooltip, before.tooltip);
    }
    // After a second sample without a share of the CPU the share is unknown.
    let second = Snapshot { sequence: first.sequence + 1, ..first };
    assert_eq!(show(&mut module, &second).text, "\u{2007}\u{2007}–%");
    let third = Snapshot { sequence: 0, instance: 9, cpu_busy_ppm: 500_000, ..sample };
    assert_eq!(show(&mut module, &third).text, "\u{2007}50% 54°");
}

#[test]
fn after_a_long_time_there_are_no_figures_to_keep() {
    let mut module = module(&[]);
    let sample = samples::ordinary();
    show(&mut module, &sample);
    let stopped = module.show(&report(Freshness::Stopped, &sample, &[])).clone();
    let first = Snapshot {
        instance: 9,
        monotonic_ns: sample.monotonic_ns + 60 * SECOND_NS,
        ..samples::empty()
    };
    assert_eq!(*show(&mut module, &first), stopped);
    let second = Snapshot { instance: 9, sequence: first.sequence + 1, ..sample };
    assert_eq!(show(&mut module, &second).text, "\u{2007}23% 54°");
}

#[test]
fn the_page_has_the_detail_that_was_asked_for() {
    let sample = samples::ordinary();
    let page = |detail| shown(&[("detail", detail), ("markup", "none")], &sample).tooltip;
    let (compact, full, cores) = (page("compact"), page("full"), page("cores"));
    assert_eq!(compact.lines().count(), 4, "{compact}");
    assert!(!compact.contains("firefox") && !compact.contains("load"), "{compact}");
    assert!(full.contains("firefox") && full.contains("load 1.92"), "{full}");
    assert!(full.contains("\ncpus  ▂▁█▂▁▅▁▂\n"), "{full}");
    let lines =
        "\ncpus    0 ▂   9 %     1 ▁   2 %     2 █ 100 %     3 ▂  13 %\n        4 ▁   0 %  ";
    assert!(cores.contains(lines), "{cores}");
    assert_eq!(cores.lines().count(), full.lines().count() + 1);
    let wide = shown(&[("detail", "cores"), ("markup", "none")], &samples::huge()).tooltip;
    assert!(wide.contains("255 █"), "{wide}");
}

#[test]
fn processes_without_a_place_in_the_lists_are_counted() {
    let alert = |processes_unlisted| {
        let sample = Snapshot { processes_unlisted, ..samples::ordinary() };
        let page = shown(&[("markup", "none")], &sample).tooltip;
        page.lines().find(|line| line.contains("not in the lists")).map(str::to_owned)
    };
    assert_eq!(alert(0), None);
    for (count, expected) in [(1, "1 process is"), (12, "12 processes are")] {
        let line = format!("{expected} not in the lists: there are too many");
        assert_eq!(alert(count), Some(line));
    }
}

#[test]
fn lists_are_of_what_was_asked_for() {
    let sample = samples::ordinary();
    let page = |options: &[(&str, &str)]| shown(options, &sample).tooltip;
    assert!(page(&[]).contains("alacritty ×153"));
    assert!(page(&[("processes", "")]).contains("true ×143"));
    assert!(page(&[("processes", ""), ("applications", "")]).contains("alacritty ×153"));
    assert!(page(&[("kernel-threads", "true")]).contains("kworker ×9"));
    let mut module = module(&[("kernel-threads", "")]);
    module.look().kernel_threads = KernelThreads::Hidden;
    assert!(!show(&mut module, &sample).tooltip.contains("kworker"));
}

#[test]
fn curves_show_as_much_time_as_was_asked_for() {
    let sample = samples::ordinary();
    let curve = |minutes| {
        let page = shown(&[("history", minutes), ("markup", "none")], &sample).tooltip;
        page.lines()
            .next()
            .unwrap()
            .split_once('%')
            .unwrap()
            .1
            .chars()
            .skip(2)
            .take(20)
            .collect::<String>()
    };
    // The history has 130 seconds of samples and a pause between 70 and 82 seconds ago.
    assert!(!curve("0.3").contains(' '), "20 columns of a second");
    assert_eq!(curve("2").trim().matches(' ').count(), 1, "of 6 seconds");
    assert_eq!(curve("12").trim().chars().count(), 4, "of 36");
}

#[test]
fn no_line_is_so_long_that_a_toolkit_would_break_it() {
    for make in [samples::ordinary, samples::critical, samples::hostile_applications] {
        let sample = make();
        for detail in ["compact", "full", "cores"] {
            let page = shown(&[("detail", detail), ("markup", "none")], &sample).tooltip;
            let longest = page.lines().map(|line| line.chars().count()).max();
            assert!(longest.is_some_and(|columns| columns <= 62), "{longest:?}:\n{page}");
        }
    }
}
