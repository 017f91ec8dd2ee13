//! What the documentation shows works, and this repository's own configuration is accepted.

use crate::arrows::repository;
use crate::command::Beleg;
use crate::company::Company;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fs;

/// Returns the fenced blocks of a language in a page of this repository.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join(page)).unwrap();
    let fence = format!("```{language}\n");
    let after = text.split(&fence).skip(1);
    after.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Puts today in the place of days, so that an example's window holds the example's runs.
fn with_today(command: &str) -> String {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().to_string();
    let is_day = |word: &str| word.parse::<jiff::civil::Date>().is_ok();
    let words = command.split_whitespace();
    let dated: Vec<&str> = words.map(|word| if is_day(word) { &today } else { word }).collect();
    dated.join(" ")
}

#[test]
fn every_command_of_the_readme_works() {
    let company = Company::healthy();
    let mut ran = 0;
    for block in blocks("README.md", "console") {
        for line in block.lines().filter_map(|line| line.strip_prefix("$ beleg ")) {
            let command = line.split(" #").next().unwrap();
            if command.contains('…') {
                continue;
            }
            let command = with_today(command);
            let output = Beleg::anywhere().args(&command).current_dir(&company.folder()).run();
            assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
            ran += 1;
        }
    }
    assert!(ran >= 5, "the README shows {ran} commands");
}

#[test]
fn every_configuration_of_the_guide_is_accepted() {
    let company = Company::healthy();
    let mut written = Vec::new();
    for block in blocks("docs/guide.md", "toml") {
        let Some(file) = block.lines().next().and_then(|line| line.strip_prefix("# ")) else {
            continue;
        };
        company.write(file, &block);
        written.push(file.to_owned());
    }
    assert!(written.contains(&"beleg.toml".to_owned()), "{written:?}");
    assert!(written.iter().any(|file| file.starts_with("jobs/")), "{written:?}");
    assert!(written.iter().any(|file| file.starts_with("schedules/")), "{written:?}");
    company.beleg("plan nightly").run().expect(0);
    company.beleg("schedule next").run().expect(0);
}

#[test]
fn every_page_links_to_what_is_there() {
    let pages = ["README.md", "docs/guide.md", "docs/reference.md", "docs/architecture.md"];
    for page in pages {
        let path = repository().join(page);
        let text = fs::read_to_string(&path).unwrap();
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let there = path.parent().unwrap().join(target);
            assert!(there.exists(), "{page} links to `{target}`");
        }
    }
}

#[test]
fn every_kind_and_every_exit_code_is_in_the_readme_and_the_reference() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let reference = fs::read_to_string(repository().join("docs/reference.md")).unwrap();
    let company = Company::healthy();
    company.write("jobs/sbom.toml", "kind = \"absent\"\n");
    let said = company.beleg("plan").run().expect(2).stderr;
    let kinds = said.lines().find_map(|line| line.trim().strip_prefix("remedy: Write one of: "));
    for kind in kinds.unwrap().trim_end_matches('.').split(", ") {
        assert!(readme.contains(&format!("`{kind}`")), "{kind}");
        assert!(reference.contains(&format!("### `{kind}`")), "{kind}");
    }
    for code in ["0", "1", "2", "3", "4", "5", "70", "130"] {
        assert!(readme.contains(&format!("| {code} |")), "{code}");
    }
}

#[test]
fn this_repositorys_own_jobs_and_schedules_plan() {
    let beleg = |words: &str| Beleg::in_folder(&repository()).args(words).run();
    let plan = beleg("plan --json").expect(0).json();
    let jobs: Vec<&str> = plan["plan"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["job"].as_str().unwrap())
        .collect();
    for folder in ["jobs", "schedules"] {
        for entry in fs::read_dir(repository().join(folder)).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
            beleg(&format!("plan {name}")).expect(0);
            assert!(folder == "schedules" || jobs.contains(&name.as_str()), "{name}");
        }
    }
    beleg("schedule next").expect(0);
}

#[test]
fn what_contributing_lists_is_there() {
    let page = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("- `"));
    let paths: Vec<(&str, &str)> = rows.filter_map(|row| row.split_once('`')).collect();
    assert!(paths.len() > 15, "{paths:?}");
    for (path, what) in paths {
        let place = repository().join(path);
        assert!(place.exists(), "{path}");
        // A list that names a registry names the slice that is in that file.
        if let Some(slice) =
            what.split_once("its line in `").and_then(|(_, it)| it.split('`').next())
        {
            let code = fs::read_to_string(&place).unwrap();
            assert!(code.contains(slice), "{path} has no `{slice}`");
        }
    }
}
