//! The URLs under which a request may have been signed.

use std::collections::HashSet;

use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;

#[derive(Clone, Debug)]
pub(super) struct UrlCandidate {
    /// `https://host`
    pub(super) base: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    /// `None` for the URL as configured.
    pub(super) cause: Option<Cause>,
}

impl UrlCandidate {
    pub(super) fn text(&self) -> String {
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        [self.base.as_str(), &self.path, &query].concat()
    }
}

/// The most URLs that are tried.
const MAX_URLS: usize = 200;

/// The most hosts that a request may name. Behind a chain of proxies there are two or three, but whoever sends a request
/// can list any number in a header.
const MAX_HOSTS: usize = 8;

/// The URL as configured, then the others: one difference first, then several.
pub(super) fn candidates(request: &Captured) -> Vec<UrlCandidate> {
    let (configured, path, query) = split(request.url());
    let (scheme, host) = configured.split_once("://").unwrap_or(("https", ""));
    let hosts = hosts(request, host);
    let schemes = if scheme == "http" { ["http", "https"] } else { ["https", "http"] };
    let (paths, queries) = (paths(request, &path), queries(request, query.as_deref()));
    let as_configured = format!("{configured}{path}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    // In the order of differences, so that what is left out differs most, and is not made.
    for differences in 0..=4 {
        for (query_at, query) in queries.iter().enumerate() {
            for (path_at, path_of) in paths.iter().enumerate() {
                for (host_at, host_of) in hosts.iter().enumerate() {
                    for (scheme_at, scheme_of) in schemes.iter().enumerate() {
                        let places = [query_at, path_at, host_at, scheme_at];
                        if places.iter().filter(|at| **at > 0).count() != differences {
                            continue;
                        }
                        let base = format!("{scheme_of}://{host_of}");
                        let mut url = UrlCandidate { base, path: path_of.clone(), query: query.clone(), cause: None };
                        let text = url.text();
                        if text != as_configured {
                            let what = difference(&url, scheme, host, &path);
                            let told = format!("The signed URL is `{}{}`: {what}", url.base, url.path);
                            url.cause = Some(Cause::new(Code::Url, told));
                        }
                        if known.insert(text) {
                            found.push(url);
                        }
                        if found.len() == MAX_URLS {
                            return found;
                        }
                    }
                }
            }
        }
    }
    found
}

/// The hosts that the request names, the configured one first, each with and without ports.
fn hosts(request: &Captured, configured: &str) -> Vec<String> {
    const NAMES: [&str; 6] =
        ["x-forwarded-host", "x-original-host", "host", "HTTP_HOST", "HTTP_X_FORWARDED_HOST", "x-forwarded-server"];
    let listed = NAMES.iter().filter_map(|name| request.header(name)).flat_map(|value| value.split(','));
    let forwarded = request.header("forwarded").unwrap_or_default().split([';', ',']);
    let forwarded = forwarded.filter_map(|part| Some(part.trim().strip_prefix("host=")?.trim_matches('"')));
    let mut named: Vec<String> = Vec::new();
    for host in std::iter::once(configured).chain(listed).chain(forwarded) {
        let host = host.trim().to_ascii_lowercase();
        if !host.is_empty() && !named.contains(&host) {
            named.push(host);
        }
        if named.len() == MAX_HOSTS {
            break;
        }
    }
    let forwarded_port = request.header("x-forwarded-port");
    let mut hosts = Vec::new();
    for host in named {
        let (bare, port) = host.split_once(':').map_or((host.as_str(), None), |(bare, port)| (bare, Some(port)));
        let with_ports =
            forwarded_port.into_iter().chain(port).chain(["443", "80"]).map(|port| format!("{bare}:{port}"));
        for new in [host.clone(), bare.to_owned()].into_iter().chain(with_ports) {
            if !hosts.contains(&new) {
                hosts.push(new);
            }
        }
    }
    hosts
}

/// The paths under which the request may have been sent, its own first.
fn paths(request: &Captured, own: &str) -> Vec<String> {
    const NAMES: [&str; 6] = [
        "x-forwarded-prefix",
        "x-forwarded-path",
        "x-original-uri",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-uri",
    ];
    let mut paths = vec![own.to_owned()];
    let mut add = |path: String| {
        if !paths.contains(&path) {
            paths.push(path);
        }
    };
    match own.strip_suffix('/') {
        Some(shorter) => add(shorter.to_owned()),
        None => add(own.to_owned() + "/"),
    }
    for name in NAMES {
        if let Some(text) = request.header(name) {
            let other = split(text).1;
            add(other.clone());
            if name == "x-forwarded-prefix" {
                add(other.trim_end_matches('/').to_owned() + own);
            }
        }
    }
    if let Some(decoded) = crate::request::percent_decoded(own.replace('+', "%2B").as_bytes()) {
        add(decoded);
    }
    paths
}

/// The queries with which the request may have been sent, its own first.
fn queries(request: &Captured, own: Option<&str>) -> Vec<Option<String>> {
    let mut queries = vec![own.map(str::to_owned)];
    let mut add = |query: Option<String>| {
        if !queries.contains(&query) {
            queries.push(query);
        }
    };
    match own {
        Some(query) => {
            add(None);
            if let Some(pairs) = crate::form::Pairs::read_bounded(query.as_bytes()) {
                let decoded: Vec<String> =
                    pairs.into_list().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
                add(Some(decoded.join("&")));
            }
        }
        None => {
            for name in ["x-original-uri", "x-original-url", "x-forwarded-uri"] {
                if let Some(text) = request.header(name) {
                    add(split(text).2);
                }
            }
        }
    }
    queries
}

/// Base, path and query of a URL, or of a path and query.
fn split(url: &str) -> (String, String, Option<String>) {
    let (front, query) = url.split_once('?').map_or((url, None), |(front, query)| (front, Some(query.to_owned())));
    let start = front.find("://").map_or(0, |at| at + 3);
    let rest = front.get(start..).unwrap_or_default();
    let end = if start == 0 { 0 } else { start + rest.find('/').unwrap_or(rest.len()) };
    let (base, path) = front.split_at_checked(end).unwrap_or((front, ""));
    (base.to_owned(), path.to_owned(), query)
}

fn difference(url: &UrlCandidate, scheme: &str, host: &str, path: &str) -> String {
    let (own_scheme, own_host) = url.base.split_once("://").unwrap_or_default();
    let mut what = Vec::new();
    if own_scheme != scheme {
        what.push(format!("with {own_scheme}"));
    }
    if own_host != host {
        let bare = |host: &str| host.split(':').next().unwrap_or_default().to_owned();
        what.push(if bare(own_host) == bare(host) { "another port" } else { "another host" }.to_owned());
    }
    if url.path != path {
        let is_slash = url.path.trim_end_matches('/') == path.trim_end_matches('/');
        what.push(if is_slash { "the slash at the end" } else { "another path" }.to_owned());
    }
    if what.is_empty() {
        what.push("another query".to_owned());
    }
    what.join(", ")
}
