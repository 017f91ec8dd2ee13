#!/usr/bin/env bash
# Expected: cryptography's x509.verification accepts a chain that RFC 5280 allows and that OpenSSL and Go
# verify, at least as client certificate.
# Seen: it holds leaves to the profile of the public web: one without an authority key identifier, or with
# a *critical* subjectAltName beside a subject (both of which company CAs and small PKIs write), is
# refused; so is a leaf for code signing, by the client verifier shown here.
# Matters: its "no" is not "the chain is broken". A verifier of signatures on artifacts needs other
# extension policies there, or another library, and should name the rule that failed.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q cryptography==50.0.2
openssl version; go version; echo 'cryptography 50.0.2'
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -keyout ca.key -out ca.pem -subj /CN=ca -days 30 \
  -addext keyUsage=critical,keyCertSign 2> log
leaf() { # name, extensions
  openssl req "${key[@]}" -keyout leaf.key -out leaf.csr -subj "/CN=$1" 2> log
  printf '%s\n' "${@:2}" > extensions
  openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 10 -out "$1.pem" -extfile extensions 2> log
}
leaf plain subjectAltName=DNS:example.com authorityKeyIdentifier=keyid
leaf without-key-id subjectAltName=DNS:example.com authorityKeyIdentifier=none
leaf critical-name subjectAltName=critical,DNS:example.com authorityKeyIdentifier=keyid
leaf code-signing subjectAltName=DNS:example.com authorityKeyIdentifier=keyid extendedKeyUsage=codeSigning
cat > main.go <<'G'
package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
)

func read(name string) *x509.Certificate {
	text, _ := os.ReadFile(name)
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	return certificate
}

func main() {
	roots := x509.NewCertPool()
	roots.AddCert(read("ca.pem"))
	_, err := read(os.Args[1]).Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	print(map[bool]string{true: "yes", false: "no"}[err == nil])
}
G
go build -o verify main.go

echo 'guess: yes from all for all (code-signing perhaps not as a client)'
seen=''
for name in plain without-key-id critical-name code-signing; do
  openssl verify -CAfile ca.pem "$name.pem" > log 2>&1 && by_openssl=yes || by_openssl=no
  by_cryptography=$(venv/bin/python - "$name.pem" <<'P'
import sys
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
ca, leaf = (x509.load_pem_x509_certificate(open(name, "rb").read()) for name in ("ca.pem", sys.argv[1]))
try:
    PolicyBuilder().store(Store([ca])).build_client_verifier().verify(leaf, [])
    print("yes")
except VerificationError:
    print("no")
P
)
  seen+="$name: OpenSSL $by_openssl, Go $(./verify "$name.pem" 2>&1), cryptography $by_cryptography"$'\n'
done
printf 'seen:\n%s' "$seen"
test "$seen" = 'plain: OpenSSL yes, Go yes, cryptography yes
without-key-id: OpenSSL yes, Go yes, cryptography no
critical-name: OpenSSL yes, Go yes, cryptography no
code-signing: OpenSSL yes, Go yes, cryptography no
'
