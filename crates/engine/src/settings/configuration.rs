use super::job::Job;
use super::problem::{Problem, Problems};
use super::project::Project;
use super::schedules;
use super::section::{SourceText, parse};
use crate::check::Kind;
use crate::schedule::Schedule;
use std::io::Read as _;
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
        let main = root.join("beleg.toml");
        if !main.exists() {
            return Err(ConfigurationError::Absent(root.to_owned()));
        }
        let text = read(&main, "beleg.toml", &problems).unwrap_or_default();
        let source = SourceText { file: "beleg.toml", text: &text };
        let mut project = parse(source, &problems, |section| Project::read(section, root));
        adjust(&mut project);

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
        let schedules: Vec<Schedule> = files(root, "schedules", &problems)
            .iter()
            .filter_map(|file| {
                parse(file.source(), &problems, |section| {
                    schedules::read(section, &file.name, &names)
                })
            })
            .collect();
        for schedule in schedules.iter().filter(|schedule| names.contains(&schedule.name)) {
            let file = format!("schedules/{}.toml", schedule.name);
            let message =
                format!("`{}` names a job too, so `beleg run` could mean either", schedule.name);
            problems.with_file(&file, message, "Rename the schedule or the job.");
        }

        let problems = problems.into_sorted();
        if problems.is_empty() {
            Ok(Self { project, jobs, schedules })
        } else {
            Err(ConfigurationError::Problems(problems))
        }
    }
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

fn files(root: &Path, folder: &str, problems: &Problems) -> Vec<ConfigurationFile> {
    let Ok(listing) = std::fs::read_dir(root.join(folder)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listing
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .take(MAX_FILES)
        .collect();
    paths.sort();
    let read_one = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        let file = format!("{folder}/{name}.toml");
        let text = read(&path, &file, problems)?;
        Some(ConfigurationFile { name, file, text })
    };
    paths.into_iter().filter_map(read_one).collect()
}

fn read(path: &Path, file: &str, problems: &Problems) -> Option<String> {
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let mut text = Vec::new();
    let size = match std::fs::File::open(path) {
        Ok(opened) if is_file => opened.take(MAX_FILE.saturating_add(1)).read_to_end(&mut text),
        Ok(_) => Err(std::io::Error::other("it is not a regular file")),
        Err(error) => Err(error),
    };
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
