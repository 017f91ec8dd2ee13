//! Registries that lie, never end, or lead in circles.

use super::peer::{Manner, Peer, Reply};
use super::{LIMIT, MANIFEST, open, runtime, settings, sha256};
use crate::registry::OCI_INDEX;
use crate::{ReferrerPages, RegistryError, RegistrySettings};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn empty_page() -> String {
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] }).to_string()
}

/// Asks a registry that always answers so for its manifest `1`.
fn tagged(reply: Reply) -> Result<crate::RegistryManifest, RegistryError> {
    let peer = Peer::start(move |_| reply.clone());
    open(&runtime(), &peer.locator(), settings(None)).tagged("1", 10_000)
}

/// Asks for referrers, and returns how many pages came and what kept the rest away.
fn pages(peer: &Peer) -> Result<(usize, Option<RegistryError>), RegistryError> {
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(None));
    match registry.referrers(&sha256(b"image"), None)? {
        ReferrerPages::Pages { documents, unfinished } => Ok((documents.len(), unfinished)),
        ReferrerPages::Unsupported => panic!("unsupported"),
    }
}

#[test]
fn bytes_of_another_digest_are_refused() {
    let peer = Peer::start(|_| Reply::ok(MANIFEST, "other"));
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(None));
    let asked = sha256(b"asked");
    let refused = registry.manifest(&asked, LIMIT);
    assert!(
        matches!(&refused, Err(RegistryError::WrongDigest { found, .. }) if *found == sha256(b"other")),
        "{refused:?}"
    );
    let refused = registry.blob(&asked, LIMIT);
    assert!(matches!(refused, Err(RegistryError::WrongDigest { .. })), "{refused:?}");
}

#[test]
fn a_header_that_names_another_digest_is_refused() {
    let header = |value: String| Reply::ok(MANIFEST, "bytes").with("Docker-Content-Digest", value);
    let right = sha256(b"bytes").to_string();
    assert!(tagged(header(right.clone())).is_ok());
    let wrong = [sha256(b"other").to_string(), right.to_uppercase(), "md5:00".to_owned()];
    for wrong in wrong {
        let refused = tagged(header(wrong));
        assert!(matches!(refused, Err(RegistryError::WrongHeader { .. })), "{refused:?}");
    }
    let second = header(right).with("Docker-Content-Digest", sha256(b"other").to_string());
    assert!(matches!(tagged(second), Err(RegistryError::WrongHeader { .. })));
    let sha512 = |text: &str| {
        use sha2::{Digest as _, Sha512};
        let hex: Vec<_> = Sha512::digest(text).iter().map(|b| format!("{b:02x}")).collect();
        header(format!("sha512:{}", hex.concat()))
    };
    assert!(tagged(sha512("bytes")).is_ok());
    assert!(matches!(tagged(sha512("other")), Err(RegistryError::WrongHeader { .. })));
}

#[test]
fn a_body_without_an_end_is_refused_at_the_limit() {
    let refused = tagged(Reply::ok(MANIFEST, vec![b'x'; 1_000]).sent(Manner::Endless));
    assert!(matches!(refused, Err(RegistryError::TooLarge { limit: 10_000, .. })), "{refused:?}");
}

#[test]
fn a_body_that_announces_too_much_is_not_read() {
    let refused = tagged(Reply::ok(MANIFEST, vec![b'x'; 10_001]));
    assert!(matches!(refused, Err(RegistryError::TooLarge { .. })), "{refused:?}");
    assert!(tagged(Reply::ok(MANIFEST, vec![b'x'; 10_000])).is_ok());
}

#[test]
fn a_truncated_body_is_refused() {
    let refused = tagged(Reply::ok(MANIFEST, "some").sent(Manner::Truncated));
    assert!(matches!(refused, Err(RegistryError::Transport { .. })), "{refused:?}");
}

#[test]
fn a_silent_registry_is_left_at_the_deadline() {
    let peer = Peer::start(|_| Reply::default().sent(Manner::Silent));
    let deadline = Duration::from_millis(200);
    let settings = RegistrySettings { deadline, ..settings(None) };
    let begin = Instant::now();
    let refused = open(&runtime(), &peer.locator(), settings).tagged("1", LIMIT);
    assert!(matches!(refused, Err(RegistryError::Deadline { seconds: 1, .. })), "{refused:?}");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn another_media_type_is_refused() {
    let docker = "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8";
    assert_eq!(tagged(Reply::ok(docker, "{}")).unwrap().media_type, docker[..docker.len() - 15]);
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    for wrong in [old, "application/json", "text/html", ""] {
        let refused = tagged(Reply::ok(wrong, "{}"));
        assert!(matches!(refused, Err(RegistryError::MediaType { .. })), "{refused:?}");
    }
    for reply in [
        Reply { body: b"{}".to_vec(), ..Reply::status(200) },
        Reply::ok(MANIFEST, "").with("Content-Type", OCI_INDEX),
    ] {
        let refused = tagged(reply);
        assert!(matches!(refused, Err(RegistryError::MediaType { .. })), "{refused:?}");
    }
}

#[test]
fn only_a_404_says_that_there_is_nothing() {
    assert!(tagged(Reply::status(404)).unwrap_err().is_not_found());
    for status in [204, 206, 300, 304, 400, 401, 403, 405, 410, 418, 500, 503] {
        let refused = tagged(Reply::status(status)).unwrap_err();
        assert!(!refused.is_not_found(), "{status}");
    }
    let peer = Peer::start(|_| Reply::status(404));
    let locator = peer.locator();
    drop(peer);
    let refused = open(&runtime(), &locator, settings(None)).tagged("1", LIMIT).unwrap_err();
    assert!(matches!(refused, RegistryError::Transport { .. }), "{refused:?}");
}

#[test]
fn a_404_of_another_host_does_not_say_that_there_is_nothing() {
    let other = Peer::start(|_| Reply::status(404));
    let target = format!("http://{}/", other.address);
    let peer = Peer::start(move |_| Reply::redirect(target.clone()));
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(None));
    let refused = registry.tagged("1", LIMIT);
    assert!(matches!(refused, Err(RegistryError::Status { status: 404, .. })), "{refused:?}");
    assert!(pages(&peer).is_err(), "and not that there is no referrers API");
}

#[test]
fn redirects_in_a_circle_come_to_an_end() {
    let peer = Peer::start(|asked| Reply::redirect(asked.path.clone()));
    let refused = open(&runtime(), &peer.locator(), settings(None)).tagged("1", LIMIT);
    assert!(matches!(refused, Err(RegistryError::Redirect { .. })), "{refused:?}");
    assert_eq!(peer.asked().len(), 6);
}

#[test]
fn redirects_that_lead_astray_are_not_followed() {
    let targets = [
        "http://registry.invalid/",
        "file:///etc/passwd",
        "ftp://localhost/",
        "https://u:p@localhost/",
    ];
    for target in targets {
        let refused = tagged(Reply::redirect(target));
        assert!(matches!(refused, Err(RegistryError::Redirect { .. })), "{target}: {refused:?}");
    }
    let refused = tagged(Reply::status(302));
    assert!(matches!(refused, Err(RegistryError::Redirect { .. })), "{refused:?}");
}

#[test]
fn a_host_whose_certificate_nobody_vouches_for_is_not_believed() {
    let folder = tempfile::TempDir::new().unwrap();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(folder.path()).stderr(Stdio::null());
        command
    };
    let config = "[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\nsubjectAltName=DNS:localhost\n";
    std::fs::write(folder.path().join("config"), config).unwrap();
    let request = "req -x509 -newkey ed25519 -nodes -keyout key -out certificate -config config -subj /CN=nobody";
    assert!(openssl(request).status().expect("openssl is needed").success());
    let mut server = openssl("s_server -www -key key -cert certificate -accept 127.0.0.1:0")
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port = lines.find_map(|line| Some(line.strip_prefix("ACCEPT 127.0.0.1:")?.to_owned()));
    let refused = tagged(Reply::redirect(format!("https://localhost:{}/", port.unwrap())));
    server.kill().unwrap();
    server.wait().unwrap();
    let Err(RegistryError::Transport { source, .. }) = refused else { panic!("{refused:?}") };
    assert!(format!("{source:?}").contains("UnknownIssuer"), "{source:?}");
}

#[test]
fn pages_in_a_circle_come_to_an_end_and_are_not_complete() {
    let peer = Peer::start(|asked| {
        let link = format!("<{}>; rel=\"next\"", asked.path);
        Reply::ok(OCI_INDEX, empty_page()).with("Link", link)
    });
    let (count, unfinished) = pages(&peer).unwrap();
    assert_eq!(count, 1);
    assert!(matches!(unfinished, Some(RegistryError::Paging { .. })), "{unfinished:?}");
}

#[test]
fn pages_without_an_end_are_left_at_the_limit() {
    let peer = Peer::start(|asked| {
        let number: u64 = asked.query.get("n").map_or(0, |n| n.parse().unwrap());
        let link = format!("<{}?n={}>; rel=\"next\"", asked.path, number + 1);
        Reply::ok(OCI_INDEX, empty_page()).with("Link", link)
    });
    let (count, unfinished) = pages(&peer).unwrap();
    assert_eq!(count, 100);
    assert!(matches!(unfinished, Some(RegistryError::Paging { .. })), "{unfinished:?}");
}

#[test]
fn a_page_of_another_host_is_not_asked_for() {
    let other = Peer::start(|_| Reply::status(200));
    let links = [
        format!("<http://{}/v2/app/referrers/x>; rel=\"next\"", other.address),
        "<https://registry.invalid/>; rel=\"next\"".to_owned(),
        "<?n=1>; rel=next, <?n=2>; rel=next".to_owned(),
    ];
    for link in links {
        let peer =
            Peer::start(move |_| Reply::ok(OCI_INDEX, empty_page()).with("Link", link.clone()));
        let (count, unfinished) = pages(&peer).unwrap();
        assert_eq!(count, 1);
        assert!(matches!(unfinished, Some(RegistryError::Paging { .. })), "{unfinished:?}");
    }
    assert!(other.asked().is_empty());
}

#[test]
fn a_later_page_that_fails_leaves_the_listing_open() {
    let answers = [Reply::status(404), Reply::status(500), Reply::ok("text/html", "x")];
    for answer in answers {
        let peer = Peer::start(move |asked| {
            if asked.query.is_empty() {
                Reply::ok(OCI_INDEX, empty_page()).with("Link", "<?n=1>; rel=\"next\"")
            } else {
                answer.clone()
            }
        });
        let (count, unfinished) = pages(&peer).unwrap();
        assert!(count == 1 && unfinished.is_some());
    }
}

#[test]
fn referrers_that_are_no_index_are_an_error_and_no_empty_list() {
    for reply in [Reply::ok("text/html", "<html>"), Reply::status(400), Reply::status(405)] {
        let peer = Peer::start(move |_| reply.clone());
        assert!(pages(&peer).is_err());
    }
    let peer = Peer::start(|_| Reply::ok(OCI_INDEX, vec![b' '; (4 << 20) + 1]));
    assert!(matches!(pages(&peer), Err(RegistryError::TooLarge { .. })));
}
