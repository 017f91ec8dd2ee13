//! The ecosystems, one file each. To add one, write its file and name it in [`ECOSYSTEMS`].

mod almalinux;
mod alpaquita;
mod alpine;
mod arch_linux;
mod azure_linux;
mod bioconductor;
mod bitnami;
mod chainguard;
mod conan_center;
mod conda;
mod cran;
mod crates_io;
mod debian;
mod echo;
mod ghc;
mod github_actions;
mod go;
mod hackage;
mod hex;
mod julia;
mod mageia;
mod maven;
mod minimos;
mod npm;
mod nuget;
mod openeuler;
mod opensuse;
mod packagist;
mod photon_os;
mod pub_dev;
mod pypi;
mod red_hat;
mod rocky_linux;
mod rubygems;
mod suse;
mod swift_url;
mod ubuntu;
mod wolfi;

use crate::ecosystem::Ecosystem;

/// Rust crates, of which RustSec's records speak without naming it.
pub const CRATES_IO: &Ecosystem = &crates_io::ECOSYSTEM;

/// Every ecosystem there is, ordered by its name.
pub const ECOSYSTEMS: &[&Ecosystem] = &[
    &almalinux::ECOSYSTEM,
    &alpaquita::ECOSYSTEM,
    &alpine::ECOSYSTEM,
    &arch_linux::ECOSYSTEM,
    &azure_linux::ECOSYSTEM,
    &bioconductor::ECOSYSTEM,
    &bitnami::ECOSYSTEM,
    &cran::ECOSYSTEM,
    &chainguard::ECOSYSTEM,
    &conan_center::ECOSYSTEM,
    &conda::ECOSYSTEM,
    &debian::ECOSYSTEM,
    &echo::ECOSYSTEM,
    &ghc::ECOSYSTEM,
    &github_actions::ECOSYSTEM,
    &go::ECOSYSTEM,
    &hackage::ECOSYSTEM,
    &hex::ECOSYSTEM,
    &julia::ECOSYSTEM,
    &mageia::ECOSYSTEM,
    &maven::ECOSYSTEM,
    &minimos::ECOSYSTEM,
    &nuget::ECOSYSTEM,
    &packagist::ECOSYSTEM,
    &photon_os::ECOSYSTEM,
    &pub_dev::ECOSYSTEM,
    &pypi::ECOSYSTEM,
    &red_hat::ECOSYSTEM,
    &rocky_linux::ECOSYSTEM,
    &rubygems::ECOSYSTEM,
    &suse::ECOSYSTEM,
    &swift_url::ECOSYSTEM,
    &ubuntu::ECOSYSTEM,
    &wolfi::ECOSYSTEM,
    &crates_io::ECOSYSTEM,
    &npm::ECOSYSTEM,
    &openeuler::ECOSYSTEM,
    &opensuse::ECOSYSTEM,
];
