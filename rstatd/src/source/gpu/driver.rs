//! What drivers of graphics cards have in common: the trait, and how a card's files answer.

use std::io;

use rstat_shm::snapshot::Gpu;

use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile};

/// With Qualcomm's graphics the card is the display controller, of several kinds, and
/// the processor is a device of its own.
const MSM_DISPLAYS: [&str; 4] = ["msm", "msm_dpu", "msm_mdp", "mdp4"];
const MSM_PROCESSORS: &str = "/sys/bus/platform/drivers/adreno";

/// Reads one card that is awake.
pub trait Driver {
    /// Fills in all but the driver's number and the state; `now_ns` is the time of the tick.
    fn read(&mut self, now_ns: u64, gpu: &mut Gpu) -> io::Result<()>;

    /// The card is asleep, or is to fall asleep: what it counts meanwhile is not the
    /// work of the next interval, and nothing may be held that keeps it awake.
    fn forget(&mut self) {}

    /// For `--check`: the files that are read.
    fn origin(&self) -> String;
}

/// The driver of a card's processor and the directory of that.
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

/// What a file of a card says. A file that does not answer as it should costs its
/// field; a card that is gone (ENODEV, ENXIO) is an error.
pub fn answer<T>(file: &ValueFile, value: Result<T, ValueError>) -> io::Result<Option<T>> {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(error @ ValueError::Os(libc::ENODEV | libc::ENXIO)) => Err(file.failure(error)),
        Err(_) => Ok(None),
    }
}

/// The number in a file, if there is the file and it has one.
pub fn number(file: Option<&ValueFile>) -> io::Result<Option<u64>> {
    let Some(file) = file else { return Ok(None) };
    answer(file, file.unsigned())
}

/// The same, if it fits 32 bits.
pub fn number32(file: Option<&ValueFile>) -> io::Result<Option<u32>> {
    Ok(number(file)?.and_then(|number| u32::try_from(number).ok()))
}

/// The temperature in a file, thousandths of a degree.
pub fn temperature_mc(file: Option<&ValueFile>) -> io::Result<Option<i32>> {
    let Some(file) = file else { return Ok(None) };
    Ok(answer(file, file.signed())?.and_then(|mc| i32::try_from(mc).ok()))
}

/// Sets the memory of a card's own: what is used and all of it.
pub fn set_memory(gpu: &mut Gpu, used_and_total: Option<(u64, u64)>) {
    let Some((used_bytes, total_bytes)) = used_and_total else { return };
    gpu.valid |= Gpu::MEMORY;
    gpu.memory_used_bytes = used_bytes;
    gpu.memory_total_bytes = total_bytes;
}
