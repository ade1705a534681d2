//! The common parts of the drivers of graphics cards: the trait, and reading a card's files.

use std::io;

use rstat_shm::snapshot::Gpu;

use crate::source::entry::put;
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile};

/// With Qualcomm's graphics the card is the display controller, of several kinds, and
/// the processor is a device of its own.
const MSM_DISPLAYS: [&str; 4] = ["msm", "msm_dpu", "msm_mdp", "mdp4"];
const MSM_PROCESSORS: &str = "/sys/bus/platform/drivers/adreno";

/// Reads one card that is awake.
pub trait Driver {
    /// The figures of the card at `now_ns`, the time of the tick.
    fn read(&mut self, now_ns: u64) -> io::Result<Reading>;

    /// Called when the card is asleep, or is to fall asleep. The driver forgets its counters, which
    /// belong to no later interval, and holds nothing that keeps the card awake.
    fn forget(&mut self) {}

    /// For `--check`: the files that are read.
    fn origin(&self) -> String;
}

/// The figures of a card that are known.
#[derive(Clone, Copy, Default)]
pub struct Reading {
    pub busy_ppm: Option<u32>,
    pub frequency_mhz: Option<u32>,
    pub frequency_limit_mhz: Option<u32>,
    pub temperature_mc: Option<i32>,
    pub power_uw: Option<u64>,
    /// The card's own memory: used, and all of it.
    pub memory_bytes: Option<(u64, u64)>,
    pub throttle: Option<u32>,
}

impl Reading {
    /// Fills in all of a row but the driver's number and the state.
    pub fn fill(self, gpu: &mut Gpu) {
        gpu.valid = put(&mut gpu.busy_ppm, self.busy_ppm, Gpu::BUSY)
            | put(&mut gpu.frequency_mhz, self.frequency_mhz, Gpu::FREQUENCY)
            | put(&mut gpu.frequency_limit_mhz, self.frequency_limit_mhz, Gpu::FREQUENCY_LIMIT)
            | put(&mut gpu.temperature_mc, self.temperature_mc, Gpu::TEMPERATURE)
            | put(&mut gpu.power_uw, self.power_uw, Gpu::POWER)
            | put(&mut gpu.throttle, self.throttle, Gpu::THROTTLE);
        if let Some((used_bytes, total_bytes)) = self.memory_bytes {
            gpu.valid |= Gpu::MEMORY;
            (gpu.memory_used_bytes, gpu.memory_total_bytes) = (used_bytes, total_bytes);
        }
    }
}

/// The driver of a card's processor, and the directory of the processor.
pub fn processor(root: &Root, card: &str) -> Option<(String, String)> {
    let device = format!("{card}/device");
    let driver = root.link_name(&format!("{device}/driver"))?;
    if !MSM_DISPLAYS.contains(&driver.as_str()) {
        return Some((driver, device));
    }
    let processors = root.list(MSM_PROCESSORS).unwrap_or_default();
    let mut processors = processors.iter().map(|name| format!("{MSM_PROCESSORS}/{name}"));
    // Beside them stand the driver's own files.
    let adreno = processors.find(|path| root.link_name(&format!("{path}/driver")).is_some());
    Some(("msm".to_owned(), adreno?))
}

/// The value in a file of a card. A file with a wrong answer costs its field; a card that is gone
/// (ENODEV, ENXIO) is an error.
pub fn answer<T>(file: &ValueFile, value: Result<T, ValueError>) -> io::Result<Option<T>> {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(error @ ValueError::Os(libc::ENODEV | libc::ENXIO)) => Err(file.failure(error)),
        Err(_) => Ok(None),
    }
}

/// The number in a file, if the file exists and has a number.
pub fn number(file: Option<&ValueFile>) -> io::Result<Option<u64>> {
    let Some(file) = file else { return Ok(None) };
    answer(file, file.unsigned())
}

/// The number in a file, if it fits 32 bits.
pub fn number32(file: Option<&ValueFile>) -> io::Result<Option<u32>> {
    Ok(number(file)?.and_then(|number| u32::try_from(number).ok()))
}

/// The temperature in a file, thousandths of a degree.
pub fn temperature_mc(file: Option<&ValueFile>) -> io::Result<Option<i32>> {
    let Some(file) = file else { return Ok(None) };
    Ok(answer(file, file.signed())?.and_then(|mc| i32::try_from(mc).ok()))
}

/// A frequency in the unit that it is published in.
pub fn mhz(hz: u64) -> Option<u32> {
    u32::try_from(hz / 1_000_000).ok()
}

/// The names of the files that exist: for messages.
pub fn names<'f>(files: impl IntoIterator<Item = &'f Option<ValueFile>>) -> Vec<&'f str> {
    files.into_iter().flatten().filter_map(|file| file.path().rsplit('/').next()).collect()
}
