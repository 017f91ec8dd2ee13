//! Berkeley DB's hash, as rpm before 4.16 wrote it (Berkeley DB, `dbinc/db_page.h`): pages of keys
//! and values, of which the values stand in chains of overflow pages where they are long.

use super::bytes::{number, place};
use super::{Damage, MAX_HEADER, Take};
use std::collections::HashSet;

const MAGIC: u32 = 0x0006_1561;
/// Where the magic number stands, and where on each page what it is and where its entries begin.
const MAGIC_AT: usize = 12;
const TYPE_AT: usize = 25;
const HEAD: usize = 26;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;
/// A value that stands on the page itself, and one that stands elsewhere.
const HERE: u8 = 1;
const ELSEWHERE: u8 = 3;

/// Says whether the bytes are of such a database, of machines of either byte order.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    [false, true].iter().any(|is_big| number(bytes, MAGIC_AT, 4, *is_big) == Some(MAGIC))
}

/// Gives every package's header to `take`.
pub(super) fn headers(bytes: &[u8], take: &mut Take<'_>) -> Result<(), Damage> {
    let is_big = number(bytes, MAGIC_AT, 4, true) == Some(MAGIC);
    let size = place(bytes, 20, 4, is_big).filter(|size| (512..=65536).contains(size));
    let last = place(bytes, 32, 4, is_big);
    let (Some(size), Some(last)) = (size, last) else {
        return Err(Damage::file("its first page is damaged"));
    };
    let length = last.saturating_add(1).saturating_mul(size);
    if bytes.len() < length {
        return Err(Damage::file("it is cut off: pages are missing"));
    }
    let file = Pages { bytes, size, is_big };
    let mut used = HashSet::new();
    for page in (1..=last).filter_map(|number| file.page(number)) {
        if matches!(page.get(TYPE_AT), Some(&HASH_UNSORTED | &HASH)) {
            file.values(page, &mut used, take)?;
        }
    }
    Ok(())
}

struct Pages<'a> {
    bytes: &'a [u8],
    size: usize,
    is_big: bool,
}

impl<'a> Pages<'a> {
    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(self.size)?;
        self.bytes.get(start..start.checked_add(self.size)?)
    }

    /// Reads the values of a page of keys and values, each behind its key.
    fn values(
        &self,
        page: &[u8],
        used: &mut HashSet<usize>,
        take: &mut Take<'_>,
    ) -> Result<(), Damage> {
        let damaged = || Damage::file("a page of it is damaged");
        let count = place(page, 20, 2, self.is_big).ok_or_else(damaged)?;
        let offset = |index: usize| {
            let at = index.checked_mul(2)?.checked_add(HEAD)?;
            place(page, at, 2, self.is_big)
        };
        for index in (0..count).step_by(2) {
            let (key, value) =
                offset(index).zip(offset(index.saturating_add(1))).ok_or_else(damaged)?;
            // The entry 0 counts packages and is none.
            if number(page, key.saturating_add(1), 4, self.is_big) == Some(0) {
                continue;
            }
            match *page.get(value).ok_or_else(damaged)? {
                ELSEWHERE => {
                    let first = place(page, value.saturating_add(4), 4, self.is_big);
                    let length = place(page, value.saturating_add(8), 4, self.is_big);
                    let (first, length) = first.zip(length).ok_or_else(damaged)?;
                    take(&self.chain(first, length, used)?)?;
                }
                HERE => take(page.get(value.saturating_add(1)..key).ok_or_else(damaged)?)?,
                _ => return Err(Damage::file("it holds a value of an unknown kind")),
            }
        }
        Ok(())
    }

    /// Reads a value out of its chain of pages, none of which another value has.
    fn chain(
        &self,
        first: usize,
        length: usize,
        used: &mut HashSet<usize>,
    ) -> Result<Vec<u8>, Damage> {
        let damaged = || Damage::file("the pages of a package are damaged or cut off");
        if length > MAX_HEADER.min(self.bytes.len()) {
            return Err(damaged());
        }
        let mut value = Vec::with_capacity(length);
        let mut next = first;
        while value.len() < length {
            let page = self.page(next).ok_or_else(damaged)?;
            if !used.insert(next) || page.get(TYPE_AT) != Some(&OVERFLOW) {
                return Err(damaged());
            }
            let here = place(page, 22, 2, self.is_big).ok_or_else(damaged)?;
            let end = HEAD.saturating_add(here);
            value.extend_from_slice(page.get(HEAD..end).ok_or_else(damaged)?);
            next = place(page, 16, 4, self.is_big).ok_or_else(damaged)?;
        }
        value.truncate(length);
        Ok(value)
    }
}
