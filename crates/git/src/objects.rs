use super::HashAlgorithm;
use super::loose::{self, Loose};
use crate::GitError;
use beleg_model::text::shown;
use git2::{
    ErrorClass, ErrorCode, ObjectFormat, ObjectType, Odb, Oid, Repository, TreeWalkMode,
    TreeWalkResult,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// Largest object that is read, in bytes: a commit, a tag, a tree, or what a tag names.
pub const MAX_COMMIT_BYTES: usize = 16 << 20;
/// Most entries of one commit's trees that are looked at for submodules.
const MAX_TREE_ENTRIES: usize = 1_000_000;
/// Most tags of one repository.
const MAX_TAGS: usize = 1_000_000;
/// Largest `.git` file that points to a worktree's folder.
const MAX_GITLINK: u64 = 4 << 10;
/// How many repositories borrow from one another in a row, as in libgit2.
const MAX_ALTERNATES_DEPTH: usize = 5;
/// Most folders with loose objects.
const MAX_ALTERNATES: usize = 100;
/// Largest list of shallow commits or grafts.
const MAX_LIST: u64 = 16 << 20;

/// The extensions of a repository's format that libgit2 reads.
const KNOWN_EXTENSIONS: [&str; 4] = ["noop", "objectformat", "preciousobjects", "worktreeconfig"];

/// A local repository whose objects are read by id and hashed again.
pub(crate) struct Objects {
    repository: Repository,
    git_dir: PathBuf,
    /// The folders with loose objects: its own, and those that it borrows from.
    folders: Vec<PathBuf>,
}

/// A type of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Commit,
    Tag,
    Tree,
    Blob,
}

/// Says why an object cannot be had as its id promises.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectProblem {
    #[error("the object is not in the repository")]
    Missing,
    #[error("the object is larger than {MAX_COMMIT_BYTES} bytes")]
    TooLarge,
    #[error("the object is a {found}, not a {wanted}")]
    WrongKind { found: String, wanted: &'static str },
    #[error("the content's hash is `{0}`")]
    HashMismatch(String),
    #[error("the content collides under SHA-1")]
    Collision,
    #[error("the object cannot be read: {0}")]
    Unreadable(String),
}

impl Objects {
    /// Opens the repository at `path`: a bare one, a worktree's top folder or a `.git` folder;
    /// nothing is searched upwards. libgit2's check of the owner does not apply to the way it is
    /// opened here, nor is there need for it: it protects from programs that a configuration
    /// names, and none is run. Continuous integration often runs as another user.
    pub(crate) fn open(path: &Path) -> Result<Self, GitError> {
        let git_dir = git_dir(path)?;
        // What is read is hashed here, with collision detection; libgit2 need not do it too.
        git2::opts::strict_hash_verification(false);
        let repository = Repository::open_bare(&git_dir).map_err(|source| {
            let path = path.to_owned();
            match unknown_extension(&git_dir) {
                Some(extension) => GitError::Extension { path, extension },
                None => GitError::Repository { path, source },
            }
        })?;
        let folders = object_folders(repository.commondir().join("objects"))?;
        Ok(Self { repository, git_dir, folders })
    }

    pub(crate) fn algorithm(&self) -> HashAlgorithm {
        match self.repository.object_format() {
            ObjectFormat::Sha256 => HashAlgorithm::Sha256,
            _ => HashAlgorithm::Sha1,
        }
    }

    /// Returns what a ref names, by its whole name; `None` when there is none. One that is there
    /// and cannot be read is an error, so that no other one is taken for it.
    pub(crate) fn reference(&self, name: &str) -> Option<Result<Oid, git2::Error>> {
        let found = match self.repository.find_reference(name) {
            Err(error) if is_no_ref(&error) => return None,
            found => found.and_then(|reference| reference.resolve()),
        };
        let broken = || git2::Error::from_str("it names no object");
        Some(found.and_then(|reference| reference.target().ok_or_else(broken)))
    }

    /// Returns the whole name of the ref that a symbolic one, such as `HEAD`, stands for.
    pub(crate) fn target_name(&self, name: &str) -> String {
        let reference = self.repository.find_reference(name).and_then(|found| found.resolve());
        let name_of =
            |found: git2::Reference<'_>| String::from_utf8_lossy(found.name_bytes()).into_owned();
        reference.map_or_else(|_| name.to_owned(), name_of)
    }

    /// Says whether there is a branch of this name, the repository's own or that of a remote.
    pub(crate) fn has_branch(&self, name: &str) -> Result<bool, GitError> {
        if self.reference(&format!("refs/heads/{name}")).is_some() {
            return Ok(true);
        }
        let unreadable = |source| GitError::Repository { path: self.git_dir.clone(), source };
        for reference in self.repository.references_glob("refs/remotes/*").map_err(unreadable)? {
            let reference = reference.map_err(unreadable)?;
            let of_remote = reference.name_bytes().strip_prefix(b"refs/remotes/");
            let own = of_remote.and_then(|rest| rest.splitn(2, |byte| *byte == b'/').nth(1));
            if own == Some(name.as_bytes()) && name != "HEAD" {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts the commits of other repositories that the tree of `commit` names; none where it
    /// cannot be read or is larger than any real one: nothing hangs on it.
    pub(crate) fn submodules(&self, commit: Oid) -> u64 {
        let tree = self.repository.find_commit(commit).and_then(|commit| commit.tree());
        let (mut found, mut entries) = (0u64, 0usize);
        // A tree that could not be walked to its end still named those that were met.
        let _ = tree.and_then(|tree| {
            tree.walk(TreeWalkMode::PreOrder, |_, entry| {
                entries = entries.saturating_add(1);
                found = found.saturating_add(u64::from(entry.kind() == Some(ObjectType::Commit)));
                if entries > MAX_TREE_ENTRIES { TreeWalkResult::Abort } else { TreeWalkResult::Ok }
            })
        });
        found
    }

    /// Returns the object that libgit2 finds for a revision.
    pub(crate) fn revparse(&self, revision: &str) -> Result<Oid, git2::Error> {
        Ok(self.repository.revparse_single(revision)?.id())
    }

    /// Reads an object that is a file of its own.
    fn loose(&self, oid: Oid) -> Result<Option<Loose>, ObjectProblem> {
        let hex = oid.to_string();
        let mut found = self.folders.iter().map(|folder| loose::read(folder, &hex));
        found.find(|found| !matches!(found, Ok(None))).unwrap_or(Ok(None))
    }

    /// Returns the object database, for [`Objects::commit`].
    pub(crate) fn database(&self) -> Result<Odb<'_>, GitError> {
        self.repository
            .odb()
            .map_err(|source| GitError::Repository { path: self.git_dir.clone(), source })
    }

    /// Reads a commit's content.
    pub(crate) fn commit(&self, odb: &Odb<'_>, oid: Oid) -> Result<Vec<u8>, ObjectProblem> {
        self.read(odb, oid, Kind::Commit)
    }

    /// Reads an object's content. libgit2 follows no replace ref here, and what it returns is
    /// hashed again.
    pub(crate) fn read(
        &self,
        odb: &Odb<'_>,
        oid: Oid,
        kind: Kind,
    ) -> Result<Vec<u8>, ObjectProblem> {
        let wanted = kind.word();
        let other = |found: String| ObjectProblem::WrongKind { found, wanted };
        if let Some(loose) = self.loose(oid)? {
            if loose.kind != wanted {
                return Err(other(shown(loose.kind.as_bytes())));
            }
            check_hash(&loose.content, oid, kind, self.algorithm())?;
            return Ok(loose.content);
        }
        let (size, found) = odb.read_header(oid).map_err(problem)?;
        if found != kind.object_type() {
            return Err(other(found.str().to_owned()));
        }
        if size > MAX_COMMIT_BYTES {
            return Err(ObjectProblem::TooLarge);
        }
        let object = odb.read(oid).map_err(problem)?;
        if object.kind() != kind.object_type() {
            return Err(other(object.kind().str().to_owned()));
        }
        if object.len() > MAX_COMMIT_BYTES {
            return Err(ObjectProblem::TooLarge);
        }
        check_hash(object.data(), oid, kind, self.algorithm())?;
        Ok(object.data().to_vec())
    }

    /// Says whether an object is of this kind, without reading it whole where that can be avoided.
    /// What is absent or damaged is an error.
    pub(crate) fn is_a(&self, kind: Kind, odb: &Odb<'_>, oid: Oid) -> Result<bool, ObjectProblem> {
        if let Some(loose) = self.loose(oid)? {
            return Ok(loose.kind == kind.word());
        }
        let (_, found) = odb.read_header(oid).map_err(problem)?;
        Ok(found == kind.object_type())
    }

    /// Returns the tags, sorted: their names without `refs/tags/`, and what they name; `None` when
    /// the ref cannot be read, as after a crash that left its file empty.
    pub(crate) fn tags(&self) -> Result<BTreeMap<Vec<u8>, Option<Oid>>, GitError> {
        let unreadable = |source| GitError::Repository { path: self.git_dir.clone(), source };
        let mut tags = BTreeMap::new();
        for reference in self.repository.references().map_err(unreadable)? {
            let reference = reference.map_err(unreadable)?;
            let Some(name) = reference.name_bytes().strip_prefix(b"refs/tags/") else { continue };
            let name = name.to_vec();
            let oid = reference.resolve().ok().and_then(|reference| reference.target());
            within_limit(tags.len())?;
            tags.insert(name, oid);
        }
        // libgit2 passes over the files that it cannot read.
        let mut folders = vec![(self.common_file("refs/tags"), Vec::new())];
        while let Some((folder, prefix)) = folders.pop() {
            for (name, is_folder) in entries(&folder)? {
                let inner = folder.join(OsStr::from_bytes(&name));
                let mut path = prefix.clone();
                path.extend(name);
                within_limit(tags.len().saturating_add(folders.len()))?;
                if is_folder {
                    path.push(b'/');
                    folders.push((inner, path));
                } else {
                    tags.entry(path).or_insert(None);
                }
            }
        }
        Ok(tags)
    }

    /// Returns the names of the repository's replace refs (gitreplace(1)), sorted.
    pub(crate) fn replace_refs(&self) -> Result<Vec<String>, GitError> {
        let unreadable = |source| GitError::Repository { path: self.git_dir.clone(), source };
        let references = self.repository.references_glob("refs/replace/*").map_err(unreadable)?;
        let mut names = Vec::new();
        for reference in references {
            let reference = reference.map_err(unreadable)?;
            names.push(shown(reference.name_bytes()));
        }
        names.sort();
        Ok(names)
    }

    /// Says whether there is a grafts file with something in it.
    pub(crate) fn has_grafts(&self) -> Result<bool, GitError> {
        let bytes = read_limited(&self.common_file("info/grafts"), MAX_LIST)?;
        Ok(bytes.split(|byte| *byte == b'\n').any(|line| {
            let line = line.trim_ascii();
            !line.is_empty() && !line.starts_with(b"#")
        }))
    }

    /// Returns the commits at which a shallow clone says that its history ends.
    pub(crate) fn shallow_commits(&self) -> Result<Vec<Oid>, GitError> {
        let bytes = read_limited(&self.common_file("shallow"), MAX_LIST)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| {
            let text = std::str::from_utf8(line.trim_ascii()).ok()?;
            self.parse_oid(text)
        });
        Ok(lines.collect())
    }

    /// Reads a whole object id.
    pub(crate) fn parse_oid(&self, hex: &str) -> Option<Oid> {
        let digits = match self.algorithm() {
            HashAlgorithm::Sha1 => 40,
            HashAlgorithm::Sha256 => 64,
        };
        (hex.len() == digits)
            .then(|| Oid::from_str_ext(hex, self.repository.object_format()).ok())
            .flatten()
    }

    fn common_file(&self, name: &str) -> PathBuf {
        self.repository.commondir().join(name)
    }
}

impl Kind {
    /// The type's word in an object's header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tag => "tag",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }

    fn object_type(self) -> ObjectType {
        match self {
            Self::Commit => ObjectType::Commit,
            Self::Tag => ObjectType::Tag,
            Self::Tree => ObjectType::Tree,
            Self::Blob => ObjectType::Blob,
        }
    }
}

/// Hashes an object's content as git does: the type and the length come first.
fn check_hash(
    content: &[u8],
    oid: Oid,
    kind: Kind,
    algorithm: HashAlgorithm,
) -> Result<(), ObjectProblem> {
    let hash = hash(content, kind, algorithm)?;
    if hash == oid.as_bytes() {
        Ok(())
    } else {
        Err(ObjectProblem::HashMismatch(hex::encode(hash)))
    }
}

/// Returns the id of an object with this content.
pub(crate) fn hash(
    content: &[u8],
    kind: Kind,
    algorithm: HashAlgorithm,
) -> Result<Vec<u8>, ObjectProblem> {
    let head = format!("{} {}\0", kind.word(), content.len());
    Ok(match algorithm {
        HashAlgorithm::Sha1 => {
            let mut hasher = sha1_checked::Sha1::new();
            sha1_checked::Digest::update(&mut hasher, head);
            sha1_checked::Digest::update(&mut hasher, content);
            let result = hasher.try_finalize();
            if result.has_collision() {
                return Err(ObjectProblem::Collision);
            }
            result.hash().to_vec()
        }
        HashAlgorithm::Sha256 => {
            Sha256::new().chain_update(head).chain_update(content).finalize().to_vec()
        }
    })
}

/// Says whether there is no ref of a name, or can be none.
fn is_no_ref(error: &git2::Error) -> bool {
    matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec)
}

/// Translates libgit2's error. It hashes what it reads too, also with collision detection.
fn problem(error: git2::Error) -> ObjectProblem {
    match (error.code(), error.class()) {
        (ErrorCode::NotFound, _) => ObjectProblem::Missing,
        (ErrorCode::HashsumMismatch, _) => {
            ObjectProblem::HashMismatch(shown(error.message().as_bytes()))
        }
        (_, ErrorClass::Sha1) => ObjectProblem::Collision,
        _ => ObjectProblem::Unreadable(shown(error.message().as_bytes())),
    }
}

/// Follows the repositories that `own` borrows objects from (gitrepository-layout(5),
/// "objects/info/alternates"), as far as libgit2 does. What is one too many only holds objects that
/// are hashed all the same.
fn object_folders(own: PathBuf) -> Result<Vec<PathBuf>, GitError> {
    let mut folders = vec![own];
    let mut borrowing = 0usize..1;
    for _ in 0..MAX_ALTERNATES_DEPTH {
        for place in borrowing.clone() {
            let Some(folder) = folders.get(place).cloned() else { continue };
            let bytes = read_limited(&folder.join("info/alternates"), MAX_LIST)?;
            for line in bytes.split(|byte| matches!(byte, b'\r' | b'\n')) {
                let other = folder.join(OsStr::from_bytes(line));
                let is_path = !line.is_empty() && !line.starts_with(b"#");
                if is_path && !folders.contains(&other) && folders.len() < MAX_ALTERNATES {
                    folders.push(other);
                }
            }
        }
        borrowing = borrowing.end..folders.len();
    }
    Ok(folders)
}

/// Refuses more tags than anybody has.
fn within_limit(count: usize) -> Result<(), GitError> {
    let limit = u64::try_from(MAX_TAGS).unwrap_or(u64::MAX);
    if count < MAX_TAGS { Ok(()) } else { Err(GitError::TooManyTags { limit }) }
}

/// Returns the names in a folder of refs, and whether each is a folder. What git itself puts beside
/// refs is left out; an absent folder is empty.
fn entries(folder: &Path) -> Result<Vec<(Vec<u8>, bool)>, GitError> {
    let unreadable = |source| GitError::Unreadable { path: folder.to_owned(), source };
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(unreadable)?,
    };
    let mut entries = Vec::new();
    for entry in listed {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().into_vec();
        if !name.starts_with(b".") && !name.ends_with(b".lock") {
            entries.push((name, entry.file_type().map_err(unreadable)?.is_dir()));
        }
    }
    Ok(entries)
}

/// Returns the extension of a repository's format that libgit2 does not know (git-config(1),
/// "extensions"), lower-case.
fn unknown_extension(git_dir: &Path) -> Option<String> {
    let shared = fs::read_to_string(git_dir.join("commondir")).unwrap_or_default();
    let config = git2::Config::open(&git_dir.join(shared.trim_end()).join("config")).ok()?;
    let mut found = None;
    let mut entries = config.entries(Some("^extensions\\.")).ok()?;
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.name().ok()?.strip_prefix("extensions.")?.to_ascii_lowercase();
        let is_known = KNOWN_EXTENSIONS.contains(&name.as_str());
        found = found.or_else(|| (!is_known).then(|| shown(name.as_bytes())));
    }
    found
}

/// Finds the folder with the objects: `path` itself, its `.git`, or where a `.git` file points.
fn git_dir(path: &Path) -> Result<PathBuf, GitError> {
    let inner = path.join(".git");
    let unreadable = |source| GitError::Unreadable { path: inner.clone(), source };
    match fs::metadata(&inner) {
        Ok(metadata) if metadata.is_dir() => Ok(inner),
        Ok(metadata) if metadata.is_file() => {
            let bytes = read_limited(&inner, MAX_GITLINK)?;
            let text = String::from_utf8(bytes)
                .map_err(|error| unreadable(io::Error::new(io::ErrorKind::InvalidData, error)))?;
            let target = text.strip_prefix("gitdir:").map(str::trim).ok_or_else(|| {
                unreadable(io::Error::new(io::ErrorKind::InvalidData, "it names no folder"))
            })?;
            Ok(path.join(target))
        }
        Ok(_) => Err(unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is no folder"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::metadata(path)
                .map_err(|source| GitError::Unreadable { path: path.to_owned(), source })?;
            Ok(path.to_owned())
        }
        Err(error) => Err(unreadable(error)),
    }
}

/// Reads a small regular file; an absent one is empty.
fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, GitError> {
    let unreadable = |source| GitError::Unreadable { path: path.to_owned(), source };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
        // A pipe would never end.
        Ok(metadata) if !metadata.is_file() => {
            let error = io::Error::new(io::ErrorKind::InvalidData, "it is no regular file");
            return Err(unreadable(error));
        }
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is too large")));
    }
    Ok(bytes)
}
