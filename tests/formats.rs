//! `docs/formats.md` is made of the registry of package formats; `BELEG_REWRITE=1` writes it anew.

use beleg_sbom::{FORMATS, FormatKind};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const HEAD: &str = "# Package formats

What `advisory-scan`, `image-scan`, `sbom-verify` and `beleg sbom create` read, made from the registry
in `crates/sbom/src/formats`; `BELEG_REWRITE=1 cargo test -p beleg-tests formats` writes this page anew.
What is recognised and not read makes a scan unknown and is named in it.
";

const KINDS: [(FormatKind, &str, &str); 2] = [
    (
        FormatKind::Lockfile,
        "Lockfiles",
        "They say what a build or an installation will take. In an image they are counted, and not judged: what is installed is.",
    ),
    (FormatKind::Installed, "What is installed", "Read in folders and in images."),
];

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (kind, title, words) in KINDS {
        write!(page, "\n## {title}\n\n{words}\n\n").unwrap();
        page.push_str("| format | what it lists | files | ecosystems |\n|---|---|---|---|\n");
        for about in FORMATS.iter().map(|format| format.about()).filter(|it| it.kind == kind) {
            let files: Vec<_> = about.files.iter().map(|file| format!("`{file}`")).collect();
            let of = about.ecosystems.join(", ");
            // What goes by no name.
            let files = if files.is_empty() { "any program".to_owned() } else { files.join(", ") };
            writeln!(page, "| `{}` | {} | {files} | {of} |", about.id, about.describes).unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_formats_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/formats.md");
    if std::env::var_os("BELEG_REWRITE").is_some() {
        fs::write(&file, page()).unwrap();
    }
    let stands = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(stands, page(), "run with BELEG_REWRITE=1 to bring {} up to date", file.display());
}
