use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// This much of each body is not counted: about as much as its connection costs anyway.
pub(super) const UNCOUNTED: usize = 16 << 10;

/// Enough for ten of the largest bodies that any provider documents, or 256 bodies of the usual limit, and still little
/// for a server.
const SHARED: usize = 256 << 20;

/// Limits how many bytes the bodies of all requests may hold together. It is cheap to clone, and clones share the
/// budget.
///
/// A receiver's [limit](super::Receiver::with_max_received) applies to one body, not to their sum, and a forged body is
/// not recognized before it has arrived: 256 concurrent requests at GitHub's limit of 25 MiB would hold 6.25 GiB. All
/// receivers of a process therefore share a budget of 256 MiB, unless you
/// [give them another](super::Receiver::with_body_budget).
///
/// Bytes count when they arrive. A `Content-Length` reserves nothing, because announcing large bodies would otherwise
/// be enough to spend the budget; it only serves to refuse a body early if it does not fit. The first 16 KiB of each
/// body do not count, so most events still get through when large bodies have spent the budget. Bytes are returned when
/// the request is refused, when its sender disconnects, or when the [`Received`](super::Received) and its clones are
/// dropped, usually at the end of the handler.
///
/// A body that does not fit is answered with 503 and `Retry-After`
/// ([`BudgetSpent`](super::Rejection::BudgetSpent)). A body that is larger than the whole budget can never fit, and is
/// answered with 413.
///
/// | memory | at most |
/// |---|---|
/// | bodies | the budget, and 16 KiB for each concurrent request |
/// | joining the pieces of an authentic body | the receiver's limit, for each thread |
/// | buffers of the server | depends on the server, for each connection |
/// | bodies without a budget (`BodyBudget::new(usize::MAX)`) | the receiver's limit, for each concurrent request |
///
/// A sender without the key can spend a budget with bodies that it never finishes, and large events then have to wait.
/// The pages of the adapters show limits of time and concurrency that end this; until then, the budget keeps the
/// process alive.
///
/// ```
/// use hookseal::receive::{BodyBudget, Receiver};
/// use hookseal::{Secret, provider};
///
/// let budget = BodyBudget::new(64 << 20);
/// let github: Receiver = provider::GITHUB.lossy().receiver(Secret::new("It's a Secret to Everybody")?)?;
/// let github = github.with_body_budget(budget.clone());
///
/// let body = vec![b' '; 1 << 20];
/// let forged = [("X-Hub-Signature-256", format!("sha256={}", "00".repeat(32)))];
/// let mut intake = github.begin(&forged);
/// intake.push(body.into());
/// assert_eq!(budget.spent(), (1 << 20) - (16 << 10));
/// assert!(intake.finish().is_err());
/// assert_eq!(budget.spent(), 0);
/// # Ok::<(), hookseal::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct BodyBudget(Arc<Account>);

struct Account {
    bytes: usize,
    spent: AtomicUsize,
}

impl BodyBudget {
    /// A budget of this many bytes. Give clones of it to all receivers that should share it, and make it several times
    /// as large as their largest limit.
    ///
    /// ```
    /// assert_eq!(hookseal::receive::BodyBudget::new(64 << 20).bytes(), 64 << 20);
    /// ```
    pub fn new(bytes: usize) -> BodyBudget {
        BodyBudget(Arc::new(Account { bytes, spent: AtomicUsize::new(0) }))
    }

    /// The budget of all receivers that were not given another.
    pub(super) fn shared() -> BodyBudget {
        static BUDGET: LazyLock<BodyBudget> = LazyLock::new(|| BodyBudget::new(SHARED));
        BUDGET.clone()
    }

    /// The size of the budget in bytes, whether they are spent or not.
    ///
    /// ```
    /// use hookseal::receive::Receiver;
    /// use hookseal::{Secret, provider};
    ///
    /// let receiver: Receiver = provider::KLANG.receiver(Secret::new("a secret of twenty-some bytes")?)?;
    /// assert_eq!(receiver.body_budget().bytes(), 256 << 20);
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// How many bytes are held now, for a gauge in your metrics.
    ///
    /// ```
    /// # use hookseal::receive::{BodyBudget, Receiver};
    /// # use hookseal::{Secret, provider};
    /// # let body = vec![b' '; 1 << 20];
    /// # let secret = Secret::new("It's a Secret to Everybody")?;
    /// # let headers = provider::GITHUB.signer(secret.clone())?.sign("1", &body)?;
    /// # let receiver: Receiver = provider::GITHUB.lossy().receiver(secret)?;
    /// let budget = BodyBudget::new(64 << 20);
    /// let receiver = receiver.with_body_budget(budget.clone());
    /// let mut intake = receiver.begin(&headers);
    /// intake.push(body.into());
    /// let received = intake.finish()?;
    /// assert!(budget.spent() > 0, "the body is held");
    /// drop(received);
    /// assert_eq!(budget.spent(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spent(&self) -> usize {
        self.0.spent.load(Ordering::Relaxed)
    }

    /// The largest body that could ever fit.
    pub(super) fn largest_body(&self) -> usize {
        self.bytes().saturating_add(UNCOUNTED)
    }

    /// Whether a body of this length would fit now.
    pub(super) fn has_room_for(&self, length: u64) -> bool {
        length.saturating_sub(UNCOUNTED as u64) <= self.bytes().saturating_sub(self.spent()) as u64
    }

    fn spend(&self, bytes: usize) -> bool {
        let spend = |spent: usize| spent.checked_add(bytes).filter(|spent| *spent <= self.bytes());
        self.0.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.spent.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl fmt::Debug for BodyBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyBudget").field("bytes", &self.bytes()).field("spent", &self.spent()).finish()
    }
}

/// The bytes that one request holds, which are returned to the budget on drop.
pub(super) struct Reservation {
    budget: BodyBudget,
    bytes: usize,
}

impl Reservation {
    pub(super) fn of(budget: &BodyBudget) -> Reservation {
        Reservation { budget: budget.clone(), bytes: 0 }
    }

    /// Changes the reservation for a body that holds this many bytes in total. Returns `false` and changes nothing if
    /// they do not fit.
    pub(super) fn resize(&mut self, held: usize) -> bool {
        let bytes = held.saturating_sub(UNCOUNTED);
        let fits = match bytes.checked_sub(self.bytes) {
            Some(more) => self.budget.spend(more),
            None => {
                self.budget.give_back(self.bytes - bytes);
                true
            }
        };
        if fits {
            self.bytes = bytes;
        }
        fits
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}
