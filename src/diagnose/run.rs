use std::fmt;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::error::{ConfigError, VerifyError};
use crate::mac::wiping_stack;
use crate::provider::Provider;
use crate::request::RequestLine;
use crate::scheme::Scheme;
use crate::verify::Verifier;

use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::correct;
use super::explain;
use super::facts;
use super::key::Secrets;
use super::report::{Diagnosis, Verdict};
use super::search::{Limits, Match, Search};
use super::trial::{self, Trial, verifier};

/// How much a diagnosis may cost.
///
/// By default, 256 MiB are hashed, in at most 700 milliseconds: with bodies of 1 KiB, everything has then been tried long
/// before. A diagnosis ends at the first of both limits. A signature of a private key that is verified, and a token, counts as
/// 64 KiB more than its body, because it takes about as long.
///
/// ```
/// use std::time::Duration;
/// use hookseal::diagnose::Budget;
///
/// let budget = Budget::new().with_bytes(16 << 20).with_time(Duration::from_millis(100));
/// assert_eq!((budget.bytes(), budget.time().as_millis()), (16 << 20, 100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    bytes: u64,
    time: Duration,
}

impl Budget {
    /// 256 MiB and 700 milliseconds.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use hookseal::diagnose::Budget;
    /// assert_eq!(Budget::new().time(), Duration::from_millis(700));
    /// ```
    pub const fn new() -> Budget {
        Budget { bytes: 256 << 20, time: Duration::from_millis(700) }
    }

    /// Sets how many bytes may be hashed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use hookseal::diagnose::Budget;
    /// assert_eq!(Budget::new().with_bytes(1 << 20).bytes(), 1 << 20);
    /// ```
    #[must_use]
    pub const fn with_bytes(mut self, bytes: u64) -> Budget {
        self.bytes = bytes;
        self
    }

    /// Sets how long it may take.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use hookseal::diagnose::Budget;
    /// assert_eq!(Budget::new().with_time(Duration::from_millis(50)).time().as_millis(), 50);
    /// ```
    #[must_use]
    pub const fn with_time(mut self, time: Duration) -> Budget {
        self.time = time;
        self
    }

    /// How many bytes may be hashed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use hookseal::diagnose::Budget;
    /// assert_eq!(Budget::new().bytes(), 256 << 20);
    /// ```
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How long it may take.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use hookseal::diagnose::Budget;
    /// assert_eq!(Budget::default().time(), Duration::from_millis(700));
    /// ```
    pub const fn time(&self) -> Duration {
        self.time
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new()
    }
}

/// Finds out why a request was refused.
///
/// It needs what the program has: the provider or the scheme, and the secret as it is configured. Do not trim it: a line
/// end is one of the causes. Where the provider signs with a private key, the secret is the text of its public key, or of a JSON
/// Web Key Set.
///
/// Signatures of private keys, and tokens (JWT), are tried with the verifier itself: other bodies, other texts of the key, names
/// and spellings of the headers, the time, the URL, and how the signature is written. Other contents and other providers are
/// not: each would take a verification, and there are thousands.
///
/// ```
/// use hookseal::diagnose::{Captured, Diagnose, Verdict};
/// use hookseal::provider;
///
/// let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
/// let diagnose = Diagnose::new(&provider::GITHUB, "the secret of another hook")
///     .with_other_secret("docs", "It's a Secret to Everybody");
/// let diagnosis = diagnose.run(&captured);
/// assert_eq!(diagnosis.causes()[0].text(), "The secret of `docs` signed this, not the configured one");
/// ```
pub struct Diagnose {
    provider: Provider,
    /// Whether it is one of the catalogue, whose schemes are right.
    is_known: bool,
    secrets: Secrets,
    budget: Budget,
    has_excerpts: bool,
}

impl Diagnose {
    /// For a provider, with the text of the configured secret.
    ///
    /// ```
    /// use hookseal::diagnose::Diagnose;
    ///
    /// let diagnose = Diagnose::new(&hookseal::provider::STRIPE, "whsec_test_secret");
    /// assert!(!format!("{diagnose:?}").contains("test_secret"));
    /// ```
    pub fn new(provider: &Provider, secret: impl Into<String>) -> Diagnose {
        let is_known =
            crate::provider::by_name(provider.name()).is_some_and(|known| known.schemes() == provider.schemes());
        let secrets = Secrets { text: Zeroizing::new(secret.into()), others: Vec::new() };
        Diagnose { provider: provider.clone(), is_known, secrets, budget: Budget::new(), has_excerpts: true }
    }

    /// For a scheme of your own, which may be wrong itself.
    ///
    /// # Errors
    /// None for a scheme that a [`Provider`] can have.
    ///
    /// ```
    /// use hookseal::Scheme;
    /// use hookseal::diagnose::Diagnose;
    ///
    /// const ACME: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}");
    /// assert!(Diagnose::for_scheme(ACME, "a secret of twenty-some bytes").is_ok());
    /// ```
    pub fn for_scheme(scheme: Scheme, secret: impl Into<String>) -> Result<Diagnose, ConfigError> {
        Ok(Diagnose { is_known: false, ..Diagnose::new(&Provider::new("custom", scheme)?, secret) })
    }

    /// Adds another secret of the user's, with a name for the report: the right secret of the wrong endpoint is the second
    /// most frequent cause.
    ///
    /// ```
    /// use hookseal::diagnose::Diagnose;
    ///
    /// let diagnose = Diagnose::new(&hookseal::provider::STRIPE, "whsec_of_the_dashboard")
    ///     .with_other_secret("stripe listen", "whsec_of_the_command");
    /// # let _ = diagnose;
    /// ```
    #[must_use]
    pub fn with_other_secret(mut self, name: impl Into<String>, secret: impl Into<String>) -> Diagnose {
        self.secrets.others.push((name.into(), Zeroizing::new(secret.into())));
        self
    }

    /// Sets how much it may cost.
    ///
    /// ```
    /// use hookseal::diagnose::{Budget, Diagnose};
    ///
    /// let diagnose = Diagnose::new(&hookseal::provider::STRIPE, "whsec_test_secret");
    /// let diagnose = diagnose.with_budget(Budget::new().with_bytes(1 << 20));
    /// # let _ = diagnose;
    /// ```
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Diagnose {
        self.budget = budget;
        self
    }

    /// Leaves the bytes of the body out of the report.
    ///
    /// ```
    /// use hookseal::diagnose::Diagnose;
    ///
    /// let diagnose = Diagnose::new(&hookseal::provider::STRIPE, "whsec_test_secret").without_excerpts();
    /// # let _ = diagnose;
    /// ```
    #[must_use]
    pub fn without_excerpts(mut self) -> Diagnose {
        self.has_excerpts = false;
        self
    }

    pub(crate) fn provider_name(&self) -> &str {
        self.provider.name()
    }

    /// Why this request is refused, by the system's clock.
    ///
    /// ```
    /// use hookseal::diagnose::{Captured, Diagnose, Verdict};
    ///
    /// let empty = Captured::new("POST", "/hook", [("Host", "example.com")], "{}");
    /// let diagnosis = Diagnose::new(&hookseal::provider::STRIPE, "whsec_test_secret").run(&empty);
    /// assert_eq!(diagnosis.verdict(), Verdict::Likely);
    /// assert_eq!(diagnosis.causes()[0].text(), "`stripe-signature` is missing");
    /// ```
    pub fn run(&self, request: &Captured) -> Diagnosis {
        self.run_at(request, OffsetDateTime::now_utc())
    }

    /// Like [`run`](Self::run), at the time at which the request was received.
    ///
    /// ```
    /// use hookseal::diagnose::{Captured, Code, Diagnose};
    /// use hookseal::{Secret, provider};
    /// use time::{Duration, OffsetDateTime};
    ///
    /// let secret = "whsec_a_secret_of_thirty_bytes";
    /// let sent = OffsetDateTime::from_unix_timestamp(1_770_000_000)?;
    /// let headers = provider::STRIPE.signer(Secret::new(secret)?)?.sign_at("", b"{}", sent)?;
    /// let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    /// let captured = Captured::new("POST", "/hook", headers, "{}");
    /// let diagnosis = Diagnose::new(&provider::STRIPE, secret).run_at(&captured, sent + Duration::hours(2));
    /// assert_eq!(diagnosis.causes()[0].code(), Code::TimeOld);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_at(&self, request: &Captured, now: OffsetDateTime) -> Diagnosis {
        let public = self.provider.public_url().filter(|_| !request.url().contains("://"));
        match public {
            Some(url) => wiping_stack(|| self.examine(&request.with_base(url), now)),
            None => wiping_stack(|| self.examine(request, now)),
        }
    }

    fn examine(&self, request: &Captured, now: OffsetDateTime) -> Diagnosis {
        let started = Instant::now();
        let (refusal, error) = match self.verifier(request) {
            Ok(verifier) => {
                let error = judge(&verifier, request, now).err();
                (error.as_ref().map(ToString::to_string), error)
            }
            Err(error) => (Some(error.to_string()), None),
        };
        let mut diagnosis = Diagnosis {
            verdict: Verdict::Accepted,
            causes: Vec::new(),
            evidence: Vec::new(),
            refusal,
            error,
            scheme: None,
            macs: 1,
            bytes: request.body().len() as u64,
            elapsed: Duration::ZERO,
        };
        if diagnosis.refusal.is_some() {
            self.search(request, now, &mut diagnosis);
        }
        diagnosis.elapsed = started.elapsed();
        diagnosis
    }

    /// By the verifier itself, for signatures of private keys and tokens.
    fn try_signatures(&self, request: &Captured, now: OffsetDateTime, diagnosis: &mut Diagnosis) {
        let limits = Limits { bytes: self.budget.bytes, time: self.budget.time };
        let mut trial = Trial::new(&self.provider, &self.secrets, request, now, limits);
        let found = trial.run().filter(|found| !found.causes.is_empty());
        diagnosis.macs += trial.verifications;
        diagnosis.bytes += trial.bytes;
        if let Some(found) = found {
            diagnosis.verdict = Verdict::Proven;
            diagnosis.evidence.push(found.told);
            if let Some(signed) = &found.body {
                diagnosis.evidence.extend(self.difference(signed, request));
            }
            diagnosis.scheme = found.scheme.filter(|_| found.causes.iter().all(|cause| cause.code().is_of_scheme()));
            diagnosis.causes = found.causes;
            return;
        }
        let scheme = self.provider.scheme();
        let is_public = trial::is_public(&self.provider, &self.secrets.text);
        diagnosis.causes = match (&diagnosis.error, &diagnosis.refusal) {
            (None, Some(refusal)) if is_public => {
                vec![Cause::new(Code::SecretKind, format!("The configured key cannot be used: {refusal}"))]
            }
            (Some(VerifyError::UnknownKey { id }), _) => {
                let text = format!("The request names the key {id:?}, which is not among the configured ones");
                vec![Cause::new(Code::SecretOther, text)]
            }
            _ => facts::likely(request, scheme, (!is_public).then_some((&self.secrets, self.is_known)), trial.json()),
        };
        diagnosis.verdict = if diagnosis.causes.is_empty() { Verdict::Unexplained } else { Verdict::Likely };
    }

    fn search(&self, request: &Captured, now: OffsetDateTime, diagnosis: &mut Diagnosis) {
        if trial::applies(&self.provider, &self.secrets.text) {
            return self.try_signatures(request, now, diagnosis);
        }
        let schemes = self.provider.schemes();
        let name = self.is_known.then(|| self.provider.name());
        let limits = Limits { bytes: self.budget.bytes, time: self.budget.time };
        let mut search = Search::new(request, schemes, name, &self.secrets, limits);
        let found = search.run();
        diagnosis.macs += search.macs;
        diagnosis.bytes += search.bytes;
        if let Some(found) = &found {
            diagnosis.causes = explain::causes(found, &search, diagnosis.error.as_ref(), now);
            diagnosis.verdict = Verdict::Proven;
            diagnosis.evidence = self.evidence(found, &search);
            let is_scheme_wrong = diagnosis.causes.iter().any(|cause| cause.code().is_of_scheme());
            if is_scheme_wrong && diagnosis.causes.len() == 1 {
                diagnosis.scheme = correct::scheme(found, &search).filter(|scheme| self.accepts(scheme, request, now));
            }
        }
        if found.is_none()
            && let Some((causes, evidence)) = search.find_token()
            && !causes.is_empty()
        {
            diagnosis.causes = causes;
            diagnosis.evidence = vec![evidence];
            diagnosis.verdict = Verdict::Proven;
        }
        if diagnosis.causes.is_empty() {
            let scheme = &schemes[0];
            diagnosis.evidence.clear();
            diagnosis.causes =
                facts::likely(request, scheme, Some((&self.secrets, self.is_known)), search.json.as_ref());
            diagnosis.verdict = if diagnosis.causes.is_empty() { Verdict::Unexplained } else { Verdict::Likely };
        }
    }

    /// The verifier that a program has that is configured so.
    fn verifier(&self, request: &Captured) -> Result<Verifier, ConfigError> {
        verifier(&self.provider, &self.secrets.text, request)
    }

    fn accepts(&self, scheme: &Scheme, request: &Captured, now: OffsetDateTime) -> bool {
        let provider = Provider::new("custom", scheme.clone());
        let verifier = provider.and_then(|provider| verifier(&provider, &self.secrets.text, request));
        verifier.is_ok_and(|verifier| judge(&verifier, request, now).is_ok())
    }

    fn evidence(&self, found: &Match, search: &Search<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let digest = found.content.digest.to_string().to_uppercase().replace("SHA", "SHA-");
        let covers = found.content.covers.replace('\n', "\\n");
        let kind = if found.content.is_plain() { digest } else { format!("HMAC-{digest}") };
        lines.push(format!("{kind} of `{covers}` equals the signature in {}", search.name_of(&found.sighting.place)));
        if !found.key_causes.is_empty() {
            lines.push(format!("the key has {} bytes", found.key_length));
        }
        if let Some(signed) = &found.body {
            lines.extend(self.difference(signed, search.request));
        }
        lines
    }

    /// How the signed body differs from the one at hand.
    fn difference(&self, signed: &[u8], request: &Captured) -> Vec<String> {
        let verified = request.body();
        let mut line = format!("the signed body has {} bytes, the one verified has {}", signed.len(), verified.len());
        match request.content_length() {
            Some(length) if length == signed.len() => line += "; Content-Length agrees with the signed one",
            Some(length) if length == verified.len() => line += "; Content-Length agrees with the one verified",
            Some(_) => line += "; Content-Length agrees with neither",
            None => {}
        }
        let first = signed.iter().zip(verified).position(|(one, other)| one != other);
        let first = first.unwrap_or(signed.len().min(verified.len()));
        let mut lines = vec![line, format!("the first difference is at byte {first}")];
        if self.has_excerpts {
            lines.push(format!("signed   {}", excerpt(signed, first, &self.secrets)));
            lines.push(format!("verified {}", excerpt(verified, first, &self.secrets)));
        }
        lines
    }
}

pub(super) fn judge(verifier: &Verifier, request: &Captured, now: OffsetDateTime) -> Result<(), VerifyError> {
    let line = RequestLine { method: request.method(), query: request.query() };
    let headers = request.pairs();
    verifier.open(Some(line), headers, Some(now))?.judge(request.body()).map(|_| ())
}

/// Up to 28 bytes around a difference. A body that contains a secret is not shown.
fn excerpt(body: &[u8], at: usize, secrets: &Secrets) -> String {
    const BEFORE: usize = 8;
    const LENGTH: usize = 28;
    let start = at.saturating_sub(BEFORE);
    let part = body.get(start..(start + LENGTH).min(body.len())).unwrap_or_default();
    let text = String::from_utf8_lossy(part);
    let all = std::iter::once(&secrets.text).chain(secrets.others.iter().map(|(_, text)| text));
    for secret in all {
        let windows = secret.as_bytes().windows(6);
        if windows.into_iter().any(|window| memchr::memmem::find(part, window).is_some()) {
            return "(not shown: it resembles the secret)".to_owned();
        }
    }
    let visible: String = text
        .chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\t' => '⇥',
            c if c.is_control() => '·',
            c => c,
        })
        .collect();
    let end = if start + LENGTH < body.len() { "…" } else { "" };
    format!("{}{visible}{end}", if start > 0 { "…" } else { "" })
}

impl fmt::Debug for Diagnose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnose")
            .field("provider", &self.provider.name())
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
