//! What a provider asks before it delivers: asked rightly, and in the ways in which others ask. What to expect of each, the
//! handshakes and the verifier decide.

use bytes::Bytes;
use http::{Method, Request};
use time::Duration;

use super::attack::AttackKit;
use super::reword::reword;
use super::run::signatures;
use super::{SenderError, cases};
use crate::codec::Encoding;
use crate::delivery::EndpointCheck;
use crate::error::SignError;
use crate::handshake::{Handshake, Head};
use crate::id::event_id;
use crate::random;
use crate::request::{RequestLine, Target};
use crate::scheme::{Separation, Values};
use crate::secret::Secret;

pub(super) struct Question {
    pub(super) name: String,
    pub(super) request: Request<Bytes>,
    pub(super) expected: Expected,
    /// The challenges. No page may contain them.
    pub(super) challenges: Vec<String>,
    /// Texts that no answer may contain, and the problem if one does.
    pub(super) forbidden: Vec<(String, &'static str)>,
}

/// What a request must lead to.
pub(super) enum Expected {
    /// The right answer.
    Answer(Box<EndpointCheck>),
    /// An answer or a refusal: the provider could ask so, and does not.
    Choice,
    /// Whatever becomes of a delivery: it is authentic, and asks nothing.
    Delivery,
    Refusal,
}

#[derive(Clone, Copy)]
enum Placeholder {
    Challenge,
    VerifyToken,
}

/// What a question has where the placeholder's right text should be.
enum Wording {
    Text(fn(&str) -> String),
    Missing,
    Twice,
}

/// A question, and the texts where the right one should be.
type Worded = (Request<Vec<u8>>, Vec<String>);

/// A header that a challenge with a line end writes into the answer of an endpoint that pastes it there.
pub(super) const INJECTED: &str = "hookseal-injected";

const WORDINGS: &[(&str, Placeholder, Wording)] = &[
    // Of digits, which every alphabet has, so that only the length is wrong.
    ("a challenge of 10000 characters", Placeholder::Challenge, Wording::Text(|_| "7".repeat(10_000))),
    ("a challenge with markup", Placeholder::Challenge, Wording::Text(|_| MARKUP.to_owned())),
    (
        "a challenge with a line end",
        Placeholder::Challenge,
        Wording::Text(|right| format!("{right}\r\n{INJECTED}: yes")),
    ),
    ("an empty challenge", Placeholder::Challenge, Wording::Text(|_| String::new())),
    ("no challenge", Placeholder::Challenge, Wording::Missing),
    ("the challenge twice", Placeholder::Challenge, Wording::Twice),
    ("another verify token", Placeholder::VerifyToken, Wording::Text(|_| "another-verify-token".to_owned())),
    ("half of the verify token", Placeholder::VerifyToken, Wording::Text(half)),
    ("one character more in the verify token", Placeholder::VerifyToken, Wording::Text(|right| format!("{right}0"))),
    ("an empty verify token", Placeholder::VerifyToken, Wording::Text(|_| String::new())),
    ("no verify token", Placeholder::VerifyToken, Wording::Missing),
    ("the verify token twice", Placeholder::VerifyToken, Wording::Twice),
];

/// Visible ASCII, which a challenge without an alphabet may be.
const MARKUP: &str = "<script>alert(1)</script>";

/// Where a line occurs twice, the second text. Every alphabet has it.
const SECOND: &str = "77777777777777777777";

const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];

/// The body of a delivery that a signing oracle is to sign: of visible ASCII, which a header can carry.
const FORGED: &[u8] = br#"{"event":"forged"}"#;

const ORACLE: &str = "the answer contains the signature of a forged delivery: whoever asks can have deliveries signed";
const REPEATED: &str = "the answer repeats the challenge, which should not be answered";
const SIGNED: &str = "the answer signs the challenge, which should not be answered";
const SECRET: &str = "the answer contains the secret";

/// Everything that is asked of an endpoint whose provider has handshakes.
pub(super) fn all(kit: &AttackKit) -> Result<Vec<Question>, SenderError> {
    let handshakes = kit.sender.provider().handshakes();
    let mut list = Vec::new();
    for (place, handshake) in handshakes.iter().enumerate() {
        let mut bytes = [0; 16];
        random::fill(&mut bytes)?;
        let token = kit.verify_token();
        let mut questions = Questions {
            kit,
            handshake,
            name: if handshakes.len() == 1 { "handshake".to_owned() } else { format!("handshake {}", place + 1) },
            challenge: handshake.challenge_of(&bytes),
            token: token.map_or_else(|| event_id("unknown-"), |token| Ok(token.to_owned()))?,
            list,
        };
        match handshake.brings_secret() {
            true => questions.brought()?,
            false => questions.asked()?,
        }
        questions.methods()?;
        list = questions.list;
    }
    Ok(list)
}

impl AttackKit {
    /// Whether the provider wants no body where a handshake is refused.
    pub(super) fn wants_bare_refusals(&self) -> bool {
        let mut handshakes = self.sender.provider().handshakes().iter();
        handshakes.any(|handshake| handshake.is_signed() && !handshake.is_answered_with_body())
    }
}

struct Questions<'k> {
    kit: &'k AttackKit,
    handshake: &'k Handshake,
    name: String,
    challenge: String,
    /// The right one, if the kit has it.
    token: String,
    list: Vec<Question>,
}

impl Questions<'_> {
    fn asked(&mut self) -> Result<(), SenderError> {
        if self.kit.verify_token().is_some() || !self.has(Placeholder::VerifyToken)? {
            let request = self.signed(self.plain()?)?;
            let (challenge, signer) = (self.challenge.clone(), self.kit.sender.signer());
            let check = EndpointCheck::of(self.handshake, request.clone(), challenge, signer);
            self.add("asked rightly", request, Expected::Answer(Box::new(check)), Vec::new(), Vec::new());
        }
        if self.handshake.is_signed() {
            self.signatures()?;
        }
        for (name, placeholder, wording) in WORDINGS {
            if let Some((request, texts)) = self.worded(*placeholder, wording)? {
                let request = self.signed(request)?;
                let expected = match self.expected(&request) {
                    Expected::Choice if !texts.iter().any(|text| text == MARKUP) => match self.handshake.is_signed() {
                        true => Expected::Delivery,
                        false => Expected::Refusal,
                    },
                    expected => expected,
                };
                let challenges = match (placeholder, wording) {
                    // Nobody but the provider can sign it, and most parsers of JSON hide that a field occurs twice.
                    (_, Wording::Twice) if matches!(expected, Expected::Delivery) => Vec::new(),
                    (Placeholder::Challenge, _) => texts,
                    (Placeholder::VerifyToken, _) => vec![self.challenge.clone()],
                };
                self.attack_expecting(name, request, expected, challenges, Vec::new());
            }
        }
        if self.handshake.answer().contains("{challenge|hmac-") {
            self.oracle()?;
        }
        Ok(())
    }

    fn signatures(&mut self) -> Result<(), SenderError> {
        let (now, challenge) = (self.kit.sender.time(), vec![self.challenge.clone()]);
        self.attack("without a signature", self.plain()?, challenge.clone(), Vec::new());

        let mut forged = self.plain()?;
        cases::stranger(self.kit)?.sign(&mut forged, now)?;
        self.attack("signed with another secret", forged, challenge.clone(), Vec::new());

        if let Some(past) = self.kit.sender.provider().scheme().past() {
            let age = Duration::seconds(i64::from(past) + 3600);
            let mut old = self.plain()?;
            self.kit.sender.sign(&mut old, now.checked_sub(age).ok_or(SignError::TimeOutOfRange)?)?;
            self.attack("signed long ago", old, challenge, Vec::new());
        }

        let (mut changed, other) = (self.signed(self.plain()?)?, self.challenge.chars().rev().collect::<String>());
        if reword(&mut changed, &self.challenge, false, Some(&other))? {
            self.attack("signed for another challenge", changed, vec![other], Vec::new());
        }
        Ok(())
    }

    /// The challenge is what the scheme would sign for a delivery of the attacker's.
    fn oracle(&mut self) -> Result<(), SenderError> {
        let sender = &self.kit.sender;
        let (time, id) = (sender.time(), sender.id()?);
        let delivery = sender.signed(self.kit.uri.clone(), &id, Bytes::from_static(FORGED), time)?;
        let plan = sender.provider().scheme().plan();
        let timestamp = plan.timestamp(|| time)?;
        let mut values = Values { id: id.as_bytes(), timestamp: timestamp.as_bytes(), ..Values::default() };
        plan.spliced(delivery.headers(), &mut values)?;
        let content: Vec<&[u8]> = plan.head(&values).chain([FORGED]).chain(plan.tail(&values)).collect();
        let content = String::from_utf8_lossy(&content.concat()).into_owned();

        let signatures: Vec<_> = signatures(&delivery).map(|signature| (signature, ORACLE)).collect();
        let name = "the signed text of a forged delivery as the challenge";
        if let Some(request) = self.question(&content, &self.token)? {
            if self.handshake.is_signed() {
                self.attack(&format!("{name}, unsigned"), request.clone(), vec![content.clone()], signatures.clone());
            }
            self.attack(name, self.signed(request)?, vec![content], signatures);
        }
        // Whoever asks gets the signature of this one.
        if self.kit.sender.provider().separation(self.handshake) == Separation::ByBody {
            let body = Bytes::from(self.challenge.clone());
            let delivery = self.kit.sign(&self.kit.sender, body, Duration::ZERO)?;
            self.add("a delivery of a challenge", delivery.map(Vec::from), Expected::Refusal, Vec::new(), Vec::new());
        }
        Ok(())
    }

    /// A secret of the attacker's, and a delivery signed with it.
    fn brought(&mut self) -> Result<(), SenderError> {
        let secret = self.challenge.clone();
        self.attack(
            "a signing secret while no registration is pending",
            self.plain()?,
            vec![secret.clone()],
            Vec::new(),
        );
        // Where the scheme's secrets have another form, nobody can sign with it.
        if let Ok(sender) = self.kit.sender.with_keys(Secret::new(secret.as_str())?) {
            let delivery = self.kit.sign(&sender, self.kit.body(self.list.len())?, Duration::ZERO)?;
            self.attack("a delivery signed with that secret", delivery.map(Vec::from), vec![secret], Vec::new());
        }
        Ok(())
    }

    fn methods(&mut self) -> Result<(), SenderError> {
        let used = self.handshake.method();
        for method in METHODS.into_iter().filter(|method| method.as_str() != used) {
            let mut request = self.signed(self.plain()?)?;
            *request.method_mut() = method.clone();
            self.attack(&format!("asked with {method}"), request, vec![self.challenge.clone()], Vec::new());
        }
        for method in METHODS.into_iter().filter(|method| *method != Method::POST) {
            let mut delivery = self.kit.sign(&self.kit.sender, self.kit.body(self.list.len())?, Duration::ZERO)?;
            *delivery.method_mut() = method.clone();
            self.attack(&format!("a delivery with {method}"), delivery.map(Vec::from), Vec::new(), Vec::new());
        }
        Ok(())
    }

    /// The question as the provider asks, unsigned.
    fn plain(&self) -> Result<Request<Vec<u8>>, SenderError> {
        Ok(self.handshake.question(&self.kit.uri, &self.challenge, Some(&self.token))?)
    }

    /// `None` if a line cannot have its text.
    fn question(&self, challenge: &str, token: &str) -> Result<Option<Request<Vec<u8>>>, SenderError> {
        match self.handshake.question(&self.kit.uri, challenge, Some(token)) {
            Ok(request) => Ok(Some(request)),
            Err(SignError::Header { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// `None` if the question has no such placeholder, or if its line cannot have such a text.
    fn worded(&self, placeholder: Placeholder, wording: &Wording) -> Result<Option<Worded>, SenderError> {
        if !self.has(placeholder)? {
            return Ok(None);
        }
        let right = self.right(placeholder);
        let mut request = self.plain()?;
        Ok(match (wording, placeholder) {
            (Wording::Missing, _) => {
                reword(&mut request, right, false, None)?;
                Some((request, Vec::new()))
            }
            (Wording::Twice, _) => {
                reword(&mut request, right, true, Some(SECOND))?;
                Some((request, vec![right.to_owned(), SECOND.to_owned()]))
            }
            (Wording::Text(text), Placeholder::Challenge) => {
                let text = text(right);
                self.question(&text, &self.token)?.map(|request| (request, vec![text]))
            }
            (Wording::Text(text), Placeholder::VerifyToken) => {
                let text = text(right);
                self.question(&self.challenge, &text)?.map(|request| (request, vec![text]))
            }
        })
    }

    fn has(&self, placeholder: Placeholder) -> Result<bool, SenderError> {
        reword(&mut self.plain()?, self.right(placeholder), false, None)
    }

    fn right(&self, placeholder: Placeholder) -> &str {
        match placeholder {
            Placeholder::Challenge => &self.challenge,
            Placeholder::VerifyToken => &self.token,
        }
    }

    fn signed(&self, mut request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, SenderError> {
        if self.handshake.is_signed() {
            self.kit.sender.sign(&mut request, self.kit.sender.time())?;
        }
        Ok(request)
    }

    fn attack(
        &mut self,
        name: &str,
        request: Request<Vec<u8>>,
        challenges: Vec<String>,
        forbidden: Vec<(String, &'static str)>,
    ) {
        let expected = self.expected(&request);
        self.attack_expecting(name, request, expected, challenges, forbidden);
    }

    fn attack_expecting(
        &mut self,
        name: &str,
        request: Request<Vec<u8>>,
        expected: Expected,
        challenges: Vec<String>,
        mut forbidden: Vec<(String, &'static str)>,
    ) {
        if !matches!(expected, Expected::Choice) {
            let repeated = challenges.iter().filter(|text| is_telling(text));
            forbidden.extend(repeated.map(|text| (text.clone(), REPEATED)));
            let signer = self.kit.sender.signer();
            for (text, encoding) in challenges.iter().flat_map(|text| [(text, Encoding::Hex), (text, Encoding::Base64)])
            {
                // Empty where a provider signs nothing.
                forbidden
                    .extend(Some((signer.mac(text.as_bytes(), encoding), SIGNED)).filter(|(mac, _)| is_telling(mac)));
            }
        }
        self.add(name, request, expected, challenges, forbidden);
    }

    fn add(
        &mut self,
        name: &str,
        request: Request<Vec<u8>>,
        expected: Expected,
        challenges: Vec<String>,
        mut forbidden: Vec<(String, &'static str)>,
    ) {
        let secrets = self.kit.keys.secrets().filter_map(Secret::expose).filter(|text| is_telling(text));
        forbidden.extend(secrets.map(|text| (text.to_owned(), SECRET)));
        let (name, request) = (format!("{}: {name}", self.name), request.map(Bytes::from));
        self.list.push(Question { name, request, expected, challenges, forbidden });
    }

    fn expected(&self, request: &Request<Vec<u8>>) -> Expected {
        let (kit, headers, body) = (self.kit, request.headers(), request.body());
        let is_authentic = request.method() == Method::POST
            && body.len() <= kit.max_received
            && kit.verifier.verify_request_at(request, kit.sender.time()).is_ok();
        let line = RequestLine { method: request.method().as_str(), query: request.uri().query() };
        let target = Target { line, headers: &headers };
        for handshake in kit.sender.provider().handshakes() {
            match handshake.read_head(&target, kit.verify_token()) {
                Head::WrongToken(_) if handshake.is_all_head() => return Expected::Refusal,
                Head::Asked(_) if handshake.is_all_head() && handshake.brings_secret() => return Expected::Refusal,
                Head::Asked(_) if handshake.is_all_head() && !handshake.is_signed() => return Expected::Choice,
                // A request with a right signature is no handshake that nobody signs.
                Head::Asked(asked) if handshake.is_signed() == is_authentic => {
                    match handshake.read_body(asked, body, kit.verify_token()) {
                        Some(Head::Asked(_)) if handshake.brings_secret() => return Expected::Refusal,
                        Some(Head::Asked(_)) => return Expected::Choice,
                        Some(_) => return Expected::Refusal,
                        None => {}
                    }
                }
                Head::WrongToken(asked) if handshake.is_signed() == is_authentic => {
                    if handshake.read_body(asked, body, kit.verify_token()).is_some() {
                        return Expected::Refusal;
                    }
                }
                Head::WrongToken(_) | Head::Asked(_) | Head::Other | Head::Unfit(..) => {}
            }
        }
        if is_authentic { Expected::Delivery } else { Expected::Refusal }
    }
}

/// Whether a text is too long to be in an answer by chance.
fn is_telling(text: &str) -> bool {
    text.len() > 8
}

fn half(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}
