//! From a match to what is wrong: the place and spelling of the MAC, the time, the meaning of the body.

use time::OffsetDateTime;

use crate::error::VerifyError;
use crate::provider;
use crate::scheme::Scheme;

use super::cause::Cause;
use super::code::Code;
use super::content::{self, Origin};
use super::json::Json;
use super::moment::{self, Moment};
use super::observed::{Damage, Place, Spelling};
use super::sample::{self, Half, Line};
use super::search::{Match, Search};

/// What is wrong, the most important first. Empty if nothing was found that explains the refusal.
pub(super) fn causes(
    found: &Match,
    search: &Search<'_>,
    refusal: Option<&VerifyError>,
    now: OffsetDateTime,
) -> Vec<Cause> {
    let body_causes = meaning(found, search);
    if let Some(altered) = body_causes.iter().find(|cause| cause.code() == Code::BodyAltered) {
        return vec![altered.clone()];
    }
    let mut causes = body_causes;
    causes.extend(found.key_causes.clone());
    causes.extend(found.content.causes.clone());
    if let Some(scheme) = search.scheme_of(&found.content) {
        causes.extend(origin(found, search, scheme));
        causes.extend(place(found, search, scheme));
        if let Some(time) = &found.content.time {
            let is_rewritten = causes.iter().any(|cause| cause.code() == Code::TimeRewritten);
            let judged = moment::judge(time, scheme, now);
            causes.extend(judged.into_iter().filter(|cause| !is_rewritten || cause.code() != Code::TimeUnit));
        }
    }
    if causes.is_empty() {
        match moved_border(found) {
            Some(true) => return vec![altered()],
            Some(false) => return Vec::new(),
            None => causes.extend(refused(refusal)),
        }
    }
    if causes.iter().any(|cause| cause.code() == Code::ProviderOther) {
        causes.retain(|cause| cause.code() != Code::HeaderRenamed);
    }
    causes.sort_by_key(Cause::code);
    causes.dedup_by_key(|cause| cause.code());
    causes
}

/// Whether what is read as the time begins or ends with bytes of its neighbour in the content, where nothing is between the
/// two. The MAC matches then, whoever moved the border: no accident does. True if the neighbour is the body.
fn moved_border(found: &Match) -> Option<bool> {
    const MOST: usize = 8;
    let text = &found.content.time.as_ref().filter(|time| Moment::read_rewritten(&time.text).is_none())?.text;
    let (before, after) = found.content.covers.split_once("{timestamp}")?;
    let is_time = |text: Option<&str>| text.is_some_and(|text| Moment::read(text).is_some());
    if before.ends_with('}') && (1..MOST).any(|count| is_time(text.get(count..))) {
        Some(before.ends_with("{body}"))
    } else if after.starts_with('{') && (1..MOST).any(|count| is_time(text.get(..text.len().saturating_sub(count)))) {
        Some(after.starts_with("{body}"))
    } else {
        None
    }
}

/// The body's causes, unless the body means something else than the one that was signed.
fn meaning(found: &Match, search: &Search<'_>) -> Vec<Cause> {
    match &found.body {
        Some(signed) if is_altered(&found.body_causes, signed, search.json.as_ref()) => vec![altered()],
        _ => found.body_causes.clone(),
    }
}

/// Whether what looks like a rewriting changed what the JSON means.
pub(super) fn is_altered(causes: &[Cause], signed: &[u8], verified: Option<&Json>) -> bool {
    // With another cause, the JSON that was written again is inside the body: its meaning is kept by how it is made.
    let is_rewritten = matches!(causes, [cause] if matches!(cause.code(), Code::BodyJson | Code::BodyNewline));
    is_rewritten && verified.is_some_and(|verified| Json::read(signed).is_some_and(|signed| !signed.means(verified)))
}

pub(super) fn altered() -> Cause {
    Cause::new(Code::BodyAltered, "The body says something else than what was signed")
}

fn origin(found: &Match, search: &Search<'_>, scheme: &Scheme) -> Vec<Cause> {
    match found.content.origin {
        // The user's own scheme for that provider: it is the scheme that is wrong.
        Origin::Preset(provider, place) if search.is_own_header(found) => {
            let preset = provider.schemes().get(place);
            let own = &search.schemes[0];
            let covers = preset.map(Scheme::covers).unwrap_or_default();
            let mut causes = Vec::new();
            if covers != own.covers() {
                let text =
                    format!("The signature covers `{}`, the scheme says `{}`", shown(covers), shown(own.covers()));
                causes.push(Cause::new(Code::SchemeContent, text));
            }
            if preset.is_some_and(|preset| preset.digest() != own.digest()) {
                let text = format!("The MAC was made with {}, the scheme says {}", found.content.digest, own.digest());
                causes.push(Cause::new(Code::SchemeDigest, text));
            }
            if preset.is_some_and(|preset| preset.secret_form() != own.secret_form()) {
                let form = preset.map(Scheme::secret_form).unwrap_or_default();
                causes.push(Cause::new(
                    Code::SecretForm,
                    format!("The key is the {form} form of the secret, the scheme says {}", own.secret_form()),
                ));
            }
            causes
        }
        Origin::Preset(provider, place) => {
            let preset = provider.schemes().get(place);
            let mut alike: Vec<&str> = provider::ALL
                .iter()
                .filter(|other| other.schemes().iter().any(|own| preset.is_some_and(|preset| signs_alike(own, preset))))
                .map(|other| other.name())
                .collect();
            let more = alike.len().saturating_sub(6);
            alike.truncate(6);
            let names = alike.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = if alike.len() == 1 {
                format!("This is a delivery of {names}")
            } else {
                format!("This is a delivery of one of {names}, which sign alike")
            };
            vec![Cause::new(Code::ProviderOther, text)]
        }
        Origin::Template => {
            let text = format!(
                "The signature covers `{}`, the scheme says `{}`",
                shown(&found.content.covers),
                shown(scheme.covers())
            );
            vec![Cause::new(Code::SchemeContent, text)]
        }
        Origin::Configured(_) if found.content.digest != scheme.digest() => {
            let text = format!("The MAC was made with {}, the scheme says {}", found.content.digest, scheme.digest());
            vec![Cause::new(Code::SchemeDigest, text)]
        }
        Origin::Configured(_) => Vec::new(),
    }
}

fn shown(covers: &str) -> String {
    covers.replace('\n', "\\n")
}

pub(super) fn signs_alike(one: &Scheme, other: &Scheme) -> bool {
    one.headers().eq_ignore_ascii_case(other.headers())
        && one.covers() == other.covers()
        && one.digest() == other.digest()
        && one.secret_form() == other.secret_form()
}

/// What is wrong with the header in which the MAC is.
fn place(found: &Match, search: &Search<'_>, scheme: &Scheme) -> Vec<Cause> {
    let request = search.request;
    let sighting = &found.sighting;
    let Place::Header(number) = sighting.place else { return Vec::new() };
    let Some((name, value)) = request.pairs().get(number) else { return Vec::new() };
    let lines = sample::lines(scheme);
    let line = lines.iter().find(|line| line.half == Half::Header && line.is_named(name) && has_mac(line));
    let mut causes = Vec::new();
    let own_digest = found.content.digest == scheme.digest();
    let line = match line {
        Some(line) => Some(line),
        None => {
            let line = lines.iter().find(|line| line.half == Half::Header && has_mac(line));
            if let Some(line) = line.filter(|_| own_digest) {
                causes.push(other_name(found, search, line, name));
            }
            line
        }
    };
    let Some(slot) = line.and_then(|line| line.slot(&["hex", "base64", "base64url"])) else { return causes };
    let is_foreign = causes.iter().any(|cause| cause.code() == Code::ProviderOther);
    if is_foreign {
        return causes;
    }
    let damage = |text: &str| {
        vec![Cause::new(Code::HeaderValue, format!("The value of `{}` {text}", name.to_ascii_lowercase()))]
    };
    match sighting.damage {
        Some(Damage::Quoted) if slot.prefix.starts_with(['"', '\'']) => {}
        Some(Damage::Quoted) => causes.extend(damage("is in quotation marks")),
        Some(Damage::Printed) => causes.extend(damage("is written as a program prints a list or bytes")),
        Some(Damage::PercentEncoded) => causes.extend(damage("is percent-encoded")),
        Some(Damage::Blank) => causes.extend(damage("was decoded like a URL: `+` became a blank")),
        Some(Damage::OtherCase) => causes.extend(damage("has all its letters in one case")),
        Some(Damage::Cut) => causes.extend(damage("was cut")),
        None => {}
    }
    if sighting.damage.is_some() {
        return causes;
    }
    let expected = match slot.placeholder.split('}').next().unwrap_or_default() {
        "{base64" => Spelling::Base64,
        "{base64url" => Spelling::Base64Url,
        _ => Spelling::Hex,
    };
    let is_unpadded = expected == Spelling::Base64
        && matches!(sighting.spelling, Spelling::Base64Mixed | Spelling::Base64Url)
        && !sighting.text.contains(['-', '_', '=']);
    if is_unpadded {
        causes.extend(damage("has lost its padding (`=`)"));
    } else if sighting.spelling != expected {
        let words = match sighting.spelling {
            Spelling::Hex => "hex",
            Spelling::Base64 => "padded base64",
            Spelling::Base64Url => "unpadded base64 for URLs",
            Spelling::Base64Mixed => "base64 in another alphabet or padding",
            Spelling::HexInBase64 => "the base64 of its hex digits",
            Spelling::Twice => "base64 that was encoded once more",
        };
        let text = format!(
            "The MAC is written in {words}, the scheme says `{}`",
            slot.placeholder.split_inclusive('}').next().unwrap_or_default()
        );
        causes.push(Cause::new(Code::SchemeEncoding, text));
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    let is_joined = text.split(',').map(str::trim).filter(|half| half.ends_with(sighting.text.as_str())).count() > 1;
    let is_list = slot.separator.is_some();
    if is_joined && !is_list {
        let text = format!("`{}` has two values, joined by a comma", name.to_ascii_lowercase());
        causes.push(Cause::new(Code::HeaderRepeated, text));
    } else if causes.is_empty()
        && own_digest
        && slot.read(text).is_none_or(|read| !read.contains(sighting.text.as_str()))
    {
        let what = match slot.prefix {
            "" => "has text in front of the signature".to_owned(),
            prefix => format!("does not have the signature after `{prefix}`"),
        };
        causes.extend(damage(&what));
    }
    causes
}

fn has_mac(line: &Line<'_>) -> bool {
    line.slot(&["hex", "base64", "base64url"]).is_some()
}

/// The MAC is in a header that the scheme does not have: renamed, or another provider's.
fn other_name(found: &Match, search: &Search<'_>, line: &Line<'_>, name: &str) -> Cause {
    let own = line.names.first().copied().unwrap_or_default();
    if line.is_renamed(name) {
        return content::renamed(own);
    }
    let alike: Vec<&str> = provider::ALL
        .iter()
        .filter(|provider| Some(provider.name()) != search.name)
        .filter(|provider| {
            provider.schemes().iter().any(|scheme| {
                scheme.covers() == found.content.covers
                    && sample::lines(scheme).iter().any(|line| has_mac(line) && line.is_named(name))
            })
        })
        .map(|provider| provider.name())
        .collect();
    let has_own = search.request.headers().any(|(name, _)| line.is_named(name));
    if !alike.is_empty() && !has_own {
        let text = match alike.as_slice() {
            [one] => format!("This is a delivery of {one}: the signature is in `{}`", name.to_ascii_lowercase()),
            several => format!(
                "This is a delivery of one of {}: the signature is in `{}`",
                several.iter().take(6).copied().collect::<Vec<_>>().join(", "),
                name.to_ascii_lowercase()
            ),
        };
        return Cause::new(Code::ProviderOther, text);
    }
    if has_own {
        let text = format!(
            "The value of `{}` is damaged; `{}` has the signature",
            own.to_ascii_lowercase(),
            name.to_ascii_lowercase()
        );
        return Cause::new(Code::HeaderValue, text);
    }
    let text =
        format!("The signature is in `{}`, the scheme says `{}`", name.to_ascii_lowercase(), own.to_ascii_lowercase());
    Cause::new(Code::HeaderRenamed, text)
}

/// The signature is right, and the verifier says why it refused nevertheless.
fn refused(refusal: Option<&VerifyError>) -> Vec<Cause> {
    let cause = match refusal {
        None => Cause::new(
            Code::SecretWhitespace,
            "The signature is right; the secret is refused because it begins or ends with white space, which is part of the \
             sender's key",
        ),
        Some(VerifyError::RepeatedHeader { header }) => {
            Cause::new(Code::HeaderRepeated, format!("The signature is right; `{header}` occurs more than once"))
        }
        Some(VerifyError::MixedHeaders { one, other }) => {
            let text = format!("The signature is right; `{one}` and `{other}` do not belong together");
            Cause::new(Code::HeaderRepeated, text)
        }
        Some(VerifyError::MissingHeader { header }) => {
            Cause::new(Code::HeaderMissing, format!("The signature is right; `{header}` is missing"))
        }
        Some(VerifyError::MalformedHeader { header, .. } | VerifyError::HeaderTooLong { header }) => Cause::new(
            Code::HeaderValue,
            format!("The signature is right; `{header}` does not have the form of the scheme"),
        ),
        Some(VerifyError::Malformed { place, problem }) if place == "the query" => {
            Cause::new(Code::Url, format!("The signature is right; {place} {problem}"))
        }
        Some(VerifyError::Malformed { place, problem }) if place == "the list of signed headers" => {
            Cause::new(Code::HeaderValue, format!("The signature is right; {place} {problem}"))
        }
        Some(_) => return Vec::new(),
    };
    vec![cause]
}
