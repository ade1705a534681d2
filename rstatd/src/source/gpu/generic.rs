//! Graphics with a driver that has no files of its own, or none that the daemon knows. The kernel
//! has some files for any device of the kind.
//!
//! On boards devfreq has the frequency, and a thermal zone the temperature. For cards with radeon
//! or nouveau, hwmon has the sensors. No such driver has a load, or reasons for throttling.

use std::io;

use super::driver::{Driver, Reading, answer, mhz, number, processor, temperature_mc};
use crate::source::cpu::temperature::zones;
use crate::source::files::root::matches;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};
use crate::source::files::{Root, hwmon};

/// Types of thermal zones.
const ZONE_TYPE: &str = "gpu*";

/// The kernel prints at most a page.
const FREQUENCIES_BYTES: usize = 4096;

struct Generic {
    device: String,
    frequency: Option<ValueFile>,
    /// Read when the card is awake for the first time.
    frequencies: Option<ValueFile>,
    limit_mhz: Option<u32>,
    temperature: Option<ValueFile>,
    power: Option<ValueFile>,
}

/// Opens the files of a card and reads nothing, as it may be asleep.
pub fn open(root: &Root, card: &str) -> Box<dyn Driver> {
    let device = processor(root, card).map_or_else(String::new, |(_, device)| device);
    let directory = format!("{device}/devfreq");
    let devfreq = root.list(&directory).unwrap_or_default();
    let frequency = |files: &[&str]| {
        let mut paths = devfreq.iter().flat_map(|name| files.iter().map(move |file| (name, file)));
        paths.find_map(|(name, file)| root.open(&format!("{directory}/{name}/{file}")).ok())
    };
    let sensor = |names: &[&str]| hwmon::open_of_device(root, &device, names);
    Box::new(Generic {
        frequency: frequency(&["cur_freq"]).or_else(|| sensor(&["freq1_input"])),
        // The frequency that the hardware can reach, else the one that it may.
        frequencies: frequency(&["available_frequencies", "max_freq"]),
        limit_mhz: None,
        temperature: sensor(&["temp1_input"]).or_else(|| zone(root)),
        power: sensor(&["power1_average", "power1_input"]),
        device,
    })
}

/// The thermal zone of a board's graphics, found by its type, as no link leads there.
fn zone(root: &Root) -> Option<ValueFile> {
    let (directory, _) = zones(root).into_iter().find(|(_, of)| matches(ZONE_TYPE, of))?;
    root.open(&format!("{directory}/temp")).ok()
}

impl Driver for Generic {
    fn read(&mut self, _now_ns: u64) -> io::Result<Reading> {
        if let Some(file) = self.frequencies.take() {
            let mut buffer = [0; FREQUENCIES_BYTES];
            let highest_hz = answer(&file, file.bytes(&mut buffer).and_then(highest))?;
            self.limit_mhz = highest_hz.and_then(mhz);
        }
        Ok(Reading {
            frequency_mhz: number(self.frequency.as_ref())?.and_then(mhz),
            frequency_limit_mhz: self.limit_mhz,
            temperature_mc: temperature_mc(self.temperature.as_ref())?,
            power_uw: number(self.power.as_ref())?,
            ..Reading::default()
        })
    }

    fn origin(&self) -> String {
        let files = [&self.frequency, &self.temperature, &self.power];
        let files = files.into_iter().flatten().map(|file| {
            let path = file.path();
            path.strip_prefix(&self.device).map_or(path, |file| file.trim_start_matches('/'))
        });
        let files: Vec<&str> = files.collect();
        if files.is_empty() {
            return format!("{}: only whether it sleeps, no file tells more", self.device);
        }
        format!("{}: {}; no file tells its load", self.device, files.join(", "))
    }
}

/// `200000000 400000000 800000000`: the highest, at any place.
fn highest(frequencies: &[u8]) -> Result<u64, ValueError> {
    let words = frequencies.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut highest_hz = None;
    for word in words {
        highest_hz = highest_hz.max(Some(parse_unsigned(word)?));
    }
    highest_hz.ok_or(ValueError::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_frequency_may_stand_anywhere() {
        let check = |text: &str, expected| assert_eq!(highest(text.as_bytes()), expected, "{text}");
        check("200000000 400000000 800000000 \n", Ok(800_000_000));
        check("800000000 200000000\n", Ok(800_000_000));
        check("300000000\n", Ok(300_000_000));
        check("\n", Err(ValueError::Empty));
        check("200000000 fast\n", Err(ValueError::Malformed));
        check("200000000 -1\n", Err(ValueError::Negative));
        check("99999999999999999999\n", Err(ValueError::TooLarge));
    }
}
