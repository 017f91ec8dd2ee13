use super::HashAlgorithm;
use super::header::{Claimed, Field, claimed, fields, oid, only, split_message, subject, unfolded};
use beleg_model::text::shown;
use jiff::Timestamp;

/// Largest signature header of a commit, in bytes.
pub const MAX_SIGNATURE_BYTES: usize = 1 << 20;
/// Most parents that one commit may name.
const MAX_PARENTS: usize = 10_000;
/// Most merged tags that one commit may carry.
const MAX_MERGE_TAGS: usize = 100;
/// Most `Reviewed-by` lines of one commit that are read.
const MAX_REVIEWERS: usize = 100;

/// A commit object, taken apart.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) author: Claimed,
    pub(crate) committer: Claimed,
    pub(crate) subject: String,
    pub(crate) signature: SignatureHeader,
    /// Beside a signature for this repository's hash there is one for the other hash, which the
    /// first one does not cover.
    pub(crate) has_unsigned_header: bool,
    /// The bytes that are signed: the object without its signature headers.
    pub(crate) payload: Vec<u8>,
    /// The signed tags that a merge commit carries whole (git-merge(1), "MERGE TAG").
    pub(crate) merge_tags: Vec<Vec<u8>>,
    /// The addresses of the `Reviewed-by` lines in the last paragraph of the message.
    pub(crate) reviewers: Vec<String>,
}

/// The signature headers of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SignatureHeader {
    None,
    One(Vec<u8>),
    /// More than one, or one that git does not define: each could be added to a signed commit
    /// afterwards, which gives it another id under the same signature.
    Ambiguous(String),
    TooLarge,
    /// None for this repository's hash, but one for the other hash.
    OtherHash,
}

/// Says why a commit's header cannot be read without doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("the header does not begin with a tree")]
    NoTree,
    #[error("a parent cannot be read")]
    Parent,
    #[error("there are more than {MAX_PARENTS} parents")]
    TooManyParents,
    #[error("a tree or parent stands where git does not read it")]
    Misplaced,
    #[error("there is not exactly one author")]
    Authors,
    #[error("there is not exactly one committer")]
    Committers,
    #[error("there are more than {MAX_MERGE_TAGS} merged tags")]
    TooManyMergeTags,
    #[error("the header holds a zero byte")]
    Zero,
}

/// Reads the ids of a commit's parents, in hex. Git takes those directly after the tree.
pub(crate) fn parents(
    content: &[u8],
    algorithm: HashAlgorithm,
) -> Result<Vec<String>, CommitError> {
    let mut lines = content.split(|byte| *byte == b'\n');
    let tree = lines.next().and_then(|line| line.strip_prefix(b"tree "));
    if tree.and_then(|hex| oid(hex, algorithm)).is_none() {
        return Err(CommitError::NoTree);
    }
    let mut parents = Vec::new();
    for hex in lines.map_while(|line| line.strip_prefix(b"parent ")) {
        if parents.len() >= MAX_PARENTS {
            return Err(CommitError::TooManyParents);
        }
        parents.push(oid(hex, algorithm).ok_or(CommitError::Parent)?);
    }
    Ok(parents)
}

/// Reads the id of a commit's tree, in hex.
pub(crate) fn tree(content: &[u8], algorithm: HashAlgorithm) -> Option<String> {
    let first = content.split(|byte| *byte == b'\n').next()?;
    oid(first.strip_prefix(b"tree ")?, algorithm)
}

/// Returns the committer date in seconds, for ordering alone; the epoch when it cannot be read.
pub(crate) fn order_time(content: &[u8]) -> i64 {
    content
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"committer "))
        .and_then(|line| claimed(line).time)
        .map_or(0, Timestamp::as_second)
}

impl Commit {
    /// Takes a commit object apart.
    pub(crate) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Self, CommitError> {
        let parents = parents(content, algorithm)?;
        let (header, message) = split_message(content);
        if header.contains(&0) {
            return Err(CommitError::Zero);
        }
        let fields = fields(header);
        let values = |name: &[u8]| {
            let name = name.to_vec();
            fields.iter().filter(move |field| field.name == name).map(|field| field.value)
        };
        let author = only(values(b"author")).ok_or(CommitError::Authors)?;
        let committer = only(values(b"committer")).ok_or(CommitError::Committers)?;
        let late = |field: &&Field<'_>| matches!(field.name, b"tree" | b"parent");
        let leading = fields.iter().take_while(late).count();
        if fields.iter().skip(leading).any(|field| late(&field)) || values(b"tree").count() != 1 {
            return Err(CommitError::Misplaced);
        }
        let (payload, signature) = extract(&fields, header, content, algorithm);
        let is_signed = matches!(signature, SignatureHeader::One(_));
        let headers = fields.iter().filter(|field| field.name.starts_with(b"gpgsig")).count();
        let merge_tags: Vec<Vec<u8>> =
            fields.iter().filter(|field| field.name == b"mergetag").map(unfolded).collect();
        if merge_tags.len() > MAX_MERGE_TAGS {
            return Err(CommitError::TooManyMergeTags);
        }
        let tree = only(values(b"tree")).and_then(|hex| oid(hex, algorithm));
        Ok(Self {
            tree: tree.ok_or(CommitError::NoTree)?,
            parents,
            merge_tags,
            reviewers: reviewers(message),
            author: claimed(author),
            committer: claimed(committer),
            subject: subject(message),
            signature,
            has_unsigned_header: is_signed && headers > 1,
            payload,
        })
    }
}

/// Removes every field whose name begins with `gpgsig`, as git does before it verifies (commit.c,
/// `parse_buffer_signed_by_header`), and returns the one for this repository's hash.
fn extract(
    fields: &[Field<'_>],
    header: &[u8],
    content: &[u8],
    algorithm: HashAlgorithm,
) -> (Vec<u8>, SignatureHeader) {
    let (own, other): (&[u8], &[u8]) = match algorithm {
        HashAlgorithm::Sha1 => (b"gpgsig", b"gpgsig-sha256"),
        HashAlgorithm::Sha256 => (b"gpgsig-sha256", b"gpgsig"),
    };
    let mut payload = Vec::with_capacity(content.len());
    let mut found = SignatureHeader::None;
    let (mut of_own, mut of_other) = (0usize, 0usize);
    for field in fields {
        if !field.name.starts_with(b"gpgsig") {
            payload.extend(field.lines);
        } else if field.name == own {
            of_own = of_own.saturating_add(1);
            found = if field.lines.len() > MAX_SIGNATURE_BYTES {
                SignatureHeader::TooLarge
            } else {
                SignatureHeader::One(unfolded(field))
            };
        } else if field.name == other {
            of_other = of_other.saturating_add(1);
        } else {
            found = SignatureHeader::Ambiguous(shown(field.name));
            break;
        }
        if of_own > 1 || of_other > 1 {
            found = SignatureHeader::Ambiguous(shown(field.name));
            break;
        }
    }
    if found == SignatureHeader::None && of_other > 0 {
        found = SignatureHeader::OtherHash;
    }
    payload.extend(content.get(header.len()..).unwrap_or_default());
    (payload, found)
}

/// Reads the addresses of the `Reviewed-by` lines in the last paragraph, lower-case.
fn reviewers(message: &[u8]) -> Vec<String> {
    let lines: Vec<&[u8]> = message.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    lines
        .iter()
        .rev()
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (key, value) = line.split_at(colon);
            let value = value.strip_prefix(b":")?.trim_ascii();
            key.eq_ignore_ascii_case(b"reviewed-by").then(|| claimed(value).exact_email)?
        })
        .filter(|email| !email.is_empty())
        .map(|email| email.to_ascii_lowercase())
        .take(MAX_REVIEWERS)
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const ANN: &str = "Ann <ann@example.org> 1700000000 +0100";

    fn commit(middle: &str) -> String {
        format!("{TREE}author {ANN}\ncommitter {ANN}\n{middle}\nsubject\n\nbody\n")
    }

    fn parse(text: &str) -> Result<Commit, CommitError> {
        Commit::parse(text.as_bytes(), HashAlgorithm::Sha1)
    }

    fn signature(text: &str) -> SignatureHeader {
        parse(text).unwrap().signature
    }

    #[test]
    fn a_signature_is_taken_out_with_its_continuation_lines() {
        let signed = commit("gpgsig -----BEGIN X-----\n \n abc\n -----END X-----\n");
        let parsed = parse(&signed).unwrap();
        let expected = b"-----BEGIN X-----\n\nabc\n-----END X-----\n".to_vec();
        assert_eq!(parsed.signature, SignatureHeader::One(expected));
        assert_eq!(parsed.payload, commit("").into_bytes());
        assert_eq!(parsed.subject, "subject");
        assert_eq!(parsed.committer.exact_email.as_deref(), Some("ann@example.org"));
    }

    #[test]
    fn what_looks_like_a_signature_in_the_message_or_a_merged_tag_stays_signed() {
        let text = commit("mergetag object x\n gpgsig y\n\u{20}\n");
        let text = text.replace("body", "gpgsig z");
        let parsed = parse(&text).unwrap();
        assert_eq!(parsed.signature, SignatureHeader::None);
        assert_eq!(parsed.payload, text.into_bytes());
    }

    #[test]
    fn a_second_or_unknown_signature_header_is_ambiguous() {
        let duplicate = commit("gpgsig a\ngpgsig b\n");
        assert_eq!(signature(&duplicate), SignatureHeader::Ambiguous("gpgsig".to_owned()));
        let unknown = commit("gpgsig a\ngpgsig-md5 b\n");
        assert_eq!(signature(&unknown), SignatureHeader::Ambiguous("gpgsig-md5".to_owned()));
        let other_twice = commit("gpgsig-sha256 a\ngpgsig-sha256 b\n");
        assert!(matches!(signature(&other_twice), SignatureHeader::Ambiguous(_)));
    }

    #[test]
    fn the_signature_for_the_other_hash_is_stripped_and_is_no_signature_here() {
        let both = commit("gpgsig a\ngpgsig-sha256 b\n c\n");
        let parsed = parse(&both).unwrap();
        assert_eq!(parsed.signature, SignatureHeader::One(b"a\n".to_vec()));
        assert!(
            parsed.has_unsigned_header
                && !parse(&commit("gpgsig a\n")).unwrap().has_unsigned_header
        );
        assert_eq!(parsed.payload, commit("").into_bytes());
        assert_eq!(signature(&commit("gpgsig-sha256 b\n")), SignatureHeader::OtherHash);
    }

    #[test]
    fn reviewers_stand_in_the_last_paragraph_alone() {
        let reviewers = |message: &str| super::reviewers(message.as_bytes());
        let line = "Reviewed-by: Bob <Bob@x>";
        assert_eq!(reviewers(&format!("s\n\n{line}\nreviewed-by: C <c@x>\n\n")), ["c@x", "bob@x"]);
        for none in [
            format!("s\n\n{line}\n\nbody\n"),
            "s\n\nReviewed-by: Bob <a@x> <b@x>\n".to_owned(),
            "s\n\nReviewed-by: Bob\n".to_owned(),
            "s\n\nReviewed-by: <>\n".to_owned(),
            "s\n\nNot-reviewed-by: Bob <b@x>\n".to_owned(),
        ] {
            assert_eq!(reviewers(&none), [""; 0], "{none}");
        }
    }

    #[test]
    fn a_merged_tag_is_taken_out_whole_and_stays_signed() {
        let text = commit("mergetag object x\n type commit\n \n message\n");
        let parsed = parse(&text).unwrap();
        assert_eq!(parsed.merge_tags, [b"object x\ntype commit\n\nmessage\n".to_vec()]);
        assert_eq!(parsed.payload, text.into_bytes());
    }

    #[test]
    fn a_gigantic_signature_is_refused() {
        let text = commit(&format!("gpgsig {}\n", "a".repeat(MAX_SIGNATURE_BYTES)));
        assert_eq!(signature(&text), SignatureHeader::TooLarge);
    }

    #[test]
    fn headers_that_can_be_read_in_two_ways_are_refused_by_name() {
        let parent = format!("parent {}\n", "a".repeat(40));
        for (text, error) in [
            (String::new(), CommitError::NoTree),
            ("tree abc\n\n".to_owned(), CommitError::NoTree),
            (format!("{TREE}parent abc\n\n"), CommitError::Parent),
            (commit(&parent), CommitError::Misplaced),
            (commit(TREE), CommitError::Misplaced),
            (format!("{TREE}{TREE}author {ANN}\ncommitter {ANN}\n\n"), CommitError::Misplaced),
            (commit(&format!("author {ANN}\n")), CommitError::Authors),
            (commit(&format!("committer {ANN}\n")), CommitError::Committers),
            (format!("{TREE}author {ANN}\n\n"), CommitError::Committers),
            (commit("x \0\n"), CommitError::Zero),
        ] {
            assert_eq!(parse(&text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn an_address_that_can_be_read_in_two_ways_is_not_exact() {
        for line in [
            "Eve <eve@x> <ann@x> 1 +0000",
            "Eve eve@x 1 +0000",
            "E <a\x07@x> 1 +0000",
            "E <<a@x>> 1 +0",
        ] {
            assert_eq!(claimed(line.as_bytes()).exact_email, None, "{line}");
        }
    }

    #[test]
    fn times_out_of_range_are_no_times() {
        for seconds in ["", "+5", "soon", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(claimed(format!("A <a@x> {seconds} +0000").as_bytes()).time, None);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Commit::parse(&bytes, HashAlgorithm::Sha1);
            order_time(&bytes);
        }

        #[test]
        fn a_mutated_commit_never_panics(at in 0usize..150, byte in any::<u8>()) {
            let mut bytes = commit("gpgsig a\n b\n").into_bytes();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Commit::parse(&bytes, HashAlgorithm::Sha1);
        }

        #[test]
        fn without_a_signature_everything_is_signed(middle in "([a-f]{1,5} [a-z ]{0,9}\n){0,4}") {
            let text = commit(&middle);
            prop_assert_eq!(parse(&text).unwrap().payload, text.into_bytes());
        }
    }
}
