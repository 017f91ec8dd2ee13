use crate::advisory::Kind;
use beleg_model::Severity;

/// One vulnerability, or one other thing to know, about one package version, however many
/// records of however many sources speak of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The identifier of the record it is known by here: `MAL-` before other names of a database
    /// of its ecosystem (`RUSTSEC-`, `PYSEC-`, `DSA-`), before `GHSA-`, before `CVE-`; among
    /// equals the first by alphabet.
    pub advisory: String,
    /// The package's name, or its source package's where advisories speak of those.
    pub package: String,
    /// Its other identifiers, sorted.
    pub aliases: Vec<String>,
    /// The names of the sources that hold it, sorted.
    pub sources: Vec<String>,
    /// The worst severity that a record states: from its CVSS vector, else from its word.
    /// Without either, malicious packages are `Critical`, informational records `Info`,
    /// vulnerabilities `Medium`.
    pub severity: Severity,
    /// Whether it is a vulnerability whose severity no record states.
    pub unscored: bool,
    /// The highest CVSS base score that a record states, 0.0 to 10.0.
    pub score: Option<f64>,
    /// What it is about; the worst of its records.
    pub kind: Kind,
    /// What is wrong, on one line, from the record it is known by.
    pub summary: String,
    /// Operating systems and architectures it is limited to, if every record limits it.
    pub only_on: Vec<String>,
    /// Versions after the package's that no record calls affected, in order. `> 1.2` stands for
    /// the unnamed first version after 1.2.
    pub fixed: Vec<String>,
    /// URLs of further reading.
    pub references: Vec<String>,
    /// Whether the version is affected for certain.
    pub certainty: Certainty,
}

/// Says whether a version is known to be affected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Nobody can say, for this reason. It must not be taken for "not affected".
    Undecided {
        /// The reason.
        why: String,
    },
    /// A record says so.
    Affected,
}
