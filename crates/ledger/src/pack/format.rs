//! The members of a pack and what stands in them.

use crate::merkle::Hash;
use crate::payload::PayloadError;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::canonical_json;
use beleg_model::Tool;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{self, Write};

pub(crate) const README: &str = "README.txt";
pub(crate) const ENTRIES: &str = "entries.json";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNED_MANIFEST: &str = "manifest.dsse.json";
/// The DSSE payload type of the manifest.
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.beleg.pack-manifest.v1+json";
pub(crate) const SCHEMA: u32 = 2;
pub(crate) const CONSISTENCY: &str = "consistency.json";
/// Where the payloads stand: lines of JSON, in files of a few MiB.
pub(crate) const PAYLOADS: &str = "payload/";

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
    /// Payloads that should be here, and that the ledger had lost when the pack was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lost: Vec<Lost>,
    /// All members but the manifest itself, in their order.
    pub(crate) members: Vec<MemberDigest>,
}

/// A payload that the ledger had lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lost {
    pub(crate) entry: u64,
    /// What is wrong with it.
    pub(crate) what: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberDigest {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// The member `entries.json`. Of a large ledger it is tens of megabytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackedEntries {
    /// By index.
    pub(crate) entries: Vec<PackedEntry<'static>>,
    /// Proves that all of them stand in the ledger: the hashes of the largest subtrees of RFC 6962
    /// without any of them, from left to right, standard base64.
    pub(crate) proof: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackedEntry<'a> {
    pub(crate) index: u64,
    /// The entry exactly as it was hashed.
    pub(crate) entry: Cow<'a, str>,
}

impl PackedEntries {
    /// Reads the member, strictly: written again, it must give the same bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        const WHAT: &str = "list of entries";
        let packed: Self =
            serde_json::from_slice(bytes).map_err(|e| PayloadError::Malformed(WHAT, e))?;
        let entries = packed.entries.iter().map(|packed| {
            let entry = Cow::Borrowed(packed.entry.as_ref());
            PackedEntry { index: packed.index, entry }
        });
        let mut rest = Same(bytes);
        match write_entries(entries, &packed.proof, &mut rest) {
            Ok(()) if rest.0.is_empty() => Ok(packed),
            _ => Err(PayloadError::NotCanonical(WHAT)),
        }
    }
}

/// Writes the member `entries.json` as canonical JSON, one entry at a time.
pub(crate) fn write_entries<'a>(
    entries: impl Iterator<Item = PackedEntry<'a>>,
    proof: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut before: &[u8] = br#"{"entries":["#;
    for entry in entries {
        out.write_all(before)?;
        out.write_all(&canonical_json(&entry).map_err(io::Error::other)?)?;
        before = b",";
    }
    if before != b"," {
        out.write_all(before)?;
    }
    out.write_all(br#"],"proof":"#)?;
    out.write_all(&canonical_json(&proof).map_err(io::Error::other)?)?;
    out.write_all(b"}")
}

/// Takes only the bytes that it holds, in their order.
struct Same<'a>(&'a [u8]);

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The member `consistency.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consistency {
    /// Earlier checkpoints of the ledger, smallest first.
    pub(crate) checkpoints: Vec<Earlier>,
}

/// An earlier checkpoint, and the proof that the ledger begins with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    /// The signed note, with what others have added to it.
    pub(crate) note: String,
    /// The consistency proof of RFC 6962, lowest first, standard base64.
    pub(crate) proof: Vec<String>,
}

/// Writes hashes as text.
pub(crate) fn texts(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect()
}

/// Reads hashes back; `None` when they are none.
pub(crate) fn hashes(proof: &[String]) -> Option<Vec<Hash>> {
    proof.iter().map(|text| BASE64_STANDARD.decode(text).ok()?.try_into().ok()).collect()
}

/// Returns the name of the file of payloads that begins with that of entry `index`.
pub(crate) fn payload_file(index: u64) -> String {
    format!("{PAYLOADS}{index:012}.jsonl")
}

/// Returns the README of a pack.
pub(crate) fn readme(manifest: &Manifest, key: &str) -> String {
    let Manifest { origin, from, to, first, end, tree_size, root_hash, .. } = manifest;
    let tool = &manifest.tool;
    let (reach, weite) = if end == tree_size {
        (
            "The window reaches the ledger's end: what was recorded later is not in this pack.",
            "Der Zeitraum reicht bis ans Ende des Registers: Späteres steht nicht in diesem Paket.",
        )
    } else {
        ("The ledger goes on after the window.", "Das Register geht nach dem Zeitraum weiter.")
    };
    format!(
        "\
WHAT THIS IS

This file is a pack of evidence from the ledger

    {origin}

It holds every entry recorded from {from}
up to, but not including, {to}
(entries {first} up to, but not including, {end}, of {tree_size} in the ledger).
{reach}

HOW TO CHECK IT

With no network, with beleg {version} or later:

    beleg pack verify FILE --key KEY

KEY is the ledger's public key. Take it from a source you trust: the company's register, last
year's pack, a contract. Compare it with the one in this pack (key.pub):

    {key}

The check tells whether a single byte was changed, whether an entry of the window was left out,
what each check has found, which planned checks left no evidence, what was erased and why, and
whether the reports in it say what the evidence says.

WHAT IS IN IT

    manifest.json        names every file with its SHA-256; you can compare them by hand
    manifest.dsse.json   the same bytes, signed by the ledger's key (DSSE)
    checkpoint           the ledger's signed size and root (C2SP tlog-checkpoint)
    key.pub              the ledger's public key (C2SP signed-note)
    entries.json         the entries with the proofs that they stand in the ledger (RFC 6962)
    consistency.json     earlier checkpoints with the proofs that the ledger begins with them
    payload/             the signed statements (in-toto) with the salts of their commitments
    all other files      reports made from the above, for people

Entries before and after the window are included to show that none is missing between them.

Where a clock went back, an entry may be of another time than the entries around it. The window
holds all entries of its time and whatever stands between them.

To notice that the ledger was put back to an earlier state, keep this pack and name it when the
next one comes: beleg pack verify NEXT --key KEY --since THIS
A later ledger is longer and begins with this one. Size {tree_size}, root {root_hash}

------------------------------------------------------------------------------------------

WAS DAS IST

Diese Datei ist ein Nachweispaket aus dem Register

    {origin}

Es enthält jeden Eintrag, der ab {from}
und vor {to} verzeichnet wurde
(Einträge {first} bis ausschließlich {end} von {tree_size} im Register).
{weite}

WIE MAN ES PRÜFT

Ohne Netz, mit beleg {version} oder neuer:

    beleg pack verify DATEI --key SCHLÜSSEL

SCHLÜSSEL ist der öffentliche Schlüssel des Registers. Nehmen Sie ihn aus einer Quelle, der Sie
vertrauen: aus dem Verzeichnis des Unternehmens, dem Paket des Vorjahrs, einem Vertrag.
Vergleichen Sie ihn mit dem in diesem Paket (key.pub):

    {key}

Die Prüfung sagt, ob ein einziges Byte verändert wurde, ob ein Eintrag des Zeitraums fehlt, was
jede Prüfung ergeben hat, welche geplanten Prüfungen keinen Nachweis hinterlassen haben, was
warum gelöscht wurde, und ob die Berichte darin sagen, was die Nachweise sagen.

WAS DARIN IST

    manifest.json        nennt jede Datei mit ihrem SHA-256; er lässt sich von Hand vergleichen
    manifest.dsse.json   dieselben Bytes, vom Schlüssel des Registers signiert (DSSE)
    checkpoint           Größe und Wurzel des Registers, signiert (C2SP tlog-checkpoint)
    key.pub              der öffentliche Schlüssel des Registers (C2SP signed-note)
    entries.json         die Einträge mit den Beweisen, dass sie im Register stehen (RFC 6962)
    consistency.json     frühere Stände mit den Beweisen, dass das Register mit ihnen beginnt
    payload/             die signierten Aussagen (in-toto) mit den Salzen ihrer Festlegungen
    alle anderen         Berichte, die daraus gemacht sind, für Menschen

Einträge vor und nach dem Zeitraum liegen bei, um zu zeigen, dass dazwischen keiner fehlt.

Wo eine Uhr zurücksprang, kann ein Eintrag aus anderer Zeit sein als die um ihn. Das Paket hat
alle Einträge des Zeitraums und alles, was zwischen ihnen steht.

Ob das Register auf einen früheren Stand zurückgesetzt wurde, zeigt der Vergleich mit dem
nächsten Paket: beleg pack verify NÄCHSTES --key SCHLÜSSEL --since DIESES
Ein späteres Register ist länger und beginnt mit diesem. Größe {tree_size}, Wurzel {root_hash}
",
        version = tool.version,
    )
}
