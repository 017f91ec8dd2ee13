//! `beleg verify …`, as a user types it, on what the real tools signed.

mod artifact;
mod bundle;
mod commits;
mod image;
mod layout;
mod release;
mod tags;
mod world;
