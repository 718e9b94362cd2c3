//! The URLs under which a request may have been signed.

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

/// The URL as configured, then the others: one difference first, then several.
pub(super) fn candidates(request: &Captured) -> Vec<UrlCandidate> {
    let (configured, path, query) = split(request.url());
    let (scheme, host) = configured.split_once("://").unwrap_or(("https", ""));
    let mut hosts: Vec<String> = Vec::new();
    let mut add = |host: &str| {
        let host = host.trim().to_ascii_lowercase();
        if !host.is_empty() && !hosts.contains(&host) {
            hosts.push(host);
        }
    };
    add(host);
    for name in
        ["x-forwarded-host", "x-original-host", "host", "HTTP_HOST", "HTTP_X_FORWARDED_HOST", "x-forwarded-server"]
    {
        request.header(name).unwrap_or_default().split(',').for_each(&mut add);
    }
    for part in request.header("forwarded").unwrap_or_default().split([';', ',']) {
        if let Some(host) = part.trim().strip_prefix("host=") {
            add(host.trim_matches('"'));
        }
    }
    let ports: Vec<String> = request.header("x-forwarded-port").map(str::to_owned).into_iter().collect();
    let mut all_hosts = Vec::new();
    for host in &hosts {
        let (bare, port) = host.split_once(':').map_or((host.as_str(), None), |(bare, port)| (bare, Some(port)));
        all_hosts.push(host.clone());
        all_hosts.push(bare.to_owned());
        for port in ports.iter().map(String::as_str).chain(port).chain(["443", "80"]) {
            all_hosts.push(format!("{bare}:{port}"));
        }
    }
    let schemes = if scheme == "http" { ["http", "https"] } else { ["https", "http"] };
    let mut paths = vec![path.clone()];
    let mut add_path = |path: String| {
        if !paths.contains(&path) {
            paths.push(path);
        }
    };
    match path.strip_suffix('/') {
        Some(shorter) => add_path(shorter.to_owned()),
        None => add_path(path.clone() + "/"),
    }
    for name in [
        "x-forwarded-prefix",
        "x-forwarded-path",
        "x-original-uri",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-uri",
    ] {
        if let Some(text) = request.header(name) {
            let other = split(text).1;
            add_path(other.clone());
            if name == "x-forwarded-prefix" {
                add_path(other.trim_end_matches('/').to_owned() + &path);
            }
        }
    }
    if let Some(decoded) = crate::request::percent_decoded(path.replace('+', "%2B").as_bytes()) {
        add_path(decoded);
    }
    let mut queries = vec![query.clone()];
    match &query {
        Some(query) => {
            queries.push(None);
            if let Some(pairs) = crate::form::Pairs::read_bounded(query.as_bytes()) {
                let decoded: Vec<String> =
                    pairs.into_list().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
                queries.push(Some(decoded.join("&")));
            }
        }
        None => {
            for name in ["x-original-uri", "x-original-url", "x-forwarded-uri"] {
                queries.extend(request.header(name).map(|text| split(text).2));
            }
        }
    }
    let mut found: Vec<(usize, UrlCandidate)> = Vec::new();
    for (query_at, query) in queries.iter().enumerate() {
        for (path_at, path) in paths.iter().enumerate() {
            for (host_at, host) in all_hosts.iter().enumerate() {
                for (scheme_at, scheme) in schemes.iter().enumerate() {
                    let url = UrlCandidate {
                        base: format!("{scheme}://{host}"),
                        path: path.clone(),
                        query: query.clone(),
                        cause: None,
                    };
                    let differences = [query_at, path_at, host_at, scheme_at].iter().filter(|at| **at > 0).count();
                    if !found.iter().any(|(_, known)| known.text() == url.text()) {
                        found.push((differences, url));
                    }
                }
            }
        }
    }
    found.sort_by_key(|(differences, _)| *differences);
    let as_configured = format!("{configured}{path}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
    let told = |mut url: UrlCandidate| {
        if url.text() != as_configured {
            let what = difference(&url, scheme, host, &path);
            url.cause = Some(Cause::new(Code::Url, format!("The signed URL is `{}{}`: {what}", url.base, url.path)));
        }
        url
    };
    found.into_iter().map(|(_, url)| told(url)).take(200).collect()
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
