use crate::StoreError;
use crate::locator::{Locator, Opened, Options, open_local, open_remote, settings, shown};
use crate::place::Place;
use crate::reader::{OpenedReader, StreamReader};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::aws::AmazonS3;
use object_store::path::Path as ObjectPath;
use object_store::{
    GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode,
    PutOptions, WriteMultipart,
};
use std::collections::BTreeMap;
use std::fs::File;
use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

/// How long a store may stay silent.
const DEADLINE: Duration = Duration::from_secs(60);
const UPLOAD_PART: usize = 8 << 20;
const UPLOAD_PARTS_IN_FLIGHT: usize = 2;
/// How many objects are read or written at once: a disk makes several durable as fast as one, and a
/// bucket far away answers to several as fast as to one.
const IN_FLIGHT: usize = 16;

/// Opens stores. Must be used from threads outside the async runtime, whose handle it holds.
#[derive(Clone)]
pub struct Stores {
    runtime: Handle,
    base: PathBuf,
    environment: Arc<BTreeMap<String, String>>,
    offline: bool,
}

/// A folder, bucket prefix or site.
#[derive(Clone)]
pub struct Store {
    locator: String,
    runtime: Handle,
    backend: Arc<dyn ObjectStore>,
    pub(crate) prefix: ObjectPath,
    pub(crate) place: Place,
    /// The folder, where it is one.
    pub(crate) folder: Option<PathBuf>,
    /// The bucket, where it speaks S3, for what `object_store` has no words for.
    pub(crate) s3: Option<Arc<AmazonS3>>,
}

/// An object in a listing. Its name is relative to the store's prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// The name, with `/` between its parts.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
}

/// Says whether a create-if-absent write found the name free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    New,
    /// There was an object already; it is as it was.
    Exists,
}

impl Stores {
    /// Makes an opener. Relative paths start at `base`; `environment` supplies the providers'
    /// variables (`AWS_*`, `AZURE_*`, `GOOGLE_*`) and what options name as `env:NAME`.
    #[must_use]
    pub fn new(
        runtime: Handle,
        base: &Path,
        environment: BTreeMap<String, String>,
        offline: bool,
    ) -> Self {
        Self { runtime, base: base.to_owned(), environment: Arc::new(environment), offline }
    }

    /// Opens a folder or prefix for reading.
    ///
    /// # Errors
    /// When the locator is malformed, needs the network in an offline run, or a local folder
    /// does not exist. Remote stores are first contacted by the first request.
    pub fn open(&self, locator: &str, options: &Options) -> Result<Store, StoreError> {
        self.opened(locator, options, false)
    }

    /// Opens a folder or prefix for writing; a local folder is created.
    ///
    /// # Errors
    /// As [`Stores::open`].
    pub fn open_or_create(&self, locator: &str, options: &Options) -> Result<Store, StoreError> {
        self.opened(locator, options, true)
    }

    /// Reads one object or file whole, at most `limit` bytes.
    ///
    /// # Errors
    /// When it is absent, too large or unreachable.
    pub fn read(&self, locator: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        let (folder, name) = locator.rsplit_once('/').unwrap_or((".", locator));
        match Locator::parse(locator, &self.base)? {
            Locator::Local(path) => read_file(&path, limit),
            Locator::Remote(_) => self.open(folder, &Options::new())?.get(name, limit),
        }
    }

    /// Says what is wrong with a locator, without opening it.
    ///
    /// # Errors
    /// When it is neither a path nor a URL that this crate can open.
    pub fn check(&self, locator: &str) -> Result<(), StoreError> {
        Locator::parse(locator, &self.base).map(|_| ())
    }

    /// Returns the absolute path of a local locator, or nothing for a remote one.
    #[must_use]
    pub fn local_path(&self, locator: &str) -> Option<PathBuf> {
        match Locator::parse(locator, &self.base) {
            Ok(Locator::Local(path)) => Some(path),
            _ => None,
        }
    }

    /// Returns an environment variable that configuration names as `env:NAME`.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    fn opened(&self, locator: &str, options: &Options, create: bool) -> Result<Store, StoreError> {
        let Opened { backend, prefix, place, folder, s3 } =
            match Locator::parse(locator, &self.base)? {
                Locator::Local(path) => open_local(&path, create)?,
                Locator::Remote(_) if self.offline => {
                    return Err(StoreError::Offline { locator: shown(locator) });
                }
                Locator::Remote(url) => {
                    open_remote(&url, &settings(locator, &self.environment, options)?)?
                }
            };
        let runtime = self.runtime.clone();
        let locator = shown(locator);
        Ok(Store { locator, runtime, backend, prefix, place, folder, s3 })
    }
}

impl Store {
    /// Returns the locator, without credentials.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// Says whether the store is a folder of this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.folder.is_some()
    }

    /// Returns the folder, where it is one.
    #[must_use]
    pub fn local_folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Keeps other processes of this machine that ask for the same out of a folder, until what it
    /// returns is dropped. A bucket, and a file system without locks, has no such thing.
    #[must_use]
    pub fn reserved(&self) -> Option<File> {
        let folder = File::open(self.folder.as_ref()?).ok()?;
        folder.lock().ok()?;
        Some(folder)
    }

    /// Says whether there is an object of this name.
    ///
    /// # Errors
    /// When the store cannot be reached or does not tell.
    pub fn holds(&self, name: &str) -> Result<bool, StoreError> {
        match self.head(name) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn prefix(&self) -> &str {
        self.prefix.as_ref()
    }

    /// Lists all objects below `prefix` (a path, or empty), sorted by name.
    ///
    /// # Errors
    /// When the store cannot be reached or does not allow listing.
    pub fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        let root = self.path(prefix);
        let listing = self.backend.list(Some(&root)).try_collect::<Vec<_>>();
        let mut objects: Vec<Object> = self
            .wait(prefix, listing)?
            .into_iter()
            .filter_map(|meta| {
                let name = meta.location.prefix_match(&self.prefix)?;
                let parts: Vec<String> = name.map(|part| part.as_ref().to_owned()).collect();
                Some(Object { name: parts.join("/"), size: meta.size })
            })
            .collect();
        objects.sort();
        Ok(objects)
    }

    /// Reads an object whole, at most `limit` bytes.
    ///
    /// # Errors
    /// When it is absent, too large or unreachable.
    pub fn get(&self, name: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.runtime.block_on(self.fetch(name, limit))
    }

    /// Reads objects as [`Store::get`] does, several at once, and hands each to `take`, in the order
    /// of `names`.
    pub fn get_each(
        &self,
        names: &[String],
        limit: u64,
        take: &mut dyn FnMut(Result<Vec<u8>, StoreError>),
    ) {
        let fetch = |name: &String| {
            let name = name.clone();
            async move { self.fetch(&name, limit).await }
        };
        let mut found = stream::iter(names).map(fetch).buffered(IN_FLIGHT);
        while let Some(found) = self.runtime.block_on(found.next()) {
            take(found);
        }
    }

    async fn fetch(&self, name: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        let too_large = || StoreError::TooLarge { locator: self.named(name), limit };
        let found = self.bounded(name, self.backend.get(&self.path(name))).await?;
        if found.meta.size > limit {
            return Err(too_large());
        }
        let found = match found.payload {
            // It is open; to read it takes less time than to hand it to another thread.
            GetResultPayload::File(file, _) => {
                return self.read_opened(name, file, found.meta.size);
            }
            payload => GetResult { payload, ..found },
        };
        let mut stream = found.into_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) =
            self.bounded(name, async { stream.next().await.transpose() }).await?
        {
            bytes.extend_from_slice(&chunk);
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
                return Err(too_large());
            }
        }
        Ok(bytes)
    }

    /// Reads a file of so many bytes.
    fn read_opened(&self, name: &str, file: File, size: u64) -> Result<Vec<u8>, StoreError> {
        let local = |source| StoreError::Local { locator: self.named(name), source };
        let mut bytes = Vec::new();
        file.take(size).read_to_end(&mut bytes).map_err(local)?;
        if u64::try_from(bytes.len()) == Ok(size) {
            return Ok(bytes);
        }
        Err(local(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)))
    }

    pub(crate) fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        self.wait(name, self.backend.head(&self.path(name)))
    }

    /// Opens an object for streaming.
    ///
    /// # Errors
    /// When it is absent or unreachable; later trouble comes from the reader.
    pub fn reader(&self, name: &str) -> Result<Box<dyn Read + Send>, StoreError> {
        self.reader_with(name, GetOptions::default())
    }

    /// Opens one version of an object for streaming.
    ///
    /// # Errors
    /// When it is absent or unreachable, or the store keeps no versions.
    pub fn version_reader(&self, name: &str, id: &str) -> Result<Box<dyn Read + Send>, StoreError> {
        self.reader_with(name, GetOptions::default().with_version(Some(id)))
    }

    fn reader_with(&self, name: &str, how: GetOptions) -> Result<Box<dyn Read + Send>, StoreError> {
        let found = self.wait(name, self.backend.get_opts(&self.path(name), how))?;
        Ok(match found.payload {
            GetResultPayload::File(file, _) => Box::new(OpenedReader::new(file, found.meta.size)),
            payload => Box::new(StreamReader {
                runtime: self.runtime.clone(),
                stream: GetResult { payload, ..found }.into_stream(),
                current: Bytes::new(),
                deadline: DEADLINE,
            }),
        })
    }

    /// Writes an object whole, replacing what was there in one step.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.runtime.block_on(self.write(name, bytes))
    }

    /// Writes objects as [`Store::put`] does, several at once and in any order.
    ///
    /// # Errors
    /// When one cannot be written; others may have been.
    pub fn put_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        let write = |(name, bytes): &(String, Vec<u8>)| {
            let (name, bytes) = (name.clone(), bytes.clone());
            async move { self.write(&name, &bytes).await }
        };
        let writes = stream::iter(objects).map(write).buffer_unordered(IN_FLIGHT);
        self.runtime.block_on(writes.try_collect())
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let payload = Bytes::copy_from_slice(bytes).into();
        self.bounded(name, self.backend.put(&self.path(name), payload)).await.map(|_| ())
    }

    /// Returns when an object was last written, by the clock of the place where it is.
    ///
    /// # Errors
    /// When it is absent or unreachable.
    pub fn modified(&self, name: &str) -> Result<SystemTime, StoreError> {
        let meta = self.wait(name, self.backend.head(&self.path(name)))?;
        Ok(meta.last_modified.into())
    }

    /// Writes an object whole if there is none of its name yet.
    ///
    /// # Errors
    /// When the store cannot be written. An object that exists is no error.
    pub fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError> {
        let payload = Bytes::copy_from_slice(bytes).into();
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.wait(name, self.backend.put_opts(&self.path(name), payload, options)) {
            Ok(_) => Ok(Created::New),
            Err(StoreError::Backend {
                source:
                    object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. },
                ..
            }) => Ok(Created::Exists),
            Err(error) => Err(error),
        }
    }

    /// Writes everything from `source` into an object, in parts, so that memory stays bounded.
    /// Returns the number of bytes.
    ///
    /// # Errors
    /// When the source cannot be read or the store cannot be written; nothing is left then.
    pub fn upload(&self, name: &str, source: &mut dyn Read) -> Result<u64, StoreError> {
        let upload = self.wait(name, self.backend.put_multipart(&self.path(name)))?;
        let mut writer = {
            let _inside = self.runtime.enter();
            WriteMultipart::new_with_chunk_size(upload, UPLOAD_PART)
        };
        let mut buffer = vec![0u8; 64 << 10];
        let mut total: u64 = 0;
        loop {
            let count = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(source) => {
                    self.wait(name, writer.abort())?;
                    return Err(StoreError::Local { locator: self.named(name), source });
                }
            };
            self.wait(name, writer.wait_for_capacity(UPLOAD_PARTS_IN_FLIGHT))?;
            let _inside = self.runtime.enter();
            writer.write(buffer.get(..count).unwrap_or_default());
            total = total.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
        self.wait(name, writer.finish())?;
        Ok(total)
    }

    /// Deletes an object; an absent one is no error.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        match self.wait(name, self.backend.delete(&self.path(name))) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes a canary twice to see that the store honours create-if-absent. Some accept such a
    /// write and ignore the condition, and a ledger on one could lose entries.
    ///
    /// # Errors
    /// When the store ignores the condition or cannot be used.
    pub fn require_conditional_create(&self, canary: &str) -> Result<(), StoreError> {
        self.delete(canary)?;
        self.create(canary, b"first")?;
        let second = self.create(canary, b"second")?;
        let kept = self.get(canary, 16)?;
        self.delete(canary)?;
        if second == Created::Exists && kept == b"first" {
            Ok(())
        } else {
            Err(StoreError::IgnoresConditions { locator: self.locator.clone() })
        }
    }

    fn path(&self, name: &str) -> ObjectPath {
        self.prefix.parts().chain(ObjectPath::from(name).parts()).collect()
    }

    pub(crate) fn named(&self, name: &str) -> String {
        if name.is_empty() {
            return self.locator.clone();
        }
        format!("{}/{name}", self.locator.trim_end_matches('/'))
    }

    pub(crate) fn wait<T>(
        &self,
        name: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(self.bounded(name, work))
    }

    async fn bounded<T>(
        &self,
        name: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(DEADLINE, work).await {
            Err(_) => {
                Err(StoreError::Deadline { locator: self.named(name), seconds: DEADLINE.as_secs() })
            }
            Ok(Err(object_store::Error::NotFound { .. })) => {
                Err(StoreError::NotFound { locator: self.named(name) })
            }
            Ok(Err(source)) => Err(StoreError::Backend { locator: self.named(name), source }),
            Ok(Ok(value)) => Ok(value),
        }
    }
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let locator = || path.display().to_string();
    let local = |source: std::io::Error| {
        if source.kind() == std::io::ErrorKind::NotFound {
            StoreError::NotFound { locator: locator() }
        } else {
            StoreError::Local { locator: locator(), source }
        }
    };
    // A FIFO or device would block or never end; only its metadata is looked at.
    if !std::fs::metadata(path).map_err(local)?.is_file() {
        return Err(local(std::io::Error::other("it is not a regular file")));
    }
    let file = std::fs::File::open(path).map_err(local)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(local)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(StoreError::TooLarge { locator: locator(), limit });
    }
    Ok(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
        runtime: tokio::runtime::Runtime,
    }

    impl Fixture {
        fn new() -> Self {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            Self { folder: tempfile::tempdir().unwrap(), runtime }
        }

        fn stores(&self, offline: bool) -> Stores {
            let handle = self.runtime.handle().clone();
            Stores::new(handle, self.folder.path(), BTreeMap::new(), offline)
        }

        fn store(&self) -> Store {
            self.stores(true).open_or_create("store", &Options::new()).unwrap()
        }
    }

    #[test]
    fn an_object_is_created_once() {
        let fixture = Fixture::new();
        let store = fixture.store();
        assert_eq!(store.create("a/b", b"one").unwrap(), Created::New);
        assert_eq!(store.create("a/b", b"two").unwrap(), Created::Exists);
        assert_eq!(store.get("a/b", 10).unwrap(), b"one");
        store.require_conditional_create("canary").unwrap();
        assert_eq!(store.list("").unwrap(), [Object { name: "a/b".into(), size: 3 }]);
    }

    #[test]
    fn a_large_object_streams_in_and_out() {
        let fixture = Fixture::new();
        let store = fixture.store();
        let bytes: Vec<u8> = (0..20_000_000u32).map(|n| n.to_le_bytes()[0]).collect();
        assert_eq!(store.upload("large", &mut bytes.as_slice()).unwrap(), 20_000_000);
        let mut read = Vec::new();
        store.reader("large").unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
    }

    #[test]
    fn an_object_over_the_limit_is_refused() {
        let fixture = Fixture::new();
        let store = fixture.store();
        store.put("a", b"12345").unwrap();
        assert!(matches!(store.get("a", 4), Err(StoreError::TooLarge { .. })));
        let path = fixture.folder.path().join("store/a");
        let locator = path.to_str().unwrap();
        let read = fixture.stores(true).read(locator, 4);
        assert!(matches!(read, Err(StoreError::TooLarge { .. })));
    }

    #[test]
    fn an_absent_object_is_not_found_and_its_deletion_no_error() {
        let fixture = Fixture::new();
        let store = fixture.store();
        assert!(store.get("absent", 4).unwrap_err().is_not_found());
        store.delete("absent").unwrap();
        assert!(fixture.stores(true).read("absent", 4).unwrap_err().is_not_found());
    }

    #[test]
    fn an_offline_run_opens_no_remote_store() {
        let fixture = Fixture::new();
        let opened = fixture.stores(true).open("s3://bucket/prefix", &Options::new());
        assert!(matches!(opened.err().unwrap(), StoreError::Offline { .. }));
    }

    #[test]
    fn credentials_in_a_locator_are_never_shown() {
        let fixture = Fixture::new();
        let locator = "https://user:secret@127.0.0.1/path?sig=secret";
        let error = fixture.stores(true).open(locator, &Options::new()).err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn an_option_that_names_an_unset_variable_is_refused() {
        let fixture = Fixture::new();
        let options = Options::from([("aws_secret_access_key".into(), "env:UNSET".into())]);
        let error = fixture.stores(false).open("s3://bucket", &options).err().unwrap();
        assert!(matches!(error, StoreError::MissingVariable { .. }));
    }

    #[test]
    fn a_fifo_is_refused_without_waiting() {
        let fixture = Fixture::new();
        let path = fixture.folder.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(fixture.stores(true).read("fifo", 4), Err(StoreError::Local { .. })));
    }
}
