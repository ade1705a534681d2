//! The table of sources, and which groups of fields come from where.

use rstat_shm::snapshot::valid;

use super::cpu::{frequency, temperature, throttle};
use super::entry::Entry;
use super::gpu::cards;
use super::memory::{meminfo, zfs_arc, zram};
use super::power::{battery, platform_profile, rapl};
use super::storage::disk;
use super::system::{fan, load, pressure};

/// All sources of the machine's figures. A source with a period costs the machine more than
/// the read itself. A temperature is an interrupt to a CPU that may be asleep (`coretemp`
/// reads a register there). A profile or a battery may be a call into the firmware.
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

/// The group of what only the publisher knows.
pub const PUBLISHER: u64 = valid::SAMPLE_COST;

#[cfg(test)]
mod tests {
    use super::*;
    use rstat_shm::fields;

    #[test]
    fn every_group_comes_from_one_entry() {
        let sources = SOURCES.iter().map(|entry| entry.groups);
        let mut all = 0;
        for groups in sources.chain([CPUS, PROCESSES, PUBLISHER]) {
            assert_ne!(groups, 0);
            assert_eq!(all & groups, 0, "groups that two entries claim");
            all |= groups;
        }
        // The bits have no gap, and the bit of every field that is shown is one of them.
        assert_eq!(all & (all + 1), 0, "groups that no entry claims: {all:#b}");
        let of_fields = fields::public().fold(0, |groups, field| groups | field.valid);
        assert_eq!(of_fields & !all, 0);
    }
}
