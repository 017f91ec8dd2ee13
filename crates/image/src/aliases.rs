use crate::limits::MAX_HOPS;
use crate::path::{join, self_and_ancestors};
use crate::tree::{Last, NodeKind, Tree};
use crate::watch::Watch;
use crate::{ImageError, Limits};
use std::cell::Cell;
use std::collections::HashMap;

/// Finds the names under which symbolic links show a file, from its real path.
///
/// The caller's wish is a question about one path at a time, so that it cannot be resolved
/// forwards: instead of "where does `var/lib/rpm/rpmdb.sqlite` lead to?" this answers "what is
/// `usr/lib/sysimage/rpm/rpmdb.sqlite` also called?".
pub(crate) struct Aliases {
    links_to: HashMap<Vec<u8>, Vec<Vec<u8>>>,
    longest: usize,
    names: Cell<u64>,
    limit: u64,
}

/// Hears of a name.
type Visit<'v> = dyn FnMut(&[u8]) -> Result<(), ImageError> + 'v;

impl Aliases {
    /// Turns the links of a finished tree around.
    pub(crate) fn of(tree: &Tree, limits: &Limits, watch: &Watch<'_>) -> Result<Self, ImageError> {
        let mut links_to: HashMap<_, Vec<_>> = HashMap::new();
        for (path, node) in tree.iter() {
            watch.check()?;
            if let NodeKind::Link(_) = node.kind {
                // A link that leads nowhere gives nothing a name.
                if let Ok(target) = tree.resolve(path, Last::Follow) {
                    links_to.entry(target).or_default().push(path.to_vec());
                }
            }
        }
        Ok(Self { links_to, longest: limits.path, names: Cell::new(0), limit: limits.names })
    }

    /// Calls `visit` with every name of the file at the real path `path` but that path itself.
    pub(crate) fn each(&self, path: &[u8], visit: &mut Visit<'_>) -> Result<(), ImageError> {
        if self.links_to.is_empty() {
            return Ok(());
        }
        self.find(path, b"", &mut Vec::new(), visit)
    }

    /// Replaces each beginning of `head` that a link leads to by that link. What stands before
    /// the link may again be what another link leads to; each link is used once in a name, since
    /// names such as `bin/X11/X11/X11/vi` add nothing.
    fn find<'a>(
        &'a self,
        head: &[u8],
        tail: &[u8],
        used: &mut Vec<&'a [u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), ImageError> {
        for target in self_and_ancestors(head) {
            for link in self.links_to.get(target).map_or(&[][..], Vec::as_slice) {
                if used.contains(&link.as_slice()) || used.len() >= MAX_HOPS {
                    continue;
                }
                let rest = head.get(target.len()..).unwrap_or_default();
                let rest = join(rest.strip_prefix(b"/").unwrap_or(rest), tail);
                let name = join(link, &rest);
                if name.len() > self.longest {
                    continue;
                }
                self.count()?;
                visit(&name)?;
                used.push(link);
                self.find(link, &rest, used, visit)?;
                used.pop();
            }
        }
        Ok(())
    }

    fn count(&self) -> Result<(), ImageError> {
        let names = self.names.get().saturating_add(1);
        self.names.set(names);
        if names > self.limit {
            return Err(ImageError::TooManyLinks {
                what: "the names they give",
                limit: self.limit,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::tree::Node;

    fn names(
        links: &[(&str, &str)],
        path: &str,
        limits: &Limits,
    ) -> Result<Vec<String>, ImageError> {
        let mut tree = Tree::new(limits);
        for (at, target) in links {
            let kind = NodeKind::Link(target.as_bytes().to_vec());
            tree.insert(at.as_bytes().to_vec(), Node { layer: 0, kind })?;
        }
        let mut names = Vec::new();
        Aliases::of(&tree, limits, &Watch::default())?.each(path.as_bytes(), &mut |name| {
            names.push(String::from_utf8(name.to_vec()).unwrap());
            Ok(())
        })?;
        names.sort();
        Ok(names)
    }

    #[test]
    fn links_to_folders_and_through_one_another_give_names() {
        let links = [("lib", "usr/lib"), ("usr/lib/apk", "../share/apk"), ("db", "lib/apk/db")];
        let found = names(&links, "usr/share/apk/db/installed", &Limits::default()).unwrap();
        assert_eq!(found, ["db/installed", "lib/apk/db/installed", "usr/lib/apk/db/installed"]);
    }

    #[test]
    fn links_to_themselves_and_to_the_root_end() {
        let links = [("usr/bin/X11", "."), ("loop", "loop"), ("host", "/")];
        let found = names(&links, "usr/bin/vi", &Limits::default()).unwrap();
        assert_eq!(found, ["host/usr/bin/X11/vi", "host/usr/bin/vi", "usr/bin/X11/vi"]);
    }

    #[test]
    fn links_that_multiply_names_without_end_are_refused() {
        let links: Vec<_> = (0..26_u8).map(|n| (char::from(b'a' + n).to_string(), ".")).collect();
        let links: Vec<_> = links.iter().map(|(at, target)| (at.as_str(), *target)).collect();
        let limits = Limits { names: 10_000, ..Limits::default() };
        assert!(matches!(names(&links, "x", &limits), Err(ImageError::TooManyLinks { .. })));
    }
}
