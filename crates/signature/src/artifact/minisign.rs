use super::algorithm::ed25519_fits;
use super::content::ContentError;
use super::key::shown_number;
use super::numbered::{AMBIGUOUS_LENGTH, Candidate, Line, UNTRUSTED_COMMENT, candidates};
use super::outcome::{by_unknown_key, made_by, signer};
use super::{Artifact, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_model::text::shown;
use beleg_trust::{Judgement, Policy, Reason};
use jiff::Timestamp;

const TRUSTED_COMMENT: &str = "trusted comment: ";
/// `ED` signs the BLAKE2b digest of the content, `Ed` (older) the content.
const PREHASHED: [u8; 2] = *b"ED";
const LEGACY: [u8; 2] = *b"Ed";

#[derive(Debug, thiserror::Error)]
enum MinisignError {
    #[error("it does not have the four lines of a minisign signature")]
    Lines,
    #[error("its second line is no signature in base64")]
    Signature,
    #[error("its algorithm is not one of minisign's")]
    Algorithm,
    #[error("its fourth line is no signature in base64")]
    CommentSignature,
}

/// The four lines of a signature.
struct Parsed {
    line: Line,
    trusted_comment: String,
    library: minisign_verify::Signature,
    /// What the last line signs, and its signature.
    comment_message: Vec<u8>,
    comment_signature: [u8; 64],
}

/// Judges a minisign signature (minisign's documentation, "Signature format").
pub(super) fn judge(
    artifact: &Artifact,
    signature: &[u8],
    keys: &[PublicKey],
    policy: &Policy,
) -> Judgement {
    let parsed = match parse(signature) {
        Ok(parsed) => parsed,
        Err(error @ MinisignError::Algorithm) => {
            return Judgement::unknown(Reason::UnsupportedSignature).noting(error.to_string());
        }
        Err(error) => {
            return Judgement::bad(Reason::MalformedSignature).noting(error.to_string());
        }
    };
    let algorithm = if parsed.line.algorithm == LEGACY { "ed25519" } else { "ed25519 blake2b512" };
    let candidates = candidates(keys, parsed.line.number);
    // Two keys may carry one number, for it is only a number: any of them may have signed.
    let mut refused = None;
    for candidate in &candidates {
        match fits(artifact, &parsed, candidate) {
            Ok(None) => {
                let judgement = made_by(candidate.key, algorithm.to_owned(), policy);
                return with_comment(judgement, &parsed.trusted_comment);
            }
            Ok(Some(judgement)) => {
                refused = Some(judgement.by(signer(candidate.key, algorithm.to_owned())));
            }
            Err(error) => return error.judge(),
        }
    }
    refused
        .unwrap_or_else(|| by_unknown_key(shown_number(parsed.line.number), algorithm.to_owned()))
}

/// Says what is wrong; `None` means that content and comment are signed.
fn fits(
    artifact: &Artifact,
    parsed: &Parsed,
    candidate: &Candidate<'_>,
) -> Result<Option<Judgement>, ContentError> {
    if !ed25519_fits(candidate.ed25519, &parsed.comment_message, &parsed.comment_signature) {
        let note = "the trusted comment is not the one that was signed";
        return Ok(Some(Judgement::bad(Reason::BadSignature).noting(note)));
    }
    let bad = || Some(Judgement::bad(Reason::BadSignature));
    if parsed.line.algorithm == LEGACY {
        let content = artifact.in_memory()?;
        if content.len() == AMBIGUOUS_LENGTH {
            let note = "a prehashed signature whose label was changed would fit a content of 64 \
                        bytes, which is the digest of what was signed";
            return Ok(Some(Judgement::bad(Reason::FormatDowngraded).noting(note)));
        }
        let good = candidate.minisign.verify(&content, &parsed.library, true).is_ok()
            && ed25519_fits(candidate.ed25519, &content, &parsed.line.signature);
        return Ok(if good { None } else { bad() });
    }
    let Ok(mut verifier) = candidate.minisign.verify_stream(&parsed.library) else {
        return Ok(bad());
    };
    artifact.stream(&mut |block| verifier.update(block))?;
    Ok(if verifier.finalize().is_ok() { None } else { bad() })
}

fn parse(signature: &[u8]) -> Result<Parsed, MinisignError> {
    let text = std::str::from_utf8(signature).map_err(|_| MinisignError::Lines)?;
    let mut lines = text.lines();
    let mut next = || lines.next().ok_or(MinisignError::Lines);
    let (untrusted, line, trusted, comment_signature) = (next()?, next()?, next()?, next()?);
    let trusted_comment = trusted.strip_prefix(TRUSTED_COMMENT).ok_or(MinisignError::Lines)?;
    if !untrusted.starts_with(UNTRUSTED_COMMENT.trim_end()) || lines.next().is_some() {
        return Err(MinisignError::Lines);
    }
    let line = Line::parse(line).ok_or(MinisignError::Signature)?;
    if ![PREHASHED, LEGACY].contains(&line.algorithm) {
        return Err(MinisignError::Algorithm);
    }
    let comment_signature = base64_of(comment_signature).ok_or(MinisignError::CommentSignature)?;
    let comment_message = [&line.signature, trusted_comment.as_bytes()].concat();
    let library = minisign_verify::Signature::decode(text).map_err(|_| MinisignError::Signature)?;
    let trusted_comment = trusted_comment.to_owned();
    Ok(Parsed { line, trusted_comment, library, comment_message, comment_signature })
}

fn base64_of(line: &str) -> Option<[u8; 64]> {
    STANDARD.decode(line).ok()?.try_into().ok()
}

/// Adds what the signed comment says: minisign writes the time and the file's name into it.
fn with_comment(judgement: Judgement, comment: &str) -> Judgement {
    let time = comment
        .split('\t')
        .find_map(|field| field.strip_prefix("timestamp:"))
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let mut judgement = judgement;
    judgement.times.signature = time;
    let comment = shown(comment.replace('\t', " ").as_bytes());
    judgement.noting(format!("the signed comment is `{comment}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn anything_but_four_lines_is_refused() {
        for text in ["", "untrusted comment: x", "untrusted comment: x\nAA==\ntrusted comment: \n"]
        {
            assert!(matches!(parse(text.as_bytes()), Err(MinisignError::Lines)), "{text}");
        }
        let lines = "untrusted comment: x\nAA==\ntrusted comment: y\nAA==\n";
        assert!(matches!(parse(lines.as_bytes()), Err(MinisignError::Signature)));
        let more = format!("{lines}more\n");
        assert!(matches!(parse(more.as_bytes()), Err(MinisignError::Lines)));
    }

    proptest! {
        #[test]
        fn arbitrary_lines_never_panic(
            signature in proptest::collection::vec(any::<u8>(), 0..90),
            comment in ".{0,40}",
            last in "[A-Za-z0-9+/=]{0,100}",
        ) {
            let line = STANDARD.encode(signature);
            let text = format!("untrusted comment: \n{line}\ntrusted comment: {comment}\n{last}\n");
            let _ = parse(text.as_bytes());
        }
    }
}
