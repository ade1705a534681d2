//! Keeps a figure still while it only trembles.
//!
//! A bar draws a line anew whenever it changes, and people look at what moves.
//! A figure that swings around the edge between two digits would change with every sample. So
//! the shown figure follows the measured one only when the two are further apart than a band,
//! which is narrower than the rounding.

use std::mem;

use rstat_shm::Snapshot;
use rstat_shm::fields::{End, FIELDS, Field, LISTS, Unit};
use rstat_shm::snapshot::{
    KernelThreads, MAX_PROCESS_STATES, ProcessState, SNAPSHOT_WORDS, rows, valid,
};

/// The band of a figure, by its unit: within this distance the shown figure does not change.
fn band(unit: Unit, shown: u64) -> u64 {
    match unit {
        Unit::Ppm => 7_500,
        Unit::MilliCelsius => 750,
        Unit::KiloHertz => 75_000,
        Unit::MegaHertz | Unit::PerMinute => 75,
        // Of 16 GiB to 32 GiB: 64 MiB.
        Unit::Bytes => (shown / 512).checked_next_power_of_two().unwrap_or(shown),
        // Of 16 W: 1 W.
        Unit::MicroWatts => shown / 16,
        // The cost of a sample varies by half, and its order of magnitude is what matters.
        Unit::Nanoseconds => shown / 2,
        // Counts, rates and names are shown as they are.
        _ => 0,
    }
}

/// The figures that were last shown.
pub struct Hysteresis {
    shown: Box<Snapshot>,
    /// The figures shown before, and room for the next ones.
    before: Box<Snapshot>,
    /// The blocked processes of the sample before, whether they were shown or not.
    blocked: Option<[ProcessState; MAX_PROCESS_STATES]>,
}

impl Hysteresis {
    /// A start without shown figures.
    pub fn new() -> Self {
        let [shown, before] = [(); 2].map(|()| Box::new(Snapshot::EMPTY));
        Self { shown, before, blocked: None }
    }

    /// The sample that was shown last; empty before the first.
    pub fn shown(&self) -> &Snapshot {
        &self.shown
    }

    /// Time between the sample shown last and a later one.
    pub fn age_ns(&self, later: &Snapshot) -> u64 {
        later.monotonic_ns.saturating_sub(self.shown.monotonic_ns)
    }

    /// The sample to show instead of `sample`.
    pub fn settle(&mut self, sample: &Snapshot) -> &Snapshot {
        mem::swap(&mut self.shown, &mut self.before);
        // The one copy of a sample that a module makes.
        self.shown.as_words_mut().copy_from_slice(sample.as_words());
        self.settle_blocked(sample);
        let known = self.before.valid;
        let (shown, before) = (self.shown.as_words_mut(), self.before.as_words());
        // A figure that was unknown before has no shown figure to keep.
        for field in FIELDS.iter().filter(|field| field.valid != 0 && field.valid & !known == 0) {
            hold(field, 0, shown, before);
        }
        let devices = LISTS.iter().filter(|list| matches!(list.end, End::Count(_)));
        for list in devices.filter(|list| list.valid & !known == 0) {
            let valid = list.record.member("valid");
            for start in (list.offset..).step_by(list.stride()).take(list.rows) {
                let bits = valid.map_or(0, |valid| valid.number(before, start) as u32);
                for member in list.record.members.iter().filter(|it| it.row_valid & !bits == 0) {
                    hold(member, start, shown, before);
                }
            }
        }
        &self.shown
    }

    /// Every wait for a disk blocks a process for a moment. So only processes that were blocked in
    /// the sample before as well are shown; without such a sample, all blocked processes.
    fn settle_blocked(&mut self, sample: &Snapshot) {
        let before = &self.before;
        let is_same_sample =
            (before.instance, before.sequence) == (sample.instance, sample.sequence);
        if is_same_sample {
            self.shown.blocked = before.blocked;
            return;
        }
        let known = sample.has(valid::PROCESS_STATES);
        let last = mem::replace(&mut self.blocked, known.then_some(sample.blocked));
        let stayed = |row: &&ProcessState| {
            last.is_none_or(|last| last.iter().any(|before| before.pid == row.pid))
        };
        self.shown.blocked = [ProcessState::default(); MAX_PROCESS_STATES];
        let rows = rows(&sample.blocked, KernelThreads::Shown, MAX_PROCESS_STATES).filter(stayed);
        for (shown, row) in self.shown.blocked.iter_mut().zip(rows) {
            *shown = *row;
        }
    }
}

/// Keeps a figure of a record unless it has moved by its band. Keeps an unknown figure as well,
/// which is not shown.
fn hold(
    field: &Field,
    start: usize,
    shown: &mut [u64; SNAPSHOT_WORDS],
    before: &[u64; SNAPSHOT_WORDS],
) {
    let was = field.number(before, start);
    let drift = was.abs_diff(field.number(shown, start));
    if drift < band(field.unit, was.unsigned_abs() as u64).into() {
        field.put(shown, start, was);
    }
}

#[cfg(test)]
mod tests {
    use rstat_shm::snapshot::{Gpu, MAX_FANS, MAX_GPUS};

    use super::*;

    #[test]
    fn a_trembling_figure_stands_still_and_a_moving_one_moves() {
        let mut hysteresis = Hysteresis::new();
        let mut shown = |ppm, valid| {
            let sample = Snapshot { cpu_busy_ppm: ppm, valid, ..Snapshot::EMPTY };
            hysteresis.settle(&sample).cpu_busy_ppm
        };
        assert_eq!(shown(14_900, valid::CPU), 14_900);
        assert_eq!(shown(15_100, valid::CPU), 14_900);
        assert_eq!(shown(14_000, valid::CPU), 14_900);
        assert_eq!(shown(30_000, valid::CPU), 30_000);
        // The figure is unknown in between, so the old one is forgotten.
        shown(0, 0);
        assert_eq!(shown(29_900, valid::CPU), 29_900);
    }

    #[test]
    fn every_unit_has_its_band_in_scalars_and_in_rows_of_devices() {
        let sample = |tremble: u32| {
            let mut sample = Snapshot { valid: u64::MAX, ..Snapshot::EMPTY };
            sample.cpu_temperature_mc = -200 + 400 * tremble.cast_signed();
            sample.cpu_frequency_khz = 3_000_000 + 50_000 * tremble;
            sample.memory_used_bytes = (20 << 30) + (40 << 20) * u64::from(tremble);
            sample.battery_power_uw = 16_000_000 + 900_000 * u64::from(tremble);
            sample.sample_ns = 10_000 + 4_000 * u64::from(tremble);
            sample.fans_rpm = [1_000 + 50 * tremble; MAX_FANS];
            for gpu in &mut sample.gpus {
                *gpu = Gpu { busy_ppm: 3_000 * tremble, valid: Gpu::BUSY, ..Gpu::default() };
            }
            sample
        };
        let mut hysteresis = Hysteresis::new();
        hysteresis.settle(&sample(0));
        assert_eq!(*hysteresis.settle(&sample(1)), sample(0));
        let moved = sample(1_000);
        assert_eq!(*hysteresis.settle(&moved), moved);
        // A count moves by one.
        let counted = Snapshot { processes: 1, ..sample(1_000) };
        assert_eq!(*hysteresis.settle(&counted), counted);
        // A row that was unknown has no shown figure to keep.
        hysteresis.settle(&Snapshot { gpus: [Gpu::default(); MAX_GPUS], ..sample(1) });
        assert_eq!(hysteresis.settle(&sample(2)).gpus[7].busy_ppm, 6_000);
    }

    #[test]
    fn who_is_blocked_for_a_moment_is_not_named() {
        let mut hysteresis = Hysteresis::new();
        let mut shown = |sequence, valid, pids: &[u32]| {
            let mut sample = Snapshot { sequence, valid, ..Snapshot::EMPTY };
            for (row, &pid) in sample.blocked.iter_mut().zip(pids) {
                *row = ProcessState { pid, threads: 1, ..ProcessState::default() };
            }
            let shown = hysteresis.settle(&sample).blocked;
            shown.iter().map(|row| row.pid).take_while(|&pid| pid > 0).collect::<Vec<_>>()
        };
        assert_eq!(shown(1, valid::PROCESS_STATES, &[7, 8]), [7, 8], "nothing is known of before");
        assert_eq!(shown(2, valid::PROCESS_STATES, &[9, 8]), [8]);
        assert_eq!(shown(2, valid::PROCESS_STATES, &[9, 8]), [8], "the same sample again");
        assert_eq!(shown(3, valid::PROCESS_STATES, &[9]), [9]);
        assert_eq!(shown(4, valid::PROCESS_STATES, &[]), [0; 0]);
        assert_eq!(shown(5, valid::PROCESS_STATES, &[9]), [0; 0]);
    }
}
