//! The CO-RE records of `.BTF.ext`: which instruction depends on which type.
//!
//! ```text
//! header   as BTF's, then offset and length of function, line and CO-RE records
//! CO-RE    bytes of a record, then for each section of code:
//!          section name · count · records
//! record   byte offset in the section · type · access string · kind
//! ```
//!
//! Function and line records only serve the verifier's messages and are not read.

use super::{Btf, BtfError, TypeId, section, word};

/// Bytes of the shortest header that names CO-RE records.
const HEADER: usize = 32;
/// Bytes of a record that are known; more may follow.
const RECORD: u32 = 16;

/// One record, unchecked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// The section of code that the record is about.
    pub(crate) section: &'a str,
    /// Byte offset of the instruction in that section.
    pub(crate) offset: u32,
    /// The type in the object's type information.
    pub(crate) type_id: TypeId,
    /// The part of the type, as an access string.
    pub(crate) access: &'a str,
    /// The wanted property of that part.
    pub(crate) kind: u32,
}

/// All CO-RE records; empty where the compiler wrote no records.
pub(crate) fn records<'a>(bytes: &'a [u8], btf: &Btf<'a>) -> Result<Vec<Record<'a>>, BtfError> {
    let header_length = word(bytes, 4).ok_or(BtfError::Truncated)? as usize;
    let header = bytes.get(..header_length).ok_or(BtfError::Truncated)?;
    if header.len() < HEADER {
        return Ok(Vec::new());
    }
    let mut rest = section(&bytes[header_length..], header, 24)?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let [record_bytes] = take(&mut rest)?;
    if record_bytes < RECORD {
        return Err(BtfError::Truncated);
    }
    let mut records = Vec::new();
    while !rest.is_empty() {
        let [name, count] = take(&mut rest)?;
        let section = btf.string(name)?;
        for _ in 0..count {
            let record = rest.split_at_checked(record_bytes as usize);
            let (mut record, after) = record.ok_or(BtfError::Truncated)?;
            rest = after;
            let [offset, type_id, access, kind] = take(&mut record)?;
            records.push(Record {
                section,
                offset,
                type_id: TypeId(type_id),
                access: btf.string(access)?,
                kind,
            });
        }
    }
    Ok(records)
}

/// The next `N` words.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u32; N], BtfError> {
    let mut words = [0; N];
    for taken in &mut words {
        *taken = word(rest, 0).ok_or(BtfError::Truncated)?;
        *rest = &rest[4..];
    }
    Ok(words)
}
