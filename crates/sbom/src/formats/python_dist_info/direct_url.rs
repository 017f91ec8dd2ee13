use super::super::file_name;
use crate::text::without_credentials;
use beleg_model::Origin;
use serde::Deserialize;

pub(super) const NAME: &str = "direct_url.json";

/// The most bytes of such a file: 64 KiB.
pub(super) const MAX_DIRECT_URL: u64 = 64 << 10;

/// Where a package was installed from, other than an index (PEP 610, "Specification").
#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    vcs_info: Option<VcsInfo>,
    dir_info: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: Option<String>,
}

/// Says whether the file at `path` is such a record of an installed package.
pub(super) fn is_direct_url(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    file_name(path) == NAME && folder.ends_with(".dist-info")
}

/// Reads where the package is from: a folder, editable or not, is the project's own as in
/// `uv.lock`; an archive or a repository is elsewhere, and so is a record that cannot be read.
pub(super) fn origin(bytes: &[u8]) -> Origin {
    match serde_json::from_slice::<DirectUrl>(bytes) {
        Ok(DirectUrl { vcs_info: Some(vcs), url, .. }) => {
            let commit = vcs.commit_id.map(|commit| format!("@{commit}")).unwrap_or_default();
            Origin::Elsewhere(without_credentials(&format!("{}+{url}{commit}", vcs.vcs)))
        }
        Ok(DirectUrl { dir_info: Some(_), .. }) => Origin::Local,
        Ok(DirectUrl { url, .. }) => Origin::Elsewhere(without_credentials(&url)),
        Err(_) => Origin::Elsewhere(format!("a place that its `{NAME}` does not say")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_own_and_everything_else_is_elsewhere() {
        for (text, place) in [
            (r#"{"url":"file:///src/a","dir_info":{}}"#, None),
            (r#"{"url":"file:///src/a","dir_info":{"editable":true}}"#, None),
            (
                r#"{"url":"https://u:p@h/a.git","vcs_info":{"vcs":"git","commit_id":"12"}}"#,
                Some("git+https://h/a.git@12"),
            ),
            (r#"{"url":"https://h/a.whl","archive_info":{}}"#, Some("https://h/a.whl")),
            (r#"{"url":"file:///a.whl","archive_info":{}}"#, Some("file:///a.whl")),
            ("{", Some("a place that its `direct_url.json` does not say")),
            (r#"{"dir_info":{}}"#, Some("a place that its `direct_url.json` does not say")),
        ] {
            let expected = place.map_or(Origin::Local, |it| Origin::Elsewhere(it.to_owned()));
            assert_eq!(origin(text.as_bytes()), expected, "{text}");
        }
    }
}
