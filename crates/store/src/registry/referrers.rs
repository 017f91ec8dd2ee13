use super::error::RegistryError;
use super::exchange::{Answer, Request};
use super::link::next_page;
use super::{OCI_INDEX, Registry, sha256_only};
use beleg_model::Digest;
use reqwest::Url;
use std::collections::BTreeSet;
use std::time::Instant;

/// Bytes of one page of referrers.
const MAX_PAGE: u64 = 4 << 20;
/// Pages of referrers.
const MAX_PAGES: usize = 100;
/// Bytes of all pages of referrers together.
const MAX_PAGES_BYTES: usize = 64 << 20;

/// The answer of a registry to what refers to a manifest.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReferrerPages {
    /// Image indexes, one a page. Their filtering is not to be relied on.
    Pages {
        /// The pages, as sent.
        documents: Vec<Vec<u8>>,
        /// What kept the rest from being read.
        unfinished: Option<RegistryError>,
    },
    /// The registry has no referrers API: its tags tell.
    Unsupported,
}

impl Registry {
    /// Asks for everything that refers to a manifest (OCI distribution specification 1.1,
    /// "Listing Referrers"), or for what has that artifact type, if the registry filters.
    ///
    /// # Errors
    /// When the first page cannot be read. What is wrong with a later one stands in the answer.
    pub fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<ReferrerPages, RegistryError> {
        sha256_only(subject)?;
        let name = subject.to_string();
        let what = self.name_of("referrers", &name);
        let mut url = self.url("referrers", &name)?;
        if let Some(artifact_type) = artifact_type {
            url.query_pairs_mut().append_pair("artifactType", artifact_type);
        }
        let mut documents: Vec<Vec<u8>> = Vec::new();
        let mut visited = BTreeSet::new();
        let mut bytes: usize = 0;
        let begin = Instant::now();
        loop {
            visited.insert(url.to_string());
            let page = self.page(&what, url);
            let (answer, next) = match page {
                Ok(page) => page,
                Err(RegistryError::NotFound { .. }) if documents.is_empty() => {
                    return Ok(ReferrerPages::Unsupported);
                }
                Err(error) if documents.is_empty() => return Err(error),
                Err(error) => {
                    return Ok(ReferrerPages::Pages { documents, unfinished: Some(error) });
                }
            };
            bytes = bytes.saturating_add(answer.body.len());
            documents.push(answer.body);
            let late = begin.elapsed() > self.settings.deadline;
            let stop =
                |why: &str| RegistryError::Paging { what: what.clone(), why: why.to_owned() };
            let unfinished = match next {
                Ok(None) => return Ok(ReferrerPages::Pages { documents, unfinished: None }),
                Ok(Some(next)) if visited.contains(next.as_str()) => {
                    stop("a page names an earlier one as the next")
                }
                Ok(Some(_)) if documents.len() >= MAX_PAGES || bytes > MAX_PAGES_BYTES => {
                    stop("there are more pages than are read")
                }
                // Each page may take its time, all together may not take a hundred times that.
                Ok(Some(_)) if late => stop("they take longer than the deadline together"),
                Ok(Some(next)) => {
                    url = next;
                    continue;
                }
                Err(error) => error,
            };
            return Ok(ReferrerPages::Pages { documents, unfinished: Some(unfinished) });
        }
    }

    /// Reads a page of referrers, and where the next one is. A bad link does not take the page
    /// away.
    fn page(
        &self,
        what: &str,
        url: Url,
    ) -> Result<(Answer, Result<Option<Url>, RegistryError>), RegistryError> {
        let request = Request { what, url, accept: &[OCI_INDEX], limit: MAX_PAGE };
        let answer = self.exchange(request)?;
        let media_type = answer.media_type(what)?;
        if media_type != OCI_INDEX {
            return Err(RegistryError::MediaType { what: what.to_owned(), media_type });
        }
        let next = next_page(what, &answer, self.locator.origin()?);
        Ok((answer, next))
    }
}
