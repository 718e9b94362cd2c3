//! Requests in, verdicts out: checks captured traffic, and compares this crate with other libraries.
//!
//! - `cargo run --example conformance -- providers` lists the catalogue.
//! - `… -- verify` reads one JSON object per line, `{provider, secret, headers, method, url, body_b64, now_unix}`, and
//!   prints one line for each: `valid`, `invalid: <reason>` or `unsupported: <what>`.
//! - `… -- sign` reads `{provider, secret, id, body_b64, now_unix, method, url}` and prints `{"headers":{…}}` or
//!   `{"error":"…"}`.
//!
//! `headers` maps a name to its value, or to a list of values if the header occurred several times. Other fields are
//! ignored, except `x_extra`, which has settings that the sender of a webhook can choose: `hash`, `encoding` and
//! `tolerance` (Convoy), `primary` and `secondary` (Box, where a request is signed with both keys). Secrets may be
//! short here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hookseal::provider::{self, Provider};
use hookseal::{Digest, Keyring, Scheme, Secret, Signer, Verifier};
use serde::Deserialize;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Request {
    provider: String,
    secret: String,
    #[serde(default)]
    headers: BTreeMap<String, Values>,
    #[serde(default)]
    id: String,
    body_b64: String,
    now_unix: i64,
    x_extra: Option<Extra>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Extra {
    hash: Option<String>,
    encoding: Option<String>,
    tolerance: Option<u32>,
    primary: Option<String>,
    secondary: Option<String>,
}

/// Why there is no verdict, or no signature.
pub(crate) enum Refusal {
    Unsupported(String),
    Invalid(String),
}

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match std::env::args().nth(1).as_deref() {
        Some("providers") => {
            for provider in provider::ALL {
                writeln!(out, "{}", provider.name())?;
            }
        }
        Some("verify") => answer(&mut out, |line| match verify(line) {
            Ok(()) => "valid".to_owned(),
            Err(Refusal::Invalid(reason)) => format!("invalid: {reason}"),
            Err(Refusal::Unsupported(what)) => format!("unsupported: {what}"),
        })?,
        Some("sign") => answer(&mut out, |line| match sign(line) {
            Ok(headers) => serde_json::json!({ "headers": headers }).to_string(),
            Err(Refusal::Invalid(reason)) => serde_json::json!({ "error": reason }).to_string(),
            Err(Refusal::Unsupported(what)) => {
                serde_json::json!({ "error": format!("unsupported: {what}") }).to_string()
            }
        })?,
        _ => {
            eprintln!("usage: conformance providers | verify < requests.jsonl | sign < requests.jsonl");
            std::process::exit(2);
        }
    }
    out.flush()
}

fn answer(out: &mut impl Write, judge: impl Fn(&str) -> String) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", judge(&line))?;
        }
    }
    Ok(())
}

pub(crate) fn verify(line: &str) -> Result<(), Refusal> {
    let request = Request::read(line)?;
    let schemes = request.schemes()?;
    let keys = Keyring::new(secret(&request.secret)?);
    let verifier = match &schemes {
        Cow::Borrowed(_) => request.provider()?.verifier(keys),
        Cow::Owned(schemes) => Verifier::new(schemes[0].clone(), keys),
    };
    let mut headers = Vec::new();
    for (name, values) in &request.headers {
        match values {
            Values::One(value) => headers.push((name, value)),
            Values::Many(values) => headers.extend(values.iter().map(|value| (name, value))),
        }
    }
    let body = request.body()?;
    verifier.map_err(invalid)?.verify_at(&headers, &body, request.now()?).map_err(invalid)?;
    Ok(())
}

fn sign(line: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let request = Request::read(line)?;
    let signer = Signer::new(request.schemes()?[0].clone(), request.signing_keys()?).map_err(invalid)?;
    let headers = signer.sign_at(&request.id, &request.body()?, request.now()?).map_err(invalid)?;
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect())
}

impl Request {
    fn read(line: &str) -> Result<Request, Refusal> {
        serde_json::from_str(line).map_err(|error| Refusal::Unsupported(format!("this is not a request: {error}")))
    }

    fn provider(&self) -> Result<&'static Provider, Refusal> {
        provider::by_name(&self.provider).ok_or_else(|| Refusal::Unsupported(format!("provider {}", self.provider)))
    }

    /// The provider's schemes, or its first one with the settings of `x_extra`.
    fn schemes(&self) -> Result<Cow<'static, [Scheme]>, Refusal> {
        let schemes = self.provider()?.schemes();
        let Some(extra) = &self.x_extra else { return Ok(Cow::Borrowed(schemes)) };
        let mut scheme = schemes[0].clone();
        if let Some(encoding) = extra.encoding.as_deref().filter(|encoding| *encoding != "hex") {
            let headers = scheme.headers().replace("{hex}", &format!("{{{encoding}}}"));
            scheme = Scheme::try_new(headers, scheme.covers().to_owned()).map_err(invalid)?;
        }
        match extra.hash.as_deref() {
            None | Some("SHA256") => {}
            Some("SHA512") => scheme = scheme.with_digest(Digest::Sha512),
            Some(other) => return Err(Refusal::Unsupported(format!("hash {other}"))),
        }
        if let Some(seconds) = extra.tolerance {
            scheme = scheme.with_past(seconds).with_future(seconds);
        }
        if extra.hash.is_none() && extra.encoding.is_none() && extra.tolerance.is_none() {
            return Ok(Cow::Borrowed(schemes));
        }
        Ok(Cow::Owned(vec![scheme]))
    }

    fn signing_keys(&self) -> Result<Keyring, Refusal> {
        match &self.x_extra {
            Some(Extra { primary: Some(primary), secondary: Some(secondary), .. }) => {
                Keyring::new(secret(primary)?).with_previous(secret(secondary)?).map_err(invalid)
            }
            _ => Ok(Keyring::new(secret(&self.secret)?)),
        }
    }

    fn body(&self) -> Result<Vec<u8>, Refusal> {
        BASE64.decode(&self.body_b64).map_err(|error| Refusal::Unsupported(format!("body_b64: {error}")))
    }

    fn now(&self) -> Result<OffsetDateTime, Refusal> {
        OffsetDateTime::from_unix_timestamp(self.now_unix)
            .map_err(|error| Refusal::Unsupported(format!("now_unix: {error}")))
    }
}

fn secret(text: &str) -> Result<Secret, Refusal> {
    Ok(Secret::new(text).map_err(invalid)?.allow_short())
}

fn invalid(error: impl std::fmt::Display) -> Refusal {
    Refusal::Invalid(error.to_string())
}
