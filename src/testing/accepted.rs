use crate::diagnose::{Captured, Diagnose, Verdict};

/// Asserts that a request is accepted, and prints the [diagnosis](crate::diagnose) if it is refused: for a request that you
/// captured, or that your own code makes. Needs the feature `diagnose` too.
///
/// # Panics
/// If the request is refused.
///
/// ```
/// use hookseal::diagnose::{Captured, Diagnose};
/// use hookseal::provider;
/// use hookseal::testing::assert_accepted;
///
/// let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
/// assert_accepted(&Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody"), &captured);
/// ```
///
/// ```should_panic
/// # use hookseal::diagnose::{Captured, Diagnose};
/// # use hookseal::provider;
/// # use hookseal::testing::assert_accepted;
/// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// # let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
/// // Prints, among other things: the configured secret ends in a line feed.
/// assert_accepted(&Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody\n"), &captured);
/// ```
#[track_caller]
pub fn assert_accepted(diagnose: &Diagnose, request: &Captured) {
    let diagnosis = diagnose.run(request);
    assert!(diagnosis.verdict() == Verdict::Accepted, "the request is refused\n\n{diagnosis}\n");
}
