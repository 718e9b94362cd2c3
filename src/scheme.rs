mod border;
mod confusion;
mod context;
mod coverage;
mod file;
mod jwt;
mod notation;
mod plan;
mod read;
mod separation;
mod write;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::algorithm::Algorithm;
use crate::error::ConfigError;
use crate::mac::Digest;
use crate::secret::SecretForm;
use crate::text::trimmed;

pub(crate) use context::{Early, Late, MakeContext, is_absence, not_posted};
pub use coverage::{Coverage, Extent};
pub(crate) use jwt::Facts;
use notation::{Notation, Piece};
pub(crate) use plan::{Content, Plan, Values};
pub(crate) use read::Reading;
pub(crate) use separation::Separation;

/// A webhook signature scheme: a provider's sample request, and what the signature covers.
///
/// The same value drives a [`Signer`](crate::Signer) and a [`Verifier`](crate::Verifier). Schemes that you write, or load
/// from a file, can do everything that those in [`provider`](crate::provider) can.
///
/// ```
/// use hookseal::{Scheme, Secret, Signer, Verifier};
///
/// const ACME: Scheme = Scheme::new("Acme-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}");
///
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let headers = Signer::new(ACME, secret.clone())?.sign("evt_1", b"{}")?;
/// assert!(Verifier::new(ACME, secret)?.verify(&headers, b"{}").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
#[doc = include_str!("scheme/notation.md")]
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "file::File", into = "file::File")]
pub struct Scheme {
    headers: Cow<'static, str>,
    covers: Cow<'static, str>,
    notation: Notation,
    /// For a scheme that reads more than headers.
    context: Option<MakeContext>,
    digest: Digest,
    secret: SecretForm,
    past: Option<u32>,
    future: Option<u32>,
    current_key_last: bool,
    algorithm: Algorithm,
    over_digest: bool,
}

/// Five minutes: what Stripe, Slack and Standard Webhooks recommend. It covers clock drift and a slow network, not more.
const TOLERANCE: Option<u32> = Some(300);

impl Scheme {
    /// A scheme with HMAC-SHA256, a secret whose text is the key, and a tolerance of 300 seconds in either direction.
    ///
    /// Use it in constants, where a mistake is a compile error that names it.
    ///
    /// # Panics
    /// If a text is wrong and this is not evaluated in a constant. [`try_new`](Self::try_new) returns an error instead.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const GITHUB: Scheme = Scheme::new("X-Hub-Signature-256: sha256={hex}", "{body}");
    /// assert_eq!(GITHUB.covers(), "{body}");
    /// ```
    ///
    /// ```compile_fail
    /// const TYPO: hookseal::Scheme = hookseal::Scheme::new("X-Signature: sha256={hexx}", "{body}");
    /// # let _ = TYPO;
    /// ```
    pub const fn new(headers: &'static str, covers: &'static str) -> Scheme {
        match notation::read(headers, covers) {
            Ok(notation) => Scheme::from_parts(Cow::Borrowed(headers), Cow::Borrowed(covers), notation),
            Err(fault) => fault.fail(if notation::is_about_headers(&fault) { headers } else { covers }),
        }
    }

    /// A scheme from texts that are only known at run time.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the field and the part of it that is wrong.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// let error = Scheme::try_new("X-Time: {timestamp}\nX-Signature: {hex}", "{body}").unwrap_err();
    /// assert!(error.to_string().contains("leaves out the `{timestamp}`"));
    /// ```
    pub fn try_new(
        headers: impl Into<Cow<'static, str>>,
        covers: impl Into<Cow<'static, str>>,
    ) -> Result<Scheme, ConfigError> {
        let (headers, covers) = (headers.into(), covers.into());
        match notation::read(&headers, &covers) {
            Ok(notation) => Ok(Scheme::from_parts(headers, covers, notation)),
            Err(fault) => Err(fault.describe(if notation::is_about_headers(&fault) { &headers } else { &covers })),
        }
    }

    const fn from_parts(headers: Cow<'static, str>, covers: Cow<'static, str>, notation: Notation) -> Scheme {
        Scheme {
            headers,
            covers,
            context: if notation.reads_more() { Some(context::Context::new) } else { None },
            notation,
            digest: Digest::Sha256,
            secret: SecretForm::Text,
            past: TOLERANCE,
            future: TOLERANCE,
            current_key_last: false,
            algorithm: Algorithm::Hmac,
            over_digest: false,
        }
    }

    /// Sets the algorithm. HMAC unless set.
    ///
    /// ```
    /// use hookseal::{Algorithm, Scheme};
    ///
    /// const DISCORD: Scheme =
    ///     Scheme::new("X-Signature-Timestamp: {timestamp}\nX-Signature-Ed25519: {hex}", "{timestamp}{body}")
    ///         .with_algorithm(Algorithm::Ed25519);
    /// assert_eq!(DISCORD.algorithm(), Algorithm::Ed25519);
    /// ```
    #[must_use]
    pub const fn with_algorithm(mut self, algorithm: Algorithm) -> Scheme {
        self.algorithm = algorithm;
        self
    }

    /// Signs the SHA-256 hash of the content instead of the content, for an algorithm that then hashes again. Bridge does so.
    ///
    /// It has no effect on HMAC.
    ///
    /// ```
    /// use hookseal::{Algorithm, Scheme};
    ///
    /// const BRIDGE: Scheme = Scheme::new("X-Webhook-Signature: t={timestamp:ms},v0={base64}", "{timestamp}.{body}")
    ///     .with_algorithm(Algorithm::RsaSha256)
    ///     .with_over_digest();
    /// assert!(BRIDGE.over_digest());
    /// ```
    #[must_use]
    pub const fn with_over_digest(mut self) -> Scheme {
        self.over_digest = true;
        self
    }

    /// Sets the hash function of the HMAC. SHA-256 unless set, which most providers use.
    ///
    /// ```
    /// use hookseal::{Digest, Scheme};
    ///
    /// const PAYSTACK: Scheme = Scheme::new("X-Paystack-Signature: {hex}", "{body}").with_digest(Digest::Sha512);
    /// assert_eq!(PAYSTACK.digest(), Digest::Sha512);
    /// ```
    #[must_use]
    pub const fn with_digest(mut self, digest: Digest) -> Scheme {
        self.digest = digest;
        self
    }

    /// Sets how the text of a secret becomes a key. Its own bytes are the key unless set.
    ///
    /// ```
    /// use hookseal::{Scheme, SecretForm};
    ///
    /// const ONFLEET: Scheme = Scheme::new("X-Onfleet-Signature: {hex}", "{body}").with_secret_form(SecretForm::Hex);
    /// assert_eq!(ONFLEET.secret_form(), SecretForm::Hex);
    /// ```
    #[must_use]
    pub const fn with_secret_form(mut self, form: SecretForm) -> Scheme {
        self.secret = form;
        self
    }

    /// Sets how many seconds old a timestamp may be. 300 unless set. A timestamp of exactly that age is accepted.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const KLANG: Scheme =
    ///     Scheme::new("X-Klang-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}").with_past(28_800);
    /// assert_eq!(KLANG.past(), Some(28_800));
    /// ```
    #[must_use]
    pub const fn with_past(mut self, seconds: u32) -> Scheme {
        self.past = Some(seconds);
        self
    }

    /// Accepts timestamps of any age: for a sender that retries for days with the first timestamp, or that documents no
    /// tolerance at all.
    ///
    /// A captured request can then be replayed forever. Deduplicate by what the signature covers.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const SANITY: Scheme =
    ///     Scheme::new("sanity-webhook-signature: t={timestamp:ms},v1={base64url}", "{timestamp}.{body}").with_any_past();
    /// assert_eq!(SANITY.past(), None);
    /// assert_eq!(SANITY.replay_window(), None);
    /// ```
    #[must_use]
    pub const fn with_any_past(mut self) -> Scheme {
        self.past = None;
        self
    }

    /// Sets how many seconds ahead of the receiver's clock a timestamp may be. 300 unless set. A timestamp exactly that
    /// far ahead is accepted.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const BOX: Scheme = Scheme::new("X-Time: {timestamp}\nX-Signature: {hex}", "{timestamp}.{body}").with_future(0);
    /// assert_eq!(BOX.future(), Some(0));
    /// ```
    #[must_use]
    pub const fn with_future(mut self, seconds: u32) -> Scheme {
        self.future = Some(seconds);
        self
    }

    /// Accepts timestamps however far ahead of the receiver's clock.
    ///
    /// Whoever can make the sender sign a time in the future can replay that request until then. No preset does this.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const LAX: Scheme = Scheme::new("X-Time: {timestamp}\nX-Signature: {hex}", "{timestamp}.{body}").with_any_future();
    /// assert_eq!(LAX.future(), None);
    /// ```
    #[must_use]
    pub const fn with_any_future(mut self) -> Scheme {
        self.future = None;
        self
    }

    /// Writes the current key's signature last where a scheme carries several.
    ///
    /// Use it for receivers that read only the last signature, as Paddle's library does. Otherwise the current key comes
    /// first, because receivers that read a single signature usually read the first.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const PADDLE: Scheme =
    ///     Scheme::new("Paddle-Signature: ts={timestamp};h1={hex};...", "{timestamp}:{body}").with_current_key_last();
    /// assert!(PADDLE.current_key_last());
    /// ```
    #[must_use]
    pub const fn with_current_key_last(mut self) -> Scheme {
        self.current_key_last = true;
        self
    }

    /// The lines of the sample request above its body: headers, query parameters and the method.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "{body}").headers(), "X-Signature: {hex}");
    /// ```
    pub fn headers(&self) -> &str {
        trimmed(self.headers.get(..self.notation.body_start).unwrap_or_default())
    }

    /// The lines of the sample request's body; empty for most schemes.
    ///
    /// ```
    /// let linear = hookseal::Scheme::new("Linear-Signature: {hex}\n\nwebhookTimestamp: {timestamp:ms}", "{body}");
    /// assert_eq!(linear.body(), "webhookTimestamp: {timestamp:ms}");
    /// ```
    pub fn body(&self) -> &str {
        trimmed(self.headers.get(self.notation.body_start..).unwrap_or_default())
    }

    /// What the signature covers; empty for a scheme that sends the secret itself.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "v0:{body}").covers(), "v0:{body}");
    /// ```
    pub fn covers(&self) -> &str {
        &self.covers
    }

    /// How the scheme signs.
    ///
    /// ```
    /// use hookseal::{Algorithm, Scheme};
    ///
    /// assert_eq!(Scheme::new("X-Signature: {hex}", "{body}").algorithm(), Algorithm::Hmac);
    /// ```
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether the hash of the content is signed.
    ///
    /// ```
    /// assert!(!hookseal::Scheme::new("X-Signature: {hex}", "{body}").over_digest());
    /// ```
    pub fn over_digest(&self) -> bool {
        self.over_digest
    }

    /// The hash function of the HMAC.
    ///
    /// ```
    /// use hookseal::{Digest, Scheme};
    ///
    /// assert_eq!(Scheme::new("X-Signature: {hex}", "{body}").digest(), Digest::Sha256);
    /// ```
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How secrets are written; what [`Secret::generate`](crate::Secret::generate) asks for.
    ///
    /// ```
    /// use hookseal::{Scheme, SecretForm};
    ///
    /// assert_eq!(Scheme::new("X-Signature: {hex}", "{body}").secret_form(), SecretForm::Text);
    /// ```
    pub fn secret_form(&self) -> SecretForm {
        self.secret
    }

    /// Whether the signature covers an id of the delivery, by which a receiver can deduplicate.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// // GitHub sends an id, but does not sign it: whoever replays a delivery can change it.
    /// assert!(!Scheme::new("X-Hub-Signature-256: sha256={hex}\nX-GitHub-Delivery: {id}", "{body}").covers_id());
    /// ```
    pub fn covers_id(&self) -> bool {
        self.pieces().any(|piece| matches!(piece, Piece::Id))
    }

    /// How many seconds old a timestamp may be; `None` means any age.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "{body}").past(), Some(300));
    /// ```
    pub fn past(&self) -> Option<u32> {
        self.past
    }

    /// How many seconds ahead of the receiver's clock a timestamp may be; `None` means any time.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "{body}").future(), Some(300));
    /// ```
    pub fn future(&self) -> Option<u32> {
        self.future
    }

    /// Whether the current key's signature is written last where there are several.
    ///
    /// ```
    /// assert!(!hookseal::Scheme::new("X-Signature: {hex}", "{body}").current_key_last());
    /// ```
    pub fn current_key_last(&self) -> bool {
        self.current_key_last
    }

    /// Whether one request can carry several signatures, each with another key.
    ///
    /// A sender can then sign with the new and the old key during a rotation. Otherwise every receiver must accept both
    /// keys before the sender switches.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::STRIPE.scheme().carries_several_signatures());
    /// assert!(!provider::GITHUB.scheme().carries_several_signatures());
    /// ```
    pub fn carries_several_signatures(&self) -> bool {
        self.plan().capacity(2) > 1
    }

    /// For how many seconds a captured request can stay valid. `None` means forever: then only deduplication stops a replay
    /// attack. A store of processed events must keep its keys at least this long.
    ///
    /// This is the tolerance in both directions added up, because a request whose timestamp is ahead of the clock stays
    /// valid for longer.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// assert_eq!(Scheme::new("X-Signature: t={timestamp},v1={hex}", "{timestamp}.{body}").replay_window(), Some(600));
    /// assert_eq!(Scheme::new("X-Signature: {hex}", "{body}").replay_window(), None);
    /// ```
    pub fn replay_window(&self) -> Option<u64> {
        // A timestamp that is not covered is refused when the scheme is made.
        let signed = self.plan().time_format.is_some();
        // Even without a tolerance, a time is now for a whole unit of its format.
        let window = u64::from(self.past?.max(1)) + u64::from(self.future?);
        signed.then_some(window)
    }

    /// The methods that the sample request names.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &str> {
        self.notation.methods.of(&self.headers).split('|').map(str::trim).filter(|method| !method.is_empty())
    }

    /// Whether a receiver takes requests with this method. Without a line for it, that is `POST`, and any if the method is
    /// signed.
    pub(crate) fn admits(&self, method: &str) -> bool {
        match self.notation.methods.is_empty() {
            true => method == "POST" || self.pieces().any(|piece| matches!(piece, Piece::Method)),
            false => self.methods().any(|admitted| admitted == method),
        }
    }

    /// The scheme, resolved for use.
    pub(crate) fn plan(&self) -> Plan {
        Plan::new(self)
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.notation.pieces.iter().take(self.notation.piece_count)
    }
}

impl PartialEq for Scheme {
    fn eq(&self, other: &Scheme) -> bool {
        let settings =
            |s: &Scheme| (s.digest, s.secret, s.past, s.future, s.current_key_last, s.algorithm, s.over_digest);
        lines(self.headers()).eq(lines(other.headers()))
            && lines(self.body()).eq(lines(other.body()))
            && self.covers == other.covers
            && settings(self) == settings(other)
    }
}

impl Eq for Scheme {}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheme")
            .field("headers", &self.headers)
            .field("covers", &self.covers)
            .field("digest", &self.digest)
            .field("secret", &self.secret)
            .field("past", &self.past)
            .field("future", &self.future)
            .field("current_key_last", &self.current_key_last)
            .field("algorithm", &self.algorithm)
            .field("over_digest", &self.over_digest)
            .finish()
    }
}

/// The header lines themselves: how they are indented means nothing.
fn lines(headers: &str) -> impl Iterator<Item = &str> {
    headers.lines().map(trimmed).filter(|line| !line.is_empty())
}
