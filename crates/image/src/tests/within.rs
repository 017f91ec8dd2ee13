use super::{file, hard_link, layout_of, link, wanted, whiteout};
use crate::write::{NewEntry, NewLayer};
use crate::{Compression, Contents, Layout, Selection, Watch, Within};

/// Keeps what stands behind `!` in files of at most twenty bytes that begin with `#`.
fn read(layers: Vec<Vec<NewEntry>>) -> Contents {
    let layers = layers.into_iter().map(|it| NewLayer::new(it, Compression::Gzip).unwrap());
    let folder = layout_of(layers.collect());
    let distil = |_: &str, bytes: &[u8]| {
        let at = bytes.iter().position(|byte| *byte == b'!')?;
        Some(bytes[at + 1..].to_vec())
    };
    let begins = |head: &[u8], size| head.starts_with(b"#") && size > 1;
    let within = Within { most: 20, begins: &begins, distil: &distil };
    let image = Layout::open(&folder.path().join("image")).unwrap();
    let image = image.image(&Selection::only()).unwrap();
    image.files_and_within(&wanted, within, &Watch::default()).unwrap()
}

fn shown(contents: &Contents) -> Vec<String> {
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mark = |is_distilled| if is_distilled { "within" } else { "whole" };
    let files = contents.files.iter();
    files.map(|it| format!("{} {} {}", it.path, mark(it.is_distilled), show(&it.bytes))).collect()
}

#[test]
fn what_is_looked_for_is_kept_of_files_that_are_wanted_by_no_name() {
    let contents = read(vec![vec![
        file("bin/a", "#xx!kept"),
        file("bin/nothing", "#xx"),
        file("bin/other", "xx!kept"),
        file("bin/short", "#"),
        file("b.txt", "#xx!whole"),
        hard_link("bin/same", "bin/a"),
        link("bin/link", "a"),
    ]]);
    assert_eq!(
        shown(&contents),
        ["b.txt whole #xx!whole", "bin/a within kept", "bin/same within kept"]
    );
    assert_eq!(contents.unread, []);
}

#[test]
fn one_that_is_too_large_is_unread_and_later_layers_hide_and_replace() {
    let large = format!("#{}", "x".repeat(20));
    let contents = read(vec![
        vec![file("a", "#!old"), file("gone", "#!gone"), file("large", large.as_str())],
        vec![file("a", "#!new"), whiteout("gone")],
    ]);
    assert_eq!(shown(&contents), ["a within new"]);
    let unread: Vec<_> = contents.unread.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(unread, ["large"]);
    assert_eq!(read(vec![vec![file("a", large.as_str())], vec![file("a", "plain")]]).unread, []);
}

#[test]
fn a_link_that_makes_a_file_wanted_gives_all_of_it() {
    let contents = read(vec![vec![file("bin/a", "#xx!kept"), link("a.txt", "bin/a")]]);
    assert_eq!(shown(&contents), ["a.txt whole #xx!kept"]);
}
