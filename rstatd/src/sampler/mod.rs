//! Two readings and what the processes used in between become a snapshot.
//!
//! A pure function: no clock, no file, no allocation. All division happens here.

mod machine;
mod processes;

use rstat_shm::snapshot::{MAX_CORES, Snapshot, valid};

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
    into.cpu_count = now.cpus.online_count;
    into.valid = 0;
    if elapsed_ns > 0 {
        cpu(before, now, elapsed_ns, into);
    }
    machine::fill(now, into);
    let elapsed_ns = since(before.processes_monotonic_ns, now.processes_monotonic_ns);
    processes::fill(now, ranking, names, abilities, elapsed_ns, into);
}

/// 0 if there was no reading before.
fn since(before_ns: u64, now_ns: u64) -> u64 {
    if before_ns == 0 { 0 } else { now_ns.saturating_sub(before_ns) }
}

fn cpu(before: &Reading, now: &Reading, elapsed_ns: u64, into: &mut Snapshot) {
    into.valid |= valid::CPU;
    let busy_ns = now.cpus.all_busy_ns.saturating_sub(before.cpus.all_busy_ns);
    let capacity_ns = elapsed_ns.saturating_mul(u64::from(now.cpus.online_count));
    into.cpu_busy_ppm = share_ppm(busy_ns, capacity_ns);
    // A CPU that was not there before has no interval to average over.
    for (word, (now, before)) in
        into.cores_online.iter_mut().zip(now.cpus.online.iter().zip(&before.cpus.online))
    {
        *word = now & before;
    }
    for cpu in 0..MAX_CORES {
        let busy_ns = now.cpus.busy_ns[cpu].saturating_sub(before.cpus.busy_ns[cpu]);
        into.cores[cpu] = share_ppm(busy_ns, elapsed_ns);
    }
    into.cpu_busiest = busiest(into);
    if let (Some(now), Some(before)) = (now.cpus.context_switches, before.cpus.context_switches) {
        into.valid |= valid::CONTEXT_SWITCHES;
        into.context_switches_per_s = per_second(now.wrapping_sub(before), elapsed_ns);
    }
}

/// The online CPU with the highest share; of several, the first.
fn busiest(sample: &Snapshot) -> u32 {
    let shares = (0..MAX_CORES).map(|cpu| (cpu, sample.core_busy_ppm(cpu)));
    let busiest = shares.reduce(|busiest, next| if next.1 > busiest.1 { next } else { busiest });
    busiest.map_or(0, |(cpu, _)| cpu as u32)
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
