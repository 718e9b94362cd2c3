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
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.causes()[0].code(), Code::BodyNewline);
    /// ```
    pub fn code(&self) -> Code {
        self.code
    }

    /// The sentence for people, without a full stop. Its wording may change.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.causes()[0].text(), "White space was added at the end of the body");
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What to do about it.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.causes()[0].advice(), Code::BodyNewline.advice());
    /// ```
    pub fn advice(&self) -> &'static str {
        self.code.advice()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.code)
    }
}
