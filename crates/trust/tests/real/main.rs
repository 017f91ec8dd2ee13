//! Verdicts on what real git, ssh-keygen, gpg, openssl, minisign, signify, sha256sum, in-toto and
//! Python's sigstore made, compared with their own.

mod authority;
mod bundles;
mod checksum_lists;
mod envelopes;
mod files;
mod jsf;
mod large;
mod large_rsa;
mod layout;
mod openpgp;
mod plain_keys;
mod repository;
mod rules;
mod speed;
mod ssh;
mod tags;
mod world;
mod x509;
mod x509_gpgsm;
mod x509_hostile;
mod x509_timestamp;
