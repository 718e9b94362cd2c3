//! The kit's requests, sent and judged.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use time::Duration;

use super::attack::AttackKit;
use super::cases::{self, Case, Kind};
use super::join::join_all;
use super::questions::{self, Expected, INJECTED, Question};
use super::{Reply, Report, SenderError};
use crate::delivery::EndpointCheck;
use crate::error::SignError;
use crate::handshake::acknowledge;
use crate::id::event_id;
use crate::secret::Secret;

/// Copies of one event at the same time.
const COPIES: usize = 8;

const NOT_PROCESSED: &str = "was processed, and should be answered without the handler";

pub(super) struct Run<'k, F> {
    kit: &'k AttackKit,
    send: F,
    report: Report,
    /// The texts of refusals, with the first case of each, by status.
    refusals: BTreeMap<u16, BTreeMap<String, String>>,
}

impl<'k, F: AsyncFn(Request<Bytes>) -> R, R: Into<Reply>> Run<'k, F> {
    pub(super) fn new(kit: &'k AttackKit, send: F) -> Run<'k, F> {
        Run { kit, send, report: Report::default(), refusals: BTreeMap::new() }
    }

    pub(super) async fn report(mut self) -> Result<Report, SenderError> {
        for case in cases::all(self.kit)? {
            self.judge(case).await?;
        }
        self.repeat().await?;
        for question in questions::all(self.kit)? {
            self.ask(question).await;
        }
        self.compare_texts();
        Ok(self.report)
    }

    async fn judge(&mut self, case: Case) -> Result<(), SenderError> {
        let Case { name, request, kind } = case;
        let now = self.kit.sender.time();
        let fits = request.body().len() <= self.kit.max_received;
        let authentic = fits && self.kit.verifier.verify_request_at(&request, now).is_ok();
        let telltales = if authentic { Vec::new() } else { self.telltales(&request)? };

        let before = self.kit.count();
        let reply = self.send(request).await;
        let effects = before.zip(self.kit.count()).map(|(before, after)| after.saturating_sub(before));

        let mut problems = Vec::new();
        let answered = |expected: &str| format!("answered {}{}, should be {expected}", reply.status, reply.said());
        match (authentic, kind) {
            (true, Kind::Good) if !is_success(reply.status) => problems.push(answered("accepted")),
            (true, Kind::Good) if effects.is_some_and(|effects| effects != 1) => {
                problems.push(format!("processed {} times, should be once", effects.unwrap_or_default()));
            }
            (true, Kind::UnknownType) if !is_success(reply.status) => {
                problems.push(answered("accepted: platforms pause an endpoint that refuses what they add"));
            }
            // 503 asks for it again, from a sender that gives up on a 4xx.
            (true, Kind::Unreadable) if reply.status >= 500 && reply.status != 503 => {
                problems.push(answered("no error of the server's"));
            }
            (true, Kind::Good | Kind::UnknownType) => problems.extend(self.unacknowledged(&reply)),
            (true, Kind::Unreadable) => {}
            (false, _) => {
                if !(400..500).contains(&reply.status) {
                    problems.push(answered("refused"));
                }
                if effects.is_some_and(|effects| effects > 0) {
                    problems.push("was processed, and should have been refused first".to_owned());
                }
                if telltales.iter().any(|telltale| reply.text.contains(telltale)) {
                    problems.push("the answer contains the right signature or the secret".to_owned());
                }
                self.refusals.entry(reply.status).or_default().entry(reply.text).or_insert(name.clone());
            }
        }
        self.report.add(&name, problems);
        Ok(())
    }

    /// Whether an answer of success is another one than the provider requires. A text that is not known is not judged.
    fn unacknowledged(&self, reply: &Reply) -> Option<String> {
        let required = acknowledge(self.kit.sender.provider().acknowledgement()?)?;
        let (status, text) = (required.status().as_u16(), String::from_utf8_lossy(required.body()).into_owned());
        let is_other = reply.status != status || !reply.text.is_empty() && reply.text != text;
        (is_success(reply.status) && is_other).then(|| {
            format!(
                "answered {}{}, should be {status} ({text}), which the provider requires",
                reply.status,
                reply.said()
            )
        })
    }

    /// What no answer may hold: the signatures that would have been right, and the secret.
    fn telltales(&self, request: &Request<Bytes>) -> Result<Vec<String>, SenderError> {
        let right = match self.kit.sign(&self.kit.sender, request.body().clone(), Duration::ZERO) {
            // There is no right one for this body.
            Err(SenderError::Sign(SignError::Unfit { .. })) => None,
            right => Some(right?),
        };
        let secrets = self.kit.keys.secrets().filter_map(Secret::expose);
        Ok(right.iter().flat_map(signatures).chain(secrets.map(str::to_owned)).collect())
    }

    /// The same event again, in every way in which it comes again.
    async fn repeat(&mut self) -> Result<(), SenderError> {
        let kit = self.kit;
        let again = |body: &Bytes, after| kit.sign(&kit.sender, body.clone(), after);

        let request = again(&kit.body(self.report.cases())?, Duration::ZERO)?;
        self.deliver("the same request twice", vec![request.clone(), request]).await;

        let (body, id) = (kit.body(self.report.cases())?, event_id("msg_")?);
        let attempt = |after| kit.sign(&kit.sender.clone().with_id(id.as_str()), body.clone(), after);
        self.deliver("an attempt and the next one", vec![attempt(-Duration::SECOND)?, attempt(Duration::ZERO)?]).await;

        let replay = self.replay()?;
        self.deliver("a replay under another unsigned id", replay).await;

        let body = kit.body(self.report.cases())?;
        let good = again(&body, Duration::ZERO)?;
        let mut forged = kit.sign(&cases::stranger(kit)?, body, Duration::ZERO)?;
        for (name, value) in good.headers().iter().filter(|(_, value)| !value.is_sensitive()) {
            forged.headers_mut().insert(name, value.clone());
        }
        // Refused already, but it must leave nothing behind.
        let _ = self.send(forged).await;
        self.deliver("an event after a forged copy of it", vec![good]).await;

        let request = again(&kit.body(self.report.cases())?, Duration::ZERO)?;
        let before = kit.count();
        let copies = (0..COPIES).map(|_| (self.send)(request.clone()));
        let replies: Vec<Reply> = join_all(copies).await.into_iter().map(Into::into).collect();
        self.once(&format!("{COPIES} copies at the same time"), before, &replies);
        Ok(())
    }

    /// A request, and the same with another id if that is not signed.
    fn replay(&self) -> Result<Vec<Request<Bytes>>, SenderError> {
        let request = self.kit.sign(&self.kit.sender, self.kit.body(self.report.cases())?, Duration::ZERO)?;
        let mut replay = request.clone();
        let verified = self.kit.verifier.verify_request_at(&request, self.kit.sender.time());
        let id = verified.ok().and_then(|verified| verified.proof().unsigned_id());
        let other = HeaderValue::from_str(&event_id("msg_")?).ok();
        if let (Some(id), Some(other)) = (id, other) {
            replay.headers_mut().values_mut().filter(|value| *value == id).for_each(|value| *value = other.clone());
        }
        Ok(vec![request, replay])
    }

    async fn deliver(&mut self, case: &str, requests: Vec<Request<Bytes>>) {
        let before = self.kit.count();
        let mut replies = Vec::new();
        for request in requests {
            replies.push(self.send(request).await);
        }
        self.once(case, before, &replies);
    }

    /// One effect, and no answer that would make the sender give up the endpoint.
    fn once(&mut self, case: &str, before: Option<usize>, replies: &[Reply]) {
        let effects = before.zip(self.kit.count()).map(|(before, after)| after.saturating_sub(before));
        let wrong = replies.iter().find(|reply| !is_success(reply.status) && !matches!(reply.status, 409 | 503));
        let wrong =
            wrong.map(|reply| format!("answered {}, should be accepted, or 409 or 503 meanwhile", reply.status));
        let done = effects.filter(|effects| *effects != 1);
        let done = done.map(|effects| format!("processed {effects} times, should be once"));
        let unacknowledged = replies.iter().find_map(|reply| self.unacknowledged(reply));
        self.report.add(case, wrong.into_iter().chain(done).chain(unacknowledged));
    }

    /// Sends a question, and if it was asked and answered rightly, copies of it at the same time.
    async fn ask(&mut self, question: Question) {
        let Question { name, request, expected, challenges, forbidden } = question;
        let before = self.kit.count();
        let reply = self.send(request.clone()).await;
        let mut problems = Vec::new();
        let answered = |expected: &str| format!("answered {}{}, should be {expected}", reply.status, reply.said());
        match &expected {
            Expected::Answer(check) if !is_passed(check, &reply) => {
                let method = request.method();
                let advice = match reply.status {
                    404 | 405 => format!("Let {method} through to the receiver, in axum with `any` instead of `post`"),
                    _ => "A `Receiver` answers it without the handler: see the guide `registering`".to_owned(),
                };
                problems.push(answered(&format!("the answer that the provider expects. {advice}")));
            }
            // 503 asks for a delivery again.
            Expected::Choice | Expected::Delivery if reply.status >= 500 && reply.status != 503 => {
                problems.push(answered("no error of the server's"));
            }
            Expected::Refusal if !(400..500).contains(&reply.status) => problems.push(answered("refused")),
            _ => {}
        }
        let is_processed = self.is_processed_since(before);
        problems.extend(match expected {
            Expected::Refusal if is_processed => Some("was processed, and should have been refused first".to_owned()),
            Expected::Answer(_) | Expected::Choice if is_processed => Some(NOT_PROCESSED.to_owned()),
            _ => None,
        });
        if challenges.iter().any(|text| !text.is_empty() && reply.text.contains(text)) && reply.is_page() {
            problems.push("the answer repeats the challenge as HTML, and a browser runs the scripts in it".to_owned());
        }
        if reply.headers.as_ref().is_some_and(|headers| headers.contains_key(INJECTED)) {
            problems.push("a line end in the challenge adds a header to the answer".to_owned());
        }
        let found = forbidden.iter().find(|(text, _)| reply.contains(text));
        problems.extend(found.map(|(_, problem)| (*problem).to_owned()));
        // A framework answers some requests before the endpoint sees them, with texts of its own, but with neither of these.
        let is_bare = reply.text.is_empty() && self.kit.wants_bare_refusals();
        if matches!(expected, Expected::Refusal) && matches!(reply.status, 401 | 403) && !is_bare {
            self.refusals.entry(reply.status).or_default().entry(reply.text).or_insert(name.clone());
        }
        let is_answered = problems.is_empty();
        self.report.add(&name, problems);
        if let (Expected::Answer(check), true) = (expected, is_answered) {
            let (name, before) = (format!("{name}, {COPIES} times at once"), self.kit.count());
            let replies = join_all((0..COPIES).map(|_| (self.send)(request.clone()))).await;
            let wrong = replies.into_iter().map(Into::into).find(|reply| !is_passed(&check, reply));
            let wrong =
                wrong.map(|reply| format!("answered {}{}, should be the same answer", reply.status, reply.said()));
            let processed = self.is_processed_since(before).then(|| NOT_PROCESSED.to_owned());
            self.report.add(&name, wrong.into_iter().chain(processed));
        }
    }

    fn is_processed_since(&self, before: Option<usize>) -> bool {
        before.zip(self.kit.count()).is_some_and(|(before, after)| after > before)
    }

    /// What differs between refusals tells a forger how far the forgery got.
    fn compare_texts(&mut self) {
        for (status, texts) in &self.refusals {
            let differing = (texts.len() > 1).then(|| {
                let cases: Vec<_> = texts.values().take(3).map(|case| format!("`{case}`")).collect();
                format!("they differ, for example for {}; should be one text", cases.join(" and "))
            });
            self.report.add(&format!("the texts of refusals with {status}"), differing);
        }
    }

    async fn send(&self, request: Request<Bytes>) -> Reply {
        (self.send)(request).await.into()
    }
}

/// The signatures in a signed request.
pub(super) fn signatures(request: &Request<Bytes>) -> impl Iterator<Item = String> {
    let signatures = request.headers().values().filter(|value| value.is_sensitive());
    let words = signatures.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split([',', '=', ' ', ';']));
    words.filter(|word| word.len() > 20).map(str::to_owned)
}

/// Whether this is the right answer, as far as the reply tells.
fn is_passed(check: &EndpointCheck, reply: &Reply) -> bool {
    let Ok(status) = StatusCode::from_u16(reply.status) else { return false };
    let mut response = Response::new(&reply.text);
    *response.status_mut() = status;
    *response.headers_mut() = reply.headers.as_ref().unwrap_or(check.expected.headers()).clone();
    check.is_passed(&response)
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}
