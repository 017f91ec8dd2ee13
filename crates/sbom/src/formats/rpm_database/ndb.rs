//! rpm's own database (rpm, `lib/backend/ndb/rpmpkg.c`): pages of slots that name blocks, each a
//! header between a head and a tail. Numbers are little-endian.

use super::bytes::{number, place};
use super::{Damage, MAX_HEADER, Take};

pub(super) const MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const START_MAGIC: &[u8] = b"BlbS";
const END_MAGIC: &[u8] = b"BlbE";
const PAGE: usize = 4096;
const SLOT: usize = 16;
const BLOCK: usize = 16;
/// Before the first slot stands the head of the file.
const FIRST: usize = 32;

/// Gives every package's header to `take`.
pub(super) fn headers(bytes: &[u8], take: &mut Take<'_>) -> Result<(), Damage> {
    let cut = || Damage::file("it ends in the middle of its list of packages");
    let version = number(bytes, 4, 4, false).ok_or_else(cut)?;
    if version != 0 {
        return Err(Damage::file(format!("its version {version} is not known")));
    }
    let pages = place(bytes, 12, 4, false).ok_or_else(cut)?;
    let slots = pages.checked_mul(PAGE).and_then(|end| bytes.get(FIRST..end)).ok_or_else(cut)?;
    for slot in slots.chunks_exact(SLOT) {
        if !slot.starts_with(SLOT_MAGIC) {
            return Err(Damage::file("its list of packages is damaged"));
        }
        // A slot without a package is free.
        let package = number(slot, 4, 4, false).unwrap_or_default();
        if package != 0 {
            take(blob(bytes, slot, package).ok_or_else(|| {
                Damage::file(format!("its package number {package} is damaged or cut off"))
            })?)?;
        }
    }
    Ok(())
}

/// Finds a package's header, which must say itself which package's it is.
fn blob<'a>(bytes: &'a [u8], slot: &[u8], package: u32) -> Option<&'a [u8]> {
    let start = place(slot, 8, 4, false)?.checked_mul(BLOCK)?;
    let length = place(slot, 12, 4, false)?.checked_mul(BLOCK)?;
    let block = bytes.get(start..start.checked_add(length)?)?;
    let size = place(block, 12, 4, false).filter(|size| *size <= MAX_HEADER)?;
    let tail = block.get(length.checked_sub(12)?..)?;
    let is_whole = block.starts_with(START_MAGIC)
        && number(block, 4, 4, false) == Some(package)
        && place(tail, 4, 4, false) == Some(size)
        && tail.ends_with(END_MAGIC);
    let header = block.get(16..16_usize.checked_add(size)?)?;
    is_whole.then_some(header)
}
