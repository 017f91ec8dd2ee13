//! Verdicts on what real ssh-keygen, gpg, openssl, minisign, signify, sha256sum and Python's sigstore
//! made, compared with their own.

mod bundles;
mod checksum_lists;
mod envelopes;
mod files;
mod jsf;
mod large;
mod plain_keys;
mod world;
