use crate::ImageError;
use crate::Limits;
use crate::aliases::Aliases;
use crate::contents::{Contents, ImageFile, Unread, UnreadReason};
use crate::journal::{Record, Records};
use crate::layer::{Layer, LayerRead};
use crate::oddity::What;
use crate::path::shown;
use crate::tree::{Last, LinkFault, NodeKind, Tree};
use crate::walk::Walk;
use crate::watch::Watch;
use std::collections::{BTreeMap, BTreeSet};

/// The hard links that are followed from one to the next.
const MAX_CHAIN: usize = 16;

/// The wanted names that one file may have.
const MAX_NAMES: usize = 1_000;

/// Finds the files that were not kept although a link shows them under a wanted name, and the
/// files that wanted hard links are the same as; with the bytes to read of each at most.
pub(crate) fn missed(
    records: &Records,
    tree: &Tree,
    aliases: &Aliases,
    want: &dyn Fn(&[u8]) -> Option<u64>,
    limits: &Limits,
    watch: &Watch<'_>,
) -> Result<BTreeMap<Vec<u8>, u64>, ImageError> {
    let mut missed = Missed { paths: BTreeMap::new(), bytes: 0, limits };
    records.each(&mut |Record { path, source }| {
        let pending =
            tree.get(&path).is_some_and(|node| matches!(node.kind, NodeKind::HardLink(_)));
        let mut limit = if pending { want(&path) } else { None };
        aliases.each(&path, &mut |name| {
            limit = limit.max(want(name));
            watch.check()
        })?;
        if let Some(limit) = limit {
            missed.add(path, limit)?;
            source.map_or(Ok(()), |source| missed.add(source, limit))?;
        }
        watch.check()
    })?;
    // A hard link's source may be a hard link that came before it. Archivers make no chains of
    // these, and what a longer one leaves open comes out as unread.
    for _ in 0..MAX_CHAIN {
        let before = missed.paths.len();
        if before == 0 {
            break;
        }
        records.each(&mut |Record { path, source }| {
            if let (Some(limit), Some(source)) = (missed.paths.get(&path).copied(), source) {
                missed.add(source, limit)?;
            }
            watch.check()
        })?;
        if missed.paths.len() == before {
            break;
        }
    }
    Ok(missed.paths)
}

/// Turns a finished walk into the answer.
pub(crate) fn gather(
    mut walk: Walk<'_>,
    stated: &[Layer],
    layers: Vec<LayerRead>,
    aliases: &Aliases,
    want: &dyn Fn(&[u8]) -> Option<u64>,
    watch: &Watch<'_>,
) -> Result<Contents, ImageError> {
    let (mut files, mut unread, mut astray) = (Vec::new(), Vec::new(), Vec::new());
    for (real, node) in walk.tree.iter() {
        let Some(layer) = stated.get(node.layer) else { continue };
        let (index, layer_digest) = (node.layer, layer.digest.clone());
        let (why, mut names) = match &node.kind {
            NodeKind::Link(_) => {
                if want(real).is_none() {
                    continue;
                }
                match end_of(&walk.tree, real) {
                    // A file is named from its real path.
                    End::Node => continue,
                    End::Nothing => {
                        astray.push((index, layer, real.to_vec()));
                        continue;
                    }
                    End::Outside => (UnreadReason::LinkOutside, BTreeSet::from([shown(real)])),
                }
            }
            NodeKind::File { mode, bytes } => {
                let mut names = wanted_names(real, aliases, want, watch)?;
                // Without a wanted name it was only read for the hard links to it.
                if let Some(path) = take_first(&mut names, real) {
                    files.push(ImageFile {
                        path,
                        real_path: shown(real),
                        also_at: names.into_iter().collect(),
                        layer: index,
                        layer_digest,
                        mode: *mode,
                        is_distilled: false,
                        bytes: bytes.clone(),
                    });
                }
                continue;
            }
            NodeKind::Within { mode, bytes } => {
                files.push(ImageFile {
                    path: shown(real),
                    real_path: shown(real),
                    also_at: Vec::new(),
                    layer: index,
                    layer_digest,
                    mode: *mode,
                    is_distilled: true,
                    bytes: bytes.clone(),
                });
                continue;
            }
            NodeKind::WithinUnread(why) => (*why, BTreeSet::from([shown(real)])),
            NodeKind::Unread(why) => (*why, wanted_names(real, aliases, want, watch)?),
            NodeKind::HardLink(_) => {
                (UnreadReason::HardLinkToNothing, wanted_names(real, aliases, want, watch)?)
            }
        };
        if let Some(path) = take_first(&mut names, real) {
            unread.push(Unread { path, layer: index, layer_digest, why });
        }
    }
    for (index, layer, path) in astray {
        walk.odd(index, layer, &path, What::LinkToNoFile, false);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    unread.sort_by(|a, b| a.path.cmp(&b.path));
    let mut oddities = walk.oddities.kept;
    oddities.sort_by_key(|oddity| oddity.layer);
    Ok(Contents { files, unread, oddities, further_oddities: walk.oddities.further, layers })
}

/// What a link leads to in the end.
enum End {
    Node,
    Outside,
    /// A folder, a file that nobody wants, or nothing.
    Nothing,
}

struct Missed<'a> {
    paths: BTreeMap<Vec<u8>, u64>,
    bytes: u64,
    limits: &'a Limits,
}

impl Missed<'_> {
    fn add(&mut self, path: Vec<u8>, limit: u64) -> Result<(), ImageError> {
        let length = u64::try_from(path.len()).unwrap_or(u64::MAX).saturating_add(128);
        let mut new = false;
        let kept = self.paths.entry(path).or_insert_with(|| {
            new = true;
            limit
        });
        *kept = limit.max(*kept);
        if new {
            self.bytes = self.bytes.saturating_add(length);
        }
        if self.bytes > self.limits.tracked.0 {
            return Err(ImageError::TooManyLinks {
                what: "the files they show",
                limit: self.limits.tracked.0,
            });
        }
        Ok(())
    }
}

fn end_of(tree: &Tree, link: &[u8]) -> End {
    match tree.resolve(link, Last::Follow) {
        Ok(target) => tree.get(&target).map_or(End::Nothing, |_| End::Node),
        Err(LinkFault::Outside) => End::Outside,
        Err(LinkFault::Loop) => End::Nothing,
    }
}

/// Returns every wanted name of the file at a real path, that one included.
fn wanted_names(
    real: &[u8],
    aliases: &Aliases,
    want: &dyn Fn(&[u8]) -> Option<u64>,
    watch: &Watch<'_>,
) -> Result<BTreeSet<String>, ImageError> {
    let mut names = BTreeSet::new();
    if want(real).is_some() {
        names.insert(shown(real));
    }
    aliases.each(real, &mut |name| {
        if want(name).is_some() {
            names.insert(shown(name));
        }
        if names.len() > MAX_NAMES {
            let limit = u64::try_from(MAX_NAMES).unwrap_or(u64::MAX);
            return Err(ImageError::TooManyLinks { what: "the names of one file", limit });
        }
        watch.check()
    })?;
    Ok(names)
}

/// Takes the name that a file goes by: its real one, or else the first.
fn take_first(names: &mut BTreeSet<String>, real: &[u8]) -> Option<String> {
    names.take(&shown(real)).or_else(|| names.pop_first())
}
