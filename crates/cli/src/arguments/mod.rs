mod scan;
mod verify;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub(crate) use scan::{Level, Scan};
pub(crate) use verify::{
    Format, IdentityArguments, RootArguments, TrustArguments, Verify, VerifyArtifact, VerifyBundle,
    VerifyCommits, VerifyImage, VerifyLayout, VerifyOutput, VerifyRelease, VerifyTags,
};

const EXIT_CODES: &str = "\
Exit codes: 0 pass, 1 a check failed, 2 usage or configuration, 3 unknown and nothing failed,
4 nothing to check, 5 another run holds the lock, 70 evidence could not be recorded or a bug,
130 interrupted.";

/// Verifies the software supply chain and backups, and keeps the evidence.
#[derive(Parser)]
#[command(name = "beleg", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Begin in this folder, the project's: every path on the command line is relative to it too
    #[arg(short = 'C', long, global = true, value_name = "FOLDER", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Open no socket; what needs the network is unknown then
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,
    /// Show no progress and no hints
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Take advisories from this mirror: a folder with `rustsec-advisory-db` and `osv/`
    #[arg(long, global = true, value_name = "FOLDER", env = "BELEG_ADVISORIES", value_parser = any_path())]
    pub(crate) advisories: Option<PathBuf>,
}

/// Takes every path, the empty one too: a variable that is set and empty is as good as unset.
fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a schedule's jobs, one job, or all jobs of a kind, and record what they find
    Run(Run),
    /// Show what a run would do, without doing it
    Plan(Plan),
    /// Say what is known of the packages of a folder, lockfile, image or SBOM now, without recording
    /// it
    Scan(Box<Scan>),
    /// Verify commits, tags, files, images and releases now, without recording it
    #[command(subcommand)]
    Verify(Box<Verify>),
    /// Show when schedules are due
    #[command(subcommand)]
    Schedule(Schedule),
    /// Show a recorded run again, in any format
    Report(Report),
    /// Say what a rule means that a report names, or list all rules
    Explain(Explain),
    /// Verify the ledger
    #[command(subcommand)]
    Ledger(Ledger),
    /// Make and verify evidence packs for auditors
    #[command(subcommand)]
    Pack(Pack),
    /// Make encrypted backups that `restore-test` jobs can test
    #[command(subcommand)]
    Backup(Backup),
    /// Make SBOMs
    #[command(subcommand)]
    Sbom(Sbom),
    /// Look into what is known about packages
    #[command(subcommand)]
    Db(Db),
    /// Make an example from scratch, with planted faults, and run its nightly jobs
    Demo(Demo),
}

#[derive(Args)]
pub(crate) struct Run {
    /// The schedule, job or kind of job; every job if absent
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) shown: Shown,
    /// Plan only, as `beleg plan`
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct Plan {
    /// The schedule, job or kind of job; every job if absent
    pub(crate) name: Option<String>,
    /// Show where every setting comes from
    #[arg(long)]
    pub(crate) explain: bool,
    /// The format
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// As `--format json`
    #[arg(long, hide = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Schedule {
    /// List all schedules
    List,
    /// Show when each schedule is due next
    Next,
    /// Compare when schedules were due with the runs that the ledger holds
    Missed {
        /// The first day to look at, such as 2026-11-01; each schedule's first run of the last 31
        /// days if absent
        #[arg(long, value_name = "DAY")]
        since: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Report {
    /// The run's name or identifier; the last run if absent
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) shown: Shown,
}

#[derive(Args)]
pub(crate) struct Explain {
    /// The rule, such as `backup-tampered`; all of them if absent
    pub(crate) rule: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Shown {
    /// The format
    #[arg(long, default_value = "text", value_parser = formats())]
    pub(crate) format: String,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn formats() -> clap::builder::PossibleValuesParser {
    beleg_report::FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>().into()
}

#[derive(Subcommand)]
pub(crate) enum Ledger {
    /// Check every entry, proof, signature and payload
    Verify {
        /// The ledger's public key, as text or in a file; the project's own if absent
        #[arg(long, value_name = "KEY|FILE")]
        key: Option<String>,
        /// Require that the ledger goes on from this checkpoint or pack; may be repeated
        #[arg(long, value_name = "CHECKPOINT|PACK")]
        since: Vec<PathBuf>,
    },
    /// List the recorded runs
    List,
}

#[derive(Subcommand)]
pub(crate) enum Pack {
    /// Put the evidence of a time window into one file
    Create {
        /// The window's first day or instant, such as 2026-11-01
        #[arg(long)]
        from: String,
        /// The window's last day (included) or the instant it ends
        #[arg(long)]
        to: String,
        /// Show that the ledger goes on from this checkpoint or pack; may be repeated
        #[arg(long, value_name = "CHECKPOINT|PACK")]
        since: Vec<PathBuf>,
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "beleg-pack.zip")]
        output: PathBuf,
    },
    /// Check a pack with nothing but its file, and show what its checks have found
    ///
    /// Ends with 1 when the pack is not sound or a check in it failed, and with 3 when a promised
    /// check is missing, was erased or could not look, or when the key was not compared.
    Verify(PackVerify),
}

#[derive(Args)]
pub(crate) struct PackVerify {
    /// The pack
    pub(crate) file: PathBuf,
    /// The ledger's public key, obtained elsewhere, as text or in a file
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) key: Option<String>,
    /// Require that the ledger goes on from this checkpoint or pack; may be repeated
    #[arg(long, value_name = "CHECKPOINT|PACK")]
    pub(crate) since: Vec<PathBuf>,
    /// Let the key in the pack suffice: nothing then shows who made it
    #[arg(long)]
    pub(crate) packed_key_suffices_unsafe: bool,
    /// The format
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Backup {
    /// Back a folder up, encrypted, to one or more regions
    Create(BackupCreate),
    /// Make a key pair: the identity opens backups, the recipient is what they are encrypted to
    Keygen {
        /// Where to write the identity; keep it apart from the machine that makes backups
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct BackupCreate {
    /// The folder to back up
    pub(crate) source: PathBuf,
    /// The backup's name
    #[arg(long)]
    pub(crate) name: String,
    /// Where to store it: a folder or URL; repeat for each region
    #[arg(long, value_name = "URL", required_unless_present = "regions")]
    pub(crate) to: Vec<String>,
    /// Store it in the regions, with their options, that a `restore-test` job's file names
    #[arg(long, value_name = "FILE")]
    pub(crate) regions: Vec<PathBuf>,
    /// Leave out what matches, such as `cache` or `**/*.tmp`: a path below the folder, with `*`
    /// and `?` within a name and `**` for any folders; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Leave out what lies on other file systems
    #[arg(long)]
    pub(crate) one_file_system: bool,
    /// Make a backup even if there is no file in the folder, as when it is not mounted
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// Who can open it: an age recipient, or a file of them; may be repeated
    #[arg(long = "recipient", value_name = "AGE1…|FILE", required = true)]
    pub(crate) recipients: Vec<String>,
    /// The zstd level, 1 to 19; 0 leaves the archive uncompressed
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(i32).range(0..=19))]
    pub(crate) level: i32,
    /// The key that signs the manifest; the project's own if absent
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_key: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Sbom {
    /// Make a CycloneDX SBOM from lockfiles; `sbom-verify` passes it if `--as-version` is given
    Create {
        /// The lockfiles
        #[arg(required = true)]
        lockfiles: Vec<PathBuf>,
        /// The name of what the SBOM describes
        #[arg(long)]
        name: String,
        /// Its version, without which `sbom-verify` fails the SBOM
        #[arg(long = "as-version", value_name = "VERSION")]
        version: Option<String>,
        /// The artifact itself, whose SHA-256 the SBOM then names
        #[arg(long, value_name = "FILE")]
        artifact: Option<PathBuf>,
        /// Who makes and supplies it
        #[arg(long)]
        supplier: String,
        /// The instant to write as its time of making; now if absent
        #[arg(long, value_name = "INSTANT")]
        timestamp: Option<String>,
        /// Where to write it; standard output if absent
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Args)]
pub(crate) struct Demo {
    /// The folder to make; one that an earlier demo made is replaced
    #[arg(default_value = "beleg-demo")]
    pub(crate) folder: PathBuf,
    /// Plant no faults
    #[arg(long)]
    pub(crate) healthy: bool,
}

#[derive(Subcommand)]
pub(crate) enum Db {
    /// Say which of two versions comes first: prints `<`, `=` or `>`, or `?` where nobody knows
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(Compare),
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  beleg db compare PyPI 1.0rc1 1.0
  beleg db compare Debian:12 1.0~rc1-1 1.0-1
  printf 'npm\\t1.2.3\\t1.10.0\\n' | beleg db compare -";

#[derive(Args)]
pub(crate) struct Compare {
    /// The ecosystem as OSV names it (`crates.io`, `PyPI`, `Debian:12`, …), or `-` to read lines of
    /// ECOSYSTEM, VERSION and VERSION with tabs between them from standard input
    #[arg(value_name = "ECOSYSTEM")]
    pub(crate) ecosystem: String,
    /// The first version
    #[arg(value_name = "VERSION", requires = "right")]
    pub(crate) left: Option<String>,
    /// The second version
    #[arg(value_name = "VERSION")]
    pub(crate) right: Option<String>,
}
