//! What the probe adds to a context switch: by the kernel's own count of the time that
//! programs run, against the probe of the article; and by the clock, in a ping-pong.
//!
//! An object that is named on the command line is measured against ours, to see what a
//! change of the probe is worth: `cargo bench --bench probe -- before.bpf.o`.

#[path = "../timeline/stages/article/mod.rs"]
#[expect(unused_imports, reason = "here nobody reads what it notes")]
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

/// How often each contender takes its turn, and how many round trips it is watched for.
const ROUNDS: usize = 11;
const ROUND_TRIPS: u32 = 20_000;
/// Of so many stretches of so many round trips the fastest one counts where the clock
/// decides: what else the machine does only ever makes one slower.
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

/// The article's program at a perf event of the tracepoint. That the kernel puts a record
/// of the switch together for it first is not in its count, and would come on top.
impl Attached for article::Probe {
    fn run_times(&self) -> Result<Vec<RunTime>> {
        Ok(vec![self.switch_run_time()?])
    }
}

/// What a switch costs by the kernel's count.
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
