"""A certificate transparency log, as far as it signs certificate timestamps (RFC 6962)."""

import struct
from dataclasses import dataclass
from datetime import datetime

from worlds import der, keys
from worlds.encoding import sha256

_VERSION_1 = 0
_CERTIFICATE_TIMESTAMP = 0
_PRECERTIFICATE_ENTRY = 1
_SHA256_WITH_ECDSA = b"\x04\x03"
_NO_EXTENSIONS = b"\x00\x00"


@dataclass(frozen=True)
class CertificateLog:
    """A log with an ECDSA P-256 key."""

    base_url: str
    key: keys.PrivateKey

    def log_id(self) -> bytes:
        return sha256(keys.public_der(self.key))

    def sct_list(self, certificate_body: bytes, issuer_key: bytes, moment: datetime) -> bytes:
        """The value of the SCT list extension for one precertificate (sections 3.2 and 3.3)."""
        milliseconds = int(moment.timestamp() * 1000)
        header = struct.pack("!BBQ", _VERSION_1, _CERTIFICATE_TIMESTAMP, milliseconds)
        entry = struct.pack("!H", _PRECERTIFICATE_ENTRY) + sha256(issuer_key)
        body = len(certificate_body).to_bytes(3, "big") + certificate_body
        signature = keys.sign(self.key, header + entry + body + _NO_EXTENSIONS)
        sct = (
            bytes([_VERSION_1])
            + self.log_id()
            + struct.pack("!Q", milliseconds)
            + _NO_EXTENSIONS
            + _SHA256_WITH_ECDSA
            + _vector(signature)
        )
        return der.octet_string(_vector(_vector(sct)))


def _vector(content: bytes) -> bytes:
    """A TLS vector with a two-byte length."""
    return struct.pack("!H", len(content)) + content
