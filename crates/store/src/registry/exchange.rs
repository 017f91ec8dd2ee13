use super::Registry;
use super::authorization::Authorization;
use super::error::{RegistryError, text};
use super::locator::is_loopback;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, LINK, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use std::ops::ControlFlow;
use std::time::Duration;

/// Redirects of one request.
const MAX_REDIRECTS: usize = 5;
/// The longest pause that a registry may ask for.
const MAX_PAUSE: Duration = Duration::from_secs(10);

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// What is asked for.
pub(super) struct Request<'a> {
    /// How messages call it.
    pub(super) what: &'a str,
    pub(super) url: Url,
    pub(super) accept: &'a [&'a str],
    /// Bytes of the answer at most.
    pub(super) limit: u64,
}

/// An answer of status 200.
pub(super) struct Answer {
    /// Where it came from in the end.
    pub(super) url: Url,
    content_types: Vec<String>,
    pub(super) content_digests: Vec<String>,
    pub(super) links: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Returns the one media type that is stated, without parameters.
    pub(super) fn media_type(&self, what: &str) -> Result<String, RegistryError> {
        match self.content_types.as_slice() {
            [one] => {
                let bare = one.split_once(';').map_or(one.as_str(), |(bare, _)| bare);
                Ok(text(bare.trim()))
            }
            other => Err(RegistryError::MediaType {
                what: what.to_owned(),
                media_type: text(&other.join(", ")),
            }),
        }
    }
}

impl Registry {
    /// Asks and waits for the whole answer. Must not be called from inside the runtime.
    pub(super) fn exchange(&self, request: Request<'_>) -> Result<Answer, RegistryError> {
        let deadline = self.settings.deadline;
        let bounded = async { tokio::time::timeout(deadline, self.persist(&request)).await };
        self.runtime.block_on(bounded).unwrap_or_else(|_| Err(self.late(request.what)))
    }

    /// Asks, and hands the answer's body over piece by piece until `each` wants no more. The
    /// deadline is that of each piece, for a body may have any length.
    pub(super) fn stream(
        &self,
        request: &Request<'_>,
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), RegistryError> {
        let (what, deadline) = (request.what, self.settings.deadline);
        let late = || self.late(what);
        self.runtime.block_on(async {
            let reached = tokio::time::timeout(deadline, self.reach(request)).await;
            let mut response = reached.map_err(|_| late())??;
            loop {
                let piece = tokio::time::timeout(deadline, response.chunk()).await;
                let piece = piece.map_err(|_| late())?.map_err(|source| transport(what, source))?;
                match piece {
                    Some(piece) if each(&piece).is_continue() => {}
                    _ => return Ok(()),
                }
            }
        })
    }

    async fn persist(&self, request: &Request<'_>) -> Result<Answer, RegistryError> {
        read(request, self.reach(request).await?).await
    }

    fn late(&self, what: &str) -> RegistryError {
        let seconds = self.settings.deadline.as_millis().div_ceil(1_000);
        let seconds = seconds.try_into().unwrap_or(u64::MAX);
        RegistryError::Deadline { what: what.to_owned(), seconds }
    }

    /// Repeats a request that an overloaded registry turns away, and one that needs authorization.
    async fn reach(&self, request: &Request<'_>) -> Result<Response, RegistryError> {
        let what = request.what.to_owned();
        let mut pause = self.settings.pause;
        let mut retries = self.settings.retries;
        let mut authorized = false;
        loop {
            let (response, is_registry) = self.follow(request).await?;
            let status = response.status();
            match status {
                StatusCode::OK => return Ok(response),
                // What another host does not have, the registry may have all the same.
                StatusCode::NOT_FOUND if is_registry => {
                    return Err(RegistryError::NotFound { what });
                }
                StatusCode::UNAUTHORIZED if is_registry && !authorized => {
                    authorized = true;
                    self.authorize(&what, response.headers()).await?;
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(RegistryError::Denied { what, status: status.as_u16() });
                }
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
                    if retries > 0 =>
                {
                    retries = retries.saturating_sub(1);
                    let asked = asked_pause(response.headers()).unwrap_or(pause);
                    drop(response);
                    tokio::time::sleep(asked.min(MAX_PAUSE)).await;
                    pause = pause.saturating_mul(2);
                }
                other => return Err(RegistryError::Status { what, status: other.as_u16() }),
            }
        }
    }

    /// Sends a request and follows where it is sent. Also says whether the answer is the
    /// registry's own: once a redirect has left it, nothing secret goes along any more, not even
    /// back to it.
    async fn follow(&self, request: &Request<'_>) -> Result<(Response, bool), RegistryError> {
        let refuse = |why: String| RegistryError::Redirect { what: request.what.to_owned(), why };
        let registry = self.locator.origin()?.origin();
        let mut authorization = self.authorization();
        let mut url = request.url.clone();
        let mut is_registry = true;
        for _ in 0..=MAX_REDIRECTS {
            if url.origin() != registry {
                is_registry = false;
                authorization = None;
            }
            let response = self.send(request, &url, authorization.as_ref()).await?;
            if !is_redirect(response.status()) {
                return Ok((response, is_registry));
            }
            let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let target = target.ok_or_else(|| refuse("it names no address".to_owned()))?;
            url = url.join(target).map_err(|_| refuse("its address is malformed".to_owned()))?;
            let host = text(url.host_str().unwrap_or_default());
            if let Err(why) = may_be_asked(&url, &request.url) {
                return Err(refuse(format!("it leads to `{host}`, {why}")));
            }
            if !url.username().is_empty() || url.password().is_some() {
                return Err(refuse(format!("its address at `{host}` has a user name")));
            }
        }
        Err(refuse(format!("it is the one after the limit of {MAX_REDIRECTS}")))
    }

    async fn send(
        &self,
        request: &Request<'_>,
        url: &Url,
        authorization: Option<&Authorization>,
    ) -> Result<Response, RegistryError> {
        let mut builder = self.client.get(url.clone()).header(ACCEPT, request.accept.join(", "));
        if let Some(authorization) = authorization {
            builder = authorization.on(builder);
        }
        builder.send().await.map_err(|source| transport(request.what, source))
    }
}

/// Reads a body of at most `limit` bytes, whatever length is announced.
pub(super) async fn read_body(
    what: &str,
    mut response: Response,
    limit: u64,
) -> Result<Vec<u8>, RegistryError> {
    let too_large = || RegistryError::TooLarge { what: what.to_owned(), limit };
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|source| transport(what, source))? {
        body.extend_from_slice(&chunk);
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > limit {
            return Err(too_large());
        }
    }
    Ok(body)
}

async fn read(request: &Request<'_>, response: Response) -> Result<Answer, RegistryError> {
    let all = |name: HeaderName| -> Vec<String> {
        let values = response.headers().get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    let (content_types, content_digests, links) =
        (all(CONTENT_TYPE), all(CONTENT_DIGEST), all(LINK));
    let url = response.url().clone();
    let body = read_body(request.what, response, request.limit).await?;
    Ok(Answer { url, content_types, content_digests, links, body })
}

/// Says whether a registry may send its reader to a URL: with TLS to anywhere but this machine,
/// and to this machine only when the registry is there itself.
pub(super) fn may_be_asked(url: &Url, registry: &Url) -> Result<(), &'static str> {
    match (is_loopback(url), is_loopback(registry)) {
        (true, false) => Err("which is this machine"),
        (true, true) if url.scheme() == "http" => Ok(()),
        _ if url.scheme() == "https" => Ok(()),
        _ => Err("which is without TLS"),
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Returns the pause that a registry asks for in seconds; the form with a date is not used by
/// registries.
fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Wraps the client's error. Its URL is left out: those of redirects are signed.
fn transport(what: &str, source: reqwest::Error) -> RegistryError {
    RegistryError::Transport { what: what.to_owned(), source: source.without_url() }
}
