use crate::{Matcher, MatcherError};

/// The issuer of GitHub's workflow identities.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// An identity that may sign, as its certificate states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRule {
    /// The rule's name, for the judgement.
    pub name: String,
    /// The certificate's subject alternative name: an address, or a workflow's URI.
    pub identity: Matcher,
    /// The OIDC issuer that vouched for the identity. With `None`, the certificate must state no
    /// issuer, as those of GitHub's immutable releases do: the authority alone vouches then.
    pub issuer: Option<Matcher>,
    /// The repository that the workflow ran for, as the certificate's claim `1.3.6.1.4.1.57264.1.12`
    /// states it; anything when `None`. A reusable workflow's identity is its own and does not say
    /// who called it.
    pub source_repository: Option<Matcher>,
}

impl IdentityRule {
    /// Allows `identity` if `issuer` vouched for it.
    #[must_use]
    pub fn new(name: impl Into<String>, identity: Matcher, issuer: Matcher) -> Self {
        Self { name: name.into(), identity, issuer: Some(issuer), source_repository: None }
    }

    /// Allows the workflow `workflow` (the file's name within `.github/workflows`) of the GitHub
    /// repository `repository` (`owner/name`) at any ref, as PyPI's and npm's trusted publishers
    /// do.
    ///
    /// # Errors
    /// [`MatcherError`] when a name is empty or holds `*`.
    pub fn github_workflow(repository: &str, workflow: &str) -> Result<Self, MatcherError> {
        Self::workflow(
            &format!("https://github.com/{}", literal(repository)?),
            &format!("/.github/workflows/{}", literal(workflow)?),
            GITHUB_ISSUER,
        )
    }

    /// Allows the pipeline `path` (such as `.gitlab-ci.yml`) of the GitLab project `project` on
    /// `host` (such as `gitlab.com`) at any ref.
    ///
    /// # Errors
    /// [`MatcherError`] when a name is empty or holds `*`.
    pub fn gitlab_pipeline(host: &str, project: &str, path: &str) -> Result<Self, MatcherError> {
        let host = literal(host)?;
        Self::workflow(
            &format!("https://{host}/{}", literal(project)?),
            &format!("//{}", literal(path)?),
            &format!("https://{host}"),
        )
    }

    fn workflow(repository: &str, file: &str, issuer: &str) -> Result<Self, MatcherError> {
        Ok(Self {
            name: format!("{repository}{file}"),
            identity: Matcher::pattern(&format!("{repository}{file}@**"))?,
            issuer: Some(Matcher::exact(issuer)),
            source_repository: Some(Matcher::exact(repository)),
        })
    }
}

fn literal(name: &str) -> Result<&str, MatcherError> {
    match name {
        "" => Err(MatcherError::Empty),
        name if name.contains('*') => Err(MatcherError::Asterisk),
        name => Ok(name),
    }
}
