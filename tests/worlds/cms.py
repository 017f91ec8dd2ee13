"""The Cryptographic Message Syntax (RFC 5652), as far as one signer with ECDSA needs it."""

from dataclasses import dataclass

from cryptography import x509

from worlds import der
from worlds.certificates import certificate_der

SHA256 = "2.16.840.1.101.3.4.2.1"
DATA = "1.2.840.113549.1.7.1"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"


@dataclass(frozen=True)
class Signature:
    """One signature over signed attributes, which are kept as the SET OF that was signed."""

    certificate: x509.Certificate
    signed_attributes: bytes
    signature: bytes
    unsigned_attributes: tuple[bytes, ...] = ()

    def signer_information(self) -> bytes:
        """A `SignerInfo` (section 5.3)."""
        unsigned = b""
        if self.unsigned_attributes:
            unsigned = der.implicit(1, der.set_of(*self.unsigned_attributes))
        return der.sequence(
            der.integer(1),
            _issuer_and_serial(self.certificate),
            der.algorithm(SHA256),
            der.implicit(0, self.signed_attributes),
            der.algorithm(_ECDSA_WITH_SHA256),
            der.octet_string(self.signature),
            unsigned,
        )


def signed_data(
    version: int, content_type: str, content: bytes | None, signature: Signature
) -> bytes:
    """A `ContentInfo` with signed data (section 5.1); without content the signature is detached."""
    encapsulated = b"" if content is None else der.explicit(0, der.octet_string(content))
    value = der.sequence(
        der.integer(version),
        der.set_of(der.algorithm(SHA256)),
        der.sequence(der.object_identifier(content_type), encapsulated),
        der.implicit(0, der.set_of(certificate_der(signature.certificate))),
        der.set_of(signature.signer_information()),
    )
    return der.sequence(der.object_identifier(_SIGNED_DATA), der.explicit(0, value))


def _issuer_and_serial(certificate: x509.Certificate) -> bytes:
    """An `IssuerAndSerialNumber` (section 10.2.4)."""
    return der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number))
