//! A release with nothing wrong, in a folder of its own, to be broken.

use crate::command::Beleg;
use crate::company::text;
use crate::listing::files;
use crate::verify::world::{Judged, Sigstore, Workshop};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The archive that carries a bundle of its own beside what the list of digests says.
pub(super) const TAR: &str = "app-1.2.0.tar.gz";
/// The archive that only the list and its provenance speak for.
pub(super) const ZIP: &str = "app-1.2.0.zip";
pub(super) const REPOSITORY: &str = "https://github.com/example/app";
pub(super) const TAG: &str = "refs/tags/v1.2.0";

pub(super) const POLICY_FILE: &str = "release.toml";

const POLICY: &str = r#"
name = "app 1.2.0"
verifier = "https://example.org/release-checks"
resource = "https://example.org/app/1.2.0"
rebuild = "second"

[signers]
trusted-root = "trusted_root.json"
allowed-signers = "allowed_signers"
[[signers.key]]
name = "release key"
file = "minisign.pub"
[[signers.identity]]
name = "workflows"
identity-pattern = "https://github.com/example/**"
issuer = "https://token.actions.githubusercontent.com"

[tag]
repository = "source"
name = "v1.2.0"

[advisories]
rustsec = "advisories"

[[artifact]]
name = "archives"
files = ["*.tar.gz", "*.zip"]
signatures = 1
advisories = true
rebuilt = true
[artifact.provenance]
signers = ["workflows"]
builders = ["https://github.com/actions/runner/github-hosted"]
source = "https://github.com/example/app"
tag = "v*"
workflow = ".github/workflows/release.yml"
min-build-level = 2

[[exempt]]
files = ["README.txt"]
reason = "It is a text for people."
by = "release@example.org"
until = "SOON"
"#;

/// Returns the policy, with an exemption that ends soon.
fn policy() -> String {
    POLICY.replace("SOON", &soon())
}

/// Returns a day to which an exemption may run.
pub(super) fn soon() -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today.saturating_add(jiff::Span::new().days(90)).to_string()
}

/// A release in a folder of its own, with its policy and everything that this names.
pub(super) struct Release(pub(super) Workshop);

impl Release {
    /// Returns a copy of a release with nothing wrong. It is made once and kept in memory.
    pub(super) fn good() -> Self {
        static MADE: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let release = Self::made();
            let folder = release.0.folder();
            let within = |path: PathBuf| {
                let bytes = fs::read(&path).unwrap();
                (path.strip_prefix(folder).unwrap().to_owned(), bytes)
            };
            files(folder).into_iter().map(within).collect()
        });
        let workshop = Workshop::new();
        for (name, bytes) in made {
            workshop.write(name.to_str().unwrap(), bytes);
        }
        // Git takes a folder for a repository only with these, even when they are empty.
        for folder in ["source/.git/refs/heads", "source/.git/objects"] {
            fs::create_dir_all(workshop.path(folder)).unwrap();
        }
        let release = Self(workshop);
        release.sign_with_ann();
        release
    }

    fn made() -> Self {
        let release = Self(Workshop::new());
        let workshop = &release.0;
        workshop.write("release.toml", policy());
        workshop.write("trusted_root.json", fs::read(Sigstore::shared().root()).unwrap());
        workshop.write("dist/README.txt", "Unpack it.\n");
        workshop.write("Cargo.lock", lockfile());
        workshop.write("advisories/crates/demo-parser/DEMO-2026-0001.md", advisory("1.0.1"));
        workshop.tool("minisign", "-G -W -p minisign.pub -s minisign.key");
        release.source();
        for name in [TAR, ZIP] {
            let artifact = workshop.write(&format!("dist/{name}"), format!("built {name}\n"));
            workshop.write(&format!("second/{name}"), format!("built {name}\n"));
            release.sbom(name, &artifact);
            release.provenance(name, REPOSITORY, TAG, TAG);
        }
        release.bundle(TAR, ".sigstore.json");
        release.list();
        release
    }

    /// Makes the repository with its signed tag.
    fn source(&self) {
        let workshop = &self.0;
        let words = ["-q", "-t", "ed25519", "-C", "ann", "-f", "ann", "-N", ""];
        workshop.tool_with("ssh-keygen", &words, b"");
        let public = String::from_utf8(workshop.read("ann.pub")).unwrap();
        workshop.write("allowed_signers", format!("ann@example.org {public}"));
        self.sign_with_ann();
        workshop.tool("git", "init -q -b main source");
        workshop.tool("git", "-C source commit -q --allow-empty -m first");
        workshop.tool("git", "-C source tag -s -m release v1.2.0");
    }

    fn sign_with_ann(&self) {
        let key = self.0.path("ann");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let config = format!(
            "[user]\nname = Ann\nemail = ann@example.org\nsigningKey = {}\n[gpg]\nformat = ssh\n",
            key.display()
        );
        self.0.write("home/.gitconfig", config);
    }

    pub(super) fn sbom(&self, name: &str, artifact: &Path) {
        let made = Beleg::anywhere()
            .args("sbom create --name app --as-version 1.2.0 --supplier Example --artifact")
            .arg(artifact)
            .arg("--output")
            .arg(self.0.path(&format!("dist/{name}.cdx.json")))
            .arg(self.0.path("Cargo.lock"));
        made.run().expect(0);
    }

    /// Writes the SBOM of a file with a change, under this name.
    pub(super) fn edit_sbom(&self, name: &str, to: &str, edit: impl FnOnce(&mut Value)) {
        let made = self.0.read(&format!("dist/{}", sbom_of(name)));
        let mut sbom: Value = serde_json::from_slice(&made).unwrap();
        edit(&mut sbom);
        self.0.write(&format!("dist/{to}"), sbom.to_string());
    }

    /// Signs a file as the release workflow would.
    fn bundle(&self, name: &str, ending: &str) {
        let artifact = self.0.path(&format!("dist/{name}"));
        Sigstore::shared().sign("sign", &artifact, ending, &self.run_of(REPOSITORY, TAG));
    }

    /// Attests a file's provenance: it names this ref, and the certificate that one.
    pub(super) fn provenance(&self, name: &str, repository: &str, stated: &str, certified: &str) {
        let predicate = json!({
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {"workflow": {
                    "ref": stated,
                    "repository": repository,
                    "path": ".github/workflows/release.yml",
                }},
                "resolvedDependencies": [{
                    "uri": format!("git+{repository}@{stated}"),
                    "digest": {"gitCommit": self.commit()},
                }],
            },
            "runDetails": {
                "builder": {"id": "https://github.com/actions/runner/github-hosted"},
                "metadata": {"invocationId": format!("{repository}/actions/runs/3003/attempts/1")},
            },
        });
        let file = self.0.write("predicate.json", predicate.to_string());
        let options = format!(
            "{} --dsse --predicate-type https://slsa.dev/provenance/v1 --predicate {}",
            self.run_of(repository, certified),
            file.display()
        );
        let artifact = self.0.path(&format!("dist/{name}"));
        Sigstore::shared().sign("sign", &artifact, ".provenance.json", &options);
    }

    /// Returns the options by which a run of the release workflow signs.
    pub(super) fn run_of(&self, repository: &str, reference: &str) -> String {
        let name = repository.strip_prefix("https://github.com/").unwrap();
        let workflow = format!("{repository}/.github/workflows/release.yml@{reference}");
        let claims = json!({
            "github_workflow_ref": reference,
            "source_repository_ref": reference,
            "source_repository_digest": self.commit(),
            "build_config_uri": workflow,
            "build_signer_uri": workflow,
        });
        format!("--github-workflow {name}/release.yml --ci-claims {claims}")
    }

    pub(super) fn commit(&self) -> String {
        let oid = self.0.tool("git", "-C source rev-parse HEAD");
        String::from_utf8(oid).unwrap().trim().to_owned()
    }

    /// Writes the list of digests anew, without some of the files, and signs it.
    pub(super) fn list_without(&self, left_out: &[&str]) {
        let all = [TAR.to_owned(), ZIP.to_owned(), sbom_of(TAR), sbom_of(ZIP)];
        let listed: Vec<&str> =
            all.iter().map(String::as_str).filter(|name| !left_out.contains(name)).collect();
        self.list_of(&listed);
    }

    /// Writes the list of digests of these files anew, and signs it.
    pub(super) fn list_of(&self, listed: &[&str]) {
        let words: Vec<String> = listed.iter().map(|name| format!("dist/{name}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let digests = String::from_utf8(self.0.tool_with("sha256sum", &words, b"")).unwrap();
        self.0.write("dist/SHA256SUMS", digests.replace("dist/", ""));
        self.0.tool("minisign", "-S -s minisign.key -m dist/SHA256SUMS");
    }

    pub(super) fn list(&self) {
        self.list_without(&[]);
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.0.path(name)).unwrap();
    }

    /// Replaces a text of the policy, where it must stand.
    #[track_caller]
    pub(super) fn policy(&self, from: &str, to: &str) {
        assert!(policy().contains(from), "the policy does not hold `{from}`");
        self.0.write("release.toml", policy().replace(from, to));
    }

    #[track_caller]
    pub(super) fn judged(&self, code: i32) -> Judged {
        self.0.judged("release dist --policy release.toml", code)
    }

    /// Verifies a release that has to fail for these reasons at this place.
    #[track_caller]
    pub(super) fn fails(&self, place: &str, rules: &[&str]) -> Judged {
        let place = match place {
            POLICY_FILE => place.to_owned(),
            tag if tag.starts_with("tag ") => place.to_owned(),
            file => format!("dist/{file}"),
        };
        let judged = self.judged(1);
        let mut found: Vec<(String, String)> = Vec::new();
        let findings = judged.0["findings"].as_array().unwrap().iter();
        for finding in findings.filter(|finding| finding["waived"].is_null()) {
            found.push((text(&finding["location"]["path"]), text(&finding["rule"])));
        }
        let mut expected: Vec<(String, String)> =
            rules.iter().map(|rule| (place.clone(), (*rule).to_owned())).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{:#}", judged.0["findings"]);
        judged
    }
}

pub(super) fn sbom_of(name: &str) -> String {
    format!("{name}.cdx.json")
}

fn lockfile() -> String {
    let zeros = "0".repeat(64);
    format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.2.0\"\n\
         dependencies = [\"demo-parser\"]\n\n[[package]]\nname = \"demo-parser\"\n\
         version = \"1.0.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
         checksum = \"{zeros}\"\n"
    )
}

/// Makes a RustSec record of today about the one crate in the lockfile.
pub(super) fn advisory(patched: &str) -> String {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d");
    format!(
        "```toml\n[advisory]\nid = \"DEMO-2026-0001\"\npackage = \"demo-parser\"\n\
         date = \"{today}\"\ncvss = \"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"\n\n\
         [versions]\npatched = [\">= {patched}\"]\n```\n\n# It reads past its input's end\n\n\
         An invented record.\n"
    )
}
