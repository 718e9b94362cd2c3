use std::fmt;

/// The mistakes that were found. `Display` prints one line per mistake.
///
/// ```
/// use hookseal::idempotency::MemoryStore;
/// use hookseal::testing::check_store;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let report = check_store(&MemoryStore::new(1000), async |wait| tokio::time::sleep(wait).await).await;
/// assert!(report.is_clean(), "{report}");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it says what is wrong"]
pub struct Report {
    mistakes: Vec<Mistake>,
    cases: usize,
}

impl Report {
    /// Whether no mistake was found.
    ///
    /// ```
    /// assert!(hookseal::testing::Report::default().is_clean());
    /// ```
    pub fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// The mistakes.
    ///
    /// ```
    /// assert!(hookseal::testing::Report::default().mistakes().is_empty());
    /// ```
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// The number of cases that were tried.
    ///
    /// ```
    /// assert_eq!(hookseal::testing::Report::default().cases(), 0);
    /// ```
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// Records one case and its mistakes.
    pub(super) fn add(&mut self, case: &str, problems: impl IntoIterator<Item = String>) {
        self.cases += 1;
        let mistake = |problem| Mistake { case: case.to_owned(), problem };
        self.mistakes.extend(problems.into_iter().map(mistake));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mistakes in {} cases", self.mistakes.len(), self.cases)?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n- {mistake}"))
    }
}

/// One mistake.
///
/// ```
/// # let report = hookseal::testing::Report::default();
/// for mistake in report.mistakes() {
///     println!("{}: {}", mistake.case, mistake.problem);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// What was tried.
    pub case: String,
    /// What happened, and what should have happened.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.problem)
    }
}
