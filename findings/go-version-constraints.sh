#!/usr/bin/env bash
# Expected: Go's three usual version libraries read ">1", "<=1" and ">=2.0.0-alpha" in one way.
# Seen: is 1.5.0 within ">1"? hashicorp yes, Masterminds no. Within "<=1"? hashicorp no, Masterminds
# yes: a missing part is zero to one and "any" to the other. blang refuses both. 3.0.0-rc1 within
# ">=2.0.0-alpha": hashicorp no (prereleases of the named version only), the others yes; 2.0.0-rc1
# within ">=1.0.0": blang alone says yes.
# Matters: an affected range or policy that moves between tools written in Go keeps its text and
# changes its meaning. Write full versions, and both bounds.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"

	masterminds "github.com/Masterminds/semver/v3"
	blang "github.com/blang/semver/v4"
	hashicorp "github.com/hashicorp/go-version"
)

func main() {
	for _, c := range [][2]string{{"1.5.0", ">1"}, {"1.5.0", "<=1"}, {"3.0.0-rc1", ">=2.0.0-alpha"}, {"2.0.0-rc1", ">=1.0.0"}} {
		h, err := hashicorp.NewConstraint(c[1])
		m, err2 := masterminds.NewConstraint(c[1])
		if err != nil || err2 != nil {
			panic("refused")
		}
		fmt.Print(c[0], " ", c[1], ": ", h.Check(hashicorp.Must(hashicorp.NewVersion(c[0]))),
			" ", m.Check(masterminds.MustParse(c[0])))
		if b, err := blang.ParseRange(c[1]); err != nil {
			fmt.Println(" refused")
		} else {
			fmt.Println("", b(blang.MustParse(c[0])))
		}
	}
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/Masterminds/semver/v3@v3.5.0 github.com/blang/semver/v4@v4.0.0 \
  github.com/hashicorp/go-version@v1.9.0) >/dev/null 2>&1

echo 'guess: the same from all'
seen=$(cd go && go run .)
printf 'seen:  hashicorp 1.9.0, Masterminds 3.5.0, blang 4.0.0:\n%s\n' "$seen"
test "$seen" = '1.5.0 >1: true false refused
1.5.0 <=1: false true refused
3.0.0-rc1 >=2.0.0-alpha: false true true
2.0.0-rc1 >=1.0.0: false false true'
