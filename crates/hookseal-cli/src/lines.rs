//! For programs: one JSON object a line on standard input, one a line on standard output, in order.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::Scheme;
use hookseal::diagnose::{self, Captured, Diagnose, Diagnosis};
use hookseal::provider;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// A request, as in the lines of the project's vectors.
#[derive(Deserialize)]
pub(crate) struct Line {
    #[serde(default = "post")]
    method: String,
    #[serde(default)]
    url: String,
    headers: HeaderList,
    body_b64: String,
    now_unix: Option<i64>,
}

/// A list of `[name, value]`, or an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum HeaderList {
    List(Vec<(String, String)>),
    Object(BTreeMap<String, Several>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Several {
    One(String),
    Many(Vec<String>),
}

impl HeaderList {
    fn pairs(&self) -> Vec<(String, String)> {
        match self {
            HeaderList::List(list) => list.clone(),
            HeaderList::Object(object) => object
                .iter()
                .flat_map(|(name, values)| {
                    let values = match values {
                        Several::One(value) => std::slice::from_ref(value),
                        Several::Many(values) => values.as_slice(),
                    };
                    values.iter().map(|value| (name.clone(), value.clone()))
                })
                .collect(),
        }
    }
}

fn post() -> String {
    "POST".to_owned()
}

#[derive(Deserialize)]
struct ToDiagnose {
    provider: String,
    scheme: Option<Scheme>,
    secrets: Vec<String>,
    #[serde(flatten)]
    request: Line,
}

#[derive(Deserialize)]
struct ToInfer {
    secret: String,
    deliveries: Vec<Line>,
}

impl Line {
    pub(crate) fn captured(&self) -> Result<Captured, String> {
        let body = STANDARD.decode(&self.body_b64).map_err(|error| format!("body_b64: {error}"))?;
        Ok(Captured::new(&self.method, &self.url, self.headers.pairs(), body))
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.now_unix.and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
        now.unwrap_or_else(OffsetDateTime::now_utc)
    }
}

/// Answers each line. A line that cannot be read is answered with `{"error": …}`.
pub(crate) fn answer(each: fn(&str) -> Result<Value, String>) -> io::Result<()> {
    let (input, mut output) = (io::stdin().lock(), io::stdout().lock());
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = each(&line).unwrap_or_else(|error| json!({ "error": error }));
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

pub(crate) fn diagnose(line: &str) -> Result<Value, String> {
    let line: ToDiagnose = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let mut secrets = line.secrets.into_iter();
    let secret = secrets.next().ok_or("secrets: there is none")?;
    let mut diagnose = match (line.scheme, line.provider.as_str()) {
        (Some(scheme), "custom") => Diagnose::for_scheme(scheme, secret).map_err(|error| error.to_string())?,
        (None, "custom") => return Err("scheme: a custom provider needs one".to_owned()),
        (_, name) => {
            let provider =
                provider::by_name(name).ok_or_else(|| format!("provider: `{name}` is not in the catalogue"))?;
            Diagnose::new(provider, secret)
        }
    };
    for (number, other) in (2..).zip(secrets) {
        diagnose = diagnose.with_other_secret(format!("secret {number}"), other);
    }
    let diagnosis = diagnose.run_at(&line.request.captured()?, line.request.now());
    Ok(short(&diagnosis))
}

/// The verdict and the codes.
fn short(diagnosis: &Diagnosis) -> Value {
    let causes: Vec<&str> = diagnosis.causes().iter().map(|cause| cause.code().as_str()).collect();
    let milliseconds = (diagnosis.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    json!({ "verdict": diagnosis.verdict().as_str(), "causes": causes, "macs": diagnosis.macs(), "ms": milliseconds })
}

pub(crate) fn infer(line: &str) -> Result<Value, String> {
    let line: ToInfer = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let captured =
        line.deliveries.iter().map(|one| Ok((one.captured()?, one.now()))).collect::<Result<Vec<_>, String>>()?;
    let (last, earlier) = match captured.split_last() {
        Some((only, [])) => (None, std::slice::from_ref(only)),
        Some((last, earlier)) => (Some(last), earlier),
        None => return Err("deliveries: there is none".to_owned()),
    };
    let not_found = json!({ "found": false, "headers": null, "covers": null, "digest": null, "secret_form": null, "accepts_next": null });
    let Some((first, first_time)) = earlier.first() else { return Ok(not_found) };
    let mut inferred = diagnose::infer_at(first, &line.secret, *first_time);
    if inferred.readings().len() > 1
        && let Some((second, time)) = earlier.get(1)
    {
        inferred = inferred.resolve_at(second, *time);
    }
    let Some(reading) = inferred.readings().first() else { return Ok(not_found) };
    let scheme = reading.scheme();
    let accepts = last.map(|(next, time)| reading.accepts_at(next, *time));
    Ok(json!({
        "found": true,
        "headers": scheme.headers(),
        "covers": scheme.covers(),
        "digest": scheme.digest(),
        "secret_form": scheme.secret_form(),
        "accepts_next": accepts,
    }))
}
