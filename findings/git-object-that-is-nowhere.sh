#!/usr/bin/env bash
# Expected: `git cat-file -e ID` ends with 0 only where the repository holds that object, and every git
# library answers as git does.
# Seen: in a repository without any object git has the empty tree (4b825dc...), and so have libgit2 (pygit2)
# and isomorphic-git: it is built in. dulwich does not find it. The empty *blob* is built in nowhere.
# Matters: "the repository has the object that the statement names" is true of this id in any repository,
# to three of the four: check the type as well, and do not compare libraries by it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
export HOME=$dir GIT_CONFIG_NOSYSTEM=1
python3 -m venv venv && venv/bin/pip install -q pygit2==1.18.0 dulwich==0.24.1
npm install --silent --no-audit --no-fund isomorphic-git@1.34.0 >/dev/null
git --version; echo 'pygit2 1.18.0, dulwich 0.24.1, isomorphic-git 1.34.0'
git init -q repo
tree=4b825dc642cb6eb9a060e54bf8d69288fbee4904 blob=e69de29bb2d1d6434b8b29ae775ad8c2e48c5391
git -C repo count-objects

echo 'guess: nobody has either'
by_git() { if git -C repo cat-file -e "$1" 2>/dev/null; then echo yes; else echo no; fi; }
by_pygit2() { venv/bin/python -c 'import pygit2, sys; print("yes" if sys.argv[1] in pygit2.Repository("repo") else "no")' "$1"; }
by_dulwich() {
  venv/bin/python -c 'import sys; from dulwich.repo import Repo; print("yes" if sys.argv[1].encode() in Repo("repo") else "no")' "$1"
}
by_isomorphic() {
  node -e 'const git = require("isomorphic-git"), fs = require("fs")
git.readObject({fs, dir: "repo", oid: process.argv[1]}).then(
  () => console.log("yes"), error => console.log(error.code === "NotFoundError" ? "no" : error.code))' "$1"
}
seen=$(
  for id in "$tree" "$blob"; do
    echo "${id:0:7} git $(by_git "$id") pygit2 $(by_pygit2 "$id") dulwich $(by_dulwich "$id") isomorphic-git $(by_isomorphic "$id")"
  done
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = '4b825dc git yes pygit2 yes dulwich no isomorphic-git yes
e69de29 git no pygit2 no dulwich no isomorphic-git no'
