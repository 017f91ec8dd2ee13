"""Issues certificates: authorities, and Fulcio's short-lived leaves with an embedded SCT."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from worlds import claims, keys
from worlds.certificate_transparency import CertificateLog

ORGANIZATION = "sigstore.world.test"
LEAF_LIFETIME = timedelta(minutes=10)

_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


@dataclass(frozen=True)
class Authority:
    """A certificate with the private key that goes with it."""

    certificate: x509.Certificate
    key: keys.PrivateKey


@dataclass(frozen=True)
class LeafRequest:
    """What a leaf certificate shall say."""

    identities: list[str]
    issuer: str
    claims: dict[str, str]
    not_before: datetime
    with_sct: bool = True
    for_code_signing: bool = True
    lifetime: timedelta = LEAF_LIFETIME


def certificate_der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def new_root(common_name: str, not_before: datetime, not_after: datetime) -> Authority:
    key = keys.new_p384()
    builder = _builder(common_name, key, not_before, not_after)
    builder = _as_authority(builder.issuer_name(_name(common_name)), key, key, path_length=1)
    return Authority(builder.sign(key, keys.hash_algorithm(key)), key)


def new_intermediate(
    parent: Authority, common_name: str, usage: x509.ObjectIdentifier
) -> Authority:
    """An authority below `parent`, for certificates with one extended key usage."""
    key = keys.new_p384()
    builder = _builder(common_name, key, *_validity(parent))
    builder = _as_authority(_issued_by(builder, parent), key, parent.key, path_length=0)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return Authority(builder.sign(parent.key, keys.hash_algorithm(parent.key)), key)


def new_timestamp_signer(parent: Authority, common_name: str) -> Authority:
    """The certificate of a time-stamping authority (RFC 3161, section 2.3)."""
    key = keys.new_p256()
    builder = _builder(common_name, key, *_validity(parent))
    builder = _as_signer(_issued_by(builder, parent), key, parent)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    builder = builder.add_extension(usage, critical=True)
    return Authority(builder.sign(parent.key, keys.hash_algorithm(parent.key)), key)


def new_leaf(
    parent: Authority, request: LeafRequest, log: CertificateLog, key: keys.PrivateKey
) -> x509.Certificate:
    """A code-signing leaf as Fulcio issues it.

    The log signs the certificate's body as it is before the SCT list is added, which is
    the precertificate's body without its poison (RFC 6962, section 3.2).
    """
    builder = _leaf_builder(parent, request, key)
    algorithm = keys.hash_algorithm(parent.key)
    if not request.with_sct:
        return builder.sign(parent.key, algorithm)
    precertificate = builder.sign(parent.key, algorithm)
    scts = log.sct_list(
        precertificate.tbs_certificate_bytes, keys.public_der(parent.key), request.not_before
    )
    builder = builder.add_extension(x509.UnrecognizedExtension(_SCT_LIST, scts), critical=False)
    return builder.sign(parent.key, algorithm)


def _leaf_builder(
    parent: Authority, request: LeafRequest, key: keys.PrivateKey
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(request.not_before)
        .not_valid_after(request.not_before + request.lifetime)
    )
    builder = _as_signer(_issued_by(builder, parent), key, parent)
    usage = ExtendedKeyUsageOID.CLIENT_AUTH
    if request.for_code_signing:
        usage = ExtendedKeyUsageOID.CODE_SIGNING
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    names = [claims.subject_alternative_name(identity) for identity in request.identities]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    for extension in claims.extensions(request.issuer, request.claims):
        builder = builder.add_extension(extension, critical=False)
    return builder


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    common_name: str, key: keys.PrivateKey, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _validity(parent: Authority) -> tuple[datetime, datetime]:
    certificate = parent.certificate
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _issued_by(builder: x509.CertificateBuilder, parent: Authority) -> x509.CertificateBuilder:
    return builder.issuer_name(parent.certificate.subject)


def _as_authority(
    builder: x509.CertificateBuilder,
    key: keys.PrivateKey,
    issuer_key: keys.PrivateKey,
    path_length: int,
) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    builder = builder.add_extension(constraints, critical=True)
    builder = builder.add_extension(_key_usage(certificates=True), critical=True)
    return _with_key_identifiers(builder, key, issuer_key)


def _as_signer(
    builder: x509.CertificateBuilder, key: keys.PrivateKey, parent: Authority
) -> x509.CertificateBuilder:
    builder = builder.add_extension(_key_usage(certificates=False), critical=True)
    return _with_key_identifiers(builder, key, parent.key)


def _with_key_identifiers(
    builder: x509.CertificateBuilder, key: keys.PrivateKey, issuer_key: keys.PrivateKey
) -> x509.CertificateBuilder:
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return builder.add_extension(subject, critical=False).add_extension(issuer, critical=False)


def _key_usage(certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
