use super::key::{Key, KeyError};
use super::revoked::{RevokedKeys, TooMany};
use super::wire::{Wire, WireError};
use beleg_model::text::shown;

/// The first bytes of a key revocation list (PROTOCOL.krl, section 1).
const MAGIC: &[u8] = b"SSHKRL\n\0";
/// The only version of the format.
const VERSION: u32 = 1;

/// The kinds of sections (PROTOCOL.krl, section 1).
mod section {
    pub(super) const CERTIFICATES: u8 = 1;
    pub(super) const EXPLICIT_KEY: u8 = 2;
    pub(super) const FINGERPRINT_SHA1: u8 = 3;
    pub(super) const SIGNATURE: u8 = 4;
    pub(super) const FINGERPRINT_SHA256: u8 = 5;
    pub(super) const EXTENSION: u8 = 255;
}

/// The kinds of sections within a certificates section (PROTOCOL.krl, section 2).
mod certificates {
    pub(super) const SERIAL_LIST: u8 = 0x20;
    pub(super) const SERIAL_RANGE: u8 = 0x21;
    pub(super) const SERIAL_BITMAP: u8 = 0x22;
    pub(super) const KEY_ID: u8 = 0x23;
    pub(super) const EXTENSION: u8 = 0x39;
}

/// Says what in a key revocation list cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KrlError {
    #[error("the key revocation list cannot be read to its end: {0}")]
    Wire(#[from] WireError),
    #[error("the key revocation list is of the unknown version {0}")]
    Version(u32),
    #[error("the key revocation list has a section of the unknown type {0}")]
    Section(u8),
    #[error("the key revocation list has a section about certificates of the unknown type {0:#x}")]
    Certificates(u8),
    #[error("the key revocation list has the unknown critical extension `{0}`")]
    Extension(String),
    #[error(
        "the key revocation list is signed, in a way that OpenSSH gave up and beleg does not check"
    )]
    Signed,
    #[error("an authority's key in the key revocation list cannot be read: {0}")]
    Authority(KeyError),
    #[error("a fingerprint in the key revocation list has the wrong length")]
    Fingerprint,
    #[error("a range of serial numbers in the key revocation list is empty, or begins with zero")]
    Serials,
    #[error("{0}")]
    TooMany(#[from] TooMany),
}

/// Says whether `bytes` begin as a key revocation list does.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads a key revocation list into `revoked`. A section that cannot be understood is an error
/// of its own; those before and after it count.
pub(crate) fn read(bytes: &[u8], revoked: &mut RevokedKeys) -> Vec<KrlError> {
    let mut errors = Vec::new();
    let mut wire = Wire::new(bytes);
    if let Err(error) = read_header(&mut wire) {
        return vec![error];
    }
    while !wire.is_empty() {
        let (kind, content) = match read_section(&mut wire) {
            Ok(section) => section,
            Err(error) => {
                errors.push(error.into());
                break;
            }
        };
        match read_content(kind, content, revoked) {
            Ok(()) => {}
            Err(error @ (KrlError::TooMany(_) | KrlError::Signed)) => {
                // What follows a signature is not in the form of a section.
                errors.push(error);
                break;
            }
            Err(error) => errors.push(error),
        }
        if errors.len() >= MAX_ERRORS {
            break;
        }
    }
    errors
}

/// Most errors of one list that are told; the list is incomplete after the first.
const MAX_ERRORS: usize = 100;

/// Reads what stands before the sections. Number, date, flags and comment decide about nothing.
fn read_header(wire: &mut Wire<'_>) -> Result<(), KrlError> {
    wire.take(MAGIC.len())?;
    let version = wire.u32()?;
    if version != VERSION {
        return Err(KrlError::Version(version));
    }
    let (_number, _date, _flags) = (wire.u64()?, wire.u64()?, wire.u64()?);
    let (_reserved, _comment) = (wire.string()?, wire.string()?);
    Ok(())
}

fn read_section<'a>(wire: &mut Wire<'a>) -> Result<(u8, &'a [u8]), WireError> {
    Ok((wire.byte()?, wire.string()?))
}

fn read_content(kind: u8, content: &[u8], revoked: &mut RevokedKeys) -> Result<(), KrlError> {
    let mut wire = Wire::new(content);
    match kind {
        section::CERTIFICATES => return read_certificates(wire, revoked),
        section::EXPLICIT_KEY => {
            while !wire.is_empty() {
                revoked.revoke_key(wire.string()?)?;
            }
        }
        section::FINGERPRINT_SHA1 => {
            while !wire.is_empty() {
                revoked.revoke_sha1(fingerprint(wire.string()?)?)?;
            }
        }
        section::FINGERPRINT_SHA256 => {
            while !wire.is_empty() {
                revoked.revoke_sha256(fingerprint(wire.string()?)?)?;
            }
        }
        section::SIGNATURE => return Err(KrlError::Signed),
        section::EXTENSION => read_extension(wire)?,
        other => return Err(KrlError::Section(other)),
    }
    Ok(())
}

fn fingerprint<const N: usize>(bytes: &[u8]) -> Result<[u8; N], KrlError> {
    bytes.try_into().map_err(|_| KrlError::Fingerprint)
}

/// Reads an extension: its name, whether it is critical, and its content.
fn read_extension(mut wire: Wire<'_>) -> Result<(), KrlError> {
    let name = shown(wire.string()?);
    let critical = wire.byte()? != 0;
    wire.string()?;
    wire.finish()?;
    if critical { Err(KrlError::Extension(name)) } else { Ok(()) }
}

/// Reads what one authority revoked; without a key, the section holds for all of them. The first
/// part that cannot be understood is told; the others count.
fn read_certificates(mut wire: Wire<'_>, revoked: &mut RevokedKeys) -> Result<(), KrlError> {
    let authority = wire.string()?;
    let _reserved = wire.string()?;
    let authority = if authority.is_empty() {
        None
    } else {
        Some(Key::decode(authority).map_err(KrlError::Authority)?)
    };
    let authority = authority.as_ref().map(Key::blob);
    let mut first_error = Ok(());
    while !wire.is_empty() {
        let (kind, content) = read_section(&mut wire)?;
        let result = read_certificates_content(kind, content, authority, revoked);
        if let Err(error @ KrlError::TooMany(_)) = result {
            return Err(error);
        }
        first_error = first_error.and(result);
    }
    first_error
}

fn read_certificates_content(
    kind: u8,
    content: &[u8],
    authority: Option<&[u8]>,
    revoked: &mut RevokedKeys,
) -> Result<(), KrlError> {
    let mut wire = Wire::new(content);
    match kind {
        certificates::SERIAL_LIST => {
            while !wire.is_empty() {
                let serial = wire.u64()?;
                revoke(revoked, authority, serial, serial)?;
            }
        }
        certificates::SERIAL_RANGE => {
            let (first, last) = (wire.u64()?, wire.u64()?);
            wire.finish()?;
            revoke(revoked, authority, first, last)?;
        }
        certificates::SERIAL_BITMAP => {
            let (offset, bits) = (wire.u64()?, wire.string()?);
            wire.finish()?;
            read_bitmap(offset, bits, authority, revoked)?;
        }
        certificates::KEY_ID => {
            while !wire.is_empty() {
                revoked.revoke_key_id(authority, wire.string_without_nul()?)?;
            }
        }
        certificates::EXTENSION => read_extension(wire)?,
        other => return Err(KrlError::Certificates(other)),
    }
    Ok(())
}

fn revoke(
    revoked: &mut RevokedKeys,
    authority: Option<&[u8]>,
    first: u64,
    last: u64,
) -> Result<(), KrlError> {
    if first == 0 || last < first {
        return Err(KrlError::Serials);
    }
    Ok(revoked.revoke_serials(authority, first, last)?)
}

/// Reads a bitmap: a number as RFC 4251 writes it, whose bit 0 is the last bit of the last byte
/// and stands for the serial `offset`. Neighbours become one range.
fn read_bitmap(
    offset: u64,
    bits: &[u8],
    authority: Option<&[u8]>,
    revoked: &mut RevokedKeys,
) -> Result<(), KrlError> {
    // A number with its first bit set is negative.
    if bits.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Err(KrlError::Serials);
    }
    let mut run: Option<(u64, u64)> = None;
    for (index, byte) in (0u64..).zip(bits.iter().rev()) {
        if *byte == 0 {
            continue;
        }
        for bit in (0u32..8).filter(|bit| byte.checked_shr(*bit).unwrap_or(0) & 1 == 1) {
            let place = index.saturating_mul(8).saturating_add(bit.into());
            let serial = offset.checked_add(place).ok_or(KrlError::Serials)?;
            run = match run {
                Some((first, last)) if last.checked_add(1) == Some(serial) => Some((first, serial)),
                Some((first, last)) => {
                    revoke(revoked, authority, first, last)?;
                    Some((serial, serial))
                }
                None => Some((serial, serial)),
            };
        }
    }
    match run {
        Some((first, last)) => revoke(revoked, authority, first, last),
        None => Ok(()),
    }
}
