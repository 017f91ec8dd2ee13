"""What verifiers are given to trust: `trusted_root.json` and the client's trust configuration."""

from datetime import datetime
from typing import Any

from cryptography import x509

from worlds import keys
from worlds.certificates import ORGANIZATION, certificate_der
from worlds.encoding import base64_text

TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
SIGNING_CONFIGURATION = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
TRUST_CONFIGURATION = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"

OPERATOR = ORGANIZATION


def log_instance(
    base_url: str, key: keys.PrivateKey, log_id: bytes, start: datetime
) -> dict[str, Any]:
    """A `TransparencyLogInstance`, for Rekor and for certificate logs."""
    return {
        "baseUrl": base_url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": base64_text(keys.public_der(key)),
            "keyDetails": keys.key_details(key),
            "validFor": {"start": timestamp(start)},
        },
        "logId": {"keyId": base64_text(log_id)},
    }


def authority(
    url: str, name: str, chain: list[x509.Certificate], start: datetime
) -> dict[str, Any]:
    """A `CertificateAuthority`; the chain goes from the lowest certificate to the root."""
    return {
        "subject": {"organization": ORGANIZATION, "commonName": name},
        "uri": url,
        "certChain": {
            "certificates": [{"rawBytes": base64_text(certificate_der(item))} for item in chain]
        },
        "validFor": {"start": timestamp(start)},
    }


def trust_configuration(trusted_root: dict[str, Any], start: datetime) -> dict[str, Any]:
    """A `ClientTrustConfig`, as the `--trust-config` of Python's sigstore takes it."""
    first_log = trusted_root["tlogs"][0]["baseUrl"]
    authority_url = trusted_root["certificateAuthorities"][0]["uri"]
    timestamp_url = trusted_root["timestampAuthorities"][0]["uri"]
    signing = {
        "mediaType": SIGNING_CONFIGURATION,
        "caUrls": [_service(authority_url, start)],
        "oidcUrls": [_service("https://identity.world.test", start)],
        "rekorTlogUrls": [_service(first_log, start)],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": [_service(timestamp_url, start)],
        "tsaConfig": {"selector": "ANY"},
    }
    return {
        "mediaType": TRUST_CONFIGURATION,
        "trustedRoot": trusted_root,
        "signingConfig": signing,
    }


def timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _service(url: str, start: datetime) -> dict[str, Any]:
    return {
        "url": url,
        "majorApiVersion": 1,
        "validFor": {"start": timestamp(start)},
        "operator": OPERATOR,
    }
