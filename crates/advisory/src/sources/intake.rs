use super::{Limits, Source, SourceError};
use crate::advisory::Advisory;
use crate::scope::Scope;
use crate::text::shown;
use beleg_model::{Digest, LeftOut};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashSet};

/// One record as a source's reader understood it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) advisory: Advisory,
    pub(super) withdrawn: bool,
    /// The newest date it states about itself.
    pub(super) newest: Option<Timestamp>,
    /// Every ecosystem it is about, in the words of the OSV schema.
    pub(super) ecosystems: Vec<String>,
}

/// Collects records into a source and counts each one, whatever becomes of it.
#[derive(Debug)]
pub(super) struct Intake {
    limits: Limits,
    /// What the source is for, without a release unless it is for that one only.
    scope: Scope,
    /// The same in OSV's words.
    ecosystem: String,
    ids: HashSet<String>,
    ecosystems: BTreeSet<String>,
    records: u64,
    unaddressed: u64,
    left_out: Vec<LeftOut>,
    newest: Option<Timestamp>,
    advisories: Vec<Advisory>,
}

impl Intake {
    pub(super) fn new(scope: Scope, limits: Limits) -> Self {
        Self {
            limits,
            ecosystem: scope.to_string(),
            scope,
            ids: HashSet::new(),
            ecosystems: BTreeSet::new(),
            records: 0,
            unaddressed: 0,
            left_out: Vec::new(),
            newest: None,
            advisories: Vec::new(),
        }
    }

    /// Takes in what was read at `path`, or why it could not be read.
    pub(super) fn take(
        &mut self,
        path: &str,
        record: Result<Record, String>,
    ) -> Result<(), SourceError> {
        if self.seen() >= self.limits.records {
            return Err(SourceError::TooMany { what: "records", limit: self.limits.records });
        }
        match record.and_then(|record| self.admit(record)) {
            Ok(record) => {
                self.records = self.records.saturating_add(1);
                self.keep(record);
                Ok(())
            }
            Err(why) => self.leave_out(path, &why),
        }
    }

    /// Ends the source whose bytes have this digest.
    pub(super) fn finish(self, name: &str, digest: Digest) -> Result<Source, SourceError> {
        if self.ecosystems.is_empty() {
            let first = self.left_out.first();
            return Err(SourceError::Empty {
                ecosystem: self.ecosystem,
                first: first.map(|it| format!("; `{}`: {}", it.what, it.why)).unwrap_or_default(),
            });
        }
        Ok(Source {
            name: name.to_owned(),
            records: self.records,
            left_out: self.left_out,
            unaddressed: self.unaddressed,
            newest: self.newest,
            digest,
            ecosystems: self.ecosystems.into_iter().collect(),
            ecosystem: self.scope.ecosystem,
            advisories: self.advisories,
        })
    }

    fn seen(&self) -> u64 {
        self.records.saturating_add(self.left_out_count())
    }

    fn left_out_count(&self) -> u64 {
        u64::try_from(self.left_out.len()).unwrap_or(u64::MAX)
    }

    fn admit(&mut self, record: Record) -> Result<Record, String> {
        let id = &record.advisory.id;
        if !is_id(id) {
            return Err(format!("`{}` is not an advisory's identifier", shown(id)));
        }
        if !self.ids.insert(id.clone()) {
            return Err(format!("`{id}` is the identifier of an earlier record too"));
        }
        Ok(record)
    }

    fn keep(&mut self, record: Record) {
        self.newest = self.newest.max(record.newest);
        for ecosystem in record.ecosystems {
            // Records name other ecosystems in passing; that is no coverage of them.
            let rest = ecosystem.strip_prefix(self.ecosystem.as_str());
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) {
                self.ecosystems.insert(ecosystem);
            }
        }
        if record.withdrawn || record.advisory.affected.is_empty() {
            self.unaddressed = self.unaddressed.saturating_add(1);
        } else {
            self.advisories.push(record.advisory);
        }
    }

    fn leave_out(&mut self, path: &str, why: &str) -> Result<(), SourceError> {
        if self.left_out_count() >= self.limits.left_out {
            let limit = self.limits.left_out;
            return Err(SourceError::TooMany { what: "unreadable records", limit });
        }
        self.left_out.push(LeftOut { what: shown(path), count: 1, why: shown(why) });
        Ok(())
    }
}

/// Says whether `text` may stand as an advisory's identifier in rules, reports and URLs.
fn is_id(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:+".contains(&b))
}
