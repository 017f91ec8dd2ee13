"""Makes, keeps and uses private keys, and names their algorithms as Sigstore does."""

from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def new_p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def new_p384() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def new_ed25519() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


NEW_KEY = {
    "p256": new_p256,
    "p384": new_p384,
    "ed25519": new_ed25519,
    "rsa2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def save(key: PrivateKey, path: Path) -> None:
    """Writes the key as unencrypted PKCS #8 PEM: it lives only as long as one test."""
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def load(path: Path) -> PrivateKey:
    return serialization.load_pem_private_key(path.read_bytes(), password=None)


def public_der(key: PrivateKey) -> bytes:
    """The SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_raw(key: ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def hash_algorithm(key: PrivateKey) -> hashes.HashAlgorithm | None:
    """The hash that goes with the key; Ed25519 has none of its own to choose."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return hashes.SHA384()
    return hashes.SHA256()


def sign(key: PrivateKey, message: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hash_algorithm(key)))


def key_details(key: PrivateKey) -> str:
    """The name of the algorithm in Sigstore's `PublicKeyDetails`."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "PKIX_ED25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return f"PKIX_RSA_PKCS1V15_{key.key_size}_SHA256"
    if key.curve.name == "secp384r1":
        return "PKIX_ECDSA_P384_SHA_384"
    return "PKIX_ECDSA_P256_SHA_256"
