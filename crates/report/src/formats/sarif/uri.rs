//! Paths as relative URI references (RFC 3986, section 4.2).

use std::fmt::Write as _;

/// Returns `path` percent-encoded, relative, and without a scheme. A path that is absolute or
/// climbs with `.` or `..` becomes a single segment, so that no reader resolves it to a file of
/// its own machine.
pub(super) fn relative(path: &str) -> String {
    let path = path.trim_start_matches("./");
    let climbs = path.split(['/', '\\']).any(|part| matches!(part, "" | "." | ".."));
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' if !climbs => uri.push('/'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    match uri.as_str() {
        "" => "%20".to_owned(),
        "." | ".." => format!("%20{uri}"),
        _ => uri,
    }
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn ordinary_paths_stay_readable() {
        assert_eq!(relative("usr/lib/python3/METADATA"), "usr/lib/python3/METADATA");
        assert_eq!(relative("a b/ü.txt"), "a%20b/%C3%BC.txt");
        assert_eq!(relative("./jobs/a.toml"), "jobs/a.toml");
    }

    #[test]
    fn a_path_never_becomes_a_scheme_a_host_or_a_climb() {
        assert_eq!(relative("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(relative("//evil.example/x"), "%2F%2Fevil.example%2Fx");
        assert_eq!(relative("../../etc/passwd"), "..%2F..%2Fetc%2Fpasswd");
        assert_eq!(relative("/etc/passwd"), "%2Fetc%2Fpasswd");
        assert_eq!(relative(".//etc/passwd"), "%2Fetc%2Fpasswd");
        assert_eq!(relative("./../etc/passwd"), "..%2Fetc%2Fpasswd");
        assert_eq!(relative("a\\..\\b"), "a%5C..%5Cb");
        for path in ["", ".", ".."] {
            assert!(relative(path).starts_with("%20"), "{path}");
        }
    }
}
