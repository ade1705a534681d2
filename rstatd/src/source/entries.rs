//! The table of sources, and which groups of fields come from where.

use rstat_shm::snapshot::valid;

use super::cpu::{frequency, temperature, throttle};
use super::entry::Entry;
use super::gpu::cards;
use super::memory::{meminfo, swap, zfs_arc, zram};
use super::power::{battery, platform_profile, rapl};
use super::storage::disk;
use super::system::{fan, load, pressure, uptime};

/// All sources of the machine's figures. A source with a period costs the machine more than the
/// read itself. Reading a temperature interrupts a CPU that may be asleep (`coretemp` reads a
/// register there). Reading a profile or a battery may call the firmware.
pub const SOURCES: &[&Entry] = &[
    &meminfo::ENTRY,
    &zram::ENTRY,
    &zfs_arc::ENTRY,
    &load::ENTRY,
    &pressure::CPU,
    &pressure::MEMORY,
    &pressure::IO,
    &disk::ENTRY,
    &temperature::ENTRY,
    &frequency::ENTRY,
    &throttle::ENTRY,
    &rapl::ENTRY,
    &platform_profile::ENTRY,
    &battery::ENTRY,
    &fan::ENTRY,
    &cards::ENTRY,
    &uptime::ENTRY,
    &swap::ENTRY,
];

/// The groups that the backend knows when it has read the CPUs.
pub const CPUS: u64 = valid::CPU | valid::CONTEXT_SWITCHES | valid::PROBE_COST;

/// The groups that the backend knows when it has read the processes.
pub const PROCESSES: u64 = valid::PROCESSES
    | valid::UNLISTED
    | valid::PROCESS_STATES
    | valid::PROCESS_CPU
    | valid::PROCESS_IO
    | valid::APPLICATIONS;

/// The group of the figures that only the publisher knows.
pub const PUBLISHER: u64 = valid::SAMPLE_COST;

#[cfg(test)]
mod tests {
    use super::*;
    use rstat_shm::fields::GROUPS;

    /// Groups that have room in the region and that no entry fills in yet.
    const UNUSED: u64 = valid::INTERFACES | valid::FILE_SYSTEMS;

    #[test]
    fn every_group_comes_from_one_entry() {
        let sources = SOURCES.iter().map(|entry| (entry.name, entry.groups));
        let others = [("cpus", CPUS), ("processes", PROCESSES), ("publisher", PUBLISHER)];
        let mut all = UNUSED;
        for (name, groups) in sources.chain(others) {
            assert_ne!(groups, 0, "{name}");
            assert_eq!(all & groups, 0, "{name} has another entry's groups");
            all |= groups;
        }
        for (bit, group) in GROUPS.iter().enumerate() {
            assert_eq!(all >> bit & 1, 1, "no entry has {}", group.name);
        }
    }
}
