//! Refusals explained while a program is developed.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::{Receiver, Rejection};
use crate::diagnose::{Captured, Code, Diagnose, Diagnosis, Verdict};
use crate::headers::Headers;
use crate::request::RequestLine;
use crate::trace;

/// The shortest time between two diagnoses.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the same causes are not told again.
const QUIET: Duration = Duration::from_secs(60);

/// The most of a body that is kept to be explained.
const MAX_BODY: usize = 1 << 20;

/// Explains refused requests in your log while you develop: see [`Receiver::explain_refusals`].
///
/// It does nothing unless the program was compiled with `debug_assertions`, or the environment variable that you
/// [name](Self::with_variable) is set. Each refused request that is still in memory is then diagnosed on a thread of its own,
/// after the answer was given: one at a time, at most one a second, and the others are not looked at. The result is a `tracing`
/// event at WARN with the target `hookseal::diagnose`, at most once a minute for the same causes.
pub struct Explain {
    diagnose: Diagnose,
    is_active: bool,
    report: Report,
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
        Explain { diagnose, is_active, report: Box::new(trace::explained) }
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
        self.report = Box::new(report);
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
        let mut told: HashMap<Vec<Code>, Instant> = HashMap::new();
        while let Ok(refused) = queue.recv() {
            let diagnosis = self.diagnose.run_at(&refused.request, refused.time);
            let codes: Vec<Code> = diagnosis.causes().iter().map(|cause| cause.code()).collect();
            told.retain(|_, last| last.elapsed() < QUIET);
            if diagnosis.verdict() != Verdict::Accepted && !told.contains_key(&codes) {
                told.insert(codes, Instant::now());
                (self.report)(&diagnosis);
            }
            thread::sleep(PAUSE);
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
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    /// `None` for one that is too large to be kept.
    body: Option<Vec<u8>>,
}

impl Watch {
    pub(super) fn new<H: Headers + ?Sized>(
        explaining: &Explaining,
        line: Option<RequestLine<'_>>,
        headers: &H,
    ) -> Watch {
        let watched = explaining.0.as_ref().map(|sender| {
            let query = line.and_then(|line| line.query).map(|query| format!("?{query}"));
            Box::new(Watched {
                sender: sender.clone(),
                method: line.map_or("POST", |line| line.method).to_owned(),
                url: format!("/{}", query.unwrap_or_default()),
                headers: headers.pairs(),
                body: Some(Vec::new()),
            })
        });
        Watch(watched)
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        if let Some(watched) = &mut self.0 {
            watched.body = watched.body.take().filter(|body| body.len() + chunk.len() <= MAX_BODY);
            if let Some(body) = &mut watched.body {
                body.extend_from_slice(chunk);
            }
        }
    }

    /// Hands the request over, if the thread has nothing to do.
    pub(super) fn refused(self, rejection: &Rejection) {
        if let (Some(watched), Rejection::NotAuthentic(_)) = (self.0, rejection) {
            let Watched { sender, method, url, headers, body } = *watched;
            let Some(body) = body else { return };
            let request = Captured::new(method, url, headers, body);
            _ = sender.try_send(Refused { request, time: OffsetDateTime::now_utc() });
        }
    }
}
