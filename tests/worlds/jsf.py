"""Signs JSON documents in the JSON Signature Format 0.82, as CycloneDX uses it.

    python -m worlds.jsf --document FILE --key KEY.pem [--key KEY.pem] [--form chain] --out FILE

The canonical form comes from the package `rfc8785`, which shares no code with what is tested.
"""

import argparse
import base64
import json
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from worlds import keys

Document = dict[str, Any]


def main() -> None:
    arguments = _parser().parse_args()
    document = json.loads(arguments.document.read_text())
    signing_keys = [keys.load(path) for path in arguments.key]
    if arguments.form == "single" and len(signing_keys) != 1:
        raise SystemExit("a single signature takes one key")
    signed = sign(document, signing_keys, arguments.form, arguments.embed_key)
    arguments.out.write_text(json.dumps(signed, indent=2) + "\n")


def sign(
    document: Document, signing_keys: list[keys.PrivateKey], form: str, embed_key: bool
) -> Document:
    """Adds the member `signature`: one signature, or an array `signers` or `chain` of them.

    Each of several `signers` signs as if it were alone; one in a `chain` signs those before it
    too, with their values (sections 8 and 9).
    """
    cores: list[Document] = []
    for number, key in enumerate(signing_keys, start=1):
        core = _core(key, f"key-{number}", embed_key)
        if form == "single":
            covered: Document = core
        elif form == "signers":
            covered = {"signers": [core]}
        else:
            covered = {"chain": [*cores, core]}
        value = _signature(key, rfc8785.dumps(document | {"signature": covered}))
        cores.append(core | {"value": _base64url(value)})
    signature = cores[0] if form == "single" else {form: cores}
    return document | {"signature": signature}


def public_jwk(key: keys.PrivateKey) -> Document:
    """The public key as a JSON Web Key (RFC 7517)."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(keys.public_raw(key))}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    size = _coordinate_size(key)
    point = key.public_key().public_numbers()
    curve = {32: "P-256", 48: "P-384"}[size]
    return {"kty": "EC", "crv": curve, "x": _number(point.x, size), "y": _number(point.y, size)}


def _core(key: keys.PrivateKey, name: str, embed_key: bool) -> Document:
    core: Document = {"algorithm": _algorithm(key), "keyId": name}
    return core | {"publicKey": public_jwk(key)} if embed_key else core


def _algorithm(key: keys.PrivateKey) -> str:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "Ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return {32: "ES256", 48: "ES384"}[_coordinate_size(key)]


def _signature(key: keys.PrivateKey, message: bytes) -> bytes:
    """A signature as JWA encodes it: for ECDSA the two numbers side by side (RFC 7518, 3.4)."""
    signature = keys.sign(key, message)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return signature
    size = _coordinate_size(key)
    return b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(signature))


def _coordinate_size(key: ec.EllipticCurvePrivateKey) -> int:
    return (key.curve.key_size + 7) // 8


def _number(value: int, size: int | None = None) -> str:
    return _base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="worlds.jsf", description=__doc__)
    parser.add_argument("--document", type=Path, required=True, help="an unsigned JSON object")
    parser.add_argument("--key", type=Path, action="append", required=True, help="PKCS #8 PEM")
    parser.add_argument("--form", choices=["single", "signers", "chain"], default="single")
    parser.add_argument("--embed-key", action="store_true", help="state the public key as well")
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
