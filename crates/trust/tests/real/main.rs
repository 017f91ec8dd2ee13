//! Verdicts on commits that real git, ssh-keygen and gpg made, compared with git's own.

mod openpgp;
mod repository;
mod speed;
mod ssh;
mod world;
