//! Tests of the `beleg` command as people and machines use it, and of this repository's rules.
//!
//! They run the real binary on real files: on the company that `beleg-demo` makes, healthy, and
//! with one thing wrong at a time. They need no network beyond loopback.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic, and JSON values index to null"
    )
)]

#[cfg(test)]
mod command;
#[cfg(test)]
mod company;
#[cfg(test)]
mod listing;

#[cfg(test)]
mod arrows;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod controls;
#[cfg(test)]
mod db;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod ecosystem;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod pack;
#[cfg(test)]
mod places;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod remedies;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod sboms;
#[cfg(test)]
mod scan_now;
#[cfg(test)]
mod scans;
#[cfg(test)]
mod verify;
