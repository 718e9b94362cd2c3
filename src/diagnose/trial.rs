//! Signatures that cannot be looked up in a table of MACs: those of private keys, and tokens. Each hypothesis is a request, a
//! key and a scheme that the verifier itself accepts or refuses.

use std::time::Instant;

use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::error::{ConfigError, VerifyError};
use crate::keyring::Keyring;
use crate::provider::Provider;
use crate::request::{RequestLine, percent_decoded};
use crate::scheme::{Extent, Scheme};
use crate::secret::Secret;
use crate::verify::Verifier;

use super::body::{self, Frequent};
use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::content;
use super::explain;
use super::json::Json;
use super::key::{self, Secrets};
use super::moment;
use super::sample::{self, Half};
use super::search::Limits;
use super::url;

/// What a verification counts for in a budget of hashed bytes: it takes about as long.
const VERIFICATION: u64 = 64 << 10;

/// Whether a provider's requests are judged in this way, with such a key.
pub(super) fn applies(provider: &Provider, key: &str) -> bool {
    let schemes = provider.schemes();
    schemes.iter().all(|scheme| scheme.algorithm() != Algorithm::Hmac || is_token(scheme)) || is_public(provider, key)
}

fn is_token(scheme: &Scheme) -> bool {
    scheme.headers().contains("{jw") || scheme.body().contains("{jw")
}

/// Whether a key's text is that of a public key, for this provider.
pub(super) fn is_public(provider: &Provider, text: &str) -> bool {
    let has =
        |is_hmac: bool| provider.schemes().iter().any(|scheme| (scheme.algorithm() == Algorithm::Hmac) == is_hmac);
    let bare = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}'));
    has(false)
        && (!has(true)
            || ["-----BEGIN ", "whpk_", "{", "MFkw", "MCow", "MIIB", "MIIC"]
                .iter()
                .any(|front| bare.starts_with(front)))
}

/// The key or keys that a program has that is configured so.
pub(super) fn keyring(provider: &Provider, text: &str) -> Result<Keyring, ConfigError> {
    if is_public(provider, text) {
        return Keyring::read_public(text);
    }
    Ok(Secret::new(text)?.allow_short().into())
}

/// A verifier for what a provider sends, with a key as text.
pub(super) fn verifier(provider: &Provider, key: &str, request: &Captured) -> Result<Verifier, ConfigError> {
    let keys = keyring(provider, key)?;
    let provider = provider.accept(Extent::Nothing);
    let provider = match provider.public_url() {
        None => provider.with_public_url(request.url().to_owned()).unwrap_or(provider),
        Some(_) => provider,
    };
    provider.verifier(keys)
}

/// A hypothesis that the verifier accepts.
pub(super) struct Accepted {
    pub(super) causes: Vec<Cause>,
    /// `None` for the body as it is.
    pub(super) body: Option<Vec<u8>>,
    /// Where the configured one is wrong.
    pub(super) scheme: Option<Scheme>,
    /// What was right.
    pub(super) told: String,
}

/// Everything of a hypothesis but the body.
struct Setup {
    verifier: Verifier,
    request: Captured,
    causes: Vec<Cause>,
    scheme: Option<Scheme>,
}

pub(super) struct Trial<'t> {
    provider: &'t Provider,
    secrets: &'t Secrets,
    request: &'t Captured,
    now: OffsetDateTime,
    json: Option<Json>,
    limits: Limits,
    started: Instant,
    pub(super) verifications: u64,
    pub(super) bytes: u64,
}

impl<'t> Trial<'t> {
    pub(super) fn new(
        provider: &'t Provider,
        secrets: &'t Secrets,
        request: &'t Captured,
        now: OffsetDateTime,
        limits: Limits,
    ) -> Trial<'t> {
        let json = Json::read(request.body());
        Trial { provider, secrets, request, now, json, limits, started: Instant::now(), verifications: 0, bytes: 0 }
    }

    pub(super) fn json(&self) -> Option<&Json> {
        self.json.as_ref()
    }

    fn is_over(&self) -> bool {
        self.bytes > self.limits.bytes || self.started.elapsed() > self.limits.time
    }

    /// The simplest hypothesis that is accepted: one difference first, then a key, a header, a URL or a scheme with a body.
    pub(super) fn run(&mut self) -> Option<Accepted> {
        let (base, renamed) = self.with_own_names();
        let mut setups = self.setups(&base, &renamed);
        let configured =
            setups.first().is_some_and(|setup| setup.causes.len() == renamed.len() && setup.scheme.is_none());
        let found = setups.iter().find_map(|setup| self.accepts(setup, None));
        if found.is_some() {
            return found;
        }
        let others = setups.split_off(usize::from(configured));
        setups
            .first()
            .and_then(|setup| self.with_bodies(setup, true))
            .or_else(|| others.iter().find_map(|setup| self.with_bodies(setup, false)))
    }

    fn with_bodies(&mut self, setup: &Setup, with_rare: bool) -> Option<Accepted> {
        let json = self.json.take();
        let (mut frequent, mut place, mut found) = (Frequent::default(), 0, None);
        while found.is_none()
            && !self.is_over()
            && let Some(body) = frequent.get(self.request, json.as_ref(), place)
        {
            place += 1;
            found = self.accepts(setup, Some((&body.bytes, &body.causes)));
        }
        drop(frequent);
        if with_rare {
            let rewritings = json.iter().flat_map(|json| body::rewritings(self.request.body(), json));
            let mut rare = body::tampered(self.request.body(), json.as_ref()).chain(rewritings);
            while found.is_none()
                && !self.is_over()
                && let Some(body) = rare.next()
            {
                found = self.accepts(setup, Some((&body.bytes, &body.causes)));
            }
        }
        self.json = json;
        if let Some(found) = &mut found
            && let Some(body) = &found.body
            && explain::is_altered(&found.causes, body, self.json.as_ref())
        {
            found.causes = vec![explain::altered()];
        }
        if let Some(found) = &mut found
            && let Some(altered) = found.causes.iter().find(|cause| cause.code() == Code::BodyAltered).cloned()
        {
            found.causes = vec![altered];
        }
        found
    }

    fn accepts(&mut self, setup: &Setup, body: Option<(&Vec<u8>, &Vec<Cause>)>) -> Option<Accepted> {
        let bytes = body.map_or(self.request.body(), |(body, _)| body.as_slice());
        let mut causes = setup.causes.clone();
        causes.extend(body.into_iter().flat_map(|(_, causes)| causes.clone()));
        match self.judge(setup, bytes, self.now) {
            Ok(()) => {}
            // The time is judged with the rest: is it all that is wrong?
            Err(VerifyError::TooOld { seconds }) => {
                let then = self.now.checked_sub(seconds_of(seconds))?;
                self.judge(setup, bytes, then).ok()?;
                causes.push(moment::old(seconds));
            }
            Err(VerifyError::TooNew { seconds }) => {
                let then = self.now.checked_add(seconds_of(seconds))?;
                self.judge(setup, bytes, then).ok()?;
                causes.push(moment::ahead(seconds));
            }
            Err(_) => return None,
        }
        let scheme = setup.scheme.as_ref().or_else(|| self.provider.schemes().iter().find(|scheme| is_token(scheme)));
        let scheme = scheme.unwrap_or_else(|| self.provider.scheme());
        let told = match is_token(scheme) {
            true => "The verifier accepts the token, its claims and the body so".to_owned(),
            false => format!(
                "The verifier accepts the {} signature of `{}` so",
                scheme.algorithm(),
                scheme.covers().replace('\n', "\\n")
            ),
        };
        causes.sort_by_key(Cause::code);
        causes.dedup_by_key(|cause| cause.code());
        Some(Accepted { causes, body: body.map(|(body, _)| body.clone()), scheme: setup.scheme.clone(), told })
    }

    fn judge(&mut self, setup: &Setup, body: &[u8], now: OffsetDateTime) -> Result<(), VerifyError> {
        if self.is_over() {
            return Err(VerifyError::NoMatch);
        }
        self.verifications += 1;
        self.bytes += VERIFICATION + body.len() as u64;
        let line = RequestLine { method: setup.request.method(), query: setup.request.query() };
        setup.verifier.open(Some(line), setup.request.pairs(), Some(now))?.judge(body).map(drop)
    }

    /// The request with the scheme's names for headers that arrive under others.
    fn with_own_names(&self) -> (Captured, Vec<Cause>) {
        let (mut request, mut causes) = (self.request.clone(), Vec::new());
        let schemes = self.provider.schemes();
        let covered = schemes.iter().flat_map(|scheme| scheme.covers().split("{header:").skip(1));
        let covered = covered.filter_map(|rest| rest.split('}').next());
        let covered = covered.map(|name| sample::Line { half: Half::Header, names: vec![name], value: "" });
        for line in schemes.iter().flat_map(sample::lines).chain(covered).filter(|line| line.half == Half::Header) {
            let Some(own) = line.names.first() else { continue };
            if request.headers().any(|(name, _)| line.is_named(name)) {
                continue;
            }
            let place = request.headers().position(|(name, _)| line.is_renamed(name));
            if let Some(place) = place {
                request = request.with_header(place, own, None);
                causes = vec![content::renamed(own)];
            }
        }
        (request, causes)
    }

    /// As configured, if that is a key; then with one difference each.
    fn setups(&self, request: &Captured, renamed: &[Cause]) -> Vec<Setup> {
        let mut setups = Vec::new();
        let mut add =
            |provider: &Provider, key: &str, request: &Captured, causes: Vec<Cause>, scheme: Option<Scheme>| {
                if let Ok(verifier) = verifier(provider, key, request) {
                    let causes = [renamed, &causes].concat();
                    setups.push(Setup { verifier, request: request.clone(), causes, scheme });
                }
            };
        let own = self.secrets.text.as_str();
        add(self.provider, own, request, Vec::new(), None);
        for (text, causes) in self.keys() {
            add(self.provider, &text, request, causes, None);
        }
        for (request, cause) in self.repaired(request) {
            add(self.provider, own, &request, vec![cause], None);
        }
        let is_of_url =
            |scheme: &Scheme| ["{url", "{path", "{target", "{query"].iter().any(|word| scheme.covers().contains(word));
        if self.provider.schemes().iter().any(is_of_url) {
            for candidate in url::candidates(request).into_iter().filter(|candidate| candidate.cause.is_some()) {
                let url = candidate.text();
                let base = url.split('?').next().unwrap_or_default().to_owned();
                let Ok(provider) = self.provider.with_public_url(base) else { continue };
                add(&provider, own, &request.with_url(url), candidate.cause.into_iter().collect(), None);
            }
        }
        for scheme in self.provider.schemes() {
            for (scheme, cause) in variants(scheme) {
                if let Ok(provider) = Provider::new("custom", scheme.clone()) {
                    add(&provider, own, request, vec![cause], Some(scheme));
                }
            }
        }
        setups
    }

    /// Other texts of the key. What is wrong is told of a key, where it is a public one.
    fn keys(&self) -> Vec<(Zeroizing<String>, Vec<Cause>)> {
        let mut all = key::texts(self.secrets);
        if !is_public(self.provider, &self.secrets.text) {
            let forms: Vec<_> = self.provider.schemes().iter().map(Scheme::secret_form).collect();
            let is_fit = |text: &str| forms.iter().any(|form| key::is_long_enough(text, *form));
            all.retain(|(text, _)| is_fit(text));
            return all;
        }
        let lines = self.secrets.text.replace("\\r", "").replace("\\n", "\n");
        let told = "The line ends of the configured secret are written out, as `\\n`";
        all.insert(0, (Zeroizing::new(lines), vec![Cause::new(Code::SecretWhitespace, told)]));
        for cause in all.iter_mut().flat_map(|(_, causes)| causes) {
            *cause = Cause::new(cause.code(), cause.text().replace("secret", "key"));
        }
        all
    }

    /// The request as it was before one mistake about the values of the scheme's headers.
    fn repaired(&self, request: &Captured) -> Vec<(Captured, Cause)> {
        type Repair = fn(&str) -> Option<String>;
        let repairs: [(Repair, &str); 3] = [
            (|text| Some(text.trim().trim_matches(['"', '\'']).to_owned()), "is in quotation marks"),
            (|text| percent_decoded(text.replace('+', "%2B").as_bytes()), "is percent-encoded"),
            (|text| Some(text.replace(' ', "+")), "was decoded like a URL: `+` became a blank"),
        ];
        let lines: Vec<_> = self.provider.schemes().iter().flat_map(sample::lines).collect();
        let mut found = Vec::new();
        for (place, (name, value)) in request.headers().enumerate() {
            let (true, Ok(text)) =
                (lines.iter().any(|line| line.half == Half::Header && line.is_named(name)), std::str::from_utf8(value))
            else {
                continue;
            };
            for (repair, what) in repairs {
                if let Some(new) = repair(text).filter(|new| new != text) {
                    let cause =
                        Cause::new(Code::HeaderValue, format!("The value of `{}` {what}", name.to_ascii_lowercase()));
                    found.push((request.with_header(place, name, Some(new)), cause));
                }
            }
        }
        found
    }
}

fn seconds_of(count: u64) -> Duration {
    Duration::seconds(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Schemes that differ in how the signature is written, what it is made with, or the unit of the time.
fn variants(scheme: &Scheme) -> Vec<(Scheme, Cause)> {
    const ENCODINGS: [(&str, &str); 3] =
        [("{hex}", "hex"), ("{base64}", "padded base64"), ("{base64url}", "unpadded base64 for URLs")];
    let mut found = Vec::new();
    let with_headers = |from: &str, to: &str| {
        let head = scheme.headers().replace(from, to);
        let text = if scheme.body().is_empty() { head } else { format!("{head}\n\n{}", scheme.body()) };
        let mut new = Scheme::try_new(text, scheme.covers().to_owned()).ok()?;
        new =
            new.with_algorithm(scheme.algorithm()).with_digest(scheme.digest()).with_secret_form(scheme.secret_form());
        new = if scheme.over_digest() { new.with_over_digest() } else { new };
        new = scheme.past().map_or_else(|| new.clone().with_any_past(), |seconds| new.clone().with_past(seconds));
        Some(scheme.future().map_or_else(|| new.clone().with_any_future(), |seconds| new.clone().with_future(seconds)))
    };
    let mut encoded = vec![(scheme.clone(), None)];
    if let Some((own, _)) = ENCODINGS.iter().find(|(word, _)| scheme.headers().contains(word)) {
        for (word, name) in ENCODINGS.iter().filter(|(word, _)| word != own) {
            let told = format!("The signature is written in {name}, the scheme says `{own}`");
            encoded.extend(with_headers(own, word).map(|new| (new, Some(Cause::new(Code::SchemeEncoding, told)))));
        }
    }
    let (other, code, told) = match scheme.algorithm() {
        Algorithm::P256 => (
            Some(Algorithm::P256Fixed),
            Code::SchemeEncoding,
            "The signature has 64 fixed bytes (P1363), the scheme says DER",
        ),
        Algorithm::P256Fixed => (
            Some(Algorithm::P256),
            Code::SchemeEncoding,
            "The signature is in DER, the scheme says 64 fixed bytes (P1363)",
        ),
        Algorithm::RsaSha256 => (
            Some(Algorithm::RsaSha512),
            Code::SchemeDigest,
            "The signature was made with SHA-512, the scheme says SHA-256",
        ),
        Algorithm::RsaSha512 => (
            Some(Algorithm::RsaSha256),
            Code::SchemeDigest,
            "The signature was made with SHA-256, the scheme says SHA-512",
        ),
        _ => (None, Code::SchemeDigest, ""),
    };
    for (new, cause) in &encoded {
        found.extend(cause.clone().map(|cause| (new.clone(), cause)));
        found.extend(other.map(|other| (new.clone().with_algorithm(other), Cause::new(code, told))));
    }
    for (own, other, told) in [
        ("{timestamp}", "{timestamp:ms}", "The signed time is in milliseconds, and the scheme expects seconds"),
        ("{timestamp:ms}", "{timestamp}", "The signed time is in seconds, and the scheme expects milliseconds"),
    ] {
        if scheme.headers().contains(own) {
            found.extend(with_headers(own, other).map(|new| (new, Cause::new(Code::TimeUnit, told))));
        }
    }
    let is_public = !matches!(scheme.algorithm(), Algorithm::Hmac) && !is_token(scheme);
    if is_public && !scheme.over_digest() {
        let told = "The signature is of the SHA-256 hash of the content, the scheme says of the content";
        found.push((scheme.clone().with_over_digest(), Cause::new(Code::SchemeContent, told)));
    }
    found
}
