//! What the demo service is built of, in every place that says so.

use crate::Planted;
use crate::advisories::{CRATE, DEBIAN, PYTHON, RECORDS};

/// The packages of the service and its image. Faulty lists hold one package of each registry in a
/// version before the one that mends it.
pub(crate) struct Lists {
    pub(crate) crates: Vec<(&'static str, &'static str)>,
    pub(crate) python: Vec<(&'static str, &'static str)>,
    pub(crate) debian: Vec<Debian>,
}

/// An installed Debian package.
pub(crate) struct Debian {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) version: &'static str,
}

impl Lists {
    pub(crate) fn new(faulty: bool) -> Self {
        let either = |old, new| if faulty { old } else { new };
        let debian = |name, source, version| Debian { name, source, version };
        Self {
            crates: vec![
                ("demo-clock", "0.4.2"),
                ("demo-codec", "2.1.0"),
                (CRATE.0, either("1.0.0", CRATE.1)),
            ],
            python: vec![("demo-orm", "5.0.1"), (PYTHON.0, either("3.2.0", PYTHON.1))],
            debian: vec![
                debian("demo-base", "demo-base", "13.1"),
                debian("libdemo-tls3", DEBIAN.0, either("3.0.2-1", DEBIAN.1)),
            ],
        }
    }

    /// Returns the service's files that list packages, by name.
    pub(crate) fn files(&self) -> Vec<(&'static str, String)> {
        vec![("Cargo.lock", self.cargo_lock()), ("requirements.txt", self.requirements())]
    }

    pub(crate) fn cargo_lock(&self) -> String {
        let names: Vec<String> =
            self.crates.iter().map(|(name, _)| format!(" \"{name}\",\n")).collect();
        let mut text = "version = 4\n".to_owned();
        for (name, version) in &self.crates {
            text.push_str(&format!(
                "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{}\"\n",
                "0".repeat(64)
            ));
        }
        text.push_str(&format!(
            "\n[[package]]\nname = \"demo-service\"\nversion = \"1.0.0\"\ndependencies = [\n{}]\n",
            names.concat()
        ));
        text
    }

    fn requirements(&self) -> String {
        self.python.iter().map(|(name, version)| format!("{name}=={version}\n")).collect()
    }

    /// Returns what the outdated packages must be found as.
    pub(crate) fn planted(&self) -> Vec<Planted> {
        let [crate_record, python_record, debian_record] = RECORDS;
        let fault = |job, rule: &str, place: &str| Planted {
            job,
            rule: rule.to_owned(),
            place: place.to_owned(),
        };
        vec![
            fault("dependencies", crate_record, "Cargo.lock"),
            fault("dependencies", python_record, "requirements.txt"),
            fault("image", python_record, "METADATA"),
            fault("image", debian_record, "var/lib/dpkg/status"),
        ]
    }
}
