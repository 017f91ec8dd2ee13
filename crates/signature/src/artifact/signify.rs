use super::algorithm::ed25519_fits;
use super::key::shown_number;
use super::numbered::{AMBIGUOUS_LENGTH, Line, UNTRUSTED_COMMENT, candidates};
use super::outcome::{by_unknown_key, made_by, signer};
use super::{Artifact, PublicKey};
use beleg_trust::{Judgement, Policy, Reason};

const ALGORITHM: &str = "ed25519";

/// A signify signature: its first two lines, and the message that follows when it is embedded
/// (`signify -S -e`).
pub(super) struct Parsed<'a> {
    line: Line,
    pub(super) embedded: &'a [u8],
}

/// Judges a detached signify signature over the artifact.
pub(super) fn judge(
    artifact: &Artifact,
    signature: &[u8],
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    let Some(parsed) = parse(signature).filter(|parsed| parsed.embedded.is_empty()) else {
        return malformed();
    };
    match artifact.in_memory() {
        Ok(content) => judge_message(&content, &parsed, keys, policy),
        Err(error) => error.judge(),
    }
}

/// Judges a signature over a message.
pub(super) fn judge_message(
    message: &[u8],
    parsed: &Parsed<'_>,
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    if parsed.line.algorithm != *b"Ed" {
        return Judgement::unknown(Reason::UnsupportedSignature);
    }
    let candidates = candidates(keys, parsed.line.number);
    let Some(first) = candidates.first() else {
        return by_unknown_key(shown_number(parsed.line.number), ALGORITHM.to_owned());
    };
    let fitting = candidates
        .iter()
        .find(|candidate| ed25519_fits(candidate.ed25519, message, &parsed.line.signature));
    let Some(fitting) = fitting else {
        return Judgement::bad(Reason::BadSignature).by(signer(first.key, ALGORITHM.to_owned()));
    };
    // A minisign key signs digests, and comments behind other signatures: as messages of their
    // own, both would seem to be signed.
    if fitting.is_minisign || message.len() == AMBIGUOUS_LENGTH {
        let note = "a minisign signature can be passed off as this one; signify's own key file, \
                    and a content of another length than 64 bytes, leave no doubt";
        return Judgement::bad(Reason::FormatDowngraded)
            .by(signer(fitting.key, ALGORITHM.to_owned()))
            .noting(note);
    }
    made_by(fitting.key, ALGORITHM.to_owned(), policy)
}

/// Reads the comment, the signature, and what follows them.
pub(super) fn parse(signature: &[u8]) -> Option<Parsed<'_>> {
    let rest = signature.strip_prefix(UNTRUSTED_COMMENT.trim_end().as_bytes())?;
    let (_comment, rest) = split_line(rest)?;
    let (line, embedded) = split_line(rest).unwrap_or((rest, &[]));
    let line = Line::parse(std::str::from_utf8(line).ok()?)?;
    Some(Parsed { line, embedded })
}

pub(super) fn malformed() -> Judgement {
    let note = "it does not have the two lines of a signify signature";
    Judgement::bad(Reason::MalformedSignature).noting(note)
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(at)?;
    Some((line, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let text = [b"untrusted comment: x\n", bytes.as_slice()].concat();
            let _ = parse(&text);
        }
    }
}
