//! CPU frequency: average and highest of all online CPUs, and the hardware's limit.
//!
//! Read by cpufreq policy, so that CPUs which share a clock are asked once and
//! still count each; `cpuN/cpufreq` is but a link to a policy. Kernels that do not
//! sample frequencies in the scheduler's tick sleep 10 ms for each CPU on x86
//! (`arch_freq_get_on_cpu`); [`Sources`](super::Sources) reads them less often.

use std::io;

use super::value::{ValueError, ValueFile};
use super::{Root, Source};
use crate::reading::{CpuFrequency, Reading};

const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";

/// Room for the numbers of the CPUs that share a policy; the kernel prints at
/// most a page (`cpufreq_show_cpus`).
const CPUS_BYTES: usize = 4096;

struct Frequencies {
    policies: Vec<Policy>,
    /// Fixed: what `cpuinfo_max_freq` said at discovery.
    limit_khz: Option<u32>,
    driver: String,
}

struct Policy {
    now: ValueFile,
    /// The online CPUs of a policy of several; one alone needs no look.
    online: Option<ValueFile>,
}

/// Opens every policy.
pub fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut source = Frequencies { policies: Vec::new(), limit_khz: None, driver: String::new() };
    for name in root.list(POLICIES).unwrap_or_default() {
        let directory = format!("{POLICIES}/{name}");
        let Ok(now) = root.open(&format!("{directory}/scaling_cur_freq")) else { continue };
        let cpus = root.text(&format!("{directory}/related_cpus")).unwrap_or_default();
        let online = if cpus.contains(' ') {
            let path = format!("{directory}/affected_cpus");
            Some(root.open(&path).map_err(|error| error.to_string())?)
        } else {
            None
        };
        let limit = root.text(&format!("{directory}/cpuinfo_max_freq"));
        source.limit_khz = source.limit_khz.max(limit.ok().and_then(|khz| khz.parse().ok()));
        if source.policies.is_empty() {
            source.driver = root.text(&format!("{directory}/scaling_driver")).unwrap_or_default();
        }
        source.policies.push(Policy { now, online });
    }
    if source.policies.is_empty() {
        return Err(format!("no {POLICIES}/policy*/scaling_cur_freq"));
    }
    super::tried(source)
}

impl Source for Frequencies {
    fn read(&mut self, reading: &mut Reading) -> io::Result<()> {
        let (mut sum, mut cpus, mut highest) = (0_u64, 0, 0);
        for policy in &self.policies {
            if let Some((khz, its_cpus)) = policy.read()? {
                sum += u64::from(khz) * u64::from(its_cpus);
                cpus += u64::from(its_cpus);
                highest = highest.max(khz);
            }
        }
        let now_khz = sum.checked_div(cpus).map(|average| (average as u32, highest));
        reading.cpu_frequency = CpuFrequency { now_khz, limit_khz: self.limit_khz };
        Ok(())
    }

    fn origin(&self) -> String {
        let more = match self.policies.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more policies"),
        };
        format!("{}{more} ({})", self.policies[0].now.path(), self.driver)
    }
}

impl Policy {
    /// The frequency and the number of online CPUs that it is the frequency of.
    fn read(&self) -> io::Result<Option<(u32, u32)>> {
        let khz = match self.now.unsigned32() {
            // The driver could not tell: `<unknown>` (`show_scaling_cur_freq`).
            Err(ValueError::Malformed) => None,
            khz => self.now.known(khz)?,
        };
        let cpus = match &self.online {
            None => Some(1),
            Some(file) => {
                let mut buffer = [0; CPUS_BYTES];
                file.known(file.bytes(&mut buffer).map(count_words))?
            }
        };
        Ok(khz.zip(cpus).filter(|&(_, cpus)| cpus > 0))
    }
}

fn count_words(bytes: &[u8]) -> u32 {
    bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_of_a_policy_are_counted() {
        let check = |list: &str, cpus| assert_eq!(count_words(list.as_bytes()), cpus, "{list:?}");
        check("", 0);
        check("\n", 0);
        check("0\n", 1);
        check("4 5 6 7\n", 4);
    }
}
