//! What a signature is worth: judgements, the reasons for them, and the policies that demand
//! something of a signature beyond being good.
//!
//! Every signature becomes one [`Judgement`]: whether it fits (`crypto`) is kept apart from
//! whether its maker was allowed (`trust`), one stable [`Reason`] says why, and the times say which
//! of them decided. A [`Policy`] holds rules and patterns; it knows neither keys nor commits.
//!
//! This crate never reads a signature, a key or a certificate, in whatever format; it never starts
//! a program, opens a socket, reads or writes a file, or asks the clock or the environment.

mod cache;
mod judgement;
mod matcher;
mod policy;
mod reason;

pub use cache::{ResultCache, fits};
pub use judgement::{
    Check, DecidedBy, Format, Judgement, KeyState, KeyStates, MissingEvidence, Signer, Times,
};
pub use matcher::{Glob, GlobError, Matcher, MatcherError, PatternError, PatternList};
pub use policy::{
    Approval, DefaultRule, GITHUB_ISSUER, IdentityRule, Limits, MAX_POLICY_BYTES, Match, Policy,
    PolicyError, Rule, Rules, Scope,
};
pub use reason::{RULES, Reason};
