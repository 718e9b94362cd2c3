//! The stages of a search: which hypotheses are tried together.

use crate::algorithm::Algorithm;
use crate::provider::{self, Provider};
use crate::scheme::Scheme;
use crate::secret::SecretForm;

use super::body::{self, BodyCandidate, Frequent};
use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::content::{self, Content, Origin, Values};
use super::key::Keys;
use super::moment::{Moment, Unit};
use super::respelled;
use super::sample::{self, Half};
use super::search::{Match, Search};
use super::template::{self, Guess};
use super::url::UrlCandidate;

impl Search<'_> {
    /// Contents under keys: the configured one (`Some(0)`), those with one cause (`Some(1)`), or all.
    pub(super) fn try_keys(
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

    pub(super) fn try_bodies(
        &mut self,
        contents: &[&Content],
        lists: &mut Lists,
        filter: Filter,
        depth: Option<u8>,
    ) -> Option<Match> {
        if contents.is_empty() || filter == Filter::ItsLength && self.request.has_its_length() != Some(false) {
            return None;
        }
        let (mut frequent, json) = (std::mem::take(&mut lists.frequent), self.json.take());
        let (mut found, mut place) = (None, 0);
        while found.is_none()
            && !self.is_over()
            && let Some(body) = frequent.get(self.request, json.as_ref(), place)
        {
            place += 1;
            if filter.admits(self.request, body) {
                found = self.try_keys(contents, lists, Some(body), depth);
            }
        }
        (lists.frequent, self.json) = (frequent, json);
        found
    }

    pub(super) fn try_rewritings(
        &mut self,
        contents: &[&Content],
        lists: &Lists,
        filter: Filter,
        depth: Option<u8>,
    ) -> Option<Match> {
        if contents.is_empty() || filter == Filter::ItsLength && self.request.has_its_length() != Some(false) {
            return None;
        }
        let json = self.json.take()?;
        let mut rewritings = body::rewritings(self.request.body(), &json);
        let mut found = None;
        while found.is_none()
            && !self.is_over()
            && let Some(body) = rewritings.next()
        {
            if filter.admits(self.request, &body) {
                found = self.try_keys(contents, lists, Some(&body), depth);
            }
        }
        drop(rewritings);
        self.json = Some(json);
        found
    }

    pub(super) fn try_tampered(&mut self, contents: &[&Content], lists: &Lists) -> Option<Match> {
        if contents.is_empty() {
            return None;
        }
        let json = self.json.take();
        let mut tampered = body::tampered(self.request.body(), json.as_ref());
        let mut found = None;
        while found.is_none()
            && !self.is_over()
            && let Some(body) = tampered.next()
        {
            found = self.try_keys(contents, lists, Some(&body), Some(0));
        }
        drop(tampered);
        self.json = json;
        found
    }

    pub(super) fn try_digests(&mut self, contents: &[&Content], lists: &Lists) -> Option<Match> {
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

    /// The same of other bodies.
    pub(super) fn try_digests_of_bodies(&mut self, contents: &[&Content], lists: &mut Lists) -> Option<Match> {
        let digests = self.digests.clone();
        let with = |digest| {
            move |content: &&Content| (digest != content.digest).then(|| Content { digest, ..(*content).clone() })
        };
        let others: Vec<Content> =
            digests.into_iter().flat_map(|digest| contents.iter().filter_map(with(digest))).collect();
        self.try_bodies(&others.iter().collect::<Vec<_>>(), lists, Filter::All, Some(0))
    }

    /// Bodies inside others, parsed and written again before they were wrapped.
    pub(super) fn try_nested(&mut self, contents: &[&Content], lists: &Lists) -> Option<Match> {
        if contents.is_empty() {
            return None;
        }
        let json = self.json.take();
        let mut nested = body::nested(self.request, json.as_ref());
        let mut found = None;
        while found.is_none()
            && !self.is_over()
            && let Some(body) = nested.next()
        {
            found = self.try_keys(contents, lists, Some(&body), Some(0));
        }
        drop(nested);
        self.json = json;
        found
    }

    /// JSON with the numbers, slashes and blanks that a parser has lost, where `Content-Length` says how much was lost.
    pub(super) fn try_respelled(&mut self, contents: &[&Content], lists: &Lists) -> Option<Match> {
        let json = self.json.take()?;
        let mut found = None;
        if let Some(length) = self.request.content_length().filter(|_| self.request.has_its_length() == Some(false)) {
            respelled::visit(&json, self.request.body(), length, &mut |body| {
                found = self.try_keys(contents, lists, Some(&body), Some(0));
                found.is_some() || self.is_spent()
            });
        }
        self.json = Some(json);
        found
    }

    /// Times whose milliseconds were lost when they were written in another form.
    pub(super) fn try_milliseconds(&mut self, lists: &Lists, urls: &[UrlCandidate]) -> Option<Match> {
        const AT_ONCE: usize = 200;
        let schemes = self.schemes;
        for (place, scheme) in schemes.iter().enumerate() {
            let values = Values::new(self.request, scheme);
            let Some((value, placeholder)) = values.times.first() else { continue };
            let unit = match placeholder.split_inclusive('}').next() {
                Some("{timestamp:ms}") => Unit::Milliseconds,
                Some("{timestamp:rfc3339}") => Unit::Rfc3339,
                _ => continue,
            };
            let Some(moment) = Moment::read_rewritten(&value.text) else { continue };
            if Moment::read(&value.text).is_some_and(|own| own.unit == unit) {
                continue;
            }
            let causes = || {
                let told = "The time was signed with milliseconds, and arrives in a form without";
                [value.causes.clone(), vec![Cause::new(Code::TimeRewritten, told)]].concat()
            };
            for texts in moment.with_milliseconds(unit).chunks(AT_ONCE) {
                let time =
                    |text: &String| (content::Value { text: text.clone(), causes: causes() }, placeholder.clone());
                let values = Values { times: texts.iter().map(time).collect(), ids: values.ids.clone() };
                let origin = Origin::Configured(place);
                let contents = content::of_scheme(self.request, scheme, scheme.covers(), origin, &values, urls);
                let contents: Vec<&Content> = contents.iter().collect();
                if let Some(found) = self.try_keys(&contents, lists, None, Some(0)) {
                    return Some(found);
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

    pub(super) fn try_presets(&mut self, urls: &[UrlCandidate], depth: Option<u8>) -> Option<Match> {
        let mut known: Vec<(SecretForm, Lists)> = Vec::new();
        for (content, form) in self.preset_contents(urls) {
            let at = match known.iter().position(|(own, _)| *own == form) {
                Some(at) => at,
                None => {
                    known.push((
                        form,
                        Lists {
                            keys: vec![Keys::new(self.secrets, form, &self.digests)],
                            frequent: Frequent::default(),
                        },
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

    pub(super) fn try_foreign_bodies(&mut self, urls: &[UrlCandidate], lists: &mut Lists) -> Option<Match> {
        for (content, form) in self.preset_contents(urls) {
            let mut own = Lists {
                keys: vec![Keys::new(self.secrets, form, &self.digests)],
                frequent: std::mem::take(&mut lists.frequent),
            };
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
    pub(super) fn try_templates(&mut self, lists: &Lists, depth: Option<u8>) -> Option<Match> {
        let schemes = self.schemes;
        let scheme = schemes.first()?;
        let values = Values::new(self.request, scheme);
        let own_moment = values.times.first().and_then(|(value, _)| Moment::read(&value.text));
        let mut times = template::times(self.request);
        if let Some(own) = own_moment {
            times.retain(|token| Moment::read(&token.text).is_some_and(|moment| moment.seconds == own.seconds));
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

/// What a search tries in turn.
pub(super) struct Lists {
    /// For each scheme.
    pub(super) keys: Vec<Keys>,
    pub(super) frequent: Frequent,
}

/// Which bodies to try.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
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
