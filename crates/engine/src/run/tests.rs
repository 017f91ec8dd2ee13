#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::*;
use crate::check::{Check, CheckError, Ctx};
use beleg_dsse::Signer;
use beleg_ledger::{Created, Storage, StorageError};
use beleg_model::{Finding, Outcome, Population, RunRecord, Severity, Subject, Verdict};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

/// A ledger's storage in memory.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Storage for Memory {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.lock().unwrap().get(path).cloned())
    }
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        let mut objects = self.0.lock().unwrap();
        if objects.contains_key(path) {
            return Ok(Created::Exists);
        }
        objects.insert(path.to_owned(), bytes.to_vec());
        Ok(Created::New)
    }
    fn delete(&self, path: &str) -> Result<(), StorageError> {
        self.0.lock().unwrap().remove(path);
        Ok(())
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let objects = self.0.lock().unwrap();
        Ok(objects.keys().filter(|path| path.starts_with(prefix)).cloned().collect())
    }
}

/// How a check of these tests behaves.
#[derive(Clone, Copy)]
enum Behaviour {
    Passes,
    Panics,
    Breaks,
    Waits(Duration),
    WaitsUntilCancelled,
    IgnoresCancellation,
    FailsWhenCancelled,
    FailsAfter(Duration),
    KeepsAFaultAndHangs,
    KeepsAFaultAndPanics,
    SaysWhatCannotBeRecorded,
    SaysThatItServesNothing,
}

fn fault() -> Outcome {
    let finding = Finding::fault("tampered", Severity::Critical, "eu-west", "It was.", "Do.");
    let half = Population { examined: 1, ..Population::whole("regions", 2) };
    Outcome::judge(half, vec![finding])
}

impl Check for Behaviour {
    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        match self {
            Self::Passes | Self::SaysThatItServesNothing => {}
            Self::Panics => panic!("on purpose"),
            Self::Breaks => return Err(CheckError::new("it broke", "a part is missing")),
            Self::Waits(time) => std::thread::sleep(*time),
            Self::WaitsUntilCancelled => {
                while !ctx.cancel.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            Self::IgnoresCancellation => std::thread::sleep(Duration::from_secs(60)),
            Self::FailsWhenCancelled => {
                Self::WaitsUntilCancelled.run(ctx, &Subject::at("x"))?;
                return Ok(fault());
            }
            Self::FailsAfter(time) => {
                std::thread::sleep(*time);
                return Ok(fault());
            }
            Self::KeepsAFaultAndHangs => {
                ctx.so_far.keep(fault());
                std::thread::sleep(Duration::from_secs(60));
            }
            Self::KeepsAFaultAndPanics => {
                ctx.so_far.keep(fault());
                panic!("on purpose");
            }
            // A number that no reader of JSON is sure to hold exactly, which the ledger refuses.
            Self::SaysWhatCannotBeRecorded => {
                return Ok(fault().with_details(serde_json::json!(1_u64 << 60)));
            }
        }
        let remark = matches!(self, Self::SaysThatItServesNothing)
            .then(|| Finding::control_not_served("SC-1", "nothing of it was tested"));
        Ok(Outcome::judge(Population::whole("things", 1), remark.into_iter().collect()))
    }
}

struct Silent;

impl Observer for Silent {
    fn started(&self, _: &PlannedUnit) -> Arc<dyn Progress> {
        Arc::new(Self)
    }
    fn finished(&self, _: &Evidence) {}
}

impl Progress for Silent {
    fn at(&self, _: u64, _: Option<u64>) {}
}

fn plan(checks: &[(&str, Behaviour)]) -> Plan {
    let units = checks.iter().map(|(name, behaviour)| PlannedUnit {
        run_key: format!("{name:0>64}"),
        job: "job".to_owned(),
        kind: "test",
        controls: vec!["SC-1".to_owned()],
        timeout: Duration::from_millis(300),
        subject: Subject::at(*name),
        check: Arc::new(*behaviour),
    });
    let slot = "2026-11-21T02:00:00Z".parse().unwrap();
    Plan {
        run: "test".into(),
        run_id: "test-1".into(),
        slot,
        units: units.collect(),
        schedule: None,
        jobs: BTreeMap::new(),
    }
}

fn run_with(plan: &Plan, cancel: Cancel) -> (Finished, RunRecord, Vec<String>) {
    let randomness = Box::new(|bytes: &mut [u8]| bytes.fill(7));
    let signer = Signer::generate("test").unwrap();
    let mut ledger = Ledger::create(Arc::<Memory>::default(), signer, randomness).unwrap();
    let begin = Instant::now();
    let host = Host {
        clock: Arc::new(|| "2026-11-21T02:00:00Z".parse().unwrap()),
        monotonic: Arc::new(move || begin.elapsed()),
        cancel,
        scratch: PathBuf::from("scratch"),
        parallel: 4,
        tool: Tool { name: "beleg".into(), version: "0".into() },
        observer: Arc::new(Silent),
    };
    let finished = run(plan, &mut ledger, &host).unwrap();
    let log = ledger.log();
    let order = (1..log.size()).map(|index| log.evidence(index).unwrap().subject.name);
    (finished, log.run("test-1").unwrap().unwrap(), order.collect())
}

fn outcomes(record: &RunRecord) -> Vec<(&str, Verdict, &str)> {
    let outcomes = record.checks.iter().map(|check| {
        let Evidence { subject, outcome, .. } = &check.evidence;
        (subject.name.as_str(), outcome.verdict, outcome.reason.as_str())
    });
    outcomes.collect()
}

#[test]
fn a_panic_a_breakdown_and_a_timeout_are_unknown_and_stop_nobody_else() {
    let plan = plan(&[
        ("a", Behaviour::Panics),
        ("b", Behaviour::Breaks),
        ("c", Behaviour::WaitsUntilCancelled),
        ("d", Behaviour::Passes),
    ]);
    let (finished, record, _) = run_with(&plan, Cancel::default());
    assert!(!finished.interrupted);
    assert_eq!(
        outcomes(&record),
        [
            ("a", Verdict::Unknown, "check-broken"),
            ("b", Verdict::Unknown, "check-broken"),
            ("c", Verdict::Unknown, "timed-out"),
            ("d", Verdict::Pass, "all-examined"),
        ]
    );
    assert_eq!(record.verdict(), Verdict::Unknown);
}

#[test]
fn evidence_that_examined_nothing_serves_no_control() {
    let plan = plan(&[
        ("a", Behaviour::Panics),
        ("b", Behaviour::IgnoresCancellation),
        ("c", Behaviour::KeepsAFaultAndPanics),
        ("d", Behaviour::Passes),
        ("e", Behaviour::SaysThatItServesNothing),
    ]);
    let (_, record, _) = run_with(&plan, Cancel::default());
    let served = |at: usize| record.checks[at].evidence.controls.len();
    // The plan promised the control for all five, and the record still counts all five.
    assert!(plan.record().checks.iter().all(|check| check.controls == ["SC-1"]));
    assert_eq!((record.missing(), [0, 1, 2, 3, 4].map(served)), (0, [0, 0, 1, 1, 0]));
}

#[test]
fn a_check_that_does_not_stop_is_left_behind() {
    let plan = plan(&[("stuck", Behaviour::IgnoresCancellation)]);
    let (_, record, _) = run_with(&plan, Cancel::default());
    assert_eq!(outcomes(&record), [("stuck", Verdict::Unknown, "timed-out")]);
}

#[test]
fn evidence_does_not_wait_for_the_slowest_and_reports_are_in_order_all_the_same() {
    let slow = Behaviour::Waits(Duration::from_millis(200));
    let mut checks = vec![("a".to_owned(), slow)];
    checks.extend((0..600).map(|number| (format!("b{number:04}"), Behaviour::Passes)));
    let checks: Vec<_> = checks.iter().map(|(name, it)| (name.as_str(), *it)).collect();
    let mut plan = plan(&checks);
    plan.units.iter_mut().for_each(|unit| unit.timeout = Duration::from_secs(60));
    let (_, record, order) = run_with(&plan, Cancel::default());
    assert_eq!((order.len(), record.missing()), (601, 0));
    assert_ne!(order[0], "a", "what has ended is recorded before what has not");
    assert!(record.checks.is_sorted_by_key(|check| check.evidence.subject.name.clone()));
    assert_eq!(record.verdict(), Verdict::Pass);
}

#[test]
fn a_fault_that_is_found_too_late_stays_a_fault_and_is_said_to_be_late() {
    let mut plan = plan(&[
        ("a", Behaviour::FailsAfter(Duration::from_millis(600))),
        ("b", Behaviour::KeepsAFaultAndHangs),
        ("c", Behaviour::KeepsAFaultAndPanics),
        ("d", Behaviour::Waits(Duration::from_millis(600))),
        ("e", Behaviour::FailsWhenCancelled),
    ]);
    plan.units[2].timeout = Duration::from_secs(60);
    let (_, record, _) = run_with(&plan, Cancel::default());
    assert_eq!(
        outcomes(&record),
        [
            ("a", Verdict::Fail, "tampered"),
            ("b", Verdict::Fail, "tampered"),
            ("c", Verdict::Fail, "tampered"),
            ("d", Verdict::Unknown, "timed-out"),
            ("e", Verdict::Fail, "tampered"),
        ]
    );
    let left = &record.checks[1].evidence.outcome.population;
    assert_eq!((left.examined, left.expected), (1, 2));
    let rules = |at: usize| -> Vec<&str> {
        let findings = &record.checks[at].evidence.outcome.findings;
        findings.iter().map(|finding| finding.rule.as_str()).collect()
    };
    assert_eq!(rules(0), ["tampered", "timed-out"]);
    assert_eq!(rules(1), ["tampered", "timed-out"]);
    assert_eq!(rules(2), ["tampered", "check-broken"]);
}

#[test]
fn evidence_that_the_ledger_refuses_keeps_its_verdict_and_takes_no_other_with_it() {
    let plan = plan(&[
        ("a", Behaviour::Passes),
        ("b", Behaviour::SaysWhatCannotBeRecorded),
        ("c", Behaviour::Passes),
    ]);
    let (_, record, _) = run_with(&plan, Cancel::default());
    assert_eq!(
        outcomes(&record),
        [
            ("a", Verdict::Pass, "all-examined"),
            ("b", Verdict::Fail, "tampered"),
            ("c", Verdict::Pass, "all-examined"),
        ]
    );
    let refused = &record.checks[1].evidence.outcome;
    assert!(refused.findings.iter().any(|finding| finding.rule == "evidence-not-whole"));
}

#[test]
fn an_interrupted_run_records_what_it_did_not_do() {
    let cancel = Cancel::default();
    cancel.cancel();
    let plan = plan(&[("a", Behaviour::Passes), ("b", Behaviour::WaitsUntilCancelled)]);
    let (finished, record, _) = run_with(&plan, cancel);
    assert!(finished.interrupted);
    assert_eq!(
        outcomes(&record),
        [("a", Verdict::Unknown, "interrupted"), ("b", Verdict::Unknown, "interrupted")]
    );
}
