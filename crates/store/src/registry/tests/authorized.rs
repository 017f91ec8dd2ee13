//! Tokens, passwords, and who gets to see them.

use super::peer::{Asked, Peer, Reply};
use super::referrers::{digest_of, with_image};
use super::{LIMIT, open, runtime, settings, sha256};
use crate::{Credentials, RegistryError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `user:secret`, as `Basic` sends it.
const BASIC: &str = "Basic dXNlcjpzZWNyZXQ=";

fn credentials() -> Credentials {
    Credentials::new("user", "secret")
}

fn authorization(asked: &Asked) -> Option<&str> {
    asked.headers.get("authorization").map(String::as_str)
}

fn demand(realm: &str) -> Reply {
    let challenge = format!(r#"Bearer realm="{realm}",service="the registry",scope="all""#);
    Reply::status(401).with("WWW-Authenticate", challenge)
}

/// Starts a registry that wants the newest token, which ends after every `uses` requests.
fn token_registry(uses: usize) -> (Peer, beleg_model::Digest) {
    let (registry, image) = with_image();
    let served = Arc::new(AtomicUsize::new(0));
    let peer = Peer::start(move |asked| {
        let host = asked.headers.get("host").unwrap();
        let current = served.load(Ordering::SeqCst) / uses;
        if asked.path == "/token" {
            let body = format!(r#"{{"access_token":"token-{current}","expires_in":60}}"#);
            return Reply::ok("application/json", body);
        }
        if authorization(asked) == Some(&format!("Bearer token-{current}")) {
            served.fetch_add(1, Ordering::SeqCst);
            registry.answer(asked)
        } else {
            demand(&format!("http://{host}/token?account=a"))
        }
    });
    (peer, digest_of(&image))
}

#[test]
fn a_token_is_fetched_with_the_credentials_and_kept() {
    let (peer, digest) = token_registry(usize::MAX);
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(Some(credentials())));
    for _ in 0..2 {
        assert_eq!(registry.manifest(&digest, LIMIT).unwrap().digest, digest);
    }
    let asked = peer.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
    let manifest = format!("/v2/app/manifests/{digest}");
    assert_eq!(paths, [manifest.as_str(), "/token", &manifest, &manifest]);
    assert_eq!(authorization(&asked[0]), None);
    assert_eq!(authorization(&asked[1]), Some(BASIC));
    let query = |key: &str| asked[1].query.get(key).map(String::as_str);
    assert_eq!(query("service"), Some("the registry"));
    assert_eq!(query("scope"), Some("repository:app:pull"), "never more than is needed");
    assert_eq!(query("account"), Some("a"));
    assert_eq!(authorization(&asked[3]), Some("Bearer token-0"));
}

#[test]
fn a_token_is_fetched_anonymously_and_again_when_it_ends() {
    let (peer, digest) = token_registry(1);
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(None));
    for _ in 0..3 {
        assert_eq!(registry.manifest(&digest, LIMIT).unwrap().digest, digest);
    }
    let tokens: Vec<_> = peer.asked().into_iter().filter(|asked| asked.path == "/token").collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|asked| authorization(asked).is_none()));
}

#[test]
fn a_blob_is_fetched_from_another_host_without_the_authorization() {
    let content = b"content".to_vec();
    let digest = sha256(&content);
    let storage = Peer::start(move |_| Reply::ok("application/octet-stream", content.clone()));
    let target = format!("http://{}/storage?signature=x", storage.address);
    let peer = Peer::start(move |asked| {
        if authorization(asked) == Some(BASIC) {
            Reply::redirect(target.clone())
        } else {
            Reply::status(401).with("WWW-Authenticate", "Basic realm=\"x\"")
        }
    });
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(Some(credentials())));
    assert_eq!(registry.blob(&digest, LIMIT).unwrap(), b"content");
    assert_eq!(authorization(&peer.asked()[1]), Some(BASIC));
    let [asked] = storage.asked().try_into().unwrap();
    assert_eq!(authorization(&asked), None);
    assert!(!asked.headers.contains_key("referer"));
}

#[test]
fn authorization_does_not_come_back_with_a_redirect() {
    let back = Arc::new(std::sync::Mutex::new(String::new()));
    let target = Arc::clone(&back);
    let storage = Peer::start(move |_| Reply::redirect(target.lock().unwrap().clone()));
    let away = format!("http://{}/away", storage.address);
    let peer = Peer::start(move |asked| match asked.path.as_str() {
        "/admin" => Reply::ok("text/plain", "x"),
        _ if authorization(asked).is_none() => {
            Reply::status(401).with("WWW-Authenticate", "Basic realm=\"x\"")
        }
        _ => Reply::redirect(away.clone()),
    });
    *back.lock().unwrap() = format!("http://{}/admin", peer.address);
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(Some(credentials())));
    assert_eq!(registry.blob(&sha256(b"x"), LIMIT).unwrap(), b"x");
    let asked = peer.asked();
    assert_eq!(asked[2].path, "/admin");
    assert_eq!(authorization(&asked[2]), None);
}

#[test]
fn a_demand_from_another_host_is_not_obeyed() {
    let storage = Peer::start(|_| Reply::status(401).with("WWW-Authenticate", "Basic realm=x"));
    let target = format!("http://{}/storage", storage.address);
    let peer = Peer::start(move |_| Reply::redirect(target.clone()));
    let runtime = runtime();
    let registry = open(&runtime, &peer.locator(), settings(Some(credentials())));
    let refused = registry.blob(&sha256(b"x"), LIMIT);
    assert!(matches!(refused, Err(RegistryError::Denied { status: 401, .. })), "{refused:?}");
    assert_eq!(storage.asked().len(), 1);
}

#[test]
fn a_password_goes_to_no_token_service_that_it_is_not_meant_for() {
    let service = Peer::start(|_| Reply::ok("application/json", r#"{"token":"t"}"#));
    let port = service.address.port();
    let (conforming, image) = with_image();
    let peer = Peer::start(move |asked| {
        if authorization(asked) == Some("Bearer t") {
            conforming.answer(asked)
        } else {
            demand(&format!("http://localhost:{port}/token"))
        }
    });
    let runtime = runtime();
    let refused = open(&runtime, &peer.locator(), settings(Some(credentials())))
        .manifest(&digest_of(&image), LIMIT);
    assert!(
        matches!(&refused, Err(RegistryError::ForeignRealm { host, .. }) if host == "localhost"),
        "{refused:?}"
    );
    assert!(service.asked().is_empty(), "nothing was sent at all");
    let meant = credentials().for_realm_host("LOCALHOST");
    let registry = open(&runtime, &peer.locator(), settings(Some(meant)));
    registry.manifest(&digest_of(&image), LIMIT).unwrap();
    assert_eq!(authorization(&service.asked()[0]), Some(BASIC));
}

#[test]
fn demands_that_make_no_sense_are_refused() {
    let realms = [
        "http://registry.invalid/token",
        "ftp://localhost/token",
        "http://user:password@localhost/token",
        "no url",
    ];
    let runtime = runtime();
    for realm in realms {
        let peer = Peer::start(move |_| demand(realm));
        let registry = open(&runtime, &peer.locator(), settings(None));
        let refused = registry.tagged("1", LIMIT);
        assert!(matches!(refused, Err(RegistryError::Challenge { .. })), "{realm}: {refused:?}");
    }
    for challenge in ["Negotiate", "Bearer service=\"x\"", ""] {
        let peer = Peer::start(move |_| Reply::status(401).with("WWW-Authenticate", challenge));
        let registry = open(&runtime, &peer.locator(), settings(None));
        let refused = registry.tagged("1", LIMIT);
        assert!(matches!(refused, Err(RegistryError::Challenge { .. })), "{refused:?}");
    }
}

#[test]
fn a_token_service_that_gives_no_token_is_refused() {
    let runtime = runtime();
    let large = format!(r#"{{"token":"{}"}}"#, "x".repeat(100_000));
    let answers = [
        Reply::status(401),
        Reply::redirect("http://127.0.0.1:1/"),
        Reply::ok("application/json", "{}"),
        Reply::ok("application/json", r#"{"token":"a\r\nHost: b"}"#),
        Reply::ok("application/json", "[[["),
    ];
    let ask = |answer: Reply| {
        let peer = Peer::start(move |asked| match asked.path.as_str() {
            "/token" => answer.clone(),
            _ => demand(&format!("http://{}/token", asked.headers["host"])),
        });
        open(&runtime, &peer.locator(), settings(None)).tagged("1", LIMIT)
    };
    for answer in answers {
        let refused = ask(answer);
        assert!(matches!(refused, Err(RegistryError::Token { .. })), "{refused:?}");
    }
    let refused = ask(Reply::ok("application/json", large));
    assert!(matches!(refused, Err(RegistryError::TooLarge { .. })), "{refused:?}");
}

#[test]
fn a_token_that_is_not_accepted_ends_the_matter() {
    let peer = Peer::start(|asked| match asked.path.as_str() {
        "/token" => Reply::ok("application/json", r#"{"token":"t"}"#),
        _ => demand(&format!("http://{}/token", asked.headers["host"])),
    });
    let runtime = runtime();
    let refused = open(&runtime, &peer.locator(), settings(None)).tagged("1", LIMIT);
    assert!(matches!(refused, Err(RegistryError::Denied { status: 401, .. })), "{refused:?}");
    assert_eq!(peer.asked().len(), 3);
}

#[test]
fn a_password_is_never_shown() {
    assert!(!format!("{:?}", settings(Some(credentials()))).contains("secret"));
}
