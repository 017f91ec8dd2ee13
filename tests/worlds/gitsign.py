"""Signs commits as gitsign does: a detached CMS signature with a Fulcio leaf."""

import hashlib
import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worlds import cms, der, entries, protobuf
from worlds.encoding import base64_text, sha256
from worlds.signer import Signer
from worlds.world import World

_LOG_ENTRY = "1.3.6.1.4.1.57264.3.1"
_TIMESTAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"


@dataclass(frozen=True)
class CommitSignature:
    """The armored signature, and the log entry about it, embedded or not."""

    pem: bytes
    log_entry: dict[str, Any]


def sign(
    world: World, signer: Signer, payload: bytes, moment: datetime, embed_log: bool, timestamp: bool
) -> CommitSignature:
    """Signs a commit's bytes.

    The new form embeds a log entry about the signature over the signed attributes. The old
    form embeds none: its log entry is about the finished commit's name, signed once more.
    """
    attributes = der.set_of(
        der.attribute(cms.CONTENT_TYPE, der.object_identifier(cms.DATA)),
        der.attribute(cms.SIGNING_TIME, der.utc_time(moment)),
        der.attribute(cms.MESSAGE_DIGEST, der.octet_string(sha256(payload))),
    )
    signature = signer.sign(attributes)
    unsigned = []
    if timestamp:
        token = world.timestamp_authority.token(signature, moment)
        unsigned.append(der.attribute(_TIMESTAMP_TOKEN, token))
    if embed_log:
        log_entry = _log(world, signer, attributes, signature, moment)
        encoded = protobuf.transparency_log_entry(log_entry)
        unsigned.append(der.attribute(_LOG_ENTRY, der.octet_string(encoded)))
    signed = cms.Signature(signer.certificate, attributes, signature, tuple(unsigned))
    pem = _armor(cms.signed_data(1, cms.DATA, None, signed))
    if not embed_log:
        name = commit_name(payload, pem).encode()
        log_entry = _log(world, signer, name, signer.sign(name), moment)
    return CommitSignature(pem, log_entry)


def commit_name(payload: bytes, signature: bytes) -> str:
    """The SHA-1 name of the commit that has the signature as its last header."""
    headers, _, message = payload.partition(b"\n\n")
    header = b"gpgsig " + signature.strip().replace(b"\n", b"\n ")
    commit = headers + b"\n" + header + b"\n\n" + message
    return hashlib.sha1(b"commit %d\0" % len(commit) + commit).hexdigest()


def _log(
    world: World, signer: Signer, message: bytes, signature: bytes, moment: datetime
) -> dict[str, Any]:
    body = entries.hashedrekord_v001(signer, signature, signer.digest(message))
    return world.rekor_v1.append([body], moment)[0]


def _armor(encoded: bytes) -> bytes:
    lines = textwrap.wrap(base64_text(encoded), 64)
    return "\n".join(
        ["-----BEGIN SIGNED MESSAGE-----", *lines, "-----END SIGNED MESSAGE-----", ""]
    ).encode()
