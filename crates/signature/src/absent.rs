//! What is said where a signature has to be and there is none that can be read.

use beleg_trust::{Judgement, MissingEvidence, Reason};
use serde::de::IgnoredAny;

/// Judges a Sigstore signature where no trusted root was given.
#[must_use]
pub fn without_trusted_root() -> Judgement {
    Judgement::unknown(Reason::NoTrustMaterial)
        .missing(MissingEvidence::TrustedRoot)
        .noting("no trusted root was given: name it (`trusted-root`), such as `production`")
}

/// Judges bytes that stand where a Sigstore bundle has to be, and are none.
#[must_use]
pub fn no_bundle(bytes: &[u8]) -> Judgement {
    broken_json(bytes).unwrap_or_else(|| {
        Judgement::unknown(Reason::UnsupportedFormat).noting("it is no Sigstore bundle")
    })
}

/// Judges what begins as a JSON object and is no JSON: something was signed there, and it may
/// have been cut or damaged.
pub(crate) fn broken_json(bytes: &[u8]) -> Option<Judgement> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    let error = values.find_map(Result::err)?;
    let note = format!("it is broken JSON: {error}");
    Some(Judgement::bad(Reason::MalformedSignature).noting(note))
}
