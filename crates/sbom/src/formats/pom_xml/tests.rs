#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::formats::Nearby;

/// A tree of texts.
struct Files<'a>(&'a [(&'a str, &'a str)]);

impl Tree for Files<'_> {
    fn holds(&self, path: &str) -> bool {
        self.0.iter().any(|(it, _)| *it == path)
    }

    fn read(&self, path: &str, _limit: u64) -> Nearby {
        let found = self.0.iter().find(|(it, _)| *it == path);
        found.map_or(Nearby::Absent, |(_, text)| Nearby::Bytes(text.as_bytes().to_vec()))
    }
}

fn project(own: &str, rest: &str) -> String {
    format!("<project><modelVersion>4.0.0</modelVersion>{own}{rest}</project>")
}

fn asked(group: &str, version: &str) -> String {
    let version = match version {
        "" => String::new(),
        version => format!("<version>{version}</version>"),
    };
    let one = format!("<groupId>{group}</groupId><artifactId>b</artifactId>{version}");
    format!("<dependencies><dependency>{one}</dependency></dependencies>")
}

const OWN: &str = "<groupId>g</groupId><artifactId>own</artifactId><version>1</version>";

fn read(path: &str, text: &str, files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let parsed = PomXml.parse_in(path, text.as_bytes(), &Files(files)).unwrap();
    let packages = parsed.packages.iter().filter(|it| it.origin != Origin::Local);
    let packages = packages.map(|it| format!("{} {}", it.name, it.version)).collect();
    (packages, parsed.unread.into_iter().map(|it| it.why).collect())
}

#[test]
fn a_version_that_is_not_certain_is_left_out() {
    let profile = "<profiles><profile><id>p</id><properties><v>2</v></properties>\
                   <dependencyManagement><dependencies><dependency><groupId>m</groupId>\
                   <artifactId>b</artifactId><version>2</version></dependency></dependencies>\
                   </dependencyManagement></profile></profiles>";
    for (asks, rest, why) in [
        (asked("a", "[1,2)"), "", "no exact version"),
        (asked("a", "1-SNAPSHOT"), "", "no exact version"),
        (asked("a", "LATEST"), "", "no exact version"),
        (asked("a", ""), "", "its version is not stated"),
        (asked("a", "${w}"), "", "`w` is not set"),
        (asked("a", "${v"), "", "does not end"),
        (asked("a", "${v}"), profile, "from a profile"),
        (asked("m", ""), profile, "the profile `p` says"),
        (asked("a", "${v}"), "<properties><v>${v}</v></properties>", "from too much"),
        (asked("${v}", "1"), "", "`v` is not set"),
        (asked("a", "1<!-- --></version><version>2"), "", "twice"),
        (asked("a", "1</version><scope>new</scope><version>"), "", "twice"),
        (asked("a", "1</version><scope>new</scope><type>jar</type><x>"), "", "scope `new`"),
    ] {
        let asks = asks.replace("<x></version>", "").replace("<x>", "");
        let text = project(OWN, &format!("{asks}{rest}"));
        let text = text.replace("</type></version>", "</type>");
        let (packages, unread) = read("pom.xml", &text, &[]);
        assert_eq!(packages, Vec::<String>::new(), "{text}");
        assert!(unread.iter().any(|it| it.contains(why)), "{text}: {unread:?}");
    }
    let exact = project(OWN, &asked("a", "[1.2]"));
    assert_eq!(read("pom.xml", &exact, &[]).0, ["a:b 1.2"]);
}

#[test]
fn a_parent_counts_where_it_is_there_and_is_the_one_that_is_named() {
    let parent = |version: &str, path: &str| {
        let is =
            format!("<groupId>g</groupId><artifactId>top</artifactId><version>{version}</version>");
        format!("<parent>{is}{path}</parent><artifactId>own</artifactId>")
    };
    let top = "<groupId>g</groupId><artifactId>top</artifactId><version>1</version>";
    let top = project(top, "<properties><v>3</v></properties>");
    let asks = asked("a", "${v}");
    for (own, path, packages) in [
        (parent("1", ""), "x/pom.xml", 1),
        (parent("2", ""), "x/pom.xml", 0),
        (parent("1", "<relativePath/>"), "x/pom.xml", 0),
        (parent("1", "<relativePath>..</relativePath>"), "x/pom.xml", 1),
        (parent("1", "<relativePath>../../..</relativePath>"), "x/pom.xml", 0),
        (parent("1", ""), "pom.xml", 0),
        (parent("1", ""), "x/y/pom.xml", 0),
    ] {
        let text = project(&own, &asks);
        let (read, unread) = read(path, &text, &[("pom.xml", &top)]);
        assert_eq!(read.len(), packages, "{path} {own}: {unread:?}");
        let is_named = unread.iter().any(|why| why.contains("the parent `g:top:"));
        assert_eq!(is_named, packages == 0, "{path} {own}: {unread:?}");
    }
}

#[test]
fn a_project_that_is_its_own_parent_ends() {
    let own = "<parent><groupId>g</groupId><artifactId>own</artifactId><version>1</version>\
               <relativePath>pom.xml</relativePath></parent><artifactId>own</artifactId>";
    let text = project(own, &asked("a", "1"));
    let (packages, unread) = read("pom.xml", &text, &[("pom.xml", &text)]);
    assert_eq!(packages, ["a:b 1"]);
    assert!(unread.iter().any(|why| why.contains("too many")), "{unread:?}");
}

#[test]
fn properties_that_grow_are_not_followed() {
    let grows: String =
        (1..40).map(|at| format!("<p{at}>${{p{0}}}${{p{0}}}</p{at}>", at - 1)).collect();
    let rest = format!("<properties><p0/>{grows}</properties>{}", asked("a", "1${p39}"));
    let (packages, unread) = read("pom.xml", &project(OWN, &rest), &[]);
    assert_eq!(packages, Vec::<String>::new());
    assert!(unread.iter().any(|why| why.contains("too much")), "{unread:?}");
}

#[test]
fn what_is_no_project_of_a_known_version_is_refused() {
    for text in [
        "",
        "<project/>",
        "<settings><modelVersion>4.0.0</modelVersion></settings>",
        "<project><modelVersion>4.1.0</modelVersion></project>",
        "<project><modelVersion>4.0.0</modelVersion>",
        "<!DOCTYPE project><project><modelVersion>4.0.0</modelVersion></project>",
        "<project><modelVersion>4.0.0</modelVersion><build/><build/></project>",
    ] {
        assert!(PomXml.parse("pom.xml", text.as_bytes()).is_err(), "{text}");
    }
}
