#!/usr/bin/env bash
# Expected: `gpg --export-ssh-key WHO!` gives the primary key itself for every way of naming it: address,
# key id or fingerprint; "!" is gpg's sign for "this key and no other".
# Seen: with the fingerprint or the long key id it does. With the address and "!" the answer is "No
# public key", though the key is there and is the only one; --export writes nothing and ends with 0.
# With the address alone a key that only signs is "Unusable".
# Matters: signers listed by address cannot be turned into SSH's allowed_signers this way, and "No
# public key" does not mean that the key ring lacks it. Look the fingerprint up first.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
export GNUPGHOME=$dir/home; mkdir -m 700 home
trap 'gpgconf --kill all; rm -rf "$dir"' EXIT
gpg --version | head -n 1
gpg -q --batch --pinentry-mode loopback --passphrase '' --quick-gen-key 'Ann <ann@example.org>' ed25519 sign never 2>/dev/null
fingerprint=$(gpg --list-keys --with-colons 2>/dev/null | awk -F: '$1 == "fpr" {print $10; exit}')

echo 'guess: an SSH key each time, at least wherever "!" stands'
ask() {
  if gpg --export-ssh-key "$2" > key 2> messages; then answer=$(cut -d' ' -f1 key); else answer=$(tail -n 1 messages | sed 's/.*: //'); fi
  echo "$1: $answer"
}
seen="$(ask 'address' ann@example.org)
$(ask 'address!' 'ann@example.org!')
$(ask 'fingerprint' "$fingerprint")
$(ask 'fingerprint!' "$fingerprint!")
$(ask 'long key id!' "${fingerprint: -16}!")
--export of address!: $(gpg --export 'ann@example.org!' 2>/dev/null > out && echo "ended with 0,") $(wc -c < out) bytes
--export of address: $([ "$(gpg --export ann@example.org | wc -c)" -gt 100 ] && echo a key)"
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'address: Unusable public key
address!: No public key
fingerprint: Unusable public key
fingerprint!: ssh-ed25519
long key id!: ssh-ed25519
--export of address!: ended with 0, 0 bytes
--export of address: a key'
