#!/usr/bin/env bash
# Expected: where a commit's SSH signature is good, git's %GS (ssh-keygen -Y find-principals) names the
# signer: an identity, for example the committer's address.
# Seen: it is the *pattern* that the allowed_signers line begins with: `*` or `*@x`, as written there.
# %G? is G all the same. (OpenSSH and git of Debian 12.)
# Matters: do not report %GS as the signer, and do not compare it with the committer's address: ask
# `ssh-keygen -Y verify -I ADDRESS` with the address that the policy expects.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
export HOME=$dir GIT_CONFIG_NOSYSTEM=1
git --version; ssh -V
ssh-keygen -q -t ed25519 -N '' -C '' -f key
git init -q repo
git -C repo config user.name A; git -C repo config user.email a@x
git -C repo config gpg.format ssh; git -C repo config user.signingkey "$dir/key"
git -C repo config gpg.ssh.allowedSignersFile "$dir/signers"
git -C repo commit -q -S --allow-empty -m x

echo 'guess: "G a@x" for the signers a@x, *@x and * alike'
seen=''
for pattern in 'a@x' '*@x' '*'; do
  printf '%s %s\n' "$pattern" "$(cut -d' ' -f1,2 key.pub)" > signers
  seen+="$pattern gives $(git -C repo log -1 --format='%G? %GS'); "
done
echo "seen:  $seen"
test "$seen" = 'a@x gives G a@x; *@x gives G *@x; * gives G *; '
