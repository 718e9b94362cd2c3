use std::fmt;
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use time::OffsetDateTime;

use crate::key::Key;
use crate::scheme::{Plan, Reading};
use crate::timestamp::Timestamp;

/// An authentic request with its body. Only a [`Verifier`](crate::Verifier) can create one.
///
/// ```
/// use hookseal::{Secret, Verified, provider};
///
/// fn handle(request: &Verified<'_>) -> usize {
///     request.body().len() // no need to ask whether it was verified
/// }
/// # let secret = Secret::new("a secret of twenty-some bytes")?;
/// # let headers = provider::KLEN_AI.signer(secret.clone())?.sign("dlv_1", b"{}")?;
/// # let verifier = provider::KLEN_AI.verifier(secret)?;
/// assert_eq!(handle(&verifier.verify(&headers, b"{}")?), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Verified<'a, H: ?Sized = HeaderMap> {
    proof: Proof<'a>,
    headers: &'a H,
    body: &'a [u8],
    /// The JSON of a form, made when an event is read from it.
    unfolded: OnceLock<Arc<Vec<u8>>>,
}

impl<'a, H: ?Sized> Verified<'a, H> {
    #[inline]
    pub(crate) fn new(proof: Proof<'a>, headers: &'a H, body: &'a [u8]) -> Verified<'a, H> {
        Verified { proof, headers, body, unfolded: OnceLock::new() }
    }

    /// The headers of the request. [`Scheme::coverage`](crate::Scheme::coverage) says which of them the signature covers.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// # let headers = provider::GITHUB.signer(secret.clone())?.sign("72d3162e", b"{}")?;
    /// # let verifier = provider::GITHUB.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert_eq!(verified.headers()["x-github-delivery"], "72d3162e");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn headers(&self) -> &'a H {
        self.headers
    }

    pub(crate) fn unfolded(&self) -> &OnceLock<Arc<Vec<u8>>> {
        &self.unfolded
    }

    /// The raw body: exactly the bytes that were verified. They need not be text.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::CALLINTEL.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let verifier = provider::CALLINTEL.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert_eq!(verified.body(), b"{}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// What the headers say: the id, the timestamp, and the key that matched.
    ///
    /// ```
    /// # use hookseal::{Key, Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::TWITCH.signer(secret.clone())?.sign("msg_1", b"{}")?;
    /// # let verifier = provider::TWITCH.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert_eq!(verified.proof().id(), Some("msg_1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn proof(&self) -> &Proof<'a> {
        &self.proof
    }
}

impl<H: ?Sized> Clone for Verified<'_, H> {
    fn clone(&self) -> Self {
        Verified { unfolded: OnceLock::new(), ..*self }
    }
}

impl<H: ?Sized> fmt::Debug for Verified<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("proof", &self.proof).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Proof that a request is authentic, together with what its headers say. Only a [`Verifier`](crate::Verifier) can
/// create one.
///
/// ```
/// use hookseal::{Key, Secret, provider};
///
/// let verifier = provider::STANDARD_WEBHOOKS.verifier(Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?)?;
/// let headers = [
///     ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
///     ("webhook-timestamp", "1614265330"),
///     ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
/// ];
/// let sent = time::OffsetDateTime::from_unix_timestamp(1_614_265_330)?;
/// let verified = verifier.verify_at(&headers, br#"{"test": 2432232314}"#, sent)?;
/// let proof = verified.proof();
/// assert_eq!(proof.id(), Some("msg_p5jXN8AQM9LWM0D4loKWxJek"));
/// assert_eq!(proof.timestamp(), Some(sent));
/// assert_eq!(proof.key(), Key::Current);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    /// Visible ASCII.
    id: Option<&'a [u8]>,
    id_is_signed: bool,
    timestamp: Option<Timestamp>,
    key: Key,
    /// The place of the scheme among those of the verifier.
    scheme: u8,
    /// The hash of what tells the request from others, where its body does not.
    identity: Option<[u8; 32]>,
    /// In seconds of Unix time.
    expiry: Option<u64>,
}

impl<'a> Proof<'a> {
    #[inline]
    pub(super) fn new(plan: &Plan, reading: &Reading<'a>, place: usize, scheme: u8) -> Proof<'a> {
        Proof {
            id: reading.id,
            id_is_signed: plan.covers_id(),
            timestamp: reading.time,
            key: Key::at(place),
            scheme,
            identity: None,
            expiry: None,
        }
    }

    pub(super) fn with_identity(self, identity: Option<[u8; 32]>) -> Proof<'a> {
        Proof { identity, ..self }
    }

    pub(super) fn with_expiry(self, expiry: Option<u64>) -> Proof<'a> {
        Proof { expiry, ..self }
    }

    /// Until when the request is valid, in seconds of Unix time, if its token says so.
    pub(crate) fn expiry(&self) -> Option<u64> {
        self.expiry
    }

    /// With the earlier of both times, and of both expiries: a batch is no younger, and no longer valid, than any element.
    pub(super) fn as_old_as(self, other: &Proof<'_>) -> Proof<'a> {
        let is_older = |time: &Timestamp| self.timestamp.is_none_or(|own| time.is_before(own));
        Proof {
            timestamp: other.timestamp.filter(is_older).or(self.timestamp),
            expiry: [self.expiry, other.expiry].into_iter().flatten().min(),
            ..self
        }
    }

    pub(crate) fn identity(&self) -> Option<&[u8]> {
        self.identity.as_ref().map(<[u8; 32]>::as_slice)
    }

    pub(crate) fn scheme(&self) -> usize {
        self.scheme.into()
    }

    /// The delivery's id, if the scheme signs one.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::KLEN_AI.signer(secret.clone())?.sign("dlv_1", b"{}")?;
    /// # let verifier = provider::KLEN_AI.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert_eq!(verified.proof().id(), None, "Klen AI sends an id, but does not sign it");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn id(&self) -> Option<&'a str> {
        self.text().filter(|_| self.id_is_signed)
    }

    /// An id that the scheme sends but does not sign. Use it only for logs: anyone who replays a request can change it,
    /// so never deduplicate by it.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::KLEN_AI.signer(secret.clone())?.sign("dlv_1", b"{}")?;
    /// # let verifier = provider::KLEN_AI.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert_eq!(verified.proof().unsigned_id(), Some("dlv_1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsigned_id(&self) -> Option<&'a str> {
        self.text().filter(|_| !self.id_is_signed)
    }

    /// When the request was signed, if the scheme has a timestamp.
    ///
    /// ```
    /// # use hookseal::{Secret, provider};
    /// # let secret = Secret::new("a secret of twenty-some bytes")?;
    /// # let headers = provider::KLANG.signer(secret.clone())?.sign("evt_1", b"{}")?;
    /// # let verifier = provider::KLANG.verifier(secret)?;
    /// let verified = verifier.verify(&headers, b"{}")?;
    /// assert!(verified.proof().timestamp().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn timestamp(&self) -> Option<OffsetDateTime> {
        self.timestamp.and_then(Timestamp::time)
    }

    /// Which key matched. As long as it is a previous one, the sender still signs with the old secret.
    ///
    /// ```
    /// # use hookseal::{Key, Keyring, Secret, provider};
    /// let (old, new) = (Secret::new("the secret until yesterday")?, Secret::new("the secret from today on")?);
    /// let headers = provider::GITHUB.signer(old.clone())?.sign("evt_1", b"{}")?;
    /// let verifier = provider::GITHUB.verifier(Keyring::new(new).with_previous(old)?)?;
    /// assert_eq!(verifier.verify(&headers, b"{}")?.proof().key(), Key::Previous(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn key(&self) -> Key {
        self.key
    }

    /// Splits the proof from the id that it borrows, for a caller that keeps both.
    pub(crate) fn into_owned(self) -> (Proof<'static>, Option<Box<[u8]>>) {
        (Proof { id: None, ..self }, self.id.map(Box::from))
    }

    /// Puts the proof and its id together again.
    pub(crate) fn with_id(self, id: Option<&'a [u8]>) -> Proof<'a> {
        Proof { id, ..self }
    }

    fn text(&self) -> Option<&'a str> {
        self.id.and_then(|id| std::str::from_utf8(id).ok())
    }
}

impl fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof")
            .field("id", &self.id())
            .field("unsigned_id", &self.unsigned_id())
            .field("timestamp", &self.timestamp())
            .field("key", &self.key)
            .finish()
    }
}
