use crate::artifact::algorithm::Curve;
use crate::artifact::key::{
    PublicKeyError, fingerprint_of_ed25519, fingerprint_of_point, fingerprint_of_rsa,
    fingerprint_of_spki,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use der::{Decode as _, Encode as _};
use serde_json::{Map, Value};
use x509_cert::Certificate;

/// The most certificates of a path that are taken.
const MAX_CERTIFICATES: usize = 16;

/// Says why an embedded key cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum EmbeddedKeyError {
    #[error("the embedded key is no JWK as JSF 0.82 demands")]
    Malformed,
    #[error("the embedded key cannot be used: {0}")]
    Key(#[from] PublicKeyError),
    #[error("the certificate path cannot be read")]
    Certificate,
}

/// Returns the fingerprint of an embedded key (JWK, RFC 7517, with the members that JSF allows).
pub(super) fn fingerprint_of_jwk(jwk: &Value) -> Result<String, EmbeddedKeyError> {
    let Value::Object(jwk) = jwk else { return Err(EmbeddedKeyError::Malformed) };
    let kind = text(jwk, "kty")?;
    let members = match kind {
        "EC" => 4,
        "OKP" | "RSA" => 3,
        _ => return Err(EmbeddedKeyError::Malformed),
    };
    if jwk.len() != members {
        return Err(EmbeddedKeyError::Malformed);
    }
    match (kind, jwk.get("crv").and_then(Value::as_str)) {
        ("EC", Some(curve)) => {
            let curve = match curve {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                "P-521" => Curve::P521,
                _ => return Err(PublicKeyError::Unsupported.into()),
            };
            let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
            if x.len() != curve.coordinate() || y.len() != curve.coordinate() {
                return Err(EmbeddedKeyError::Malformed);
            }
            Ok(fingerprint_of_point(curve, &[&[4][..], &x, &y].concat())?)
        }
        ("OKP", Some("Ed25519")) => Ok(fingerprint_of_ed25519(&bytes(jwk, "x")?)?),
        ("OKP", Some(_)) => Err(PublicKeyError::Unsupported.into()),
        ("RSA", None) => Ok(fingerprint_of_rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?)?),
        _ => Err(EmbeddedKeyError::Malformed),
    }
}

/// Returns the fingerprint of the key in the first certificate of a path.
pub(super) fn fingerprint_of_path(path: &Value) -> Result<String, EmbeddedKeyError> {
    let Value::Array(path) = path else { return Err(EmbeddedKeyError::Certificate) };
    if path.len() > MAX_CERTIFICATES {
        return Err(EmbeddedKeyError::Certificate);
    }
    let der = path.first().and_then(Value::as_str).and_then(decode);
    let der = der.ok_or(EmbeddedKeyError::Certificate)?;
    let certificate = Certificate::from_der(&der).map_err(|_| EmbeddedKeyError::Certificate)?;
    let spki = certificate.tbs_certificate.subject_public_key_info.to_der();
    Ok(fingerprint_of_spki(&spki.map_err(|_| EmbeddedKeyError::Certificate)?)?)
}

/// Decodes base64url without padding (RFC 4648, section 5).
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<&'a str, EmbeddedKeyError> {
    jwk.get(name).and_then(Value::as_str).ok_or(EmbeddedKeyError::Malformed)
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, EmbeddedKeyError> {
    decode(text(jwk, name)?).ok_or(EmbeddedKeyError::Malformed)
}
