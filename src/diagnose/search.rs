//! The search: every hypothesis is one MAC and one look-up. Cheap and frequent ones come first.

use std::time::{Duration, Instant};

use crate::algorithm::Algorithm;
use crate::codec::base64_text;
use crate::mac::{Digest, Mac};
use crate::provider::{self, Provider};
use crate::scheme::Scheme;
use crate::secret::SecretForm;

use super::body::{self, BodyCandidate};
use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::content::{self, Content, Origin, Values};
use super::json::Json;
use super::key::{KeyCandidate, Keys, Secrets};
use super::observed::{Observed, Place, Sighting};
use super::sample::{self, Half};
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
    digests: Vec<Digest>,
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
        let digests = observed.lengths().into_iter().filter_map(digest_of).collect();
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

    fn is_spent(&self) -> bool {
        self.bytes > self.limits.bytes || self.macs % 64 == 0 && self.started.elapsed() > self.limits.time
    }

    /// Whether a text that could be a MAC equals that of a content.
    fn probe(&mut self, content: &Content, key: &KeyCandidate, body: Option<&BodyCandidate>) -> Option<Match> {
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
            return Some(own);
        }
        let foreign = found.first()?;
        let own_is_whole = scheme.is_some_and(|scheme| {
            self.observed.all().any(|sighting| sighting.damage.is_none() && self.is_in_line(sighting, scheme))
        });
        (!own_is_whole).then_some(foreign)
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
            let is_first = |content: &&Content| {
                content
                    .causes
                    .iter()
                    .all(|cause| cause.code() == Code::HeaderRenamed || cause.code() == Code::HeaderValue)
            };
            (contents.iter().filter(is_first).collect(), contents.iter().filter(|content| !is_first(content)).collect())
        };
        let forms: Vec<SecretForm> = self.schemes.iter().map(Scheme::secret_form).collect();
        let mut keys: Vec<Keys> = Vec::new();
        for form in &forms {
            keys.push(Keys::new(self.secrets, *form, &self.digests));
        }
        let mut lists = Lists { keys, frequent: None };
        let simple = Some(1);
        self.try_keys(&first, &lists, None, Some(0))
            .or_else(|| self.try_keys(&varied, &lists, None, Some(0)))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::ItsLength, Some(0)))
            .or_else(|| self.try_keys(&first, &lists, None, simple))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::Other, Some(0)))
            .or_else(|| self.try_digests(&first, &lists))
            .or_else(|| self.try_presets(&urls, Some(0)))
            .or_else(|| self.try_tampered(&first, &lists))
            .or_else(|| self.try_templates(&lists, if self.name.is_none() { simple } else { Some(0) }))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::ItsLength, simple))
            .or_else(|| self.try_rewritings(&first, &lists, Filter::ItsLength, simple))
            .or_else(|| self.try_presets(&urls, simple))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::Other, simple))
            .or_else(|| self.try_rewritings(&first, &lists, Filter::Other, Some(0)))
            .or_else(|| {
                lists.keys.iter_mut().for_each(|keys| keys.deepen(self.secrets));
                self.try_keys(&first, &lists, None, None)
            })
            .or_else(|| self.try_keys(&varied, &lists, None, simple))
            .or_else(|| self.try_bodies(&varied, &mut lists, Filter::All, Some(0)))
            .or_else(|| self.try_bodies(&first, &mut lists, Filter::ItsLength, None))
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
            && line.slot(&["hex", "base64", "base64url"]).is_none()
        {
            let placeholder = line.slot(&["timestamp"]).map(|slot| slot.placeholder.to_owned()).unwrap_or_default();
            for token in template::times(self.request) {
                let causes = vec![content::renamed(line.names.first().copied().unwrap_or_default())];
                values.times.push((content::Value { text: token.text, causes }, placeholder.clone()));
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

    fn place(content: &Content) -> usize {
        match content.origin {
            Origin::Configured(place) => place,
            _ => 0,
        }
    }

    /// Contents under keys: the configured one (`Some(0)`), those with one cause (`Some(1)`), or all.
    fn try_keys(
        &mut self,
        contents: &[&Content],
        lists: &Lists,
        body: Option<&BodyCandidate>,
        depth: Option<u8>,
    ) -> Option<Match> {
        for content in contents {
            let Some(keys) = lists.keys.get(Search::place(content)) else { continue };
            for key in keys.up_to(depth) {
                if let Some(found) = self.probe(content, key, body) {
                    return Some(found);
                }
            }
        }
        None
    }

    fn try_bodies(
        &mut self,
        contents: &[&Content],
        lists: &mut Lists,
        filter: Filter,
        depth: Option<u8>,
    ) -> Option<Match> {
        if contents.is_empty() || filter == Filter::ItsLength && self.request.has_its_length() != Some(false) {
            return None;
        }
        let frequent = lists.frequent.take().unwrap_or_else(|| body::frequent(self.request, self.json.as_ref()));
        let mut found = None;
        for body in frequent.iter().filter(|body| filter.admits(self.request, body)) {
            found = self.try_keys(contents, lists, Some(body), depth);
            if found.is_some() || self.is_spent() {
                break;
            }
        }
        lists.frequent = Some(frequent);
        found
    }

    fn try_rewritings(
        &mut self,
        contents: &[&Content],
        lists: &Lists,
        filter: Filter,
        depth: Option<u8>,
    ) -> Option<Match> {
        let Some(json) = self.json.clone() else { return None };
        if contents.is_empty() || filter == Filter::ItsLength && self.request.has_its_length() != Some(false) {
            return None;
        }
        for body in body::rewritings(self.request.body(), &json) {
            if self.is_spent() || self.started.elapsed() > self.limits.time {
                break;
            }
            if filter.admits(self.request, &body)
                && let Some(found) = self.try_keys(contents, lists, Some(&body), depth)
            {
                return Some(found);
            }
        }
        None
    }

    fn try_tampered(&mut self, contents: &[&Content], lists: &Lists) -> Option<Match> {
        let tampered = body::tampered(self.request.body(), self.json.as_ref());
        tampered.iter().find_map(|body| self.try_keys(contents, lists, Some(body), Some(0)))
    }

    fn try_digests(&mut self, contents: &[&Content], lists: &Lists) -> Option<Match> {
        for content in contents {
            for digest in self.digests.clone() {
                if digest != content.digest {
                    let other = Content { digest, ..(*content).clone() };
                    if let Some(found) = self.try_keys(&[&other], lists, None, Some(1)) {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    /// The presets whose signature header the request has.
    fn presets(&self) -> Vec<(&'static Provider, usize)> {
        let has_line = |scheme: &Scheme| {
            sample::lines(scheme).iter().any(|line| {
                line.half == Half::Header
                    && line.slot(&["hex", "base64", "base64url"]).is_some()
                    && self.request.headers().any(|(name, _)| line.is_named(name))
            })
        };
        let others = provider::ALL.iter().filter(|provider| Some(provider.name()) != self.name);
        others
            .flat_map(|provider| (0..).zip(provider.schemes()).map(move |(place, scheme)| (*provider, place, scheme)))
            .filter(|(_, _, scheme)| {
                scheme.algorithm() == Algorithm::Hmac && has_line(scheme) && !self.schemes.contains(scheme)
            })
            .map(|(provider, place, _)| (provider, place))
            .collect()
    }

    fn preset_contents(&self, urls: &[UrlCandidate]) -> Vec<(Content, SecretForm)> {
        let mut found: Vec<(Content, SecretForm)> = Vec::new();
        for (provider, place) in self.presets() {
            let Some(scheme) = provider.schemes().get(place) else { continue };
            let values = Values::new(self.request, scheme);
            let contents = content::of_scheme(
                self.request,
                scheme,
                scheme.covers(),
                Origin::Preset(provider, place),
                &values,
                urls,
            );
            for content in contents.into_iter().take(4) {
                let is_known = found.iter().any(|(known, form)| {
                    *form == scheme.secret_form()
                        && known.covers == content.covers
                        && known.digest == content.digest
                        && self.scheme_of(known).map(Scheme::headers) == Some(scheme.headers())
                        && known.causes.len() == content.causes.len()
                });
                if !is_known {
                    found.push((content, scheme.secret_form()));
                }
            }
        }
        found
    }

    fn try_presets(&mut self, urls: &[UrlCandidate], depth: Option<u8>) -> Option<Match> {
        let mut known: Vec<(SecretForm, Lists)> = Vec::new();
        for (content, form) in self.preset_contents(urls) {
            let at = match known.iter().position(|(own, _)| *own == form) {
                Some(at) => at,
                None => {
                    known.push((
                        form,
                        Lists { keys: vec![Keys::new(self.secrets, form, &self.digests)], frequent: None },
                    ));
                    known.len() - 1
                }
            };
            let Some((_, lists)) = known.get(at) else { continue };
            if let Some(found) = self.try_keys(&[&content], lists, None, depth) {
                return Some(found);
            }
        }
        None
    }

    fn try_foreign_bodies(&mut self, urls: &[UrlCandidate], lists: &mut Lists) -> Option<Match> {
        for (content, form) in self.preset_contents(urls) {
            let mut own =
                Lists { keys: vec![Keys::new(self.secrets, form, &self.digests)], frequent: lists.frequent.take() };
            let found = self.try_bodies(&[&content], &mut own, Filter::All, Some(0));
            lists.frequent = own.frequent;
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Other contents under the scheme's headers. A time or an id that the scheme reads is kept: with one from elsewhere, a
    /// moved one would be explained away.
    fn try_templates(&mut self, lists: &Lists, depth: Option<u8>) -> Option<Match> {
        let schemes = self.schemes;
        let scheme = schemes.first()?;
        let values = Values::new(self.request, scheme);
        let own_moment = values.times.first().and_then(|(value, _)| super::moment::Moment::read(&value.text));
        let mut times = template::times(self.request);
        if let Some(own) = own_moment {
            times.retain(|token| {
                super::moment::Moment::read(&token.text).is_some_and(|moment| moment.seconds == own.seconds)
            });
        }
        let mut ids = template::ids(self.request);
        ids.retain(|token| values.ids.is_empty() || values.ids.iter().any(|id| id.text == token.text));
        if self.name.is_some() && values.ids.is_empty() {
            ids.clear();
        }
        let is_usual = |guess: &Guess| guess.id.is_none() && !guess.content.covers.contains(['u', 'p', '|']);
        let request = self.request;
        let mut found = None;
        template::visit(request, &times, &ids, scheme.digest(), &mut |guess| {
            if guess.content.covers == scheme.covers() {
                return false;
            }
            let depth = if is_usual(&guess) { depth } else { Some(0) };
            found =
                self.try_keys(&[&guess.content], lists, None, depth).map(|found| Match { guess: Some(guess), ..found });
            found.is_some() || self.is_spent()
        });
        found
    }
}

struct Lists {
    /// For each scheme.
    keys: Vec<Keys>,
    frequent: Option<Vec<BodyCandidate>>,
}

/// Which bodies to try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    /// Those that have the length that `Content-Length` says, where the body at hand has not.
    ItsLength,
    Other,
    All,
}

impl Filter {
    fn admits(self, request: &Captured, body: &BodyCandidate) -> bool {
        let is_its = request.has_its_length() == Some(false) && request.content_length() == Some(body.bytes.len());
        match self {
            Filter::ItsLength => is_its,
            Filter::Other => !is_its,
            Filter::All => true,
        }
    }
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
