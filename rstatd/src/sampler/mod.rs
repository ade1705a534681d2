//! Two readings and what the processes used in between become a snapshot.
//!
//! A pure function: no clock, no file, no allocation. All division happens here.

mod cpu;
mod machine;
mod processes;

use rstat_shm::Snapshot;

use crate::application::Applications;
use crate::ranking::Ranking;
use crate::reading::Reading;

const WHOLE_PPM: u64 = 1_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// Which figures about processes the source can give.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// Number under which the source is published.
    pub source: rstat_shm::snapshot::Source,
    /// Bytes read and written.
    pub io: bool,
}

/// Fills in a snapshot. `before` has never been read when its time is 0; then
/// everything that needs two readings is unknown. Leaves alone what the
/// publisher fills in: sequence, instance, period and cost.
pub fn sample(
    before: &Reading,
    now: &Reading,
    ranking: &Ranking,
    names: &Applications,
    abilities: Abilities,
    into: &mut Snapshot,
) {
    let elapsed_ns = since(before.monotonic_ns, now.monotonic_ns);
    into.monotonic_ns = now.monotonic_ns;
    into.realtime_ns = now.realtime_ns;
    into.elapsed_ns = elapsed_ns;
    into.source = abilities.source as u32;
    // It has no validity bit: while it cannot be read it stays what it was.
    if now.cpus.online_count > 0 {
        into.cpu_count = now.cpus.online_count;
    }
    into.valid = 0;
    if elapsed_ns > 0 {
        cpu::fill(before, now, elapsed_ns, into);
    }
    machine::fill(now, into);
    let interval = processes::Interval {
        elapsed_ns: since(before.processes_monotonic_ns, now.processes_monotonic_ns),
        cpus: before.cpus.online_count.max(now.cpus.online_count),
    };
    processes::fill(now, ranking, names, abilities, interval, into);
}

/// 0 if there was no reading before.
fn since(before_ns: u64, now_ns: u64) -> u64 {
    if before_ns == 0 { 0 } else { now_ns.saturating_sub(before_ns) }
}

fn share_ppm(part: u64, whole: u64) -> u32 {
    scale(part, WHOLE_PPM, whole).min(WHOLE_PPM) as u32
}

fn per_second(count: u64, elapsed_ns: u64) -> u64 {
    scale(count, SECOND_NS, elapsed_ns)
}

/// `count * factor / divisor`, rounded to nearest; 0 when there is nothing to divide by.
fn scale(count: u64, factor: u64, divisor: u64) -> u64 {
    let product = u128::from(count) * u128::from(factor) + u128::from(divisor / 2);
    product
        .checked_div(u128::from(divisor))
        .map_or(0, |quotient| u64::try_from(quotient).unwrap_or(u64::MAX))
}
