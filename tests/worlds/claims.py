"""The certificate extensions in which Fulcio writes what it knows about a signer.

The numbers are those of Fulcio's OID document, below the arc 1.3.6.1.4.1.57264.1.
"""

from collections.abc import Iterator

from cryptography import x509

from worlds import der

ARC = "1.3.6.1.4.1.57264.1"

ISSUER = 1
OTHER_NAME = 7
ISSUER_V2 = 8

# Written as bare text, without a DER string around it.
OLD_CLAIMS = {
    "github_workflow_trigger": 2,
    "github_workflow_sha": 3,
    "github_workflow_name": 4,
    "github_workflow_repository": 5,
    "github_workflow_ref": 6,
}

# Written as a DER UTF8String.
CLAIMS = {
    "build_signer_uri": 9,
    "build_signer_digest": 10,
    "runner_environment": 11,
    "source_repository_uri": 12,
    "source_repository_digest": 13,
    "source_repository_ref": 14,
    "source_repository_identifier": 15,
    "source_repository_owner_uri": 16,
    "source_repository_owner_identifier": 17,
    "build_config_uri": 18,
    "build_config_digest": 19,
    "build_trigger": 20,
    "run_invocation_uri": 21,
    "source_repository_visibility": 22,
}


def extensions(issuer: str, claims: dict[str, str]) -> Iterator[x509.UnrecognizedExtension]:
    """The extensions for an issuer and further claims; an unknown claim's name is an error."""
    yield _extension(ISSUER, issuer.encode())
    yield _extension(ISSUER_V2, der.utf8_string(issuer))
    for name, value in claims.items():
        if name in OLD_CLAIMS:
            yield _extension(OLD_CLAIMS[name], value.encode())
        else:
            yield _extension(CLAIMS[name], der.utf8_string(value))


def subject_alternative_name(identity: str) -> x509.GeneralName:
    """A URI, an e-mail address, or else Fulcio's own name type for user names."""
    if "://" in identity:
        return x509.UniformResourceIdentifier(identity)
    if "@" in identity:
        return x509.RFC822Name(identity)
    return x509.OtherName(_identifier(OTHER_NAME), der.utf8_string(identity))


def github_workflow(repository: str, workflow: str, ref: str = "refs/heads/main") -> dict[str, str]:
    """The claims that a GitHub Actions run of `workflow` in `repository` has."""
    home = f"https://github.com/{repository}"
    owner = repository.split("/")[0]
    config = f"{home}/.github/workflows/{workflow}@{ref}"
    commit = "2f" * 20
    return {
        "github_workflow_trigger": "push",
        "github_workflow_sha": commit,
        "github_workflow_name": workflow.split(".")[0],
        "github_workflow_repository": repository,
        "github_workflow_ref": ref,
        "build_signer_uri": config,
        "build_signer_digest": commit,
        "runner_environment": "github-hosted",
        "source_repository_uri": home,
        "source_repository_digest": commit,
        "source_repository_ref": ref,
        "source_repository_identifier": "1001",
        "source_repository_owner_uri": f"https://github.com/{owner}",
        "source_repository_owner_identifier": "2002",
        "build_config_uri": config,
        "build_config_digest": commit,
        "build_trigger": "push",
        "run_invocation_uri": f"{home}/actions/runs/3003/attempts/1",
        "source_repository_visibility": "public",
    }


def _extension(number: int, content: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(_identifier(number), content)


def _identifier(number: int) -> x509.ObjectIdentifier:
    return x509.ObjectIdentifier(f"{ARC}.{number}")
