//! rpm's database of installed packages, in each of its three forms: SQLite (`rpmdb.sqlite`), rpm's
//! own ndb (`Packages.db`) and Berkeley DB (`Packages`), told apart by their first bytes, in each of the
//! places that distributions have. Each package is a header (RPM package format, "Header") in it.
//!
//! Keys that rpm lists among the packages (`gpg-pubkey`) are none. Of a package's files those that
//! other formats read are kept, so that what the distribution installed is not taken for another
//! registry's. The database does not say which distribution it belongs to: see
//! [`with_distribution`](crate::with_distribution).

mod berkeley;
mod bytes;
mod header;
mod ndb;
mod sqlite;

use self::header::Header;
use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Nearby, Parsed, Tree,
    may_list, within_limit,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin, Package};

/// The most bytes of the database: 256 MiB. A server with 1,500 packages has 100 MiB.
const MAX_BYTES: u64 = 256 << 20;
/// The most bytes of one package's header: 64 MiB, as in rpm's own `headerCheck`.
const MAX_HEADER: usize = 64 << 20;
/// A key for signatures, which rpm keeps as if it were a package.
const KEY: &str = "gpg-pubkey";

/// The format itself.
pub(super) struct RpmDatabase;

const ABOUT: About = About {
    id: "rpm-database",
    describes: "Installed packages of Fedora, Red Hat, SUSE and others with rpm: SQLite, ndb and Berkeley DB",
    kind: FormatKind::Installed,
    ecosystems: &["Red Hat"],
    syft_metadata_type: "rpm-db-entry",
    files: &[
        FileName::At("usr/lib/sysimage/rpm/Packages"),
        FileName::At("usr/lib/sysimage/rpm/Packages.db"),
        FileName::At("usr/lib/sysimage/rpm/rpmdb.sqlite"),
        FileName::At("usr/share/rpm/Packages"),
        FileName::At("usr/share/rpm/Packages.db"),
        FileName::At("usr/share/rpm/rpmdb.sqlite"),
        FileName::At("var/lib/rpm/Packages"),
        FileName::At("var/lib/rpm/Packages.db"),
        FileName::At("var/lib/rpm/rpmdb.sqlite"),
    ],
    most_bytes: MAX_BYTES,
};

impl Format for RpmDatabase {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// What SQLite has not yet taken into the database stands beside it.
    fn asks_for(&self, path: &str) -> Option<u64> {
        let database = path.strip_suffix("-wal")?;
        self.wants(database).then_some(0)
    }

    fn parse_in(&self, path: &str, bytes: &[u8], tree: &dyn Tree) -> Result<Parsed, FormatError> {
        let mut parsed = self.parse(path, bytes)?;
        if let Nearby::Unreadable(_) = tree.read(&format!("{path}-wal"), 0) {
            let why = "changes stand beside it that SQLite has not yet taken into it";
            parsed.leave_out_at(Location::from(path), why.to_owned())?;
        }
        Ok(parsed)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        let mut parsed = Parsed::default();
        let mut take = |header: &[u8]| match read(path, header) {
            Ok(Some((package, facts, owned))) => {
                parsed.owned.extend(owned);
                parsed.add_with(package, facts)
            }
            Ok(None) => Ok(()),
            Err(why) => parsed.leave_out_at(Location::from(path), why),
        };
        let malformed = |why: Damage| match why {
            Damage::File(why) => FormatError::malformed(path, why),
            Damage::Refused(error) => error,
        };
        if bytes.starts_with(sqlite::MAGIC) {
            sqlite::headers(bytes, &mut take).map_err(malformed)?;
        } else if bytes.starts_with(ndb::MAGIC) {
            ndb::headers(bytes, &mut take).map_err(malformed)?;
        } else if berkeley::is_one(bytes) {
            berkeley::headers(bytes, &mut take).map_err(malformed)?;
        } else {
            return Err(FormatError::malformed(path, "it is in none of the forms that rpm has"));
        }
        Ok(parsed)
    }
}

/// Why a database is not read to its end.
enum Damage {
    /// Something is wrong with the file.
    File(String),
    /// What was read is beyond a limit.
    Refused(FormatError),
}

impl From<FormatError> for Damage {
    fn from(error: FormatError) -> Self {
        Self::Refused(error)
    }
}

impl Damage {
    fn file(why: impl Into<String>) -> Self {
        Self::File(why.into())
    }
}

/// What takes the header of one package.
type Take<'a> = dyn FnMut(&[u8]) -> Result<(), FormatError> + 'a;

/// Reads one package: nothing if it is a key, or why it cannot be read.
fn read(path: &str, bytes: &[u8]) -> Result<Option<(Package, Facts, Vec<String>)>, String> {
    let header = Header::of(bytes).ok_or("the header of a package is damaged")?;
    let word = |tag, what: &str| match header.text(tag) {
        Some(text) if is_word(&text) => Ok(text),
        Some(text) => Err(format!("`{}` is no {what} of a package", shown(&text))),
        None => Err(format!("a package has no {what}")),
    };
    let name = word(header::NAME, "name")?;
    if name == KEY {
        return Ok(None);
    }
    let (version, release) = (word(header::VERSION, "version")?, word(header::RELEASE, "release")?);
    let epoch = header.number(header::EPOCH).filter(|epoch| *epoch > 0);
    let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let source = header.text(header::SOURCE_RPM);
    let source = source.as_deref().and_then(source_of);
    let package = Package {
        ecosystem: Ecosystem::named("Red Hat"),
        version: format!("{epoch}{version}-{release}"),
        source_name: source.map(|(source, _)| source).filter(|it| *it != name).map(str::to_owned),
        source_version: source
            .map(|(_, version)| version)
            .filter(|it| *it != format!("{version}-{release}"))
            .map(|version| format!("{epoch}{version}")),
        architecture: header.text(header::ARCHITECTURE).filter(|it| is_word(it)),
        origin: Origin::Registry,
        location: Location::from(path),
        name,
    };
    let licences = header.text(header::LICENCE).filter(|text| !text.is_empty());
    let licences = licences.map(|text| shown(&text)).into_iter().collect();
    let owned = header.files().filter(|file| may_list(file)).collect();
    Ok(Some((package, Facts { licences, ..Facts::default() }, owned)))
}

/// Takes the file name of a source package apart: `glibc-2.36-1.el9.src.rpm`.
fn source_of(file: &str) -> Option<(&str, &str)> {
    let stem = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let (front, _release) = stem.rsplit_once('-')?;
    let (name, _version) = front.rsplit_once('-')?;
    let version = stem.get(name.len().saturating_add(1)..)?;
    (is_word(name) && is_word(version)).then_some((name, version))
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._~^%{}()".contains(&byte))
}

#[cfg(test)]
mod tests;
