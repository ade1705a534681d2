//! CPU frequency: of each online CPU, their average and highest, and the hardware's limit.
//!
//! The source reads cpufreq policies, so that CPUs with one clock are read once and each still
//! counts; `cpuN/cpufreq` is but a link to a policy. Kernels that do not sample frequencies in the
//! scheduler's tick sleep 10 ms for each CPU on x86 (`arch_freq_get_on_cpu`);
//! [`Sources`](crate::source::Sources) reads them less often.

use std::io;

use rstat_shm::snapshot::{MAX_CORES, valid};

use crate::source::entry::{Draft, Entry, Source, put, tried};
use crate::source::files::Root;
use crate::source::files::value::{ValueError, ValueFile, parse_unsigned};

/// All online CPUs. The draft has the frequency of each CPU, as this source does not know the
/// busiest: [`derive`](crate::sampler::derive) picks it.
pub const ENTRY: Entry = Entry {
    name: "cpu_frequency",
    groups: valid::CPU_FREQUENCY | valid::CPU_FREQUENCY_LIMIT,
    period_ms: 0,
    discover,
    devices: |root| root.names(&[POLICIES]),
    files: &[(
        "sys/devices/system/cpu/cpufreq/policy*",
        &[
            "scaling_cur_freq",
            "scaling_driver",
            "cpuinfo_max_freq",
            "related_cpus",
            "affected_cpus",
        ],
    )],
    check: "{cpu_frequency_khz}, highest {cpu_frequency_highest_khz}, \
            CPU {cpu_busiest} {cpu_frequency_busiest_khz}",
};

/// Where they are.
const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";

/// Room for the numbers of the CPUs that share a policy; the kernel prints at
/// most a page (`cpufreq_show_cpus`).
const CPUS_BYTES: usize = 4096;

struct Frequencies {
    policies: Vec<Policy>,
    /// The value of `cpuinfo_max_freq` at discovery, which never changes.
    limit_khz: Option<u32>,
    driver: String,
}

struct Policy {
    now: ValueFile,
    cpus: PolicyCpus,
}

/// The CPUs that have a policy's frequency.
enum PolicyCpus {
    /// One CPU; its number, if known.
    One(Option<usize>),
    /// The file that lists the online CPUs, where the policy has several.
    Several(ValueFile),
}

/// Opens every policy.
fn discover(root: &Root) -> Result<Box<dyn Source>, String> {
    let mut source = Frequencies { policies: Vec::new(), limit_khz: None, driver: String::new() };
    for name in root.list(POLICIES).unwrap_or_default() {
        let directory = format!("{POLICIES}/{name}");
        let Ok(now) = root.open(&format!("{directory}/scaling_cur_freq")) else { continue };
        let cpus = root.text(&format!("{directory}/related_cpus")).unwrap_or_default();
        let cpus = if cpus.contains(' ') {
            let path = format!("{directory}/affected_cpus");
            PolicyCpus::Several(root.open(&path).map_err(|error| error.to_string())?)
        } else {
            PolicyCpus::One(cpus.parse().ok())
        };
        let limit = root.text(&format!("{directory}/cpuinfo_max_freq"));
        source.limit_khz = source.limit_khz.max(limit.ok().and_then(|khz| khz.parse().ok()));
        if source.policies.is_empty() {
            source.driver = root.text(&format!("{directory}/scaling_driver")).unwrap_or_default();
        }
        source.policies.push(Policy { now, cpus });
    }
    if source.policies.is_empty() {
        return Err(format!(
            "the kernel does not set the CPUs' frequency, as in most virtual machines: no {POLICIES}/policy*/scaling_cur_freq"
        ));
    }
    tried(source)
}

impl Source for Frequencies {
    fn read(&mut self, _now_ns: u64, draft: &mut Draft) -> io::Result<u64> {
        let (mut sum, mut cpus, mut highest) = (0_u64, 0, 0);
        let mut each_khz = [0; MAX_CORES];
        for policy in &self.policies {
            if let Some((khz, its_cpus)) = policy.read(&mut each_khz)? {
                sum += u64::from(khz) * u64::from(its_cpus);
                cpus += u64::from(its_cpus);
                highest = highest.max(khz);
            }
        }
        let Draft { sample, cpu_khz, .. } = draft;
        let limit = valid::CPU_FREQUENCY_LIMIT;
        let known = put(&mut sample.cpu_frequency_limit_khz, self.limit_khz, limit);
        let Some(average) = sum.checked_div(cpus) else { return Ok(known) };
        sample.cpu_frequency_khz = average as u32;
        sample.cpu_frequency_highest_khz = highest;
        *cpu_khz = each_khz;
        Ok(known | valid::CPU_FREQUENCY)
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
    /// The frequency, and the number of online CPUs that have it. Notes the frequency of each.
    fn read(&self, each_khz: &mut [u32; MAX_CORES]) -> io::Result<Option<(u32, u32)>> {
        let khz = match self.now.unsigned32() {
            // The driver does not know the frequency: `<unknown>` (`show_scaling_cur_freq`).
            Err(ValueError::Malformed) => None,
            khz => self.now.known(khz)?,
        };
        let Some(khz) = khz else { return Ok(None) };
        let mut count = 0;
        let mut note = |cpu: Option<usize>| {
            count += 1;
            if let Some(known) = cpu.and_then(|cpu| each_khz.get_mut(cpu)) {
                *known = khz;
            }
        };
        match &self.cpus {
            PolicyCpus::One(cpu) => note(*cpu),
            PolicyCpus::Several(file) => {
                let mut buffer = [0; CPUS_BYTES];
                let cpus = file.known(file.bytes(&mut buffer))?.unwrap_or_default();
                numbers(cpus).for_each(|cpu| note(cpu.ok()));
            }
        }
        Ok((count > 0).then_some((khz, count)))
    }
}

/// `4 5 6 7`.
fn numbers(cpus: &[u8]) -> impl Iterator<Item = Result<usize, ValueError>> {
    let words = cpus.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.map(|word| parse_unsigned(word).map(|cpu| cpu as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_of_a_policy_are_listed() {
        let check = |list: &str, expected: &[Option<usize>]| {
            let cpus: Vec<_> = numbers(list.as_bytes()).map(Result::ok).collect();
            assert_eq!(cpus, expected, "{list:?}");
        };
        check("", &[]);
        check("\n", &[]);
        check("0\n", &[Some(0)]);
        check("4 5 x 300\n", &[Some(4), Some(5), None, Some(300)]);
    }
}
