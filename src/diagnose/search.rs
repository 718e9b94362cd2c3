//! The search: every hypothesis is one MAC and one lookup. Cheap and frequent ones come first.

use std::time::{Duration, Instant};

use crate::algorithm::Algorithm;
use crate::codec::base64_text;
use crate::mac::{Digest, Mac};
use crate::scheme::Scheme;
use crate::secret::SecretForm;

use super::body::{BodyCandidate, Frequent};
use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::content::{self, Content, Origin, Values};
use super::json::Json;
use super::key::{KeyCandidate, Keys, Secrets};
use super::moment::Moment;
use super::observed::{LENGTHS, Observed, Place, Sighting};
use super::sample::{self, Half};
use super::stages::{Filter, Lists};
use super::template::{self, Guess};
use super::url::{self, UrlCandidate};

/// A hypothesis that a MAC of the request proves.
pub(super) struct Match {
    pub(super) content: Content,
    pub(super) body_causes: Vec<Cause>,
    /// `None` for the body as it is.
    pub(super) body: Option<Vec<u8>>,
    pub(super) key_causes: Vec<Cause>,
    pub(super) key_length: usize,
    pub(super) sighting: Sighting,
    pub(super) guess: Option<Guess>,
}

/// How much may be spent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) bytes: u64,
    pub(super) time: Duration,
}

pub(super) struct Search<'s> {
    pub(super) request: &'s Captured,
    pub(super) schemes: &'s [Scheme],
    /// The configured provider, if it is one of the catalogue.
    pub(super) name: Option<&'s str>,
    pub(super) secrets: &'s Secrets,
    pub(super) json: Option<Json>,
    pub(super) observed: Observed,
    pub(super) digests: Vec<Digest>,
    limits: Limits,
    started: Instant,
    pub(super) macs: u64,
    pub(super) bytes: u64,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        request: &'s Captured,
        schemes: &'s [Scheme],
        name: Option<&'s str>,
        secrets: &'s Secrets,
        limits: Limits,
    ) -> Search<'s> {
        let reads_body = schemes.iter().any(|scheme| !scheme.body().is_empty());
        let observed = Observed::new(request, reads_body);
        let own: Vec<usize> = schemes.iter().map(|scheme| length_of(scheme.digest())).collect();
        let digests = observed.lengths(&own).into_iter().filter_map(digest_of).collect();
        Search {
            request,
            schemes,
            name,
            secrets,
            json: Json::read(request.body()),
            observed,
            digests,
            limits,
            started: Instant::now(),
            macs: 0,
            bytes: 0,
        }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.bytes > self.limits.bytes || self.macs.is_multiple_of(64) && self.started.elapsed() > self.limits.time
    }

    /// Whether one of the limits is reached. Asking the clock is worth it before work on a whole body, not before each MAC.
    pub(super) fn is_over(&self) -> bool {
        self.bytes > self.limits.bytes || self.started.elapsed() > self.limits.time
    }

    /// Whether a text that could be a MAC equals that of a content.
    pub(super) fn probe(
        &mut self,
        content: &Content,
        key: &KeyCandidate,
        body: Option<&BodyCandidate>,
    ) -> Option<Match> {
        if self.is_spent() {
            return None;
        }
        let bytes = body.map_or(self.request.body(), |body| body.bytes.as_slice());
        let pieces = content.pieces(bytes, key.text());
        self.macs += 1;
        self.bytes += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>() + 128;
        let plain: Mac;
        let mac = if content.is_plain() {
            plain = key.plain(content.digest);
            &plain
        } else {
            key.mac(content.digest)?
        };
        let tag = mac.probe(pieces.iter().map(AsRef::as_ref));
        let found = self.observed.find(tag.as_bytes());
        let sighting = self.best_sighting(&found, content)?.clone();
        Some(Match {
            content: content.clone(),
            body_causes: body.map(|body| body.causes.clone()).unwrap_or_default(),
            body: body.map(|body| body.bytes.clone()),
            key_causes: key.causes.clone(),
            key_length: key.text().len(),
            sighting,
            guess: None,
        })
    }

    /// The sighting that is most like the scheme's. None if the scheme's own header has another MAC: then somebody has
    /// changed it, and what another header says is no excuse.
    fn best_sighting<'f>(&self, found: &[&'f Sighting], content: &Content) -> Option<&'f Sighting> {
        let scheme = self.scheme_of(content);
        let is_own = |sighting: &&&Sighting| scheme.is_none_or(|scheme| self.is_in_line(sighting, scheme));
        if let Some(own) = found.iter().find(is_own) {
            return self.may_be_believed(own).then_some(*own);
        }
        let foreign = found.first()?;
        let own_is_whole = scheme.is_some_and(|scheme| {
            self.observed.all().any(|sighting| sighting.is_whole() && self.is_in_line(sighting, scheme))
        });
        (!own_is_whole).then_some(foreign)
    }

    /// Whether a match elsewhere than in the configured headers may be believed: these have no MAC of their own then.
    fn may_be_believed(&self, found: &Sighting) -> bool {
        let is_configured = |sighting: &Sighting| self.schemes.iter().any(|scheme| self.is_in_line(sighting, scheme));
        is_configured(found) || !self.observed.all().any(|sighting| sighting.is_whole() && is_configured(sighting))
    }

    pub(super) fn scheme_of(&self, content: &Content) -> Option<&Scheme> {
        match content.origin {
            Origin::Configured(place) => self.schemes.get(place),
            Origin::Preset(provider, place) => provider.schemes().get(place),
            Origin::Template => self.schemes.first(),
        }
    }

    /// Whether a MAC is where a scheme has one, also under another name.
    pub(super) fn is_in_line(&self, sighting: &Sighting, scheme: &Scheme) -> bool {
        sample::lines(scheme).iter().any(|line| {
            let has_mac = line.slot(&["hex", "base64", "base64url"]).is_some();
            has_mac
                && match &sighting.place {
                    Place::Header(number) => {
                        let name = self.request.pairs().get(*number).map(|(name, _)| name.as_str()).unwrap_or_default();
                        line.half == Half::Header && (line.is_named(name) || line.is_renamed(name))
                    }
                    Place::Query(name) => line.half == Half::Query && line.is_named(name),
                    Place::Body => line.half == Half::Body,
                }
        })
    }

    /// Whether the MAC is where a scheme of the user's own has one.
    pub(super) fn is_own_header(&self, found: &Match) -> bool {
        self.name.is_none() && self.schemes.first().is_some_and(|scheme| self.is_in_line(&found.sighting, scheme))
    }

    /// A place for a person.
    pub(super) fn name_of(&self, place: &Place) -> String {
        match place {
            Place::Header(number) => {
                let name =
                    self.request.pairs().get(*number).map(|(name, _)| name.to_ascii_lowercase()).unwrap_or_default();
                format!("`{name}`")
            }
            Place::Query(name) => format!("`?{name}`"),
            Place::Body => "the body".to_owned(),
        }
    }

    pub(super) fn run(&mut self) -> Option<Match> {
        if self.observed.is_empty() {
            return None;
        }
        let urls = url::candidates(self.request);
        let contents = self.configured(&urls);
        let (first, varied): (Vec<&Content>, Vec<&Content>) = {
            // Of listed headers there are many values, too many for what follows.
            let is_first = |content: &&Content| {
                let is_listed = content.covers.contains("{signed-headers");
                content
                    .causes
                    .iter()
                    .all(|cause| cause.code() == Code::HeaderRenamed || cause.code() == Code::HeaderValue && !is_listed)
            };
            (contents.iter().filter(is_first).collect(), contents.iter().filter(|content| !is_first(content)).collect())
        };
        let is_of_url = |content: &&&Content| content.causes.iter().all(|cause| cause.code() == Code::Url);
        let other_urls: Vec<&Content> = varied.iter().filter(is_of_url).copied().collect();
        let forms: Vec<SecretForm> = self.schemes.iter().map(Scheme::secret_form).collect();
        let mut keys: Vec<Keys> = Vec::new();
        for form in &forms {
            keys.push(Keys::new(self.secrets, *form, &self.digests));
        }
        let mut lists = Lists { keys, frequent: Frequent::default() };
        let simple = Some(1);
        self.try_keys(&first, &lists, None, Some(0))
            .or_else(|| self.try_keys(&varied, &lists, None, Some(0)))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::ItsLength, Some(0)))
            .or_else(|| self.try_keys(&first, &lists, None, simple))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::Other, Some(0)))
            .or_else(|| self.try_digests(&first, &lists))
            // Where `Content-Length` says which bodies may be right, they are fewer than the contents that follow.
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::ItsLength, simple))
            .or_else(|| self.try_presets(&urls, Some(0)))
            .or_else(|| self.try_tampered(&first, &lists))
            .or_else(|| self.try_templates(&lists, if self.name.is_none() { simple } else { Some(0) }))
            .or_else(|| self.try_rewritings(&first, &lists, Filter::ItsLength, simple))
            .or_else(|| self.try_presets(&urls, simple))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::Other, simple))
            .or_else(|| self.try_rewritings(&first, &lists, Filter::Other, Some(0)))
            .or_else(|| self.try_nested(&first, &lists))
            .or_else(|| self.try_respelled(&first, &lists))
            .or_else(|| {
                lists.keys.iter_mut().for_each(|keys| keys.deepen(self.secrets));
                self.try_keys(&first, &lists, None, None)
            })
            .or_else(|| self.try_keys(&varied, &lists, None, simple))
            .or_else(|| self.try_milliseconds(&lists, &urls))
            .or_else(|| self.try_bodies(&varied, &mut lists, Filter::All, Some(0)))
            .or_else(|| self.try_rewritings(&other_urls, &lists, Filter::ItsLength, Some(0)))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::ItsLength, None))
            .or_else(|| self.try_digests_of_bodies(&first, &mut lists))
            .or_else(|| self.try_foreign_bodies(&urls, &mut lists))
    }

    /// The causes of a secret that the request contains itself, in another form than the configured one.
    pub(super) fn find_token(&mut self) -> Option<(Vec<Cause>, String)> {
        for scheme in self.schemes {
            for line in sample::lines(scheme) {
                let Some(slot) = line.slot(&["secret"]) else { continue };
                let mut keys = Keys::new(self.secrets, scheme.secret_form(), &[]);
                keys.deepen(self.secrets);
                for (value, is_renamed) in line.values(self.request) {
                    let Some(text) = slot.read(&value) else { continue };
                    let is_base64 = slot.placeholder.starts_with("{secret|base64}");
                    let is_same = |key: &&KeyCandidate| match is_base64 {
                        true => crate::mac::is_same_key(text.as_bytes(), base64_text(key.text()).as_bytes()),
                        false => crate::mac::is_same_key(text.as_bytes(), key.text()),
                    };
                    if let Some(key) = keys.up_to(None).iter().find(is_same) {
                        let name = line.names.first().copied().unwrap_or_default();
                        let mut causes = key.causes.clone();
                        causes.extend(is_renamed.then(|| content::renamed(name)));
                        return Some((causes, format!("`{}` holds this secret", name.to_ascii_lowercase())));
                    }
                }
            }
        }
        None
    }

    /// The contents of the configured schemes.
    fn configured(&self, urls: &[UrlCandidate]) -> Vec<Content> {
        let mut found = Vec::new();
        for (place, scheme) in
            self.schemes.iter().enumerate().filter(|(_, scheme)| scheme.algorithm() == Algorithm::Hmac)
        {
            let values = Values::new(self.request, scheme);
            let values = self.with_free_values(scheme, values);
            found.extend(content::of_scheme(
                self.request,
                scheme,
                scheme.covers(),
                Origin::Configured(place),
                &values,
                urls,
            ));
        }
        found
    }

    /// Where the header of a time or an id is absent, any header could be it, under a name of somebody's own.
    fn with_free_values(&self, scheme: &Scheme, mut values: Values) -> Values {
        let lines = sample::lines(scheme);
        let line_of = |kind: &str| lines.iter().find(|line| line.half == Half::Header && line.slot(&[kind]).is_some());
        let is_absent = |line: &sample::Line<'_>| line.values(self.request).is_empty();
        if let Some(line) = line_of("timestamp").filter(|line| is_absent(line))
            && let Some(slot) = line.slot(&["timestamp"])
        {
            // A signature header with the time is known by its form.
            let texts: Vec<String> = if line.slot(&["hex", "base64", "base64url"]).is_some() {
                let all = self.request.headers().filter_map(|(_, value)| std::str::from_utf8(value).ok());
                all.filter_map(|value| slot.read(value)).filter(|text| Moment::read(text).is_some()).collect()
            } else {
                template::times(self.request).into_iter().map(|token| token.text).collect()
            };
            for text in texts {
                let causes = vec![content::renamed(line.names.first().copied().unwrap_or_default())];
                values.times.push((content::Value { text, causes }, slot.placeholder.to_owned()));
            }
        }
        if let Some(line) = line_of("id").filter(|line| is_absent(line)) {
            for token in template::ids(self.request) {
                let causes = vec![content::renamed(line.names.first().copied().unwrap_or_default())];
                values.ids.push(content::Value { text: token.text, causes });
            }
        }
        values
    }

    pub(super) fn place(content: &Content) -> usize {
        match content.origin {
            Origin::Configured(place) => place,
            _ => 0,
        }
    }
}

/// The length of a digest's MACs.
pub(super) fn length_of(digest: Digest) -> usize {
    LENGTHS.into_iter().find(|length| digest_of(*length) == Some(digest)).unwrap_or_default()
}

/// The digest that makes MACs of a length.
pub(super) fn digest_of(length: usize) -> Option<Digest> {
    match length {
        #[cfg(feature = "sha1")]
        20 => Some(Digest::Sha1),
        32 => Some(Digest::Sha256),
        64 => Some(Digest::Sha512),
        _ => None,
    }
}
