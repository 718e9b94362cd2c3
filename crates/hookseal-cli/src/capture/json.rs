//! Captures in JSON: HAR, ngrok, webhook.site, events of AWS Lambda, and the lines of this project's own tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::diagnose::Captured;
use serde_json::{Deserializer, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Capture, raw};

pub(super) fn parse(text: &[u8]) -> Result<Vec<Capture>, String> {
    let mut found = Vec::new();
    for value in Deserializer::from_slice(text).into_iter::<Value>() {
        let value = value.map_err(|error| format!("this is not JSON: {error}"))?;
        add(&value, &mut found)?;
    }
    Ok(found)
}

fn add(value: &Value, found: &mut Vec<Capture>) -> Result<(), String> {
    let list = [&value["log"]["entries"], &value["requests"], &value["data"], &value["deliveries"]];
    if let Some(items) = value.as_array().or_else(|| list.into_iter().find_map(Value::as_array)) {
        return items.iter().try_for_each(|item| add(item, found));
    }
    found.push(one(value)?);
    Ok(())
}

fn one(value: &Value) -> Result<Capture, String> {
    if value.get("body_b64").is_some() {
        let body = decoded(&value["body_b64"])?;
        let time = value["now_unix"].as_i64().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
        return Ok(Capture { request: request(value, text(value, &["url"]), body), time });
    }
    if let Some(raw) = value["request"]["raw"].as_str() {
        let bytes = STANDARD.decode(raw).map_err(|error| format!("raw: {error}"))?;
        return Ok(Capture { request: raw::parse(&bytes)?, time: date(&value["start"]) });
    }
    if let Some(har) = value.get("request") {
        let body = match har["postData"]["encoding"].as_str() {
            Some("base64") => decoded(&har["postData"]["text"])?,
            _ => har["postData"]["text"].as_str().unwrap_or_default().into(),
        };
        return Ok(Capture {
            request: request(har, text(har, &["url", "uri"]), body),
            time: date(&value["startedDateTime"]),
        });
    }
    let is_lambda =
        value.get("isBase64Encoded").is_some() || value.get("httpMethod").is_some() || value.get("rawPath").is_some();
    if is_lambda {
        return lambda(value);
    }
    if value.get("content").is_some() || value.get("headers").is_some() {
        let body = value["content"].as_str().or(value["body"].as_str()).unwrap_or_default();
        let request = request(value, text(value, &["url", "uri"]), body.into());
        return Ok(Capture { request, time: date(&value["created_at"]) });
    }
    Err("this JSON is no form of a request that is known".to_owned())
}

fn lambda(event: &Value) -> Result<Capture, String> {
    let body = match event["isBase64Encoded"].as_bool() {
        Some(true) => decoded(&event["body"])?,
        _ => event["body"].as_str().unwrap_or_default().into(),
    };
    let context = &event["requestContext"];
    let path = text(event, &["rawPath", "path"]);
    let path = if path.is_empty() { context["http"]["path"].as_str().unwrap_or("/").to_owned() } else { path };
    let query = match (event["rawQueryString"].as_str(), event["queryStringParameters"].as_object()) {
        (Some(query), _) => query.to_owned(),
        (None, Some(parameters)) => {
            let pairs = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)));
            pairs.collect::<Vec<_>>().join("&")
        }
        (None, None) => String::new(),
    };
    let mut url = path;
    if !query.is_empty() {
        url = format!("{url}?{query}");
    }
    if let Some(host) = context["domainName"].as_str() {
        url = format!("https://{host}{url}");
    }
    let several = &event["multiValueHeaders"];
    let headers = pairs(if several.is_object() { several } else { &event["headers"] });
    let method = event["httpMethod"].as_str().or(context["http"]["method"].as_str()).unwrap_or("POST");
    Ok(Capture::new(Captured::new(method, url, headers, body)))
}

fn request(value: &Value, url: String, body: Vec<u8>) -> Captured {
    Captured::new(value["method"].as_str().unwrap_or("POST"), url, pairs(&value["headers"]), body)
}

/// Headers as a list of `[name, value]` or of `{"name": …, "value": …}`, or as an object of texts or lists.
fn pairs(headers: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut push = |name: &str, value: &Value| match value {
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        Value::Array(all) => {
            found.extend(all.iter().filter_map(Value::as_str).map(|text| (name.to_owned(), text.to_owned())));
        }
        Value::Number(number) => found.push((name.to_owned(), number.to_string())),
        _ => {}
    };
    match headers {
        Value::Array(all) => {
            for header in all {
                let name = header[0].as_str().or(header["name"].as_str()).unwrap_or_default();
                push(name, if header.is_array() { &header[1] } else { &header["value"] });
            }
        }
        Value::Object(all) => all.iter().for_each(|(name, value)| push(name, value)),
        _ => {}
    }
    found
}

fn text(value: &Value, names: &[&str]) -> String {
    names.iter().find_map(|name| value[*name].as_str()).unwrap_or_default().to_owned()
}

fn decoded(value: &Value) -> Result<Vec<u8>, String> {
    STANDARD.decode(value.as_str().unwrap_or_default()).map_err(|error| format!("the body is not base64: {error}"))
}

fn date(value: &Value) -> Option<OffsetDateTime> {
    let text = value.as_str()?;
    let text = if text.contains('T') { text.to_owned() } else { format!("{}Z", text.replacen(' ', "T", 1)) };
    OffsetDateTime::parse(&text, &Rfc3339).ok()
}
