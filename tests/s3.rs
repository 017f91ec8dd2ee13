//! Backups and a ledger on a server that speaks S3: moto, on loopback.

use crate::command::Beleg;
use crate::company::{Company, Report, text};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that is ended when dropped.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server with these buckets.
    fn start(buckets: &[&str]) -> Self {
        let program = program().expect("ci/setup installs moto_server");
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(program.with_file_name("python3"))
            .args(["s3_server.py", "127.0.0.1", &free.port().to_string()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, address: free };
        let began = Instant::now();
        while server.request("GET", "/").is_none() {
            assert!(began.elapsed() < PATIENCE, "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        for bucket in buckets {
            let answer = server.request("PUT", &format!("/{bucket}")).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        server
    }

    fn request(&self, method: &str, path: &str) -> Option<String> {
        self.request_with(method, path, "")
    }

    /// Sends a request with a body, which must succeed.
    fn put(&self, path: &str, body: &str) {
        let answer = self.request_with("PUT", path, body).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn request_with(&self, method: &str, path: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let (address, length) = (self.address, body.len());
        // The server refuses deletions without one, and does not look at it.
        let signed = "Authorization: AWS4-HMAC-SHA256 Credential=access/20261121/us-east-1/s3/\
                      aws4_request, SignedHeaders=host, Signature=0";
        let end =
            format!("{signed}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{end}").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets a command reach the server as the provider's own tools do.
    fn reachable(&self, beleg: Beleg) -> Beleg {
        beleg
            .env("AWS_ENDPOINT", self.url())
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "access")
            .env("AWS_SECRET_ACCESS_KEY", "not-to-be-shown")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<PathBuf> {
    let tools = std::env::var_os("BELEG_TOOLS").map(|tools| PathBuf::from(tools).join("venv/bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = tools.into_iter().chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join("moto_server")).find(|program| program.is_file())
}

/// A company that stores its backups on the server.
fn company(server: &Server) -> Company {
    let company = Company::healthy();
    let key = company.path("keys/shop.key");
    let made = company.beleg("backup keygen --output").arg(&key).run().expect(0);
    let words =
        "backup create data --name shop --to s3://east/shop --to s3://west/deep/er --recipient";
    server.reachable(company.beleg(words).arg(made.stdout.trim())).run().expect(0);
    let region = |name: &str, url: &str| {
        format!(
            "[[backup.region]]\nname = \"{name}\"\nurl = \"{url}\"\noptions = {{ aws_endpoint = \"{}\", \
             allow_http = \"true\", aws_region = \"eu-central-1\", aws_access_key_id = \"access\", \
             aws_secret_access_key = \"env:SHOP_SECRET\" }}\n",
            server.url()
        )
    };
    company.write(
        "jobs/restore.toml",
        format!(
            "kind = \"restore-test\"\n[[backup]]\nname = \"shop\"\nidentity = \"keys/shop.key\"\n\
             trusted-keys = [\"keys/ledger.pub\"]\n{}{}",
            region("east", "s3://east/shop"),
            region("west", "s3://west/deep/er")
        ),
    );
    let private = String::from_utf8(company.read(".beleg/keys/ledger.key")).unwrap();
    let signer = beleg_dsse::Signer::parse(&private).unwrap();
    company.write("keys/ledger.pub", signer.verifier().to_string());
    company
}

#[test]
fn backups_on_s3_restore_with_the_options_of_their_regions() {
    let server = Server::start(&["east", "west"]);
    let company = company(&server);
    let run = company.beleg("run restore --format json").env("SHOP_SECRET", "not-to-be-shown");
    let output = run.run().expect(0);
    let report = output.json();
    assert_eq!(report["checks"][0]["population"]["examined"], 2);
    assert!(!output.stdout.contains("not-to-be-shown"));
    let locator = text(&report["checks"][0]["inputs"][0]["locator"]);
    assert!(locator.starts_with("s3://"), "{locator}");
}

/// Two providers: each region has an endpoint, a region name and a secret of its own.
#[test]
fn two_regions_with_options_of_their_own_are_written_from_the_jobs_file() {
    let east = Server::start(&["backups"]);
    let west = Server::start(&["backups"]);
    let company = Company::healthy();
    let key = company.path("keys/shop.key");
    let made = company.beleg("backup keygen --output").arg(&key).run().expect(0);
    let region = |name: &str, server: &Server| {
        format!(
            "[[backup.region]]\nname = \"{name}\"\nurl = \"s3://backups/shop\"\noptions = {{ aws_endpoint = \"{}\", \
             allow_http = \"true\", aws_region = \"{name}\", aws_access_key_id = \"access\", \
             aws_secret_access_key = \"env:{}_SECRET\" }}\n",
            server.url(),
            name.to_uppercase()
        )
    };
    let job = format!(
        "kind = \"restore-test\"\n[[backup]]\nname = \"shop\"\nidentity = \"keys/shop.key\"\n\
         trusted-keys = [\"keys/ledger.pub\"]\n{}{}",
        region("east", &east),
        region("west", &west)
    );
    company.write("jobs/restore.toml", &job);
    let with_secrets = |beleg: Beleg| beleg.env("EAST_SECRET", "one").env("WEST_SECRET", "two");
    let create = |more: &str| {
        let words = "backup create data --name shop --regions jobs/restore.toml --recipient";
        with_secrets(company.beleg(words).arg(made.stdout.trim()).args(more)).run()
    };
    create("").expect(0);
    let private = String::from_utf8(company.read(".beleg/keys/ledger.key")).unwrap();
    let signer = beleg_dsse::Signer::parse(&private).unwrap();
    company.write("keys/ledger.pub", signer.verifier().to_string());
    // One bucket's name behind two endpoints: only writing can tell that they are two.
    company.replace("jobs/restore.toml", "name = \"shop\"", "name = \"shop\"\ncanary = true");
    let run = with_secrets(company.beleg("run restore --format json")).run().expect(0);
    assert_eq!(run.json()["checks"][0]["population"]["examined"], 2);
    drop(west);
    let output = create("").expect(1);
    assert!(output.stdout.contains("1 of 2 regions have this backup"), "{output:?}");
    company.replace("jobs/restore.toml", "env:EAST_SECRET", "in-the-open");
    let output = create("").expect(2);
    assert!(!output.stderr.contains("in-the-open"), "{output:?}");
}

#[test]
fn a_region_without_its_secret_is_unknown_and_one_without_its_bucket_fails() {
    let server = Server::start(&["east", "west"]);
    let company = company(&server);
    let output = company.beleg("run restore --format json").run().expect(3);
    let report = crate::company::Report::of(&output);
    let message = text(&report.finding("region-unreadable")["message"]);
    assert!(message.contains("SHOP_SECRET"), "{message}");
    company.replace("jobs/restore.toml", "s3://west/", "s3://absent/");
    let run = company.beleg("run restore --format json").env("SHOP_SECRET", "not-to-be-shown");
    let report = Report::of(&run.run().expect(1));
    assert_eq!(report.finding("region-absent")["verdict"], "fail");
}

#[test]
fn a_ledger_on_s3_is_written_verified_and_packed() {
    let server = Server::start(&["evidence"]);
    let company = Company::faulty();
    company.replace("beleg.toml", ".beleg/ledger", "s3://evidence/ledger");
    let run = |words: &str| server.reachable(company.beleg(words)).run();
    let output = run("run nightly").expect(1);
    assert!(!(output.stdout + &output.stderr).contains("not-to-be-shown"));
    run("run nightly").expect(1);
    let verified = run("ledger verify").expect(0);
    assert!(verified.stdout.starts_with("SOUND  demo.invalid/ledger: 14 entries"), "{verified:?}");
    run("pack create --from 2001-01-01 --to 2999-01-01 --output pack.zip").expect(0);
    let output = company.beleg("pack verify pack.zip").run().expect(1);
    assert!(output.stdout.starts_with("SOUND"), "{output:?}");
    assert!(!company.path(".beleg/ledger").exists());
    // The server lets anybody add an object.
    server.request("PUT", "/evidence/ledger/tile/0/001").unwrap();
    let verified = run("ledger verify").expect(1);
    assert!(verified.stdout.contains("problem: tile/0/001: "), "{verified:?}");
    drop(server);
    let output = company.beleg("ledger verify").env("AWS_ENDPOINT", "http://127.0.0.1:9").run();
    assert_ne!(output.status.code(), Some(0), "what cannot be reached is not sound");
}

#[test]
fn first_runs_at_the_same_time_share_an_empty_bucket() {
    let server = Server::start(&["evidence"]);
    let companies: Vec<_> = (0..4).map(|_| Company::healthy()).collect();
    let first = companies.first().unwrap();
    first.run("sbom", 0);
    let key = first.read(".beleg/keys/ledger.key");
    for company in &companies {
        let _ = std::fs::remove_dir_all(company.path(".beleg"));
        company.write(".beleg/keys/ledger.key", &key);
        company.replace("beleg.toml", ".beleg/ledger", "s3://evidence/ledger");
    }
    let start = |company: &Company| server.reachable(company.beleg("run sbom")).start();
    let running: Vec<_> = companies.iter().map(start).collect();
    for run in running {
        run.wait().expect(0);
    }
    let verified = server.reachable(first.beleg("ledger verify")).run().expect(0);
    assert!(verified.stdout.contains(": 8 entries"), "{verified:?}");
}

#[test]
fn a_bucket_that_is_not_there_holds_no_ledger() {
    let server = Server::start(&[]);
    let company = Company::healthy();
    company.replace("beleg.toml", ".beleg/ledger", "s3://absent/ledger");
    let output = server.reachable(company.beleg("run nightly")).run().expect(70);
    assert!(output.stderr.starts_with("error: "), "{output:?}");
    assert_eq!(output.stdout, "");
}

const ENABLED: &str = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                       <Status>Enabled</Status></VersioningConfiguration>";

/// Runs the restore test with the secret that its regions name.
fn restore(company: &Company) -> crate::command::Output {
    company.beleg("run restore --format json").env("SHOP_SECRET", "not-to-be-shown").run()
}

#[test]
fn an_object_with_an_odd_key_does_not_make_a_region_unreadable() {
    let server = Server::start(&["east", "west"]);
    let company = company(&server);
    server.put("/east/shop//other.txt", "x");
    let report = Report::of(&restore(&company).expect(0));
    let message = text(&report.finding("unrecognised-objects")["message"]);
    assert!(message.contains("`/other.txt`"), "{message}");
    // Where the age of everything must be proved, it stands in the way.
    company.replace("jobs/restore.toml", "name = \"shop\"", "name = \"shop\"\nmax-age = \"30d\"");
    let report = Report::of(&restore(&company).expect(3));
    assert_eq!(report.finding("retention-unproved")["verdict"], "unknown");
}

#[test]
fn a_deleted_backup_that_a_bucket_keeps_as_a_version_counts_for_retention() {
    let server = Server::start(&["east", "west"]);
    for bucket in ["east", "west"] {
        server.put(&format!("/{bucket}?versioning"), ENABLED);
    }
    let company = company(&server);
    company.replace("jobs/restore.toml", "name = \"shop\"", "name = \"shop\"\nmax-age = \"30d\"");
    restore(&company).expect(0);
    // A young one that was deleted is dated by the manifest that was deleted with it.
    std::thread::sleep(Duration::from_millis(1100));
    let recipient = String::from_utf8(company.read("keys/shop.key")).unwrap();
    let recipient = recipient.lines().find_map(|line| line.strip_prefix("# recipient: ")).unwrap();
    let words =
        "backup create data --name shop --to s3://east/shop --to s3://west/deep/er --recipient";
    server.reachable(company.beleg(words).arg(recipient)).run().expect(0);
    let listing = server.request("GET", "/east?list-type=2&prefix=shop/").unwrap();
    let keys = listing.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
    let first = keys.map(|(key, _)| key).filter(|key| key.ends_with(".age")).min().unwrap();
    let name = first.strip_prefix("shop/").unwrap();
    for prefix in ["east/shop", "west/deep/er"] {
        for end in ["", ".manifest.json"] {
            let answer = server.request("DELETE", &format!("/{prefix}/{name}{end}")).unwrap();
            assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
        }
    }
    let report = Report::of(&restore(&company).expect(0));
    assert_eq!(report.0["checks"][0]["metrics"]["backups-listed"]["value"], 2);
    // One of last year is too old, deleted or not.
    let old = "/west/deep/er/shop-20250101T020000Z.tar.zst.age";
    server.put(old, "what nobody sees any more");
    server.request("DELETE", old).unwrap();
    let report = Report::of(&restore(&company).expect(1));
    let finding = report.finding("retention-exceeded");
    assert!(text(&finding["message"]).contains("still kept"), "{finding:#}");
}

#[test]
fn one_bucket_behind_two_endpoints_is_not_two_regions() {
    let server = Server::start(&["east", "west"]);
    let company = company(&server);
    let (job, url) = ("jobs/restore.toml", server.url());
    let alias = url.replace("127.0.0.1", "localhost");
    let text_of = String::from_utf8(company.read(job)).unwrap();
    let (first, second) = text_of.split_once("name = \"west\"").unwrap();
    let second = second.replace("s3://west/deep/er", "s3://east/shop");
    company.write(job, format!("{first}name = \"west\"{second}"));
    // Under one endpoint it is a mistake that needs no look.
    let output = company.beleg("plan").env("SHOP_SECRET", "x").run().expect(2);
    assert!(output.stderr.contains("are one place"), "{output:?}");
    company.write(job, format!("{first}name = \"west\"{}", second.replace(&url, &alias)));
    let report = Report::of(&restore(&company).expect(3));
    assert_eq!(report.finding("regions-not-told-apart")["verdict"], "unknown");
    company.replace(job, "name = \"shop\"", "name = \"shop\"\ncanary = true");
    let report = Report::of(&restore(&company).expect(1));
    assert_eq!(report.finding("regions-are-one-place")["verdict"], "fail");
    let left = server.request("GET", "/east?list-type=2").unwrap();
    assert!(!left.contains("beleg-canary"), "{left}");
}

#[test]
fn two_prefixes_of_one_bucket_are_said_to_share_it() {
    let server = Server::start(&["east"]);
    let company = Company::healthy();
    let key = company.path("keys/shop.key");
    let made = company.beleg("backup keygen --output").arg(&key).run().expect(0);
    let words = "backup create data --name shop --to s3://east/a --to s3://east/b --recipient";
    server.reachable(company.beleg(words).arg(made.stdout.trim())).run().expect(0);
    let private = String::from_utf8(company.read(".beleg/keys/ledger.key")).unwrap();
    let signer = beleg_dsse::Signer::parse(&private).unwrap();
    company.write(
        "jobs/restore.toml",
        format!(
            "kind = \"restore-test\"\n[[backup]]\nname = \"shop\"\nidentity = \"keys/shop.key\"\n\
             trusted-keys = [\"{}\"]\n\
             [[backup.region]]\nname = \"a\"\nurl = \"s3://east/a\"\n\
             [[backup.region]]\nname = \"b\"\nurl = \"s3://east/b\"\n",
            signer.verifier()
        ),
    );
    let run = company.beleg("run restore --format json");
    let report = Report::of(&server.reachable(run).run().expect(0));
    assert_eq!(report.finding("regions-share-bucket")["verdict"], "pass");
    let claimed = report.0["checks"][0]["controls"].to_string();
    assert!(!claimed.contains("BAK-2") && claimed.contains("BAK-3"), "{claimed}");
}

#[test]
fn parts_of_one_bucket_behind_two_endpoints_are_not_two_regions() {
    let server = Server::start(&["vault"]);
    let company = Company::healthy();
    let made =
        company.beleg("backup keygen --output").arg(company.path("keys/shop.key")).run().expect(0);
    let port = server.address.port();
    let job = |prefixes: [&str; 2]| {
        let regions = [("127.0.0.1", prefixes[0]), ("localhost", prefixes[1])].map(|(host, prefix)| {
            format!(
                "[[backup.region]]\nname = \"{host}\"\nurl = \"s3://vault/{prefix}\"\noptions = {{ aws_endpoint = \"http://{host}:{port}\", allow_http = \"true\", aws_region = \"eu-central-1\" }}\n"
            )
        });
        let job = format!(
            "kind = \"restore-test\"\n[[backup]]\nname = \"shop\"\nidentity = \"keys/shop.key\"\ntrusted-keys = [\"keys/ledger.pub\"]\n{}",
            regions.concat()
        );
        company.write("jobs/restore.toml", job);
    };
    for prefixes in [["eu", "us"], ["deep", "deep/er"]] {
        job(prefixes);
        let words = "backup create data --name shop --regions jobs/restore.toml --recipient";
        server.reachable(company.beleg(words).arg(made.stdout.trim())).run().expect(0);
        let private = String::from_utf8(company.read(".beleg/keys/ledger.key")).unwrap();
        let signer = beleg_dsse::Signer::parse(&private).unwrap();
        company.write("keys/ledger.pub", signer.verifier().to_string());
        let run = || server.reachable(company.beleg("run restore --format json")).run();
        let report = Report::of(&run().expect(3));
        assert_eq!(report.finding("regions-not-told-apart")["verdict"], "unknown");
        company.replace("jobs/restore.toml", "name = \"shop\"", "name = \"shop\"\ncanary = true");
        let report = Report::of(&run().expect(1));
        assert_eq!(report.finding("regions-are-one-place")["verdict"], "fail");
    }
}
