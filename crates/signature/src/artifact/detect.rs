use super::blocks::{is_binary_openpgp, is_encrypted_openpgp};
use super::checksums::ChecksumList;
use super::clearsigned;
use super::numbered::UNTRUSTED_COMMENT;
use super::raw::{MAX_RAW_SIGNATURE, decoded};
use beleg_trust::Format;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The object identifier of CMS SignedData (RFC 5652, section 5.1), as DER.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// Members that only Sigstore bundles, and what is made into one, have.
const OF_SIGSTORE: [&str; 7] = [
    "verificationMaterial",
    "verification_material",
    "attestation_bundles",
    "attestations",
    "base64Signature",
    "rekorBundle",
    "messageSignature",
];

/// A file that may hold a signature.
#[derive(Clone, Copy, Debug)]
pub struct SignatureFile;

impl SignatureFile {
    /// Says whether the bytes are an OpenPGP message for recipients or under a password (RFC 9580,
    /// section 10.3), which gpg names `.gpg` as it names signatures.
    #[must_use]
    pub fn is_encrypted(bytes: &[u8]) -> bool {
        is_encrypted_openpgp(bytes)
    }

    /// Recognises a format by the file's content, and by its name where the content says nothing.
    /// What is recognised may still be malformed.
    #[must_use]
    pub fn detect(name: &str, bytes: &[u8]) -> Format {
        let text = bytes.trim_ascii_start();
        if text.starts_with(clearsigned::BEGIN) {
            return Format::Checksums;
        }
        match crate::format_of(text) {
            Format::X509 if text.starts_with(b"-----BEGIN CERTIFICATE-----") => {
                return Format::Unrecognised;
            }
            Format::Unrecognised => {}
            format => return format,
        }
        if text.starts_with(b"-----BEGIN CMS-----") {
            return Format::X509;
        }
        if text.starts_with(b"-----BEGIN ") {
            return Format::Unrecognised;
        }
        if text.starts_with(UNTRUSTED_COMMENT.trim_end().as_bytes()) {
            return with_comment(text);
        }
        // One bare signature in 256 begins with the same byte.
        if text.starts_with(b"{") && std::str::from_utf8(text).is_ok() {
            return of_json(text);
        }
        if is_cms(bytes) {
            return Format::X509;
        }
        if is_binary_openpgp(bytes) {
            return Format::Openpgp;
        }
        if is_named_as_list(name) || ChecksumList::parse(bytes).is_ok() {
            return Format::Checksums;
        }
        if is_raw(bytes) { Format::Raw } else { Format::Unrecognised }
    }
}

fn with_comment(text: &[u8]) -> Format {
    let mut lines = text.split(|byte| *byte == b'\n').skip(2);
    match lines.next() {
        Some(line) if line.starts_with(b"trusted comment: ") => Format::Minisign,
        Some(line) if !line.is_empty() || lines.next().is_some() => Format::Checksums,
        _ => Format::Signify,
    }
}

/// Recognises JSON by the members of its first object.
fn of_json(text: &[u8]) -> Format {
    let mut values =
        serde_json::Deserializer::from_slice(text).into_iter::<BTreeMap<String, IgnoredAny>>();
    let Some(Ok(members)) = values.next() else { return Format::Unrecognised };
    let has = |name: &str| members.contains_key(name);
    if OF_SIGSTORE.iter().any(|name| has(name)) {
        Format::Sigstore
    } else if has("payloadType") && has("signatures") {
        Format::Dsse
    } else if has("signature") || has("bomFormat") {
        Format::Jsf
    } else {
        Format::Unrecognised
    }
}

fn is_cms(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(24)).unwrap_or_default();
    head.first() == Some(&0x30)
        && head.windows(SIGNED_DATA.len()).any(|window| window == SIGNED_DATA)
}

/// Recognises the usual names: `SHA256SUMS`, `sha512sum.txt`, `CHECKSUMS`, `a.tar.gz.sha256`.
fn is_named_as_list(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let stem = name.strip_suffix(".txt").unwrap_or(&name);
    ["sha256sum", "sha512sum", "sha256sums", "sha512sums", "checksum", "checksums"].contains(&stem)
        || [".sha256", ".sha512", ".sha256sum", ".sha512sum"].iter().any(|end| stem.ends_with(end))
}

/// Says whether the bytes have the length of a bare signature: Ed25519, ECDSA or RSA.
fn is_raw(bytes: &[u8]) -> bool {
    if bytes.len() > MAX_RAW_SIGNATURE.saturating_mul(2) {
        return false;
    }
    let signature = decoded(bytes);
    match signature.as_slice() {
        [0x30, length, rest @ ..] if usize::from(*length) == rest.len() => true,
        [0x30, 0x81, length, rest @ ..] if usize::from(*length) == rest.len() => true,
        signature => {
            signature.len() == 64
                || (256..=MAX_RAW_SIGNATURE).contains(&signature.len())
                    && signature.len().is_multiple_of(8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_format_is_recognised_by_its_content() {
        let line = "A".repeat(64);
        let sums = format!("{line}  a\n");
        for (text, format) in [
            ("-----BEGIN PGP SIGNATURE-----\n", Format::Openpgp),
            ("-----BEGIN PGP SIGNED MESSAGE-----\n", Format::Checksums),
            ("-----BEGIN SSH SIGNATURE-----\n", Format::Ssh),
            ("-----BEGIN PKCS7-----\n", Format::X509),
            ("-----BEGIN CMS-----\n", Format::X509),
            ("-----BEGIN CERTIFICATE-----\n", Format::Unrecognised),
            ("-----BEGIN PRIVATE KEY-----\n", Format::Unrecognised),
            ("untrusted comment: x\nRW\ntrusted comment: y\nz\n", Format::Minisign),
            ("untrusted comment: x\nRW\n", Format::Signify),
            ("untrusted comment: x\nRW\nSHA256 (a) = 0\n", Format::Checksums),
            (r#"{"mediaType":"m","verificationMaterial":{}}"#, Format::Sigstore),
            (r#"{"base64Signature":"","cert":""}"#, Format::Sigstore),
            (r#"{"payload":"","payloadType":"","signatures":[]}"#, Format::Dsse),
            (r#"{"bomFormat":"CycloneDX","signature":{}}"#, Format::Jsf),
            (r#"{"a":1}"#, Format::Unrecognised),
            ("{", Format::Unrecognised),
            (&sums, Format::Checksums),
            (&format!("{}==\n", "A".repeat(86)), Format::Raw),
            ("", Format::Unrecognised),
            ("hello", Format::Unrecognised),
        ] {
            assert_eq!(SignatureFile::detect("x", text.as_bytes()), format, "{text}");
        }
        assert_eq!(SignatureFile::detect("x/SHA256SUMS", b"?"), Format::Checksums);
        for first in [&b"\xff"[..], b"{", b" {", b"\n\t{"] {
            let signature = [first, &[0xff; 256]].concat();
            let signature = signature.get(..256).unwrap_or_default();
            assert_eq!(SignatureFile::detect("a.sig", signature), Format::Raw, "{first:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SignatureFile::detect("x", &bytes);
        }
    }
}
