use std::fmt;
use std::sync::OnceLock;

use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, KeyKind};
use crate::codec;
use crate::error::ConfigError;
use crate::key::Key;
use crate::mac::{Digest, Mac, Token, is_same_key, wiping_stack};
use crate::public_key::{MAX_PUBLIC_KEYS, PublicKey, SigningKey};
use crate::random;
use crate::secret::{NEW_KEY, Secret, SecretForm};

/// Keys in one [`Keyring`]. An unauthenticated request costs at most one hash for each.
pub(crate) const MAX_KEYS: usize = 8;

/// The current secret and up to seven previous ones, for rotation without a lost delivery; or public keys, or both during a
/// migration from one to the other.
///
/// A [`Verifier`](crate::Verifier) accepts any of them and reports which one matched. A [`Signer`](crate::Signer) signs
/// with all of them if the scheme can carry several signatures, and with the current one otherwise. A single [`Secret`]
/// converts into a keyring.
///
/// ```
/// use hookseal::{Keyring, Secret, provider};
///
/// let keys = Keyring::new(Secret::new("the secret from today on")?)
///     .with_previous(Secret::new("the secret until yesterday")?)?;
/// let verifier = provider::KALLGLOT.verifier(keys)?;
///
/// let sender = provider::KALLGLOT.signer(Secret::new("the secret until yesterday")?)?;
/// assert!(verifier.verify(&sender.sign("evt_1", b"{}")?, b"{}").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    /// The current secret, then the previous ones, latest first. At most [`MAX_KEYS`].
    secrets: Vec<Secret>,
    /// Likewise.
    signing_keys: Vec<SigningKey>,
    /// At most [`MAX_PUBLIC_KEYS`].
    public_keys: Vec<PublicKey>,
    /// The public keys are what a source has at the moment: perhaps none, perhaps also some for other purposes.
    is_fetched: bool,
}

impl Keyring {
    /// A keyring with one secret.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("a secret of twenty-some bytes")?);
    /// assert_eq!(keys.len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(current: impl Into<Keyring>) -> Keyring {
        current.into()
    }

    /// A keyring of public keys, as a provider publishes them: current first, where there is an order. A request that does not
    /// name its key is tried with the first 32 at most, because each takes as long as a hundred hashes.
    ///
    /// # Errors
    /// [`ConfigError::NoKeys`] for none, [`ConfigError::TooManyKeys`] for more than 64, and [`ConfigError::Invalid`] for two with
    /// the same id.
    ///
    /// ```
    /// # #[cfg(feature = "ed25519")] {
    /// use hookseal::{Keyring, PublicKey};
    ///
    /// let key = PublicKey::new("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")?;
    /// assert_eq!(Keyring::from_public_keys([key])?.len(), 1);
    /// # }
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[cfg(any(feature = "ed25519", feature = "p256", feature = "rsa"))]
    pub fn from_public_keys(keys: impl IntoIterator<Item = PublicKey>) -> Result<Keyring, ConfigError> {
        Keyring::of(keys)
    }

    /// A public key as text, or a set of them.
    pub(crate) fn read_public(text: &str) -> Result<Keyring, ConfigError> {
        Keyring::of(PublicKey::read_all(text)?)
    }

    /// What a source has at the moment. It may be empty.
    pub(crate) fn fetched(keys: Vec<PublicKey>) -> Keyring {
        Keyring { public_keys: keys, is_fetched: true, ..Keyring::empty() }
    }

    /// A keyring for these algorithms that fits nothing. An algorithm whose feature is off gets no key; the verifier says so
    /// if there is no other.
    ///
    /// The secret follows from `name` and from another secret, or else from a random one of the process: a handshake is
    /// answered with a MAC, which must be the same each time, and another one for each name, as if there were a tenant.
    pub(crate) fn nobodys(
        algorithms: impl IntoIterator<Item = Algorithm>,
        name: [&str; 2],
        secret: Option<&Secret>,
    ) -> Result<Keyring, ConfigError> {
        let mut keyring = Keyring::empty();
        for algorithm in algorithms {
            if keyring.has_key_for(algorithm, false) {
                continue;
            }
            if algorithm == Algorithm::Hmac {
                let mac = match secret {
                    Some(secret) => Mac::new(&secret.key(SecretForm::Text, Key::Current)?, Digest::Sha256),
                    None => Mac::new(process_key()?, Digest::Sha256),
                };
                let length = name[0].len().to_be_bytes();
                let key = mac.tag([&length, name[0].as_bytes(), name[1].as_bytes()].into_iter());
                keyring.secrets.push(Secret::from_bytes(key.as_bytes())?);
                continue;
            }
            match PublicKey::nobodys(algorithm) {
                Ok(key) => keyring.public_keys.push(key),
                Err(ConfigError::KeyKind { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(keyring)
    }

    /// A key in the place of one that a verifier does not have, so that refusing takes as long. Nothing is accepted with it.
    pub(crate) fn stand_in(algorithm: Algorithm) -> Result<Keyring, ConfigError> {
        match algorithm {
            Algorithm::Hmac => Secret::from_bytes([0; NEW_KEY]).map(Keyring::from),
            _ => PublicKey::nobodys(algorithm).map(Keyring::from),
        }
    }

    /// The current key, then the previous ones.
    fn of<K: Into<Keyring>>(keys: impl IntoIterator<Item = K>) -> Result<Keyring, ConfigError> {
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(ConfigError::NoKeys)?.into();
        keys.try_fold(current, Keyring::with_previous)
    }

    fn empty() -> Keyring {
        Keyring { secrets: Vec::new(), signing_keys: Vec::new(), public_keys: Vec::new(), is_fetched: false }
    }

    /// A keyring from a list, for example from a configuration file: the current secret first, then the previous ones,
    /// latest first.
    ///
    /// # Errors
    /// [`ConfigError::NoKeys`] for an empty list, [`ConfigError::TooManyKeys`] for more than eight secrets, and
    /// [`ConfigError::RepeatedSecret`] for a secret that occurs twice.
    ///
    /// ```
    /// use hookseal::{ConfigError, Keyring, Secret};
    ///
    /// let texts = ["the secret from today on", "the secret until yesterday"];
    /// let secrets = texts.into_iter().map(Secret::new).collect::<Result<Vec<_>, _>>()?;
    /// let keys = Keyring::from_secrets(secrets)?;
    /// assert_eq!(keys.secrets().next().and_then(Secret::expose), Some("the secret from today on"));
    /// assert_eq!(Keyring::from_secrets([]).unwrap_err(), ConfigError::NoKeys);
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn from_secrets(secrets: impl IntoIterator<Item = Secret>) -> Result<Keyring, ConfigError> {
        Keyring::of(secrets)
    }

    /// Adds a secret that is no longer current but still accepted. Add the latest first, because secrets are tried in
    /// this order.
    ///
    /// # Errors
    /// [`ConfigError::TooManyKeys`] for the ninth secret or the 65th public key, [`ConfigError::RepeatedSecret`] for a secret
    /// that the keyring already has, and [`ConfigError::Invalid`] for a public key with the id of another. Two spellings of one key, for example with and without `whsec_`, are refused when a signer or verifier
    /// is made.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("the secret from today on")?)
    ///     .with_previous(Secret::new("the secret until yesterday")?)?;
    /// assert_eq!(keys.len(), 2);
    /// assert!(keys.with_previous(Secret::new("the secret from today on")?).is_err());
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn with_previous(mut self, keys: impl Into<Keyring>) -> Result<Keyring, ConfigError> {
        let keys = keys.into();
        for secret in keys.secrets {
            check_repetition(&self.secrets, |earlier| earlier.is(&secret))?;
            self.secrets.push(secret);
        }
        self.signing_keys.extend(keys.signing_keys);
        for key in keys.public_keys {
            check_ids(&self.public_keys, &key)?;
            self.public_keys.push(key);
        }
        match (self.secrets.len().max(self.signing_keys.len()), self.public_keys.len()) {
            (count, _) if count > MAX_KEYS => Err(ConfigError::TooManyKeys { count }),
            (_, count) if count > MAX_PUBLIC_KEYS => Err(ConfigError::TooManyKeys { count }),
            _ => Ok(self),
        }
    }

    /// How many keys there are: 1 to 8 secrets, or private keys that sign, and up to 64 public keys.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// assert_eq!(Keyring::from(Secret::new("a secret of twenty-some bytes")?).len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "a keyring is never empty")]
    pub fn len(&self) -> usize {
        self.secrets.len() + self.signing_keys.len() + self.public_keys.len()
    }

    /// The keys that verify signatures of an algorithm, current first.
    pub(crate) fn public_keys(&self, algorithm: Algorithm) -> Vec<PublicKey> {
        self.public_keys.iter().filter(|key| key.kind() == algorithm.key_kind()).cloned().collect()
    }

    pub(crate) fn signing_keys(&self) -> &[SigningKey] {
        &self.signing_keys
    }

    /// Whether there is a key with which a verifier, or a signer, can use an algorithm. Fetched keys are for verifiers only.
    pub(crate) fn has_key_for(&self, algorithm: Algorithm, signs: bool) -> bool {
        match algorithm {
            _ if self.is_fetched => algorithm != Algorithm::Hmac,
            Algorithm::Hmac => !self.secrets.is_empty(),
            Algorithm::Ed25519 if signs => !self.signing_keys.is_empty(),
            _ => self.public_keys.iter().any(|key| key.kind() == algorithm.key_kind()),
        }
    }

    /// The keys for one algorithm.
    pub(crate) fn only_for(&self, algorithm: Algorithm) -> Keyring {
        let is_hmac = algorithm == Algorithm::Hmac;
        Keyring {
            secrets: if is_hmac { self.secrets.clone() } else { Vec::new() },
            signing_keys: if is_hmac { Vec::new() } else { self.signing_keys.clone() },
            public_keys: if is_hmac { Vec::new() } else { self.public_keys.clone() },
            is_fetched: self.is_fetched,
        }
    }

    /// Whether every key can be used with one of the algorithms.
    pub(crate) fn is_all_for(&self, algorithms: &[Algorithm], signs: bool) -> bool {
        let serves = |kind: KeyKind| algorithms.iter().any(|algorithm| algorithm.key_kind() == kind);
        (self.secrets.is_empty() || serves(KeyKind::Secret))
            && (self.signing_keys.is_empty() || signs && serves(KeyKind::Ed25519))
            && (self.is_fetched || self.public_keys.iter().all(|key| !signs && serves(key.kind())))
    }

    /// The secrets: the current one, then the previous ones in the order in which they were added.
    ///
    /// ```
    /// use hookseal::{Keyring, Secret};
    ///
    /// let keys = Keyring::new(Secret::new("the secret from today on")?)
    ///     .with_previous(Secret::new("the secret until yesterday")?)?;
    /// // Retire the previous secret.
    /// let keys = Keyring::from_secrets(keys.secrets().take(1).cloned())?;
    /// assert_eq!(keys.len(), 1);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn secrets(&self) -> impl ExactSizeIterator<Item = &Secret> {
        self.secrets.iter()
    }

    /// The current secret as a request contains it.
    pub(crate) fn token_text(&self, form: SecretForm) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        self.secrets.first().ok_or(ConfigError::NoKeys)?.key(form, Key::Current)
    }

    /// The secrets as a request contains them, current first.
    pub(crate) fn tokens(&self, form: SecretForm, is_base64: bool) -> Result<Vec<Token>, ConfigError> {
        let mut tokens = Vec::with_capacity(self.secrets.len());
        for (place, secret) in self.secrets.iter().enumerate() {
            let key = secret.key(form, Key::at(place))?;
            let token = match is_base64 {
                true => Token::new(Zeroizing::new(codec::base64_text(&key)).as_bytes()),
                false => Token::new(&key),
            };
            check_repetition(&tokens, |earlier| *earlier == token)?;
            tokens.push(token);
        }
        Ok(tokens)
    }

    /// The keyed state of each key, current first. `is_plain` says that the content contains the key.
    pub(crate) fn macs(&self, form: SecretForm, digest: Digest, is_plain: bool) -> Result<Vec<Mac>, ConfigError> {
        wiping_stack(|| {
            // With enough capacity from the start: a vector that grows leaves keyed state behind.
            let mut macs = Vec::with_capacity(self.secrets.len());
            let mut keys: Vec<Zeroizing<Vec<u8>>> = Vec::with_capacity(self.secrets.len());
            for (place, secret) in self.secrets.iter().enumerate() {
                let key = secret.key(form, Key::at(place))?;
                check_repetition(&keys, |earlier| is_same_key(earlier, &key))?;
                macs.push(if is_plain { Mac::plain(&key, digest) } else { Mac::new(&key, digest) });
                keys.push(key);
            }
            Ok(macs)
        })
    }
}

/// A random key, the same until the process ends.
fn process_key() -> Result<&'static [u8], ConfigError> {
    static KEY: OnceLock<Zeroizing<[u8; NEW_KEY]>> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key.as_slice());
    }
    let mut key = Zeroizing::new([0; NEW_KEY]);
    random::fill(key.as_mut_slice()).map_err(ConfigError::NoRandomness)?;
    Ok(KEY.get_or_init(|| key).as_slice())
}

/// Refuses the next public key if another one has its id: which of them a request names would depend on their order.
fn check_ids(earlier: &[PublicKey], next: &PublicKey) -> Result<(), ConfigError> {
    match next.id().filter(|id| earlier.iter().any(|key| key.id() == Some(id))) {
        Some(id) => {
            let problem = "is the id of two keys";
            Err(ConfigError::Invalid { field: "public key", piece: id.to_owned(), problem })
        }
        None => Ok(()),
    }
}

/// Refuses the next key if it is one of the earlier ones.
fn check_repetition<T>(earlier: &[T], is_next: impl FnMut(&T) -> bool) -> Result<(), ConfigError> {
    match earlier.iter().position(is_next) {
        Some(place) => Err(ConfigError::RepeatedSecret { key: Key::at(earlier.len()), earlier: Key::at(place) }),
        None => Ok(()),
    }
}

impl From<Secret> for Keyring {
    fn from(current: Secret) -> Keyring {
        Keyring { secrets: vec![current], ..Keyring::empty() }
    }
}

impl From<PublicKey> for Keyring {
    fn from(current: PublicKey) -> Keyring {
        Keyring { public_keys: vec![current], ..Keyring::empty() }
    }
}

impl From<SigningKey> for Keyring {
    fn from(current: SigningKey) -> Keyring {
        Keyring { signing_keys: vec![current], ..Keyring::empty() }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.len()).finish_non_exhaustive()
    }
}
