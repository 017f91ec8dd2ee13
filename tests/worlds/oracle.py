"""Asks Python's sigstore for its verdict on many bundles, in one process.

Reads a JSON list of cases on standard input and writes a JSON list of verdicts:

    {"bundle": PATH, "artifact": PATH?, "identity": SAN?, "issuer": URL?}
    {"ok": true} or {"ok": false, "error": CLASS, "message": TEXT}

A case without an artifact is one about an envelope alone. For an envelope with an artifact
the statement must have the artifact's SHA-256 among its subjects. Without an identity, any
signer will do.
"""

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from sigstore.dsse import Statement
from sigstore.errors import VerificationError
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier, policy

from worlds.encoding import sha256

Verdict = dict[str, Any]


def main() -> None:
    arguments = _parser().parse_args()
    logging.disable(logging.CRITICAL)
    verifier = new_verifier(arguments.trust_config)
    if arguments.bundle:
        cases = [_case(arguments, artifact) for artifact in arguments.artifact or [None]]
    else:
        cases = json.load(sys.stdin)
    json.dump([judge(verifier, case) for case in cases], sys.stdout)


def new_verifier(trust_config: Path) -> Verifier:
    configuration = ClientTrustConfig.from_json(trust_config.read_text())
    return Verifier(trusted_root=configuration.trusted_root)


def judge(verifier: Verifier, case: dict[str, Any]) -> Verdict:
    """Any exception is a refusal: the class tells a parse error from a wrong signature."""
    try:
        _verify(verifier, case)
    except Exception as error:
        return {"ok": False, "error": type(error).__name__, "message": str(error)[:500]}
    return {"ok": True}


def _verify(verifier: Verifier, case: dict[str, Any]) -> None:
    bundle = Bundle.from_json(Path(case["bundle"]).read_bytes())
    signer = _policy(case)
    artifact = case.get("artifact")
    if bundle._inner.dsse_envelope is None:
        verifier.verify_artifact(Path(artifact).read_bytes(), bundle, signer)
        return
    _, payload = verifier.verify_dsse(bundle, signer)
    if artifact is not None:
        _require_subject(payload, Path(artifact).read_bytes())


def _policy(case: dict[str, Any]) -> policy.VerificationPolicy:
    if case.get("identity"):
        return policy.Identity(identity=case["identity"], issuer=case.get("issuer"))
    if case.get("issuer"):
        return policy.OIDCIssuer(case["issuer"])
    return policy.UnsafeNoOp()


def _require_subject(payload: bytes, content: bytes) -> None:
    expected = sha256(content).hex()
    subjects = Statement(payload)._inner.subjects
    if expected not in [subject.digest.root.get("sha256") for subject in subjects]:
        raise VerificationError("the statement has no subject with the artifact's digest")


def _case(arguments: argparse.Namespace, artifact: str | None) -> dict[str, Any]:
    return {
        "bundle": arguments.bundle,
        "artifact": artifact,
        "identity": arguments.identity,
        "issuer": arguments.issuer,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="worlds.oracle", description=__doc__)
    parser.add_argument("--trust-config", type=Path, required=True)
    parser.add_argument("--bundle", help="one bundle instead of cases on standard input")
    parser.add_argument("--identity")
    parser.add_argument("--issuer")
    parser.add_argument("artifact", nargs="*")
    return parser


if __name__ == "__main__":
    main()
