//! What names are compared with. Three kinds of pattern, because three kinds of name have to be told
//! apart, each by what its star stops at.

mod path;
mod principals;
mod uri;

pub use path::{Glob, GlobError};
pub use principals::{PatternError, PatternList};
pub use uri::{Matcher, MatcherError};
