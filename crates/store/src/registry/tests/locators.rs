use super::super::challenge::read_challenges;
use super::sha256;
use crate::{ImageLocator, RegistryError};
use proptest::prelude::*;

#[test]
fn a_locator_reads_back_as_written() {
    let digest = sha256(b"");
    for text in [
        "oci://registry.invalid/app:1".to_owned(),
        "oci://registry.invalid:5000/team/app__x/a-b.c:v1.0_2-3".to_owned(),
        format!("oci://127.0.0.1:5000/app@{digest}"),
        format!("oci://[::1]:5000/app:1@{digest}"),
    ] {
        let locator: ImageLocator = text.parse().unwrap();
        assert_eq!(locator.to_string(), text);
    }
    let locator: ImageLocator = format!("oci://h.invalid/a:1@{digest}").parse().unwrap();
    assert_eq!((locator.registry(), locator.repository()), ("h.invalid", "a"));
    assert_eq!((locator.tag(), locator.digest()), (Some("1"), Some(&digest)));
}

#[test]
fn malformed_locators_are_refused() {
    let sha512 = format!("oci://h.invalid/a@sha512:{}", "0".repeat(128));
    for text in [
        "",
        "oci://",
        "oci://h.invalid",
        "oci://h.invalid/",
        "oci://h.invalid/app",
        "oci:///app:1",
        "https://h.invalid/app:1",
        "oci://user:secret@h.invalid/app:1",
        "oci://h.invalid/App:1",
        "oci://h.invalid/a//b:1",
        "oci://h.invalid/../b:1",
        "oci://h.invalid/a..b:1",
        "oci://h.invalid/a___b:1",
        "oci://h.invalid/-a:1",
        "oci://h.invalid/a:.1",
        "oci://h.invalid/a:1/b",
        "oci://h.invalid/a:1?x=y",
        "oci://h.invalid/a:1#x",
        "oci://h.invalid/a@sha256:0",
        "oci://h.invalid:port/a:1",
        "oci://h.invalid:99999/a:1",
        "oci://h invalid/a:1",
        sha512.as_str(),
    ] {
        let refused = text.parse::<ImageLocator>();
        assert!(matches!(refused, Err(RegistryError::BadLocator { .. })), "{text}");
        assert!(!refused.unwrap_err().to_string().contains("secret"), "{text}");
    }
}

#[test]
fn only_this_machine_is_spoken_to_without_tls() {
    let scheme = |host: &str| {
        let locator: ImageLocator = format!("oci://{host}/a:1").parse().unwrap();
        locator.origin().unwrap().scheme().to_owned()
    };
    for host in ["localhost:5000", "127.0.0.1", "127.8.8.8:1", "[::1]:5000"] {
        assert_eq!(scheme(host), "http", "{host}");
    }
    for host in ["localhost.invalid", "10.0.0.1:5000", "[::2]", "127.0.0.1.invalid", "1.1.1.1"] {
        assert_eq!(scheme(host), "https", "{host}");
    }
}

proptest! {
    #[test]
    fn arbitrary_locators_and_headers_never_panic(text in "\\PC{0,80}", tail in "[ -~]{0,80}") {
        let _ = text.parse::<ImageLocator>();
        let _ = read_challenges(&text);
        let _ = read_challenges(&tail);
        if let Ok(locator) = format!("oci://{tail}").parse::<ImageLocator>() {
            prop_assert_eq!(locator.to_string(), format!("oci://{tail}"));
        }
    }
}
