use super::HashAlgorithm;
use super::commit::{MAX_SIGNATURE_BYTES, SignatureHeader};
use super::header::{Claimed, claimed, fields, oid, only, split_message, subject};
use super::objects::Kind;
use beleg_model::text::shown;
use beleg_trust::Format;

/// Longest name of a tag, in bytes.
const MAX_NAME: usize = 4 << 10;

/// A tag object, taken apart.
#[derive(Debug)]
pub(crate) struct Tag {
    /// The id and the type of what it names.
    pub(crate) object: String,
    pub(crate) kind: Kind,
    /// Its own name, without `refs/tags/`.
    pub(crate) name: Vec<u8>,
    pub(crate) tagger: Option<Claimed>,
    pub(crate) subject: String,
    pub(crate) signature: SignatureHeader,
    /// Beside its signature there is one for the other hash, which the first one does not cover.
    pub(crate) has_unsigned_header: bool,
    /// The bytes that are signed: everything before the signature.
    pub(crate) payload: Vec<u8>,
}

/// Says why a tag's header cannot be read without doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TagError {
    #[error("the header does not begin with an object")]
    Object,
    #[error("its object's type is unknown or does not stand where git reads it")]
    Type,
    #[error("its name is absent, too long, or does not stand where git reads it")]
    Name,
    #[error("there is more than one tagger")]
    Taggers,
    #[error("a field stands twice, or where git does not read it")]
    Misplaced,
    #[error("the header holds a zero byte")]
    Zero,
}

impl Tag {
    /// Takes a tag object apart. Git signs a tag by appending the signature to its message,
    /// whatever the hash; the headers `gpgsig` and `gpgsig-sha256` hold the signature of its form
    /// under the other hash (gitformat-signature(5), "Tag signatures").
    pub(crate) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Self, TagError> {
        let (header, message) = split_message(content);
        if header.contains(&0) {
            return Err(TagError::Zero);
        }
        let fields = fields(header);
        let at = |place: usize, name: &[u8]| {
            let field = fields.get(place).filter(|field| field.name == name)?;
            // A continuation line would be part of the name for one program and not for another.
            (field.lines.len() == name.len().saturating_add(field.value.len()).saturating_add(2))
                .then_some(field.value)
        };
        let object =
            at(0, b"object").and_then(|hex| oid(hex, algorithm)).ok_or(TagError::Object)?;
        let kind = at(1, b"type").and_then(Kind::of).ok_or(TagError::Type)?;
        let name = at(2, b"tag")
            .filter(|name| !name.is_empty() && name.len() <= MAX_NAME)
            .ok_or(TagError::Name)?;
        let rest = fields.get(3..).unwrap_or_default();
        let known = |name: &[u8]| name == b"tagger" || name.starts_with(b"gpgsig");
        if rest.iter().any(|field| !known(field.name)) {
            return Err(TagError::Misplaced);
        }
        let taggers = || rest.iter().filter(|field| field.name == b"tagger");
        let tagger = only(taggers().map(|field| field.value)).map(claimed);
        if tagger.is_none() && taggers().next().is_some() {
            return Err(TagError::Taggers);
        }
        let start = signature_start(message);
        let (text, armor) = message.split_at_checked(start).unwrap_or((message, b""));
        let mut signature = match armor.len() {
            0 => SignatureHeader::None,
            length if length > MAX_SIGNATURE_BYTES => SignatureHeader::TooLarge,
            _ => SignatureHeader::One(armor.to_vec()),
        };
        let other: &[u8] = match algorithm {
            HashAlgorithm::Sha1 => b"gpgsig-sha256",
            HashAlgorithm::Sha256 => b"gpgsig",
        };
        let mut payload = Vec::with_capacity(content.len());
        let mut of_other = 0usize;
        for field in &fields {
            if !field.name.starts_with(b"gpgsig") {
                payload.extend(field.lines);
                continue;
            }
            of_other = of_other.saturating_add(1);
            if field.name != other || of_other > 1 {
                signature = SignatureHeader::Ambiguous(shown(field.name));
            }
        }
        if signature == SignatureHeader::None && of_other > 0 {
            signature = SignatureHeader::OtherHash;
        }
        let end = content.len().saturating_sub(armor.len());
        payload.extend(content.get(header.len()..end).unwrap_or_default());
        Ok(Self {
            object,
            kind,
            name: name.to_vec(),
            tagger,
            subject: subject(text),
            has_unsigned_header: of_other > 0 && matches!(signature, SignatureHeader::One(_)),
            signature,
            payload,
        })
    }
}

impl Kind {
    fn of(word: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tag, Self::Tree, Self::Blob]
            .into_iter()
            .find(|kind| kind.word().as_bytes() == word)
    }
}

/// Returns where the last line begins that begins a signature, as git does (gpg-interface.c,
/// `parse_signed_buffer`); the length when there is none.
fn signature_start(message: &[u8]) -> usize {
    let mut at = 0usize;
    let mut start = message.len();
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if beleg_signature::format_of(line) != Format::Unrecognised {
            start = at;
        }
        at = at.saturating_add(line.len());
    }
    start
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1\n";
    const TAGGER: &str = "tagger Ann <ann@x> 1700000000 +0100\n";
    const ARMOR: &str = "-----BEGIN SSH SIGNATURE-----\nAA\n-----END SSH SIGNATURE-----\n";

    fn parse(text: &str) -> Result<Tag, TagError> {
        Tag::parse(text.as_bytes(), HashAlgorithm::Sha1)
    }

    #[test]
    fn the_last_signature_is_taken_off_the_message() {
        let text = format!("{HEAD}{TAGGER}\nsubject\n\n{ARMOR}");
        let tag = parse(&format!("{text}{ARMOR}")).unwrap();
        assert_eq!(tag.signature, SignatureHeader::One(ARMOR.as_bytes().to_vec()));
        assert_eq!(tag.payload, text.into_bytes());
        assert_eq!((tag.name.as_slice(), tag.kind), (&b"v1"[..], Kind::Commit));
        assert_eq!(tag.subject, "subject");
        let unsigned = parse(&format!("{HEAD}{TAGGER}\nsubject\n")).unwrap();
        assert_eq!(unsigned.signature, SignatureHeader::None);
    }

    #[test]
    fn the_header_for_the_other_hash_is_left_out_and_one_for_this_hash_is_ambiguous() {
        let body = format!("\nsubject\n{ARMOR}");
        let tag = parse(&format!("{HEAD}{TAGGER}gpgsig-sha256 a\n b\n{body}")).unwrap();
        assert!(matches!(tag.signature, SignatureHeader::One(_)));
        assert_eq!(tag.payload, format!("{HEAD}{TAGGER}\nsubject\n").into_bytes());
        for headers in ["gpgsig a\n", "gpgsig-md5 a\n", "gpgsig-sha256 a\ngpgsig-sha256 b\n"] {
            let tag = parse(&format!("{HEAD}{TAGGER}{headers}{body}")).unwrap();
            assert!(matches!(tag.signature, SignatureHeader::Ambiguous(_)), "{headers}");
        }
    }

    #[test]
    fn headers_that_can_be_read_in_two_ways_are_refused_by_name() {
        let id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        for (text, error) in [
            (String::new(), TagError::Object),
            ("object abc\n\n".to_owned(), TagError::Object),
            (format!("object {id}\n x\ntype commit\ntag v1\n\n"), TagError::Object),
            (format!("object {id}\ntype comet\ntag v1\n\n"), TagError::Type),
            (format!("object {id}\ntag v1\ntype commit\n\n"), TagError::Type),
            (format!("object {id}\ntype commit\ntag \n\n"), TagError::Name),
            (format!("object {id}\ntype commit\ntag v1\n 2\n\n"), TagError::Name),
            (format!("{HEAD}{TAGGER}{TAGGER}\n"), TagError::Taggers),
            (format!("{HEAD}{TAGGER}tag v2\n\n"), TagError::Misplaced),
            (format!("{HEAD}{ARMOR}\n"), TagError::Misplaced),
            (format!("{HEAD}tagger a\0b\n\n"), TagError::Zero),
        ] {
            assert_eq!(parse(&text).unwrap_err(), error, "{text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Tag::parse(&bytes, HashAlgorithm::Sha256);
        }

        #[test]
        fn a_mutated_tag_never_panics(at in 0usize..200, byte in any::<u8>()) {
            let mut bytes = format!("{HEAD}{TAGGER}gpgsig-sha256 a\n b\n\ns\n{ARMOR}").into_bytes();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Tag::parse(&bytes, HashAlgorithm::Sha1);
        }
    }
}
