//! The one table of what the region holds.
//!
//! A row says name, type, unit, validity and texts of a figure. Offsets, the structs in
//! Rust and C, `PROTOCOL.md`, all outputs and the layout's hash follow from the rows.
//! The structs are generated and checked in; `tests/generated/` says how.
//! The table does not use the structs' members, so it compiles while they are out of date.

mod field;
mod find;
mod groups;
mod lists;
mod members;
mod names;
mod place;
mod scalars;
mod sizes;
mod unit;
mod value;

pub use field::{Field, Note};
pub use find::{find, find_list, public, public_lists};
pub use groups::{GROUPS, Group};
pub use lists::{End, List, RECORDS, Record};
pub use members::{Member, point_members, record_members, snapshot_members};
pub use names::{
    BATTERY_STATUSES, GPU_DRIVERS, GPU_STATES, NAMES, Names, Numbers, PLATFORM_PROFILES, SOURCES,
    THROTTLE_BITS, WRITER_STATES, name_of, names_of_bits,
};
pub use place::{
    ABI_MINOR, FIELDS, HISTORY, LAYOUT_HASH, PLACED as LISTS, POINT_BYTES, SNAPSHOT_BYTES,
};
pub use scalars::{COMPUTED, Computed};
pub use sizes::{SIZES, Size};
pub use unit::{Kind, Unit};
pub use value::{Row, Value};
