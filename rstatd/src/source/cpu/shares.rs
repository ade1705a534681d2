//! How busy the CPUs were, together and each, from counters of CPU time that both backends fill in.

use std::mem;

use rstat_shm::snapshot::{MAX_CORES, Snapshot, valid};

use crate::rate::{per_second, share_ppm, since};

/// CPU time since some fixed moment, by CPU number.
#[derive(Clone, Debug)]
pub struct Cpus {
    /// CPUs online.
    pub online_count: u32,
    /// Bitmap of the CPUs that are online and have an entry below.
    pub online: [u64; MAX_CORES / 64],
    /// Time that each CPU was not idle; wraps, only differences mean something.
    pub busy_ns: [u64; MAX_CORES],
    /// The busy time of all CPUs together, also of those without an entry.
    pub all_busy_ns: u64,
    /// Context switches of all CPUs since some fixed moment.
    pub context_switches: Option<u64>,
}

impl Cpus {
    /// Nothing read yet.
    pub const EMPTY: Self = Self {
        online_count: 0,
        online: [0; MAX_CORES / 64],
        busy_ns: [0; MAX_CORES],
        all_busy_ns: 0,
        context_switches: None,
    };
}

/// The counters of this tick and of the one before.
#[derive(Debug)]
pub struct CpuShares {
    /// In boxes, so that the two swap places without being copied.
    now: Box<Cpus>,
    before: Box<Cpus>,
    /// The time at which `before` was read; 0: never.
    before_ns: u64,
}

impl Default for CpuShares {
    fn default() -> Self {
        Self { now: Box::new(Cpus::EMPTY), before: Box::new(Cpus::EMPTY), before_ns: 0 }
    }
}

impl CpuShares {
    /// The counters, which the backend fills in for a tick.
    pub fn counters(&mut self) -> &mut Cpus {
        &mut self.now
    }

    /// The number of CPUs online in the last tick or in the one before, whichever is higher.
    pub fn most_online(&self) -> u32 {
        self.before.online_count.max(self.now.online_count)
    }

    /// Fills in the CPUs' part of a sample from the counters, which are of `now_ns`.
    /// Returns the groups that are known.
    pub fn fill(&mut self, now_ns: u64, sample: &mut Snapshot) -> u64 {
        let elapsed_ns = since(self.before_ns, now_ns);
        sample.cpu_count = self.now.online_count;
        let known = if elapsed_ns > 0 { self.rates(elapsed_ns, sample) } else { 0 };
        mem::swap(&mut self.now, &mut self.before);
        self.before_ns = now_ns;
        known
    }

    /// Forgets the counters: their growth until the next tick belongs to no interval.
    pub fn forget(&mut self) {
        self.before_ns = 0;
        (self.now.online_count, self.before.online_count) = (0, 0);
    }

    fn rates(&self, elapsed_ns: u64, sample: &mut Snapshot) -> u64 {
        let (before, now) = (&*self.before, &*self.now);
        let mut known = 0;
        if let Some(busy_ppm) = busy_ppm(before, now, elapsed_ns) {
            known |= valid::CPU;
            sample.cpu_busy_ppm = busy_ppm;
        }
        // A CPU that was offline before has no interval to average over.
        sample.cores_online = in_both(before, now);
        sample.cores = [0; MAX_CORES];
        for cpu in cpus_in(sample.cores_online) {
            sample.cores[cpu] = share_ppm(used_ns(before, now, cpu), elapsed_ns);
        }
        sample.cpu_busiest = busiest(sample);
        if let (Some(now), Some(before)) = (now.context_switches, before.context_switches) {
            known |= valid::CONTEXT_SWITCHES;
            sample.context_switches_per_s = per_second(now.wrapping_sub(before), elapsed_ns);
        }
        known
    }
}

/// The share of all CPUs. While a CPU comes or goes, the share is that of the other CPUs, as the
/// time for which this CPU was online is unknown. `None` if there are no others.
fn busy_ppm(before: &Cpus, now: &Cpus, elapsed_ns: u64) -> Option<u32> {
    let same = (before.online_count, before.online) == (now.online_count, now.online);
    let (busy_ns, count) = if same {
        (now.all_busy_ns.saturating_sub(before.all_busy_ns), u64::from(now.online_count))
    } else {
        let both = in_both(before, now);
        let busy_ns = cpus_in(both).map(|cpu| used_ns(before, now, cpu)).sum();
        (busy_ns, cpus_in(both).count() as u64)
    };
    (count > 0).then(|| share_ppm(busy_ns, elapsed_ns.saturating_mul(count)))
}

type OnlineMap = [u64; MAX_CORES / 64];

fn in_both(before: &Cpus, now: &Cpus) -> OnlineMap {
    std::array::from_fn(|word| before.online[word] & now.online[word])
}

/// The numbers of the CPUs in a bitmap.
fn cpus_in(map: OnlineMap) -> impl Iterator<Item = usize> {
    map.into_iter().enumerate().flat_map(|(word, bits)| {
        let used = 64 - bits.leading_zeros() as usize;
        (0..used).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
    })
}

fn used_ns(before: &Cpus, now: &Cpus, cpu: usize) -> u64 {
    now.busy_ns[cpu].saturating_sub(before.busy_ns[cpu])
}

/// The online CPU with the highest share; of several, the first.
fn busiest(sample: &Snapshot) -> u32 {
    let shares = cpus_in(sample.cores_online).map(|cpu| (cpu, sample.cores[cpu]));
    let busiest = shares.reduce(|busiest, next| if next.1 > busiest.1 { next } else { busiest });
    busiest.map_or(0, |(cpu, _)| cpu as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::SECOND_NS;

    /// CPUs by number: whether each is online, and its busy time in milliseconds.
    fn counters(cpus: &[(bool, u64)]) -> Cpus {
        let mut counters = Cpus::EMPTY;
        for (cpu, (online, busy_ms)) in cpus.iter().enumerate() {
            counters.online[0] |= u64::from(*online) << cpu;
            counters.online_count += u32::from(*online);
            counters.busy_ns[cpu] = busy_ms * 1_000_000;
            counters.all_busy_ns += busy_ms * 1_000_000;
        }
        counters
    }

    /// The figures after a second between the two.
    fn filled(before: &[(bool, u64)], now: &[(bool, u64)]) -> Snapshot {
        let (mut shares, mut sample) = (CpuShares::default(), Snapshot::EMPTY);
        *shares.counters() = counters(before);
        assert_eq!(shares.fill(SECOND_NS, &mut sample), 0, "one reading has no rate");
        *shares.counters() = counters(now);
        sample.valid = shares.fill(2 * SECOND_NS, &mut sample);
        sample
    }

    #[test]
    fn no_share_jumps_when_a_cpu_comes_or_goes() {
        let busy_ppm = |before: &[(bool, u64)], now: &[(bool, u64)]| {
            let sample = filled(before, now);
            sample.has(valid::CPU).then_some(sample.cpu_busy_ppm)
        };
        let check = |before: &[(bool, u64)], now: &[(bool, u64)], expected: u32| {
            assert_eq!(busy_ppm(before, now), Some(expected), "{before:?} {now:?}");
        };
        check(&[(true, 0), (true, 0)], &[(true, 600), (true, 200)], 400_000);
        // The second CPU, as busy as the first, goes offline near the interval's end.
        check(&[(true, 0), (true, 0)], &[(true, 600), (false, 590)], 600_000);
        // The second CPU comes back with its old busy time.
        check(&[(true, 0), (false, 590)], &[(true, 300), (true, 790)], 300_000);
        // The second CPU does nothing while it is offline.
        check(&[(true, 0), (false, 790)], &[(true, 500), (false, 790)], 500_000);
        // Never above the whole, whatever the clock did.
        check(&[(true, 0)], &[(true, 1_500)], 1_000_000);
        // Another CPU than before is online, and no other: the share is unknown.
        assert_eq!(busy_ppm(&[(true, 0), (false, 0)], &[(false, 500), (true, 100)]), None);
    }

    #[test]
    fn a_cpu_has_a_figure_only_if_it_was_online_at_both_ends() {
        let before = [(true, 100), (true, 100), (false, 0)];
        let now = [(true, 350), (false, 600), (true, 900)];
        let sample = filled(&before, &now);
        assert_eq!(sample.core_busy_ppm(0), Some(250_000));
        assert_eq!((sample.core_busy_ppm(1), sample.core_busy_ppm(2)), (None, None));
        assert_eq!(sample.cpu_busiest, 0);
    }

    #[test]
    fn nothing_is_known_of_an_interval_whose_beginning_was_forgotten() {
        let (mut shares, mut sample) = (CpuShares::default(), Snapshot::EMPTY);
        let mut known = |shares: &mut CpuShares, seconds| {
            let busy_ms = seconds * 500;
            let cpus = counters(&[(true, busy_ms)]);
            *shares.counters() = Cpus { context_switches: Some(busy_ms), ..cpus };
            shares.fill(seconds * SECOND_NS, &mut sample)
        };
        let both = valid::CPU | valid::CONTEXT_SWITCHES;
        assert_eq!([known(&mut shares, 1), known(&mut shares, 2)], [0, both]);
        shares.forget();
        assert_eq!(shares.most_online(), 0);
        assert_eq!([known(&mut shares, 3), known(&mut shares, 4)], [0, both]);
        assert_eq!((sample.cpu_busy_ppm, shares.most_online()), (500_000, 1));
    }
}
