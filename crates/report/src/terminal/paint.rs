//! Colours, which only repeat what the words say.

use beleg_model::Verdict;

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    pub(crate) fn verdict(self, verdict: Verdict, text: &str) -> String {
        match verdict {
            Verdict::Pass => self.with("1;32", text),
            Verdict::Unknown => self.with("1;33", text),
            Verdict::Fail => self.with("1;31", text),
        }
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Uses "Select Graphic Rendition" (ECMA-48, section 8.3.117).
    fn with(self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
