//! Which references may become links.

/// Longer addresses are shown as text.
const LONGEST_ADDRESS: usize = 2_000;

/// Returns `reference` when it is a web address that is safe to make a link of: `http` or
/// `https`, a host, no user name before it, and no character that RFC 3986 does not allow.
pub(crate) fn web_address(reference: &str) -> Option<&str> {
    let rest = reference
        .strip_prefix("https://")
        .or_else(|| reference.strip_prefix("http://"))
        .filter(|_| reference.len() <= LONGEST_ADDRESS)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let starts_well = host.starts_with(|c: char| c.is_ascii_alphanumeric());
    let host_is_plain =
        host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    let escapes_are_whole = rest.split('%').skip(1).all(|after| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    });
    let one_fragment = rest.matches('#').count() <= 1;
    (starts_well && host_is_plain && rest.chars().all(allowed) && escapes_are_whole && one_fragment)
        .then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn web_addresses_are_links() {
        for address in
            ["https://osv.dev/DEMO-1", "http://example.org:8080/a?b=c%20d#e", "https://example.org"]
        {
            assert_eq!(web_address(address), Some(address));
        }
    }

    #[test]
    fn everything_else_is_text() {
        for text in [
            "javascript:alert(1)",
            "https://good.example@evil.example/",
            "https://",
            "https:///etc/passwd",
            "https://evil.example/\"onmouseover=alert(1)",
            "https://evil.example/\u{202e}",
            "https://bad.example/%zz",
            "https://bad.example/#a#b",
            "CVE-2026-0001",
            "data:text/html,x",
            "//evil.example",
        ] {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}
