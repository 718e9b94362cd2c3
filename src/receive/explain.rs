//! Refusals explained while a program is developed.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::thread;

use time::{Duration, OffsetDateTime};

use super::{Receiver, Rejection};
use crate::diagnose::{Captured, Code, Diagnose, Diagnosis, Verdict};
use crate::headers::Headers;
use crate::request::RequestLine;
use crate::trace;

/// The shortest time between two diagnoses.
const PAUSE: Duration = Duration::SECOND;

/// How long the same causes are not told again.
const QUIET: Duration = Duration::MINUTE;

/// The most of a body that is kept to be explained.
const MAX_BODY: usize = 1 << 20;

/// Explains refused requests in your log while you develop: see [`Receiver::explain_refusals`].
///
/// It does nothing unless the program was compiled with `debug_assertions`, or the environment variable that you
/// [name](Self::with_variable) is set. Refused requests are then diagnosed on one background thread, and no answer waits for
/// it: one request at a time, at most one a second, and the others are not looked at. The result is a `tracing` event at WARN
/// with the target `hookseal::diagnose`, at most once a minute for the same causes. Both times are those of the receiver's
/// [clock](Receiver::with_clock).
///
/// Only what is not authentic is explained, and only if its body was read to its end: not a body over the receiver's limit, or
/// over 1 MiB, and not an authentic event that cannot be read.
pub struct Explain {
    diagnose: Diagnose,
    is_active: bool,
    /// `None` to log.
    report: Option<Report>,
}

type Report = Box<dyn Fn(&Diagnosis) + Send>;

impl Explain {
    /// With what the diagnosis needs to know: the secret as it is configured.
    ///
    /// ```
    /// use hookseal::diagnose::Diagnose;
    /// use hookseal::receive::{Explain, Receiver};
    /// use hookseal::{Secret, provider};
    ///
    /// let text = "a secret of twenty-some bytes";
    /// let explain = Explain::new(Diagnose::new(&provider::KLANG, text)).with_variable("ACME_EXPLAIN_WEBHOOKS");
    /// assert!(explain.is_active(), "tests are compiled with debug_assertions");
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new(text)?)?;
    /// let receiver = receiver.explain_refusals(explain);
    /// # let _ = receiver;
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn new(diagnose: Diagnose) -> Explain {
        let is_active = cfg!(debug_assertions);
        Explain { diagnose, is_active, report: None }
    }

    /// Also explains without `debug_assertions` if this environment variable is set, to anything but `0` or nothing.
    ///
    /// Do not leave it set in production: whoever sends requests without a valid signature then takes a part of a processor.
    ///
    /// ```
    /// # use hookseal::diagnose::Diagnose;
    /// # use hookseal::receive::Explain;
    /// # use hookseal::provider;
    /// let explain = Explain::new(Diagnose::new(&provider::KLANG, "a secret of twenty-some bytes"));
    /// assert!(explain.with_variable("ACME_EXPLAIN_WEBHOOKS").is_active());
    /// ```
    #[must_use]
    pub fn with_variable(mut self, name: &str) -> Explain {
        self.is_active |= std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        self
    }

    /// Calls a function of yours instead of logging. The thread waits for it.
    ///
    /// ```
    /// # use hookseal::diagnose::Diagnose;
    /// # use hookseal::receive::Explain;
    /// # use hookseal::provider;
    /// let explain = Explain::new(Diagnose::new(&provider::KLANG, "a secret of twenty-some bytes"));
    /// let explain = explain.with_report(|diagnosis| eprintln!("{diagnosis}"));
    /// assert!(explain.is_active());
    /// ```
    #[must_use]
    pub fn with_report(mut self, report: impl Fn(&Diagnosis) + Send + 'static) -> Explain {
        self.report = Some(Box::new(report));
        self
    }

    /// Whether refusals will be explained.
    ///
    /// ```
    /// # use hookseal::diagnose::Diagnose;
    /// # use hookseal::receive::Explain;
    /// # use hookseal::provider;
    /// let explain = Explain::new(Diagnose::new(&provider::KLANG, "a secret of twenty-some bytes"));
    /// assert!(explain.is_active(), "tests are compiled with debug_assertions");
    /// ```
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    /// Starts the thread, which ends when the last receiver is dropped.
    fn start(self) -> Option<SyncSender<Refused>> {
        if !self.is_active {
            return None;
        }
        let (sender, queue) = sync_channel(1);
        let thread = thread::Builder::new().name("hookseal-diagnose".to_owned());
        thread.spawn(move || self.work(&queue)).ok()?;
        Some(sender)
    }

    fn work(&self, queue: &Queue<Refused>) {
        let mut told: HashMap<Vec<Code>, OffsetDateTime> = HashMap::new();
        let mut last: Option<OffsetDateTime> = None;
        while let Ok(Refused { request, time }) = queue.recv() {
            // A clock may have been set back since.
            let is_within = |earlier: OffsetDateTime, period: Duration| (time - earlier).abs() < period;
            if last.is_some_and(|last| is_within(last, PAUSE)) {
                continue;
            }
            last = Some(time);
            told.retain(|_, last| is_within(*last, QUIET));
            let diagnosis = self.diagnose.run_at(&request, time);
            let codes: Vec<Code> = diagnosis.causes().iter().map(|cause| cause.code()).collect();
            if diagnosis.verdict() != Verdict::Accepted && !told.contains_key(&codes) {
                told.insert(codes, time);
                match &self.report {
                    Some(report) => report(&diagnosis),
                    None => trace::explained(self.diagnose.provider_name(), &diagnosis),
                }
            }
        }
    }
}

impl fmt::Debug for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explain").field("is_active", &self.is_active).finish_non_exhaustive()
    }
}

impl<P> Receiver<P> {
    /// Explains refused requests in your log, while you develop. See [`Explain`].
    ///
    /// The decision and the answer stay as they are, and the sender learns nothing of it. While it is active, a copy of each
    /// body is kept until the request is judged, up to 1 MiB, which the [budget](super::BodyBudget) does not count.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    ///
    /// use hookseal::diagnose::{Code, Diagnose};
    /// use hookseal::receive::{Explain, Receiver};
    /// use hookseal::{Secret, provider};
    ///
    /// let text = "a secret of twenty-some bytes";
    /// let (sender, told) = channel();
    /// let explain = Explain::new(Diagnose::new(&provider::CALLINTEL, text))
    ///     .with_report(move |diagnosis| _ = sender.send(diagnosis.causes()[0].code()));
    /// let receiver: Receiver = provider::CALLINTEL.receiver(Secret::new(text)?)?;
    /// let receiver = receiver.explain_refusals(explain);
    ///
    /// let headers = provider::CALLINTEL.signer(Secret::new(text)?)?.sign("evt_1", br#"{"a": 1}"#)?;
    /// let mut intake = receiver.begin(&headers);
    /// intake.push(r#"{"a":1}"#.into());
    /// assert!(intake.finish().is_err());
    /// assert_eq!(told.recv()?, Code::BodyJson);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn explain_refusals(self, explain: Explain) -> Receiver<P> {
        self.with_explaining(Explaining(explain.start().map(Arc::new)))
    }
}

/// Where a receiver sends what it refuses.
#[derive(Clone, Default)]
pub(super) struct Explaining(Option<Arc<SyncSender<Refused>>>);

struct Refused {
    request: Captured,
    time: OffsetDateTime,
}

/// A copy of a request that is being received.
#[derive(Default)]
pub(super) struct Watch(Option<Box<Watched>>);

struct Watched {
    sender: Arc<SyncSender<Refused>>,
    /// When it was judged.
    time: OffsetDateTime,
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    /// The length of the body, as the request says.
    declared: Option<u64>,
    body: Vec<u8>,
}

impl Watch {
    pub(super) fn new<P, H: Headers + ?Sized>(
        receiver: &Receiver<P>,
        line: Option<RequestLine<'_>>,
        headers: &H,
        declared: Option<u64>,
    ) -> Watch {
        let watched = receiver.explaining().0.as_ref().map(|sender| {
            let query = line.and_then(|line| line.query).map(|query| format!("?{query}"));
            Box::new(Watched {
                sender: sender.clone(),
                time: receiver.now(),
                method: line.map_or("POST", |line| line.method).to_owned(),
                url: format!("/{}", query.unwrap_or_default()),
                headers: headers.pairs(),
                declared,
                body: Vec::new(),
            })
        });
        Watch(watched)
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.0 = self.0.take().filter(|watched| watched.body.len() + chunk.len() <= MAX_BODY);
        if let Some(watched) = &mut self.0 {
            watched.body.extend_from_slice(chunk);
        }
    }

    /// For a request that its head decided: its body need not have been read, and what is missing would look like a cause.
    pub(super) fn if_whole(self) -> Watch {
        let is_whole = |watched: &Watched| watched.declared.is_none_or(|length| length <= watched.body.len() as u64);
        Watch(self.0.filter(|watched| is_whole(watched)))
    }

    /// Hands the request over, unless another one is waiting.
    pub(super) fn refused(self, rejection: &Rejection) {
        if let (Some(watched), Rejection::NotAuthentic(_)) = (self.0, rejection) {
            let Watched { sender, time, method, url, headers, body, .. } = *watched;
            _ = sender.try_send(Refused { request: Captured::new(method, url, headers, body), time });
        }
    }
}
