//! `beleg backup`: what it makes, a restore test restores.

use crate::command::{Beleg, Output};
use crate::company::{Company, empty_folder, leftovers, text};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

/// A project that has nothing but a folder to be backed up, and a key pair.
struct Shop {
    company: Company,
    recipient: String,
}

impl Shop {
    fn new() -> Self {
        let company = Company::healthy();
        company.remove("jobs").remove("schedules").remove("backups").remove("keys");
        std::fs::create_dir(company.path("keys")).unwrap();
        let key = company.path("keys/restore.key");
        let made = company.beleg("backup keygen --output").arg(&key).run().expect(0);
        let recipient = made.stdout.trim().to_owned();
        company.write(
            "jobs/restore.toml",
            "kind = \"restore-test\"\n[[backup]]\nname = \"shop\"\nidentity = \"keys/restore.key\"\n\
             trusted-keys = [\".beleg/ledger/key.pub\"]\n\
             [[backup.region]]\nname = \"one\"\nurl = \"backups/one\"\n\
             [[backup.region]]\nname = \"two\"\nurl = \"backups/two\"\n",
        );
        Self { company, recipient }
    }

    fn create(&self, more: &str) -> Output {
        let words = "backup create data --name shop --to backups/one --to backups/two";
        self.company.beleg(words).args(more).arg("--recipient").arg(&self.recipient).run()
    }

    fn backups(&self) -> Vec<PathBuf> {
        leftovers(&self.company.path("backups/one"))
    }

    /// Makes the ledger and with it the public key that the job trusts.
    fn with_ledger(self) -> Self {
        self.company.write("jobs/sbom.toml", "kind = \"sbom-verify\"\n[[sbom]]\nfile = \"sbom/service.cdx.json\"\nlockfiles = [\"service/Cargo.lock\"]\n");
        self.company.run("sbom", 0);
        self
    }
}

#[test]
fn a_backup_is_stored_in_every_region_and_restores() {
    let shop = Shop::new().with_ledger();
    let output = shop.create("").expect(0);
    assert_eq!(output.stdout.matches("stored shop-").count(), 2, "{output:?}");
    let report = shop.company.run("restore", 0).0;
    let check = &report["checks"][0];
    assert_eq!(check["population"]["examined"], 2);
    let restored = check["metrics"]["entries-equal"]["value"].as_u64().unwrap();
    // customers.sqlite, uploads/ and what is in it, once for each region.
    assert_eq!(restored, 2 * 6, "{check:#}");
    let probe = &check["details"]["regions"][0]["probes"][0];
    assert_eq!(probe["path"], "customers.sqlite");
    assert_eq!(check["details"]["regions"][0]["scratch-wiped"]["files"].as_u64(), Some(5));
}

#[test]
fn the_first_restore_test_of_a_new_project_passes() {
    // The job trusts the ledger's public key, which the first run makes.
    let shop = Shop::new();
    shop.create("").expect(0);
    shop.company.run("restore", 0);
}

#[test]
fn a_backup_holds_nothing_readable() {
    let shop = Shop::new();
    for level in ["0", "3", "19"] {
        shop.company.write("data/secret.txt", "attack at dawn");
        shop.create(&format!("--level {level}")).expect(0);
    }
    for backup in shop.backups() {
        let bytes = std::fs::read(&backup).unwrap();
        let seen = bytes.windows(14).any(|window| window == b"attack at dawn");
        assert!(!seen, "{}", backup.display());
    }
}

#[test]
fn an_uncompressed_backup_restores_too() {
    let shop = Shop::new().with_ledger();
    shop.create("--level 0").expect(0);
    assert!(shop.backups().iter().any(|path| path.to_string_lossy().ends_with(".tar.age")));
    shop.company.run("restore", 0);
    for level in ["20", "-1", "x"] {
        shop.create(&format!("--level {level}")).expect(2);
    }
}

#[test]
fn links_and_empty_folders_restore_and_links_are_not_followed() {
    let shop = Shop::new().with_ledger();
    let data = |below: &str| shop.company.path("data").join(below);
    std::fs::create_dir(data("empty")).unwrap();
    symlink("customers.sqlite", data("link")).unwrap();
    shop.create("").expect(0);
    shop.company.run("restore", 0);
}

#[test]
fn special_files_are_left_out_and_that_is_said_twice() {
    let shop = Shop::new().with_ledger();
    let pipe = shop.company.path("data/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(shop.company.path("data/socket")).unwrap();
    // They hold no data, so every night with one would otherwise end with 3 for ever.
    let output = shop.create("").expect(0);
    assert!(output.stdout.contains("left out: pipe: "), "{output:?}");
    assert!(output.stdout.contains("left out: socket: "), "{output:?}");
    let report = shop.company.beleg("run restore --format json").run().expect(0);
    assert!(report.stdout.contains("pipe"), "the restore test says it too: {report:?}");
}

#[test]
fn an_empty_folder_is_no_backup_unless_that_is_meant() {
    let shop = Shop::new();
    std::fs::create_dir(shop.company.path("unmounted")).unwrap();
    let create = |more: &str| {
        let words = "backup create unmounted --name shop --to backups/one --recipient";
        shop.company.beleg(words).arg(&shop.recipient).args(more).run()
    };
    let output = create("").expect(4);
    assert!(output.stderr.contains("--allow-empty"), "{output:?}");
    assert!(shop.backups().is_empty());
    create("--allow-empty").expect(0);
}

#[test]
fn a_name_in_latin_1_is_backed_up_and_restored() {
    use std::os::unix::ffi::OsStrExt as _;
    let shop = Shop::new().with_ledger();
    let odd = shop.company.path("data").join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt"));
    std::fs::write(odd, "x").unwrap();
    shop.create("").expect(0);
    let report = shop.company.run("restore", 0).0;
    assert_eq!(report["checks"][0]["metrics"]["entries-equal"]["value"], 2 * 7);
}

#[test]
fn what_is_excluded_is_said_and_a_pattern_without_use_too() {
    let shop = Shop::new().with_ledger();
    let output = shop.create("--exclude uploads --exclude uplaods").expect(0);
    assert!(output.stdout.contains("left out: uploads: it was excluded"), "{output:?}");
    assert!(output.stdout.contains("`uplaods` matched no path"), "{output:?}");
    let report = shop.company.run("restore", 0).0;
    assert_eq!(report["checks"][0]["metrics"]["entries-equal"]["value"], 2);
    shop.create("--exclude ../x").expect(2);
}

/// The second region cannot be written; the first has the backup all the same, and that is said.
#[test]
fn a_region_that_cannot_be_written_does_not_undo_the_others() {
    let shop = Shop::new();
    shop.company.write("backups/two", "a file");
    let words = "backup create data --name shop --to backups/one --to backups/two --recipient";
    shop.company.beleg(words).arg(&shop.recipient).run().expect(2);
    assert!(shop.backups().is_empty(), "a mistake that shows at once stores nothing");
    shop.company.remove("backups/two");
    let full = shop.company.path("backups/full");
    symlink("/proc/self", &full).unwrap();
    let words = "backup create data --name shop --to backups/full --to backups/one --recipient";
    let output = shop.company.beleg(words).arg(&shop.recipient).run().expect(1);
    assert!(output.stdout.contains("NOT stored shop-"), "{output:?}");
    assert!(output.stdout.contains("1 of 2 regions have this backup"), "{output:?}");
    assert_eq!(shop.backups().len(), 2);
}

/// One rule for every path: `-C` says where they begin, as it does for git and make.
#[test]
fn every_path_of_a_command_begins_in_the_folder_that_is_named() {
    let shop = Shop::new();
    let words = "backup keygen --output keys/second.key";
    let made = shop.company.beleg(words).run().expect(0);
    assert!(shop.company.path("keys/second.key").exists());
    let words = "backup create data --name shop --to relative --recipient keys/who";
    shop.company.write("keys/who", &made.stdout);
    shop.company.beleg(words).run().expect(0);
    assert_eq!(leftovers(&shop.company.path("relative")).len(), 2);
    Beleg::anywhere().args("-C /nowhere plan").run().expect(2);
}

#[test]
fn several_recipients_and_a_file_of_them_can_all_open_it() {
    let shop = Shop::new().with_ledger();
    let other = shop.company.path("keys/escrow.key");
    let escrow = shop.company.beleg("backup keygen --output").arg(&other).run().expect(0).stdout;
    let list = format!("# who may restore\n{}\n{escrow}", shop.recipient);
    shop.company.write("keys/recipients", list);
    let words = "backup create data --name shop --to backups/one --to backups/two --recipient keys/recipients";
    shop.company.beleg(words).run().expect(0);
    shop.company.run("restore", 0);
    shop.company.replace("jobs/restore.toml", "keys/restore.key", "keys/escrow.key");
    shop.company.run("restore", 0);
}

#[test]
fn a_recipient_that_is_none_is_a_mistake_and_nothing_is_stored() {
    let shop = Shop::new();
    shop.company.write("keys/no-recipients", "# nobody\n");
    let identity = String::from_utf8(shop.company.read("keys/restore.key")).unwrap();
    let identity = identity.lines().find(|line| line.starts_with("AGE-")).unwrap();
    for wrong in ["age1nobody", "/nowhere", "keys/no-recipients", identity] {
        let words = "backup create data --name shop --to backups/one --recipient";
        let output = shop.company.beleg(words).arg(wrong).run().expect(2);
        assert!(!output.stdout.contains("stored"), "{output:?}");
    }
    assert!(shop.backups().is_empty());
}

#[test]
fn a_name_or_folder_that_is_none_is_a_mistake() {
    let shop = Shop::new();
    for words in [
        "backup create nowhere --name shop",
        "backup create data --name ../shop",
        "backup create data --name a/b",
        "backup create beleg.toml --name shop",
    ] {
        let create = shop.company.beleg(words).args("--to backups/one --recipient");
        create.arg(&shop.recipient).run().expect(2);
    }
    assert!(shop.backups().is_empty());
}

#[test]
fn an_identity_is_for_its_owner_only_and_never_replaced() {
    let shop = Shop::new();
    let key = shop.company.path("keys/restore.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&key).unwrap();
    let again = shop.company.beleg("backup keygen --output").arg(&key).run();
    assert!(again.expect(2).stderr.contains("name another file"));
    shop.company.beleg("backup keygen --output nowhere/key").run().expect(2);
    assert_eq!(std::fs::read(&key).unwrap(), before);
    let said = shop.company.beleg("backup keygen --output k2").run().expect(0);
    assert!(!(said.stdout + &said.stderr).contains("AGE-SECRET-KEY"));
}

#[test]
fn a_key_of_ones_own_signs_the_manifest_without_a_project() {
    let shop = Shop::new();
    let signer = beleg_dsse::Signer::generate("backup-host").unwrap();
    shop.company.write("keys/sign.key", signer.to_secret_text());
    let elsewhere = empty_folder();
    let create = Beleg::in_folder(elsewhere.path())
        .args("backup create --name shop --level 1 --to")
        .arg(shop.company.path("backups/one"))
        .arg("--to")
        .arg(shop.company.path("backups/two"))
        .arg("--sign-key")
        .arg(shop.company.path("keys/sign.key"))
        .arg("--recipient")
        .arg(&shop.recipient)
        .arg(shop.company.path("data"));
    create.run().expect(0);
    let key = signer.verifier().to_string();
    shop.company.replace("jobs/restore.toml", ".beleg/ledger/key.pub", &key);
    let report = shop.company.run("restore", 0).0;
    let signed_by = text(&report["checks"][0]["details"]["regions"][0]["manifest-signed-by"]);
    assert!(key.contains(&signed_by) || signed_by.contains("backup-host"), "{signed_by}");
    assert!(leftovers(elsewhere.path()).is_empty());
}

#[test]
fn two_backups_of_a_day_are_two_and_the_newest_is_tested() {
    let shop = Shop::new().with_ledger();
    shop.create("").expect(0);
    shop.company.write("data/new.txt", "new");
    // Names have whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    shop.create("").expect(0);
    let report = shop.company.run("restore", 0).0;
    assert_eq!(report["checks"][0]["metrics"]["entries-equal"]["value"], 2 * 7);
    assert_eq!(report["checks"][0]["metrics"]["backups-listed"]["value"], 4);
    // The older one of each region is read too.
    assert_eq!(report["checks"][0]["metrics"]["older-backups-read"]["value"], 2);
    assert_eq!(report["checks"][0]["population"]["examined"], 4);
}

#[test]
fn a_database_that_is_damaged_before_the_backup_is_found_by_the_restore_test() {
    let shop = Shop::new().with_ledger();
    let mut database = shop.company.read("data/customers.sqlite");
    for byte in &mut database[4096..4096 + 64] {
        *byte = 0xff;
    }
    shop.company.write("data/customers.sqlite", database);
    shop.create("").expect(0);
    let report = shop.company.run("restore", 1);
    assert_eq!(report.finding("database-corrupt")["verdict"], "fail");
}

/// A dump of the real sqlite3, packed by the real gzip as a nightly script does.
fn dump(shop: &Shop) -> Vec<u8> {
    let script = "set -o pipefail; sqlite3 data/customers.sqlite .dump | gzip > dump.sql.gz";
    let folder = shop.company.folder();
    let made = Command::new("bash").args(["-c", script]).current_dir(folder).status();
    assert!(made.unwrap().success());
    let bytes = shop.company.read("dump.sql.gz");
    shop.company.remove("dump.sql.gz");
    bytes
}

#[test]
fn a_dump_that_was_cut_off_before_the_backup_is_found_by_the_restore_test() {
    let shop = Shop::new().with_ledger();
    let dump = dump(&shop);
    shop.company.write("data/nightly.sql.gz", &dump[..dump.len() / 2]);
    shop.create("").expect(0);
    let report = shop.company.run("restore", 1);
    let finding = report.finding("dump-truncated");
    assert_eq!(finding["verdict"], "fail");
    assert!(finding["location"].to_string().contains("nightly.sql.gz"), "{finding:#}");
}

#[test]
fn dumps_that_nothing_loads_are_named_and_no_fault() {
    let shop = Shop::new().with_ledger();
    shop.company.write("data/nightly.sql.gz", dump(&shop)).write("data/own.dump", b"PGDMP\x01\x0e");
    shop.create("").expect(0);
    let report = shop.company.run("restore", 0);
    let message = report.finding("dump-not-probed")["message"].to_string();
    assert!(message.contains("end is there of 1 (`nightly.sql.gz`)"), "{message}");
    assert!(message.contains("nothing was looked at of 1 (`own.dump`)"), "{message}");
}

/// Makes three backups, and damages the oldest in both regions without changing its size.
fn with_a_damaged_old_backup() -> (Shop, String) {
    let shop = Shop::new().with_ledger();
    for _ in 0..3 {
        shop.create("").expect(0);
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    let is_backup = |path: &PathBuf| path.extension().is_some_and(|end| end == "age");
    let oldest = shop.backups().into_iter().filter(is_backup).min().unwrap();
    let name = oldest.file_name().unwrap().to_str().unwrap().to_owned();
    for region in ["backups/one", "backups/two"] {
        let path = format!("{region}/{name}");
        let mut bytes = shop.company.read(&path);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        shop.company.write(&path, bytes);
    }
    (shop, name)
}

#[test]
fn a_damaged_older_backup_fails_when_it_is_read() {
    let (shop, name) = with_a_damaged_old_backup();
    shop.company.replace("jobs/restore.toml", "name = \"shop\"", "name = \"shop\"\nread-older = 9");
    let report = shop.company.run("restore", 1);
    let finding = report.finding("restore-digest-mismatch");
    assert!(text(&finding["location"]).contains(&name), "{finding:#}");
    let population = &report.0["checks"][0]["population"];
    assert_eq!((&population["expected"], &population["examined"]), (&6.into(), &6.into()));
}

#[test]
fn older_backups_that_were_not_read_are_counted_and_named() {
    let (shop, name) = with_a_damaged_old_backup();
    shop.company.replace("jobs/restore.toml", "name = \"shop\"", "name = \"shop\"\nread-older = 0");
    let report = shop.company.run("restore", 0);
    let left_out = report.0["checks"][0]["population"]["left_out"].as_array().unwrap().clone();
    assert_eq!(left_out.len(), 2, "one for each region: {left_out:#?}");
    for part in &left_out {
        assert_eq!(part["count"], 2);
        assert!(text(&part["what"]).contains(&name), "{part:#}");
    }
}

#[test]
fn regions_that_are_one_folder_are_a_mistake() {
    let shop = Shop::new();
    shop.create("").expect(0);
    symlink("one", shop.company.path("backups/link")).unwrap();
    for same in ["backups/one", "backups/one/", "./backups/../backups/one", "backups/link"] {
        let job = String::from_utf8(shop.company.read("jobs/restore.toml")).unwrap();
        let url = format!("url = \"{same}\"");
        shop.company.replace("jobs/restore.toml", "url = \"backups/two\"", &url);
        let output = shop.company.beleg("run restore").run().expect(2);
        assert!(output.stderr.contains("are one place"), "{same}: {output:?}");
        shop.company.write("jobs/restore.toml", job);
    }
}

#[test]
fn regions_whose_files_are_links_to_one_another_are_one_copy() {
    let shop = Shop::new();
    shop.create("").expect(0);
    for path in shop.backups() {
        let other = shop.company.path("backups/two").join(path.file_name().unwrap());
        std::fs::remove_file(&other).unwrap();
        std::fs::hard_link(&path, &other).unwrap();
    }
    let report = shop.company.run("restore", 1);
    assert_eq!(report.finding("regions-are-one-place")["verdict"], "fail");
}

#[test]
fn a_backup_without_a_file_is_unknown() {
    let shop = Shop::new();
    std::fs::create_dir_all(shop.company.path("unmounted/below")).unwrap();
    let words = "backup create unmounted --name shop --to backups/one --to backups/two";
    let create = |more: &str| {
        let create = shop.company.beleg(words).args(more).arg("--recipient");
        create.arg(&shop.recipient).run()
    };
    // Whoever makes such a backup may have to say that it is meant.
    if create("--allow-empty").status.code() != Some(0) {
        create("").expect(0);
    }
    let report = shop.company.run("restore", 3);
    assert_eq!(report.finding("backup-empty")["verdict"], "unknown");
    assert_eq!(report.0["checks"][0]["population"]["examined"], 0);
}

#[test]
fn evidence_shows_the_digest_of_what_was_read_and_never_the_promised_one() {
    let shop = Shop::new();
    shop.create("").expect(0);
    let input = |report: &serde_json::Value, region: &str| {
        let inputs = report["checks"][0]["inputs"].as_array().unwrap().clone();
        let named = format!("backup in region {region}");
        inputs.into_iter().find(|input| input["name"] == named.as_str()).unwrap()
    };
    let sound = shop.company.run("restore", 0).0;
    let promised = text(&input(&sound, "two")["digest"]);
    let backup = shop.backups().into_iter().find(|path| path.to_string_lossy().ends_with(".age"));
    let name = backup.unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let path = format!("backups/two/{name}");
    let mut bytes = shop.company.read(&path);
    *bytes.last_mut().unwrap() ^= 1;
    shop.company.write(&path, bytes);
    let tampered = shop.company.run("restore", 1).0;
    assert_eq!(text(&input(&tampered, "one")["digest"]), promised);
    assert_ne!(input(&tampered, "two")["digest"], input(&sound, "two")["digest"]);
    let details = &tampered["checks"][0]["details"]["regions"][1];
    assert_eq!(text(&details["digest-promised"]), promised);
    assert!(details["digest-read"].is_null(), "{details:#}");
}

#[test]
fn a_job_claims_only_the_controls_that_it_tests() {
    let shop = Shop::new();
    let controls = |shop: &Shop| {
        let plan = shop.company.beleg("plan restore").run().stdout;
        let line = plan.lines().find(|line| line.contains("controls")).unwrap().to_owned();
        line.split_once("controls ").unwrap().1.to_owned()
    };
    assert_eq!(controls(&shop), "BAK-1, BAK-2, BAK-3, BAK-4, ENC-2");
    let all = "name = \"shop\"\nmax-age = \"30d\"\nmin-coverage = \"1d\"";
    shop.company.replace("jobs/restore.toml", "name = \"shop\"", all);
    assert_eq!(controls(&shop), "BAK-1, BAK-2, BAK-3, BAK-4, ENC-2, RET-1");
    shop.company.replace("jobs/restore.toml", "\"1d\"", "\"1h\"");
    assert_eq!(controls(&shop), "BAK-1, BAK-2, BAK-3, BAK-4, ENC-2");
    shop.company.replace("jobs/restore.toml", "\"1h\"", "\"1d\"");
    let long = "name = \"shop\"\nrpo = \"3650d\"\nrto = \"3650d\"";
    shop.company.replace("jobs/restore.toml", "name = \"shop\"", long);
    shop.company.replace(
        "jobs/restore.toml",
        "[[backup.region]]\nname = \"two\"\nurl = \"backups/two\"\n",
        "",
    );
    assert_eq!(controls(&shop), "BAK-3, ENC-2, RET-1");
    let claimed = "kind = \"restore-test\"\ncontrols = [\"BAK-2\"]";
    shop.company.replace("jobs/restore.toml", "kind = \"restore-test\"", claimed);
    let output = shop.company.beleg("plan restore").run().expect(2);
    assert!(output.stderr.contains("there is only one region"), "{output:?}");
}

#[test]
fn the_default_time_limit_lets_the_recovery_time_be_judged() {
    let shop = Shop::new();
    let plan = shop.company.beleg("plan restore").run().stdout;
    assert!(plan.contains("time limit 57600 s"), "two regions of 4 h, and as much again: {plan}");
    shop.company.replace("jobs/restore.toml", "kind", "timeout = \"10m\"\nkind");
    let plan = shop.company.beleg("plan restore").run().stdout;
    assert!(plan.contains("time limit 600 s"), "{plan}");
}

#[test]
fn an_archive_with_a_long_window_restores_and_one_beyond_the_bound_is_unknown() {
    let shop = Shop::new().with_ledger();
    // More than one window of 1 MiB, so that the compressor asks for what it is allowed.
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .flat_map(|n| ((n / 7).wrapping_mul(2_654_435_761) % 251).to_le_bytes())
        .collect();
    shop.company.write("data/large.bin", bytes);
    shop.create("--level 19").expect(0);
    shop.company.run("restore", 0);
    shop.company.replace(
        "jobs/restore.toml",
        "name = \"shop\"",
        "name = \"shop\"\nmax-window = 20",
    );
    let report = shop.company.run("restore", 3);
    assert_eq!(report.finding("restore-over-limit")["verdict"], "unknown");
    shop.company.replace("jobs/restore.toml", "max-window = 20", "max-window = 32");
    shop.company.beleg("plan restore").run().expect(2);
}

#[test]
fn a_hybrid_post_quantum_recipient_is_called_so_and_not_printed_whole() {
    let shop = Shop::new();
    let recipient = format!("age1pq1{}", "q".repeat(1952));
    let words = "backup create data --name shop --to backups/one --recipient";
    let output = shop.company.beleg(words).arg(&recipient).run().expect(2);
    assert!(output.stderr.contains("hybrid post-quantum"), "{output:?}");
    assert!(output.stderr.len() < 500, "{output:?}");
    let secret = format!("AGE-SECRET-KEY-PQ-1{}", "Q".repeat(58));
    shop.company.write("keys/restore.key", &secret);
    shop.create("").expect(0);
    let report = shop.company.run("restore", 3);
    let message = text(&report.finding("identity-unusable")["message"]);
    assert!(message.contains("hybrid post-quantum") && !message.contains("QQQ"), "{message}");
}

#[test]
fn a_url_that_a_mark_cuts_off_is_a_mistake_in_every_setting() {
    let shop = Shop::new();
    for mark in ["#", "?"] {
        let url = format!("s3://bucket/prod{mark}eu");
        let output = shop.company.beleg("backup create data --name shop --to").arg(&url);
        let output = output.arg("--recipient").arg(&shop.recipient).run().expect(2);
        assert!(output.stderr.contains("cut off"), "{output:?}");
        let job = String::from_utf8(shop.company.read("jobs/restore.toml")).unwrap();
        shop.company.replace("jobs/restore.toml", "backups/two", &url);
        let output = shop.company.beleg("plan restore").run().expect(2);
        assert!(output.stderr.contains("%23"), "{output:?}");
        shop.company.write("jobs/restore.toml", job);
        let project = String::from_utf8(shop.company.read("beleg.toml")).unwrap();
        for section in ["[ledger]\nurl", "[advisories]\nosv", "[advisories]\nrustsec"] {
            shop.company.write("beleg.toml", format!("{section} = \"{url}\"\n"));
            let output = shop.company.beleg("plan restore").run().expect(2);
            assert!(output.stderr.contains("%23"), "{section}: {output:?}");
        }
        shop.company.write("beleg.toml", project);
    }
}

#[test]
fn one_place_is_not_two_regions_of_a_backup_and_none_lies_within_the_source() {
    let shop = Shop::new();
    shop.create("").expect(0);
    symlink("one", shop.company.path("backups/link")).unwrap();
    let before = leftovers(&shop.company.path("backups/one"));
    let create = |places: &str| {
        let words = format!("backup create data --name shop {places} --recipient");
        shop.company.beleg(&words).arg(&shop.recipient).run()
    };
    for same in ["backups/one", "./backups/one/", "backups/link", "backups/one/below", "backups"] {
        let output = create(&format!("--to backups/one --to {same}")).expect(2);
        assert!(output.stderr.contains("are one place"), "{same}: {output:?}");
    }
    let output = create("--to data/in").expect(2);
    assert!(output.stderr.contains("lies within the source"), "{output:?}");
    assert_eq!(
        leftovers(&shop.company.path("backups/one")).len(),
        before.len() + 1,
        "only a folder"
    );
    create("--to data/in --exclude in").expect(0);
}

#[test]
fn a_region_within_another_is_no_second_place() {
    let shop = Shop::new();
    shop.create("").expect(0);
    std::fs::create_dir(shop.company.path("backups/one/us")).unwrap();
    for backup in shop.backups().into_iter().filter(|path| path.is_file()) {
        let copy = shop.company.path("backups/one/us").join(backup.file_name().unwrap());
        std::fs::copy(&backup, copy).unwrap();
    }
    shop.company.replace("jobs/restore.toml", "backups/two", "backups/one/us");
    let output = shop.company.beleg("run restore").run().expect(2);
    assert!(output.stderr.contains("one of them lies within the other"), "{output:?}");
}

#[test]
fn backups_that_are_made_at_once_do_not_replace_one_another() {
    let shop = Shop::new().with_ledger();
    let start = || {
        let words = "backup create data --name shop --to backups/one --to backups/two --recipient";
        shop.company.beleg(words).arg(&shop.recipient).start()
    };
    let running: Vec<_> = (0..4).map(|_| start()).collect();
    let made: Vec<Output> = running.into_iter().map(crate::command::Running::wait).collect();
    let stored: usize = made
        .iter()
        .map(|output| {
            output.stdout.matches("\nstored ").count()
                + usize::from(output.stdout.starts_with("stored "))
        })
        .sum();
    // A backup and its manifest, in each region; what was not stored says so and ends with 1.
    let files = |region: &str| leftovers(&shop.company.path(region)).len();
    assert_eq!(files("backups/one") + files("backups/two"), 2 * stored, "{made:?}");
    for output in &made {
        let is_stored = output.status.code() == Some(0);
        assert_eq!(is_stored, !output.stdout.contains("NOT stored"), "{output:?}");
    }
}

#[test]
fn a_database_whose_head_was_destroyed_is_not_passed_over() {
    let shop = Shop::new().with_ledger();
    for name in ["customers.sqlite", "orders.DB"] {
        shop.company.write(&format!("data/{name}"), vec![0; 40_960]);
    }
    // Berkeley DB's, as `postalias` makes it.
    let mut other = vec![0; 8192];
    other[12..16].copy_from_slice(&[0x61, 0x15, 0x06, 0x00]);
    shop.company.write("data/aliases.db", other);
    shop.create("").expect(0);
    let report = shop.company.run("restore", 3);
    let found = report.found();
    let not_checked = found.iter().filter(|(_, rule)| rule == "database-not-checked").count();
    assert_eq!(not_checked, 2 * 2, "{found:?}");
}
