"""Cosign's older signatures: annotations of an image manifest, and bundles of `sign-blob`."""

import base64
import json
from typing import Any

from cryptography import x509

from worlds.bundles import Draft
from worlds.certificates import certificate_pem
from worlds.encoding import base64_text, canonical_json
from worlds.signer import Signer

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
ATTESTATION = "application/vnd.dsse.envelope.v1+json"


def simple_signing_payload(reference: str, digest: str) -> bytes:
    """What is signed for an image (cosign's signature specification)."""
    return canonical_json(
        {
            "critical": {
                "identity": {"docker-reference": reference},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": None,
        }
    )


def annotations(draft: Draft, signature: bytes, chain: list[x509.Certificate]) -> dict[str, str]:
    """The annotations of the layer; a managed key has no certificate to name.

    An attestation's layer carries its signature inside: the annotation is there, but empty.
    """
    named = {"dev.cosignproject.cosign/signature": base64_text(signature)}
    if draft.signer.certificate:
        certificate = certificate_pem(draft.signer.certificate)
        named["dev.sigstore.cosign/certificate"] = certificate.decode()
        named["dev.sigstore.cosign/chain"] = b"".join(map(certificate_pem, chain)).decode()
    for log_entry in draft.log_entries:
        named["dev.sigstore.cosign/bundle"] = json.dumps(rekor_bundle(log_entry))
    for timestamp in draft.timestamps:
        response = {"SignedRFC3161Timestamp": base64_text(timestamp)}
        named["dev.sigstore.cosign/rfc3161timestamp"] = json.dumps(response)
    return named


def blob_bundle(signer: Signer, signature: bytes, log_entry: dict[str, Any]) -> dict[str, Any]:
    """The older file of `sign-blob --bundle`; `cert` is the encoded PEM."""
    return {
        "base64Signature": base64_text(signature),
        "cert": base64_text(signer.verifier_pem()),
        "rekorBundle": rekor_bundle(log_entry),
    }


def rekor_bundle(log_entry: dict[str, Any]) -> dict[str, Any]:
    """The log's promise with what it covers, and no proof."""
    return {
        "SignedEntryTimestamp": log_entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": log_entry["canonicalizedBody"],
            "integratedTime": int(log_entry["integratedTime"]),
            "logIndex": int(log_entry["logIndex"]),
            "logID": base64.b64decode(log_entry["logId"]["keyId"]).hex(),
        },
    }
