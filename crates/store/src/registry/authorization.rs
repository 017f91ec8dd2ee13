use super::Registry;
use super::challenge::{Challenge, read_challenges};
use super::error::{RegistryError, text};
use super::exchange::{may_be_asked, read_body};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use std::fmt;
use std::sync::PoisonError;

/// Bytes of a token service's answer.
const MAX_TOKEN: u64 = 64 << 10;

/// Who asks a registry, and which hosts may be told.
#[derive(Clone)]
pub struct Credentials {
    username: String,
    password: String,
    realm_hosts: Vec<String>,
}

/// What is sent along with a request to the registry itself.
#[derive(Clone)]
pub(super) enum Authorization {
    Basic(Credentials),
    Bearer(String),
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Credentials {
    /// Makes credentials that are sent to the registry, and to a token service on its host.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        let (username, password) = (username.into(), password.into());
        Self { username, password, realm_hosts: Vec::new() }
    }

    /// Lets them be sent to a token service on another host, too. Whoever answers for the registry
    /// names that service, so that without this it could send the password anywhere.
    #[must_use]
    pub fn for_realm_host(mut self, host: impl Into<String>) -> Self {
        self.realm_hosts.push(host.into().to_ascii_lowercase());
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

impl Authorization {
    pub(super) fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Basic(who) => request.basic_auth(&who.username, Some(&who.password)),
            Self::Bearer(token) => request.bearer_auth(token),
        }
    }
}

impl Registry {
    pub(super) fn authorization(&self) -> Option<Authorization> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does what a registry's 401 demands, once.
    pub(super) async fn authorize(
        &self,
        what: &str,
        headers: &HeaderMap,
    ) -> Result<(), RegistryError> {
        let challenges: Vec<Challenge> = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(read_challenges)
            .collect();
        let find = |scheme: &str| challenges.iter().find(|c| c.scheme.eq_ignore_ascii_case(scheme));
        let authorization = if let Some(bearer) = find("bearer") {
            Authorization::Bearer(self.token(what, bearer).await?)
        } else if find("basic").is_some() {
            let denied = || RegistryError::Denied { what: what.to_owned(), status: 401 };
            Authorization::Basic(self.settings.credentials.clone().ok_or_else(denied)?)
        } else {
            let why = "it offers neither `Bearer` nor `Basic`".to_owned();
            return Err(RegistryError::Challenge { what: what.to_owned(), why });
        };
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(authorization);
        Ok(())
    }

    /// Asks the token service for leave to read this repository, whatever the challenge would
    /// have it ask for.
    async fn token(&self, what: &str, bearer: &Challenge) -> Result<String, RegistryError> {
        let mut realm = self.realm(what, bearer)?;
        let host = realm.host_str().unwrap_or_default().to_owned();
        let refuse =
            |why: String| RegistryError::Token { what: what.to_owned(), host: host.clone(), why };
        {
            let mut query = realm.query_pairs_mut();
            if let Some(service) = bearer.parameter("service") {
                query.append_pair("service", service);
            }
            let scope = format!("repository:{}:pull", self.locator.repository());
            query.append_pair("scope", &scope);
        }
        let mut request = self.client.get(realm);
        if let Some(credentials) = &self.settings.credentials {
            let registry = self.locator.origin()?;
            let meant = registry.host_str() == Some(host.as_str())
                || credentials.realm_hosts.contains(&host);
            if !meant {
                return Err(RegistryError::ForeignRealm { what: what.to_owned(), host });
            }
            request = Authorization::Basic(credentials.clone()).on(request);
        }
        let transport = |source: reqwest::Error| RegistryError::Transport {
            what: format!("token service {host}"),
            source: source.without_url(),
        };
        let response = request.send().await.map_err(transport)?;
        if response.status() != StatusCode::OK {
            return Err(refuse(format!("it answers with status {}", response.status().as_u16())));
        }
        let body = read_body("token", response, MAX_TOKEN).await?;
        let token: Token = serde_json::from_slice(&body)
            .map_err(|_| refuse("its answer is not the JSON it should be".to_owned()))?;
        let token = token.token.or(token.access_token).unwrap_or_default();
        // Anything else could not stand in a header.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("its token is empty or malformed".to_owned()));
        }
        Ok(token)
    }

    fn realm(&self, what: &str, bearer: &Challenge) -> Result<Url, RegistryError> {
        let refuse = |why: String| RegistryError::Challenge { what: what.to_owned(), why };
        let realm = bearer
            .parameter("realm")
            .ok_or_else(|| refuse("it names no token service".to_owned()))?;
        let url = Url::parse(realm)
            .map_err(|_| refuse(format!("its token service `{}` is no URL", text(realm))))?;
        if let Err(why) = may_be_asked(&url, &self.locator.origin()?) {
            let host = text(url.host_str().unwrap_or_default());
            return Err(refuse(format!("its token service is `{host}`, {why}")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("its token service has a user name".to_owned()));
        }
        Ok(url)
    }
}
