"""A TUF repository that delivers the trusted root (TUF specification 1.0, consistent snapshots)."""

from datetime import datetime
from pathlib import Path
from typing import Any

from worlds import keys
from worlds.encoding import canonical_json, sha256
from worlds.trusted_root import timestamp

SPECIFICATION = "1.0.31"
ROLES = ["root", "timestamp", "snapshot", "targets"]


def write(
    folder: Path,
    role_keys: dict[str, keys.PrivateKey],
    targets: dict[str, bytes],
    expires: datetime,
    version: int = 1,
) -> None:
    """Writes metadata and targets below `folder`, with one Ed25519 key for each role."""
    (folder / "targets").mkdir(parents=True, exist_ok=True)
    root = _root(role_keys, expires)
    target_metadata = _targets(targets, expires, version)
    signed = {"targets": _signed(target_metadata, role_keys["targets"])}
    snapshot = _metafile_role("snapshot", {"targets.json": signed["targets"]}, expires, version)
    signed["snapshot"] = _signed(snapshot, role_keys["snapshot"])
    stamp = _metafile_role("timestamp", {"snapshot.json": signed["snapshot"]}, expires, version)
    (folder / "1.root.json").write_bytes(_signed(root, role_keys["root"]))
    (folder / "root.json").write_bytes(_signed(root, role_keys["root"]))
    (folder / "timestamp.json").write_bytes(_signed(stamp, role_keys["timestamp"]))
    for role, content in signed.items():
        (folder / f"{version}.{role}.json").write_bytes(content)
    for name, content in targets.items():
        (folder / "targets" / f"{sha256(content).hex()}.{name}").write_bytes(content)


def _root(role_keys: dict[str, keys.PrivateKey], expires: datetime) -> dict[str, Any]:
    return _common("root", expires, 1) | {
        "consistent_snapshot": True,
        "keys": {_key_identifier(key): _key(key) for key in role_keys.values()},
        "roles": {
            role: {"keyids": [_key_identifier(key)], "threshold": 1}
            for role, key in role_keys.items()
        },
    }


def _targets(targets: dict[str, bytes], expires: datetime, version: int) -> dict[str, Any]:
    files = {name: _description(content) for name, content in targets.items()}
    return _common("targets", expires, version) | {"targets": files}


def _metafile_role(
    role: str, files: dict[str, bytes], expires: datetime, version: int
) -> dict[str, Any]:
    meta = {name: _description(content) | {"version": version} for name, content in files.items()}
    return _common(role, expires, version) | {"meta": meta}


def _common(role: str, expires: datetime, version: int) -> dict[str, Any]:
    return {
        "_type": role,
        "spec_version": SPECIFICATION,
        "version": version,
        "expires": timestamp(expires),
    }


def _description(content: bytes) -> dict[str, Any]:
    return {"length": len(content), "hashes": {"sha256": sha256(content).hex()}}


def _signed(metadata: dict[str, Any], key: keys.PrivateKey) -> bytes:
    signature = keys.sign(key, canonical_json(metadata)).hex()
    signatures = [{"keyid": _key_identifier(key), "sig": signature}]
    return canonical_json({"signatures": signatures, "signed": metadata})


def _key(key: keys.PrivateKey) -> dict[str, Any]:
    return {
        "keytype": "ed25519",
        "scheme": "ed25519",
        "keyval": {"public": keys.public_raw(key).hex()},
    }


def _key_identifier(key: keys.PrivateKey) -> str:
    return sha256(canonical_json(_key(key))).hex()
