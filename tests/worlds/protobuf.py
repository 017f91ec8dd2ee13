"""Encodes one `TransparencyLogEntry` in Protocol Buffers' binary form (Sigstore protobuf-specs)."""

import base64
from typing import Any


def transparency_log_entry(entry: dict[str, Any]) -> bytes:
    """The binary form of the JSON form, without the entry's body, as gitsign keeps it."""
    proof = entry["inclusionProof"]
    kind = entry["kindVersion"]
    promise = base64.b64decode(entry["inclusionPromise"]["signedEntryTimestamp"])
    return b"".join(
        [
            _number(1, int(entry["logIndex"])),
            _bytes(2, _bytes(1, base64.b64decode(entry["logId"]["keyId"]))),
            _bytes(3, _text(1, kind["kind"]) + _text(2, kind["version"])),
            _number(4, int(entry["integratedTime"])),
            _bytes(5, _bytes(1, promise)),
            _bytes(6, _inclusion_proof(proof)),
        ]
    )


def _inclusion_proof(proof: dict[str, Any]) -> bytes:
    return b"".join(
        [
            _number(1, int(proof["logIndex"])),
            _bytes(2, base64.b64decode(proof["rootHash"])),
            _number(3, int(proof["treeSize"])),
            *(_bytes(4, base64.b64decode(value)) for value in proof["hashes"]),
            _bytes(5, _text(1, proof["checkpoint"]["envelope"])),
        ]
    )


def _number(field: int, value: int) -> bytes:
    """A varint field; zero is the default and is not written."""
    return _varint(field << 3) + _varint(value) if value else b""


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(0x80 | (value & 0x7F))
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
