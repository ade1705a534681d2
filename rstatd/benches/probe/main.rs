//! What the probe adds to a context switch, measured in two ways.
//!
//! By the kernel's count of programs' run time, our probe is held against the article's. By the
//! clock, a ping-pong is measured with and without the probe.
//!
//! `cargo bench --bench probe -- before.bpf.o` holds the built-in object against the named one,
//! which shows what a change of the probe is worth.

#[path = "../timeline/stages/article/mod.rs"]
#[expect(unused_imports, reason = "this bench does not read the article's maps")]
mod article;
mod measured;
mod ping_pong;

use std::cell::RefCell;
use std::{env, fs};

use measured::{Attached, Nothing, OURS, Ours};
use ping_pong::PingPong;
use rstat_testbed::bench::{Goal, Row, Table, Unit, interleave};
use rstat_testbed::{programs, truth};
use rstatd::loader::RunTime;
use rstatd::source::Root;
use rstatd::source::probe::ProbeSource;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many turns each contender takes, and how many round trips a turn has.
const ROUNDS: usize = 11;
const ROUND_TRIPS: u32 = 20_000;
/// By the clock, the fastest of so many stretches of so many round trips counts, because
/// other programs only ever make a stretch slower.
const STRETCHES: u32 = 20;
const STRETCH: u32 = 2_000;

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
            let object = fs::read(path)?;
            let attach = || Ours::attach(&object);
            cost(&mut table, &ping_pong, &nothing, between, (path, &attach), None);
        }
        if named.is_empty() {
            let attach = || Ok(article::Probe::attach()?);
            let goal = Some(Goal::Ratio(0.25));
            cost(&mut table, &ping_pong, &nothing, between, ("article", &attach), goal);
            slowdown(&mut table, &ping_pong, &nothing, between);
        }
    }
    table.finish();
    Ok(())
}

/// The article's program at a perf event of the tracepoint. The kernel first puts together a
/// record of the switch for the event; its count of run time leaves that out.
impl Attached for article::Probe {
    fn run_times(&self) -> Result<Vec<RunTime>> {
        Ok(vec![self.switch_run_time()?])
    }
}

/// Prints what a switch costs by the kernel's count.
fn cost<Theirs: Attached>(
    table: &mut Table,
    ping_pong: &RefCell<PingPong>,
    nothing: &Nothing,
    between: &str,
    (name, theirs): (&str, &dyn Fn() -> Result<Theirs>),
    goal: Option<Goal>,
) {
    let go = || drop(ping_pong.borrow_mut().go(ROUND_TRIPS));
    let mut ours = || {
        let added = Ours::attach(OURS).and_then(|probe| nothing.added_by(&probe, go));
        added.unwrap_or(f64::NAN)
    };
    let mut theirs = || {
        let added = theirs().and_then(|probe| nothing.added_by(&probe, go));
        added.unwrap_or(f64::NAN)
    };
    let rounds = interleave(ROUNDS, [&mut ours, &mut theirs]);
    table.row(&Row {
        what: &format!("probe per context switch, {between}"),
        unit: Unit::Nanoseconds,
        ours: rounds.median(0),
        against: Some(rounds.against(0, 1, name)),
        goal,
    });
}

/// Prints the time of a round trip with the probe, without it, and with an empty program.
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
