//! Lines for people at a terminal: colours, columns, and words that wrap.

mod paint;
mod table;
mod wrap;

pub(crate) use paint::Paint;
pub(crate) use table::{Row, table};
pub(crate) use wrap::{columns, wrap};
