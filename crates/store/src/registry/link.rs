use super::error::RegistryError;
use super::exchange::Answer;
use reqwest::Url;

/// Returns where the next page is (RFC 8288, as the OCI distribution specification uses it).
pub(super) fn next_page(
    what: &str,
    answer: &Answer,
    origin: Url,
) -> Result<Option<Url>, RegistryError> {
    let refuse = |why: &str| RegistryError::Paging { what: what.to_owned(), why: why.to_owned() };
    let mut next: Vec<&str> = answer.links.iter().flat_map(|header| read_links(header)).collect();
    next.dedup();
    let target = match next.as_slice() {
        [] => return Ok(None),
        [target] => *target,
        _ => return Err(refuse("a page names several next ones")),
    };
    let url = answer.url.join(target).map_err(|_| refuse("the address of a page is malformed"))?;
    // The next request carries the authorization for this registry and no other.
    if url.origin() != origin.origin() || !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("a page names one of another host as the next"));
    }
    Ok(Some(url))
}

/// Returns the targets of one header that are of the relation `next`.
fn read_links(header: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        // The parameters go up to the comma before the next target; in quotes there is none in
        // what registries send.
        let (parameters, following) = after.split_at(after.find('<').unwrap_or(after.len()));
        let is_next = parameters.split([';', ',']).any(|parameter| {
            parameter.split_once('=').is_some_and(|(key, value)| {
                let value = value.trim().trim_matches('"');
                key.trim().eq_ignore_ascii_case("rel")
                    && value.split(' ').any(|relation| relation.eq_ignore_ascii_case("next"))
            })
        });
        if is_next {
            found.push(target);
        }
        rest = following;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_relation_counts() {
        let header = r#"<a>; rel="prev", <b?c=d>; title=x; rel="next", <e>; rel=last"#;
        assert_eq!(read_links(header), ["b?c=d"]);
        assert_eq!(read_links("<a>; rel=next"), ["a"]);
        assert_eq!(read_links("<a>; rel=nextish, <b"), [""; 0]);
        assert_eq!(read_links("no link"), [""; 0]);
    }
}
