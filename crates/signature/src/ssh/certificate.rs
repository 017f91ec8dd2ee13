use super::key::{Key, KeyError, is_name};
use super::signature::{self, Fit};
use super::wire::{Wire, WireError, put_string};
use beleg_trust::KeyState;
use jiff::Timestamp;
use ssh_key::Signature;

/// What the names of certificate types end in.
const SUFFIX: &str = "-cert-v01@openssh.com";
/// Most principals of one certificate; OpenSSH reads as many.
const MAX_PRINCIPALS: usize = 256;
/// Most critical options, and most extensions, of one certificate.
const MAX_OPTIONS: usize = 256;
/// Certificate types: their key's type and how many fields it has (PROTOCOL.certkeys).
const TYPES: [(&str, &str, usize); 8] = [
    ("ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 1),
    ("ssh-rsa-cert-v01@openssh.com", "ssh-rsa", 2),
    ("ssh-dss-cert-v01@openssh.com", "ssh-dss", 4),
    ("ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", 2),
    ("ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", 2),
    ("ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", 2),
    ("sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", 2),
    ("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", 3),
];

/// A certificate over a key (OpenSSH's PROTOCOL.certkeys). Nothing in it counts before its
/// authority is found among the allowed ones and [`Certificate::fit`] says so.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The certified key.
    pub(crate) key: Key,
    /// The number that the authority gave it; 0 is none.
    pub(crate) serial: u64,
    /// Whether it is for users (and signatures) rather than for hosts.
    pub(crate) for_users: bool,
    /// Free text of the authority.
    pub(crate) key_id: Vec<u8>,
    /// Whom it stands for.
    pub(crate) principals: Vec<String>,
    /// The first second of its validity, since 1970.
    pub(crate) valid_after: u64,
    /// The first second after its validity, since 1970.
    pub(crate) valid_before: u64,
    /// The names of its critical options.
    pub(crate) critical_options: Vec<String>,
    /// The key that signed it.
    pub(crate) authority: Key,
    /// The bytes that the authority signed.
    signed: Vec<u8>,
    /// The authority's signature; none if it is of an unknown algorithm.
    signature: Option<Signature>,
}

/// Says why a certificate cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error("{0}")]
    Wire(#[from] WireError),
    #[error("its key cannot be read: {0}")]
    Key(KeyError),
    #[error("its authority's key cannot be read: {0}")]
    Authority(KeyError),
    #[error("its authority's signature cannot be read: {0}")]
    Signature(ssh_key::Error),
    #[error("its type {0} is neither user nor host")]
    Type(u32),
    #[error("it names more than {MAX_PRINCIPALS} principals")]
    TooManyPrincipals,
    #[error("a principal is empty")]
    EmptyPrincipal,
    #[error("it has more than {MAX_OPTIONS} options")]
    TooManyOptions,
    #[error("an option's name is empty or no name")]
    OptionName,
    #[error("it has the same option twice")]
    OptionTwice,
}

impl Certificate {
    /// Says whether a key type's name is that of a certificate, known or not.
    pub(crate) fn is_type(name: &str) -> bool {
        name.ends_with(SUFFIX)
    }

    /// Reads a certificate's binary form. Returns none if it is of no known type.
    pub(crate) fn decode(blob: &[u8]) -> Result<Option<Self>, CertificateError> {
        let mut wire = Wire::new(blob);
        let Some((key_type, fields)) = type_of(wire.text()?) else { return Ok(None) };
        let _nonce = wire.string()?;
        let mut key = Vec::new();
        put_string(&mut key, key_type.as_bytes());
        for _ in 0..fields {
            put_string(&mut key, wire.string()?);
        }
        let key = Key::decode(&key).map_err(CertificateError::Key)?;
        let serial = wire.u64()?;
        let for_users = match wire.u32()? {
            1 => true,
            2 => false,
            other => return Err(CertificateError::Type(other)),
        };
        let key_id = wire.string_without_nul()?.to_vec();
        let principals = read_principals(wire.string()?)?;
        let (valid_after, valid_before) = (wire.u64()?, wire.u64()?);
        let critical_options = read_option_names(wire.string()?)?;
        read_option_names(wire.string()?)?;
        let _reserved = wire.string()?;
        let authority = Key::decode(wire.string()?).map_err(CertificateError::Authority)?;
        let signed = blob.len().checked_sub(wire.rest().len()).and_then(|end| blob.get(..end));
        let signed = signed.unwrap_or_default().to_vec();
        let (_, signature) =
            signature::decode(wire.string()?).map_err(CertificateError::Signature)?;
        wire.finish()?;
        Ok(Some(Self {
            key,
            serial,
            for_users,
            key_id,
            principals,
            valid_after,
            valid_before,
            critical_options,
            authority,
            signed,
            signature,
        }))
    }

    /// Says whether the key that it names as its authority signed it.
    pub(crate) fn fit(&self) -> Fit {
        signature::fit(&self.authority, self.signature.as_ref(), &self.signed)
    }

    /// Returns whether it counts at `time`; the end does not belong to its validity.
    pub(crate) fn state_at(&self, time: Timestamp) -> KeyState {
        let seconds = u64::try_from(time.as_second()).unwrap_or(0);
        if seconds < self.valid_after {
            KeyState::NotYetValid
        } else if seconds >= self.valid_before {
            KeyState::Expired
        } else {
            KeyState::Valid
        }
    }

    /// Says whether its validity has a beginning or an end.
    pub(crate) fn is_bounded(&self) -> bool {
        self.valid_after != 0 || self.valid_before != u64::MAX
    }
}

fn type_of(name: &str) -> Option<(&'static str, usize)> {
    let row = TYPES.iter().find(|(certificate, ..)| *certificate == name);
    row.map(|(_, key, fields)| (*key, *fields))
}

fn read_principals(bytes: &[u8]) -> Result<Vec<String>, CertificateError> {
    let mut wire = Wire::new(bytes);
    let mut principals = Vec::new();
    while !wire.is_empty() {
        if principals.len() >= MAX_PRINCIPALS {
            return Err(CertificateError::TooManyPrincipals);
        }
        let principal = wire.text()?;
        if principal.is_empty() {
            return Err(CertificateError::EmptyPrincipal);
        }
        principals.push(principal.to_owned());
    }
    Ok(principals)
}

/// Reads options, each a name and a value, for their names. What order they stand in does not
/// matter to OpenSSH either.
fn read_option_names(bytes: &[u8]) -> Result<Vec<String>, CertificateError> {
    let mut wire = Wire::new(bytes);
    let mut names: Vec<String> = Vec::new();
    while !wire.is_empty() {
        if names.len() >= MAX_OPTIONS {
            return Err(CertificateError::TooManyOptions);
        }
        let name = wire.text()?;
        let _value = wire.string()?;
        if !is_name(name) {
            return Err(CertificateError::OptionName);
        }
        if names.iter().any(|other| other == name) {
            return Err(CertificateError::OptionTwice);
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn strings(strings: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        strings.iter().for_each(|string| put_string(&mut bytes, string));
        bytes
    }

    /// A certificate whose signature fits nothing.
    fn certificate(kind: u32, principals: &[u8], options: &[u8]) -> Vec<u8> {
        let key = strings(&[b"ssh-ed25519", &[9; 32]]);
        let signature = strings(&[b"ssh-ed25519", &[1; 64]]);
        [
            strings(&[b"ssh-ed25519-cert-v01@openssh.com", &[5; 32], &[7; 32]]),
            3u64.to_be_bytes().to_vec(),
            kind.to_be_bytes().to_vec(),
            strings(&[b"id", principals]),
            0u64.to_be_bytes().to_vec(),
            u64::MAX.to_be_bytes().to_vec(),
            strings(&[options, b"", b"", &key, &signature]),
        ]
        .concat()
    }

    #[test]
    fn every_field_is_read() {
        let blob = certificate(1, &strings(&[b"a@x", b"b@x"]), &strings(&[b"o", b"v"]));
        let read = Certificate::decode(&blob).unwrap().unwrap();
        assert_eq!((read.serial, read.for_users, &*read.key_id), (3, true, &b"id"[..]));
        assert_eq!(read.principals, ["a@x", "b@x"]);
        assert_eq!(read.critical_options, ["o"]);
        assert!(!read.is_bounded());
        assert_eq!(read.fit(), Fit::Bad);
    }

    #[test]
    fn what_cannot_be_read_without_doubt_is_refused_by_name() {
        let none = &[][..];
        let refused = |blob: &[u8]| Certificate::decode(blob).unwrap_err().to_string();
        assert_eq!(refused(&certificate(3, none, none)), "its type 3 is neither user nor host");
        let nul = strings(&[b"a@x\0evil"]);
        assert!(refused(&certificate(1, &nul, none)).contains("NUL"));
        assert_eq!(refused(&certificate(1, &strings(&[b""]), none)), "a principal is empty");
        let many = strings(&[&b"a"[..]; 257]);
        assert!(refused(&certificate(1, &many, none)).contains("256 principals"));
        let twice = strings(&[b"o", b"", b"o", b""]);
        assert_eq!(refused(&certificate(1, none, &twice)), "it has the same option twice");
        let mut longer = certificate(1, none, none);
        longer.push(0);
        assert_eq!(refused(&longer), "bytes follow the last field");
        longer.truncate(100);
        assert_eq!(refused(&longer), "it ends within a field");
    }

    proptest! {
        #[test]
        fn a_mutated_certificate_never_panics_and_never_fits(
            at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let mut blob = certificate(1, &strings(&[b"a@x"]), &[]);
            *at.get_mut(&mut blob) = byte;
            if let Ok(Some(certificate)) = Certificate::decode(&blob) {
                prop_assert_ne!(certificate.fit(), Fit::Good);
            }
        }
    }
}
