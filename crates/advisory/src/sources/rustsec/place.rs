/// Where a file of the repository belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// A record, by its collection, folder and file name without `.md`.
    Record { collection: Collection, package: &'a str, id: &'a str },
    /// Among the records without being one, for this reason.
    Misplaced(&'static str),
    /// Elsewhere: licences, notes, settings.
    Outside,
}

/// The two kinds of things that RustSec's records are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    Crates,
    Rust,
}

impl Collection {
    pub(super) fn of(folder: &str) -> Option<Self> {
        match folder {
            "crates" => Some(Self::Crates),
            "rust" => Some(Self::Rust),
            _ => None,
        }
    }
}

impl<'a> Place<'a> {
    /// Places a path of an archive, with or without one leading folder.
    pub(super) fn of(path: &'a str) -> Self {
        let parts: Vec<&str> =
            path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let (collection, package, file) = match parts.as_slice() {
            [first, package, file] if Collection::of(first).is_some() => (*first, *package, *file),
            [_, second, package, file] if Collection::of(second).is_some() => {
                (*second, *package, *file)
            }
            _ if parts.iter().any(|part| Collection::of(part).is_some()) => {
                return Self::Misplaced("it is not where a record belongs");
            }
            _ => return Self::Outside,
        };
        if parts.contains(&"..") || path.starts_with('/') {
            return Self::Misplaced("its path leads out of the archive");
        }
        match (Collection::of(collection), file.strip_suffix(".md")) {
            (Some(collection), Some(id)) => Self::Record { collection, package, id },
            _ => Self::Misplaced("it is not a Markdown file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_with_and_without_a_leading_folder() {
        let record = Place::Record { collection: Collection::Crates, package: "a", id: "X-1" };
        for path in ["crates/a/X-1.md", "./crates/a/X-1.md", "advisory-db-main/crates/a/X-1.md"] {
            assert_eq!(Place::of(path), record, "{path}");
        }
        let std = Place::Record { collection: Collection::Rust, package: "std", id: "X-1" };
        assert_eq!(Place::of("rust/std/X-1.md"), std);
    }

    #[test]
    fn nothing_among_the_records_is_overlooked() {
        for path in [
            "crates/X-1.md",
            "crates/a/b/X-1.md",
            "a/b/crates/c/X-1.md",
            "crates/a/X-1.txt",
            "../crates/a/X-1.md",
            "/crates/a/X-1.md",
            "crates/../X-1.md",
        ] {
            assert!(matches!(Place::of(path), Place::Misplaced(_)), "{path}");
        }
        for path in ["README.md", "support.toml", "LICENSES/CC0-1.0.txt", "db/README.md", ""] {
            assert_eq!(Place::of(path), Place::Outside, "{path}");
        }
    }
}
