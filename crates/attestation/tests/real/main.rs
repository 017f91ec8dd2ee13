//! Verdicts on layouts and links that real in-toto made, compared with its own.

mod layout;
