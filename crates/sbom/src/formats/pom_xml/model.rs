//! What one `pom.xml` says by itself, before parents and properties (Maven, "POM Reference").

use super::MAX_BYTES;
use crate::formats::FormatError;
use crate::formats::xml::{self, Element};
use crate::text::shown;
use std::collections::BTreeMap;

/// One file.
#[derive(Debug, Default)]
pub(super) struct Pom {
    pub(super) own: Coordinates,
    pub(super) parent: Option<Parent>,
    pub(super) properties: BTreeMap<String, String>,
    /// The names that a profile gives a value to, which only a build knows.
    pub(super) of_profiles: BTreeMap<String, String>,
    /// What it wants to have.
    pub(super) wanted: Vec<Wanted>,
    /// What it says of packages that it or a child of it wants.
    pub(super) managed: Vec<Wanted>,
    pub(super) modules: Vec<(u32, String)>,
    /// What cannot be read, and on which line.
    pub(super) problems: Vec<(u32, String)>,
}

/// What names a project, as written.
#[derive(Clone, Debug, Default)]
pub(super) struct Coordinates {
    pub(super) line: u32,
    pub(super) group: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) version: Option<String>,
}

/// The project that one inherits from.
#[derive(Debug)]
pub(super) struct Parent {
    pub(super) is: Coordinates,
    /// Where its file is; empty where it is to be had from a repository alone.
    pub(super) relative_path: String,
}

/// A package that is wanted or managed, as written.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) is: Coordinates,
    pub(super) r#as: As,
    /// The profile in which alone it is.
    pub(super) profile: Option<String>,
    pub(super) r#type: String,
    pub(super) classifier: String,
    pub(super) scope: Option<String>,
    pub(super) optional: Option<String>,
}

/// What a package is wanted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum As {
    Dependency,
    /// A plugin of Maven or an extension of it.
    Plugin,
    /// What a plugin is run with.
    OfPlugin,
}

/// The group of plugins that name none.
const PLUGINS: &str = "org.apache.maven.plugins";

impl Pom {
    pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let root = xml::root(path, bytes, MAX_BYTES)?;
        if root.name != "project" {
            let why = format!("it is no project but `{}`", shown(&root.name));
            return Err(FormatError::malformed(path, why));
        }
        let refused = |why: String| FormatError::malformed(path, why);
        let version = root.text_of("modelVersion").map_err(refused)?.unwrap_or("none");
        if version != "4.0.0" {
            let found = shown(version);
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let mut pom = Self { own: Coordinates::of(&root).map_err(refused)?, ..Self::default() };
        if let Some(parent) = root.one("parent").map_err(refused)? {
            let relative = parent.one("relativePath").map_err(refused)?;
            let stated = relative.map(|it| it.text().unwrap_or_default());
            let is = Coordinates::of(parent).map_err(refused)?;
            let relative_path = stated.unwrap_or("../pom.xml").to_owned();
            pom.parent = Some(Parent { is, relative_path });
        }
        pom.part(&root, None).map_err(refused)?;
        if let Some(profiles) = root.one("profiles").map_err(refused)? {
            for profile in profiles.all("profile") {
                let id = profile.text_of("id").map_err(refused)?.unwrap_or("default");
                pom.part(profile, Some(id)).map_err(refused)?;
            }
        }
        Ok(pom)
    }

    /// Reads what a project and a profile have in common.
    fn part(&mut self, part: &Element, profile: Option<&str>) -> Result<(), String> {
        for property in part.one("properties")?.iter().flat_map(|it| &it.children) {
            let values =
                if profile.is_some() { &mut self.of_profiles } else { &mut self.properties };
            values.insert(property.name.clone(), property.text().unwrap_or_default().to_owned());
        }
        for module in part.one("modules")?.iter().flat_map(|it| it.all("module")) {
            self.modules.extend(module.text().map(|text| (module.line, text.to_owned())));
        }
        self.dependencies(part, As::Dependency, profile)?;
        if let Some(management) = part.one("dependencyManagement")? {
            let before = self.wanted.len();
            self.dependencies(management, As::Dependency, profile)?;
            self.managed.extend(self.wanted.split_off(before));
        }
        let Some(build) = part.one("build")? else { return Ok(()) };
        for extension in build.one("extensions")?.iter().flat_map(|it| it.all("extension")) {
            self.want(extension, As::Plugin, profile);
        }
        self.plugins(build, profile)?;
        if let Some(management) = build.one("pluginManagement")? {
            let before = self.wanted.len();
            self.plugins(management, profile)?;
            let managed = self.wanted.split_off(before).into_iter();
            let (plugins, theirs): (Vec<_>, Vec<_>) = managed.partition(|it| it.r#as == As::Plugin);
            self.managed.extend(plugins);
            // Whether a child has the plugin that needs them is not known here.
            self.wanted.extend(theirs);
        }
        Ok(())
    }

    fn dependencies(
        &mut self,
        part: &Element,
        r#as: As,
        profile: Option<&str>,
    ) -> Result<(), String> {
        for dependency in part.one("dependencies")?.iter().flat_map(|it| it.all("dependency")) {
            self.want(dependency, r#as, profile);
        }
        Ok(())
    }

    fn plugins(&mut self, part: &Element, profile: Option<&str>) -> Result<(), String> {
        for plugin in part.one("plugins")?.iter().flat_map(|it| it.all("plugin")) {
            self.want(plugin, As::Plugin, profile);
            self.dependencies(plugin, As::OfPlugin, profile)?;
            let processors = plugin
                .one("configuration")?
                .and_then(|it| it.children.iter().find(|it| it.name == "annotationProcessorPaths"));
            for processor in processors.iter().flat_map(|it| &it.children) {
                self.want(processor, As::OfPlugin, profile);
            }
        }
        Ok(())
    }

    fn want(&mut self, element: &Element, r#as: As, profile: Option<&str>) {
        match Wanted::of(element, r#as, profile) {
            Ok(wanted) => self.wanted.push(wanted),
            Err(why) => self.problems.push((element.line, why)),
        }
    }
}

impl Coordinates {
    fn of(element: &Element) -> Result<Self, String> {
        let text = |name| Ok::<_, String>(element.text_of(name)?.map(str::to_owned));
        Ok(Self {
            line: element.line,
            group: text("groupId")?,
            artifact: text("artifactId")?,
            version: text("version")?,
        })
    }
}

impl Wanted {
    fn of(element: &Element, r#as: As, profile: Option<&str>) -> Result<Self, String> {
        let text = |name| Ok::<_, String>(element.text_of(name)?.map(str::to_owned));
        let mut is = Coordinates::of(element)?;
        if r#as == As::Plugin && element.name == "plugin" {
            is.group = is.group.or_else(|| Some(PLUGINS.to_owned()));
        }
        Ok(Self {
            is,
            r#as,
            profile: profile.map(str::to_owned),
            r#type: text("type")?.unwrap_or_else(|| "jar".to_owned()),
            classifier: text("classifier")?.unwrap_or_default(),
            scope: text("scope")?,
            optional: text("optional")?,
        })
    }
}
