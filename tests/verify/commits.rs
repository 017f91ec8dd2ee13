//! `beleg verify commits`, on commits that git signed with ssh-keygen, gpg and openssl, and on such
//! as gitsign makes.

use super::world::{ALICE, ISSUER, Judged, Sigstore, Workshop};
use crate::company::text;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A repository, and those who commit to it.
pub(super) struct Repository {
    pub(super) workshop: Workshop,
}

impl Repository {
    pub(super) fn new() -> Self {
        let repository = Self { workshop: Workshop::new() };
        repository.workshop.write("home/.gitconfig", "[gpg]\nformat = ssh\n");
        repository.workshop.tool("git", "init -q -b main source");
        repository.workshop.write("allowed_signers", "");
        repository
    }

    /// Makes an SSH key for `name`, and lets its owner sign.
    pub(super) fn allow(&self, name: &str) {
        self.key(name);
        let public = String::from_utf8(self.workshop.read(&format!("{name}.pub"))).unwrap();
        let allowed = String::from_utf8(self.workshop.read("allowed_signers")).unwrap();
        let line = format!("{allowed}{name}@example.org {public}");
        self.workshop.write("allowed_signers", line);
    }

    pub(super) fn key(&self, name: &str) {
        let words = ["-q", "-t", "ed25519", "-C", name, "-f", name, "-N", ""];
        self.workshop.tool_with("ssh-keygen", &words, b"");
    }

    /// Runs git as `name`, who signs with his own key where he signs.
    #[track_caller]
    pub(super) fn git(&self, name: &str, words: &str) -> String {
        let key = self.workshop.path(name);
        let all = format!(
            "-C source -c user.name={name} -c user.email={name}@example.org \
             -c user.signingKey={} {words}",
            key.display()
        );
        String::from_utf8(self.workshop.tool("git", &all)).unwrap().trim().to_owned()
    }

    /// Commits a new content of a file, signed, and returns the commit's id.
    #[track_caller]
    pub(super) fn commit(&self, name: &str, file: &str, options: &str) -> String {
        let content = format!("{name} {options} {}", self.workshop.folder().display());
        self.workshop.write(&format!("source/{file}"), content);
        self.git(name, "add .");
        self.git(name, &format!("commit -q -S -m {file} {options}"));
        self.head()
    }

    pub(super) fn head(&self) -> String {
        self.git("ann", "rev-parse HEAD")
    }

    /// Verifies commits by the allowed signers.
    #[track_caller]
    fn judged(&self, words: &str, code: i32) -> Judged {
        let all = format!("commits --repo source --allowed-signers allowed_signers {words}");
        self.workshop.judged(&all, code)
    }

    /// Writes a commit as gitsign does, on top of nothing, and moves `main` to it.
    fn gitsign(&self, options: &[&str]) -> String {
        let workshop = &self.workshop;
        workshop.write("source/file", "content");
        let config = ["-C", "source", "-c", "user.name=Alice", "-c", "user.email=alice@world.test"];
        workshop.tool("git", "-C source add .");
        let words = [&config[..], &["commit", "-q", "-m", "first"]].concat();
        workshop.tool_with("git", &words, b"");
        let payload = workshop.tool("git", "-C source cat-file commit HEAD");
        let (unsigned, armor) = (workshop.write("payload", &payload), workshop.path("signature"));
        let files = ["--payload", unsigned.to_str().unwrap(), "--out", armor.to_str().unwrap()];
        Sigstore::shared().run("cms", &[&files[..], options].concat());
        let payload = String::from_utf8(payload).unwrap();
        let (header, message) = payload.split_once("\n\n").unwrap();
        let armor = fs::read_to_string(armor).unwrap();
        let folded = armor.trim_end().replace('\n', "\n ");
        let commit = format!("{header}\ngpgsig {folded}\n\n{message}");
        let words = ["-C", "source", "hash-object", "-t", "commit", "-w", "--stdin"];
        let oid = String::from_utf8(workshop.tool_with("git", &words, commit.as_bytes())).unwrap();
        workshop.tool("git", &format!("-C source update-ref refs/heads/main {oid}"));
        oid.trim().to_owned()
    }
}

#[test]
fn commits_signed_with_ssh_pass() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.allow("bob");
    let first = repository.commit("ann", "a", "");
    let second = repository.commit("bob", "b", "");
    let judged = repository.judged("", 0);
    assert_eq!(judged.rules(), Vec::<String>::new());
    assert_eq!(judged.0["population"]["expected"], 2);
    assert_eq!(judged.0["population"]["examined"], 2);
    assert_eq!(judged.0["population"]["unit"], "commits");
    assert_eq!(judged.0["head"], second);
    let commit = judged.entry("commits", "oid", &first);
    assert_eq!(commit["signature"], "ssh");
    assert_eq!((&commit["crypto"], &commit["trust"]), (&"good".into(), &"good".into()));
    assert_eq!(commit["reason"], "trusted");
    assert_eq!(commit["signer"]["identity"], "ann@example.org");
    let fingerprint = String::from_utf8(repository.workshop.tool("ssh-keygen", "-lf ann.pub"));
    let shown = text(&commit["signer"]["fingerprint"]);
    assert!(shown.starts_with("SHA256:") && fingerprint.unwrap().contains(&shown), "{shown}");
    assert!(text(&commit["times"]["committer"]).ends_with('Z'));
    assert_eq!(commit["committer"]["email"], "ann@example.org");
    let input = judged.entry("inputs", "locator", "allowed_signers");
    assert!(text(&input["digest"]).starts_with("sha256:"));
    let judged = repository.judged(&format!("--range {first}..main"), 0);
    assert_eq!(judged.0["commits"].as_array().unwrap().len(), 1);
    // The oracle.
    let file = repository.workshop.path("allowed_signers");
    let words = format!("-c gpg.ssh.allowedSignersFile={} log --format=%G?", file.display());
    assert_eq!(repository.git("ann", &words), "G\nG");
}

#[test]
fn an_unsigned_commit_fails_and_the_text_says_which_and_what_to_do() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    let unsigned = repository.commit("ann", "b", "--no-gpg-sign");
    let judged = repository.judged("", 1);
    assert_eq!(judged.rules(), ["unsigned"]);
    let commit = judged.entry("commits", "oid", &unsigned);
    assert_eq!((&commit["signature"], &commit["reason"]), (&().into(), &"unsigned".into()));
    let words = "commits --repo source --allowed-signers allowed_signers";
    let shown = repository.workshop.verify(words).run().expect(1);
    for part in [&unsigned[..12], "is not signed", "Remedy: ", "FAIL: ", "2 of 2 commits examined"]
    {
        assert!(shown.stdout.contains(part), "no `{part}` in\n{}", shown.stdout);
    }
    assert!(!shown.stdout.contains('\u{1b}'), "no colours in a pipe");
    // The same into a file, as JSON.
    let words = "commits --repo source --allowed-signers allowed_signers --format json -o out.json";
    let quiet = repository.workshop.verify(words).run().expect(1);
    assert_eq!(quiet.stdout, "");
    let written = String::from_utf8(repository.workshop.read("out.json")).unwrap();
    assert!(written.contains("\"verdict\": \"fail\""), "{written}");
    repository.judged(&format!("--range {unsigned}~1"), 0);
}

#[test]
fn what_a_commit_says_of_itself_never_reaches_the_terminal_raw() {
    let repository = Repository::new();
    repository.allow("ann");
    let words = ["-C", "source", "-c", "user.name=Ann \u{202e}", "-c", "user.email=\u{1b}[2J"];
    let commit = ["commit", "-q", "--allow-empty", "-m", "\u{1b}[1;32mPASS\u{1b}[0m\u{7}\u{202e}"];
    repository.workshop.tool_with("git", &[&words[..], &commit].concat(), b"");
    let words = "commits --repo source --allowed-signers allowed_signers";
    let shown = repository.workshop.verify(words).run().expect(1).stdout;
    let raw = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!shown.contains(raw), "{shown:?}");
}

#[test]
fn only_allowed_signers_pass_and_only_in_their_own_name() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.key("mallory");
    repository.commit("ann", "a", "");
    let theirs = repository.commit("mallory", "b", "");
    let judged = repository.judged(&format!("--range {theirs}~1.."), 1);
    assert_eq!(judged.rules(), ["unknown-key"]);
    // Nobody at all may sign.
    let judged = repository.workshop.judged("commits --repo source", 3);
    assert_eq!(judged.reason(), "no-trust-material");
    // A good key, in the name of another.
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    let key = repository.workshop.path("ann");
    let words = format!("-c user.signingKey={} commit -q -S --allow-empty -m x", key.display());
    repository.git("bob", &words);
    assert_eq!(repository.judged("", 1).rules(), ["signer-not-committer"]);
    repository.judged("--allow-signing-for-others-unsafe", 0);
    // A revoked key.
    fs::copy(repository.workshop.path("ann.pub"), repository.workshop.path("revoked")).unwrap();
    let judged = repository.judged("--revoked-keys revoked --range HEAD~1", 1);
    assert_eq!(judged.rules(), ["key-revoked"]);
}

/// Who is in a list that is none is not known: that is said first, and nobody is called a stranger.
#[test]
fn a_trust_file_of_another_kind_or_an_empty_one_makes_nobody_a_stranger() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    repository.workshop.write("empty.asc", "");
    repository.workshop.write("other", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEAAAA\n");
    for trust in ["--keyring allowed_signers", "--keyring empty.asc", "--allowed-signers other"] {
        let judged = repository.workshop.judged(&format!("commits --repo source {trust}"), 3);
        let mut rules = judged.rules();
        rules.dedup();
        assert_eq!(rules, ["trust-material-unreadable", "no-trust-material"], "{trust}");
    }
    let judged = repository.workshop.judged("commits --repo source --keyring source", 3);
    let unreadable = judged.finding("trust-material-unreadable");
    assert!(text(&unreadable["remedy"]).contains("regular file"), "{unreadable:#}");
}

#[test]
fn commits_signed_with_gpg_pass_by_the_keyring() {
    let repository = Repository::new();
    let workshop = &repository.workshop;
    let make = |address: &str| {
        let words = ["--passphrase", "", "--quick-gen-key", address, "ed25519", "sign", "0"];
        workshop.tool_with("gpg", &words, b"");
        let armored = workshop.tool("gpg", &format!("--armor --export {address}"));
        workshop.write(&format!("{address}.asc"), armored);
    };
    make("ann@example.org");
    make("stranger@example.org");
    let sign = "-c gpg.format=openpgp -c user.signingKey=ann@example.org commit -q -S";
    repository.git("ann", &format!("{sign} --allow-empty -m first"));
    assert_eq!(repository.git("ann", "log --format=%G?"), "G", "the oracle");
    workshop.tool("gpgconf", "--kill all");
    let verify = |keyring: &str, code| {
        workshop.judged(&format!("commits --repo source --keyring {keyring}"), code)
    };
    let judged = verify("ann@example.org.asc", 0);
    let commit = &judged.0["commits"][0];
    assert_eq!((&commit["signature"], &commit["reason"]), (&"openpgp".into(), &"trusted".into()));
    assert!(text(&commit["signer"]["identity"]).contains("ann@example.org"), "{commit:#}");
    assert!(commit["times"]["signature"].is_string(), "{commit:#}");
    assert_eq!(verify("stranger@example.org.asc", 1).rules(), ["unknown-key"]);
    workshop.write("broken.asc", "no keyring");
    let rules = verify("broken.asc", 3).rules();
    assert!(rules.contains(&"trust-material-unreadable".to_owned()), "{rules:?}");
    assert_eq!(verify("absent.asc", 3).reason(), "trust-material-unreadable");
}

#[test]
fn commits_signed_with_x509_pass_by_the_authority() {
    let repository = Repository::new();
    let workshop = &repository.workshop;
    for authority in ["root", "other"] {
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30";
        let words = format!(
            "req -x509 {curve} -subj /CN={authority} -keyout {authority}.key -out {authority}.pem \
             -addext keyUsage=critical,keyCertSign,cRLSign"
        );
        workshop.tool("openssl", &words);
    }
    let extensions = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=emailProtection\nsubjectAltName=email:ann@example.org\n";
    workshop.write("extensions", extensions);
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    workshop
        .tool("openssl", &format!("req -new {curve} -subj /CN=Ann -keyout ann.key -out ann.csr"));
    workshop.tool(
        "openssl",
        "x509 -req -in ann.csr -CA root.pem -CAkey root.key -days 20 -extfile extensions -out ann.pem",
    );
    let folder = workshop.folder().display();
    let script = workshop.write(
        "sign",
        format!(
            "#!/bin/sh\ncd {folder}\nopenssl cms -sign -binary -nosmimecap -outform PEM \
             -signer ann.pem -inkey ann.key | sed 's/ CMS-----/ SIGNED MESSAGE-----/'\n\
             echo '[GNUPG:] SIG_CREATED ' >&2\n"
        ),
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let program = format!("-c gpg.format=x509 -c gpg.x509.program={}", script.display());
    repository.git("ann", &format!("{program} commit -q -S --allow-empty -m first"));
    let verify = |words: &str, code| {
        workshop.judged(&format!("commits --repo source --authorities {words}"), code)
    };
    let judged = verify("root.pem", 0);
    let commit = &judged.0["commits"][0];
    assert_eq!((&commit["signature"], &commit["reason"]), (&"x509".into(), &"trusted".into()));
    assert_eq!(commit["signer"]["identity"], "ann@example.org");
    assert_eq!(verify("other.pem", 1).rules(), ["certificate-untrusted"]);
    repository.git("bob", &format!("{program} commit -q -S --allow-empty -m second"));
    assert_eq!(verify("root.pem", 1).rules(), ["signer-not-committer"]);
}

#[test]
fn a_gitsign_commit_passes_with_its_log_entry_and_is_unknown_without() {
    let repository = Repository::new();
    let oid = repository.gitsign(&["--embed-log"]);
    let alice = Sigstore::shared().trusting_alice();
    let judged = repository.workshop.judged(&format!("commits --repo source {alice}"), 0);
    let commit = judged.entry("commits", "oid", &oid);
    assert_eq!((&commit["signature"], &commit["reason"]), (&"x509".into(), &"trusted".into()));
    assert_eq!(commit["signer"]["identity"], ALICE);
    assert_eq!(commit["signer"]["issuer"], ISSUER);
    assert_eq!(commit["times"]["decided_by"], "log-time");
    assert!(commit["times"]["log"].is_string(), "{commit:#}");
    let root = Sigstore::shared().root();
    let with = |rest: &str, code| {
        repository
            .workshop
            .judged(&format!("commits --repo source --trusted-root {root} {rest}"), code)
    };
    let mallory = format!("--certificate-identity mallory@x --certificate-oidc-issuer {ISSUER}");
    assert_eq!(with(&mallory, 1).rules(), ["identity-mismatch"]);
    let issuer = format!("--certificate-identity {ALICE} --certificate-oidc-issuer https://x");
    assert_eq!(with(&issuer, 1).rules(), ["issuer-mismatch"]);
    let pattern =
        format!("--certificate-identity-pattern *@world.test --certificate-oidc-issuer {ISSUER}");
    with(&pattern, 0);
    // Sigstore vouches for anybody: without a name, nobody may sign.
    assert_eq!(with("", 3).reason(), "no-trust-material");
    let stranger = Sigstore::new();
    let strange = stranger.trusting_alice();
    let judged = repository.workshop.judged(&format!("commits --repo source {strange}"), 1);
    assert_eq!(judged.rules(), ["log-unknown"]);

    let repository = Repository::new();
    repository.gitsign(&[]);
    let judged = repository.workshop.judged(&format!("commits --repo source {alice}"), 3);
    assert_eq!(judged.reason(), "evidence-missing");
    assert_eq!(judged.rules(), ["evidence-missing"]);
    assert!(text(&judged.finding("evidence-missing")["remedy"]).contains("rekorMode"));
    let judged = repository.workshop.judged(&format!("commits --repo source {strange}"), 1);
    assert_eq!(judged.rules(), ["certificate-untrusted"], "a chain made at home");
}

/// A tag beside a branch of the same name: git takes the tag, and only warns.
#[test]
fn a_name_that_means_two_things_is_refused_with_both() {
    let repository = Repository::new();
    repository.allow("ann");
    let signed = repository.commit("ann", "a", "");
    repository.git("ann", "commit -q --allow-empty -m unsigned");
    let (unsigned, short) = (repository.head(), &signed[..7]);
    repository.git("ann", &format!("tag main {signed}"));
    repository.git("ann", &format!("update-ref refs/heads/{short} {unsigned}"));
    repository.git("ann", &format!("update-ref refs/remotes/origin/main {unsigned}"));
    repository.git("ann", &format!("update-ref refs/tags/origin/main {signed}"));
    assert_eq!(repository.git("ann", "rev-parse main"), signed, "the oracle takes the tag");
    for (name, candidates) in [
        ("main", ["refs/tags/main", "refs/heads/main"]),
        ("origin/main", ["refs/tags/origin/main", "refs/remotes/origin/main"]),
        (short, [&format!("refs/heads/{short}"), signed.as_str()]),
        ("main~0", ["refs/tags/main", "refs/heads/main"]),
        ("main@{0}", ["refs/tags/main", "refs/heads/main"]),
    ] {
        let judged = repository.judged(&format!("--range {name}"), 3);
        let finding = judged.finding("revision-ambiguous");
        let said = text(&finding["message"]);
        assert!(candidates.iter().all(|candidate| said.contains(candidate)), "{name}: {said}");
        assert!(text(&finding["remedy"]).contains("refs/heads/main"), "{name}");
        repository.judged(&format!("--range {signed}..{name}"), 3);
        repository.judged(&format!("--range {name}..HEAD"), 3);
    }
    let judged = repository.judged("--range refs/heads/main", 1);
    assert_eq!(text(&judged.0["head"]), unsigned);
    assert_eq!(judged.0["head_name"], "refs/heads/main");
    let judged = repository.judged("--range refs/tags/main", 0);
    assert_eq!(text(&judged.0["head"]), signed);
    assert_eq!(judged.0["head_name"], "refs/tags/main");
    assert_eq!(judged.entry("inputs", "name", "head commit")["locator"], "refs/tags/main");
    // The branch of the policy is the branch's whole name, or its own one.
    repository.workshop.write(
        "policy.toml",
        "schema = 1\ndefault = \"refuse\"\n[[rule]]\nname = \"all\"\nbranches = [\"main\"]\n",
    );
    let by = |words: &str, code| {
        repository.judged(&format!("--policy policy.toml --range refs/tags/main {words}"), code)
    };
    assert_eq!(by("--branch main", 0).0["branch"], "main");
    assert_eq!(by("--branch refs/heads/main", 0).0["branch"], "main");
    by("--branch refs/tags/main", 3);
    by("", 3);
    let shown = repository
        .workshop
        .verify("commits --repo source --allowed-signers allowed_signers --range HEAD~1")
        .run()
        .expect(0);
    assert!(shown.stdout.contains(&format!("refs/heads/main~1 ({signed})")), "{}", shown.stdout);
}

/// A key that is valid from a future instant on, and a commit dated into that future.
#[test]
fn a_time_to_come_proves_nothing() {
    let repository = Repository::new();
    let workshop = &repository.workshop;
    repository.key("ann");
    let public = String::from_utf8(workshop.read("ann.pub")).unwrap();
    let dated = |date: &str| {
        let mut words = vec!["GIT_COMMITTER_DATE=".to_owned() + date, "git".to_owned()];
        words.extend(["-C", "source", "-c", "user.name=ann"].map(str::to_owned));
        words.extend(["-c", "user.email=ann@example.org", "-c"].map(str::to_owned));
        words.push(format!("user.signingKey={}", workshop.path("ann").display()));
        words.extend(["commit", "-q", "-S", "--allow-empty", "-m", "m"].map(str::to_owned));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        workshop.tool_with("env", &words, b"");
        repository.head()
    };
    let future = dated("2098-01-01T00:00:00Z");
    let allow = |options: &str| {
        workshop.write("allowed_signers", format!("ann@example.org {options} {public}"));
    };
    allow("valid-after=\"20970101Z\"");
    let config =
        format!("-c gpg.ssh.allowedSignersFile={}", workshop.path("allowed_signers").display());
    repository.git("ann", &format!("{config} verify-commit {future}"));
    assert_eq!(repository.judged("", 1).rules(), ["outside-validity"]);
    allow("valid-before=\"20990101Z\"");
    let judged = repository.judged("", 0);
    let notes = judged.0["commits"][0]["notes"].to_string();
    assert!(notes.contains("still to come"), "{notes}");
    // The same by a certificate of an authority.
    repository.key("authority");
    workshop.tool(
        "ssh-keygen",
        "-q -s authority -I ann -n ann@example.org -V 20970101Z:20990101Z ann.pub",
    );
    let authority = String::from_utf8(workshop.read("authority.pub")).unwrap();
    workshop.write("allowed_signers", format!("*@example.org cert-authority {authority}"));
    fs::rename(workshop.path("ann-cert.pub"), workshop.path("ann.pub")).unwrap();
    dated("2098-01-01T00:00:00Z");
    let judged = repository.judged("--range HEAD~1..HEAD", 1);
    assert_eq!(judged.rules(), ["certificate-expired"], "{:#}", judged.0);
}

/// A header that no signature covers, added to a signed commit: git says `Good signature`.
#[test]
fn a_header_that_no_signature_covers_is_named() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    let commit =
        String::from_utf8(repository.workshop.tool("git", "-C source cat-file commit HEAD"));
    let (header, message) = commit.as_deref().unwrap().split_once("\n\n").unwrap();
    let added =
        format!("{header}\ngpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n anything\n\n{message}");
    let words = ["-C", "source", "hash-object", "-t", "commit", "-w", "--stdin"];
    let oid = repository.workshop.tool_with("git", &words, added.as_bytes());
    let oid = String::from_utf8(oid).unwrap().trim().to_owned();
    let allowed = repository.workshop.path("allowed_signers");
    let config = format!("-c gpg.ssh.allowedSignersFile={}", allowed.display());
    repository.git("ann", &format!("{config} verify-commit {oid}"));
    let judged = repository.judged(&format!("--range {oid}"), 0);
    assert!(text(&judged.finding("unsigned-header")["message"]).contains(&oid[..12]));
    assert_eq!(judged.0["commits"][0]["unsigned_header"], true);
    assert_eq!(repository.judged("", 0).rules(), Vec::<String>::new());
}

#[test]
fn an_address_that_differs_in_case_alone_is_the_same_one() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.git("ann", "-c user.email=Ann@Example.ORG commit -q -S --allow-empty -m m");
    repository.judged("", 0);
    let public = String::from_utf8(repository.workshop.read("ann.pub")).unwrap();
    let line = format!("*@example.org,!ann@example.org {public}");
    repository.workshop.write("allowed_signers", line);
    assert_eq!(repository.judged("", 1).rules(), ["signer-not-committer"]);
}

/// The git of today writes neither by default; their marks are what libgit2 looks at.
#[test]
fn a_repository_in_a_form_that_is_not_read_says_so() {
    for (extension, remedy) in [
        ("refStorage = reftable", "git refs migrate --ref-format=files"),
        ("compatObjectFormat = sha256", "git clone"),
    ] {
        let repository = Repository::new();
        repository.allow("ann");
        repository.commit("ann", "a", "");
        let config = String::from_utf8(repository.workshop.read("source/.git/config")).unwrap();
        let config = config.replace("repositoryformatversion = 0", "repositoryformatversion = 1");
        let config = format!("{config}[extensions]\n\t{extension}\n");
        repository.workshop.write("source/.git/config", config);
        let judged = repository.judged("", 3);
        let finding = judged.finding("repository-unsupported");
        let name = extension.split(' ').next().unwrap().to_lowercase();
        assert!(text(&finding["message"]).contains(&name), "{finding:#}");
        assert!(text(&finding["remedy"]).contains(remedy), "{finding:#}");
        let tags = repository.workshop.judged("tags --repo source", 3);
        assert_eq!(tags.reason(), "repository-unsupported");
    }
}

/// Merges, an ancestor with a date long before its parents', and a base that is no ancestor: what
/// git lists from the head and not from the base is what is examined.
#[test]
fn the_commits_of_a_range_are_those_that_only_its_head_reaches() {
    let repository = Repository::new();
    let commit = |branch: &str, date: u32, options: &str| {
        let words = ["-C", "source", "-c", "user.name=a", "-c", "user.email=a@x"];
        let date = format!("GIT_COMMITTER_DATE=@{date} +0000");
        let checkout = format!("-C source checkout -q {branch}");
        repository.workshop.tool("git", &checkout);
        let mut all = vec![date.as_str(), "git"];
        all.extend(words);
        all.extend(options.split_whitespace());
        repository.workshop.tool_with("env", &all, b"");
        repository.head()
    };
    repository
        .workshop
        .tool("git", "-C source -c user.name=a -c user.email=a@x commit -q --allow-empty -m r");
    let mut ids = vec![repository.head()];
    for date in [1_700_000_100, 1_700_000_200, 1_000, 1_700_000_400] {
        ids.push(commit("main", date, "commit -q --allow-empty -m m"));
    }
    repository.workshop.tool("git", &format!("-C source branch side {}", ids[2]));
    for date in [1_700_000_150, 1_700_000_900] {
        ids.push(commit("side", date, "commit -q --allow-empty -m s"));
    }
    ids.push(commit("main", 1_700_000_500, "merge -q --no-ff -m merge side"));
    for date in [1_700_000_600, 1_700_000_050] {
        ids.push(commit("main", date, "commit -q --allow-empty -m m"));
    }
    for base in &ids {
        for head in &ids {
            let range = format!("{base}..{head}");
            // With false dates git itself lists too much for a range, and only for a range.
            let of = |end: &str| repository.git("a", &format!("rev-list {end}"));
            let (before, all) = (of(base), of(head));
            let mut listed: Vec<&str> =
                all.lines().filter(|oid| !before.lines().any(|other| other == *oid)).collect();
            let code = if listed.is_empty() { 3 } else { 1 };
            let judged = repository.judged(&format!("--range {range}"), code);
            let mut found: Vec<String> =
                judged.0["commits"].as_array().unwrap().iter().map(|it| text(&it["oid"])).collect();
            listed.sort();
            found.sort();
            assert_eq!(found, listed, "{range}");
        }
    }
}

/// What stands in a keyring besides the signer's certificate, and what is wrong with that, says
/// nothing about the signer.
#[test]
fn a_certificate_that_no_signature_names_decides_nothing() {
    let repository = Repository::new();
    let workshop = &repository.workshop;
    let make = |name: &str, kind: &str, usage: &str| {
        let words = ["--passphrase", "", "--quick-gen-key", name, kind, usage, "0"];
        workshop.tool_with("gpg", &words, b"");
        workshop.tool("gpg", &format!("--export {name}"))
    };
    let ann = make("ann@example.org", "ed25519", "sign");
    let eve = make("eve@example.org", "ed25519", "sign");
    let fingerprint = String::from_utf8(workshop.tool("gpg", "--with-colons -k eve@example.org"));
    let fingerprint = fingerprint
        .unwrap()
        .lines()
        .find_map(|line| line.strip_prefix("fpr:::::::::"))
        .map(|line| line.trim_end_matches(':').to_owned());
    let file = format!("home/.gnupg/openpgp-revocs.d/{}.rev", fingerprint.unwrap());
    let revocation =
        String::from_utf8(workshop.read(&file)).unwrap().replace(":-----BEGIN", "-----BEGIN");
    let start = revocation.find("-----BEGIN").unwrap();
    let mut revocation = workshop.tool_with("gpg", &["--dearmor"], &revocation.as_bytes()[start..]);
    // It no longer verifies; the primary key is the first packet.
    *revocation.last_mut().unwrap() ^= 1;
    let key = 2 + usize::from(eve[1]);
    let eve = [&eve[..key], &revocation, &eve[key..]].concat();
    workshop.write("keyring", [eve.as_slice(), &ann].concat());
    for name in ["ann", "eve"] {
        let sign =
            format!("-c gpg.format=openpgp -c user.signingKey={name}@example.org commit -q -S");
        repository.git(name, &format!("{sign} --allow-empty -m m"));
    }
    workshop.tool("gpgconf", "--kill all");
    let judged = workshop.judged("commits --repo source --keyring keyring --range HEAD~1", 0);
    assert_eq!(judged.rules(), Vec::<String>::new());
    let judged = workshop.judged("commits --repo source --keyring keyring --range HEAD~1..HEAD", 3);
    assert_eq!(judged.rules(), ["revocation-unknown"]);
}

/// Debian's maintainers have RSA keys of 8,192 bits; nothing about them is forged.
#[test]
fn a_commit_by_a_key_of_5120_bits_is_verified_as_git_does() {
    let repository = Repository::new();
    let workshop = &repository.workshop;
    workshop.write(
        "parameters",
        "%no-protection\nKey-Type: RSA\nKey-Length: 5120\nName-Email: ann@example.org\n%commit\n",
    );
    workshop.tool("gpg", "--enable-large-rsa --gen-key parameters");
    let keyring = workshop.tool("gpg", "--export");
    workshop.write("keyring", keyring);
    let sign = "-c gpg.format=openpgp -c user.signingKey=ann@example.org commit -q -S";
    repository.git("ann", &format!("{sign} --allow-empty -m m"));
    repository.git("ann", "verify-commit HEAD");
    workshop.tool("gpgconf", "--kill all");
    workshop.judged("commits --repo source --keyring keyring", 0);
}

/// RFC 9580 forbids to rely on a signature with a critical part that one does not understand.
#[test]
fn a_critical_notation_is_unknown_and_no_weak_algorithm() {
    let workshop = super::world::Workshop::new();
    let words = ["--passphrase", "", "--quick-gen-key", "a@example.org", "ed25519", "sign", "0"];
    workshop.tool_with("gpg", &words, b"");
    let keyring = workshop.tool("gpg", "--export");
    workshop.write("keyring", keyring);
    workshop.write("file", "content");
    workshop.tool(
        "gpg",
        "--armor --cert-notation x@y=z --sig-notation !review@example.org=yes --detach-sign file",
    );
    workshop.tool("gpgconf", "--kill all");
    let judged = workshop.judged("artifact file --keyring keyring", 3);
    assert_eq!(judged.reason(), "unsupported-signature");
    let notes = judged.0["artifacts"][0]["signatures"][0]["notes"].to_string();
    assert!(notes.contains("review@example.org"), "{notes}");
}

#[test]
fn rules_hold_for_branches_and_paths() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.allow("bob");
    let policy = "schema = 1\ndefault = \"refuse\"\n\
                  [[rule]]\nname = \"code\"\nbranches = [\"main\"]\npaths = [\"src/**\"]\n\
                  signers = [\"ann@*\"]\n\
                  [[rule]]\nname = \"rest\"\nbranches = [\"main\"]\n";
    repository.workshop.write("policy.toml", policy);
    let verify = |range: &str, code| {
        repository.judged(&format!("--policy policy.toml --range {range}"), code)
    };
    repository.commit("ann", "src/a", "");
    repository.commit("bob", "docs/a", "");
    let judged = verify("main", 0);
    assert_eq!(judged.0["commits"][0]["rule"], "rest");
    assert_eq!(judged.0["commits"][1]["rule"], "code");
    let input = judged.entry("inputs", "locator", "policy.toml");
    assert!(text(&input["digest"]).starts_with("sha256:"));
    repository.commit("bob", "src/b", "");
    assert_eq!(verify("main", 1).rules(), ["principal-not-allowed"]);
    repository.git("ann", "checkout -q -b side HEAD~1");
    assert_eq!(verify("side", 1).rules(), ["no-rule", "no-rule"]);
    verify("side --branch main", 0);
}

/// The default would hold instead of the rules of the branch that was meant.
#[test]
fn a_branch_that_is_not_there_is_refused_and_rules_that_hold_for_nothing_are_said() {
    let repository = Repository::new();
    repository.allow("ann");
    let policy = "schema = 1\ndefault = \"signed\"\n\
                  [[rule]]\nname = \"strict\"\nbranches = [\"main\"]\nsigners = [\"bob@*\"]\n";
    repository.workshop.write("policy.toml", policy);
    let head = repository.commit("ann", "a", "");
    repository.git("ann", &format!("update-ref refs/remotes/origin/next {head}"));
    let verify = |branch: &str, code| {
        let words = format!("--policy policy.toml --range HEAD --branch {branch}");
        repository.judged(&words, code)
    };
    assert_eq!(verify("main", 1).rules(), ["principal-not-allowed"]);
    for branch in ["trunk", "origin/main", "origin/next", "heads/main", "refs/heads/trunk"] {
        let judged = verify(branch, 3);
        assert_eq!(judged.rules(), ["branch-not-found"], "{branch}");
    }
    // What only the remote has is a branch too; the rules are not for it.
    assert_eq!(verify("next", 0).rules(), ["policy-rule-unused"]);
    let meant = policy.replace("\"main\"", "\"refs/heads/main\"");
    repository.workshop.write("policy.toml", meant);
    let judged = verify("main", 3);
    assert_eq!(judged.reason(), "policy-unreadable");
    assert!(text(&judged.finding("policy-unreadable")["remedy"]).contains("`\"main\"`"));
}

/// A list of which nothing is left revokes nobody, and nobody can say whether it should.
#[test]
fn an_empty_list_of_revoked_keys_is_unknown_and_one_that_says_so_is_not() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    repository.workshop.write("revoked", "");
    let judged = repository.judged("--revoked-keys revoked", 3);
    assert!(judged.rules().contains(&"trust-material-unreadable".to_owned()), "{judged:?}");
    repository.workshop.write("revoked", "# none\n");
    repository.judged("--revoked-keys revoked", 0);
    let empty = ["-q", "-k", "-f", "revoked"];
    repository.workshop.tool_with("ssh-keygen", &empty, b"");
    repository.judged("--revoked-keys revoked", 0);
}

#[test]
fn commits_of_submodules_are_said_not_to_have_been_looked_at() {
    let repository = Repository::new();
    repository.allow("ann");
    let head = repository.commit("ann", "a", "");
    repository.git("ann", &format!("update-index --add --cacheinfo 160000,{head},inner"));
    repository.git("ann", "commit -q -S -m inner");
    assert_eq!(repository.judged("--range main", 0).rules(), ["submodules-not-examined"]);
}

#[test]
fn four_eyes_are_two_people() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.allow("bob");
    let policy = "schema = 1\ndefault = \"refuse\"\n\
                  [[rule]]\nname = \"four eyes\"\nbranches = [\"main\"]\n\
                  approval = [\"signature-of-other\"]\n";
    repository.workshop.write("policy.toml", policy);
    let verify = |code| repository.judged("--policy policy.toml --range main", code);
    let approved = "commit -q -S --allow-empty -m x --author";
    let words = ["Bob", "<bob@example.org>"].join("");
    repository.git("ann", &format!("{approved}={words}"));
    verify(0);
    repository.commit("ann", "alone", "");
    let judged = verify(1);
    assert_eq!(judged.rules(), ["not-approved"]);
    assert_eq!(judged.0["commits"][0]["rule"], "four eyes");
}

#[test]
fn a_broken_policy_says_everything_that_is_wrong() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    repository.workshop.write(
        "policy.toml",
        "schema = 1\ndefault = \"refuse\"\n[[rule]]\nname = \"a\"\nbrnaches = [\"main\"]\n\
         threshold = 0\n[[rule]]\nname = \"a\"\napproval = [\"nobody\"]\n",
    );
    let judged = repository.judged("--policy policy.toml", 3);
    assert_eq!(judged.reason(), "policy-unreadable");
    let findings = judged.0["findings"].as_array().unwrap();
    let lines: Vec<u64> =
        findings.iter().map(|it| it["location"]["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 6, 8, 9], "{findings:#?}");
    assert!(findings.iter().all(|it| text(&it["remedy"]).len() > 5), "{findings:#?}");
    assert!(judged.0["commits"].is_null(), "nothing is judged by half a policy");
    let judged = repository.judged("--policy absent.toml", 3);
    assert_eq!(judged.reason(), "policy-unreadable");
}

#[test]
fn what_cannot_be_walked_is_unknown_and_wrong_usage_says_what_to_do() {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    assert_eq!(repository.judged("--range v9..main", 3).reason(), "repository-unreadable");
    let judged = repository.judged("--range main..main", 3);
    assert_eq!(judged.0["commits"].as_array().unwrap().len(), 0);
    let judged = repository.workshop.judged("commits --repo absent", 3);
    assert_eq!(judged.reason(), "repository-unreadable");
    let judged = repository.workshop.judged("commits --repo https://x.invalid/y.git", 3);
    assert!(text(&judged.finding("repository-unreadable")["remedy"]).contains("Clone"));
    for (words, part) in [
        ("commits --certificate-identity a@x", "--certificate-oidc-issuer"),
        ("commits --certificate-oidc-issuer https://x", "--certificate-identity"),
        ("commits --rnage main", "--range"),
        ("commits --format yaml", "json"),
    ] {
        let output = repository.workshop.verify(words).run().expect(2);
        assert!(output.stderr.contains(part), "{words}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
}
