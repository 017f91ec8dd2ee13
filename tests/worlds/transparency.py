"""Two transparency logs: Rekor v1, which promises and dates, and Rekor v2, which only proves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from worlds import keys
from worlds.encoding import base64_text, canonical_json, sha256
from worlds.entries import EntryBody
from worlds.merkle import MerkleTree, leaf_hash

LogEntry = dict[str, Any]
"""A `TransparencyLogEntry` in the JSON form of Sigstore's protocol buffers."""


# Kinds of signatures in notes, and the one witness of the world.
_ED25519 = b"\x01"
_COSIGNATURE = b"\x04"
_WITNESS = "witness.world.test"


class TransparencyLog(Protocol):
    """What both logs can do."""

    base_url: str
    key: keys.PrivateKey

    def log_id(self) -> bytes: ...

    def append(self, bodies: Sequence[EntryBody], moment: datetime) -> list[LogEntry]: ...


@dataclass(frozen=True)
class Leaves:
    """The leaf hashes of a log, kept in a file of one hexadecimal hash a line."""

    path: Path

    def append(self, bodies: Sequence[EntryBody]) -> tuple[int, MerkleTree]:
        """Adds entries; returns the first one's index and the tree that holds them all."""
        hashes = [leaf_hash(entry.body) for entry in bodies]
        before = self._read()
        with self.path.open("a", encoding="ascii") as file:
            file.writelines(f"{value.hex()}\n" for value in hashes)
        return len(before), MerkleTree(before + hashes)

    def _read(self) -> list[bytes]:
        if not self.path.exists():
            return []
        return [bytes.fromhex(line) for line in self.path.read_text("ascii").split()]


@dataclass(frozen=True)
class RekorV1:
    """A log with an ECDSA key, whose entries carry a time and a signed promise."""

    base_url: str
    key: keys.PrivateKey
    leaves: Leaves

    # The number of entries in the log's earlier, closed trees: the number of an entry
    # in the whole log differs from its place in the current tree.
    _earlier_entries = 4_163_431
    _tree_number = 3_904_496_407_287_907_110

    def log_id(self) -> bytes:
        return sha256(keys.public_der(self.key))

    def append(self, bodies: Sequence[EntryBody], moment: datetime) -> list[LogEntry]:
        first, tree = self.leaves.append(bodies)
        checkpoint = self._checkpoint(tree, moment)
        return [
            self._entry(body, index, tree, checkpoint, moment)
            for index, body in enumerate(bodies, start=first)
        ]

    def _entry(
        self, body: EntryBody, index: int, tree: MerkleTree, checkpoint: str, moment: datetime
    ) -> LogEntry:
        number = self._earlier_entries + index
        seconds = int(moment.timestamp())
        entry = _entry(body, number, self.log_id(), _proof(tree, index, checkpoint))
        entry["integratedTime"] = str(seconds)
        entry["inclusionPromise"] = {
            "signedEntryTimestamp": base64_text(self._promise(body, number, seconds))
        }
        return entry

    def _promise(self, body: EntryBody, number: int, seconds: int) -> bytes:
        """The signed entry timestamp, over the entry's canonical JSON."""
        promised = {
            "body": base64_text(body.body),
            "integratedTime": seconds,
            "logID": self.log_id().hex(),
            "logIndex": number,
        }
        return keys.sign(self.key, canonical_json(promised))

    def _checkpoint(self, tree: MerkleTree, moment: datetime) -> str:
        name = _host(self.base_url)
        origin = f"{name} - {self._tree_number}"
        nanoseconds = int(moment.timestamp()) * 1_000_000_000
        text = _checkpoint_text(origin, tree) + f"Timestamp: {nanoseconds}\n"
        return _signed_note(text, name, self.log_id()[:4], self.key)


@dataclass(frozen=True)
class RekorV2:
    """A log whose entries carry a proof only; its key is Ed25519 or ECDSA."""

    base_url: str
    key: keys.PrivateKey
    leaves: Leaves
    witness: keys.PrivateKey

    def log_id(self) -> bytes:
        """The full form of the key's identifier in signed notes (C2SP, signed-note)."""
        if keys.key_details(self.key) != "PKIX_ED25519":
            return sha256(keys.public_der(self.key))
        return _note_key(_host(self.base_url), _ED25519, self.key)

    def append(self, bodies: Sequence[EntryBody], moment: datetime) -> list[LogEntry]:
        """Adds entries; the log states no time, only the witness of its checkpoint does."""
        first, tree = self.leaves.append(bodies)
        name = _host(self.base_url)
        text = _checkpoint_text(name, tree)
        checkpoint = _signed_note(text, name, self.log_id()[:4], self.key)
        checkpoint += _cosignature(text, self.witness, moment)
        return [
            _entry(body, index, self.log_id(), _proof(tree, index, checkpoint))
            for index, body in enumerate(bodies, start=first)
        ]


def _entry(body: EntryBody, number: int, log_id: bytes, proof: dict[str, Any]) -> LogEntry:
    return {
        "logIndex": str(number),
        "logId": {"keyId": base64_text(log_id)},
        "kindVersion": {"kind": body.kind, "version": body.version},
        "inclusionProof": proof,
        "canonicalizedBody": base64_text(body.body),
    }


def _proof(tree: MerkleTree, index: int, checkpoint: str) -> dict[str, Any]:
    return {
        "logIndex": str(index),
        "rootHash": base64_text(tree.root()),
        "treeSize": str(tree.size),
        "hashes": [base64_text(value) for value in tree.inclusion_proof(index)],
        "checkpoint": {"envelope": checkpoint},
    }


def _checkpoint_text(origin: str, tree: MerkleTree) -> str:
    """The text of a checkpoint (C2SP, tlog-checkpoint)."""
    return f"{origin}\n{tree.size}\n{base64_text(tree.root())}\n"


def _signed_note(text: str, name: str, hint: bytes, key: keys.PrivateKey) -> str:
    """The text with one signature line (C2SP, signed-note)."""
    signature = base64_text(hint + keys.sign(key, text.encode()))
    return f"{text}\n\N{EM DASH} {name} {signature}\n"


def _cosignature(text: str, key: keys.PrivateKey, moment: datetime) -> str:
    """A witness's line below a checkpoint (C2SP, tlog-cosignature)."""
    seconds = int(moment.timestamp())
    signature = keys.sign(key, f"cosignature/v1\ntime {seconds}\n{text}".encode())
    hint = _note_key(_WITNESS, _COSIGNATURE, key)[:4]
    line = base64_text(hint + seconds.to_bytes(8, "big") + signature)
    return f"\N{EM DASH} {_WITNESS} {line}\n"


def _note_key(name: str, kind: bytes, key: keys.PrivateKey) -> bytes:
    return sha256(name.encode() + b"\n" + kind + keys.public_raw(key))


def _host(base_url: str) -> str:
    return base_url.removeprefix("https://")
