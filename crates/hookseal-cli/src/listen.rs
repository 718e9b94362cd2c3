//! A local server that says what it receives.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::diagnose::Captured;
use hookseal::provider::Provider;
use serde_json::json;
use time::OffsetDateTime;
use tiny_http::{Response, Server};

use crate::configured::{Configured, Secrets};
use crate::{diagnose, shown, verify};

pub(crate) fn run(
    configured: &Configured,
    address: &str,
    save: Option<&Path>,
    json: bool,
    count: Option<u64>,
) -> Result<bool, String> {
    let provider = configured.lenient("https://localhost/")?;
    // A wrong set-up is told now, not with the first delivery.
    let secrets = configured.secrets()?;
    if let Err(error) =
        secrets.keys(&provider).and_then(|keys| provider.verifier(keys).map_err(|error| error.to_string()))
    {
        shown::error(&error);
    }
    let server = Server::http(address).map_err(|error| format!("{address}: {error}"))?;
    eprintln!("listening on http://{} for {}", server.server_addr(), provider.name());
    let mut all = true;
    for number in 1_u64.. {
        let mut incoming = server.recv().map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        let limit = provider.max_received().saturating_add(1);
        let is_read = incoming.as_reader().take(limit).read_to_end(&mut body).is_ok() && (body.len() as u64) < limit;
        if !is_read {
            let _ =
                incoming.respond(Response::from_string("the body is too large, or incomplete").with_status_code(413));
            continue;
        }
        let headers: Vec<(String, String)> =
            incoming.headers().iter().map(|header| (header.field.to_string(), header.value.to_string())).collect();
        let host =
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map_or("localhost", |(_, host)| host);
        let url = match &configured.public_url {
            Some(url) => format!("{}{}", url.split('?').next().unwrap_or_default(), query(incoming.url())),
            None => format!("https://{host}{}", incoming.url()),
        };
        let captured = Captured::new(incoming.method().as_str(), url, headers, body);
        let now = OffsetDateTime::now_utc();
        if let Some(path) = save {
            append(path, &captured, now)?;
        }
        let is_accepted = handle(&configured.lenient(captured.url())?, &secrets, &captured, now, json);
        all &= is_accepted;
        // Constant texts: the reason is for this terminal alone.
        let (status, text) = if is_accepted { (200, "ok") } else { (401, "the webhook was not accepted") };
        let _ = incoming.respond(Response::from_string(text).with_status_code(status));
        if count.is_some_and(|count| number >= count) {
            break;
        }
    }
    Ok(all)
}

fn query(target: &str) -> String {
    target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default()
}

/// Prints a delivery, verified or diagnosed.
fn handle(provider: &Provider, secrets: &Secrets, captured: &Captured, now: OffsetDateTime, json: bool) -> bool {
    let request = verify::request(captured);
    let verifier = secrets.keys(provider).and_then(|keys| provider.verifier(keys).map_err(|error| error.to_string()));
    if let (Ok(request), Ok(verifier)) = (&request, &verifier)
        && let Ok(verified) = verifier.verify_request_at(request, now)
    {
        verify::print(provider, Ok(&verified), json);
        return true;
    }
    let diagnosis = diagnose::examine(provider, secrets, captured, now, false);
    if json {
        println!("{}", shown::diagnosis(&diagnosis));
    } else {
        println!("{}\n", shown::coloured(&shown::plain(&diagnosis.to_string())));
    }
    false
}

/// As the other commands read it.
fn append(path: &Path, captured: &Captured, now: OffsetDateTime) -> Result<(), String> {
    let headers: Vec<(&str, String)> =
        captured.headers().map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned())).collect();
    let line = json!({ "method": captured.method(), "url": captured.url(), "headers": headers,
                       "body_b64": STANDARD.encode(captured.body()), "now_unix": now.unix_timestamp() });
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| writeln!(file, "{line}")).map_err(|error| format!("{}: {error}", path.display()))
}
