"""Command line: makes a private Sigstore deployment and signs with it.

python -m worlds.sigstore_world new DIR
python -m worlds.sigstore_world sign DIR --artifact FILE --identity SAN --out BUNDLE
"""

import argparse
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from worlds import bundles, cosign, gitsign, keys, npm, options, pypi, world
from worlds.bundles import Draft, Evidence
from worlds.encoding import canonical_json
from worlds.signer import Signer
from worlds.world import World

DEFAULT_WORKFLOW = "world/project/release.yml"


def main() -> None:
    arguments = _parser().parse_args()
    arguments.run(arguments)


def run_new(arguments: argparse.Namespace) -> None:
    world.create(arguments.folder, arguments.rekor_v2_key)


def run_tuf(arguments: argparse.Namespace) -> None:
    opened = world.load(arguments.folder)
    world.write_tuf_repository(opened, arguments.out, arguments.expires, arguments.version)


def run_sign(arguments: argparse.Namespace) -> None:
    with world.opened(arguments.folder) as opened:
        _sign(opened, _signer(opened, arguments), arguments)


def run_many(arguments: argparse.Namespace) -> None:
    """One leaf and one bundle for each file; all entries under one checkpoint."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    drafts = {}
    with world.opened(arguments.folder) as opened:
        for number in range(arguments.count):
            name, content = f"{number:05}.txt", f"artifact {number}\n".encode()
            (arguments.out / name).write_bytes(content)
            drafts[name] = _draft(_signer(opened, arguments), name, content, arguments)
        bundles.add_evidence(opened, list(drafts.values()), options.evidence(arguments))
    for name, draft in drafts.items():
        bundle = canonical_json(draft.bundle(arguments.format))
        (arguments.out / f"{name}.sigstore.json").write_bytes(bundle)


def run_cms(arguments: argparse.Namespace) -> None:
    payload = arguments.payload.read_bytes()
    with world.opened(arguments.folder) as opened:
        signer = _signer(opened, arguments)
        signature = gitsign.sign(
            opened, signer, payload, arguments.at, arguments.embed_log, arguments.tsa
        )
    arguments.out.write_bytes(signature.pem)
    if arguments.entry_out:
        world.write_json(arguments.entry_out, signature.log_entry)


def run_pep740(arguments: argparse.Namespace) -> None:
    artifact = arguments.artifact
    payload = bundles.statement(artifact.name, artifact.read_bytes(), pypi.PUBLISH, None)
    with world.opened(arguments.folder) as opened:
        signer = _signer(opened, arguments)
        bundle = _sign_statement(opened, signer, payload, "dsse", arguments)
    answer = pypi.attestation(bundle)
    if not arguments.single:
        publisher = pypi.github_publisher(*options.workflow(arguments))
        answer = pypi.provenance([answer], publisher)
    world.write_json(arguments.out, answer)


def run_npm(arguments: argparse.Namespace) -> None:
    tarball = arguments.artifact.read_bytes()
    request = options.leaf_request(arguments)
    published = npm.publish_statement(arguments.purl, tarball)
    provenance = npm.provenance_statement(arguments.purl, tarball, request.claims)
    with world.opened(arguments.folder) as opened:
        answer = npm.attestations(
            _sign_statement(opened, opened.npm_registry(), published, arguments.entry, arguments),
            _sign_statement(
                opened, _signer(opened, arguments), provenance, arguments.entry, arguments
            ),
        )
        distribution = npm.distribution(opened.npm_registry(), arguments.purl, tarball)
    world.write_json(arguments.out, answer)
    if arguments.dist_out:
        world.write_json(arguments.dist_out, distribution)


def run_cosign(arguments: argparse.Namespace) -> None:
    """Writes the payload and what the image's signature manifest would say about it."""
    payload = cosign.simple_signing_payload(arguments.reference, arguments.image_digest)
    with world.opened(arguments.folder) as opened:
        signer = _signer(opened, arguments)
        draft = _log_artifact(opened, signer, payload, arguments)
        chain = opened.fulcio_chain()
    _write_layer(arguments.out, payload, cosign.annotations(draft, draft.signature, chain))


def run_cosign_attest(arguments: argparse.Namespace) -> None:
    """Writes the envelope and what the image's attestation manifest would say about it."""
    algorithm, _, digest = arguments.image_digest.partition(":")
    payload = bundles.statement_about(
        arguments.reference, {algorithm: digest}, arguments.predicate_type, _predicate(arguments)
    )
    with world.opened(arguments.folder) as opened:
        signer = _signer(opened, arguments)
        draft = bundles.draft_statement(signer, payload, "v1", arguments.entry)
        evidence = Evidence(moment=arguments.at, timestamp=arguments.tsa)
        bundles.add_evidence(opened, [draft], evidence)
        chain = opened.fulcio_chain()
    envelope = canonical_json(draft.content["dsseEnvelope"])
    _write_layer(arguments.out, envelope, cosign.annotations(draft, b"", chain))


def _write_layer(folder: Path, payload: bytes, annotations: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "payload.json").write_bytes(payload)
    world.write_json(folder / "annotations.json", annotations)
    for annotation, text in annotations.items():
        (folder / _COSIGN_FILES[annotation]).write_text(text)


def run_cosign_blob(arguments: argparse.Namespace) -> None:
    with world.opened(arguments.folder) as opened:
        signer = _signer(opened, arguments)
        draft = _log_artifact(opened, signer, arguments.artifact.read_bytes(), arguments)
    bundle = cosign.blob_bundle(signer, draft.signature, draft.log_entries[0])
    world.write_json(arguments.out, bundle)


_COSIGN_FILES = {
    "dev.cosignproject.cosign/signature": "signature",
    "dev.sigstore.cosign/certificate": "certificate.pem",
    "dev.sigstore.cosign/chain": "chain.pem",
    "dev.sigstore.cosign/bundle": "bundle.json",
    "dev.sigstore.cosign/rfc3161timestamp": "rfc3161timestamp.json",
}


def _signer(opened: World, arguments: argparse.Namespace) -> Signer:
    """A managed key where one is named, otherwise a fresh key with a leaf."""
    if getattr(arguments, "key", None):
        return Signer(keys.load(arguments.key))
    return opened.new_signer(
        options.leaf_request(arguments), arguments.leaf_key, arguments.foreign_sct
    )


def _sign(opened: World, signer: Signer, arguments: argparse.Namespace) -> None:
    content = arguments.artifact.read_bytes()
    draft = _draft(signer, arguments.artifact.name, content, arguments)
    bundles.add_evidence(opened, [draft], options.evidence(arguments))
    world.write_json(arguments.out, draft.bundle(arguments.format))


def _draft(signer: Signer, name: str, content: bytes, arguments: argparse.Namespace) -> Draft:
    if not arguments.dsse:
        return bundles.draft_artifact(signer, content, arguments.rekor)
    payload = _payload(name, content, arguments)
    entry = arguments.entry or ("hashedrekord" if arguments.rekor == "v2" else "dsse")
    return bundles.draft_statement(signer, payload, arguments.rekor, entry, arguments.payload_type)


def _payload(name: str, content: bytes, arguments: argparse.Namespace) -> bytes:
    if arguments.statement:
        return arguments.statement.read_bytes()
    return bundles.statement(name, content, arguments.predicate_type, _predicate(arguments))


def _predicate(arguments: argparse.Namespace) -> Any:
    return json.loads(arguments.predicate.read_text()) if arguments.predicate else {}


def _sign_statement(
    opened: World, signer: Signer, payload: bytes, entry: str, arguments: argparse.Namespace
) -> bundles.Bundle:
    draft = bundles.draft_statement(signer, payload, arguments.rekor, entry)
    bundles.add_evidence(opened, [draft], options.evidence(arguments))
    return draft.bundle(arguments.format)


def _log_artifact(
    opened: World, signer: Signer, content: bytes, arguments: argparse.Namespace
) -> Draft:
    log = "none" if getattr(arguments, "no_log", False) else "v1"
    draft = bundles.draft_artifact(signer, content, log)
    evidence = Evidence(moment=arguments.at, log=log, timestamp=arguments.tsa)
    bundles.add_evidence(opened, [draft], evidence)
    return draft


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="worlds.sigstore_world", description=__doc__)
    commands = parser.add_subparsers(required=True)

    new = _command(commands, "new", run_new, "make a world in a new folder")
    new.add_argument("--rekor-v2-key", choices=["ed25519", "ecdsa"], default="ed25519")

    tuf = _command(commands, "tuf", run_tuf, "write the TUF repository anew, with the same keys")
    tuf.add_argument("--out", type=Path, required=True, help="the repository's folder")
    tuf.add_argument("--version", type=int, default=2)
    tuf.add_argument("--expires", type=datetime.fromisoformat, default=world.now() + world.AGE)

    sign = _command(commands, "sign", run_sign, "sign a file with a fresh certificate")
    _add_files(sign)
    options.add_identity(sign)
    _add_statement(sign)

    sign_key = _command(commands, "sign-key", run_sign, "sign a file with a managed key")
    sign_key.add_argument("--key", type=Path, required=True, help="PKCS #8 PEM")
    _add_files(sign_key)
    _add_statement(sign_key)

    many = _command(commands, "many", run_many, "sign many small files at once")
    many.add_argument("--count", type=int, default=1000)
    many.add_argument("--out", type=Path, required=True, help="folder for files and bundles")
    options.add_identity(many)
    _add_statement(many)

    cms = _command(commands, "cms", run_cms, "sign a commit's bytes as gitsign does")
    cms.add_argument("--payload", type=Path, required=True, help="the commit without signature")
    cms.add_argument("--out", type=Path, required=True, help="the PEM to write")
    cms.add_argument("--embed-log", action="store_true", help="the new form, with its log entry")
    cms.add_argument("--entry-out", type=Path, help="the log entry, as JSON")
    options.add_identity(cms)
    options.add_moment(cms)

    pep740 = _command(commands, "pep740", run_pep740, "attest a Python distribution")
    _add_files(pep740)
    pep740.add_argument("--single", action="store_true", help="one attestation, no provenance")
    options.add_identity(pep740, DEFAULT_WORKFLOW)
    options.add_evidence(pep740)

    npm_command = _command(commands, "npm", run_npm, "attest an npm package")
    _add_files(npm_command)
    npm_command.add_argument("--purl", required=True, help="pkg:npm/NAME@VERSION")
    npm_command.add_argument("--entry", choices=["dsse", "intoto"], default="intoto")
    options.add_identity(npm_command, DEFAULT_WORKFLOW)
    npm_command.add_argument("--dist-out", type=Path, help="the signed `dist` of the version")
    options.add_evidence(npm_command, "v0.2")

    image = _command(commands, "cosign", run_cosign, "sign an image's digest, the older way")
    image.add_argument("--image-digest", required=True, help="sha256:HEX")
    image.add_argument("--reference", default="registry.world.test/project")
    image.add_argument("--out", type=Path, required=True, help="folder for payload and annotations")
    image.add_argument("--key", type=Path, help="a managed key, PKCS #8 PEM")
    image.add_argument("--no-log", action="store_true", help="no Rekor bundle")
    options.add_identity(image)
    options.add_moment(image)

    attest = _command(commands, "cosign-attest", run_cosign_attest, "attest an image, likewise")
    attest.add_argument("--image-digest", required=True, help="sha256:HEX")
    attest.add_argument("--reference", default="registry.world.test/project")
    attest.add_argument(
        "--out", type=Path, required=True, help="folder for payload and annotations"
    )
    attest.add_argument("--key", type=Path, help="a managed key, PKCS #8 PEM")
    attest.add_argument("--entry", choices=["dsse", "intoto"], default="dsse")
    _add_predicate(attest)
    options.add_identity(attest)
    options.add_moment(attest)

    blob = _command(commands, "cosign-blob", run_cosign_blob, "sign a file, the older way")
    _add_files(blob)
    blob.add_argument("--key", type=Path, help="a managed key, PKCS #8 PEM")
    options.add_identity(blob)
    options.add_moment(blob)
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    command.add_argument("folder", type=Path, help="the world's folder")
    command.set_defaults(run=run)
    return command


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument("--artifact", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True, help="the file to write")


def _add_statement(command: argparse.ArgumentParser) -> None:
    options.add_evidence(command)
    command.add_argument("--dsse", action="store_true", help="sign a statement about the file")
    command.add_argument("--entry", choices=["dsse", "intoto", "hashedrekord"])
    _add_predicate(command)
    command.add_argument("--statement", type=Path, help="sign these bytes as the payload")
    command.add_argument("--payload-type", default=bundles.IN_TOTO_PAYLOAD)


def _add_predicate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--predicate-type", default=npm.PROVENANCE)
    command.add_argument("--predicate", type=Path, help="JSON file")


if __name__ == "__main__":
    main()
