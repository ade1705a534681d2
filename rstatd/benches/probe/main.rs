//! What the probe adds to a context switch: by the kernel's own count of the time that
//! programs run, against the probe of the article; and by the clock, in a ping-pong.
//!
//! An object that is named on the command line is measured against ours, to see what a
//! change of the probe is worth: `cargo bench --bench probe -- before.bpf.o`.

mod measured;
mod ping_pong;

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use measured::{Nothing, OURS};
use ping_pong::PingPong;
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave};
use rstat_testbed::{programs, truth};
use rstatd::source::Root;
use rstatd::source::probe::ProbeSource;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How often each contender takes its turn, and how many round trips it is watched for.
const ROUNDS: usize = 11;
const ROUND_TRIPS: u32 = 20_000;
/// Of so many stretches of so many round trips the fastest one counts where the clock
/// decides: what else the machine does only ever makes one slower.
const STRETCHES: u32 = 20;
const STRETCH: u32 = 2_000;

/// The probe of the article, and where the bench puts what it compiles.
const ARTICLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/probe/article.bpf.c");
const DIRECTORY: &str = env!("CARGO_TARGET_TMPDIR");

fn main() {
    programs::be_one(&[("ping", ping_pong::ping), ("pong", ping_pong::pong)]);
    if let Err(error) = run() {
        println!("probe: not measured: {error}");
    }
}

fn run() -> Result<()> {
    let nothing = Nothing::load()?;
    let mut table = Table::new("probe");
    let cpus = truth::cpus();
    let (first, last) = (cpus[0], cpus[cpus.len() - 1]);
    let named: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for (between, a, b) in [("on one CPU", first, first), ("with idling between", first, last)] {
        let ping_pong = RefCell::new(PingPong::start(a, b)?);
        for path in &named {
            cost(&mut table, &ping_pong, &nothing, between, (path, &fs::read(path)?));
        }
        if named.is_empty() {
            cost(&mut table, &ping_pong, &nothing, between, ("article", &compile(ARTICLE)?));
            slowdown(&mut table, &ping_pong, &nothing, between);
        }
    }
    table.finish();
    Ok(())
}

/// What a switch costs by the kernel's count.
fn cost(
    table: &mut Table,
    ping_pong: &RefCell<PingPong>,
    nothing: &Nothing,
    between: &str,
    (name, theirs): (&str, &[u8]),
) {
    let measure = |probe: &[u8]| {
        let added = nothing.added_by(probe, || drop(ping_pong.borrow_mut().go(ROUND_TRIPS)));
        added.unwrap_or(f64::NAN)
    };
    let rounds = interleave(ROUNDS, [&mut || measure(OURS), &mut || measure(theirs)]);
    table.row(&Row {
        what: &format!("probe per context switch, {between}"),
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, name)),
        goal: (name == "article").then_some(Goal::Ratio(0.25)),
    });
}

/// A round trip with the probe attached, without, and with a program that does nothing.
fn slowdown(table: &mut Table, ping_pong: &RefCell<PingPong>, nothing: &Nothing, between: &str) {
    let go = || {
        let stretches = (0..STRETCHES).map(|_| ping_pong.borrow_mut().go(STRETCH));
        stretches.map(|time| time.unwrap_or(f64::NAN)).fold(f64::INFINITY, f64::min)
    };
    let mut with = || {
        let _attached = ProbeSource::open(rstat_probe::OBJECT, &Root::default());
        go()
    };
    let mut empty = || {
        let _attached = nothing.attach();
        go()
    };
    let rounds = interleave(ROUNDS, [&mut with, &mut || go(), &mut empty]);
    let goal = Some(Goal::Ratio(1.03));
    for (theirs, name, goal) in [(1, "no probe", goal), (2, "an empty program", None)] {
        table.row(&Row {
            what: &format!("pipe ping-pong with the probe, {between}"),
            unit: Unit::Nanoseconds,
            ours: rounds.median(0),
            against: Some(rounds.against(0, theirs, name)),
            goal,
        });
    }
}

/// Compiles a program for the kernel.
fn compile(source: &str) -> Result<Vec<u8>> {
    let object = Path::new(DIRECTORY).join("article.bpf.o");
    let clang = env::var("RSTAT_CLANG").unwrap_or_else(|_| "clang".into());
    let mut command = Command::new(&clang);
    command.args(["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-c", source, "-o"]).arg(&object);
    let output = command.output().map_err(|error| format!("run {clang}: {error}"))?;
    if !output.status.success() {
        return Err(format!("compile {source}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(fs::read(object)?)
}
