use super::{
    contents, contents_of_tars, file, folder, has, link, opaque, raw, shown, tar_of, whiteout,
};
use crate::What;

#[test]
fn a_newer_layer_replaces_a_file_and_is_named() {
    let contents = contents(vec![
        vec![file("a.txt", "old"), file("b.txt", "kept")],
        vec![file("a.txt", "new"), file("unwanted", "x")],
    ]);
    assert_eq!(shown(&contents), ["a.txt=new", "b.txt=kept"]);
    let layers: Vec<_> = contents.files.iter().map(|file| file.layer).collect();
    assert_eq!(layers, [1, 0]);
    assert_eq!(contents.files[0].layer_digest, contents.layers[1].digest);
    assert_eq!(contents.layers[1].entries, 2);
    assert!(contents.oddities.is_empty() && contents.unread.is_empty());
}

#[test]
fn a_whiteout_hides_a_file() {
    let contents = contents(vec![
        vec![file("d/a.txt", "a"), file("d/b.txt", "b"), file("top.txt", "t")],
        vec![whiteout("d/a.txt"), whiteout("top.txt")],
    ]);
    assert_eq!(shown(&contents), ["d/b.txt=b"]);
}

#[test]
fn a_whiteout_hides_a_folder_with_all_it_holds_and_no_neighbour() {
    let contents = contents(vec![
        vec![file("d/e/f/a.txt", "a"), file("d/e.txt", "b"), file("d/ee/c.txt", "c")],
        vec![whiteout("d/e")],
    ]);
    assert_eq!(shown(&contents), ["d/e.txt=b", "d/ee/c.txt=c"]);
}

#[test]
fn a_whiteout_spares_what_its_own_layer_holds_before_and_after_it() {
    let contents = contents(vec![
        vec![file("d/a.txt", "old"), file("d/z.txt", "old")],
        vec![file("d/a.txt", "new"), whiteout("d")],
        vec![file(".a.txt", "before"), opaque(""), file("z.txt", "after")],
    ]);
    assert_eq!(shown(&contents), [".a.txt=before", "z.txt=after"]);
}

#[test]
fn an_opaque_folder_hides_older_content_only() {
    let contents = contents(vec![
        vec![file("d/old.txt", "1"), file("d/e/old.txt", "2"), file("other.txt", "3")],
        vec![folder("d"), opaque("d"), file("d/.new.txt", "4"), file("d/new.txt", "5")],
    ]);
    assert_eq!(shown(&contents), ["d/.new.txt=4", "d/new.txt=5", "other.txt=3"]);
}

#[test]
fn a_file_in_a_folders_place_hides_what_the_folder_held() {
    let contents = contents(vec![
        vec![file("d/a.txt", "a"), file("d.b.txt", "b")],
        vec![file("d", "a file now")],
    ]);
    assert_eq!(shown(&contents), ["d.b.txt=b"]);
}

#[test]
fn a_link_in_a_folders_place_hides_what_the_folder_held() {
    let contents = contents(vec![
        vec![file("lib/a.txt", "a")],
        vec![link("lib", "usr/lib"), folder("usr/lib")],
    ]);
    assert_eq!(shown(&contents), Vec::<String>::new());
}

#[test]
fn a_folder_in_a_files_place_hides_the_file() {
    let contents = contents(vec![
        vec![file("a.txt", "a"), file("b.txt", "b")],
        vec![folder("a.txt"), file("b.txt/inside.txt", "c")],
    ]);
    assert_eq!(shown(&contents), ["b.txt/inside.txt=c"]);
}

#[test]
fn a_deleted_folder_can_come_back() {
    let contents = contents(vec![
        vec![file("d/a.txt", "old"), file("d/b.txt", "old")],
        vec![whiteout("d")],
        vec![file("d/b.txt", "new")],
    ]);
    assert_eq!(shown(&contents), ["d/b.txt=new"]);
    assert_eq!(contents.files[0].layer, 2);
}

#[test]
fn a_device_in_a_files_place_hides_it_and_is_reported() {
    let older = tar_of(&[raw(b'0', b"a.txt", b"", b"a")]);
    let newer = tar_of(&[raw(b'3', b"a.txt", b"", b"")]);
    let contents = contents_of_tars(vec![older, newer]).unwrap();
    assert!(contents.files.is_empty());
    assert_eq!(contents.unread[0].path, "a.txt");
    assert!(has(&contents, &What::Device, true));
}

#[test]
fn records_of_aufs_are_no_files() {
    let tar = tar_of(&[
        raw(b'5', b".wh..wh.plnk/", b"", b""),
        raw(b'0', b".wh..wh.aufs", b"", b""),
        raw(b'0', b"a.txt", b"", b"a"),
    ]);
    assert_eq!(shown(&contents_of_tars(vec![tar]).unwrap()), ["a.txt=a"]);
}

#[test]
fn whiteouts_that_name_no_file_are_hostile_and_not_applied() {
    for name in [&b"d/.wh."[..], b"d/.wh..", b"d/.wh..."] {
        let older = tar_of(&[raw(b'0', b"a.txt", b"", b"a")]);
        let newer = tar_of(&[raw(b'0', name, b"", b"")]);
        let contents = contents_of_tars(vec![older, newer]).unwrap();
        assert_eq!(shown(&contents), ["a.txt=a"]);
        assert!(has(&contents, &What::BadWhiteout, true), "{}", String::from_utf8_lossy(name));
    }
}
