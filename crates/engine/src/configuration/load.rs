use super::job::Job;
use super::project::Project;
use super::schedules;
use crate::check::Kind;
use crate::schedule::Schedule;
use beleg_settings::{Problem, Problems, SourceText, parse};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// The most bytes a configuration file may have.
const MAX_FILE: u64 = 1 << 20;
/// The most files `jobs/` or `schedules/` may hold.
const MAX_FILES: usize = 10_000;

/// A checked configuration.
pub struct Configuration {
    /// `beleg.toml`.
    pub project: Project,
    /// `jobs/*.toml`, ordered by name.
    pub jobs: Vec<Job>,
    /// `schedules/*.toml`, ordered by name.
    pub schedules: Vec<Schedule>,
    /// What lies in `jobs/` and `schedules/` and is not read, from the project on.
    pub unread: Vec<String>,
}

/// Says why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// There is no `beleg.toml` in the folder.
    #[error("there is no `beleg.toml` in `{0}`")]
    Absent(PathBuf),
    /// The configuration has problems.
    #[error("the configuration has {} problem(s)", .0.len())]
    Problems(Vec<Problem>),
}

impl Configuration {
    /// Reads and checks the configuration of the project in `root`. `adjust` changes the
    /// project's settings by what stands above files: flags and environment.
    ///
    /// # Errors
    /// When there is none, or with every problem of every file.
    pub fn load(
        root: &Path,
        kinds: &[Box<dyn Kind>],
        adjust: impl FnOnce(&mut Project),
    ) -> Result<Self, ConfigurationError> {
        let problems = Problems::default();
        let project = read_project(root, &problems, adjust)?;

        let job_files = files(root, "jobs", &problems);
        let names: Vec<String> = job_files.iter().map(|file| file.name.clone()).collect();
        let jobs: Vec<Job> = job_files
            .iter()
            .filter_map(|file| {
                parse(file.source(), &problems, |section| {
                    Job::read(section, &file.name, &project, kinds)
                })
            })
            .collect();
        let schedules = read_schedules(root, &names, &problems);
        for schedule in schedules.iter().filter(|schedule| names.contains(&schedule.name)) {
            let file = format!("schedules/{}.toml", schedule.name);
            let message =
                format!("`{}` names a job too, so `beleg run` could mean either", schedule.name);
            problems.with_file(&file, message, "Rename the schedule or the job.");
        }
        refuse_kinds_names(&jobs, &schedules, kinds, &problems);
        let unread =
            ["jobs", "schedules"].iter().flat_map(|folder| unread(root, folder, &problems));
        let unread = unread.collect();

        let problems = problems.into_sorted();
        if problems.is_empty() {
            Ok(Self { project, jobs, schedules, unread })
        } else {
            Err(ConfigurationError::Problems(problems))
        }
    }

    /// Reads and checks `beleg.toml` alone: what was recorded can be read whatever is wrong with
    /// jobs.
    ///
    /// # Errors
    /// As [`Configuration::load`].
    pub fn load_project(
        root: &Path,
        adjust: impl FnOnce(&mut Project),
    ) -> Result<Self, ConfigurationError> {
        let problems = Problems::default();
        let project = read_project(root, &problems, adjust)?;
        let problems = problems.into_sorted();
        if problems.is_empty() {
            Ok(Self { project, jobs: Vec::new(), schedules: Vec::new(), unread: Vec::new() })
        } else {
            Err(ConfigurationError::Problems(problems))
        }
    }

    /// Reads the schedules alone, and leaves out those that have problems: so that when the others
    /// are due can be said although the configuration as a whole is refused.
    #[must_use]
    pub fn schedules_without_problems(root: &Path) -> Vec<Schedule> {
        let problems = Problems::default();
        let jobs =
            files(root, "jobs", &problems).into_iter().map(|file| file.name).collect::<Vec<_>>();
        let read_one = |file: &ConfigurationFile| {
            let problems = Problems::default();
            let schedule = read_schedule(file, &jobs, &problems);
            schedule.filter(|_| problems.into_sorted().is_empty())
        };
        files(root, "schedules", &problems).iter().filter_map(read_one).collect()
    }
}

fn read_project(
    root: &Path,
    problems: &Problems,
    adjust: impl FnOnce(&mut Project),
) -> Result<Project, ConfigurationError> {
    let main = root.join("beleg.toml");
    if !main.exists() {
        return Err(ConfigurationError::Absent(root.to_owned()));
    }
    let text = read(&main, "beleg.toml", problems).unwrap_or_default();
    let source = SourceText { file: "beleg.toml", text: &text };
    let mut project = parse(source, problems, |section| Project::read(section, root));
    adjust(&mut project);
    Ok(project)
}

/// Refuses a job or schedule that bears a kind's name and is not all jobs of that kind: `beleg run`
/// would run it, and leave out the others of the kind in silence.
fn refuse_kinds_names(
    jobs: &[Job],
    schedules: &[Schedule],
    kinds: &[Box<dyn Kind>],
    problems: &Problems,
) {
    for kind in kinds.iter().map(|kind| kind.name()) {
        let others = |named: &dyn Fn(&Job) -> bool| -> Vec<String> {
            let others = jobs.iter().filter(|job| job.kind == kind && !named(job));
            others.map(|job| format!("`{}`", job.name)).collect()
        };
        let refuse = |file: String, others: Vec<String>| {
            if !others.is_empty() {
                let message = format!(
                    "`{kind}` is a kind of job too, which {} is of, so `beleg run` could mean either",
                    others.join(", ")
                );
                problems.with_file(&file, message, "Rename the file.");
            }
        };
        for job in jobs.iter().filter(|job| job.name == kind) {
            refuse(format!("jobs/{kind}.toml"), others(&|other| other.name == job.name));
        }
        for schedule in schedules.iter().filter(|schedule| schedule.name == kind) {
            let others = others(&|other| schedule.jobs.contains(&other.name));
            refuse(format!("schedules/{kind}.toml"), others);
        }
    }
}

/// Returns what lies in a folder and is not read, but for hidden files and notes of people. What is
/// meant to be read by its name is a problem: nobody would notice that it never runs.
fn unread(root: &Path, folder: &str, problems: &Problems) -> Vec<String> {
    let listing = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
    let mut unread = Vec::new();
    for name in listing.map(|entry| entry.file_name().to_string_lossy().into_owned()) {
        let lower = name.to_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
        if name.ends_with(".toml") || name.starts_with('.') || ends(&[".md", ".txt"]) {
            continue;
        }
        let shown = format!("{folder}/{name}");
        if ends(&[".toml", ".tml", ".yml", ".yaml", ".json"]) {
            problems.with_file(
                &shown,
                "the file is not read: only names that end in `.toml` are",
                "Write it as TOML and rename it, or move it out of the folder.",
            );
        } else {
            unread.push(shown);
        }
    }
    unread.sort();
    unread
}

fn read_schedules(root: &Path, jobs: &[String], problems: &Problems) -> Vec<Schedule> {
    let files = files(root, "schedules", problems);
    files.iter().filter_map(|file| read_schedule(file, jobs, problems)).collect()
}

fn read_schedule(
    file: &ConfigurationFile,
    jobs: &[String],
    problems: &Problems,
) -> Option<Schedule> {
    parse(file.source(), problems, |section| schedules::read(section, &file.name, jobs))
}

struct ConfigurationFile {
    name: String,
    file: String,
    text: String,
}

impl ConfigurationFile {
    fn source(&self) -> SourceText<'_> {
        SourceText { file: &self.file, text: &self.text }
    }
}

/// Reads the TOML files of a folder, ordered by name. A folder that is absent holds none; one that
/// cannot be read is a problem, because jobs would be left out unseen.
fn files(root: &Path, folder: &str, problems: &Problems) -> Vec<ConfigurationFile> {
    let unreadable = |error: std::io::Error| {
        let message = format!("the folder cannot be read: {error}");
        problems.with_file(folder, message, "Let this user read it.");
    };
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            unreadable(error);
            return Vec::new();
        }
        Ok(listing) => listing
            .filter_map(|entry| entry.map_err(unreadable).ok())
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect(),
    };
    if paths.len() > MAX_FILES {
        let message = format!("the folder holds more than {MAX_FILES} files");
        problems.with_file(folder, message, "Make several projects of it.");
        return Vec::new();
    }
    paths.sort();
    let read_one = |path: PathBuf| {
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
            let message = format!("the name of `{}` is not UTF-8", path.display());
            problems.with_file(folder, message, "Rename the file.");
            return None;
        };
        let file = format!("{folder}/{name}.toml");
        let text = read(&path, &file, problems)?;
        Some(ConfigurationFile { name: name.to_owned(), file, text })
    };
    paths.into_iter().filter_map(read_one).collect()
}

fn read(path: &Path, file: &str, problems: &Problems) -> Option<String> {
    let mut text = Vec::new();
    // A named pipe would block when it is opened, so its metadata is looked at first.
    let opened = std::fs::metadata(path).and_then(|metadata| {
        let refuse = || std::io::Error::other("it is not a regular file");
        if metadata.is_file() { std::fs::File::open(path) } else { Err(refuse()) }
    });
    let size = opened.and_then(|file| file.take(MAX_FILE.saturating_add(1)).read_to_end(&mut text));
    match (size, String::from_utf8(text)) {
        (Err(error), _) => problems.with_file(
            file,
            format!("the file cannot be read: {error}"),
            "Check that it is a file that this user may read.",
        ),
        (Ok(size), _) if u64::try_from(size).is_ok_and(|size| size > MAX_FILE) => problems
            .with_file(
                file,
                format!("the file has more than {MAX_FILE} bytes"),
                "Split it; a configuration is written by people.",
            ),
        (_, Err(_)) => problems.with_file(file, "the file is not UTF-8", "Save it as UTF-8."),
        (Ok(_), Ok(text)) => return Some(text),
    }
    None
}
