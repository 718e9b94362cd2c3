mod border;
mod context;
mod coverage;
mod file;
mod notation;
mod plan;
mod read;
mod write;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::mac::Digest;
use crate::secret::SecretForm;

pub use coverage::{Coverage, Extent};
pub(crate) use context::{Early, Late, is_absence};
use notation::{Notation, Piece};
pub(crate) use plan::{Content, Plan, Values};
pub(crate) use read::Reading;

/// A webhook signature scheme: the header lines of a provider's sample request, and what the signature covers.
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
/// # The notation
///
/// The first text contains the header lines of a sample request. The second text says which bytes are signed.
///
/// | in a header line | means |
/// |---|---|
/// | `{hex}` `{base64}` `{base64url}` | the MAC: hex in lower case (read in either), padded base64, unpadded base64 in the URL alphabet |
/// | `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` | the time: Unix seconds, Unix milliseconds, RFC 3339 |
/// | `{timestamp:ms-or-s}` | Unix milliseconds. Seconds are accepted too, for providers that contradict themselves |
/// | `{id}` | the id of the delivery. It has a header line to itself |
/// | `X-Sig: sha256={hex}` | the value is the prefix and the MAC, exactly |
/// | `X-Sig: t={timestamp},v1={hex}` | a list. The character after the first placeholder is the separator: `,` `;` or a blank. Items are recognized by their prefix, in any order; blanks around them and unknown items are ignored. Every named item is required, the timestamp exactly once |
/// | `X-Sig: v1={hex},...` | the last item may repeat. A signer writes one signature per key, and a verifier accepts any of them |
/// | `X-Sig: {timestamp},{hex},...` | items without a prefix are recognized by their position |
/// | `X-Sig: v0={hex},{hex},...` | one prefix for the whole list |
/// | two lines with a MAC | a signer uses the n-th key for the n-th line. A verifier accepts any key in any line |
/// | `X-Sig-{n}: {hex}` | any number of such lines: `X-Sig-1`, `X-Sig-2`, … |
/// | `a-id \| b-id: {id}` | alternative names. A request must use the first name in all lines, or the second name in all lines, and so on |
/// | `X-Version: 1` | a constant. A signer writes it. If a request has this header, the value must be equal; if it is covered, it is required |
///
/// | in the signed content | means |
/// |---|---|
/// | `{body}` | the raw body, exactly once |
/// | `{timestamp}` `{id}` | the received text |
/// | `{header:Name}` | the text of another header of the request, or of a constant line |
/// | anything else | itself |
///
/// A scheme is refused when it is made if it has a timestamp that is not covered (it would look like replay protection and
/// be none), if it covers a placeholder that no header line contains, or if two placeholders touch, because bytes could then
/// move from one to the other. An `{id}` that is not covered is allowed, for information only.
///
/// No header line can have a name that HTTP clients and proxies set: `Host`, `Content-Length`, `Transfer-Encoding`, `Trailer`,
/// `TE`, `Connection`, `Keep-Alive`, `Upgrade`, `HTTP2-Settings`, `Expect` and `Proxy-…`. A signer that wrote one could send
/// the request to another host or cut its body. The signed content may cover them.
///
/// A timestamp may touch another placeholder in two cases:
///
/// - `{timestamp}{body}`, `{body}{timestamp}`, or as the first or last placeholder (`{timestamp}{id}.{body}`): the time
///   must then have exactly ten digits, thirteen for milliseconds, or be in RFC 3339.
/// - `{id}{timestamp}{body}` with RFC 3339: the form of the time shows where the id ends.
///
/// In between, a timestamp needs text on both sides that is not a digit next to it: `{id}.{timestamp}.{body}`. If you
/// design a scheme, write it like that.
///
/// A signed request then has one meaning. A signer refuses an id or a covered header that holds the text that separates
/// it from its neighbour. So does a verifier, with one exception: ids with full stops are common, so under
/// `{id}.{timestamp}.{body}` an id ends at the first `.` that is followed by a time (of 2001 or later) and another `.`.
/// An id that itself holds such a text is refused, because nobody could tell it from a request that was cut elsewhere.
///
/// # In a file
///
/// The header lines are a list of strings, or one string. The secret itself does not belong here.
///
/// ```
/// let scheme: hookseal::Scheme = toml::from_str(r#"
///     headers = ["X-Acme-Timestamp: {timestamp}", "X-Acme-Signature: {base64}"]
///     covers = "{timestamp}.{body}"
///     secret_form = "base64"  # or hex, whsec, whsec-or-text; text is the default
///     digest = "sha512"       # sha256 is the default; sha1 with the feature
///     past = 600              # seconds, or "any"; 300 is the default, for `future` too
///     current_key_last = true # false is the default
/// "#)?;
/// assert_eq!(scheme.past(), Some(600));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "file::File", into = "file::File")]
pub struct Scheme {
    headers: Cow<'static, str>,
    covers: Cow<'static, str>,
    notation: Notation,
    digest: Digest,
    secret: SecretForm,
    past: Option<u32>,
    future: Option<u32>,
    current_key_last: bool,
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
            notation,
            digest: Digest::Sha256,
            secret: SecretForm::Text,
            past: TOLERANCE,
            future: TOLERANCE,
            current_key_last: false,
        }
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
        self.headers.get(..self.notation.body_start).unwrap_or_default().trim_end()
    }

    /// The lines of the sample request's body; empty for most schemes.
    ///
    /// ```
    /// let linear = hookseal::Scheme::new("Linear-Signature: {hex}\n\nwebhookTimestamp: {timestamp:ms}", "{body}");
    /// assert_eq!(linear.body(), "webhookTimestamp: {timestamp:ms}");
    /// ```
    pub fn body(&self) -> &str {
        self.headers.get(self.notation.body_start..).unwrap_or_default()
    }

    /// What the signature covers.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "v0:{body}").covers(), "v0:{body}");
    /// ```
    pub fn covers(&self) -> &str {
        &self.covers
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
        let window = u64::from(self.past?) + u64::from(self.future?);
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

    /// Whether a signature under one of two schemes, made with the same key, could be passed off as the other's over
    /// content that means something else: `{timestamp}.{body}` also reads as `{body}`.
    ///
    /// Different digests rule that out, and so does different text at the beginning or the end of the content. Schemes
    /// that cover the same in the same form read the same content alike.
    pub(crate) fn can_be_mistaken_for(&self, other: &Scheme) -> bool {
        let text = |scheme: &Scheme, piece: Option<&Piece>| match piece {
            Some(Piece::Literal { text, .. }) => text.of(&scheme.covers).to_owned(),
            _ => String::new(),
        };
        let first = |scheme: &Scheme| text(scheme, scheme.pieces().next());
        let last = |scheme: &Scheme| text(scheme, scheme.pieces().last());
        let (front, other_front) = (first(self), first(other));
        let (back, other_back) = (last(self), last(other));
        let alike = self.covers == other.covers
            && self.plan().time_format == other.plan().time_format
            && !self.covers_constant()
            && !other.covers_constant();
        // After the URL, which configuration fixes, comes a query, or a form whose first name does not begin like one.
        let begins_with_url = |scheme: &Scheme| matches!(scheme.pieces().next(), Some(Piece::Url(_)));
        self.digest == other.digest
            && !(begins_with_url(self) && begins_with_url(other))
            && !alike
            && (front.starts_with(&other_front) || other_front.starts_with(&front))
            && (back.ends_with(&other_back) || other_back.ends_with(&back))
    }

    /// Whether a header line without a placeholder is covered, whose value is then no border to look for.
    fn covers_constant(&self) -> bool {
        self.plan().spliced.iter().any(|spliced| spliced.border.is_none())
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.notation.pieces.iter().take(self.notation.piece_count)
    }
}

impl PartialEq for Scheme {
    fn eq(&self, other: &Scheme) -> bool {
        let settings = |s: &Scheme| (s.digest, s.secret, s.past, s.future, s.current_key_last);
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
            .finish()
    }
}

/// The header lines themselves: how they are indented means nothing.
fn lines(headers: &str) -> impl Iterator<Item = &str> {
    headers.lines().map(str::trim).filter(|line| !line.is_empty())
}
