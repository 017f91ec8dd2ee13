#!/usr/bin/env bash
# Expected: a .gz whose end is filled up with zeros to a whole block, as tape and block devices leave it,
# is read alike by all: gzip passes over the zeros without a warning.
# Seen: so do Python, Node and Java. Go's compress/gzip gives all the data and then "gzip: invalid
# header", the error of a damaged file.
# Matters: a verifier in Go calls a backup damaged that `gzip -t` and the restore call good. Tell "padding
# after the last member" from "damaged", and say which of the two it is.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
gzip --version | head -n 1; python3 --version; echo "Node $(node --version)"; go version; java -version 2>&1 | head -n 1
printf hello | gzip -nc > padded.gz
truncate -s 512 padded.gz
cat > main.go <<'G'
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

func main() {
	file, _ := os.Open("padded.gz")
	reader, err := gzip.NewReader(file)
	if err != nil {
		panic(err)
	}
	data, err := io.ReadAll(reader)
	fmt.Println(string(data), err)
}
G
cat > Main.java <<'J'
class Main {
    public static void main(String[] args) throws Exception {
        try (var in = new java.util.zip.GZIPInputStream(new java.io.FileInputStream("padded.gz"))) {
            System.out.println(new String(in.readAllBytes()));
        }
    }
}
J

echo 'guess: hello, without an error, five times'
seen="gzip: $(gzip -dc padded.gz 2>&1) $(gzip -t padded.gz 2>&1 && echo good)
Python: $(python3 -c 'import gzip; print(gzip.open("padded.gz").read().decode())')
Node: $(node -e 'console.log(require("zlib").gunzipSync(require("fs").readFileSync("padded.gz")).toString())')
Java: $(java Main.java)
Go: $(go run main.go)"
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'gzip: hello good
Python: hello
Node: hello
Java: hello
Go: hello gzip: invalid header'
