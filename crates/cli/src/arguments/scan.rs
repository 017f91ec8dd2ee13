//! The arguments of `beleg scan`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Scan {
    /// A folder, a lockfile, a program, an OCI image layout (folder or tar), or a CycloneDX SBOM;
    /// `dir:`, `file:`, `oci:` and `sbom:` before it say which, where looking is not enough
    #[arg(default_value = ".")]
    pub(crate) target: String,
    /// The least severity that fails; what is less is shown as a remark
    #[arg(long, alias = "fail-on", value_enum, value_name = "SEVERITY", default_value = "info")]
    pub(crate) fail_from: Level,
    /// Let vulnerabilities of which no fixed version is known be remarks
    #[arg(long)]
    pub(crate) only_fixable: bool,
    /// Let only what this earlier scan (its JSON) did not find count
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Take decisions to live with an advisory from this file: `[[ignore]]` as in a job
    #[arg(long, value_name = "FILE")]
    pub(crate) ignores: Option<PathBuf>,
    /// Images: the name of the one that is meant, of several in a layout
    #[arg(long, value_name = "NAME", help_heading = "Images")]
    pub(crate) reference: Option<String>,
    /// Images: the manifest's digest
    #[arg(long, value_name = "DIGEST", help_heading = "Images")]
    pub(crate) digest: Option<String>,
    /// Images: the platform, such as `linux/arm64`
    #[arg(long, value_name = "PLATFORM", help_heading = "Images")]
    pub(crate) platform: Option<String>,
    /// The format
    #[arg(long, default_value = "text", value_parser = formats())]
    pub(crate) format: String,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show every package, also on a terminal whose screen does not hold them
    #[arg(long)]
    pub(crate) all: bool,
    /// Tell every advisory and every place, not only how many there are; includes `--all`
    #[arg(long)]
    pub(crate) details: bool,
}

/// A severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

fn formats() -> clap::builder::PossibleValuesParser {
    beleg_report::SCAN_FORMATS.iter().map(|format| format.id()).collect::<Vec<_>>().into()
}
