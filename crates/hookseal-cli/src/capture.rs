//! Captured requests, in the forms that people have them.

mod curl;
mod json;
mod raw;

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use hookseal::diagnose::Captured;
use time::OffsetDateTime;

/// A request, and when it was received if the capture says so.
pub(crate) struct Capture {
    pub(crate) request: Captured,
    pub(crate) time: Option<OffsetDateTime>,
}

impl Capture {
    pub(crate) fn new(request: Captured) -> Capture {
        Capture { request, time: None }
    }
}

/// The requests in a file, or on standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<Capture>, String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    } else {
        bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let found = parse(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    if found.is_empty() { Err(format!("{}: no request is in it", path.display())) } else { Ok(found) }
}

/// The form is recognized by the beginning.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Capture>, String> {
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bare.trim_ascii_start() {
        text if text.starts_with(b"{") || text.starts_with(b"[") => json::parse(text),
        text if text.starts_with(b"curl") => {
            let text = std::str::from_utf8(text).map_err(|_| "the command is not UTF-8")?;
            curl::parse(text).map(|request| vec![Capture::new(request)])
        }
        text => raw::parse(text).map(|request| vec![Capture::new(request)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"a\":\"\xc3\xa9 b\"}";

    fn check(text: &str) {
        let found = parse(text.as_bytes()).unwrap();
        let request = &found[0].request;
        assert_eq!(request.body(), BODY, "{text}");
        assert_eq!(request.method(), "POST", "{text}");
        assert!(request.url().ends_with("/hook?x=1"), "{text}: {}", request.url());
        let signature = request.headers().find(|(name, _)| name.eq_ignore_ascii_case("x-signature"));
        assert_eq!(signature.map(|(_, value)| value), Some(&b"v1=0a1b"[..]), "{text}");
    }

    #[test]
    fn every_form_is_read() {
        check("POST /hook?x=1 HTTP/1.1\r\nHost: example.com\r\nX-Signature: v1=0a1b\r\n\r\n{\"a\":\"é b\"}");
        check("POST /hook?x=1 HTTP/1.1\nHost: example.com\nX-Signature: v1=0a1b\n\n{\"a\":\"é b\"}");
        check("curl 'https://example.com/hook?x=1' -H 'X-Signature: v1=0a1b' --data-raw '{\"a\":\"é b\"}'");
        check(
            "curl -X POST https://example.com/hook?x=1 \\\n  --header \"X-Signature: v1=0a1b\" -d \"{\\\"a\\\":\\\"é b\\\"}\"",
        );
        check(
            "curl --request POST --url https://example.com/hook?x=1 -H 'X-Signature: v1=0a1b' --data-binary $'{\"a\":\"\\u00e9 b\"}'",
        );
        check(
            r#"{"log":{"entries":[{"startedDateTime":"2026-01-01T00:00:00Z","request":{"method":"POST","url":"https://example.com/hook?x=1","headers":[{"name":"X-Signature","value":"v1=0a1b"}],"postData":{"text":"{\"a\":\"é b\"}"}}}]}}"#,
        );
        check(
            r#"{"requests":[{"start":"2026-01-01T00:00:00Z","request":{"method":"POST","uri":"/hook?x=1","headers":{"X-Signature":["v1=0a1b"]},"raw":"UE9TVCAvaG9vaz94PTEgSFRUUC8xLjENClgtU2lnbmF0dXJlOiB2MT0wYTFiDQoNCnsiYSI6IsOpIGIifQ=="}}]}"#,
        );
        check(
            r#"{"uuid":"1","method":"POST","url":"https://webhook.site/hook?x=1","headers":{"x-signature":["v1=0a1b"]},"content":"{\"a\":\"é b\"}","created_at":"2026-01-01 00:00:00"}"#,
        );
        check(
            r#"{"version":"2.0","rawPath":"/hook","rawQueryString":"x=1","headers":{"x-signature":"v1=0a1b"},"requestContext":{"domainName":"example.com","http":{"method":"POST","path":"/hook"}},"body":"eyJhIjoiw6kgYiJ9","isBase64Encoded":true}"#,
        );
        check(
            r#"{"httpMethod":"POST","path":"/hook","queryStringParameters":{"x":"1"},"headers":{"X-Signature":"v1=0a1b"},"multiValueHeaders":{"X-Signature":["v1=0a1b"]},"body":"{\"a\":\"é b\"}","isBase64Encoded":false}"#,
        );
        check(
            r#"{"method":"POST","url":"https://example.com/hook?x=1","headers":[["X-Signature","v1=0a1b"]],"body_b64":"eyJhIjoiw6kgYiJ9","now_unix":1770000000}"#,
        );
    }

    #[test]
    fn what_is_no_request_is_an_error() {
        for text in ["", "{}", "[]", "curl", "hello", "curl -H", "POST", "{\"log\":1}", "curl 'a"] {
            assert!(
                parse(text.as_bytes()).is_err() || parse(text.as_bytes()).is_ok_and(|found| found.is_empty()),
                "{text}"
            );
        }
    }
}
