"""The attestations that npm's registry serves for a package: its own, and the builder's."""

import hashlib
from typing import Any

from worlds import keys
from worlds.encoding import base64_text, canonical_json, sha256
from worlds.signer import Signer

STATEMENT = "https://in-toto.io/Statement/v1"
OLD_STATEMENT = "https://in-toto.io/Statement/v0.1"
PUBLISH = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1"
REGISTRY = "https://registry.world.test"


def publish_statement(purl: str, tarball: bytes) -> bytes:
    """What the registry says when it takes a package in."""
    name, version = _name_and_version(purl)
    predicate = {"name": name, "version": version, "registry": REGISTRY}
    return _statement(OLD_STATEMENT, purl, tarball, PUBLISH, predicate)


def provenance_statement(purl: str, tarball: bytes, claims: dict[str, str]) -> bytes:
    """What npm's client says when it publishes from GitHub Actions (SLSA v1)."""
    repository = claims["source_repository_uri"]
    path = claims["build_config_uri"].removeprefix(f"{repository}/").partition("@")[0]
    reference = claims["source_repository_ref"]
    commit = claims["source_repository_digest"]
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "workflow": {"ref": reference, "repository": repository, "path": path}
            },
            "internalParameters": {
                "github": {
                    "event_name": "push",
                    "repository_id": claims["source_repository_identifier"],
                    "repository_owner_id": claims["source_repository_owner_identifier"],
                }
            },
            "resolvedDependencies": [
                {"uri": f"git+{repository}@{reference}", "digest": {"gitCommit": commit}}
            ],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/actions/runner/github-hosted"},
            "metadata": {"invocationId": claims["run_invocation_uri"]},
        },
    }
    return _statement(STATEMENT, purl, tarball, PROVENANCE, predicate)


def attestations(published: dict[str, Any], provenance: dict[str, Any]) -> dict[str, Any]:
    """The answer of the registry's attestations interface."""
    return {
        "attestations": [
            {"predicateType": PUBLISH, "bundle": published},
            {"predicateType": PROVENANCE, "bundle": provenance},
        ]
    }


def key_identifier(key: keys.PrivateKey) -> str:
    """The registry's name for its key, which looks like a digest of the key and is none."""
    return f"SHA256:{base64_text(sha256(b'npm' + keys.public_der(key))).rstrip('=')}"


def registry_keys(key: keys.PrivateKey) -> dict[str, Any]:
    """The answer of the registry's keys interface."""
    return {
        "keys": [
            {
                "expires": None,
                "keyid": key_identifier(key),
                "keytype": "ecdsa-sha2-nistp256",
                "scheme": "ecdsa-sha2-nistp256",
                "key": base64_text(keys.public_der(key)),
            }
        ]
    }


def distribution(registry: Signer, purl: str, tarball: bytes) -> dict[str, Any]:
    """The `dist` of a version: the content's integrity, and the registry's signature over it."""
    integrity = f"sha512-{base64_text(hashlib.sha512(tarball).digest())}"
    name, version = _name_and_version(purl)
    signature = registry.sign(f"{name}@{version}:{integrity}".encode())
    signatures = [{"keyid": registry.hint(), "sig": base64_text(signature)}]
    return {"integrity": integrity, "signatures": signatures}


def _name_and_version(purl: str) -> tuple[str, str]:
    name, _, version = purl.removeprefix("pkg:npm/").rpartition("@")
    return name.replace("%40", "@"), version


def _statement(kind: str, purl: str, tarball: bytes, predicate_type: str, predicate: Any) -> bytes:
    digest = {"sha512": hashlib.sha512(tarball).hexdigest()}
    return canonical_json(
        {
            "_type": kind,
            "subject": [{"name": purl, "digest": digest}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )
