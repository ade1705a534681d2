//! The platform profile: quiet, balanced, performance and so on.
//!
//! The profile comes from the class that Linux has since 6.14, else from ACPI's file of
//! older kernels, else from the preference of the first CPU's driver
//! (`energy_performance_preference`). A word without a number in this version is unknown.
//!
//! Reading a profile may call the firmware, for milliseconds on some laptops. So the file is read
//! only after the driver has announced a change, which `poll` finds without waiting. This is a
//! system call as well, but no call into the firmware. A file that cannot be polled, such as that
//! of the CPU's driver, is read each time.

use std::io;

use rstat_shm::fields::PLATFORM_PROFILES;
use rstat_shm::snapshot::valid;

use crate::source::entry::{Draft, Entry, Source, put, tried};
use crate::source::files::Root;
use crate::source::files::value::{VALUE_BYTES, ValueFile};

/// The profile of the first driver that has one.
pub const ENTRY: Entry = Entry {
    name: "platform_profile",
    groups: valid::PLATFORM_PROFILE,
    period_ms: 1000,
    discover,
    devices: |root| root.names(&[CLASS]),
    files: &[
        ("sys/class/platform-profile/*", &["name", "profile"]),
        ("sys/firmware/acpi", &["platform_profile"]),
        ("sys/devices/system/cpu/cpufreq/policy0", &["energy_performance_preference"]),
    ],
    check: "{platform_profile}",
};

/// Where they are.
const CLASS: &str = "/sys/class/platform-profile";
const ACPI: &str = "/sys/firmware/acpi/platform_profile";
const PREFERENCE: &str = "/sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference";

/// Preferences and the profiles that stand for them. power-profiles-daemon sets one of the
/// two in the middle for `balanced`, on mains and on battery.
const PREFERENCES: [(&str, &str); 5] = [
    ("performance", "performance"),
    ("balance_performance", "balanced"),
    ("default", "balanced"),
    ("balance_power", "balanced"),
    ("power", "low-power"),
];

struct PlatformProfile {
    file: ValueFile,
    /// The driver that offers the profile, or the kind of file.
    why: String,
    /// The number of a word, if it has one.
    number: fn(&[u8]) -> Option<u32>,
    /// Whether the kernel announces changes of the profile.
    pollable: bool,
    profile: Option<u32>,
}

/// Looks for the class, then for ACPI's file, then for a preference.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let (file, why, number): (_, _, fn(&[u8]) -> _) = if let Some((file, driver)) = in_class(root) {
        (file, driver, profile_number)
    } else if let Ok(file) = root.open(ACPI) {
        (file, "ACPI".to_owned(), profile_number)
    } else if let Ok(file) = root.open(PREFERENCE) {
        (file, "no platform profile; the CPU driver's preference".to_owned(), preference_number)
    } else {
        return Err(format!(
            "neither the firmware nor the CPU driver has profiles: no {CLASS}/*/profile, no {ACPI}, no {PREFERENCE}"
        ));
    };
    let pollable = file.has_changed();
    tried(PlatformProfile { file, why, number, pollable, profile: None })
}

fn in_class(root: &Root) -> Option<(ValueFile, String)> {
    let devices = root.list(CLASS).unwrap_or_default();
    devices.iter().find_map(|device| {
        let file = root.open(&format!("{CLASS}/{device}/profile")).ok()?;
        let driver = root.text(&format!("{CLASS}/{device}/name"));
        Some((file, driver.unwrap_or_else(|_| device.clone())))
    })
}

impl Source for PlatformProfile {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        if self.profile.is_none() || !self.pollable || self.file.has_changed() {
            let mut buffer = [0; VALUE_BYTES];
            let word = self.file.word(&mut buffer);
            self.profile = self.file.known(word)?.and_then(self.number);
        }
        Ok(put(&mut draft.sample.platform_profile, self.profile, valid::PLATFORM_PROFILE))
    }

    fn origin(&self) -> String {
        let when = if self.pollable { ", read when it changes" } else { "" };
        format!("{} ({}{when})", self.file.path(), self.why)
    }
}

/// The number under which a profile is published.
fn profile_number(word: &[u8]) -> Option<u32> {
    let index = PLATFORM_PROFILES.iter().position(|name| name.as_bytes() == word)?;
    Some(index as u32 + 1)
}

fn preference_number(word: &[u8]) -> Option<u32> {
    let (_, profile) = PREFERENCES.iter().find(|(name, _)| name.as_bytes() == word)?;
    profile_number(profile.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_have_numbers_and_others_none() {
        let check = |word: &str, expected| {
            assert_eq!(profile_number(word.as_bytes()), expected, "{word:?}");
        };
        check("low-power", Some(1));
        check("balanced", Some(4));
        check("custom", Some(8));
        check("Balanced", None);
        check("turbo", None);
        check("", None);
    }

    #[test]
    fn every_preference_stands_for_a_profile() {
        for (preference, _) in PREFERENCES {
            assert!(preference_number(preference.as_bytes()).is_some(), "{preference}");
        }
        assert_eq!(preference_number(b"128"), None);
    }
}
