//! Identifiers that are the same whenever a scan finds the same.

use sha2::{Digest as _, Sha256};

/// Makes a UUID of a name (RFC 9562, section 5.8: version 8, here from SHA-256).
pub(super) fn name_based_uuid(name: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let text = hex::encode(digest);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Returns the page that people read an identifier on, where its database has one.
pub(super) fn url(id: &str) -> Option<String> {
    if !id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
        return None;
    }
    match id.split('-').next()? {
        "CVE" => Some(format!("https://www.cve.org/CVERecord?id={id}")),
        "GHSA" => Some(format!("https://github.com/advisories/{id}")),
        "RUSTSEC" => Some(format!("https://rustsec.org/advisories/{id}.html")),
        "PYSEC" | "GO" | "MAL" | "DSA" | "DLA" | "DEBIAN" | "UBUNTU" | "USN" => {
            Some(format!("https://osv.dev/vulnerability/{id}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_uuid_of_version_8() {
        let uuid = name_based_uuid("a");
        assert_eq!(uuid, name_based_uuid("a"));
        assert_ne!(uuid, name_based_uuid("b"));
        let parts: Vec<&str> = uuid.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|it| it.len()).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(parts.get(2).is_some_and(|it| it.starts_with('8')), "{uuid}");
    }

    #[test]
    fn no_identifier_makes_a_page_of_its_own() {
        assert_eq!(url("CVE-2021-1/../x"), None);
        assert_eq!(
            url("CVE-2021-1").as_deref(),
            Some("https://www.cve.org/CVERecord?id=CVE-2021-1")
        );
    }
}
