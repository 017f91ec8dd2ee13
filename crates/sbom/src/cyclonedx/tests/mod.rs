#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod reading;
mod writing;
