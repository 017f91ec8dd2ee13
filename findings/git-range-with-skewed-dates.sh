#!/usr/bin/env bash
# Expected: `git rev-list A..B` lists exactly the commits that B reaches and A does not.
# Seen: git walks by committer date and stops a few commits after it has found nothing more of interest. Where A reaches the shared history through a dozen commits of a machine
# whose clock stood in 1970, the range lists commits that A reaches as well.
# Matters: a verifier of "every commit since the last release" judges commits twice, or blames a branch
# for old ones. A commit-graph alone mends nothing; with one, `--topo-order` does. The lists of both ends,
# subtracted, are always right.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
git --version
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q repository && cd repository
tree=$(git write-tree)
commit() { # date, parents…
  local date=$1 parents=(); shift
  for parent; do parents+=(-p "$parent"); done
  GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=n@example.org GIT_AUTHOR_DATE="@$date +0000" GIT_COMMITTER_NAME=n \
    GIT_COMMITTER_EMAIL=n@example.org GIT_COMMITTER_DATE="@$date +0000" git commit-tree "${parents[@]}" -m "$date" "$tree"
}
shared=$(commit 1700000000)
for second in 1 2 3; do shared=$(commit $((1700000000 + second)) "$shared"); done
a=$shared
for second in {1..12}; do a=$(commit $((1000 + second)) "$a"); done
a=$(commit 1700000010 "$a")
b=$(commit 1700000020 "$shared")

echo 'guess: 1 commit each time'
range=$(git rev-list --count "$a..$b")
truth=$(comm -13 <(git rev-list "$a" | sort) <(git rev-list "$b" | sort) | wc -l)
git update-ref refs/heads/a "$a"; git update-ref refs/heads/b "$b"
git commit-graph write --reachable 2>/dev/null
graph=$(git rev-list --count "$a..$b"); topological=$(git rev-list --topo-order "$a..$b" | wc -l)
echo "seen:  A..B $range, by the two lists $truth, with a commit-graph $graph, and --topo-order $topological"
test "$truth" = 1
test "$range" -gt 1
test "$graph" -gt 1
test "$topological" = 1
