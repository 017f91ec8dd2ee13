"""One private deployment: its authorities and logs, kept in a folder between commands."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from worlds import certificates, keys, npm, trusted_root, tuf_repository
from worlds.certificate_transparency import CertificateLog
from worlds.certificates import Authority, LeafRequest
from worlds.entries import EntryBody
from worlds.signer import Signer
from worlds.timestamps import TimestampAuthority
from worlds.transparency import Leaves, RekorV1, RekorV2, TransparencyLog

FULCIO_URL = "https://fulcio.world.test"
CERTIFICATE_LOG_URL = "https://ctlog.world.test/2026"
REKOR_V1_URL = "https://rekor.world.test"
REKOR_V2_URL = "https://log2026-1.rekor.world.test"
TIMESTAMP_URL = "https://timestamp.world.test/api/v1/timestamp"

# The world is a year old, so that bundles can be made for moments in the past.
AGE = timedelta(days=365)
LIFETIME = timedelta(days=3650)

# A leaf is a little older than the signature made with it.
_LEAF_AGE = timedelta(seconds=30)
# Entries that others wrote, so that every proof has a path.
_FOREIGN_ENTRIES = 11


@dataclass(frozen=True)
class World:
    """The parts of a deployment, with their private keys."""

    folder: Path
    fulcio_root: Authority
    fulcio: Authority
    certificate_log: CertificateLog
    rekor_v1: RekorV1
    rekor_v2: RekorV2
    timestamp_authority: TimestampAuthority

    def logs(self) -> dict[str, TransparencyLog]:
        return {"v1": self.rekor_v1, "v2": self.rekor_v2}

    def fulcio_chain(self) -> list[x509.Certificate]:
        return [self.fulcio.certificate, self.fulcio_root.certificate]

    def new_signer(
        self, request: LeafRequest, kind: str = "p256", foreign_log: bool = False
    ) -> Signer:
        """A fresh key with a leaf certificate for it, perhaps logged where nobody looks."""
        key = keys.NEW_KEY[kind]()
        log = self.certificate_log
        if foreign_log:
            log = CertificateLog(log.base_url, keys.new_p256())
        return Signer(key, certificates.new_leaf(self.fulcio, request, log, key))

    def start(self) -> datetime:
        return self.fulcio_root.certificate.not_valid_before_utc

    def npm_registry(self) -> Signer:
        """The package registry, which signs with a managed key."""
        key = keys.load(self.folder / "private" / "npm-registry.key.pem")
        return Signer(key, key_name=npm.key_identifier(key))

    def trusted_root(self) -> dict[str, Any]:
        """The public half of the deployment."""
        start = self.start()
        logs = [self.rekor_v1, self.rekor_v2]
        return {
            "mediaType": trusted_root.TRUSTED_ROOT,
            "tlogs": [_log_instance(log, start) for log in logs],
            "certificateAuthorities": [
                trusted_root.authority(FULCIO_URL, "fulcio", self.fulcio_chain(), start)
            ],
            "ctlogs": [_log_instance(self.certificate_log, start)],
            "timestampAuthorities": [
                trusted_root.authority(TIMESTAMP_URL, "timestamps", self.timestamp_chain(), start)
            ],
        }

    def timestamp_chain(self) -> list[x509.Certificate]:
        return [self.timestamp_authority.signer.certificate, self.timestamp_authority.root]


def create(folder: Path, rekor_v2_key: str = "ed25519") -> World:
    """Makes a world with fresh keys and writes it, and what verifiers need, below `folder`."""
    private = folder / "private"
    private.mkdir(parents=True, exist_ok=False)
    start = now() - AGE
    fulcio_root = certificates.new_root("fulcio-root", start, start + LIFETIME)
    timestamp_root = certificates.new_root("timestamp-root", start, start + LIFETIME)
    _save_authority(private, "fulcio-root", fulcio_root)
    _save_authority(
        private,
        "fulcio",
        certificates.new_intermediate(
            fulcio_root, "fulcio-intermediate", ExtendedKeyUsageOID.CODE_SIGNING
        ),
    )
    _save_authority(private, "timestamp-root", timestamp_root)
    _save_authority(
        private, "timestamp", certificates.new_timestamp_signer(timestamp_root, "timestamp-signer")
    )
    keys.save(keys.new_p256(), private / "certificate-log.key.pem")
    keys.save(keys.new_p256(), private / "rekor-v1.key.pem")
    v2_key = keys.new_ed25519() if rekor_v2_key == "ed25519" else keys.new_p256()
    keys.save(v2_key, private / "rekor-v2.key.pem")
    keys.save(keys.new_ed25519(), private / "witness.key.pem")
    keys.save(keys.new_p256(), private / "npm-registry.key.pem")
    for role in tuf_repository.ROLES:
        keys.save(keys.new_ed25519(), private / f"tuf-{role}.key.pem")
    world = load(folder)
    _write_foreign_entries(world)
    _write_public_files(world)
    return world


def load(folder: Path) -> World:
    """Reads a world that `create` made."""
    private = folder / "private"
    timestamp_root = _load_authority(private, "timestamp-root")
    return World(
        folder=folder,
        fulcio_root=_load_authority(private, "fulcio-root"),
        fulcio=_load_authority(private, "fulcio"),
        certificate_log=CertificateLog(
            CERTIFICATE_LOG_URL, keys.load(private / "certificate-log.key.pem")
        ),
        rekor_v1=RekorV1(
            REKOR_V1_URL,
            keys.load(private / "rekor-v1.key.pem"),
            Leaves(private / "rekor-v1.leaves"),
        ),
        rekor_v2=RekorV2(
            REKOR_V2_URL,
            keys.load(private / "rekor-v2.key.pem"),
            Leaves(private / "rekor-v2.leaves"),
            keys.load(private / "witness.key.pem"),
        ),
        timestamp_authority=TimestampAuthority(
            _load_authority(private, "timestamp"), timestamp_root.certificate
        ),
    )


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """Loads a world and keeps other processes out of it, for its logs grow."""
    with (folder / "private" / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield load(folder)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def leaf_start(moment: datetime) -> datetime:
    """When the leaf for a signature made at `moment` starts to be valid."""
    return moment - _LEAF_AGE


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_tuf_repository(world: World, folder: Path, expires: datetime, version: int = 1) -> None:
    """Writes a repository that delivers the world's trusted root; the root role stays version 1."""
    private = world.folder / "private"
    tuf_repository.write(
        folder,
        {role: keys.load(private / f"tuf-{role}.key.pem") for role in tuf_repository.ROLES},
        {
            name: (world.folder / name).read_bytes()
            for name in ["trusted_root.json", "signing_config.v0.2.json"]
        },
        expires,
        version,
    )


def _write_foreign_entries(world: World) -> None:
    for log in world.logs().values():
        bodies = [
            EntryBody("hashedrekord", "0.0.1", f"entry {number} of another".encode())
            for number in range(_FOREIGN_ENTRIES)
        ]
        log.append(bodies, world.start())


def _write_public_files(world: World) -> None:
    root = world.trusted_root()
    write_json(world.folder / "trusted_root.json", root)
    configuration = trusted_root.trust_configuration(root, world.start())
    write_json(world.folder / "trust_config.json", configuration)
    write_json(world.folder / "signing_config.v0.2.json", configuration["signingConfig"])
    _write_chain(world.folder / "ca.pem", world.fulcio_chain())
    _write_chain(world.folder / "tsa.pem", world.timestamp_chain())
    logs = {"rekor-v1": world.rekor_v1, "rekor-v2": world.rekor_v2, "ctlog": world.certificate_log}
    for name, log in logs.items():
        (world.folder / f"{name}.pub.pem").write_bytes(keys.public_pem(log.key))
    write_json(world.folder / "npm-keys.json", npm.registry_keys(world.npm_registry().key))
    write_tuf_repository(world, world.folder / "tuf", now() + AGE)


def _write_chain(path: Path, chain: list[x509.Certificate]) -> None:
    path.write_bytes(b"".join(certificates.certificate_pem(item) for item in chain))


def _log_instance(log: TransparencyLog | CertificateLog, start: datetime) -> dict[str, Any]:
    return trusted_root.log_instance(log.base_url, log.key, log.log_id(), start)


def _save_authority(private: Path, name: str, authority: Authority) -> None:
    keys.save(authority.key, private / f"{name}.key.pem")
    pem = certificates.certificate_pem(authority.certificate)
    (private / f"{name}.cert.pem").write_bytes(pem)


def _load_authority(private: Path, name: str) -> Authority:
    pem = (private / f"{name}.cert.pem").read_bytes()
    return Authority(x509.load_pem_x509_certificate(pem), keys.load(private / f"{name}.key.pem"))
