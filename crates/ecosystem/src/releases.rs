//! How OSV and os-release(5) spell the releases of distributions.

/// A release is what follows OSV's name, as long as that is one word: `Debian:12`.
pub(crate) fn one_word(suffix: &str) -> Option<&str> {
    (!suffix.is_empty() && !suffix.contains(':')).then_some(suffix)
}

/// A release is all that follows OSV's name: `Red Hat:enterprise_linux:8::appstream`.
pub(crate) fn any_release(suffix: &str) -> Option<&str> {
    (!suffix.is_empty()).then_some(suffix)
}

/// Advisories name a release as the system does.
pub(crate) fn as_stated(version: &str) -> Option<String> {
    (!version.is_empty()).then(|| version.to_owned())
}

/// Advisories name a release by the number before the first point: `12.5` is of `12`.
pub(crate) fn major(version: &str) -> Option<String> {
    let major = version.split('.').next()?;
    let is_number = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| major.to_owned())
}

/// Advisories name products, and a system's version does not say which of them it is.
pub(crate) fn not_stated(_version: &str) -> Option<String> {
    None
}
