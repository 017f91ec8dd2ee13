"""Whoever signs: a private key, with a certificate or without one."""

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from worlds import keys
from worlds.certificates import certificate_der, certificate_pem
from worlds.encoding import base64_text, sha256


@dataclass(frozen=True)
class Signer:
    """A key, and the certificate that names its holder; a managed key has none.

    `key_name` is what the holder calls a managed key, where that is not its digest.
    """

    key: keys.PrivateKey
    certificate: x509.Certificate | None = None
    key_name: str | None = None

    def sign(self, message: bytes) -> bytes:
        return keys.sign(self.key, message)

    def hint(self) -> str:
        """The name by which a bundle refers to a managed key; usually its SHA-256 in Base64."""
        return self.key_name or base64_text(sha256(keys.public_der(self.key)))

    def digest(self, message: bytes) -> bytes:
        """The digest that goes with the key's algorithm."""
        return hashlib.new(self.digest_function(), message).digest()

    def digest_name(self) -> str:
        return {"sha256": "SHA2_256", "sha384": "SHA2_384"}[self.digest_function()]

    def verifier_pem(self) -> bytes:
        if self.certificate is None:
            return keys.public_pem(self.key)
        return certificate_pem(self.certificate)

    def verifier(self) -> dict[str, Any]:
        """The `Verifier` message of Rekor v2."""
        details = {"keyDetails": keys.key_details(self.key)}
        if self.certificate is None:
            return details | {"publicKey": _raw(keys.public_der(self.key))}
        return details | {"x509Certificate": _raw(certificate_der(self.certificate))}

    def digest_function(self) -> str:
        algorithm = keys.hash_algorithm(self.key)
        return algorithm.name if algorithm else "sha256"

    def require_digest(self) -> None:
        """Refuses a key whose signatures a log cannot check by a digest alone."""
        if keys.hash_algorithm(self.key) is None:
            raise ValueError("a log has no entry for plain Ed25519 over a file: use --rekor none")


def _raw(content: bytes) -> dict[str, str]:
    return {"rawBytes": base64_text(content)}
