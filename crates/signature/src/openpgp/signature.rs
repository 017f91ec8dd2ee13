use super::packets;
use sequoia_openpgp as openpgp;

use openpgp::armor::{Kind, Reader, ReaderMode};
use openpgp::packet::Signature;
use openpgp::parse::Parse as _;
use std::io::Read as _;

pub(super) const BEGIN: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"-----END PGP SIGNATURE-----";
/// Largest signature without its armor, in bytes.
pub(super) const MAX_SIGNATURE: u64 = 1 << 20;
#[derive(Debug, thiserror::Error)]
pub(super) enum SignatureError {
    #[error("the armor is not one PGP SIGNATURE block")]
    Armor,
    #[error("the packets cannot be read: {0}")]
    Packets(#[from] packets::PacketError),
    #[error("it holds {0} packets instead of one signature")]
    Count(usize),
    #[error("the packet is no signature that can be read")]
    NoSignature,
    #[error("it names no key")]
    NoIssuer,
    #[error("it names no creation time")]
    NoTime,
}

/// Takes the armor off one block with nothing but blanks after it.
pub(super) fn dearmored(armor: &[u8]) -> Result<Vec<u8>, SignatureError> {
    if !armor.starts_with(BEGIN) {
        return Err(SignatureError::Armor);
    }
    let end = armor.windows(END.len()).position(|window| window == END);
    let end = end.and_then(|at| at.checked_add(END.len())).ok_or(SignatureError::Armor)?;
    let (block, after) = armor.split_at_checked(end).ok_or(SignatureError::Armor)?;
    if !after.iter().all(u8::is_ascii_whitespace) {
        return Err(SignatureError::Armor);
    }
    let mut bytes = Vec::new();
    Reader::from_bytes(block, ReaderMode::Tolerant(Some(Kind::Signature)))
        .take(MAX_SIGNATURE)
        .read_to_end(&mut bytes)
        .map_err(|_| SignatureError::Armor)?;
    Ok(bytes)
}

/// Reads exactly one signature packet; its integers may be longer than need be.
pub(super) fn parse(bytes: &[u8]) -> Result<Signature, SignatureError> {
    let (packets, stopped) = packets::split(bytes);
    if let Some(error) = stopped {
        return Err(error.into());
    }
    if packets.len() != 1 || packets.iter().any(|packet| packet.tag != packets::SIGNATURE) {
        return Err(SignatureError::Count(packets.len()));
    }
    match openpgp::Packet::from_bytes(&packets::canonical(&packets)) {
        Ok(openpgp::Packet::Signature(signature)) => Ok(signature),
        _ => Err(SignatureError::NoSignature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    #[test]
    fn broken_armor_is_refused() {
        let begin = String::from_utf8_lossy(BEGIN);
        let end = String::from_utf8_lossy(END);
        for armor in [
            String::new(),
            begin.to_string(),
            format!("{begin}\n\n{end}"),
            format!("{begin}\n\n%%\n{end}"),
            format!("{begin}\n\nwgA=\n{end}\nmore"),
        ] {
            let parsed = dearmored(armor.as_bytes()).and_then(|bytes| parse(&bytes));
            assert!(parsed.is_err(), "{armor}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_packets_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut packet = vec![0xc2, 0xff, 0, 0];
            packet.extend(u16::try_from(body.len()).unwrap_or(0).to_be_bytes());
            packet.extend(body);
            let armor = format!(
                "-----BEGIN PGP SIGNATURE-----\n\n{}\n-----END PGP SIGNATURE-----\n",
                STANDARD.encode(packet)
            );
            let _ = dearmored(armor.as_bytes()).and_then(|bytes| parse(&bytes));
        }
    }
}
