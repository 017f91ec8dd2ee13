//! The kinds of jobs, each wiring libraries into one check.
//!
//! A kind reads its settings, a check examines one subject: it fetches bytes through
//! `beleg-store`, lets a library look at them, and turns what the library says into findings, a
//! population and inputs. It never parses, verifies or decrypts anything itself, never writes
//! outside the scratch folder, and never calls something clean that nobody looked at.

mod backup_regions;
mod decision;
mod failure;
mod folder;
mod found;
mod ignores;
pub mod kinds;
mod packages;
pub mod rules;
pub mod scan;
mod sources;
mod system;
pub mod verify;
mod weakness;
mod world;

pub use backup_regions::backup_regions;
pub use beleg_advisory::Policy;
pub use sources::in_mirror;
pub use world::World;
