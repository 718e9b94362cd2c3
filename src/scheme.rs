mod border;
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

use notation::{Notation, Piece};
pub(crate) use plan::{Plan, Values};
pub(crate) use read::Reading;

/// A webhook signature scheme as a value: a provider's sample request and what its signature covers.
///
/// One scheme drives both a [`Signer`](crate::Signer) and a [`Verifier`](crate::Verifier). A scheme that you write, or
/// load from a file, has the same standing as those in [`provider`](crate::provider).
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
/// The first text holds the header lines of a sample request, one a line. The second says which bytes are signed.
///
/// | in a header line | means |
/// |---|---|
/// | `{hex}` `{base64}` `{base64url}` | the MAC: hex in lower case (read in either), padded base64, unpadded base64 in the URL alphabet |
/// | `{timestamp}` `{timestamp:ms}` `{timestamp:rfc3339}` | the time: unix seconds, unix milliseconds, RFC 3339 |
/// | `{timestamp:ms-or-s}` | unix milliseconds; seconds are read too, for providers that contradict themselves |
/// | `{id}` | the id of the delivery; it stands alone in its line |
/// | `X-Sig: sha256={hex}` | the value is the prefix and the MAC, exactly |
/// | `X-Sig: t={timestamp},v1={hex}` | a list. What follows the first placeholder separates: `,` `;` or a blank. Items are found by their prefix in any order, blanks around them and unknown items are skipped, each named item must be there, the timestamp once |
/// | `X-Sig: v1={hex},...` | the last item may repeat: a signer writes one for each key, for a verifier each is a candidate |
/// | `X-Sig: {timestamp},{hex},...` | items without prefix go by position |
/// | `X-Sig: v0={hex},{hex},...` | one prefix before a whole list |
/// | two lines with a MAC | a signer gives the n-th line the n-th key; a verifier takes any key in any |
/// | `X-Sig-{n}: {hex}` | the same for any number of headers: `X-Sig-1`, `X-Sig-2`, … |
/// | `a-id \| b-id: {id}` | alternative names. All lines switch together, a request that mixes them is refused |
/// | `X-Version: 1` | written by a signer; must be equal if present, and present if it is covered |
///
/// | in what is covered | means |
/// |---|---|
/// | `{body}` | the raw body, exactly once |
/// | `{timestamp}` `{id}` | their text as received |
/// | `{header:Name}` | the text of another header: the request's, or a constant line's |
/// | anything else | itself |
///
/// Refused when the scheme is made: a timestamp that is not covered (it would pose as replay protection), a covered
/// placeholder that no line carries, and placeholders that touch, since bytes could move from one to the other. An `{id}`
/// that is not covered is allowed and only informs.
///
/// A timestamp may touch another placeholder in these cases alone:
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
/// assert_eq!(scheme.past_limit(), Some(600));
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
    /// A scheme with HMAC-SHA256, a secret that is text, and a window of 300 seconds to either side.
    ///
    /// Meant for constants: there, a mistake is a compile error that names it.
    ///
    /// # Panics
    /// Outside of constants, where [`try_new`](Self::try_new) gives an error.
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

    /// The same for texts that come from elsewhere.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the field and the offending part of it.
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

    /// Sets the hash under the HMAC.
    ///
    /// ```
    /// use hookseal::{Digest, Scheme};
    ///
    /// const PAYSTACK: Scheme = Scheme::new("X-Paystack-Signature: {hex}", "{body}").digest(Digest::Sha512);
    /// assert_ne!(PAYSTACK, Scheme::new("X-Paystack-Signature: {hex}", "{body}"));
    /// ```
    #[must_use]
    pub const fn digest(mut self, digest: Digest) -> Scheme {
        self.digest = digest;
        self
    }

    /// Sets how the text of a secret becomes a key.
    ///
    /// ```
    /// use hookseal::{Scheme, SecretForm};
    ///
    /// const ONFLEET: Scheme = Scheme::new("X-Onfleet-Signature: {hex}", "{body}").secret(SecretForm::Hex);
    /// assert_eq!(ONFLEET.secret_form(), SecretForm::Hex);
    /// ```
    #[must_use]
    pub const fn secret(mut self, form: SecretForm) -> Scheme {
        self.secret = form;
        self
    }

    /// Sets how many seconds old a timestamp may be. The edge is inside.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const KLANG: Scheme = Scheme::new("X-Klang-Signature: t={timestamp},v1={hex},...", "{timestamp}.{body}").past(28_800);
    /// assert_eq!(KLANG.past_limit(), Some(28_800));
    /// ```
    #[must_use]
    pub const fn past(mut self, seconds: u32) -> Scheme {
        self.past = Some(seconds);
        self
    }

    /// Sets how many seconds ahead of the clock a timestamp may be. The edge is inside.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const BOX: Scheme = Scheme::new("X-Time: {timestamp}\nX-Signature: {hex}", "{timestamp}.{body}").past(600).future(0);
    /// assert_eq!(BOX.future_limit(), Some(0));
    /// ```
    #[must_use]
    pub const fn future(mut self, seconds: u32) -> Scheme {
        self.future = Some(seconds);
        self
    }

    /// Accepts a timestamp of any age: the sender retries for days with the first one, or wants no window at all.
    ///
    /// A captured request can then be replayed for ever. Deduplicate by what the signature covers.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const SANITY: Scheme = Scheme::new("sanity-webhook-signature: t={timestamp:ms},v1={base64url}", "{timestamp}.{body}").any_age();
    /// assert_eq!(SANITY.replay_window(), None);
    /// ```
    #[must_use]
    pub const fn any_age(mut self) -> Scheme {
        self.past = None;
        self
    }

    /// Writes the current key's signature last where a scheme carries several.
    ///
    /// For receivers that look at the last one alone, as Paddle's library does. Elsewhere the current key comes first,
    /// because such receivers usually look at the first.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// const PADDLE: Scheme = Scheme::new("Paddle-Signature: ts={timestamp};h1={hex};...", "{timestamp}:{body}").current_key_last();
    /// assert_ne!(PADDLE, Scheme::new("Paddle-Signature: ts={timestamp};h1={hex};...", "{timestamp}:{body}"));
    /// ```
    #[must_use]
    pub const fn current_key_last(mut self) -> Scheme {
        self.current_key_last = true;
        self
    }

    /// The header lines.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "{body}").headers(), "X-Signature: {hex}");
    /// ```
    pub fn headers(&self) -> &str {
        &self.headers
    }

    /// What the signature covers.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "v0:{body}").covers(), "v0:{body}");
    /// ```
    pub fn covers(&self) -> &str {
        &self.covers
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

    /// How many seconds old a timestamp may be; `None` is any age.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "{body}").past_limit(), Some(300));
    /// ```
    pub fn past_limit(&self) -> Option<u32> {
        self.past
    }

    /// How many seconds ahead of the clock a timestamp may be; `None` is any time.
    ///
    /// ```
    /// assert_eq!(hookseal::Scheme::new("X-Signature: {hex}", "{body}").future_limit(), Some(300));
    /// ```
    pub fn future_limit(&self) -> Option<u32> {
        self.future
    }

    /// For how many seconds a captured request can stay valid; `None` is for ever, and then only deduplication stops a
    /// replay. A store of processed events must remember at least as long.
    ///
    /// The sum of both sides of the window: a request that was stamped ahead of the clock lives longer.
    ///
    /// ```
    /// use hookseal::Scheme;
    ///
    /// assert_eq!(Scheme::new("X-Signature: t={timestamp},v1={hex}", "{timestamp}.{body}").replay_window(), Some(600));
    /// assert_eq!(Scheme::new("X-Signature: {hex}", "{body}").replay_window(), None);
    /// ```
    pub fn replay_window(&self) -> Option<u64> {
        let signed = self.pieces().any(|piece| matches!(piece, Piece::Timestamp));
        let window = u64::from(self.past?) + u64::from(self.future?);
        signed.then_some(window)
    }

    /// The scheme, resolved for use.
    pub(crate) fn plan(&self) -> Plan {
        Plan::new(self)
    }

    /// The hash under the HMAC.
    pub(crate) fn hash(&self) -> Digest {
        self.digest
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
            && self.plan().time_format() == other.plan().time_format()
            && !self.covers_constant()
            && !other.covers_constant();
        self.digest == other.digest
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
        lines(&self.headers).eq(lines(&other.headers))
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
