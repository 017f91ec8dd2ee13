//! What remedies and hints name has to exist: every option and command between backticks in the
//! crates that speak of them is one of this build's.

use crate::command::Beleg;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[test]
fn every_option_and_command_that_a_text_names_exists() {
    let known = commands();
    let options: BTreeSet<&str> = known.values().flatten().map(String::as_str).collect();
    let mut named = 0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    for folder in [
        "trust",
        "signature",
        "git",
        "attestation",
        "checks",
        "cli",
        "image",
        "store",
        "settings",
        "engine",
        "backup",
    ] {
        for text in texts(&root.join(folder).join("src")) {
            for words in text.split('`').skip(1).step_by(2) {
                let own = words.strip_prefix("beleg ");
                if own.is_none() && !words.starts_with("--") {
                    continue;
                }
                named += 1;
                for option in words.split([' ', '=']).filter(|word| word.starts_with("--")) {
                    assert!(options.contains(option), "`{words}` names no option: {text}");
                }
                let Some(own) = own else { continue };
                let is_word =
                    |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                let command: Vec<&str> = own.split(' ').take_while(is_word).take(2).collect();
                let exists = (1..=command.len())
                    .any(|length| known.contains_key(&command[..length].join(" ")));
                assert!(exists, "`{words}` names no command: {text}");
            }
        }
    }
    assert!(named > 20, "only {named} were found");
}

/// Every command with its options, as its help lists them.
fn commands() -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![String::new()];
    while let Some(command) = pending.pop() {
        let help = Beleg::anywhere().args(&format!("{command} --help")).run().expect(0).stdout;
        let options = help.split([' ', ',', '\n', '[', '=']).filter(|word| word.starts_with("--"));
        found.insert(command.clone(), options.map(str::to_owned).collect());
        let listed = help.split_once("Commands:").map_or("", |(_, rest)| rest);
        for line in listed.lines().skip(1).take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap_or_default();
            // What stands deeper is the text of the one above it.
            if line.starts_with("   ") || name == "help" {
                continue;
            }
            pending.push(format!("{command} {name}").trim().to_owned());
        }
    }
    found
}

/// The string literals below a folder, tests apart, each as one line.
fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                found.extend(texts(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let code: Vec<&str> =
                source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.join("\n").replace("\\\"", "");
            found.extend(code.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}
