use std::fmt;

/// The key of a [`Keyring`](crate::Keyring) that matched. Count them during a rotation: when no request matches a
/// previous key any more, you can remove it.
///
/// ```
/// use hookseal::{Key, Keyring, Secret, provider};
///
/// let (old, new) = (Secret::new("the secret until yesterday")?, Secret::new("the secret from today on")?);
/// let verifier = provider::GITHUB.verifier(Keyring::new(new.clone()).with_previous(old.clone())?)?;
/// let key = |secret| {
///     let headers = provider::GITHUB.signer(secret).unwrap().sign("evt_1", b"{}").unwrap();
///     verifier.verify(&headers, b"{}").unwrap().proof().key()
/// };
/// assert_eq!(key(new), Key::Current);
/// assert_eq!(key(old).to_string(), "previous 1");
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a key is current or it is not")]
pub enum Key {
    /// The current key.
    Current,
    /// The n-th previous key, counted from 1 in the order in which they were added to the keyring.
    Previous(usize),
}

impl Key {
    /// The key in this place of a keyring.
    pub(crate) fn at(place: usize) -> Key {
        if place == 0 { Key::Current } else { Key::Previous(place) }
    }
}

/// `current`, or `previous 1` and so on.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Current => f.pad("current"),
            Key::Previous(n) => write!(f, "previous {n}"),
        }
    }
}
