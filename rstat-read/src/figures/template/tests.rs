use std::path::Path;
use std::time::Duration;

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, KernelThreads, Process, Text, valid};

use super::*;
use crate::report::Freshness;

fn sample() -> Snapshot {
    let mut sample = Snapshot {
        valid: valid::CPU
            | valid::CPU_TEMPERATURE
            | valid::CPU_FREQUENCY
            | valid::MEMORY
            | valid::LOAD
            | valid::PROCESS_CPU
            | valid::PROCESSES
            | valid::PROCESS_IO
            | valid::GPU
            | valid::PLATFORM_PROFILE
            | valid::FANS,
        cpu_count: 8,
        cpu_busy_ppm: 84_000,
        cpu_temperature_mc: 54_400,
        cpu_frequency_khz: 3_210_000,
        load_1m_milli: 1_920,
        platform_profile: 4,
        memory_total_bytes: 32 << 30,
        memory_used_bytes: 8 << 30,
        io_read_bytes_per_s: 1_600_000,
        gpu_count: 2,
        fan_count: 1,
        cores_online: [0b101, 0, 0, 0],
        ..Snapshot::EMPTY
    };
    sample.cores[2] = 510_000;
    sample.fans_rpm[0] = 2_310;
    sample.gpus[1] = Gpu { driver: 2, valid: Gpu::BUSY, busy_ppm: 990_000, ..Gpu::default() };
    let row = |name: &[u8], flags, cpu_ppm| {
        let mut comm = Text::default();
        comm.0[..name.len()].copy_from_slice(name);
        Process { pid: 42, count: 1, flags, cpu_ppm, comm, ..Process::default() }
    };
    sample.top_cpu[0] = row(b"kworker/0:1", Process::KERNEL_THREAD, 800_000);
    sample.top_cpu[1] = row(b"<b>&\"\\x2d%{", 0, 400_000);
    sample.top_cpu[2] = row("twelve bytes🦀".as_bytes().get(..15).unwrap(), 0, 8_000);
    sample
}

fn rendered(template: &str, rendering: Rendering) -> String {
    let sample = sample();
    let report = Report {
        state: Freshness::Fresh,
        sample: Some(&sample),
        history: &[],
        age: Duration::from_millis(400),
        path: Path::new("/dev/shm/rstat/v1"),
        error: None,
    };
    let mut out = String::new();
    Template::parse(template).unwrap().render(&mut out, &report, rendering).unwrap();
    out
}

fn check(template: &str, expected: &str) {
    assert_eq!(rendered(template, Rendering::default()), expected, "{template}");
}

#[test]
fn figures_stand_in_the_user_s_text() {
    check("", "");
    check("plain – text", "plain – text");
    check("{cpu.busy}% {cpu.temp}°", "8% 54°");
    check("{{{cpu.busy}}}", "{8}");
    check("{cpu_busy_ppm} {cores_busy_ppm.2} {platform_profile}", "84000 510000 4");
    check("{load.1} {platform.profile} {cpu.2.busy} {fan}", "1.92 balanced 51 2310");
    check("{memory.percent} {memory.used} {memory.used:.1G} {io.read}", "25 8.0G 8.0 1.5M");
    check("{gpu.1.driver} {gpu.1.busy} {gpus.1.busy_ppm}", "xe 99 990000");
    check("{state} {age} {age_ns}", "fresh 400 ms 400000000");
}

#[test]
fn figures_keep_their_columns() {
    check("[{cpu.busy:3}]", "[  8]");
    check("[{cpu.busy:<3}]", "[8  ]");
    check("[{cpu.busy:^3}]", "[ 8 ]");
    check("[{cpu.busy:_>5.1}]", "[__8.4]");
    check("[{cpu.busy:03}]", "[008]");

    check("[{top.cpu.name:12.8}]", "[<b>&\"\\x…    ]");
    check("[{top.cpu.1.name:>14}]", "[  twelve bytes]");
    let figure = Rendering { filler: '\u{2007}', ..Rendering::default() };
    assert_eq!(rendered("[{cpu.busy:3}]", figure), "[\u{2007}\u{2007}8]");
}

#[test]
fn the_unknown_has_its_sign_or_the_user_s() {
    check("[{swap.used:5}]", "[    –]");
    check("[{swap.used:<5|n/a}]", "[n/a  ]");
    check("[{gpu.busy|}]", "[]");
    check("{cpu.1.busy} {cpu.255.busy} {fan.3} {gpu.3.temp}", "– – – –");
    check("{top.cpu.9.name} {zombies.name} {top.memory.pid}", "– – –");
}

#[test]
fn rows_are_counted_with_or_without_kernel_threads() {
    check("{top.cpu.0.pid} {top.cpu.cpu:.1}", "42 5.0");
    let shown = Rendering { kernel_threads: KernelThreads::Shown, ..Rendering::default() };
    assert_eq!(rendered("{top.cpu.name} {top_cpu.0.cpu_ppm}", shown), "kworker/0:1 800000");
}

#[test]
fn data_is_escaped_and_text_is_not() {
    let escaped = |escape| {
        rendered("<i>{top.cpu.name:12}</i>%{{", Rendering { escape, ..Rendering::default() })
    };
    assert_eq!(escaped(Escape::None), "<i><b>&\"\\x2d%{ </i>%{");
    assert_eq!(escaped(Escape::Pango), "<i>&lt;b&gt;&amp;\"\\x2d%{ </i>%{");
    assert_eq!(escaped(Escape::Polybar), "<i><b>&\"\\x2d% { </i>%{");
    assert_eq!(escaped(Escape::Json), "<i><b>&\\\"\\u005cx2d%{ </i>%{");
}

#[test]
fn no_text_is_too_strange() {
    // A generator of Marsaglia's: the same texts each time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    let pieces = [
        "{",
        "}",
        ":",
        "|",
        ".",
        "<",
        ">",
        "^",
        "0",
        "9",
        "G",
        "B",
        "é",
        "{{",
        "}}",
        "cpu.busy",
        "age",
        "top.cpu.",
        "name",
        "io.read",
        "memory_used_bytes",
        "fan.1",
        "sample.time",
        "99",
        " ",
    ];
    let mut understood = 0;
    for _ in 0..20_000 {
        let count = 1 + next(9);
        let text: String = (0..count).map(|_| pieces[next(pieces.len())]).collect();
        match Template::parse(&text) {
            Ok(_) => {
                understood += 1;
                rendered(&text, Rendering::default());
            }
            Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.at), "{text}"),
        }
    }
    assert!(understood > 100, "{understood}");
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let check = |template: &str, expected: &str| {
        assert_eq!(Template::parse(template).unwrap_err().to_string(), expected);
    };
    check("é {", "character 3: `{` has no `}`; for a brace itself write `{{`");
    check("{cpu.busy", "character 1: `{` has no `}`; for a brace itself write `{{`");
    check("{cpu.busy{cpu.temp}", "character 1: `{` has no `}`; for a brace itself write `{{`");
    check("50%}", "character 4: `}` has no `{`; for a brace itself write `}}`");
    check(
        "é {cpu.temp} {cpu.bsy}",
        "character 15: unknown metric `cpu.bsy`; did you mean `cpu.busy`?",
    );
    check(
        "{cpu.busy:3d}",
        "character 2: format `3d`: it is [[FILL]ALIGN][WIDTH][.PRECISION][SIZE], such as `>3` \
         or `.1G`",
    );
    check(
        "{cpu.busy:.1G}",
        "character 2: format `.1G`: only bytes and hertz come in sizes such as `G`",
    );
    check("{}", "character 2: unknown metric ``");
}

fn with_slots(text: &str) -> Result<String, String> {
    let template = Template::with_slots(text, &["icon", "tooltip"]).map_err(|it| it.to_string())?;
    let mut out = String::new();
    let slot = |name: &str| if name == "icon" { "<i>" } else { "page" };
    template.render_with(&mut out, &Report::nothing(), Rendering::default(), &slot).unwrap();
    Ok(out)
}

#[test]
fn slots_are_filled_and_braces_stay() {
    for (text, expected) in [
        ("", ""),
        ("{icon}", "<i>"),
        ("a{icon}{icon}b", "a<i><i>b"),
        ("{tooltip}\n{cpu.busy|?}{icon}", "page\n?<i>"),
        ("{{icon}}{{{icon}}}", "{icon}{<i>}"),
    ] {
        assert_eq!(with_slots(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn mistakes_are_where_they_stand() {
    assert_eq!(
        with_slots("é{icon}{cpu.bussy}").unwrap_err(),
        "character 9: unknown metric `cpu.bussy`; did you mean `cpu.busy`?"
    );
    assert!(Template::with_slots("{tooltip}", &["icon"]).is_err());
}
