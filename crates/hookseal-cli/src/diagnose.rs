use std::path::Path;

use hookseal::diagnose::{Captured, Diagnose, Diagnosis, Verdict};
use hookseal::provider::Provider;
use time::OffsetDateTime;

use crate::capture;
use crate::configured::{Configured, Secrets};
use crate::shown;

/// Whether the first request of a capture is accepted, and why not.
pub(crate) fn run(
    configured: &Configured,
    path: &Path,
    at: Option<OffsetDateTime>,
    json: bool,
    no_excerpts: bool,
) -> Result<bool, String> {
    let captures = capture::read(path)?;
    let capture = captures.first().ok_or("no request is in it")?;
    let now = at.or(capture.time).unwrap_or_else(OffsetDateTime::now_utc);
    let diagnosis = examine(&configured.provider()?, &configured.secrets()?, &capture.request, now, no_excerpts);
    if json {
        println!("{}", shown::diagnosis(&diagnosis));
    } else {
        let name = configured.provider()?.name().to_owned();
        let request = &capture.request;
        let line = format!("{name} · {} {} · body {} bytes", request.method(), request.url(), request.body().len());
        println!("{}\n", shown::plain(&line));
        println!("{}", shown::coloured(&shown::plain(&diagnosis.to_string())));
    }
    Ok(diagnosis.verdict() == Verdict::Accepted)
}

pub(crate) fn examine(
    provider: &Provider,
    secrets: &Secrets,
    request: &Captured,
    now: OffsetDateTime,
    no_excerpts: bool,
) -> Diagnosis {
    let mut diagnose = Diagnose::new(provider, secrets.untrimmed.as_str());
    for (name, secret) in &secrets.others {
        diagnose = diagnose.with_other_secret(name.as_str(), secret.as_str());
    }
    if no_excerpts {
        diagnose = diagnose.without_excerpts();
    }
    diagnose.run_at(request, now)
}
