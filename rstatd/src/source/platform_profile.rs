//! The platform profile: quiet, balanced, performance and so on.
//!
//! From the class that Linux has since 6.14, otherwise from the file of ACPI,
//! which older kernels have. A word that this version has no number for is
//! unknown, as is a machine without profiles.

use std::io;

use rstat_shm::snapshot::PLATFORM_PROFILES;

use super::value::{VALUE_BYTES, ValueFile};
use super::{Root, Source};
use crate::reading::Reading;

const CLASS: &str = "/sys/class/platform-profile";
const ACPI: &str = "/sys/firmware/acpi/platform_profile";

struct PlatformProfile {
    file: ValueFile,
    /// The driver that offers the profile, where the class tells.
    driver: Option<String>,
}

/// Looks for the class, then for ACPI's file.
pub fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    for device in root.list(CLASS).unwrap_or_default() {
        if let Ok(file) = root.open(&format!("{CLASS}/{device}/profile")) {
            let driver = root.text(&format!("{CLASS}/{device}/name")).ok();
            return super::tried(PlatformProfile { file, driver });
        }
    }
    match root.open(ACPI) {
        Ok(file) => super::tried(PlatformProfile { file, driver: None }),
        Err(_) => Err(format!("no {CLASS}/*/profile and no {ACPI}")),
    }
}

impl Source for PlatformProfile {
    fn read(&mut self, reading: &mut Reading) -> io::Result<()> {
        let mut buffer = [0; VALUE_BYTES];
        reading.platform_profile = match self.file.word(&mut buffer) {
            Ok(word) => number(word),
            Err(error) => self.file.known(Err(error))?,
        };
        Ok(())
    }

    fn origin(&self) -> String {
        let driver = self.driver.as_deref().unwrap_or("ACPI");
        format!("{} ({driver})", self.file.path())
    }
}

/// The number under which a profile is published.
fn number(word: &[u8]) -> Option<u32> {
    let index = PLATFORM_PROFILES.iter().position(|name| name.as_bytes() == word)?;
    Some(index as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_have_numbers_and_others_none() {
        let check =
            |word: &str, expected| assert_eq!(number(word.as_bytes()), expected, "{word:?}");
        check("low-power", Some(1));
        check("balanced", Some(4));
        check("custom", Some(8));
        check("Balanced", None);
        check("turbo", None);
        check("", None);
    }
}
