//! Verdicts on commits and tags that real git signed with ssh-keygen, gpg, gpgsm and openssl, compared
//! with its own.

mod authority;
mod large_rsa;
mod openpgp;
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
