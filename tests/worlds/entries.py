"""The bodies that Rekor writes into its logs for one signature."""

from dataclasses import dataclass
from typing import Any

from worlds.encoding import base64_text, canonical_json, sha256
from worlds.signer import Signer

Envelope = dict[str, Any]


@dataclass(frozen=True)
class EntryBody:
    """One log entry before the log has numbered and signed it."""

    kind: str
    version: str
    body: bytes


def hashedrekord_v001(signer: Signer, signature: bytes, digest: bytes) -> EntryBody:
    """Rekor v1, for a signature over something with a known digest."""
    signer.require_digest()
    specification = {
        "data": {"hash": {"algorithm": signer.digest_function(), "value": digest.hex()}},
        "signature": {
            "content": base64_text(signature),
            "publicKey": {"content": base64_text(signer.verifier_pem())},
        },
    }
    return _entry("hashedrekord", "0.0.1", specification)


def dsse_v001(signer: Signer, envelope: Envelope, payload: bytes, signature: bytes) -> EntryBody:
    """Rekor v1, for a DSSE envelope; the envelope's own hash depends on its spelling."""
    specification = {
        "envelopeHash": _hexadecimal_hash(canonical_json(envelope)),
        "payloadHash": _hexadecimal_hash(payload),
        "signatures": [
            {
                "signature": base64_text(signature),
                "verifier": base64_text(signer.verifier_pem()),
            }
        ],
    }
    return _entry("dsse", "0.0.1", specification)


def intoto_v002(signer: Signer, envelope: Envelope, payload: bytes, signature: bytes) -> EntryBody:
    """Rekor v1, the older entry for attestations, which encodes the signature twice."""
    logged = {
        "payloadType": envelope["payloadType"],
        "signatures": [
            {
                "publicKey": base64_text(signer.verifier_pem()),
                "sig": base64_text(base64_text(signature).encode()),
            }
        ],
    }
    specification = {
        "content": {
            "envelope": logged,
            "hash": _hexadecimal_hash(canonical_json(envelope)),
            "payloadHash": _hexadecimal_hash(payload),
        }
    }
    return _entry("intoto", "0.0.2", specification)


def hashedrekord_v002(signer: Signer, signature: bytes, digest: bytes) -> EntryBody:
    """Rekor v2, for artifacts, and for envelopes by the digest of what was signed."""
    specification = {
        "hashedRekordV002": {
            "data": {"algorithm": signer.digest_name(), "digest": base64_text(digest)},
            "signature": {"content": base64_text(signature), "verifier": signer.verifier()},
        }
    }
    return _entry("hashedrekord", "0.0.2", specification)


def dsse_v002(signer: Signer, payload: bytes, signature: bytes) -> EntryBody:
    """Rekor v2, the first form of entry for envelopes, which newer clients no longer write."""
    specification = {
        "dsseV002": {
            "payloadHash": {"algorithm": "SHA2_256", "digest": base64_text(sha256(payload))},
            "signatures": [{"content": base64_text(signature), "verifier": signer.verifier()}],
        }
    }
    return _entry("dsse", "0.0.2", specification)


def _entry(kind: str, version: str, specification: dict[str, Any]) -> EntryBody:
    body = {"apiVersion": version, "kind": kind, "spec": specification}
    return EntryBody(kind, version, canonical_json(body))


def _hexadecimal_hash(content: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": sha256(content).hex()}
