"""Checks a private world with the real tools: what is valid verifies, what is broken does not.

    python -m worlds.check DIR

makes a world in the new folder DIR and needs `openssl` besides the Python packages.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pypi_attestations import Distribution, Provenance
from sigstore._internal.trust import KeyringPurpose
from sigstore.models import ClientTrustConfig, TransparencyLogEntry
from sigstore.verify import Verifier
from sigstore_models.rekor.v1 import TransparencyLogEntry as InnerLogEntry
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

from worlds import keys, oracle, sigstore_world, world
from worlds.encoding import canonical_json, pre_authentication_encoding, sha256
from worlds.options import DEFAULT_IDENTITY, DEFAULT_ISSUER, GITHUB_ISSUER

LONG_AGO = world.now() - timedelta(days=30)

# What Python's sigstore must accept, and what it must refuse with which class of error.
ACCEPTED = {
    "v0.1": ["--format", "v0.1"],
    "v0.2": ["--format", "v0.2"],
    "v0.3": ["--format", "v0.3"],
    "v0.3 with a timestamp": ["--tsa"],
    "v0.1 statement": ["--format", "v0.1", "--dsse"],
    "v0.3 statement": ["--dsse"],
    "Rekor v2": ["--rekor", "v2", "--tsa"],
    "Rekor v2 statement": ["--rekor", "v2", "--tsa", "--dsse"],
    "two names": ["--two-sans"],
    "claims of a workflow": [
        *("--github-workflow", "world/project/ci.yml"),
        *("--identity", DEFAULT_IDENTITY, "--issuer", DEFAULT_ISSUER),
    ],
}
REFUSED = {
    "leaf no log has seen": (["--no-sct"], "VerificationError"),
    "leaf expired": (["--expired-leaf"], "CertValidationError"),
    "no log entry": (["--rekor", "none", "--tsa"], "InvalidBundle"),
    "Rekor v2 without a time": (["--rekor", "v2"], "InvalidBundle"),
    "promise without proof": (["--format", "v0.1", "--no-proof"], "InvalidBundle"),
    "leaf an unknown log has seen": (["--foreign-sct"], "VerificationError"),
    "leaf for another use": (["--no-code-signing"], "VerificationError"),
    "timestamp before the leaf": (
        ["--rekor", "v2", "--tsa", "--tsa-at", LONG_AGO.isoformat()],
        "CertValidationError",
    ),
    "another's name": (["--identity", "mallory@world.test"], "VerificationError"),
    "another issuer": (["--issuer", "https://other.world.test"], "VerificationError"),
}
# Entries that Python's sigstore does not know: only their place in the log is checked.
LOGGED = {
    "intoto entry": ["--dsse", "--entry", "intoto"],
    "Rekor v2 dsse entry": ["--dsse", "--entry", "dsse", "--rekor", "v2", "--tsa"],
}

TUF_URL = "https://tuf.world.test/"
PURL = "pkg:npm/%40world/project@1.2.3"
COMMIT = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    b"author Alice <alice@world.test> 1700000000 +0000\n"
    b"committer Alice <alice@world.test> 1700000000 +0000\n\nA commit\n"
)

Check = tuple[str, Callable[[], None]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="worlds.check", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    run("new", folder)
    failures = 0
    for name, check in checks(folder):
        try:
            check()
            print(f"ok    {name}")
        except Exception as error:
            failures += 1
            print(f"FAIL  {name}: {type(error).__name__}: {error}")
    sys.exit(1 if failures else 0)


def checks(folder: Path) -> Iterator[Check]:
    """Every check of the world in `folder`, by name."""
    verifier = oracle.new_verifier(folder / "trust_config.json")
    for name, options in ACCEPTED.items():
        yield f"accepted: {name}", lambda options=options: accepts(folder, verifier, options)
    for name, (options, error) in REFUSED.items():
        yield (
            f"refused: {name}",
            lambda options=options, error=error: refuses(folder, verifier, options, error),
        )
    for name, options in LOGGED.items():
        yield f"logged: {name}", lambda options=options: logged(folder, options)
    yield "the sigstore command accepts", lambda: command_accepts(folder)
    yield "a bundle of another world is refused", lambda: refuses_other_world(folder, verifier)
    yield "a managed key's bundle", lambda: managed_key(folder)
    for kind in ["p384", "rsa2048"]:
        yield f"logged: leaf with {kind}", lambda kind=kind: logged(folder, ["--leaf-key", kind])
    yield "logged: leaf with ed25519", lambda: logged(folder, ["--leaf-key", "ed25519", "--dsse"])
    yield "many bundles", lambda: many(folder, verifier)
    yield "openssl accepts the timestamp", lambda: openssl_accepts_timestamp(folder)
    yield "openssl accepts the commit, with its log entry", lambda: commit(folder, embedded=True)
    yield "openssl accepts the commit, without it", lambda: commit(folder, embedded=False)
    yield "PEP 740", lambda: pep740(folder, verifier)
    yield "npm", lambda: npm(folder, verifier)
    yield "an image signed the older way", lambda: image(folder)
    yield "an image attested the older way", lambda: image_attestation(folder)
    yield "a blob signed the older way", lambda: blob(folder)
    yield "python-tuf delivers the trusted root", lambda: tuf_delivers(folder)


def accepts(folder: Path, verifier: Verifier, options: list[str]) -> None:
    verdict = _judge_signed(folder, verifier, options)
    require(verdict["ok"], str(verdict))


def refuses(folder: Path, verifier: Verifier, options: list[str], error: str) -> None:
    verdict = _judge_signed(folder, verifier, options)
    require(verdict.get("error") == error, f"expected {error}, not {verdict}")


def logged(folder: Path, options: list[str]) -> None:
    bundle = _read(sign(folder, options))
    verify_log_entry(folder, bundle["verificationMaterial"]["tlogEntries"][0])


def command_accepts(folder: Path) -> None:
    bundle = sign(folder, [])
    subprocess.run(
        [
            *(sys.executable, "-m", "sigstore", "--trust-config", folder / "trust_config.json"),
            *("verify", "identity", "--bundle", bundle, "--cert-identity", DEFAULT_IDENTITY),
            *("--cert-oidc-issuer", DEFAULT_ISSUER, artifact(folder)),
        ],
        check=True,
        capture_output=True,
    )


def refuses_other_world(folder: Path, verifier: Verifier) -> None:
    run("new", folder / "other")
    bundle = sign(folder / "other", [])
    verdict = oracle.judge(verifier, _case(bundle, artifact(folder / "other")))
    require(verdict.get("error") == "CertValidationError", str(verdict))


def managed_key(folder: Path) -> None:
    key = keys.new_p256()
    keys.save(key, folder / "managed.pem")
    out = folder / "managed.json"
    run("sign-key", folder, "--key", folder / "managed.pem", *_files(artifact(folder), out))
    bundle = _read(out)
    material = bundle["verificationMaterial"]
    expected = base64.b64encode(sha256(keys.public_der(key))).decode()
    require(material["publicKey"]["hint"] == expected, "wrong hint")
    signature = base64.b64decode(bundle["messageSignature"]["signature"])
    verify_ecdsa(key.public_key(), signature, artifact(folder).read_bytes())
    verify_log_entry(folder, material["tlogEntries"][0])


def many(folder: Path, verifier: Verifier) -> None:
    run("many", folder, "--count", "20", "--out", folder / "many")
    for bundle in sorted((folder / "many").glob("*.json")):
        content = bundle.with_name(bundle.name.removesuffix(".sigstore.json"))
        verdict = oracle.judge(verifier, _case(bundle, content))
        require(verdict["ok"], f"{bundle}: {verdict}")


def openssl_accepts_timestamp(folder: Path) -> None:
    bundle = _read(sign(folder, ["--tsa"]))
    stamps = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    (folder / "stamp.tsr").write_bytes(base64.b64decode(stamps[0]["signedTimestamp"]))
    (folder / "stamped").write_bytes(base64.b64decode(bundle["messageSignature"]["signature"]))
    openssl(
        *("ts", "-verify", "-in", folder / "stamp.tsr", "-data", folder / "stamped"),
        *("-CAfile", folder / "tsa.pem", "-untrusted", folder / "tsa.pem"),
    )


def commit(folder: Path, embedded: bool) -> None:
    (folder / "commit").write_bytes(COMMIT)
    files = ["--payload", folder / "commit", "--out", folder / "commit.pem"]
    form = ["--embed-log"] if embedded else []
    run("cms", folder, *files, "--entry-out", folder / "entry.json", *form)
    armored = (folder / "commit.pem").read_text()
    (folder / "commit.cms").write_text(armored.replace("SIGNED MESSAGE", "CMS"))
    openssl(
        *("cms", "-verify", "-inform", "PEM", "-in", folder / "commit.cms", "-binary"),
        *("-content", folder / "commit", "-CAfile", folder / "ca.pem", "-purpose", "any"),
        *("-out", folder / "commit.verified"),
    )
    verify_log_entry(folder, _read(folder / "entry.json"))


def pep740(folder: Path, verifier: Verifier) -> None:
    wheel = folder / "project-1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel\n")
    run("pep740", folder, *_files(wheel, folder / "provenance.json"))
    provenance = Provenance.model_validate_json((folder / "provenance.json").read_bytes())
    group = provenance.attestation_bundles[0]
    distribution = Distribution.from_file(wheel)
    with patch.object(Verifier, "production", lambda offline: verifier):
        group.attestations[0].verify(group.publisher, distribution, offline=True)


def npm(folder: Path, verifier: Verifier) -> None:
    tarball = folder / "project.tgz"
    tarball.write_bytes(b"a tarball\n")
    out = folder / "npm.json"
    dist = folder / "npm-dist.json"
    form = ["--purl", PURL, "--entry", "dsse", "--dist-out", dist]
    run("npm", folder, *_files(tarball, out), *form)
    published, provenance = _read(out)["attestations"]
    require_npm_key(folder, published["bundle"])
    require_npm_signature(folder, _read(dist))
    (folder / "npm-provenance.json").write_text(json.dumps(provenance["bundle"]))
    case = {"bundle": folder / "npm-provenance.json", "issuer": GITHUB_ISSUER}
    verdict = oracle.judge(verifier, case)
    require(verdict["ok"], str(verdict))
    for attestation in published, provenance:
        statement = json.loads(base64.b64decode(attestation["bundle"]["dsseEnvelope"]["payload"]))
        digest = hashlib.sha512(tarball.read_bytes()).hexdigest()
        require(statement["subject"][0]["digest"]["sha512"] == digest, "wrong subject")


def require_npm_key(folder: Path, bundle: dict) -> None:
    """The registry's statement fits the key that the registry publishes under the hint."""
    key = npm_key(folder, bundle["verificationMaterial"]["publicKey"]["hint"])
    envelope = bundle["dsseEnvelope"]
    message = pre_authentication_encoding(
        envelope["payloadType"], base64.b64decode(envelope["payload"])
    )
    verify_ecdsa(key, base64.b64decode(envelope["signatures"][0]["sig"]), message)
    verify_log_entry(folder, bundle["verificationMaterial"]["tlogEntries"][0])


def require_npm_signature(folder: Path, distribution: dict) -> None:
    """The registry's signature of the version fits the same keys."""
    signature = distribution["signatures"][0]
    message = f"@world/project@1.2.3:{distribution['integrity']}".encode()
    key = npm_key(folder, signature["keyid"])
    verify_ecdsa(key, base64.b64decode(signature["sig"]), message)


def npm_key(folder: Path, name: str) -> ec.EllipticCurvePublicKey:
    published = {key["keyid"]: key["key"] for key in _read(folder / "npm-keys.json")["keys"]}
    return serialization.load_der_public_key(base64.b64decode(published[name]))


def image(folder: Path) -> None:
    digest = f"sha256:{sha256(b'an image').hex()}"
    out = folder / "image"
    run("cosign", folder, "--image-digest", digest, "--out", out, "--tsa")
    certificate = x509.load_pem_x509_certificate((out / "certificate.pem").read_bytes())
    payload = (out / "payload.json").read_bytes()
    signature = base64.b64decode((out / "signature").read_text())
    verify_ecdsa(certificate.public_key(), signature, payload)
    require_promise(folder, _read(out / "bundle.json"), payload)
    require(digest in payload.decode(), "the payload does not name the image")


def image_attestation(folder: Path) -> None:
    digest = f"sha256:{sha256(b'an image').hex()}"
    out = folder / "attestation"
    run("cosign-attest", folder, "--image-digest", digest, "--out", out)
    certificate = x509.load_pem_x509_certificate((out / "certificate.pem").read_bytes())
    envelope = _read(out / "payload.json")
    payload = base64.b64decode(envelope["payload"])
    message = pre_authentication_encoding(envelope["payloadType"], payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    verify_ecdsa(certificate.public_key(), signature, message)
    body = verify_promise(folder, _read(out / "bundle.json"))
    require(body["spec"]["payloadHash"]["value"] == sha256(payload).hex(), "another payload")


def blob(folder: Path) -> None:
    out = folder / "blob.json"
    run("cosign-blob", folder, *_files(artifact(folder), out))
    bundle = _read(out)
    certificate = x509.load_pem_x509_certificate(base64.b64decode(bundle["cert"]))
    content = artifact(folder).read_bytes()
    verify_ecdsa(certificate.public_key(), base64.b64decode(bundle["base64Signature"]), content)
    require_promise(folder, bundle["rekorBundle"], content)


def tuf_delivers(folder: Path) -> None:
    cache = folder / "tuf-cache"
    cache.mkdir()
    updater = Updater(
        metadata_dir=str(cache),
        metadata_base_url=TUF_URL,
        target_base_url=f"{TUF_URL}targets/",
        target_dir=str(cache),
        fetcher=_FolderFetcher(folder / "tuf"),
        bootstrap=(folder / "tuf" / "1.root.json").read_bytes(),
    )
    updater.refresh()
    delivered = updater.download_target(updater.get_targetinfo("trusted_root.json"))
    expected = (folder / "trusted_root.json").read_bytes()
    require(Path(delivered).read_bytes() == expected, "another trusted root")


class _FolderFetcher(FetcherInterface):
    """Hands a folder's files to the TUF client; a missing one is an answer 404."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix(TUF_URL)
        if not path.exists():
            raise DownloadHTTPError(f"{path} is absent", 404)
        yield path.read_bytes()


def verify_log_entry(folder: Path, entry: dict) -> None:
    """Lets Python's sigstore check proof, checkpoint and promise of one entry."""
    text = (folder / "trust_config.json").read_text()
    keyring = ClientTrustConfig.from_json(text).trusted_root.rekor_keyring(KeyringPurpose.VERIFY)
    TransparencyLogEntry(InnerLogEntry.from_dict(entry))._verify(keyring)


def require_promise(folder: Path, bundle: dict, content: bytes) -> None:
    """The log promises an entry about the content."""
    body = verify_promise(folder, bundle)
    logged_digest = body["spec"]["data"]["hash"]["value"]
    require(logged_digest == sha256(content).hex(), "the promise is about another content")


def verify_promise(folder: Path, bundle: dict) -> dict:
    """Checks the log's promise in a bundle without proof; returns the entry's body."""
    key = serialization.load_pem_public_key((folder / "rekor-v1.pub.pem").read_bytes())
    promise = base64.b64decode(bundle["SignedEntryTimestamp"])
    verify_ecdsa(key, promise, canonical_json(bundle["Payload"]))
    return json.loads(base64.b64decode(bundle["Payload"]["body"]))


def verify_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
    key.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def sign(folder: Path, options: list[str]) -> Path:
    out = folder / "bundle.json"
    run("sign", folder, *_files(artifact(folder), out), *options)
    return out


def artifact(folder: Path) -> Path:
    path = folder / "artifact.txt"
    path.write_text("an artifact\n")
    return path


def run(command: str, folder: Path, *options: object) -> None:
    """Runs one command of `worlds.sigstore_world` in this process."""
    arguments = [command, str(folder), *map(str, options)]
    with patch.object(sys, "argv", ["sigstore_world", *arguments]):
        sigstore_world.main()


def openssl(*arguments: object) -> None:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    require(done.returncode == 0, done.stderr)


def require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise AssertionError(otherwise)


def _judge_signed(folder: Path, verifier: Verifier, options: list[str]) -> oracle.Verdict:
    return oracle.judge(verifier, _case(sign(folder, options), artifact(folder)))


def _case(bundle: Path, content: Path) -> dict[str, object]:
    return {
        "bundle": bundle,
        "artifact": content,
        "identity": DEFAULT_IDENTITY,
        "issuer": DEFAULT_ISSUER,
    }


def _files(content: Path, out: Path) -> list[object]:
    return ["--artifact", content, "--out", out]


def _read(path: Path) -> dict:
    return json.loads(path.read_text())


if __name__ == "__main__":
    main()
