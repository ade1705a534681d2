//! The figures that can have a level: their names, units, usual thresholds and values.

use rstat_shm::Snapshot;
use rstat_shm::snapshot::{Gpu, valid};

use crate::figures::level::Threshold;

/// A figure that can have a level: an index into [`GAUGES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// The CPU's load.
    Cpu,
    /// The CPU's temperature.
    Temperature,
    /// Used memory.
    Memory,
    /// Used swap space.
    Swap,
    /// The busiest GPU's load.
    Gpu,
    /// The hottest GPU's temperature.
    GpuTemperature,
    /// The time that some task waited for a CPU.
    CpuPressure,
    /// The time that some task waited for memory.
    MemoryPressure,
    /// The time that all tasks waited for I/O.
    IoPressure,
}

/// The number of gauges.
pub const GAUGE_COUNT: usize = Gauge::IoPressure as usize + 1;
const PERCENT_PPM: i64 = 10_000;
const DEGREE_MC: i64 = 1_000;

/// A row of the table of figures that can have a level.
pub struct GaugeRow {
    /// The figure.
    pub gauge: Gauge,
    /// The name in options and classes, and a shorter name for options.
    pub names: [&'static str; 2],
    /// The classes of the two levels.
    pub classes: [&'static str; 2],
    /// One displayed unit, a per cent or a degree, in the snapshot's unit.
    pub unit: i64,
    /// The default thresholds.
    pub threshold: Threshold,
    /// The group of fields, a bit of [`valid`].
    pub group: u64,
    /// The value in a sample that knows the group; `None` if no device has the figure.
    figure: fn(&Snapshot) -> Option<i64>,
}

impl GaugeRow {
    /// The value in a sample, if it is known.
    pub fn value(&self, sample: &Snapshot) -> Option<i64> {
        if sample.has(self.group) { (self.figure)(sample) } else { None }
    }

    /// The possible values, in the displayed unit (per cent, °C).
    pub fn range(&self) -> (i32, i32) {
        if self.unit == DEGREE_MC { (-50, 200) } else { (0, 100) }
    }
}

/// All gauges, in the order of [`Gauge`].
///
/// Waiting for I/O has a line in the tooltip and no class: a machine that copies files waits all
/// the time. A healthy machine never waits for memory: people notice when it waits for a few per
/// cent of the last ten seconds.
#[rustfmt::skip]
pub const GAUGES: [GaugeRow; GAUGE_COUNT] = [
    GaugeRow { gauge: Gauge::Cpu, names: ["cpu", "cpu"], classes: ["cpu-warning", "cpu-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(Some(90), None, 15, PERCENT_PPM),
          group: valid::CPU, figure: |it| Some(it.cpu_busy_ppm.into()) },
    GaugeRow { gauge: Gauge::Temperature, names: ["temperature", "temp"], classes: ["temperature-warning", "temperature-critical"],
          unit: DEGREE_MC, threshold: Threshold::new(Some(85), Some(95), 4, DEGREE_MC),
          group: valid::CPU_TEMPERATURE, figure: |it| Some(it.cpu_temperature_mc.into()) },
    GaugeRow { gauge: Gauge::Memory, names: ["memory", "mem"], classes: ["memory-warning", "memory-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(Some(90), Some(96), 2, PERCENT_PPM),
          group: valid::MEMORY, figure: |it| it.memory_used_ppm().map(i64::from) },
    GaugeRow { gauge: Gauge::Swap, names: ["swap", "swap"], classes: ["swap-warning", "swap-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(None, None, 5, PERCENT_PPM),
          group: valid::SWAP, figure: |it| it.swap_used_ppm().map(i64::from) },
    GaugeRow { gauge: Gauge::Gpu, names: ["gpu", "gpu"], classes: ["gpu-warning", "gpu-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(None, None, 15, PERCENT_PPM),
          group: valid::GPU, figure: gpu },
    GaugeRow { gauge: Gauge::GpuTemperature, names: ["gpu-temperature", "gpu-temp"], classes: ["gpu-temperature-warning", "gpu-temperature-critical"],
          unit: DEGREE_MC, threshold: Threshold::new(None, None, 4, DEGREE_MC),
          group: valid::GPU, figure: gpu_temperature },
    GaugeRow { gauge: Gauge::CpuPressure, names: ["cpu-pressure", "cpu-psi"], classes: ["cpu-pressure-warning", "cpu-pressure-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(None, None, 10, PERCENT_PPM),
          group: valid::PRESSURE_CPU, figure: |it| Some(it.pressure_cpu_some_ppm.into()) },
    GaugeRow { gauge: Gauge::MemoryPressure, names: ["memory-pressure", "psi"], classes: ["memory-pressure-warning", "memory-pressure-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(Some(2), Some(20), 1, PERCENT_PPM),
          group: valid::PRESSURE_MEMORY, figure: |it| Some(it.pressure_memory_some_ppm.into()) },
    GaugeRow { gauge: Gauge::IoPressure, names: ["io-pressure", "io-psi"], classes: ["io-pressure-warning", "io-pressure-critical"],
          unit: PERCENT_PPM, threshold: Threshold::new(Some(30), None, 10, PERCENT_PPM).without_class(),
          group: valid::PRESSURE_IO, figure: |it| Some(it.pressure_io_full_ppm.into()) },
];

const _: () = {
    let mut index = 0;
    while index < GAUGE_COUNT {
        assert!(GAUGES[index].gauge as usize == index);
        index += 1;
    }
};

fn gpu(sample: &Snapshot) -> Option<i64> {
    awake_gpus(sample, Gpu::BUSY).map(|(_, gpu)| gpu.busy_ppm.into()).max()
}

fn gpu_temperature(sample: &Snapshot) -> Option<i64> {
    hottest_gpu(sample).map(|(_, gpu)| gpu.temperature_mc.into())
}

/// The GPU of [`Gauge::GpuTemperature`], and its number.
pub fn hottest_gpu(sample: &Snapshot) -> Option<(usize, &Gpu)> {
    awake_gpus(sample, Gpu::TEMPERATURE).max_by_key(|(_, gpu)| gpu.temperature_mc)
}

/// The GPUs that are awake and know a field, with their numbers.
fn awake_gpus(sample: &Snapshot, field: u32) -> impl Iterator<Item = (usize, &Gpu)> {
    let gpus = sample.known_gpus().iter().enumerate();
    gpus.filter(move |(_, gpu)| gpu.state != Gpu::ASLEEP && gpu.has(field))
}
