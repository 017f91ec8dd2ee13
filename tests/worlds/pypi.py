"""PEP 740 attestations for Python packages, as the index serves them."""

from typing import Any

from worlds.bundles import Bundle

PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


def attestation(bundle: Bundle) -> dict[str, Any]:
    """The PEP 740 form of a bundle about one distribution."""
    material = bundle["verificationMaterial"]
    envelope = bundle["dsseEnvelope"]
    return {
        "version": 1,
        "verification_material": {
            "certificate": material["certificate"]["rawBytes"],
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {
            "statement": envelope["payload"],
            "signature": envelope["signatures"][0]["sig"],
        },
    }


def provenance(attestations: list[dict[str, Any]], publisher: dict[str, str]) -> dict[str, Any]:
    """What the index's integrity interface answers: attestations by publisher."""
    group = {"publisher": publisher, "attestations": attestations}
    return {"version": 1, "attestation_bundles": [group]}


def github_publisher(repository: str, workflow: str) -> dict[str, str]:
    return {"kind": "GitHub", "repository": repository, "workflow": workflow}
