"""Base64, SHA-256 and the canonical JSON that transparency logs hash and sign."""

import base64
import hashlib
import json
from typing import Any


def base64_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def canonical_json(value: Any) -> bytes:
    """Sorted keys and no spaces: equal to RFC 8785 for the strings and whole numbers used here."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that a DSSE signature covers (DSSE v1.0.0, protocol)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
