use super::{
    contents, contents_of_tars, file, folder, hard_link, has, link, odd, opaque, raw, shown,
    tar_of, whiteout,
};
use crate::{UnreadReason, What};

#[test]
fn a_wanted_link_gives_its_file_both_names() {
    let contents = contents(vec![
        vec![file("usr/lib/os-release", "ID=debian")],
        vec![link("etc/os-release", "../usr/lib/os-release")],
    ]);
    assert_eq!(shown(&contents), ["usr/lib/os-release=ID=debian"]);
    assert_eq!(contents.files[0].also_at, ["etc/os-release"]);
    assert_eq!(contents.file("etc/os-release"), contents.files.first());
    assert_eq!(contents.layers.len(), 2);
    assert!(contents.oddities.is_empty());
}

#[test]
fn a_wanted_link_to_an_unwanted_file_is_read() {
    let contents = contents(vec![vec![
        file("usr/lib/dpkg-db/status", "Package: x"),
        folder("var/lib/dpkg"),
        link("var/lib/dpkg/status", "/usr/lib/dpkg-db/status"),
    ]]);
    assert_eq!(shown(&contents), ["var/lib/dpkg/status=Package: x"]);
    assert_eq!(contents.files[0].real_path, "usr/lib/dpkg-db/status");
}

#[test]
fn a_link_to_a_folder_shows_unwanted_files_under_wanted_names() {
    for (at, target) in [("var/lib/dpkg", "../../usr/db"), ("var/lib", "../usr"), ("var", "opt")] {
        let real = match at {
            "var/lib/dpkg" => "usr/db/status",
            "var/lib" => "usr/dpkg/status",
            _ => "opt/lib/dpkg/status",
        };
        let contents = contents(vec![vec![file(real, "Package: x")], vec![link(at, target)]]);
        assert_eq!(shown(&contents), ["var/lib/dpkg/status=Package: x"], "{at}");
        assert_eq!(contents.files[0].real_path, real);
    }
}

#[test]
fn links_through_links_are_followed() {
    let contents = contents(vec![vec![
        file("data/real", "x"),
        link("one", "data"),
        link("etc/os-release", "../two"),
        link("two", "one/real"),
    ]]);
    assert_eq!(shown(&contents), ["etc/os-release=x"]);
    assert_eq!(contents.files[0].real_path, "data/real");
}

#[test]
fn a_file_under_a_merged_folder_has_one_entry() {
    let contents = contents(vec![
        vec![link("lib", "usr/lib"), folder("usr/lib"), file("usr/lib/a.txt", "a")],
        vec![file("lib/a.txt", "newer, written through the link")],
    ]);
    assert_eq!(shown(&contents), ["usr/lib/a.txt=newer, written through the link"]);
    assert_eq!(contents.files[0].also_at, ["lib/a.txt"]);
    assert_eq!(contents.files[0].layer, 1);
}

#[test]
fn whiteouts_reach_through_links() {
    let base = vec![link("lib", "usr/lib"), file("usr/lib/a.txt", "a"), file("usr/lib/b.txt", "b")];
    let hidden = contents(vec![base.clone(), vec![whiteout("lib/a.txt")]]);
    assert_eq!(shown(&hidden), ["usr/lib/b.txt=b"]);
    let all_hidden = contents(vec![base, vec![opaque("lib")]]);
    assert_eq!(shown(&all_hidden), Vec::<String>::new());
}

#[test]
fn a_folder_in_a_links_place_ends_the_link() {
    let contents = contents(vec![
        vec![link("lib", "usr/lib"), file("usr/lib/a.txt", "a")],
        vec![folder("lib"), file("lib/b.txt", "b")],
    ]);
    assert_eq!(shown(&contents), ["lib/b.txt=b", "usr/lib/a.txt=a"]);
    assert!(contents.files.iter().all(|file| file.also_at.is_empty()));
}

#[test]
fn a_deleted_link_gives_no_name() {
    let contents = contents(vec![
        vec![file("real", "x"), link("etc/os-release", "../real")],
        vec![whiteout("etc/os-release")],
    ]);
    assert!(contents.files.is_empty());
}

#[test]
fn a_link_to_a_deleted_file_is_odd_and_no_file() {
    let contents = contents(vec![
        vec![file("real", "x"), link("etc/os-release", "../real")],
        vec![whiteout("real")],
    ]);
    assert!(contents.files.is_empty());
    assert_eq!(odd(&contents), ["link-to-no-file etc/os-release"]);
}

#[test]
fn hard_links_have_the_content_of_their_time() {
    let contents = contents(vec![
        vec![file("a.txt", "old"), hard_link("b.txt", "a.txt")],
        vec![file("a.txt", "new")],
        vec![hard_link("c.txt", "b.txt")],
        vec![whiteout("b.txt")],
    ]);
    assert_eq!(shown(&contents), ["a.txt=new", "c.txt=old"]);
    assert_eq!(contents.files[1].layer, 2);
}

#[test]
fn hard_links_to_unwanted_files_are_read() {
    let contents = contents(vec![vec![
        file("objects/1", "x"),
        hard_link("objects/2", "objects/1"),
        hard_link("objects/3", "objects/2"),
        hard_link("wanted.txt", "objects/3"),
    ]]);
    assert_eq!(shown(&contents), ["wanted.txt=x"]);
    assert_eq!(contents.files[0].real_path, "wanted.txt");
}

#[test]
fn a_link_to_a_folder_shows_a_hard_link_under_a_wanted_name() {
    let contents = contents(vec![vec![
        file("objects/1", "x"),
        hard_link("usr/db/status", "objects/1"),
        link("var/lib/dpkg", "../../usr/db"),
    ]]);
    assert_eq!(shown(&contents), ["var/lib/dpkg/status=x"]);
}

#[test]
fn a_hard_link_to_a_symbolic_link_is_that_link() {
    let contents = contents(vec![vec![
        file("usr/lib/os-release", "x"),
        link("usr/template", "../usr/lib/os-release"),
        hard_link("etc/os-release", "usr/template"),
    ]]);
    assert_eq!(contents.files[0].also_at, ["etc/os-release"]);
}

#[test]
fn a_hard_link_to_nothing_is_unread() {
    let contents = contents(vec![vec![hard_link("a.txt", "nothing")]]);
    assert_eq!(contents.unread[0].why, UnreadReason::HardLinkToNothing);
    assert!(contents.files.is_empty());
}

#[test]
fn links_out_of_the_root_are_hostile_and_never_followed() {
    let tar = tar_of(&[
        raw(b'2', b"etc/os-release", b"../../../etc/os-release", b""),
        raw(b'1', b"a.txt", b"../../etc/passwd", b""),
        raw(b'2', b"ordinary", b"/etc/hostname", b""),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert!(contents.files.is_empty());
    assert_eq!(odd(&contents), ["link-outside! etc/os-release", "link-outside! a.txt"]);
    let unread: Vec<_> =
        contents.unread.iter().map(|file| (file.path.as_str(), file.why)).collect();
    let outside = UnreadReason::LinkOutside;
    assert_eq!(unread, [("a.txt", outside), ("etc/os-release", outside)]);
}

#[test]
fn an_entry_through_a_link_out_of_the_root_is_not_applied() {
    let tar = tar_of(&[
        raw(b'2', b"out", b"../..", b""),
        raw(b'0', b"out/a.txt", b"", b"x"),
        raw(b'2', b"loop", b"loop", b""),
        raw(b'0', b"loop/b.txt", b"", b"x"),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert!(contents.files.is_empty());
    assert!(has(&contents, &What::ThroughBrokenLink, true));
    assert_eq!(contents.oddities.len(), 3);
}

#[test]
fn links_in_a_circle_end() {
    let contents = contents(vec![vec![
        link("etc/os-release", "../a"),
        link("a", "b"),
        link("b", "a"),
        link("usr/bin/X11", "."),
        file("usr/bin/x.txt", "x"),
    ]]);
    assert_eq!(shown(&contents), ["usr/bin/x.txt=x"]);
    assert_eq!(contents.files[0].also_at, ["usr/bin/X11/x.txt"]);
    assert_eq!(odd(&contents), ["link-to-no-file etc/os-release"]);
}
