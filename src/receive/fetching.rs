//! Judging a request with keys that are fetched when it needs them.

use std::sync::{Arc, PoisonError};

use crate::error::{Cause, ConfigError, VerifyError};
use crate::key::Key;
use crate::key_cache::{Generation, KeyCache, Need, Outcome, Snapshot};
use crate::keyring::Keyring;
use crate::provider::Provider;
use crate::public_key::PublicKey;
use crate::scheme::Scheme;
use crate::sync::RwLock;
use crate::verify::late::Tries;
use crate::verify::{Opened, Proof, Verifier};

use super::{Receiver, Rejection};

pub(super) struct Fetching {
    cache: KeyCache,
    /// Whether each request names the key that signed it.
    names_key: bool,
    /// Made of the keys of a generation.
    verifier: RwLock<(Generation, Verifier)>,
}

impl Fetching {
    fn new(provider: &Provider, cache: KeyCache) -> Result<Fetching, ConfigError> {
        let names_key = provider.schemes().iter().all(|scheme| scheme.plan().names_key());
        if !cache.is_set() && !names_key {
            let problem = "are fetched by their ids, and no request of this provider names one: use `KeyCache::new`";
            return Err(ConfigError::Invalid { field: "keys", piece: provider.name().to_owned(), problem });
        }
        let verifier = provider.verifier(Keyring::fetched(Vec::new()))?;
        Ok(Fetching { cache, names_key, verifier: RwLock::new((Generation::default(), verifier)) })
    }

    /// Judges a request, and fetches the keys that it lacks.
    pub(super) async fn judge<'a>(
        &self,
        provider: &Provider,
        opened: &Opened<'a>,
        body: &[u8],
    ) -> Result<Proof<'a>, Rejection> {
        self.judge_from(self.cache.keys(), provider, opened, body).await
    }

    /// `keys` are those that the cache has had: others may have come meanwhile, for another request.
    async fn judge_from<'a>(
        &self,
        mut keys: Arc<Snapshot>,
        provider: &Provider,
        opened: &Opened<'a>,
        body: &[u8],
    ) -> Result<Proof<'a>, Rejection> {
        let (mut tries, mut is_fetched) = (Tries::default(), false);
        loop {
            let verdict = self.judge_with(&keys, provider, opened, body, &mut tries)?;
            if is_fetched {
                return match verdict {
                    Err(VerifyError::UnknownKey { .. }) if !has_usable_key(&keys, provider) => {
                        Err(unavailable(Cause::new("the source has no key for this provider's algorithm")))
                    }
                    verdict => verdict.map_err(|error| refused(error, &tries)),
                };
            }
            let need = match &verdict {
                Ok(proof) => match id_of_key(&keys, provider, proof) {
                    id if self.cache.is_due(id) => Need::Renewal(id),
                    _ => return Ok(*proof),
                },
                Err(VerifyError::UnknownKey { id }) if id.is_empty() => Need::Any,
                Err(VerifyError::UnknownKey { id }) => Need::Id(id),
                Err(VerifyError::NoMatch) if self.may_be_newer(&keys) => Need::Any,
                Err(error) => return Err(refused(error.clone(), &tries)),
            };
            let renewed = if let Need::Renewal(id) = need { id.map(str::to_owned) } else { None };
            match (self.cache.fetch(need, keys.generation).await, verdict) {
                (Outcome::Fetched, _) => is_fetched = true,
                (Outcome::Newer, _) => {}
                // Keys of long ago are better than none, unless the source has said that this one is gone.
                (Outcome::Absent, Ok(_)) if renewed.is_some() => {
                    return Err(VerifyError::UnknownKey { id: renewed.unwrap_or_default() }.into());
                }
                (_, Ok(proof)) => return Ok(proof),
                (Outcome::Failed(reason), Err(_)) => return Err(unavailable(reason)),
                (Outcome::Recent, Err(VerifyError::UnknownKey { .. })) => {
                    return Err(unavailable(Cause::new(
                        "the request names an unknown key, and the source was asked less than a minute ago",
                    )));
                }
                (Outcome::Absent | Outcome::Recent, Err(error)) => return Err(refused(error, &tries)),
            }
            tries.again(&keys.keys);
            keys = self.cache.keys();
        }
    }

    /// Judges a request with the keys at hand.
    pub(super) fn judge_now<'a>(
        &self,
        provider: &Provider,
        opened: &Opened<'a>,
        body: &[u8],
    ) -> Result<Proof<'a>, Rejection> {
        match self.judge_with(&self.cache.keys(), provider, opened, body, &mut Tries::default())? {
            Err(VerifyError::UnknownKey { .. }) => {
                Err(unavailable(Cause::new("the key is not there: `Intake::finish_fetching` would fetch it")))
            }
            verdict => verdict.map_err(Rejection::from),
        }
    }

    /// Whether the key of a signature that matches none may be one that the source has by now.
    fn may_be_newer(&self, keys: &Snapshot) -> bool {
        let is_nameless = !self.names_key || keys.keys.iter().any(|key| key.id().is_none());
        self.cache.is_set() && (is_nameless || self.cache.is_due(None))
    }

    fn judge_with<'a>(
        &self,
        keys: &Snapshot,
        provider: &Provider,
        opened: &Opened<'a>,
        body: &[u8],
        tries: &mut Tries,
    ) -> Result<Result<Proof<'a>, VerifyError>, ConfigError> {
        let (generation, mut verifier) = self.verifier.read().unwrap_or_else(PoisonError::into_inner).clone();
        if generation != keys.generation {
            verifier = provider.verifier(Keyring::fetched(keys.keys.clone()))?;
            let mut made = self.verifier.write().unwrap_or_else(PoisonError::into_inner);
            if made.0 < keys.generation {
                *made = (keys.generation, verifier.clone());
            }
        }
        Ok(opened.rekeyed(&verifier).judge_within(body, tries))
    }
}

/// Where the older keys have taken what verifications a request may cost, the sender comes again.
fn refused(error: VerifyError, tries: &Tries) -> Rejection {
    match error {
        VerifyError::NoMatch if tries.are_cut_short() => {
            unavailable(Cause::new("not all of the keys that have just come could be tried"))
        }
        error => error.into(),
    }
}

fn unavailable(reason: Cause) -> Rejection {
    Rejection::Unavailable { reason, tenant: None }
}

fn keys_of<'k>(keys: &'k Snapshot, scheme: &Scheme) -> impl Iterator<Item = &'k PublicKey> {
    let kind = scheme.algorithm().key_kind();
    keys.keys.iter().filter(move |key| key.kind() == kind)
}

fn has_usable_key(keys: &Snapshot, provider: &Provider) -> bool {
    provider.schemes().iter().any(|scheme| keys_of(keys, scheme).next().is_some())
}

/// The id of the key that made a signature.
fn id_of_key<'k>(keys: &'k Snapshot, provider: &Provider, proof: &Proof<'_>) -> Option<&'k str> {
    let place = match proof.key() {
        Key::Current => 0,
        Key::Previous(place) => place,
    };
    keys_of(keys, provider.schemes().get(proof.scheme())?).nth(place)?.id()
}

impl Provider {
    /// A receiver for what this provider sends, whose keys come from a [`KeyCache`]. Use it like any other; the adapters fetch
    /// the keys. On another server, end a request with [`Intake::finish_fetching`](super::Intake::finish_fetching).
    ///
    /// # Errors
    /// The same errors as [`receiver`](Self::receiver); [`ConfigError::KeyKind`] if no scheme of the provider has public keys;
    /// and [`ConfigError::Invalid`] for keys that are asked for by id, if requests do not name their key.
    ///
    /// ```
    /// # #[cfg(feature = "p256")] {
    /// use hookseal::receive::Receiver;
    /// use hookseal::{KeyCache, PublicKey, provider};
    /// # async fn get(url: &str) -> Result<String, std::io::Error> { Ok(String::new()) }
    ///
    /// const KEYS: &str = "https://api.github.com/meta/public_keys/secret_scanning";
    /// let keys = KeyCache::new(|| async {
    ///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(PublicKey::set(&get(KEYS).await?)?)
    /// });
    /// let receiver: Receiver = provider::GITHUB_KEY_LIST.clone().raw().fetching_receiver(keys.clone())?;
    /// assert!(provider::GITHUB.raw().fetching_receiver::<()>(keys).is_err(), "it has a secret");
    /// # }
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn fetching_receiver<P>(&self, keys: KeyCache) -> Result<Receiver<P>, ConfigError> {
        self.check_receiver()?;
        self.check_loss()?;
        let fetching = Fetching::new(self, keys)?;
        // It reads heads. The keys come later.
        let verifier = self.verifier(Keyring::fetched(Vec::new()))?;
        Ok(Receiver::new(self.clone(), verifier).with_marker().with_fetching(fetching))
    }
}

#[cfg(all(test, feature = "ed25519"))]
mod tests;
