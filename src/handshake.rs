mod answer;
mod ask;
mod parse;
mod read;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ConfigError;
use crate::place::{Half, Place, Steps};
use crate::text::{Span, trimmed};

pub(crate) use answer::acknowledge;
pub(crate) use parse::acknowledgement;
use parse::{Parsed, parse};
pub(crate) use read::{Asked, Head};

/// Lines in the request of one handshake. Meta's has four.
const MAX_LINES: usize = 8;

/// What a provider asks of an endpoint before it delivers anything, and the answer that it expects, as two samples. A
/// [`Receiver`](crate::receive::Receiver) answers it, and the handler is not called.
///
/// The first text is the request: header lines, an empty line, and fields of the body.
///
/// | line | means |
/// |---|---|
/// | `:method: GET` | the method: `POST` unless given |
/// | `Name: text`, `field: text` | a constant in a header or in a field of the JSON body. If the value differs, the request is another one |
/// | `?name: text` | the same in a query parameter |
/// | `[].field: …` | the same in the only element of an array |
/// | `&field: …` | the same in a field of a form |
/// | `{challenge}` in place of the text | the value that the answer is made of: visible ASCII without `<` and `>`, with blanks between, at most 512 characters |
/// | `{challenge:token}` | the same, of letters, digits and `-_+/=.` only: at most 256 characters |
/// | `{challenge:uuid}` `{challenge:hex}` `{challenge:digits}` | the same, of hex digits and hyphens (36), of hex digits (128), of decimal digits (20) |
/// | `{new-secret}` | a signing secret that the provider brings, in a header or the body of an unsigned `POST`: see [`with_registration`](crate::receive::Receiver::with_registration). The answer can repeat it as `{challenge}` |
/// | `{verify-token}` | a secret that you gave the provider: see [`with_verify_token`](crate::receive::Receiver::with_verify_token). It is compared in constant time |
///
/// The second text is the answer: `:status: 204` and header lines, an empty line, and the body. Without an empty line, it has
/// no body if it begins with `:status:`, and is all body otherwise. A body that begins with `{"` is JSON, and values are
/// written into its strings; any other is plain text. A header line can set another `Content-Type` where the body has no
/// `{challenge}`.
///
/// | placeholder | is |
/// |---|---|
/// | `{challenge}` | the received value |
/// | `{challenge\|hmac-hex}` `{challenge\|hmac-base64}` | its MAC under the receiver's current key, with the digest of the provider's scheme |
///
/// A signed question with a wrong signature is refused like a delivery. If the right answer has no body, this refusal has none
/// either (up to a question of 16 KiB): Xero asks wrongly on purpose, and expects 401 without a body.
///
/// ```
/// use hookseal::Handshake;
///
/// const ZOOM: Handshake = Handshake::new(
///     ":method: POST
///
///      event: endpoint.url_validation
///      payload.plainToken: {challenge:token}",
///     r#"{"plainToken":"{challenge}","encryptedToken":"{challenge|hmac-hex}"}"#,
/// );
/// assert!(ZOOM.is_signed());
/// ```
///
/// # Signing oracles
///
/// Whoever gets the MAC of free text under the key that signs deliveries can forge them: the challenge `v0:<time>:<body>`
/// would be answered with Zoom's signature of that body. An answer with a MAC is therefore refused when the handshake is
/// made, unless its challenge has an alphabet:
///
/// ```
/// use hookseal::Handshake;
///
/// let error = Handshake::try_new(":method: GET\n?crc: {challenge}", "{challenge|hmac-hex}").unwrap_err();
/// assert_eq!(error.to_string(), "answer: signs a `{challenge}` of any characters: whoever asks could have deliveries signed");
/// ```
///
/// Where nobody signs the challenge, a receiver also refuses deliveries whose body could be a part of such a challenge, with
/// [`Rejection::PossibleChallenge`](crate::receive::Rejection::PossibleChallenge): X signs the bare body, and would have signed
/// `12345` for anybody. JSON contains other characters. A receiver cannot be made if the scheme signs no body that could tell
/// the two apart. A challenge in a header or a parameter that the scheme does not cover is signed by nobody, even if the
/// question is: in a captured request, anybody can replace it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct Handshake {
    request: Cow<'static, str>,
    answer: Cow<'static, str>,
    lines: [Line; MAX_LINES],
    count: u8,
    steps: Steps,
    method: Verb,
    is_signed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    place: Place,
    wants: Wants,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Constant(Span),
    Challenge(Alphabet),
    VerifyToken,
    NewSecret,
}

/// The methods with which providers ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    Head,
    Options,
    Post,
}

/// The characters that a challenge may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    Visible,
    Token,
    Uuid,
    Hex,
    Digits,
}

impl Handshake {
    /// A handshake for a constant, where a mistake is a compile error that names it. A `POST` counts as signed: the provider
    /// signs it like a delivery, and it is verified first.
    ///
    /// # Panics
    /// If a text is wrong and this is not evaluated in a constant. [`try_new`](Self::try_new) returns an error instead.
    ///
    /// ```
    /// use hookseal::Handshake;
    ///
    /// const SLACK: Handshake =
    ///     Handshake::new(":method: POST\n\ntype: url_verification\nchallenge: {challenge}", "{challenge}");
    /// assert!(SLACK.is_signed());
    /// ```
    pub const fn new(request: &'static str, answer: &'static str) -> Handshake {
        match parse(request.as_bytes(), answer.as_bytes()) {
            Ok(parsed) => Handshake::from_parts(Cow::Borrowed(request), Cow::Borrowed(answer), parsed),
            Err(fault) => fault.fail(if parse::is_about_request(&fault) { request } else { answer }),
        }
    }

    /// A handshake from texts that are only known at run time.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the text and the part of it that is wrong.
    ///
    /// ```
    /// use hookseal::Handshake;
    ///
    /// let error = Handshake::try_new(":method: PUT", "{challenge}").unwrap_err();
    /// assert_eq!(error.to_string(), "request: `PUT` is not GET, HEAD, OPTIONS or POST");
    /// ```
    pub fn try_new(
        request: impl Into<Cow<'static, str>>,
        answer: impl Into<Cow<'static, str>>,
    ) -> Result<Handshake, ConfigError> {
        let (request, answer) = (request.into(), answer.into());
        match parse(request.as_bytes(), answer.as_bytes()) {
            Ok(parsed) => Ok(Handshake::from_parts(request, answer, parsed)),
            Err(fault) => Err(fault.describe(if parse::is_about_request(&fault) { &request } else { &answer })),
        }
    }

    const fn from_parts(request: Cow<'static, str>, answer: Cow<'static, str>, parsed: Parsed) -> Handshake {
        let Parsed { lines, count, steps, method, brings_secret } = parsed;
        let is_signed = matches!(method, Verb::Post) && !brings_secret;
        Handshake { request, answer, lines, count, steps, method, is_signed }
    }

    /// Answers a `POST` without a signature: only for a provider that sends it before there is a secret. Such an answer
    /// proves nothing about who asked. A request with a signature is always a delivery, unless headers and query alone make it
    /// this handshake; and of one without, at most 16 KiB are looked at.
    ///
    /// ```
    /// use hookseal::Handshake;
    ///
    /// const GRAPH: Handshake = Handshake::new("?validationToken: {challenge}", "{challenge}").unsigned();
    /// assert!(!GRAPH.is_signed());
    /// ```
    #[must_use]
    pub const fn unsigned(mut self) -> Handshake {
        self.is_signed = false;
        self
    }

    /// Whether the request is verified before it is answered.
    ///
    /// ```
    /// use hookseal::Handshake;
    ///
    /// const META: Handshake = Handshake::new(
    ///     ":method: GET\n?hub.mode: subscribe\n?hub.verify_token: {verify-token}\n?hub.challenge: {challenge:token}",
    ///     "{challenge}",
    /// );
    /// assert!(!META.is_signed(), "no provider signs a GET");
    /// ```
    pub const fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// The lines of the request, as they were written.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert!(provider::META.handshakes()[0].request().contains("hub.verify_token"));
    /// ```
    pub fn request(&self) -> &str {
        &self.request
    }

    /// The answer, as it was written.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert_eq!(provider::META.handshakes()[0].answer(), "{challenge}");
    /// ```
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// Whether the answer has a body.
    pub(crate) fn is_answered_with_body(&self) -> bool {
        answer::body(&self.answer).is_some()
    }

    /// Whether the request brings the signing secret.
    pub(crate) fn brings_secret(&self) -> bool {
        self.lines().any(|line| line.wants == Wants::NewSecret)
    }

    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().take(self.count.into())
    }

    fn text(&self, span: Span) -> &str {
        span.of(&self.request)
    }
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Head => "HEAD",
            Verb::Options => "OPTIONS",
            Verb::Post => "POST",
        }
    }
}

/// As it is in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    request: Vec<String>,
    answer: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    unsigned: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl TryFrom<File> for Handshake {
    type Error = ConfigError;

    fn try_from(file: File) -> Result<Handshake, ConfigError> {
        // In a constant, the first line end only begins the text.
        let start = if file.request.first().is_some_and(String::is_empty) { "\n" } else { "" };
        // An empty line after the headers ends them, even if nothing follows.
        let end = if file.answer.last().is_some_and(String::is_empty) { "\n" } else { "" };
        let request = start.to_owned() + &file.request.join("\n");
        let handshake = Handshake::try_new(request, file.answer.join("\n") + end)?;
        Ok(if file.unsigned { handshake.unsigned() } else { handshake })
    }
}

impl From<Handshake> for File {
    fn from(handshake: Handshake) -> File {
        let unsigned = handshake.method == Verb::Post && !handshake.is_signed;
        let strings = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
        File {
            request: strings(request_lines(&handshake.request)),
            answer: strings(answer::lines(&handshake.answer)),
            unsigned,
        }
    }
}

/// The lines of both halves, with one empty line between them if there are fields of the body.
fn request_lines(text: &str) -> Vec<&str> {
    let (mut lines, mut is_body) = (Vec::new(), false);
    for (place, line) in text.split('\n').map(trimmed).enumerate() {
        match line.is_empty() {
            true => is_body |= place > 0,
            false if is_body && !lines.contains(&"") => lines.extend(["", line]),
            false => lines.push(line),
        }
    }
    lines
}

impl Handshake {
    /// Whether the answer has a MAC of the challenge, and the challenge can contain this text.
    pub(crate) fn signs(&self, text: &[u8]) -> bool {
        let alphabet = self.lines().find_map(|line| match line.wants {
            Wants::Challenge(alphabet) => Some(alphabet),
            Wants::NewSecret => Some(Alphabet::Token),
            Wants::Constant(_) | Wants::VerifyToken => None,
        });
        self.answer.contains("{challenge|hmac-") && alphabet.is_some_and(|alphabet| alphabet.contains(text))
    }

    /// Whether only who can sign requests can choose the challenge. `is_covered` says of a place whether they sign it.
    pub(crate) fn is_challenge_signed(&self, is_covered: impl Fn(Half, &str) -> bool) -> bool {
        let is_challenge = |line: &&Line| matches!(line.wants, Wants::Challenge(_) | Wants::NewSecret);
        let mut challenges = self.lines().filter(is_challenge);
        self.is_signed && challenges.all(|line| is_covered(line.place.half, self.text(line.place.name)))
    }
}

impl PartialEq for Handshake {
    fn eq(&self, other: &Handshake) -> bool {
        request_lines(&self.request) == request_lines(&other.request)
            && answer::lines(&self.answer) == answer::lines(&other.answer)
            && self.is_signed == other.is_signed
    }
}

impl Eq for Handshake {}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("request", &self.request)
            .field("answer", &self.answer)
            .field("is_signed", &self.is_signed)
            .finish_non_exhaustive()
    }
}
