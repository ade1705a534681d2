//! The graphics processors of the machine, and whether they are awake.
//!
//! Cards are found by their kernel driver and ordered by their bus address, as the numbers in
//! `/sys/class/drm` depend on the order of loading. Reading a suspended card would wake it, so only
//! its state is read. Reading a card each second would keep it awake for ever, as drivers put off
//! sleep at each access. So an idle card that can sleep and shows no picture is not read for as
//! long as it takes to fall asleep; its last row stays. A driver is one file and one row in
//! `DRIVERS`.

use std::io;

use rstat_shm::fields::GPU_DRIVERS;
use rstat_shm::snapshot::{Gpu, MAX_GPUS, valid};

use super::driver::{Driver, Reading, processor};
use super::{amdgpu, generic, i915, nvidia, xe};
use crate::source::entry::{Draft, Entry, Files, Source};
use crate::source::files::Root;
use crate::source::files::root::matches;
use crate::source::files::value::{VALUE_BYTES, ValueFile};

const MS: u64 = 1_000_000;

/// All graphics processors, in the order of their bus addresses.
pub const ENTRY: Entry = Entry {
    name: "gpu",
    groups: valid::GPU,
    period_ms: 0,
    discover,
    devices: |root| root.names(&[CARDS]),
    files: FILES,
    check: "each gpus: {driver} {state}[ {busy_ppm}][ {frequency_mhz}][ {temperature_mc}]\
            [ {power_uw}][ {memory_used_bytes} of {memory_total_bytes}]\
            [, held back by {throttle}]",
};

/// The files that all drivers read, and the thermal zones of boards.
const FILES: Files = &[
    ("sys/class/drm/card*", &["device", "enabled"]),
    ("sys/class/drm/card*/device", &["driver"]),
    ("sys/class/drm/card*/device/power", &["runtime_status", "control", "autosuspend_delay_ms"]),
    ("sys/class/drm/card*", &["gt_act_freq_mhz", "gt_RP0_freq_mhz"]),
    ("sys/class/drm/card*/power", &["rc6_enable", "rc6_residency_ms"]),
    (
        "sys/class/drm/card*/gt/gt*",
        &["rc6_enable", "rc6_residency_ms", "rps_*_freq_mhz", "throttle_reason_*"],
    ),
    ("sys/class/drm/card*/device/devfreq/*", &["cur_freq", "max_freq", "available_frequencies"]),
    ("sys/bus/platform/drivers/adreno/*", &["driver"]),
    (
        "sys/bus/platform/drivers/adreno/*/power",
        &["runtime_status", "control", "autosuspend_delay_ms"],
    ),
    (
        "sys/bus/platform/drivers/adreno/*/devfreq/*",
        &["cur_freq", "max_freq", "available_frequencies"],
    ),
    ("sys/class/drm/card*/device/tile*/gt*/gtidle", &["idle_residency_ms"]),
    ("sys/class/drm/card*/device/tile*/gt*/freq0", &["act_freq", "rp0_freq"]),
    ("sys/class/drm/card*/device/tile*/gt*/freq0/throttle", &["status", "reason_*"]),
    (
        "sys/class/drm/card*/device/hwmon/*",
        &["temp*_input", "energy*_input", "freq1_input", "power1_average", "power1_input"],
    ),
    (
        "sys/class/drm/card*/device",
        &["gpu_busy_percent", "pp_dpm_sclk", "mem_info_vram_*", "gpu_metrics"],
    ),
    ("sys/class/thermal/thermal_zone*", &["type", "temp"]),
];

/// Where they are.
const CARDS: &str = "/sys/class/drm";

/// Opens the files of a card by its directory and reads none, as the card may be asleep. A
/// missing file costs its field.
type OpenDriver = fn(&Root, &str) -> Box<dyn Driver>;

/// The drivers that can be read, by the names that [`GPU_DRIVERS`] numbers.
const DRIVERS: [(&str, OpenDriver); 11] = [
    ("i915", i915::open),
    ("xe", xe::open),
    ("amdgpu", amdgpu::open),
    ("nvidia", nvidia::open),
    ("radeon", generic::open),
    ("nouveau", generic::open),
    ("panfrost", generic::open),
    ("panthor", generic::open),
    ("lima", generic::open),
    ("v3d", generic::open),
    ("msm", generic::open),
];

/// The margin after a card's own delay until sleep, before the card is read again.
const REST_MARGIN_NS: u64 = 2_000_000_000;
/// The longest delay of a card that the daemon waits for.
const REST_MAX_MS: u64 = 60_000;
/// Below this share a card idles. The reading itself is some work.
const IDLE_PPM: u32 = 20_000;

struct Gpus {
    cards: Vec<Card>,
}

struct Card {
    bus_address: String,
    driver_name: String,
    driver_number: u32,
    /// Absent when the kernel has no runtime power management: always awake.
    runtime_status: Option<ValueFile>,
    driver: Box<dyn Driver>,
    /// How long the daemon does not read an idle card; absent for a card that never sleeps.
    rest_ns: Option<u64>,
    /// `enabled` of each connector: a card that shows a picture does not sleep.
    connectors: Vec<ValueFile>,
    /// The time until which the card is not read, and the row that stays until then.
    resting: Option<(u64, Reading)>,
}

/// Looks for cards with a driver that has a number.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let names = root.list(CARDS).unwrap_or_default();
    let mut cards: Vec<Card> =
        names.iter().filter_map(|name| open_card(root, &names, name)).collect();
    if cards.is_empty() {
        return Err(missing(root, &names));
    }
    cards.sort_by(|left, right| left.bus_address.cmp(&right.bus_address));
    cards.truncate(MAX_GPUS);
    Ok(Box::new(Gpus { cards }))
}

/// The drivers of the cards that exist, none of which has a number.
fn missing(root: &Root, names: &[String]) -> String {
    let cards = names.iter().filter(|name| matches("card#", name));
    let others: Vec<String> = cards
        .map(|name| match root.link_name(&format!("{CARDS}/{name}/device/driver")) {
            Some(driver) => format!("{CARDS}/{name} has the driver {driver}"),
            None => format!("{CARDS}/{name} has no driver"),
        })
        .collect();
    if others.is_empty() {
        return format!("no graphics card in {CARDS}");
    }
    format!("{}; known are {}", others.join(", "), GPU_DRIVERS.join(", "))
}

/// `card0`, but not its connectors such as `card0-HDMI-A-1`.
fn open_card(root: &Root, names: &[String], name: &str) -> Option<Card> {
    if !matches("card#", name) {
        return None;
    }
    let directory = format!("{CARDS}/{name}");
    let (driver_name, device) = processor(root, &directory)?;
    let (_, open) = DRIVERS.iter().find(|(driver, _)| *driver == driver_name)?;
    let power = |file: &str| root.text(&format!("{device}/power/{file}")).ok();
    let delay_ms = power("autosuspend_delay_ms").and_then(|delay_ms| delay_ms.parse::<u64>().ok());
    let sleeps = power("control").is_some_and(|control| control == "auto");
    let connectors = names.iter().filter(|other| other.starts_with(&format!("{name}-")));
    Some(Card {
        rest_ns: sleeps.then(|| delay_ms.unwrap_or(0).min(REST_MAX_MS) * MS + REST_MARGIN_NS),
        connectors: connectors
            .filter_map(|name| root.open(&format!("{CARDS}/{name}/enabled")).ok())
            .collect(),
        resting: None,
        bus_address: root.link_name(&device)?,
        driver_number: driver_number(&driver_name)?,
        driver_name,
        runtime_status: root.open(&format!("{device}/power/runtime_status")).ok(),
        driver: open(root, &directory),
    })
}

impl Source for Gpus {
    fn read(&mut self, now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let mut gpus = [Gpu::default(); MAX_GPUS];
        for (card, gpu) in self.cards.iter_mut().zip(&mut gpus) {
            *gpu = card.read(now_ns)?;
        }
        draft.sample.gpu_count = self.cards.len() as u32;
        draft.sample.gpus = gpus;
        Ok(valid::GPU)
    }

    fn forget(&mut self) {
        for card in &mut self.cards {
            card.driver.forget();
            card.resting = None;
        }
    }

    fn origin(&self) -> String {
        let cards: Vec<String> = self.cards.iter().map(Card::origin).collect();
        cards.join("; ")
    }
}

impl Card {
    fn read(&mut self, now_ns: u64) -> io::Result<Gpu> {
        let asleep = self.is_asleep()?;
        let state = if asleep { Gpu::ASLEEP } else { Gpu::AWAKE };
        let mut gpu = Gpu { driver: self.driver_number, state, ..Gpu::default() };
        if asleep {
            self.driver.forget();
            self.resting = None;
            return Ok(gpu);
        }
        if let Some((until_ns, stands)) = self.resting
            && now_ns < until_ns
        {
            stands.fill(&mut gpu);
            return Ok(gpu);
        }
        let mut reading = self.driver.read(now_ns)?;
        if let Some((_, stood)) = self.resting.take() {
            // Figures that need two readings have had one so far.
            reading.busy_ppm = reading.busy_ppm.or(stood.busy_ppm);
            reading.power_uw = reading.power_uw.or(stood.power_uw);
            reading.throttle = reading.throttle.or(stood.throttle);
        } else if let Some(rest_ns) = self.rest_ns
            && reading.busy_ppm.is_some_and(|ppm| ppm < IDLE_PPM)
            && !shows_a_picture(&self.connectors)
        {
            self.driver.forget();
            self.resting = Some((now_ns + rest_ns, reading));
        }
        reading.fill(&mut gpu);
        Ok(gpu)
    }

    /// A card on its way to sleep is not read, as reading would wake it.
    fn is_asleep(&self) -> io::Result<bool> {
        let Some(file) = &self.runtime_status else { return Ok(false) };
        match file.word(&mut [0; VALUE_BYTES]) {
            Ok(status) => Ok(status == b"suspended" || status == b"suspending"),
            // The card's state is unknown now: better not to wake the card.
            Err(error) => Ok(file.known(Err(error))?.unwrap_or(true)),
        }
    }

    fn origin(&self) -> String {
        let Self { bus_address, driver_name, driver, .. } = self;
        format!("{} ({driver_name}, {bus_address})", driver.origin())
    }
}

fn shows_a_picture(connectors: &[ValueFile]) -> bool {
    let enabled =
        |file: &ValueFile| file.word(&mut [0; VALUE_BYTES]).is_ok_and(|word| word == b"enabled");
    connectors.iter().any(enabled)
}

/// The published number of a driver, if it has one.
fn driver_number(name: &str) -> Option<u32> {
    let index = GPU_DRIVERS.iter().position(|driver| *driver == name)?;
    Some(index as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_that_can_be_read_has_a_number_and_the_other_way_round() {
        assert_eq!(DRIVERS.map(|(name, _)| name), GPU_DRIVERS);
    }
}
