//! Database dumps: told apart from other files, and looked at for an end that is missing.

mod ends;
mod kinds;
mod packing;

use super::{Candidate, Examined, Looked, Probe, ProbeLimits};
use crate::Watch;
use ends::{End, Ended};
use kinds::Kind;
use packing::{Packing, Unpacked};
use serde_json::json;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};

const BUFFER: usize = 64 << 10;

/// Looks at database dumps without loading them: whether what unpacks comes to its end, and whether
/// the mark or structure is there with which the tool ends a dump that it has written whole.
///
/// Which dump is whole inside only its own database can say; [`Looked`] says how far this looked.
pub struct Dump;

impl Probe for Dump {
    fn name(&self) -> &'static str {
        "dump"
    }

    fn summary(&self) -> &'static str {
        "looks for the end of database dumps, packed or not, without loading them"
    }

    fn recognises(&self, path: &str, head: &[u8]) -> bool {
        kinds::is_dump(path, head)
    }

    fn examine(
        &self,
        candidate: &Candidate<'_>,
        limits: &ProbeLimits,
        watch: &Watch<'_>,
    ) -> Examined {
        let file = candidate.place("", "dump").and_then(File::open);
        let began = (watch.clock)();
        let stopped = Cell::new(false);
        let stop = || {
            let taken = (watch.clock)().saturating_sub(began);
            stopped.set(stopped.get() || (watch.cancelled)() || taken > limits.time);
            stopped.get()
        };
        let looked = file.and_then(|file| look(file, candidate.path(), &stop));
        match looked {
            _ if stopped.get() => {
                Examined::unknown("the look at the dump did not end in time or was cancelled")
            }
            Ok(examined) => examined,
            Err(error) => Examined::unknown(format!("the scratch folder failed: {error}")),
        }
    }
}

fn look(mut file: File, path: &str, stop: &dyn Fn() -> bool) -> io::Result<Examined> {
    let packing = Packing::of(&mut file)?;
    let mut unpacked = match packing.open(file)? {
        Unpacked::Stream(stream) => Stoppable { stream, stop },
        Unpacked::Whole => return Ok(unread(&packing)),
        Unpacked::Cut => return Ok(Examined::fail(cut(&packing, "its footer is missing"))),
    };
    let mut head = Vec::new();
    let read = (&mut unpacked).take(super::HEAD as u64).read_to_end(&mut head);
    if let Err(error) = read {
        return packing.explain(error);
    }
    if head.is_empty() {
        return Ok(Examined::unknown("the file is named like a database dump and holds nothing"));
    }
    let kind = Kind::of(kinds::unpacked_name(path), &head);
    let mut end = kind.end();
    if matches!(end, End::Unknown) && packing == Packing::None {
        return Ok(seen(kind));
    }
    end.feed(&head);
    let mut buffer = vec![0; BUFFER];
    loop {
        match unpacked.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => end.feed(buffer.get(..count).unwrap_or_default()),
            Err(error) => return packing.explain(error),
        }
    }
    Ok(judge(kind, &packing, end.finish()))
}

fn judge(kind: &Kind, packing: &Packing, ended: Ended) -> Examined {
    let what = kind.what;
    match ended {
        Ended::Whole => {
            let message = format!("{what} comes to its end; it was not loaded into a database");
            let facts = json!({ "dump": what });
            Examined { looked: Looked::AtItsEnd, ..Examined::pass(message, facts) }
        }
        Ended::NotKnown if *packing == Packing::None => seen(kind),
        Ended::NotKnown => {
            let message =
                format!("{what} unpacks to its end; whether it is whole inside was not looked at");
            let facts = json!({ "dump": what });
            Examined { looked: Looked::AtItsEnd, ..Examined::pass(message, facts) }
        }
        Ended::Cut(why) => Examined::fail(format!("{what} does not come to its end: {why}")),
        Ended::Unclear(why) => Examined::unknown(format!("whether {what} is whole is open: {why}")),
    }
}

fn seen(kind: &Kind) -> Examined {
    let message = format!("{} was not looked into", kind.what);
    Examined { looked: Looked::Nowhere, ..Examined::pass(message, json!({ "dump": kind.what })) }
}

fn unread(packing: &Packing) -> Examined {
    let message =
        format!("a dump packed by {packing}, of which the end is there, was not looked into");
    let facts = json!({ "packed-by": packing.to_string() });
    Examined { looked: Looked::AtItsEnd, ..Examined::pass(message, facts) }
}

fn cut(packing: &Packing, why: &str) -> String {
    format!("what {packing} packed does not come to its end: {why}")
}

/// A stream that ends with an error where the look must end.
struct Stoppable<'a> {
    stream: Box<dyn Read>,
    stop: &'a dyn Fn() -> bool,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.stop)() { Err(io::Error::other("stopped")) } else { self.stream.read(buffer) }
    }
}

#[cfg(test)]
mod tests;
