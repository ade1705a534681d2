//! Graphics processors: which there are and whether they are awake.
//!
//! Cards are found by their kernel driver and ordered by their bus address, as
//! the numbers in `/sys/class/drm` depend on the order of loading. Of a card that
//! is suspended nothing but that is read: anything else would wake it. What a
//! driver tells about a card that is awake is one file and one row in `DRIVERS`;
//! a card whose driver has a number and no row is published as awake or asleep.

use std::io;

use rstat_shm::snapshot::MAX_GPUS;

use super::value::{VALUE_BYTES, ValueFile};
use super::{Root, Source, gpu_i915};
use crate::reading::{GpuReading, GpuWork, Reading, gpu_driver_number};

const CARDS: &str = "/sys/class/drm";

/// Reads what a driver tells about one card, which is awake.
pub trait Driver {
    /// Fills in all but the driver's number.
    fn read(&mut self, gpu: &mut GpuReading) -> io::Result<()>;

    /// For `--check`: the files that are read.
    fn origin(&self) -> String;
}

/// Opens the files of a card, whose directory is given, without reading them: it
/// may be asleep. A file that is not there costs its field.
type OpenDriver = fn(&Root, &str) -> Box<dyn Driver>;

/// The drivers that can be read.
const DRIVERS: [(&str, OpenDriver); 1] = [("i915", gpu_i915::open)];

struct Gpus {
    cards: Vec<Card>,
}

struct Card {
    name: String,
    bus_address: String,
    driver_name: String,
    driver_number: u32,
    /// Absent when the kernel has no runtime power management: always awake.
    runtime_status: Option<ValueFile>,
    driver: Option<Box<dyn Driver>>,
}

/// Looks for cards with a driver that has a number.
pub fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let names = root.list(CARDS).unwrap_or_default();
    let mut cards: Vec<Card> = names.iter().filter_map(|name| open_card(root, name)).collect();
    if cards.is_empty() {
        return Err(format!("no {CARDS}/card* of a driver that we know"));
    }
    cards.sort_by(|left, right| left.bus_address.cmp(&right.bus_address));
    cards.truncate(MAX_GPUS);
    Ok(Box::new(Gpus { cards }))
}

/// `card0`, but not its connectors such as `card0-HDMI-A-1`.
fn open_card(root: &Root, name: &str) -> Option<Card> {
    let number = name.strip_prefix("card")?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let directory = format!("{CARDS}/{name}");
    let driver_name = root.link_name(&format!("{directory}/device/driver"))?;
    let row = DRIVERS.iter().find(|(driver, _)| *driver == driver_name);
    Some(Card {
        name: name.to_owned(),
        bus_address: root.link_name(&format!("{directory}/device"))?,
        driver_number: gpu_driver_number(&driver_name)?,
        driver_name,
        runtime_status: root.open(&format!("{directory}/device/power/runtime_status")).ok(),
        driver: row.map(|(_, open)| open(root, &directory)),
    })
}

/// Copies the cards, but no counter: one that has not moved because it was not
/// read would look like a card that never idled.
pub fn copy(from: &Reading, into: &mut Reading) {
    into.gpus = from.gpus;
    for gpu in into.gpus.iter_mut().flatten() {
        gpu.work = gpu.work.filter(|work| matches!(work, GpuWork::BusyPpm(_)));
    }
}

impl Source for Gpus {
    fn read(&mut self, reading: &mut Reading) -> io::Result<()> {
        reading.gpus = [None; MAX_GPUS];
        for (card, slot) in self.cards.iter_mut().zip(&mut reading.gpus) {
            *slot = Some(card.read()?);
        }
        Ok(())
    }

    fn origin(&self) -> String {
        let cards: Vec<String> = self.cards.iter().map(Card::origin).collect();
        cards.join("; ")
    }
}

impl Card {
    fn read(&mut self) -> io::Result<GpuReading> {
        let asleep = self.is_asleep()?;
        let mut gpu = GpuReading { driver: self.driver_number, asleep, ..GpuReading::default() };
        if let Some(driver) = &mut self.driver
            && !asleep
        {
            driver.read(&mut gpu)?;
        }
        Ok(gpu)
    }

    /// A card on its way to sleep is let go: to read it now would turn it round.
    fn is_asleep(&self) -> io::Result<bool> {
        let Some(file) = &self.runtime_status else { return Ok(false) };
        match file.word(&mut [0; VALUE_BYTES]) {
            Ok(status) => Ok(status == b"suspended" || status == b"suspending"),
            // It does not say now: better not to wake it.
            Err(error) => Ok(file.known(Err(error))?.unwrap_or(true)),
        }
    }

    fn origin(&self) -> String {
        let Self { name, bus_address, driver_name, .. } = self;
        let files = match &self.driver {
            Some(driver) => driver.origin(),
            None => format!("{CARDS}/{name}/device/power/runtime_status"),
        };
        format!("{files} ({driver_name}, {bus_address})")
    }
}
