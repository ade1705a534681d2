//! The lists of a snapshot, and the records that are their rows.

use crate::fields::field::{Field, Note, note, place};
use crate::fields::groups::group;
use crate::fields::names::{
    FILE_SYSTEM_BITS, GPU_BITS, GPU_DRIVERS, GPU_STATES, INTERFACE_BITS, INTERFACE_FLAGS,
    PROCESS_FLAGS, THROTTLE_BITS, bit_of,
};
use crate::fields::sizes::size;
use crate::fields::unit::Kind::{I32, Text, U32, U64};
use crate::fields::unit::Unit::{
    self, Bits, Bytes, BytesPerSecond, Count, MegaHertz, MicroWatts, MilliCelsius, Name, PerMinute,
    Ppm,
};

/// What a row of a list is: members one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The name in `PROTOCOL.md` and, with `rstat_` before it, in C; nothing where the row
    /// is a number without a name.
    pub name: &'static str,
    /// The name in Rust.
    pub rust: &'static str,
    /// What a row is: sentences for programmers.
    pub note: Note,
    /// The members, in the order of their places.
    pub members: &'static [Field],
}

/// Where a list says which of its rows are in use.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// A row that has 0 in this member is not in use, nor are the rows after this row.
    Member(&'static str),
    /// This scalar is the number of rows that are in use.
    Count(&'static str),
    /// A row is in use if its bit is set in this list of words.
    Bitmap(&'static str),
    /// All rows are in use.
    Full,
}

/// A list of a snapshot: a fixed number of rows.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The name in Rust, C and JSON.
    pub name: &'static str,
    /// The name of one row's figures for people; empty for a list that people do not see.
    pub dotted: &'static str,
    /// Bytes from the start of the snapshot.
    pub offset: usize,
    /// The offset of the member that `end` names: from the start of the row, or of the snapshot.
    pub end_offset: usize,
    /// The record that each row is.
    pub record: &'static Record,
    /// The constant that has the number of rows.
    pub size: &'static str,
    /// The number of rows, in use or not.
    pub rows: usize,
    /// The bits of a snapshot's `valid` that are all set when the list is known.
    pub valid: u64,
    /// Which rows are in use.
    pub end: End,
    /// The member that the rows have no use for.
    pub without: Option<&'static str>,
    /// What a row is, for people.
    pub help: &'static str,
    /// The contents of the list and their order: for programmers.
    pub note: Note,
    /// The minor version that added the list.
    pub since: u16,
}

impl List {
    #[rustfmt::skip]
    const fn new(name: &'static str, dotted: &'static str, record: &'static Record, rows: &'static str, valid: u64, end: End, help: &'static str) -> Self {
        Self { name, dotted, offset: 0, end_offset: 0, record, size: rows, rows: size(rows).value, valid, end, without: None, help, note: note(""), since: 0 }
    }

    const fn note(self, text: &'static str) -> Self {
        Self { note: note(text), ..self }
    }

    /// Adds the list in a minor version, after all members of earlier versions.
    #[must_use]
    pub const fn since(self, since: u16) -> Self {
        Self { since, ..self }
    }

    const fn without(self, without: &'static str) -> Self {
        Self { without: Some(without), ..self }
    }

    /// Bytes from one row to the next.
    pub const fn stride(&self) -> usize {
        self.record.bytes()
    }

    /// The members that people see.
    pub fn members(&self) -> impl Iterator<Item = &'static Field> {
        let (is_number, without) = (self.record.name.is_empty(), self.without);
        let members = self.record.members.iter();
        members.filter(move |it| (is_number || it.is_public()) && Some(it.name) != without)
    }
}

impl Record {
    /// The member of a name.
    pub fn member(&self, name: &str) -> Option<&'static Field> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Bytes of a row.
    pub const fn bytes(&self) -> usize {
        let last = &self.members[self.members.len() - 1];
        let bytes = last.offset + last.kind.bytes();
        // Numbers lie one behind the other; other records are made of whole words.
        if self.name.is_empty() { bytes } else { bytes.next_multiple_of(8) }
    }
}

const PROCESSES: u64 = group("PROCESSES");
const PROCESS_CPU: u64 = group("PROCESS_CPU");
const PROCESS_IO: u64 = group("PROCESS_IO");
const APPLICATIONS: u64 = group("APPLICATIONS");
const PROCESS_STATES: u64 = group("PROCESS_STATES");

#[rustfmt::skip]
const PROCESS: &Record = &Record {
    name: "process", rust: "Process", note: note("A row of a top list: a process, or all short-lived processes of one name."),
    members: &place([
        Field::new("comm", "name", Text(size("COMM_BYTES")), Unit::Text, 0, "name")
            .note("The name of its first thread: up to 15 bytes, then zeros. Any bytes are possible, UTF-8 or not, cut anywhere.").zero_is_unknown(),
        Field::new("pid", "pid", U32, Count, 0, "process id, if the row is one process that exists")
            .note("0 where the row's processes are gone.").zero_is_unknown(),
        Field::new("count", "count", U32, Count, 0, "how many processes").note("0 ends the list."),
        Field::new("flags", "", U32, Bits(PROCESS_FLAGS), 0, "kind of the process"),
        Field::new("cpu_ppm", "cpu", U32, Ppm, PROCESS_CPU, "CPU time as a share of one CPU")
            .note("Eight busy threads are 8,000,000."),
        Field::new("rss_bytes", "rss", U64, Bytes, PROCESSES, "resident memory").note("File-backed, anonymous and shared pages."),
        Field::new("read_bytes_per_s", "read", U64, BytesPerSecond, PROCESS_IO, "bytes fetched from storage")
            .note("`read_bytes` of `/proc/PID/io`."),
        Field::new("write_bytes_per_s", "write", U64, BytesPerSecond, PROCESS_IO, "bytes made dirty for storage")
            .note("`write_bytes` of `/proc/PID/io`."),
    ]),
};

#[rustfmt::skip]
const APPLICATION: &Record = &Record {
    name: "application", rust: "Application", 
    note: note("A row of a top list of applications: all processes of a systemd scope or service, or of one name where there is none. A program and a kernel thread of the same name have separate rows. A daemon knows about a thousand names; all further processes are a row called `(others)`."),
    members: &place([
        Field::new("name", "name", Text(size("APPLICATION_BYTES")), Unit::Text, 0, "name")
            .note("The unit's name without what systemd adds, or the processes' name. Any bytes, then zeros; after a name of 32 bytes there is no zero.").zero_is_unknown(),
        Field::new("count", "count", U32, Count, 0, "how many processes")
            .note("Processes that came and went in the interval count, too. 0 ends the list."),
        Field::new("flags", "", U32, Bits(PROCESS_FLAGS), 0, "kind of the processes"),
        Field::new("cpu_ppm", "cpu", U32, Ppm, PROCESS_CPU, "CPU time as a share of one CPU")
            .note("Eight busy threads are 8,000,000."),
        Field::new("rss_bytes", "rss", U64, Bytes, PROCESSES, "resident memory").note("Pages that processes share count once for each."),
        Field::new("read_bytes_per_s", "read", U64, BytesPerSecond, PROCESS_IO, "bytes fetched from storage"),
        Field::new("write_bytes_per_s", "write", U64, BytesPerSecond, PROCESS_IO, "bytes made dirty for storage"),
    ]),
};

#[rustfmt::skip]
const PROCESS_STATE: &Record = &Record {
    name: "process_state", rust: "ProcessState", note: note("A process that does not run although it should: blocked, or a zombie."),
    members: &place([
        Field::new("comm", "name", Text(size("COMM_BYTES")), Unit::Text, 0, "name").note("As in a process."),
        Field::new("pid", "pid", U32, Count, 0, "process id").note("0 ends the list."),
        Field::new("threads", "threads", U32, Count, 0, "threads that are blocked").note("0 for a zombie.").zero_is_unknown(),
    ]),
};

#[rustfmt::skip]
const GPU: &Record = &Record {
    name: "gpu", rust: "Gpu", note: note("A graphics processor."),
    members: &place([
        Field::new("driver", "driver", U32, Name(GPU_DRIVERS), 0, "kernel driver"),
        Field::new("state", "state", U32, Name(GPU_STATES), 0, "awake or asleep").note("While the GPU sleeps, nothing else is known."),
        Field::new("valid", "", U32, Bits(GPU_BITS), 0, "which members are known, a bit each"),
        Field::new("busy_ppm", "busy", U32, Ppm, 0, "share of the interval in which the GPU worked").in_row(bit_of(GPU_BITS, "busy")),
        Field::new("frequency_mhz", "frequency", U32, MegaHertz, 0, "frequency, 0 while the GPU idles").in_row(bit_of(GPU_BITS, "frequency")),
        Field::new("frequency_limit_mhz", "frequency.limit", U32, MegaHertz, 0, "highest frequency the hardware can reach").in_row(bit_of(GPU_BITS, "frequency limit")),
        Field::new("temperature_mc", "temp", I32, MilliCelsius, 0, "temperature of the chip").in_row(bit_of(GPU_BITS, "temperature")),
        Field::new("throttle", "throttle", U32, Bits(THROTTLE_BITS), 0, "the reasons for throttling, one bit for each").note("0: the GPU is not throttled.").in_row(bit_of(GPU_BITS, "throttle")),
        Field::new("power_uw", "power", U64, MicroWatts, 0, "power that the GPU draws").in_row(bit_of(GPU_BITS, "power")),
        Field::new("memory_used_bytes", "memory.used", U64, Bytes, 0, "the GPU's own memory that is used").in_row(bit_of(GPU_BITS, "memory")),
        Field::new("memory_total_bytes", "memory.total", U64, Bytes, 0, "the GPU's own memory").in_row(bit_of(GPU_BITS, "memory")),
        Field::new("memory_shared_used_bytes", "", U64, Bytes, 0, "memory of the machine that the GPU uses").note("No daemon of this version knows this figure.").in_row(bit_of(GPU_BITS, "memory shared")),
        Field::new("memory_shared_total_bytes", "", U64, Bytes, 0, "memory of the machine that the GPU can use").note("No daemon of this version knows this figure.").in_row(bit_of(GPU_BITS, "memory shared")),
    ]),
};

#[rustfmt::skip]
const INTERFACE: &Record = &Record {
    name: "interface", rust: "Interface", note: note("A physical network interface."),
    members: &place([
        Field::new("name", "name", Text(size("INTERFACE_BYTES")), Unit::Text, 0, "name").note("Up to 15 bytes, then zeros."),
        Field::new("flags", "", U32, Bits(INTERFACE_FLAGS), 0, "whether the interface is up"),
        Field::new("valid", "", U32, Bits(INTERFACE_BITS), 0, "which members are known, a bit each"),
        Field::new("received_bytes_per_s", "received", U64, BytesPerSecond, 0, "bytes received").in_row(bit_of(INTERFACE_BITS, "rates")),
        Field::new("sent_bytes_per_s", "sent", U64, BytesPerSecond, 0, "bytes sent").in_row(bit_of(INTERFACE_BITS, "rates")),
    ]),
};

#[rustfmt::skip]
const FILE_SYSTEM: &Record = &Record {
    name: "file_system", rust: "FileSystem", note: note("A mounted file system."),
    members: &place([
        Field::new("mount_point", "name", Text(size("MOUNT_POINT_BYTES")), Unit::Text, 0, "mount point").note("A long one is cut on its left. Any bytes, then zeros where there is room."),
        Field::new("valid", "", U32, Bits(FILE_SYSTEM_BITS), 0, "which members are known, a bit each"),
        Field::new("total_bytes", "total", U64, Bytes, 0, "size").in_row(bit_of(FILE_SYSTEM_BITS, "space")),
        Field::new("used_bytes", "used", U64, Bytes, 0, "space in use").in_row(bit_of(FILE_SYSTEM_BITS, "space")),
        Field::new("available_bytes", "available", U64, Bytes, 0, "space that is left for users").in_row(bit_of(FILE_SYSTEM_BITS, "space")),
    ]),
};

/// All records that have a name.
pub const RECORDS: &[&Record] = &[PROCESS, APPLICATION, PROCESS_STATE, GPU, INTERFACE, FILE_SYSTEM];

/// Rows that are a number each: the member's name is appended to the list's name.
const fn numbers(members: &'static [Field]) -> Record {
    Record { name: "", rust: "", note: note(""), members }
}

const FAN: &Record = &numbers(&[Field::new("", "", U32, PerMinute, 0, "revolutions of a fan")]);
const CORE_WORD: &Record = &numbers(&[Field::new("", "", U64, Bits(&[]), 0, "CPUs, a bit each")]);
const CORE: &Record =
    &numbers(&[Field::new("_busy_ppm", "busy", U32, Ppm, 0, "share of a CPU that was not idle")]);

/// All lists. Within a minor version they lie in this order, behind the scalars.
#[rustfmt::skip]
pub(super) const LISTS: &[List] = &[
    List::new("top_cpu", "top.cpu", PROCESS, "TOP_ROWS", PROCESS_CPU, End::Member("count"), "process with most CPU time")
        .note("The processes with the most CPU time in the interval, most first: up to 5 of user space and up to 5 kernel threads."),
    List::new("top_memory", "top.memory", PROCESS, "TOP_ROWS", PROCESSES, End::Member("count"), "process with most memory")
        .note("The processes with the most resident memory, most first."),
    List::new("top_io", "top.io", PROCESS, "TOP_ROWS", PROCESS_IO, End::Member("count"), "process with most I/O")
        .note("The processes with the most bytes read and written in the interval, most first."),
    List::new("top_cpu_applications", "top.cpu.applications", APPLICATION, "TOP_APPLICATIONS", PROCESS_CPU | APPLICATIONS, End::Member("count"), "application with most CPU time")
        .note("The applications with the most CPU time in the interval, most first."),
    List::new("top_memory_applications", "top.memory.applications", APPLICATION, "TOP_APPLICATIONS", PROCESSES | APPLICATIONS, End::Member("count"), "application with most memory")
        .note("The applications with the most resident memory, most first."),
    List::new("top_io_applications", "top.io.applications", APPLICATION, "TOP_APPLICATIONS", PROCESS_IO | APPLICATIONS, End::Member("count"), "application with most I/O")
        .note("The applications with the most bytes read and written in the interval, most first."),
    List::new("blocked", "blocked", PROCESS_STATE, "MAX_PROCESS_STATES", PROCESS_STATES, End::Member("pid"), "blocked process")
        .note("Processes that are blocked, those with the most blocked threads first."),
    List::new("zombies", "zombies", PROCESS_STATE, "MAX_PROCESS_STATES", PROCESS_STATES, End::Member("pid"), "zombie").note("Zombies.").without("threads"),
    List::new("gpus", "gpu", GPU, "MAX_GPUS", group("GPU"), End::Count("gpu_count"), "GPU")
        .note("Graphics processors, in the order of their bus addresses."),
    List::new("interfaces", "", INTERFACE, "MAX_INTERFACES", group("INTERFACES"), End::Count("interface_count"), "interface")
        .note("Physical network interfaces."),
    List::new("file_systems", "", FILE_SYSTEM, "MAX_FILE_SYSTEMS", group("FILE_SYSTEMS"), End::Count("file_system_count"), "file system")
        .note("File systems: `/`, then the others, fullest first."),
    List::new("fans_rpm", "fan", FAN, "MAX_FANS", group("FANS"), End::Count("fan_count"), "fan")
        .note("Revolutions of the fans. 0 for a fan that stands still."),
    List::new("cores_online", "", CORE_WORD, "CORE_WORDS", group("CPU"), End::Full, "")
        .note("Bit c mod 64 of word c / 64: the entry of CPU c in `cores` is known."),
    List::new("cores", "cpu", CORE, "MAX_CORES", group("CPU"), End::Bitmap("cores_online"), "CPU")
        .note("Share of each CPU, by its number, that was not idle. CPUs from 256 on have no entry."),
];
