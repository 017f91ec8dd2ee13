//! Installed Ruby gems: `specifications/*.gemspec`, which RubyGems writes when it installs one, and
//! `specifications/default/*.gemspec` of those that come with Ruby (RubyGems, `Gem::StubSpecification`).
//! It is a program in Ruby; name and version are read from the line `# stub:`, as RubyGems itself
//! does, and must be those that the program states. Which server a gem is from is not recorded, and
//! counts as RubyGems.org. Gems that Bundler takes from a repository stand elsewhere.

use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, text_within,
};
use crate::text::shown;
use beleg_model::{Location, Origin, Package};

/// The most bytes: 1 MiB. One that lists its files has 100 KiB.
const MAX_BYTES: u64 = 1 << 20;

/// The format itself.
pub(super) struct GemSpecification;

const ABOUT: About = About {
    id: "gem-specification",
    describes: "Installed Ruby gems by the `.gemspec` that RubyGems keeps of each",
    kind: FormatKind::Installed,
    ecosystems: &["RubyGems"],
    syft_metadata_type: "ruby-gemspec",
    files: &[
        FileName::Directly("specifications", ".gemspec"),
        FileName::Directly("specifications/default", ".gemspec"),
    ],
    most_bytes: MAX_BYTES,
};

impl Format for GemSpecification {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let refused = |line, why: String| Err(FormatError::at_line(path, line, why));
        let mut lines = (1_u32..).zip(text.lines());
        // It is the first or the second; a comment on how it is encoded may stand before it.
        let stub = lines
            .by_ref()
            .take(2)
            .find_map(|(line, text)| Some((line, text.strip_prefix("# stub: ")?)));
        let Some((line, stub)) = stub else {
            return refused(1, "it is not what RubyGems writes: it has no `# stub:`".to_owned());
        };
        let mut words = stub.split(' ');
        let (Some(name), Some(version), Some(_platform), Some(_)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return refused(line, format!("`{}` names no gem", shown(stub)));
        };
        if !is_name(name) || !is_version(version) {
            return refused(line, format!("`{}` names no gem", shown(stub)));
        }
        let stated = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
        for (key, is) in [("  s.name = ", name), ("  s.version = ", version)] {
            if stated(key).map(strings) != Some(vec![is]) {
                let why = format!("`{is}` is not what `{}` says", key.trim());
                return refused(line, why);
            }
        }
        let licences = stated("  s.licenses = ").map(strings).unwrap_or_default();
        let licences = licences.into_iter().filter(|it| it.len() <= MAX_WORD);
        let facts = Facts { licences: licences.map(str::to_owned).collect(), ..Facts::default() };
        let location = Location::line(path, line);
        let mut parsed = Parsed::default();
        let package = Package::new("RubyGems", name, version, Origin::Registry, location);
        parsed.add_with(package, facts)?;
        Ok(parsed)
    }
}

/// Returns the strings of a line that hold nothing to be computed.
fn strings(value: &str) -> Vec<&str> {
    let quoted = value.split('"').skip(1).step_by(2);
    quoted.filter(|text| !text.contains(['\\', '#'])).collect()
}

fn is_name(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
}

/// Says whether a version is one of RubyGems (`Gem::Version::VERSION_PATTERN`).
fn is_version(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_digit())
        && (1..=MAX_WORD).contains(&text.len())
        && text
            .split(['.', '-'])
            .all(|part| !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rubygems_did_not_write_or_says_two_things_is_refused() {
        let whole = "# stub: a 1.0 ruby lib\n\nGem::Specification.new do |s|\n  \
                     s.name = \"a\".freeze\n  s.version = \"1.0\"\nend\n";
        let read = |text: &str| GemSpecification.parse("specifications/a.gemspec", text.as_bytes());
        assert_eq!(read(whole).map(|it| it.packages.len()), Ok(1));
        for (from, to) in [
            ("# stub: a 1.0 ruby lib", ""),
            ("# stub: a 1.0 ruby lib", "\n\n# stub: a 1.0 ruby lib"),
            ("# stub: a 1.0 ruby lib", "# stub: a 1.0"),
            ("# stub: a 1.0 ruby lib", "# stub: a ~> ruby lib"),
            ("# stub: a 1.0 ruby lib", "# stub: ../a 1.0 ruby lib"),
            ("\"a\"", "\"b\""),
            ("\"1.0\"", "\"1.1\""),
            ("\"1.0\"", "\"1.#{0}\""),
            ("\"1.0\"", "VERSION"),
        ] {
            assert!(read(&whole.replace(from, to)).is_err(), "{to}");
        }
    }
}
