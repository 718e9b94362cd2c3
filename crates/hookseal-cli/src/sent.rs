//! Signing, with or without sending.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hookseal::http::Request;
use hookseal::provider::Provider;
use hookseal::{Algorithm, Event};
use serde_json::json;
use time::OffsetDateTime;

use crate::configured::{self, Configured};
use crate::shown;

#[derive(Args)]
pub(crate) struct Message {
    /// The body
    #[arg(long, conflicts_with = "body_file")]
    body: Option<String>,
    /// The file with the body; `-` is standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    /// The type of the event that is made if there is no body
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// The id of the delivery
    #[arg(long)]
    id: Option<String>,
    /// Further headers, as `Name: value`
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// When it is signed: Unix seconds, or a date of RFC 3339 (otherwise now)
    #[arg(long, value_name = "TIME", value_parser = configured::time)]
    at: Option<OffsetDateTime>,
}

/// Longer than most providers wait.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The most of an answer that is shown.
const SHOWN: u64 = 4096;

pub(crate) fn sign(configured: &Configured, message: &Message, url: &str) -> Result<bool, String> {
    let request = signed(configured, message, url)?;
    let given: Vec<&str> =
        message.headers.iter().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim()).collect();
    for (name, value) in request.headers() {
        let is_given = given.iter().any(|own| own.eq_ignore_ascii_case(name.as_str())) || name == "content-type";
        if !is_given {
            println!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
    }
    Ok(true)
}

pub(crate) fn send(configured: &Configured, message: &Message, url: &str) -> Result<bool, String> {
    let request = signed(configured, message, url)?;
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .new_agent();
    let started = std::time::Instant::now();
    let answer = agent.run(request).map_err(|error| format!("{url}: {error}"));
    let mut answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            shown::error(&error);
            return Ok(false);
        }
    };
    let mark = if answer.status().is_success() { "✓" } else { "✗" };
    println!("{}", shown::coloured(&format!("{mark} {} in {} ms", answer.status(), started.elapsed().as_millis())));
    let mut text = Vec::new();
    if answer.body_mut().as_reader().take(SHOWN).read_to_end(&mut text).is_ok() && !text.is_empty() {
        println!("{}", shown::plain(&String::from_utf8_lossy(&text)));
    }
    Ok(answer.status().is_success())
}

fn signed(configured: &Configured, message: &Message, url: &str) -> Result<Request<Vec<u8>>, String> {
    let provider = configured.lenient(url)?;
    if provider.schemes().iter().all(|scheme| scheme.algorithm() != Algorithm::Hmac) {
        let (name, algorithm) = (provider.name(), provider.scheme().algorithm());
        return Err(format!("{name} signs with a private key ({algorithm}), and only shared secrets are read here"));
    }
    let signer = provider.signer(configured.secrets()?.secret()?).map_err(|error| error.to_string())?;
    let now = message.at.unwrap_or_else(OffsetDateTime::now_utc);
    let id = match &message.id {
        Some(id) => id.clone(),
        None => hookseal::event_id("evt_").map_err(|error| error.to_string())?,
    };
    let body = body(&provider, message, &id, now)?;
    let mut request = Request::post(url).header("content-type", "application/json");
    for line in &message.headers {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is no header: it has no colon"))?;
        request = request.header(name.trim(), value.trim());
    }
    let mut request = request.body(body).map_err(|error| error.to_string())?;
    signer.sign_request_at(&mut request, &id, now).map_err(|error| error.to_string())?;
    Ok(request)
}

/// The given body, or an event as the provider writes it.
fn body(provider: &Provider, message: &Message, id: &str, now: OffsetDateTime) -> Result<Vec<u8>, String> {
    if let Some(text) = &message.body {
        return Ok(text.clone().into_bytes());
    }
    if let Some(path) = &message.body_file {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            return Ok(bytes);
        }
        return fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    }
    let first = provider.event_types().next().unwrap_or("test");
    let event_type = message.event_type.as_deref().unwrap_or(first);
    let event = Event::new(event_type, json!({ "test": true })).with_id(id).with_time(now);
    let written = provider.encode(&event);
    Ok(written
        .unwrap_or_else(|_| json!({ "id": id, "type": event_type, "data": { "test": true } }).to_string().into_bytes()))
}
