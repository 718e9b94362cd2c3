//! The scheme that would have accepted a request, where the configured one was wrong.

use crate::scheme::Scheme;

use super::code::Code;
use super::content::Origin;
use super::moment::Moment;
use super::observed::{Place, Spelling};
use super::sample;
use super::search::{Match, Search};

/// `None` if the notation cannot say it. The caller checks that it accepts the request.
pub(super) fn scheme(found: &Match, search: &Search<'_>) -> Option<Scheme> {
    let configured = match found.content.origin {
        Origin::Preset(provider, place) if search.is_own_header(found) => {
            return provider.schemes().get(place).cloned();
        }
        Origin::Preset(..) => return None,
        _ => search.scheme_of(&found.content)?,
    };
    let mut headers = configured.headers().to_owned();
    let own = ["{hex}", "{base64}", "{base64url}"].into_iter().find(|word| headers.contains(word))?;
    let right = match found.sighting.spelling {
        Spelling::Hex => "{hex}",
        Spelling::Base64 => "{base64}",
        Spelling::Base64Url => "{base64url}",
        Spelling::Base64Mixed | Spelling::HexInBase64 | Spelling::Twice => return None,
    };
    headers = headers.replace(own, right);
    if let Some(time) = &found.content.time
        && let Some(moment) = Moment::read(&time.text)
        && !time.placeholder.is_empty()
    {
        let own = time.placeholder.split_inclusive('}').next()?;
        headers = headers.replace(own, moment.unit.placeholder());
    }
    if let Some(guess) = &found.guess {
        headers = with_values(headers, found, search, guess)?;
    }
    let lines = if configured.body().is_empty() { headers } else { format!("{headers}\n\n{}", configured.body()) };
    let mut scheme = Scheme::try_new(lines, found.content.covers.clone()).ok()?;
    scheme = scheme.with_digest(found.content.digest).with_secret_form(configured.secret_form());
    scheme = configured.past().map_or(scheme.clone().with_any_past(), |seconds| scheme.clone().with_past(seconds));
    Some(configured.future().map_or(scheme.clone().with_any_future(), |seconds| scheme.with_future(seconds)))
}

/// The header lines with the time and the id that the content needs, and the scheme does not have yet.
fn with_values(headers: String, found: &Match, search: &Search<'_>, guess: &super::template::Guess) -> Option<String> {
    let mut headers = headers;
    let covers = &found.content.covers;
    if let Some(time) = guess.time.as_ref().filter(|_| !headers.contains("{timestamp")) {
        let placeholder = time.unit?.placeholder();
        let in_signature = found.sighting.place == Place::Header(time.header);
        if in_signature {
            let (_, value) = search.request.pairs().get(time.header)?;
            let value = std::str::from_utf8(value).ok()?;
            let (own_time, own_mac) = (value.find(&time.text)?, value.find(&found.sighting.text)?);
            let between = value.get((own_time + time.text.len()).min(own_mac)..own_mac.max(own_time))?;
            let separator = between.chars().next().filter(|c| matches!(c, ',' | ';' | ' '))?;
            let line = sample::lines(&search.schemes.first()?.clone())
                .into_iter()
                .find(|line| line.slot(&["hex", "base64", "base64url"]).is_some())?
                .value
                .to_owned();
            let own = headers.lines().find(|text| text.ends_with(&line) || text.contains(['{']))?.to_owned();
            let (name, items) = own.split_once(':')?;
            let new = format!("{name}: {}{placeholder}{separator}{}", time.prefix, items.trim());
            headers = headers.replace(&own, &new);
        } else {
            let (name, _) = search.request.pairs().get(time.header)?;
            headers = format!("{name}: {placeholder}\n{headers}");
        }
    }
    if let Some(id) = guess.id.as_ref().filter(|_| covers.contains("{id}") && !headers.contains("{id}")) {
        let (name, _) = search.request.pairs().get(id.header)?;
        headers = format!("{name}: {{id}}\n{headers}");
    }
    if !covers.contains("{timestamp}") {
        headers = headers.lines().filter(|line| !line.contains("{timestamp")).collect::<Vec<_>>().join("\n");
    }
    Some(headers)
}

impl Code {
    /// Whether the scheme is what is wrong.
    pub(super) fn is_of_scheme(self) -> bool {
        matches!(self, Code::SchemeContent | Code::SchemeDigest | Code::SchemeEncoding | Code::TimeUnit)
    }
}
