use std::error::Error;

/// Objects by path: a folder, or a bucket of an object store.
///
/// The ledger needs no lock and no conditional replacement, only [`Storage::create`]. A store
/// that accepts a conditional creation and ignores the condition loses entries; whoever
/// implements this must probe for that.
pub trait Storage: Send + Sync {
    /// Returns the object's bytes, or `None` when there is no such object.
    ///
    /// # Errors
    /// When it cannot be told whether the object exists, or it cannot be read.
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// Reads the objects of `paths` and hands each to `take`, in this order. A storage that takes its
    /// time for each may ask for several at once.
    fn get_each(&self, paths: &[String], take: &mut dyn FnMut(Found)) {
        paths.iter().for_each(|path| take(self.get(path)));
    }

    /// Writes the whole object, so that a reader sees the old or the new bytes, nothing between.
    ///
    /// # Errors
    /// When it is not certain that the bytes are stored for good.
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Writes many whole objects, in any order; a storage that takes its time for each may write
    /// several at once.
    ///
    /// # Errors
    /// When it is not certain that all of them are stored for good.
    fn put_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        objects.iter().try_for_each(|(path, bytes)| self.put(path, bytes))
    }

    /// Writes the object, if there is none by that path, as one step.
    ///
    /// # Errors
    /// When it is not certain whether the bytes are stored for good.
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError>;

    /// Removes the object; one that does not exist is no error.
    ///
    /// # Errors
    /// When it is not certain that the object is gone.
    fn delete(&self, path: &str) -> Result<(), StorageError>;

    /// Returns the full paths of all objects below the folder `prefix`, which ends in `/`, in any
    /// order.
    ///
    /// # Errors
    /// When the list may be incomplete.
    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError>;
}

/// An object's bytes, `None` when there is no such object, or why that cannot be told.
pub type Found = Result<Option<Vec<u8>>, StorageError>;

/// Says what came of a conditional creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object was written.
    New,
    /// There was an object by that path already; it is unchanged.
    Exists,
}

/// Says that the storage did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the storage failed at `{path}`")]
pub struct StorageError {
    path: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl StorageError {
    /// Names the path and the cause.
    pub fn new(path: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { path: path.into(), source: source.into() }
    }

    /// Returns the path at which the storage failed.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}
