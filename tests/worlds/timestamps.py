"""A time-stamping authority: answers of RFC 3161 over a signature."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from worlds import cms, der, keys
from worlds.certificates import Authority, certificate_der
from worlds.encoding import sha256

_TIMESTAMP_INFORMATION = "1.2.840.113549.1.9.16.1.4"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_POLICY = "1.3.6.1.4.1.57264.2"


@dataclass(frozen=True)
class TimestampAuthority:
    """The signing certificate with its key, and the authority above it."""

    signer: Authority
    root: x509.Certificate

    def respond(self, message: bytes, moment: datetime) -> bytes:
        """A `TimeStampResp` that grants a token over `message` (RFC 3161, section 2.4.2)."""
        granted = der.sequence(der.integer(0))
        return der.sequence(granted, self.token(message, moment))

    def token(self, message: bytes, moment: datetime) -> bytes:
        """The bare token, a CMS `ContentInfo`."""
        information = _information(message, moment)
        attributes = der.set_of(
            der.attribute(cms.CONTENT_TYPE, der.object_identifier(_TIMESTAMP_INFORMATION)),
            der.attribute(cms.SIGNING_TIME, der.utc_time(moment)),
            der.attribute(cms.MESSAGE_DIGEST, der.octet_string(sha256(information))),
            der.attribute(_SIGNING_CERTIFICATE_V2, _signing_certificate(self.signer.certificate)),
        )
        signature = cms.Signature(
            self.signer.certificate, attributes, keys.sign(self.signer.key, attributes)
        )
        return cms.signed_data(3, _TIMESTAMP_INFORMATION, information, signature)


def _information(message: bytes, moment: datetime) -> bytes:
    """A `TSTInfo` (RFC 3161, section 2.4.2)."""
    imprint = der.sequence(der.algorithm(cms.SHA256, der.null()), der.octet_string(sha256(message)))
    return der.sequence(
        der.integer(1),
        der.object_identifier(_POLICY),
        imprint,
        der.integer(secrets.randbits(128)),
        der.generalized_time(moment),
        der.integer(secrets.randbits(63)),
    )


def _signing_certificate(certificate: x509.Certificate) -> bytes:
    """A `SigningCertificateV2` with the SHA-256 of the certificate (RFC 5035, section 3)."""
    identifier = der.sequence(der.octet_string(sha256(certificate_der(certificate))))
    return der.sequence(der.sequence(identifier))
