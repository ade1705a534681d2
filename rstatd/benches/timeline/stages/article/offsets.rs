//! The offsets of the fields that the probe reads, from the running kernel's BTF.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use rstatd::loader::btf::{Btf, Kind, TypeId};
use rstatd::loader::{KernelTypes, btf};

/// A symbol of the probe, a structure, and the path from there to the field. A number is an
/// array's index, such as `MM_FILEPAGES` of include/linux/mm_types_task.h.
const FIELDS: [(&str, &str, &[&str]); 6] = [
    ("offset_mm", "task_struct", &["mm"]),
    ("offset_read_bytes", "task_struct", &["ioac", "read_bytes"]),
    ("offset_write_bytes", "task_struct", &["ioac", "write_bytes"]),
    ("offset_file_pages", "mm_struct", &["rss_stat", "0", "count"]),
    ("offset_anon_pages", "mm_struct", &["rss_stat", "1", "count"]),
    ("offset_shmem_pages", "mm_struct", &["rss_stat", "3", "count"]),
];
/// The most levels of anonymous structures.
const MAX_DEPTH: usize = 8;

/// The offset for each symbol.
pub fn of_running_kernel() -> io::Result<HashMap<&'static str, u32>> {
    let types = KernelTypes::read(Path::new(KernelTypes::PATH)).map_err(io::Error::other)?;
    let types = types.parse().map_err(io::Error::other)?;
    let found = types.find(&["task_struct", "mm_struct"]);
    let offset = |(symbol, structure, path): (&'static str, &str, &[&str])| {
        let start = types.find_exact(&found, structure, Kind::Struct);
        let offset = start.and_then(|start| offset_of(&types, start, path));
        // Before 6.2 rss_stat was no array of counters; the article's machine is newer.
        let absent = || io::Error::other(format!("this kernel's {structure} has no {path:?}"));
        Ok((symbol, offset.ok_or_else(absent)?))
    };
    FIELDS.into_iter().map(offset).collect()
}

fn offset_of(types: &Btf<'_>, start: TypeId, path: &[&str]) -> Option<u32> {
    let (mut at, mut offset) = (start, 0);
    for step in path {
        let (resolved, found) = types.resolve(at).ok()?;
        if let Some((element, _)) = found.array() {
            offset += types.size_of(element).ok()? * step.parse::<u32>().ok()?;
            at = element;
        } else {
            let (member, within) = member(types, resolved, step, MAX_DEPTH)?;
            offset += within;
            at = member;
        }
    }
    Some(offset)
}

/// The type and offset of a member, which may lie in an anonymous structure.
fn member(types: &Btf<'_>, of: TypeId, name: &str, depth: usize) -> Option<(TypeId, u32)> {
    let depth = depth.checked_sub(1)?;
    let (_, structure): (_, btf::Type<'_>) = types.resolve(of).ok()?;
    structure.members().find_map(|found| {
        let offset = found.bit_offset / 8;
        match types.string(found.name).ok()? {
            "" => {
                let (member, within) = member(types, found.type_id, name, depth)?;
                Some((member, offset + within))
            }
            its_name => (its_name == name).then_some((found.type_id, offset)),
        }
    })
}
