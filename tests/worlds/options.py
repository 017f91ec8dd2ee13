"""The options that the signing commands share, and what they ask for."""

import argparse
import json
from datetime import datetime, timedelta

from worlds import claims, world
from worlds.bundles import MEDIA_TYPES, Evidence
from worlds.certificates import LEAF_LIFETIME, LeafRequest
from worlds.keys import NEW_KEY

DEFAULT_IDENTITY = "alice@world.test"
DEFAULT_ISSUER = "https://identity.world.test"
OTHER_IDENTITY = "mallory@world.test"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"

# How long before the signature an expired leaf ended.
_EXPIRED_SINCE = timedelta(hours=1)


def add_identity(command: argparse.ArgumentParser, workflow: str | None = None) -> None:
    """Who signs; with a default `workflow`, a GitHub Actions run does."""
    command.add_argument("--identity", help=f"e-mail, URI or user name ({DEFAULT_IDENTITY})")
    command.add_argument("--issuer", help=f"who vouches for the identity ({DEFAULT_ISSUER})")
    command.add_argument(
        "--github-workflow",
        metavar="OWNER/REPOSITORY/WORKFLOW.yml",
        default=workflow,
        help="a GitHub Actions run, with all its claims",
    )
    command.add_argument(
        "--ci-claims", type=json.loads, default={}, help="JSON object; names as in claims.py"
    )
    command.add_argument(
        "--leaf-key", choices=sorted(NEW_KEY), default="p256", help="the leaf's algorithm"
    )
    command.add_argument("--two-sans", action="store_true", help=f"also {OTHER_IDENTITY}")
    command.add_argument("--no-sct", action="store_true", help="a leaf no log has seen")
    command.add_argument("--foreign-sct", action="store_true", help="an unknown log has seen it")
    command.add_argument("--no-code-signing", action="store_true", help="a leaf for another use")
    command.add_argument("--expired-leaf", action="store_true", help="sign after the leaf ended")


def add_evidence(command: argparse.ArgumentParser, media_format: str = "v0.3") -> None:
    """What goes with the signature, and in which form of bundle."""
    add_moment(command)
    command.add_argument("--format", choices=sorted(MEDIA_TYPES), default=media_format)
    command.add_argument("--rekor", choices=["v1", "v2", "none"], default="v1")
    command.add_argument("--tsa-at", type=datetime.fromisoformat, help="the timestamp's own moment")
    command.add_argument("--no-proof", action="store_true", help="the log's promise alone")


def add_moment(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--at",
        type=datetime.fromisoformat,
        default=world.now(),
        help="when it is signed, with an offset; at most a year ago",
    )
    command.add_argument("--tsa", action="store_true", help="add an RFC 3161 timestamp")


def leaf_request(arguments: argparse.Namespace) -> LeafRequest:
    """The certificate that the options ask for."""
    all_claims = dict(arguments.ci_claims)
    identity, issuer = DEFAULT_IDENTITY, DEFAULT_ISSUER
    if arguments.github_workflow:
        all_claims = claims.github_workflow(*workflow(arguments)) | all_claims
        identity, issuer = all_claims["build_config_uri"], GITHUB_ISSUER
    identities = [arguments.identity or identity]
    if arguments.two_sans:
        identities.append(OTHER_IDENTITY)
    start = world.leaf_start(arguments.at)
    if arguments.expired_leaf:
        start = arguments.at - _EXPIRED_SINCE - LEAF_LIFETIME
    return LeafRequest(
        identities=identities,
        issuer=arguments.issuer or issuer,
        claims=all_claims,
        not_before=start,
        with_sct=not arguments.no_sct,
        for_code_signing=not arguments.no_code_signing,
    )


def workflow(arguments: argparse.Namespace) -> tuple[str, str]:
    """The repository and the workflow's file name."""
    owner, repository, file_name = arguments.github_workflow.split("/", 2)
    return f"{owner}/{repository}", file_name


def evidence(arguments: argparse.Namespace) -> Evidence:
    return Evidence(
        moment=arguments.at,
        log=arguments.rekor,
        timestamp=arguments.tsa,
        timestamp_moment=arguments.tsa_at,
        proof=not arguments.no_proof,
    )
