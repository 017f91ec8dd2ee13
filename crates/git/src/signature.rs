//! One signature of a commit or a tag, judged by its format.

use super::commit::SignatureHeader;
use super::header::Claimed;
use super::objects::ObjectProblem;
use beleg_signature::{Claim, Payload, TrustMaterial};
use beleg_trust::{Check, DecidedBy, Format, Judgement, Policy, Reason};
use jiff::Timestamp;

/// A commit or tag as its signer saw it.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) signature: &'a SignatureHeader,
    pub(crate) payload: &'a [u8],
    /// In whose name it must be signed: the committer's, the author's or the tagger's.
    pub(crate) by: &'a Claimed,
    /// When it was committed or tagged, as it claims.
    pub(crate) time: Option<Timestamp>,
    /// What to say when who made it, or when, cannot be read in exactly one way.
    pub(crate) malformed: Reason,
}

/// Judges what is signed; returns the signature's format too, if there is a signature.
pub(crate) fn judge(
    signed: &Signed<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> (Option<Format>, Judgement) {
    let armor = match signed.signature {
        SignatureHeader::One(armor) => armor,
        SignatureHeader::None => {
            return (None, Judgement::of(Reason::Unsigned, Check::None, Check::None));
        }
        SignatureHeader::OtherHash => {
            let note = "it carries a signature for the other hash algorithm, which covers \
                        another form of it";
            let judgement = Judgement::of(Reason::Unsigned, Check::None, Check::None);
            return (None, judgement.noting(note));
        }
        SignatureHeader::Ambiguous(name) => {
            let note = format!("the header `{name}` is the one too many");
            let reason = Reason::DuplicateSignatureHeader;
            return (None, Judgement::of(reason, Check::Unknown, Check::Bad).noting(note));
        }
        SignatureHeader::TooLarge => {
            let note = "the signature is larger than any real one";
            return (None, Judgement::bad(Reason::MalformedSignature).noting(note));
        }
    };
    let format = beleg_signature::format_of(armor);
    (Some(format), judge_armor(format, armor, signed, trust, policy))
}

fn judge_armor(
    format: Format,
    armor: &[u8],
    signed: &Signed<'_>,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    let (Some(email), Some(time)) = (&signed.by.exact_email, signed.time) else {
        return Judgement::of(signed.malformed, Check::Unknown, Check::Bad)
            .noting("the address or the date cannot be read in exactly one way");
    };
    let claim = Claim {
        payload: Payload::Bytes(signed.payload),
        namespace: "git",
        email: Some(email),
        time,
        time_is: DecidedBy::CommitterDate,
    };
    let judgement = claim.judge(format, armor, trust, policy).unwrap_or_else(|| {
        Judgement::bad(Reason::MalformedSignature)
            .noting("the signature is in no format that git knows")
    });
    if judgement.reason == Reason::UnknownKey && trust.names_nobody(format) {
        return Judgement { reason: Reason::NoTrustMaterial, trust: Check::Unknown, ..judgement };
    }
    judgement
}

/// Judges an object that could not be had as its id promises.
pub(crate) fn judge_object(problem: &ObjectProblem) -> Judgement {
    let judgement = match problem {
        ObjectProblem::HashMismatch(_) => Judgement::bad(Reason::ObjectHashMismatch),
        ObjectProblem::Collision => Judgement::bad(Reason::Sha1Collision),
        ObjectProblem::Missing
        | ObjectProblem::TooLarge
        | ObjectProblem::WrongKind { .. }
        | ObjectProblem::Unreadable(_) => Judgement::unknown(Reason::UnreadableObject),
    };
    judgement.noting(problem.to_string())
}
