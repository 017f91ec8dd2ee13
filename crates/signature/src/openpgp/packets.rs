//! OpenPGP packets made canonical before Sequoia reads them.
//!
//! GitHub's web flow signs with multiprecision integers (MPIs) whose bit length is not that of
//! their highest bit (RFC 9580, section 3.2 demands it); gpg accepts them, Sequoia does not. The
//! integers are not part of the signed bytes, so that writing them anew changes no verdict: a
//! signature over other bytes stays bad. The same web flow wrote a wrong left-16 field until
//! 2021; Sequoia does not compare that field of a signature over a document, so it stays as it is.

/// Largest packet body, in bytes. Signatures and keys take a few thousand, photo ids more.
const MAX_PACKET: usize = 4 << 20;
/// Most packets of one keyring or signature.
const MAX_PACKETS: usize = 2_000_000;

/// The packet type of a signature (RFC 9580, section 5).
pub(crate) const SIGNATURE: u8 = 2;

/// One packet: its type and its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    pub(crate) tag: u8,
    pub(crate) body: &'a [u8],
}

/// Says why bytes are no sequence of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PacketError {
    #[error("byte {0} begins no OpenPGP packet")]
    Header(usize),
    #[error("the packet at byte {0} has no definite length")]
    Length(usize),
    #[error("the packet at byte {0} is truncated")]
    Truncated(usize),
    #[error("the packet at byte {0} is larger than {MAX_PACKET} bytes")]
    TooLarge(usize),
    #[error("there are more than {MAX_PACKETS} packets")]
    TooMany,
}

/// Splits bytes into packets, with headers in the current or the legacy form (RFC 9580, section
/// 4.2). Also returns why it stopped before the end, if it did.
pub(crate) fn split(bytes: &[u8]) -> (Vec<Packet<'_>>, Option<PacketError>) {
    let (packets, stopped) = split_with_places(bytes);
    (packets.into_iter().map(|(_, packet)| packet).collect(), stopped)
}

/// Splits bytes into packets, each with the place where it begins.
pub(crate) fn split_with_places(bytes: &[u8]) -> (Vec<(usize, Packet<'_>)>, Option<PacketError>) {
    let mut packets = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if packets.len() >= MAX_PACKETS {
            return (packets, Some(PacketError::TooMany));
        }
        let at = bytes.len().saturating_sub(rest.len());
        match take_packet(rest, at) {
            Ok((packet, after)) => {
                packets.push((at, packet));
                rest = after;
            }
            Err(error) => return (packets, Some(error)),
        }
    }
    (packets, None)
}

/// Returns the first packet, if bytes begin with one.
pub(crate) fn first(bytes: &[u8]) -> Option<Packet<'_>> {
    take_packet(bytes, 0).ok().map(|(packet, _)| packet)
}

/// Writes packets with headers in the current form and signatures' integers made canonical.
pub(crate) fn canonical(packets: &[Packet<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for packet in packets {
        let fixed = (packet.tag == SIGNATURE).then(|| canonical_signature(packet.body)).flatten();
        let body = fixed.as_deref().unwrap_or(packet.body);
        // Bodies are at most `MAX_PACKET` long, and the canonical form is never longer.
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        out.push(0xc0 | (packet.tag & 0x3f));
        out.push(0xff);
        out.extend(length.to_be_bytes());
        out.extend(body);
    }
    out
}

fn take_packet(bytes: &[u8], at: usize) -> Result<(Packet<'_>, &[u8]), PacketError> {
    let (first, rest) = bytes.split_first().ok_or(PacketError::Truncated(at))?;
    if first & 0x80 == 0 {
        return Err(PacketError::Header(at));
    }
    let (tag, length, rest) = if first & 0x40 == 0 {
        let (length, rest) = legacy_length(first & 0x03, rest, at)?;
        ((first >> 2) & 0x0f, length, rest)
    } else {
        let (length, rest) = current_length(rest, at)?;
        (first & 0x3f, length, rest)
    };
    if tag == 0 {
        return Err(PacketError::Header(at));
    }
    if length > MAX_PACKET {
        return Err(PacketError::TooLarge(at));
    }
    let (body, rest) = rest.split_at_checked(length).ok_or(PacketError::Truncated(at))?;
    Ok((Packet { tag, body }, rest))
}

/// Reads a length of the legacy form (RFC 9580, section 4.2.2); an indeterminate one is refused.
fn legacy_length(kind: u8, bytes: &[u8], at: usize) -> Result<(usize, &[u8]), PacketError> {
    let octets = match kind {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return Err(PacketError::Length(at)),
    };
    big_endian(octets, bytes, at)
}

/// Reads a length of the current form (RFC 9580, section 4.2.1); partial ones are refused.
fn current_length(bytes: &[u8], at: usize) -> Result<(usize, &[u8]), PacketError> {
    let (first, rest) = bytes.split_first().ok_or(PacketError::Truncated(at))?;
    match first {
        0..=191 => Ok((usize::from(*first), rest)),
        192..=223 => {
            let (second, rest) = rest.split_first().ok_or(PacketError::Truncated(at))?;
            let high = usize::from(first & 0x1f).saturating_mul(256);
            Ok((high.saturating_add(usize::from(*second)).saturating_add(192), rest))
        }
        224..=254 => Err(PacketError::Length(at)),
        255 => big_endian(4, rest, at),
    }
}

fn big_endian(octets: usize, bytes: &[u8], at: usize) -> Result<(usize, &[u8]), PacketError> {
    let (length, rest) = bytes.split_at_checked(octets).ok_or(PacketError::Truncated(at))?;
    let length = length.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    Ok((usize::try_from(length).map_err(|_| PacketError::TooLarge(at))?, rest))
}

/// Writes a version 3 or 4 signature's body anew with canonical integers. Returns `None` for
/// what it does not know, which then stays as it is.
fn canonical_signature(body: &[u8]) -> Option<Vec<u8>> {
    let version = *body.first()?;
    let (algorithm, integers_at) = match version {
        // Length (1), type (1), time (4), key id (8), algorithm (1), hash (1), left 16 bits (2).
        3 => (*body.get(15)?, 19),
        // Type (1), algorithm (1), hash (1), two areas with their lengths, left 16 bits (2).
        4 => {
            let after_hashed = after_area(body, 4)?;
            let after_unhashed = after_area(body, after_hashed)?;
            (*body.get(2)?, after_unhashed.checked_add(2)?)
        }
        _ => return None,
    };
    let integers = match algorithm {
        1 | 3 => 1,        // RSA
        17 | 19 | 22 => 2, // DSA, ECDSA, EdDSA (legacy)
        _ => return None,
    };
    let (head, mut rest) = body.split_at_checked(integers_at)?;
    let mut out = head.to_vec();
    for _ in 0..integers {
        rest = canonical_integer(rest, &mut out)?;
    }
    // Bytes that nothing accounts for are for Sequoia to refuse.
    out.extend(rest);
    Some(out)
}

fn after_area(body: &[u8], at: usize) -> Option<usize> {
    let length = body.get(at..at.checked_add(2)?)?;
    let length = u16::from_be_bytes(length.try_into().ok()?);
    at.checked_add(2)?.checked_add(usize::from(length))
}

/// Copies one integer without leading zeros and with the bit length of its highest bit.
fn canonical_integer<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (bits, rest) = bytes.split_at_checked(2)?;
    let bits = u16::from_be_bytes(bits.try_into().ok()?);
    let (value, rest) = rest.split_at_checked(usize::from(bits.div_ceil(8)))?;
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    let value = value.get(zeros..)?;
    let unused = value.first().map_or(0, |byte| byte.leading_zeros());
    let bits = u32::try_from(value.len()).ok()?.checked_mul(8)?.checked_sub(unused)?;
    out.extend(u16::try_from(bits).ok()?.to_be_bytes());
    out.extend(value);
    Some(rest)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_header_form_is_read() {
        let body = [7u8; 300];
        for header in [
            &[0x89, 0x01, 0x2c][..],             // legacy, two octets
            &[0x8a, 0, 0, 0x01, 0x2c][..],       // legacy, four octets
            &[0xc2, 0xc0, 0x6c][..],             // current, two octets
            &[0xc2, 0xff, 0, 0, 0x01, 0x2c][..], // current, five octets
        ] {
            let bytes = [header, &body].concat();
            let (packets, error) = split(&bytes);
            assert_eq!((packets, error), (vec![Packet { tag: SIGNATURE, body: &body }], None));
        }
    }

    #[test]
    fn what_is_no_packet_is_refused_by_name_and_the_ones_before_it_stay() {
        for (tail, error) in [
            (&[0x20][..], PacketError::Header(3)),
            (&[0x8b][..], PacketError::Length(3)),
            (&[0xc2, 0xe1][..], PacketError::Length(3)),
            (&[0xc2][..], PacketError::Truncated(3)),
            (&[0xc2, 5, 0][..], PacketError::Truncated(3)),
            (&[0xc2, 0xff, 0xff, 0xff, 0xff, 0xff][..], PacketError::TooLarge(3)),
        ] {
            let bytes = [&[0xcd, 1, b'x'], tail].concat();
            let (packets, stopped) = split(&bytes);
            assert_eq!(packets.len(), 1);
            assert_eq!(stopped, Some(error));
        }
    }

    #[test]
    fn integers_lose_leading_zeros_and_get_their_own_bit_length() {
        for (given, canonical) in [
            (&[0, 16, 0x01, 0x00][..], &[0, 9, 0x01, 0x00][..]),
            (&[0, 24, 0x00, 0x00, 0xff][..], &[0, 8, 0xff][..]),
            (&[0, 9, 0xff, 0xff][..], &[0, 16, 0xff, 0xff][..]),
            (&[0, 8, 0x00][..], &[0, 0][..]),
            (&[0, 0][..], &[0, 0][..]),
        ] {
            let mut out = Vec::new();
            assert_eq!(canonical_integer(given, &mut out), Some(&[][..]));
            assert_eq!(out, canonical);
        }
        assert_eq!(canonical_integer(&[0xff, 0xff, 1], &mut Vec::new()), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (packets, _) = split(&bytes);
            canonical(&packets);
        }

        #[test]
        fn arbitrary_signatures_never_panic_and_canonical_is_a_fixed_point(
            tail in proptest::collection::vec(any::<u8>(), 0..200),
            algorithm in proptest::sample::select(vec![1u8, 17, 19, 22, 99]),
        ) {
            let body = [&[4, 0, algorithm, 8, 0, 0, 0, 0, 0, 0][..], &tail].concat();
            if let Some(once) = canonical_signature(&body) {
                prop_assert!(once.len() <= body.len());
                prop_assert_eq!(canonical_signature(&once), Some(once));
            }
        }

        #[test]
        fn what_is_written_reads_back(tag in 1u8..64, body in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assume!(tag != SIGNATURE);
            let bytes = canonical(&[Packet { tag, body: &body }]);
            let (packets, error) = split(&bytes);
            prop_assert_eq!(error, None);
            prop_assert_eq!(packets[0], Packet { tag, body: &body });
        }
    }
}
