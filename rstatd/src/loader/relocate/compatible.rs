//! When a type of the kernel may stand for one of the object: libbpf's rules.

use super::super::btf::{Btf, BtfError, Kind, MAX_DEPTH, TypeId, essential};

/// Whether kinds are the same, the two widths of enums taken for one.
pub(super) fn kinds(local: Kind, kernel: Kind) -> bool {
    let is_enum = |kind| matches!(kind, Kind::Enum | Kind::Enum64);
    local == kernel || is_enum(local) && is_enum(kernel)
}

/// Whether a field of the one type may be read as a field of the other. Structs and unions may,
/// whatever their names. So may integers of any size and sign, pointers to anything, and arrays
/// of any length if their elements may.
pub(super) fn fields(
    local: &Btf<'_>,
    here: TypeId,
    kernel: &Btf<'_>,
    there: TypeId,
) -> Result<bool, BtfError> {
    let (mut here, mut there) = (here, there);
    for _ in 0..MAX_DEPTH {
        let (_, ours) = local.resolve(here)?;
        let (_, theirs) = kernel.resolve(there)?;
        if ours.is_composite() && theirs.is_composite() {
            return Ok(true);
        }
        if !kinds(ours.kind, theirs.kind) {
            return Ok(false);
        }
        if let (Some((ours, _)), Some((theirs, _))) = (ours.array(), theirs.array()) {
            (here, there) = (ours, theirs);
            continue;
        }
        return match ours.kind {
            Kind::Pointer | Kind::Float => Ok(true),
            Kind::Int => Ok(!ours.is_bit_integer() && !theirs.is_bit_integer()),
            Kind::Forward | Kind::Enum | Kind::Enum64 => {
                let ours = essential(local.string(ours.name)?);
                let theirs = essential(kernel.string(theirs.name)?);
                Ok(ours.is_empty() || theirs.is_empty() || ours == theirs)
            }
            _ => Ok(false),
        };
    }
    Err(BtfError::TooDeep(here))
}
