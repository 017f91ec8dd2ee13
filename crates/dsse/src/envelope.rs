use crate::{KeyError, Signer, Verifier};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bytes an envelope may have when it is read: 64 MiB.
pub const MAX_ENVELOPE: usize = 64 << 20;
const MAX_SIGNATURES: usize = 64;

const EITHER: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
static STANDARD_EITHER: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER);
static URL_SAFE_EITHER: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER);

/// A DSSE envelope (Dead Simple Signing Envelope, version 1): a typed payload and signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Standard base64 of the payload's bytes.
    payload: String,
    /// The payload's media type; it is signed too.
    #[serde(rename = "payloadType")]
    payload_type: String,
    /// The signatures.
    signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// A hint which key made it: the public key's text. It is not signed.
    #[serde(default)]
    pub keyid: String,
    /// Standard base64 of the signature.
    pub sig: String,
}

/// An envelope as other tools may write it.
#[derive(Deserialize)]
struct Foreign {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<ForeignSignature>,
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct ForeignSignature {
    keyid: Option<String>,
    sig: String,
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

impl Foreign {
    fn into_envelope(self) -> Result<Envelope, EnvelopeError> {
        unshadowed(&self.others, &["payload", "payloadtype", "signatures"])?;
        if self.signatures.len() > MAX_SIGNATURES {
            return Err(EnvelopeError::TooManySignatures);
        }
        let signature = |foreign: ForeignSignature| {
            unshadowed(&foreign.others, &["keyid", "sig"])?;
            // What is no base64 fits no key.
            let sig = standard(&foreign.sig).unwrap_or(foreign.sig);
            Ok(EnvelopeSignature { keyid: foreign.keyid.unwrap_or_default(), sig })
        };
        Ok(Envelope {
            payload: standard(&self.payload).ok_or(EnvelopeError::PayloadEncoding)?,
            payload_type: self.payload_type,
            signatures: self.signatures.into_iter().map(signature).collect::<Result<_, _>>()?,
        })
    }
}

/// Refuses members that differ from a known one in case or underscores alone: Go's reader takes
/// them for it, and protobuf's takes `payload_type`.
fn unshadowed(others: &BTreeMap<String, IgnoredAny>, known: &[&str]) -> Result<(), EnvelopeError> {
    let folded = |name: &str| name.replace('_', "").to_lowercase();
    match others.keys().find(|name| known.contains(&folded(name).as_str())) {
        Some(name) => Err(EnvelopeError::Shadow(name.chars().take(100).collect())),
        None => Ok(()),
    }
}

/// Writes base64 of either alphabet, padded or not, in the standard one.
fn standard(text: &str) -> Option<String> {
    let (mut standard, mut url_safe) = (false, false);
    for character in text.chars() {
        standard |= matches!(character, '+' | '/');
        url_safe |= matches!(character, '-' | '_');
    }
    let engine = match (standard, url_safe) {
        (true, true) => return None,
        (_, false) => &STANDARD_EITHER,
        (false, true) => &URL_SAFE_EITHER,
    };
    Some(BASE64_STANDARD.encode(engine.decode(text).ok()?))
}

/// Says why an envelope was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// More than [`MAX_ENVELOPE`] bytes.
    #[error("the envelope is larger than the limit of {MAX_ENVELOPE} bytes")]
    TooLarge,
    /// More signatures than anyone needs.
    #[error("the envelope carries more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// The bytes are no envelope.
    #[error("the bytes are no DSSE envelope")]
    Malformed(#[source] serde_json::Error),
    /// A member that some readers take for another one.
    #[error("the envelope's member `{0}` is another one to some readers")]
    Shadow(String),
    /// The payload is no base64.
    #[error("the envelope's payload is no base64")]
    PayloadEncoding,
    /// The payload has another type than the reader asked for.
    #[error("the envelope's payload has the type `{found}`, not `{expected}`")]
    WrongType {
        /// What the reader asked for.
        expected: String,
        /// What the envelope says.
        found: String,
    },
    /// No signature was made by the key.
    #[error("no signature of the envelope was made by `{0}`")]
    NotSignedBy(String),
}

impl Envelope {
    /// Signs `payload` of the media type `payload_type`.
    #[must_use]
    pub fn sign(payload_type: &str, payload: &[u8], signer: &Signer) -> Self {
        let signature = signer.sign(&pre_authentication_encoding(payload_type, payload));
        Self {
            payload: BASE64_STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: vec![EnvelopeSignature {
                keyid: signer.verifier().to_string(),
                sig: BASE64_STANDARD.encode(signature),
            }],
        }
    }

    /// Reads an envelope from JSON. It is not verified yet.
    ///
    /// # Errors
    /// When the bytes are too many or no envelope; unknown fields are refused, because nothing
    /// would sign them.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(EnvelopeError::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(bytes).map_err(EnvelopeError::Malformed)?;
        if envelope.signatures.len() > MAX_SIGNATURES {
            return Err(EnvelopeError::TooManySignatures);
        }
        Ok(envelope)
    }

    /// Reads an envelope that another tool may have made, as the protocol says (DSSE envelope,
    /// version 1): payload and signatures in standard or URL-safe base64, and members that are not
    /// known say nothing. It is not verified yet.
    ///
    /// # Errors
    /// As for [`Envelope::parse`], and for a member that some readers take for another.
    pub fn read(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(EnvelopeError::TooLarge);
        }
        let foreign: Foreign = serde_json::from_slice(bytes).map_err(EnvelopeError::Malformed)?;
        foreign.into_envelope()
    }

    /// Returns the payload, if one of the signatures was made by `verifier` over it and over
    /// `payload_type`.
    ///
    /// # Errors
    /// When the type is another, the payload is no base64, or no signature is the key's.
    pub fn verify(
        &self,
        payload_type: &str,
        verifier: &Verifier,
    ) -> Result<Vec<u8>, EnvelopeError> {
        if self.payload_type != payload_type {
            return Err(EnvelopeError::WrongType {
                expected: payload_type.to_owned(),
                found: self.payload_type.chars().take(100).collect(),
            });
        }
        let payload = self.unverified_payload()?;
        let message = pre_authentication_encoding(payload_type, &payload);
        let signed = self.signatures.iter().any(|signature| {
            BASE64_STANDARD
                .decode(&signature.sig)
                .map_err(|_| KeyError::BadSignature(String::new()))
                .and_then(|bytes| verifier.verify(&message, &bytes))
                .is_ok()
        });
        if signed {
            Ok(payload)
        } else {
            Err(EnvelopeError::NotSignedBy(verifier.name().to_owned()))
        }
    }

    /// Returns the payload without looking at any signature: for showing, never for trusting.
    ///
    /// # Errors
    /// When the payload is no base64.
    pub fn unverified_payload(&self) -> Result<Vec<u8>, EnvelopeError> {
        BASE64_STANDARD.decode(&self.payload).map_err(|_| EnvelopeError::PayloadEncoding)
    }

    /// Returns the payload's media type, which is signed too.
    #[must_use]
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// Returns the bytes that every signature is made over, for keys that [`Verifier`] does not
    /// know (DSSE protocol, section "Signature Definition").
    ///
    /// # Errors
    /// When the payload is no base64.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        Ok(pre_authentication_encoding(&self.payload_type, &self.unverified_payload()?))
    }

    /// Returns the signatures, for showing which keys they name.
    #[must_use]
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }
}

/// The bytes that are signed (DSSE protocol, section "Signature Definition").
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn signed() -> (Signer, Envelope) {
        let signer = Signer::from_seed("test", [7; 32]).unwrap();
        let envelope = Envelope::sign("application/example", b"payload", &signer);
        (signer, envelope)
    }

    /// The test vector of the DSSE protocol document.
    #[test]
    fn the_signed_bytes_are_those_of_the_protocol() {
        assert_eq!(
            pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_signed_payload_comes_back() {
        let (signer, envelope) = signed();
        let bytes = serde_json::to_vec(&envelope).unwrap();
        let read = Envelope::parse(&bytes).unwrap();
        assert_eq!(read.verify("application/example", signer.verifier()).unwrap(), b"payload");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (signer, envelope) = signed();
        let bytes = serde_json::to_vec(&envelope).unwrap();
        let keyid = signer.verifier().to_string();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let unsigned = text.find(&keyid).map(|at| at..at + keyid.len()).unwrap();
        for at in (0..bytes.len()).filter(|at| !unsigned.contains(at)) {
            let mut changed = bytes.clone();
            *changed.get_mut(at).unwrap() ^= 1;
            let verdict = Envelope::parse(&changed)
                .and_then(|read| read.verify("application/example", signer.verifier()));
            // `keyid` itself may be missing: it is a hint, and its default is empty.
            let hint = text.find("keyid").map(|start| start..start + 5).unwrap();
            assert!(verdict.is_err() || hint.contains(&at), "byte {at}");
        }
    }

    #[test]
    fn another_key_and_another_type_are_refused() {
        let (signer, envelope) = signed();
        let other = Signer::from_seed("test", [8; 32]).unwrap();
        assert!(matches!(
            envelope.verify("application/example", other.verifier()),
            Err(EnvelopeError::NotSignedBy(_))
        ));
        assert!(matches!(
            envelope.verify("application/other", signer.verifier()),
            Err(EnvelopeError::WrongType { .. })
        ));
    }

    #[test]
    fn what_other_tools_write_is_read_and_what_they_read_otherwise_is_not() {
        let (signer, envelope) = signed();
        let mut json = serde_json::to_value(&envelope).unwrap();
        json["extension"] = serde_json::json!({ "a": 1 });
        json["signatures"][0]["certificate"] = serde_json::json!("x");
        let text = json.to_string();
        assert!(Envelope::parse(text.as_bytes()).is_err());
        for text in [text.clone(), text.replace('+', "-").replace('/', "_").replace('=', "")] {
            let read = Envelope::read(text.as_bytes());
            // The key's name and type hold the other characters.
            let Ok(read) = read else { panic!("{text}") };
            if read.payload_type() == "application/example" {
                assert_eq!(
                    read.verify("application/example", signer.verifier()).unwrap(),
                    b"payload"
                );
            }
        }
        for (place, name) in
            [("", "Payload"), ("", "payload_type"), ("", "SIGNATURES"), ("/signatures/0", "Sig")]
        {
            let mut shadowed = json.clone();
            shadowed.pointer_mut(place).unwrap()[name] = serde_json::json!("x");
            let error = Envelope::read(shadowed.to_string().as_bytes()).unwrap_err();
            assert!(matches!(error, EnvelopeError::Shadow(_)), "{name}: {error}");
        }
    }

    #[test]
    fn an_envelope_without_signatures_is_refused() {
        let (signer, mut envelope) = signed();
        envelope.signatures.clear();
        assert!(envelope.verify("application/example", signer.verifier()).is_err());
    }
}
