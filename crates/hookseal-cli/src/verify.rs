use std::path::Path;

use hookseal::diagnose::Captured;
use hookseal::http::{HeaderName, HeaderValue, Request};
use hookseal::provider::Provider;
use hookseal::{Verified, VerifyError};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::capture;
use crate::configured::Configured;
use crate::shown;

/// Verifies each request of a capture.
pub(crate) fn run(
    configured: &Configured,
    path: &Path,
    at: Option<OffsetDateTime>,
    json: bool,
) -> Result<bool, String> {
    let mut all = true;
    let secrets = configured.secrets()?;
    for capture in capture::read(path)? {
        let provider = configured.lenient(capture.request.url())?;
        let verifier =
            secrets.keys(&provider).and_then(|keys| provider.verifier(keys).map_err(|error| error.to_string()))?;
        let now = at.or(capture.time).unwrap_or_else(OffsetDateTime::now_utc);
        let request = request(&capture.request)?;
        let verified = verifier.verify_request_at(&request, now);
        all &= verified.is_ok();
        print(&provider, verified.as_ref(), json);
    }
    Ok(all)
}

pub(crate) fn print(provider: &Provider, verified: Result<&Verified<'_>, &VerifyError>, json: bool) {
    let facts = match verified {
        Ok(verified) => facts(provider, verified),
        Err(error) => json!({ "verified": false, "error": error.to_string() }),
    };
    if json {
        return println!("{facts}");
    }
    match verified {
        Err(error) => println!("{}", shown::coloured(&shown::plain(&format!("✗ refused: {error}")))),
        Ok(_) => {
            println!("{}", shown::coloured("✓ verified"));
            for name in ["id", "type", "timestamp", "bytes", "unsigned_id"] {
                match &facts[name] {
                    Value::Null => {}
                    Value::String(text) => println!("  {name}: {}", shown::plain(text)),
                    other => println!("  {name}: {}", shown::plain(&other.to_string())),
                }
            }
        }
    }
}

/// What is known of a verified request.
fn facts(provider: &Provider, verified: &Verified<'_>) -> Value {
    let event = provider.event(verified).ok();
    let proof = verified.proof();
    json!({
        "verified": true,
        "provider": provider.name(),
        "id": proof.id().or(event.as_ref().and_then(|event| event.id())),
        "unsigned_id": proof.unsigned_id(),
        "type": event.as_ref().map(|event| event.event_type()),
        "timestamp": proof.timestamp().and_then(|time| time.format(&Rfc3339).ok()),
        "bytes": verified.body().len(),
    })
}

/// The capture as a request of the http crate.
pub(crate) fn request(captured: &Captured) -> Result<Request<Vec<u8>>, String> {
    let mut request = Request::new(captured.body().to_vec());
    *request.method_mut() = captured.method().parse().map_err(|_| "the method is none")?;
    *request.uri_mut() = captured.url().parse().map_err(|error| format!("the URL: {error}"))?;
    for (name, value) in captured.headers() {
        let name: HeaderName = name.parse().map_err(|_| "a header's name is none")?;
        let value = HeaderValue::from_bytes(value).map_err(|_| format!("the value of `{name}` is none"))?;
        request.headers_mut().append(name, value);
    }
    Ok(request)
}
