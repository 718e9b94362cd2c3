use std::fmt;

use super::code::Code;

/// One thing that is wrong with a request, or with how it was verified.
///
/// ```
/// use hookseal::diagnose::{Captured, Code, Diagnose};
/// use hookseal::provider;
///
/// let empty = Captured::new("POST", "https://example.com/hook", [("X-Hub-Signature-256", "sha256=00")], "");
/// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&empty);
/// assert_eq!(diagnosis.causes()[0].code(), Code::BodyEmpty);
/// assert_eq!(diagnosis.causes()[0].text(), "The body is empty");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    code: Code,
    text: String,
}

impl Cause {
    pub(super) fn new(code: Code, text: impl Into<String>) -> Cause {
        Cause { code, text: text.into() }
    }

    /// The word for programs.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The sentence for people, without a full stop. Its wording may change.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        self.code.advice()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.code)
    }
}
