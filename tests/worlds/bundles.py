"""Signs artifacts and statements, and puts signature and evidence into a Sigstore bundle."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from worlds import entries
from worlds.certificates import certificate_der
from worlds.encoding import base64_text, canonical_json, pre_authentication_encoding, sha256
from worlds.entries import EntryBody
from worlds.signer import Signer
from worlds.world import World

Bundle = dict[str, Any]

MEDIA_TYPES = {
    "v0.1": "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "v0.2": "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "v0.3": "application/vnd.dev.sigstore.bundle.v0.3+json",
}

IN_TOTO_PAYLOAD = "application/vnd.in-toto+json"
IN_TOTO_STATEMENT = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True)
class Evidence:
    """Which evidence goes with a signature.

    `log` is "v1", "v2" or "none". `entry` is the kind of a statement's log entry: "dsse",
    "intoto" (v1 only) or "hashedrekord" (v2 only). `proof` is false for the oldest bundles,
    which carry the log's promise alone. The timestamp is of `moment` unless it has its own.
    """

    moment: datetime
    log: str = "v1"
    entry: str = "dsse"
    timestamp: bool = False
    timestamp_moment: datetime | None = None
    proof: bool = True


@dataclass
class Draft:
    """A signature that waits for its evidence."""

    signer: Signer
    signature: bytes
    content: dict[str, Any]
    body: EntryBody | None
    log_entries: list[dict[str, Any]] = field(default_factory=list)
    timestamps: list[bytes] = field(default_factory=list)

    def bundle(self, media_format: str) -> Bundle:
        material = _verifier(self.signer, media_format)
        material["tlogEntries"] = self.log_entries
        if self.timestamps:
            material["timestampVerificationData"] = {
                "rfc3161Timestamps": [
                    {"signedTimestamp": base64_text(response)} for response in self.timestamps
                ]
            }
        return {
            "mediaType": MEDIA_TYPES[media_format],
            "verificationMaterial": material,
        } | self.content


def draft_artifact(signer: Signer, artifact: bytes, log: str) -> Draft:
    """Signs a file itself."""
    signature = signer.sign(artifact)
    digest = signer.digest(artifact)
    content = {
        "messageSignature": {
            "messageDigest": {
                "algorithm": signer.digest_name(),
                "digest": base64_text(digest),
            },
            "signature": base64_text(signature),
        }
    }
    body = None
    if log == "v1":
        body = entries.hashedrekord_v001(signer, signature, digest)
    elif log == "v2":
        body = entries.hashedrekord_v002(signer, signature, digest)
    return Draft(signer, signature, content, body)


def draft_statement(
    signer: Signer, payload: bytes, log: str, entry: str, payload_type: str = IN_TOTO_PAYLOAD
) -> Draft:
    """Signs a payload, usually an in-toto statement, in a DSSE envelope."""
    encoded = pre_authentication_encoding(payload_type, payload)
    signature = signer.sign(encoded)
    envelope = {
        "payload": base64_text(payload),
        "payloadType": payload_type,
        "signatures": [{"sig": base64_text(signature)}],
    }
    if signer.key_name:
        envelope["signatures"][0]["keyid"] = signer.key_name
    match (log, entry):
        case ("none", _):
            body = None
        case ("v1", "dsse"):
            body = entries.dsse_v001(signer, envelope, payload, signature)
        case ("v1", "intoto"):
            body = entries.intoto_v002(signer, envelope, payload, signature)
        case ("v2", "hashedrekord"):
            body = entries.hashedrekord_v002(signer, signature, signer.digest(encoded))
        case ("v2", "dsse"):
            body = entries.dsse_v002(signer, payload, signature)
        case _:
            raise ValueError(f"Rekor {log} has no `{entry}` entry for an envelope")
    return Draft(signer, signature, {"dsseEnvelope": envelope}, body)


def add_evidence(world: World, drafts: list[Draft], evidence: Evidence) -> None:
    """Logs all drafts in one go, so that they share one checkpoint, and time-stamps them."""
    if evidence.log != "none":
        log = world.logs()[evidence.log]
        bodies = [draft.body for draft in drafts if draft.body]
        for draft, entry in zip(drafts, log.append(bodies, evidence.moment), strict=True):
            if not evidence.proof:
                del entry["inclusionProof"]
            draft.log_entries.append(entry)
    if evidence.timestamp:
        for draft in drafts:
            moment = evidence.timestamp_moment or evidence.moment
            response = world.timestamp_authority.respond(draft.signature, moment)
            draft.timestamps.append(response)


def statement(name: str, content: bytes, predicate_type: str, predicate: Any) -> bytes:
    """An in-toto statement about one named content."""
    return statement_about(name, {"sha256": sha256(content).hex()}, predicate_type, predicate)


def statement_about(
    name: str, digest: dict[str, str], predicate_type: str, predicate: Any
) -> bytes:
    """An in-toto statement about something of which only digests are known."""
    return canonical_json(
        {
            "_type": IN_TOTO_STATEMENT,
            "subject": [{"name": name, "digest": digest}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def _verifier(signer: Signer, media_format: str) -> dict[str, Any]:
    if signer.certificate is None:
        return {"publicKey": {"hint": signer.hint()}}
    certificate = {"rawBytes": base64_text(certificate_der(signer.certificate))}
    if media_format == "v0.3":
        return {"certificate": certificate}
    return {"x509CertificateChain": {"certificates": [certificate]}}
