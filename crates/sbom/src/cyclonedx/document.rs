//! The JSON as it stands in a file: the part of the schema that is read or written here. Unknown
//! fields are passed over; a field of this list that is there twice, or of another type, is an
//! error of the whole document.

use beleg_model::Digest;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Document {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) schema: Option<String>,
    pub(super) bom_format: Option<String>,
    pub(super) spec_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serial_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<RawMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) components: Option<Vec<RawComponent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) services: Option<Vec<RawService>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dependencies: Option<Vec<RawDependency>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compositions: Option<Vec<Composition>>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<String>,
    /// An array before 1.5, an object since; nothing that is read here depends on it.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) tools: Option<Tools>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authors: Option<Vec<Contact>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) component: Option<RawComponent>,
    /// The name of `manufacturer` before 1.6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manufacture: Option<Organisation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manufacturer: Option<Organisation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supplier: Option<Organisation>,
}

#[derive(Serialize)]
pub(super) struct Tools {
    pub(super) components: Vec<RawComponent>,
}

/// What is rare is boxed, so that a million components stay within bounds.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct RawComponent {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bom_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supplier: Option<Box<Organisation>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manufacturer: Option<Box<Organisation>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authors: Option<Vec<Contact>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hashes: Option<Vec<Hash>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) swid: Option<Box<Swid>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) properties: Option<Vec<Property>>,
    #[serde(rename = "externalReferences", skip_serializing_if = "Option::is_none")]
    pub(super) external_references: Option<Vec<ExternalReference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) components: Option<Vec<RawComponent>>,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Hash {
    pub(super) alg: String,
    pub(super) content: String,
}

impl Hash {
    /// Returns it as far as it is strong enough to tell files apart.
    pub(super) fn digest(&self) -> Option<Digest> {
        let algorithm = match self.alg.as_str() {
            "SHA-256" => "sha256",
            "SHA-512" => "sha512",
            _ => return None,
        };
        format!("{algorithm}:{}", self.content.to_ascii_lowercase()).parse().ok()
    }
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Organisation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contact: Option<Vec<Contact>>,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Contact {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Swid {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tag_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Property {
    pub(super) name: Option<String>,
    pub(super) value: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ExternalReference {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) url: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawDependency {
    pub(super) r#ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) depends_on: Option<Vec<String>>,
}

/// A service is no package, but what the dependencies may name.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct RawService {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bom_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) services: Option<Vec<RawService>>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Composition {
    pub(super) aggregate: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) assemblies: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dependencies: Vec<String>,
}

impl Organisation {
    /// Returns the name, or an e-mail address or URL by which it can be known.
    pub(super) fn known_as(self) -> Option<String> {
        let contacts = self.contact.into_iter().flatten().filter_map(Contact::known_as);
        let names = self.name.into_iter().chain(contacts).chain(self.url.into_iter().flatten());
        names.into_iter().find(|name| !name.trim().is_empty())
    }
}

impl Contact {
    pub(super) fn known_as(self) -> Option<String> {
        [self.name, self.email].into_iter().flatten().find(|name| !name.trim().is_empty())
    }
}
