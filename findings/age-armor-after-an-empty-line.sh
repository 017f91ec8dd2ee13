#!/usr/bin/env bash
# Expected: the readers of age's armor agree about an empty line before BEGIN (a file made with a heredoc,
# or cut from a mail), and all take armor by themselves, as the command age does.
# Seen: age-encryption (npm) skips the empty line, and Python's pyrage calls the file's header invalid
# though it does skip one at the end. The other way round, pyrage sees by itself that a file is armored,
# age-encryption only decodes it when told and else says "invalid version".
# Matters: trim the text and look for BEGIN before handing a backup to either; "invalid header" alone is
# no evidence of damage.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q pyrage==1.4.0
npm install --silent --no-audit --no-fund age-encryption@0.3.1 >/dev/null
echo 'pyrage 1.4.0, age-encryption 0.3.1'

echo 'guess: hi for all, by both, undecoded too'
python=$(venv/bin/python - <<'P'
import pyrage
identity = pyrage.x25519.Identity.generate()
armored = pyrage.encrypt(b"hi", [identity.to_public()], armored=True)
open("identity", "w").write(str(identity))
for name, text in (("plain", armored), ("before", b"\n" + armored), ("after", armored + b"\n")):
    open(name, "wb").write(text)
    try:
        print(name, pyrage.decrypt(text, [identity]).decode())
    except pyrage.DecryptError as error:
        print(name, error)
P
)
cat > read.mjs <<'J'
import { readFileSync as read } from "fs";
import { Decrypter, armor } from "age-encryption";
const decrypter = new Decrypter();
decrypter.addIdentity(read("identity", "utf8"));
for (const name of ["plain", "before", "after"])
  console.log(name, await decrypter.decrypt(armor.decode(read(name, "utf8")), "text"));
await decrypter.decrypt(new Uint8Array(read("plain")), "text").then(
  (text) => console.log("undecoded", text), (error) => console.log("undecoded", error.message.slice(0, 15)));
J
node=$(node read.mjs)
printf 'seen:  pyrage\n%s\nage-encryption\n%s\n' "$python" "$node"
test "$python" = 'plain hi
before Header is invalid
after hi'
test "$node" = 'plain hi
before hi
after hi
undecoded invalid version'
