use crate::merkle::Hash;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::{Signer, Verifier};

/// The most bytes a signed checkpoint may have.
pub const MAX_CHECKPOINT: usize = 64 << 10;
/// The most entries a ledger may have: 2^48.
pub const MAX_SIZE: u64 = 1 << 48;
/// The most signature lines that are looked at, as in C2SP signed-note.
const MAX_SIGNATURES: usize = 64;
const SIGNATURE: &str = "\u{2014} ";

/// States how many entries a ledger has and what they hash to (C2SP tlog-checkpoint).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name, which is also the name of its key.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
}

/// Says why a checkpoint was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointError {
    /// More than [`MAX_CHECKPOINT`] bytes or 64 signatures.
    #[error("the checkpoint is larger than {MAX_CHECKPOINT} bytes or {MAX_SIGNATURES} signatures")]
    TooLarge,
    /// The bytes are no signed note with a checkpoint in it.
    #[error("the checkpoint is malformed: {0}")]
    Malformed(&'static str),
    /// More than [`MAX_SIZE`] entries.
    #[error("the checkpoint claims `{0}` entries, more than {MAX_SIZE}")]
    Size(u64),
    /// Signed by the key, but for another ledger.
    #[error("the checkpoint belongs to `{found}`, not to `{expected}`")]
    OtherOrigin {
        /// The key's name.
        expected: String,
        /// What the checkpoint says.
        found: String,
    },
    /// No signature of the key, or a wrong one.
    #[error("the checkpoint was not signed by `{0}`")]
    NotSignedBy(String),
}

impl Checkpoint {
    /// Writes the checkpoint as a signed note.
    #[must_use]
    pub fn sign(&self, signer: &Signer) -> String {
        let text = self.text();
        let mut signature = signer.verifier().id().to_be_bytes().to_vec();
        signature.extend_from_slice(&signer.sign(text.as_bytes()));
        let encoded = BASE64_STANDARD.encode(signature);
        format!("{text}\n{SIGNATURE}{} {encoded}\n", signer.verifier().name())
    }

    /// Reads a signed note and returns its checkpoint, if `verifier` signed it. Signatures of
    /// other keys, such as those of witnesses, are not looked at.
    ///
    /// # Errors
    /// When the note is malformed, is not signed by the key, or has another origin than the key's
    /// name.
    pub fn verify(note: &[u8], verifier: &Verifier) -> Result<Self, CheckpointError> {
        if note.len() > MAX_CHECKPOINT {
            return Err(CheckpointError::TooLarge);
        }
        let note = std::str::from_utf8(note).map_err(|_| CheckpointError::Malformed("no UTF-8"))?;
        if note.contains(|c: char| c.is_control() && c != '\n') {
            return Err(CheckpointError::Malformed("it has control characters in it"));
        }
        let (text, signatures) = note
            .rsplit_once("\n\n")
            .ok_or(CheckpointError::Malformed("no blank line before the signatures"))?;
        let text = format!("{text}\n");
        verify_signatures(&text, signatures, verifier)?;
        let checkpoint = Self::parse(&text)?;
        if checkpoint.origin != verifier.name() {
            return Err(CheckpointError::OtherOrigin {
                expected: verifier.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(checkpoint)
    }

    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size = lines.next().unwrap_or_default();
        let root = lines.next().unwrap_or_default();
        let size: u64 = size.parse().map_err(|_| CheckpointError::Malformed("the size line"))?;
        if size > MAX_SIZE {
            return Err(CheckpointError::Size(size));
        }
        let root = BASE64_STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(CheckpointError::Malformed("the root hash line"))?;
        let checkpoint = Self { origin: origin.to_owned(), size, root };
        // The one written form: no sign or leading zero in the size, no further lines.
        if checkpoint.text() == text {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Malformed("it is not in the one form that is written"))
        }
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }
}

/// Returns the names of those who signed `note` beside the key that its origin names. Their
/// signatures are not looked at.
#[must_use]
pub fn cosigners(note: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(note.get(..note.len().min(MAX_CHECKPOINT)).unwrap_or_default());
    let Some((body, signatures)) = text.ok().and_then(|text| text.rsplit_once("\n\n")) else {
        return Vec::new();
    };
    let origin = body.lines().next().unwrap_or_default();
    let name = |line: &str| Some(line.strip_prefix(SIGNATURE)?.split_once(' ')?.0.to_owned());
    signatures.lines().filter_map(name).filter(|name| name != origin).collect()
}

fn verify_signatures(
    text: &str,
    signatures: &str,
    verifier: &Verifier,
) -> Result<(), CheckpointError> {
    let lines =
        signatures.strip_suffix('\n').ok_or(CheckpointError::Malformed("no newline at the end"))?;
    let mut found = false;
    for (count, line) in lines.split('\n').enumerate() {
        if count >= MAX_SIGNATURES {
            return Err(CheckpointError::TooLarge);
        }
        let (name, encoded) = line
            .strip_prefix(SIGNATURE)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(CheckpointError::Malformed("a signature line"))?;
        let bytes = BASE64_STANDARD
            .decode(encoded)
            .map_err(|_| CheckpointError::Malformed("a signature's base64"))?;
        let (id, signature) = bytes
            .split_first_chunk::<4>()
            .ok_or(CheckpointError::Malformed("a signature without a key id"))?;
        if name == verifier.name() && u32::from_be_bytes(*id) == verifier.id() {
            verifier
                .verify(text.as_bytes(), signature)
                .map_err(|_| CheckpointError::NotSignedBy(name.to_owned()))?;
            found = true;
        }
    }
    if found { Ok(()) } else { Err(CheckpointError::NotSignedBy(verifier.name().to_owned())) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signed() -> (Signer, Checkpoint, String) {
        let signer = Signer::from_seed("beleg.example/log", [3; 32]).unwrap();
        let checkpoint =
            Checkpoint { origin: "beleg.example/log".to_owned(), size: 42, root: [9; 32] };
        let note = checkpoint.sign(&signer);
        (signer, checkpoint, note)
    }

    #[test]
    fn a_signed_checkpoint_reads_back() {
        let (signer, checkpoint, note) = signed();
        assert_eq!(Checkpoint::verify(note.as_bytes(), signer.verifier()), Ok(checkpoint));
    }

    #[test]
    fn a_cosignature_of_a_witness_is_no_obstacle() {
        let (signer, checkpoint, note) = signed();
        let witness = Signer::from_seed("witness.example", [4; 32]).unwrap();
        let line = checkpoint.sign(&witness);
        let line = line.rsplit_once("\n\n").unwrap().1;
        let cosigned = format!("{note}{line}");
        assert_eq!(Checkpoint::verify(cosigned.as_bytes(), signer.verifier()), Ok(checkpoint));
    }

    #[test]
    fn every_changed_bit_is_refused() {
        let (signer, _, note) = signed();
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert!(Checkpoint::verify(&bytes, signer.verifier()).is_err(), "byte {at}");
            }
        }
        for length in 0..note.len() {
            let cut = &note.as_bytes()[..length];
            assert!(Checkpoint::verify(cut, signer.verifier()).is_err(), "length {length}");
        }
    }

    #[test]
    fn other_forms_and_origins_are_refused_though_signed() {
        let signer = Signer::from_seed("beleg.example/log", [3; 32]).unwrap();
        let root = BASE64_STANDARD.encode([9; 32]);
        for (text, expected) in [
            (format!("beleg.example/log\n042\n{root}\n"), "not in the one form"),
            (format!("beleg.example/log\n+42\n{root}\n"), "not in the one form"),
            (format!("beleg.example/log\n42\n{root}\nextension\n"), "not in the one form"),
            (format!("beleg.example/log\n-1\n{root}\n"), "size line"),
            ("beleg.example/log\n42\nAAAA\n".to_owned(), "root hash line"),
            (format!("beleg.example/log\n{}\n{root}\n", u64::MAX), "entries, more than"),
            (format!("other.example/log\n42\n{root}\n"), "belongs to `other.example/log`"),
        ] {
            let mut signature = signer.verifier().id().to_be_bytes().to_vec();
            signature.extend_from_slice(&signer.sign(text.as_bytes()));
            let encoded = BASE64_STANDARD.encode(signature);
            let note = format!("{text}\n{SIGNATURE}beleg.example/log {encoded}\n");
            let error = Checkpoint::verify(note.as_bytes(), signer.verifier()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_input_never_panics(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            let (signer, ..) = signed();
            prop_assert!(Checkpoint::verify(&bytes, signer.verifier()).is_err());
            let note = format!("{text}\n\n{SIGNATURE}{text}\n");
            prop_assert!(Checkpoint::verify(note.as_bytes(), signer.verifier()).is_err());
        }
    }
}
