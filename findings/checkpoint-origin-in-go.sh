#!/usr/bin/env bash
# Expected: golang.org/x/mod/sumdb/tlog, the model for transparency logs' checkpoints, parses a checkpoint
# of the same three lines from any log: origin, size, root (C2SP tlog-checkpoint).
# Seen: ParseTree takes the one origin "go.sum database tree" and calls every other "malformed tree note";
# FormatTree can write no other. The library around it (note, with any key's name) has no such limit.
# Matters: the package is fit for proofs and notes of any log, but not for its checkpoints: parse those
# three lines yourself (and compare the origin, which a name in a constant made look like syntax).
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > main.go <<'G'
package main

import (
	"crypto/rand"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	private, public, _ := note.GenerateKey(rand.Reader, "example.com/log")
	signer, _ := note.NewSigner(private)
	verifier, _ := note.NewVerifier(public)
	for _, origin := range []string{"go.sum database tree", "example.com/log"} {
		text := origin + "\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		signed, _ := note.Sign(&note.Note{Text: text}, signer)
		opened, err := note.Open(signed, note.VerifierList(verifier))
		if err != nil {
			panic(err)
		}
		tree, err := tlog.ParseTree([]byte(opened.Text))
		fmt.Println(origin, tree.N, err)
	}
}
G
export GOFLAGS=-modcacherw
(go mod init finding && go get golang.org/x/mod@v0.43.0) > log 2>&1 || { tail -n 3 log; exit 1; }
echo 'golang.org/x/mod 0.43.0'

echo 'guess: size 5 from both'
seen=$(go run .)
printf 'seen:  %s\n' "$seen"
test "$seen" = 'go.sum database tree 5 <nil>
example.com/log 0 malformed tree note'
