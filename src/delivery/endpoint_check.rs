use std::fmt;

use http::{HeaderMap, Request, Response, Uri};
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::SignError;
use crate::handshake::{Asked, Handshake};
use crate::random;
use crate::secret::Secret;
use crate::sign::Signer;

/// A question to an endpoint that a customer has registered, so that you deliver only to those who want it: make it, send
/// its request with your HTTP client, and activate the endpoint if the answer is right.
///
/// It is the sender's half of a [`Handshake`]. Check the URL first, with an
/// [`EndpointUrl`](super::EndpointUrl), and send the request like a delivery: to public addresses only, without redirects.
/// A [`Subscription`](super::Subscription) makes its check with [`check`](super::Subscription::check), and is activated with
/// [`activate`](super::Subscription::activate).
///
/// ```
/// use hookseal::delivery::EndpointCheck;
/// use hookseal::receive::Receiver;
/// use hookseal::{Secret, provider};
///
/// // Asks as Slack does. An endpoint that receives from Slack with this crate knows the answer.
/// let secret = Secret::new("a secret of twenty-some bytes")?;
/// let handshake = &provider::SLACK.handshakes()[0];
/// let uri = "https://hooks.customer.com/slack".parse()?;
/// let check = EndpointCheck::new(handshake, &uri, &provider::SLACK.signer(secret.clone())?)?;
///
/// let receiver: Receiver = provider::SLACK.receiver(secret)?;
/// let request = check.request();
/// let mut intake = receiver.begin(request.headers());
/// intake.push(request.body().clone().into());
/// let answer = intake.finish().unwrap_err().to_response::<Vec<u8>>();
/// assert!(check.is_passed(&answer));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EndpointCheck {
    uri: Uri,
    request: Request<Vec<u8>>,
    pub(crate) expected: Response<Vec<u8>>,
}

impl EndpointCheck {
    /// A check of the endpoint at `uri`, with a random challenge. It is signed if the handshake is.
    ///
    /// The request has the lines of the handshake and nothing else. If your scheme covers a header (`{header:Acme-Topic}`), make
    /// it a line of the handshake: `Acme-Topic: endpoint.check`. The receiver then tells a check from a delivery by it.
    ///
    /// # Errors
    /// [`SignError`]: among others [`NoRandomness`](SignError::NoRandomness), because a challenge that can be guessed would
    /// prove nothing, and [`Header`](SignError::Header) for a covered header that is no line of the handshake.
    ///
    /// ```
    /// use hookseal::delivery::EndpointCheck;
    /// use hookseal::{Handshake, Secret, provider};
    ///
    /// const PING: Handshake = Handshake::new(":method: GET\n?challenge: {challenge:token}", "{challenge}");
    ///
    /// let signer = provider::STANDARD_WEBHOOKS.signer(Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?)?;
    /// let check = EndpointCheck::new(&PING, &"https://hooks.customer.com/acme".parse()?, &signer)?;
    /// assert!(check.request().uri().query().is_some_and(|query| query.starts_with("challenge=")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(handshake: &Handshake, uri: &Uri, signer: &Signer) -> Result<EndpointCheck, SignError> {
        EndpointCheck::with_token(handshake, uri, signer, None)
    }

    /// A check that also sends the verify token that the customer chose.
    ///
    /// # Errors
    /// The same errors as [`new`](Self::new).
    ///
    /// ```
    /// use hookseal::delivery::EndpointCheck;
    /// use hookseal::{Secret, provider};
    ///
    /// let signer = provider::META.signer(Secret::new("the app secret that Meta shows")?)?;
    /// let token = Secret::new("a-token-of-their-choice")?;
    /// let uri = "https://hooks.customer.com/".parse()?;
    /// let check = EndpointCheck::new_with_token(&provider::META.handshakes()[0], &uri, &signer, &token)?;
    /// assert!(check.request().uri().to_string().contains("hub.verify_token=a-token-of-their-choice"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new_with_token(
        handshake: &Handshake,
        uri: &Uri,
        signer: &Signer,
        token: &Secret,
    ) -> Result<EndpointCheck, SignError> {
        EndpointCheck::with_token(handshake, uri, signer, token.expose())
    }

    fn with_token(
        handshake: &Handshake,
        uri: &Uri,
        signer: &Signer,
        token: Option<&str>,
    ) -> Result<EndpointCheck, SignError> {
        let mut random = [0; 16];
        random::fill(&mut random).map_err(SignError::NoRandomness)?;
        let challenge = handshake.challenge_of(&random);
        let mut request = handshake.question(uri, &challenge, token)?;
        if handshake.is_signed() {
            signer.sign_request_at(&mut request, &challenge, OffsetDateTime::now_utc())?;
        }
        let check = EndpointCheck::of(handshake, request, challenge, signer);
        Ok(EndpointCheck { uri: uri.clone(), ..check })
    }

    /// A check with a request that is made already.
    pub(crate) fn of(
        handshake: &Handshake,
        request: Request<Vec<u8>>,
        challenge: String,
        signer: &Signer,
    ) -> EndpointCheck {
        let asked = Asked::of(challenge);
        let expected = handshake.respond(&asked, &|text, encoding| signer.mac(text, encoding)).unwrap_or_default();
        EndpointCheck { uri: request.uri().clone(), request, expected }
    }

    /// The request to send.
    ///
    /// ```
    /// # use hookseal::{Secret, delivery::EndpointCheck, provider};
    /// # let signer = provider::ZOOM.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// # let uri = "https://hooks.customer.com/zoom".parse()?;
    /// let check = EndpointCheck::new(&provider::ZOOM.handshakes()[0], &uri, &signer)?;
    /// assert!(check.request().headers().contains_key("x-zm-signature"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request(&self) -> &Request<Vec<u8>> {
        &self.request
    }

    /// The URI of the endpoint, without what the handshake adds to its query.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether this is the right answer: its status, its body (as JSON if that is expected, otherwise as text without blanks
    /// around it), and the headers that the handshake names. Read at most a few kilobytes of a body.
    ///
    /// ```
    /// # use hookseal::{Secret, delivery::EndpointCheck, provider};
    /// # let signer = provider::ZOOM.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// # let uri = "https://hooks.customer.com/zoom".parse()?;
    /// let check = EndpointCheck::new(&provider::ZOOM.handshakes()[0], &uri, &signer)?;
    /// assert!(!check.is_passed(&http::Response::new(b"welcome".to_vec())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_passed<B: AsRef<[u8]>>(&self, answer: &Response<B>) -> bool {
        let (body, expected) = (answer.body().as_ref(), self.expected.body().as_slice());
        let same_body = match serde_json::from_slice::<Value>(expected) {
            Ok(json @ Value::Object(_)) => serde_json::from_slice::<Value>(body).is_ok_and(|body| body == json),
            _ => body.trim_ascii() == expected.trim_ascii(),
        };
        answer.status() == self.expected.status() && same_body && has_named(answer.headers(), self.expected.headers())
    }
}

/// Whether the headers that the handshake names have the right values. The others are about how the answer is read.
fn has_named(headers: &HeaderMap, expected: &HeaderMap) -> bool {
    use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
    let mut named =
        expected.iter().filter(|(name, _)| ![CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS].contains(name));
    named.all(|(name, value)| headers.get(name) == Some(value))
}

impl fmt::Debug for EndpointCheck {
    /// Leaves out the challenge and the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointCheck").field("method", self.request.method()).finish_non_exhaustive()
    }
}
