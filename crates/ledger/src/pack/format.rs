//! The members of a pack and what stands in them.

use crate::merkle::Hash;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_model::Tool;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) const README: &str = "README.txt";
pub(crate) const ENTRIES: &str = "entries.json";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNED_MANIFEST: &str = "manifest.dsse.json";
/// The DSSE payload type of the manifest.
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.beleg.pack-manifest.v1+json";
pub(crate) const SCHEMA: u32 = 1;
/// The most hashes an inclusion proof can have in a tree of 2^48 entries.
pub(crate) const MAX_PROOF: usize = 48;

/// Says what a pack holds. It is signed as it stands in `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) schema: u32,
    pub(crate) tool: Tool,
    pub(crate) origin: String,
    pub(crate) tree_size: u64,
    /// Standard base64.
    pub(crate) root_hash: String,
    /// The window of time: `from` is in it, `to` is not.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// The window's entries: `first` is one of them, `end` is not.
    pub(crate) first: u64,
    pub(crate) end: u64,
    /// All members but the manifest itself, by name.
    pub(crate) members: Vec<MemberDigest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberDigest {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// The member `entries.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackedEntries {
    /// By index.
    pub(crate) entries: Vec<PackedEntry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackedEntry {
    pub(crate) index: u64,
    /// The entry exactly as it was hashed.
    pub(crate) entry: String,
    /// The inclusion proof, lowest first, standard base64.
    pub(crate) proof: Vec<String>,
}

impl PackedEntry {
    /// Returns the proof's hashes; `None` when they are none or too many.
    pub(crate) fn proof(&self) -> Option<Vec<Hash>> {
        if self.proof.len() > MAX_PROOF {
            return None;
        }
        let decode = |text: &String| BASE64_STANDARD.decode(text).ok()?.try_into().ok();
        self.proof.iter().map(decode).collect()
    }
}

/// Returns the member that holds the payload of a commitment.
pub(crate) fn payload_member(commitment: &crate::Commitment) -> String {
    format!("{}.json", commitment.path())
}

/// Returns the README of a pack.
pub(crate) fn readme(manifest: &Manifest, key: &str) -> String {
    let Manifest { origin, from, to, first, end, tree_size, root_hash, .. } = manifest;
    let tool = &manifest.tool;
    format!(
        "\
WHAT THIS IS

This file is a pack of evidence from the ledger

    {origin}

It holds every entry recorded from {from}
up to, but not including, {to}
(entries {first} up to, but not including, {end}, of {tree_size} in the ledger).

HOW TO CHECK IT

With no network, with beleg {version} or later:

    beleg pack verify FILE --key KEY

KEY is the ledger's public key. Take it from a source you trust: the company's register, last
year's pack, a contract. Compare it with the one in this pack (key.pub):

    {key}

The check tells whether a single byte was changed, whether an entry of the window was left out,
what each check has found, which planned checks left no evidence, and what was erased and why.

WHAT IS IN IT

    manifest.json        names every file with its SHA-256; you can compare them by hand
    manifest.dsse.json   the same bytes, signed by the ledger's key (DSSE)
    checkpoint           the ledger's signed size and root (C2SP tlog-checkpoint)
    key.pub              the ledger's public key (C2SP signed-note)
    entries.json         the entries with the proofs that they stand in the ledger (RFC 6962)
    payload/             the signed statements (in-toto) with the salts of their commitments
    all other files      reports made from the above, for people

Entries before and after the window are included to show that none is missing between them.

To notice that the ledger was put back to an earlier state, compare this with later packs:
a later ledger is longer and begins with this one. Size {tree_size}, root {root_hash}

------------------------------------------------------------------------------------------

WAS DAS IST

Diese Datei ist ein Nachweispaket aus dem Register

    {origin}

Es enthält jeden Eintrag, der ab {from}
und vor {to} verzeichnet wurde
(Einträge {first} bis ausschließlich {end} von {tree_size} im Register).

WIE MAN ES PRÜFT

Ohne Netz, mit beleg {version} oder neuer:

    beleg pack verify DATEI --key SCHLÜSSEL

SCHLÜSSEL ist der öffentliche Schlüssel des Registers. Nehmen Sie ihn aus einer Quelle, der Sie
vertrauen: aus dem Verzeichnis des Unternehmens, dem Paket des Vorjahrs, einem Vertrag.
Vergleichen Sie ihn mit dem in diesem Paket (key.pub):

    {key}

Die Prüfung sagt, ob ein einziges Byte verändert wurde, ob ein Eintrag des Zeitraums fehlt, was
jede Prüfung ergeben hat, welche geplanten Prüfungen keinen Nachweis hinterlassen haben, und was
warum gelöscht wurde.

WAS DARIN IST

    manifest.json        nennt jede Datei mit ihrem SHA-256; er lässt sich von Hand vergleichen
    manifest.dsse.json   dieselben Bytes, vom Schlüssel des Registers signiert (DSSE)
    checkpoint           Größe und Wurzel des Registers, signiert (C2SP tlog-checkpoint)
    key.pub              der öffentliche Schlüssel des Registers (C2SP signed-note)
    entries.json         die Einträge mit den Beweisen, dass sie im Register stehen (RFC 6962)
    payload/             die signierten Aussagen (in-toto) mit den Salzen ihrer Festlegungen
    alle anderen         Berichte, die daraus gemacht sind, für Menschen

Einträge vor und nach dem Zeitraum liegen bei, um zu zeigen, dass dazwischen keiner fehlt.

Ob das Register auf einen früheren Stand zurückgesetzt wurde, zeigt der Vergleich mit späteren
Paketen: Ein späteres Register ist länger und beginnt mit diesem. Größe {tree_size},
Wurzel {root_hash}
",
        version = tool.version,
    )
}
