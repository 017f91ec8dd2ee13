//! An image of two layers: a base with Debian packages, and the service's Python packages on it.

use crate::DemoError;
use crate::packages::Lists;
use beleg_image::Compression;
use beleg_image::write::{NewEntry, NewImage, NewLayer, write_layout};
use std::path::Path;

const OS_RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n";
const SITE_PACKAGES: &str = "usr/local/lib/python3.13/site-packages";

/// Writes the image layout.
pub(crate) fn write(folder: &Path, lists: &Lists) -> Result<(), DemoError> {
    let failed = |error| DemoError::made("the image", error);
    let base = vec![
        file("etc/os-release", OS_RELEASE.to_owned()),
        file("var/lib/dpkg/status", dpkg_status(lists)),
    ];
    let service = lists.python.iter().map(|(name, version)| {
        let folder = name.replace('-', "_");
        file(
            &format!("{SITE_PACKAGES}/{folder}-{version}.dist-info/METADATA"),
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
        )
    });
    let layers = vec![
        NewLayer::new(base, Compression::Gzip).map_err(failed)?,
        NewLayer::new(service.collect(), Compression::Zstd).map_err(failed)?,
    ];
    write_layout(folder, &NewImage::new("demo-service:1.0.0", layers)).map_err(failed).map(|_| ())
}

fn file(path: &str, text: String) -> NewEntry {
    NewEntry::File { path: path.to_owned(), bytes: text.into_bytes(), mode: 0o644 }
}

fn dpkg_status(lists: &Lists) -> String {
    let stanza = |package: &crate::packages::Debian| {
        let mut text = format!("Package: {}\nStatus: install ok installed\n", package.name);
        if package.source != package.name {
            text.push_str(&format!("Source: {}\n", package.source));
        }
        text.push_str(&format!(
            "Maintainer: Demo <packages@demo.invalid>\nArchitecture: amd64\nVersion: {}\nDescription: an invented package\n\n",
            package.version
        ));
        text
    };
    lists.debian.iter().map(stanza).collect()
}
