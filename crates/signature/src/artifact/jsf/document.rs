use crate::artifact::json::{self, JsonError};
use crate::artifact::outcome::MAX_SIGNATURES;
use serde_json::{Map, Value, json};

const SIGNATURE: &str = "signature";
const SIGNERS: &str = "signers";
const CHAIN: &str = "chain";
const EXCLUDES: &str = "excludes";
const EXTENSIONS: &str = "extensions";
const VALUE: &str = "value";
const CORE_MEMBERS: [&str; 5] = ["algorithm", "keyId", "publicKey", "certificatePath", VALUE];

/// A signed document, its signatures and what each of them covers.
#[derive(Debug)]
pub(super) struct Document {
    /// The members before and after `signature` in canonical form, without braces.
    before: Vec<u8>,
    after: Vec<u8>,
    kind: Kind,
    pub(super) signatures: Vec<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One signature.
    Single,
    /// Several, each over the document alone.
    Signers,
    /// Several, each over the document and those before it.
    Chain,
}

/// Says why a document has no signature that can be checked.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("the document is no JSON object")]
    NoObject,
    #[error("it has no member `signature`")]
    Unsigned,
    #[error("its member `signature` is not as JSF 0.82 demands: {0}")]
    Malformed(&'static str),
    #[error("it holds more than {MAX_SIGNATURES} signatures")]
    TooMany,
    #[error("its member `excludes` takes members of the document out of what is signed")]
    Excludes,
    #[error("its signature uses extensions")]
    Extensions,
    #[error("it has no canonical form: {0}")]
    Canonical(serde_json::Error),
}

impl Document {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let Value::Object(mut document) = json::parse(bytes)? else {
            return Err(DocumentError::NoObject);
        };
        let signature = match document.remove(SIGNATURE) {
            Some(Value::Object(signature)) => signature,
            Some(_) => return Err(DocumentError::Malformed("it is no object")),
            None => return Err(DocumentError::Unsigned),
        };
        let (kind, signatures) = signatures(signature)?;
        // Canonical order is by UTF-16 units, which for a name of ASCII letters is the same.
        let (before, after): (Map<_, _>, Map<_, _>) =
            document.into_iter().partition(|(name, _)| name.as_str() < SIGNATURE);
        Ok(Self { before: members(&before)?, after: members(&after)?, kind, signatures })
    }

    /// Returns the bytes that the signature at `index` covers: the canonical document (RFC 8785)
    /// without its value, and without the signatures that it does not cover.
    pub(super) fn signed_bytes(&self, index: usize) -> Result<Vec<u8>, DocumentError> {
        let mut core = self.signatures.get(index).cloned().unwrap_or_default();
        core.remove(VALUE);
        let signature = match self.kind {
            Kind::Single => Value::Object(core),
            Kind::Signers => json!({ SIGNERS: [core] }),
            Kind::Chain => {
                let earlier = self.signatures.iter().take(index).cloned();
                let chain: Vec<_> = earlier.chain([core]).map(Value::Object).collect();
                json!({ CHAIN: chain })
            }
        };
        let member = [b"\"signature\":", canonical(&signature)?.as_slice()].concat();
        let parts = [self.before.as_slice(), &member, &self.after];
        let parts: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Ok([b"{", parts.join(&b',').as_slice(), b"}"].concat())
    }
}

fn signatures(
    mut signature: Map<String, Value>,
) -> Result<(Kind, Vec<Map<String, Value>>), DocumentError> {
    if signature.contains_key(EXCLUDES) {
        return Err(DocumentError::Excludes);
    }
    if signature.contains_key(EXTENSIONS) {
        return Err(DocumentError::Extensions);
    }
    let several = [(SIGNERS, Kind::Signers), (CHAIN, Kind::Chain)]
        .into_iter()
        .find_map(|(name, kind)| Some((kind, signature.remove(name)?)));
    let Some((kind, array)) = several else {
        return Ok((Kind::Single, vec![core(signature)?]));
    };
    if !signature.is_empty() {
        return Err(DocumentError::Malformed("it has members beside `signers` or `chain`"));
    }
    let Value::Array(array) = array else {
        return Err(DocumentError::Malformed("`signers` or `chain` is no array"));
    };
    if array.is_empty() {
        return Err(DocumentError::Malformed("`signers` or `chain` is empty"));
    }
    if array.len() > MAX_SIGNATURES {
        return Err(DocumentError::TooMany);
    }
    let cores = array.into_iter().map(|value| match value {
        Value::Object(object) => core(object),
        _ => Err(DocumentError::Malformed("a signature is no object")),
    });
    Ok((kind, cores.collect::<Result<_, _>>()?))
}

fn core(signature: Map<String, Value>) -> Result<Map<String, Value>, DocumentError> {
    if signature.contains_key(EXCLUDES) {
        return Err(DocumentError::Excludes);
    }
    if signature.contains_key(EXTENSIONS) {
        return Err(DocumentError::Extensions);
    }
    if signature.keys().all(|name| CORE_MEMBERS.contains(&name.as_str())) {
        Ok(signature)
    } else {
        Err(DocumentError::Malformed("it has a member that JSF does not know"))
    }
}

fn members(map: &Map<String, Value>) -> Result<Vec<u8>, DocumentError> {
    let canonical = canonical(map)?;
    let inner = canonical.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    Ok(inner.unwrap_or_default().to_vec())
}

fn canonical(value: &impl serde::Serialize) -> Result<Vec<u8>, DocumentError> {
    serde_json_canonicalizer::to_vec(value).map_err(DocumentError::Canonical)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn signed(text: &str, index: usize) -> String {
        String::from_utf8(Document::parse(text.as_bytes()).unwrap().signed_bytes(index).unwrap())
            .unwrap()
    }

    #[test]
    fn the_signed_bytes_are_the_canonical_document_without_the_value() {
        let text = r#"{"z":1.0,"signature":{"value":"v","algorithm":"ES256"},"a":"\u20ac"}"#;
        assert_eq!(signed(text, 0), r#"{"a":"€","signature":{"algorithm":"ES256"},"z":1}"#);
        assert_eq!(signed(r#"{"signature":{}}"#, 0), r#"{"signature":{}}"#);
    }

    #[test]
    fn signers_stand_alone_and_a_chain_covers_those_before() {
        let text = |kind| {
            format!(
                r#"{{"signature":{{"{kind}":[{{"keyId":"1","value":"v"}},{{"keyId":"2","value":"w"}}]}}}}"#
            )
        };
        assert_eq!(signed(&text("signers"), 1), r#"{"signature":{"signers":[{"keyId":"2"}]}}"#);
        assert_eq!(
            signed(&text("chain"), 1),
            r#"{"signature":{"chain":[{"keyId":"1","value":"v"},{"keyId":"2"}]}}"#
        );
        assert_eq!(signed(&text("chain"), 0), r#"{"signature":{"chain":[{"keyId":"1"}]}}"#);
    }

    proptest! {
        /// The pieces put together are what the canonical form of the whole is.
        #[test]
        fn the_signed_bytes_are_canonical(names in proptest::collection::btree_set("\\PC{0,8}", 0..8)) {
            let mut document: Map<String, Value> =
                names.into_iter().map(|name| (name, Value::Null)).collect();
            document.insert("signature".to_owned(), json!({ "algorithm": "x" }));
            let bytes = serde_json::to_vec(&document).unwrap();
            let pieces = Document::parse(&bytes).unwrap().signed_bytes(0).unwrap();
            prop_assert_eq!(pieces, serde_json_canonicalizer::to_vec(&document).unwrap());
        }
    }
}
