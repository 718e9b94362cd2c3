use std::fmt;
use std::time::Duration;

use crate::error::VerifyError;
use crate::scheme::Scheme;

use super::cause::Cause;

/// How sure a [`Diagnosis`] is.
///
/// ```
/// assert_eq!(hookseal::diagnose::Verdict::Proven.as_str(), "proven");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The request is authentic, and was accepted.
    Accepted,
    /// A MAC that matches, or a signature that is right, proves the causes: together they are all that is wrong.
    Proven,
    /// Nothing matches. The causes are facts that usually lead to this, and there may be others.
    Likely,
    /// Nothing was found. The secret may be another one, the request may have been changed, or it may be forged: nobody can
    /// tell these apart.
    Unexplained,
}

impl Verdict {
    /// The word, as in the output of the command.
    ///
    /// ```
    /// assert_eq!(hookseal::diagnose::Verdict::Unexplained.as_str(), "unexplained");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Proven => "proven",
            Verdict::Likely => "likely",
            Verdict::Unexplained => "unexplained",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request was refused, or that it is accepted.
///
/// It is for developers: nothing of it may reach whoever sent the request. It contains no part of a secret except a public
/// prefix such as `whsec_`, and of the body a few bytes around the first difference, unless these are
/// [switched off](super::Diagnose::without_excerpts).
///
/// ```
/// use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
/// use hookseal::provider;
///
/// let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
/// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!");
/// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody\n").run(&captured);
/// assert_eq!(diagnosis.verdict(), Verdict::Proven);
/// assert_eq!(diagnosis.causes()[0].code(), Code::SecretWhitespace);
/// assert!(diagnosis.to_string().contains("The configured secret ends in a line feed"));
/// ```
#[derive(Clone, Debug)]
pub struct Diagnosis {
    pub(super) verdict: Verdict,
    pub(super) causes: Vec<Cause>,
    pub(super) evidence: Vec<String>,
    pub(super) refusal: Option<String>,
    pub(super) error: Option<VerifyError>,
    pub(super) scheme: Option<Scheme>,
    pub(super) macs: u64,
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
}

impl Diagnosis {
    /// How sure it is.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.verdict(), Verdict::Proven);
    /// ```
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What is wrong, the most important first. Empty for `Accepted` and `Unexplained`.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.causes().len(), 1);
    /// ```
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// What proves the causes, in sentences.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.evidence()[0], "HMAC-SHA-256 of `{body}` equals the signature in `x-hub-signature-256`");
    /// ```
    pub fn evidence(&self) -> &[String] {
        &self.evidence
    }

    /// The verifier's error. `None` if it accepts the request, or if no verifier can be made with this secret.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.refusal(), Some(&hookseal::VerifyError::NoMatch));
    /// ```
    pub fn refusal(&self) -> Option<&VerifyError> {
        self.error.as_ref()
    }

    /// The scheme that accepts the request, where the configured one was wrong.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert_eq!(diagnosis.scheme(), None, "GitHub's scheme is right");
    /// ```
    pub fn scheme(&self) -> Option<&Scheme> {
        self.scheme.as_ref()
    }

    /// How many MACs were computed, or signatures verified.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert!(diagnosis.macs() > 1);
    /// ```
    pub fn macs(&self) -> u64 {
        self.macs
    }

    /// How many bytes were hashed, where a verified signature counts as 64 KiB: see [`Budget`](super::Budget).
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert!(diagnosis.bytes() > 14);
    /// ```
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How long it took.
    ///
    /// ```
    /// # use hookseal::diagnose::{Captured, Code, Diagnose, Verdict};
    /// # use hookseal::provider;
    /// # let mac = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    /// let captured = Captured::new("POST", "/hook", [("X-Hub-Signature-256", mac)], "Hello, World!\n");
    /// let diagnosis = Diagnose::new(&provider::GITHUB, "It's a Secret to Everybody").run(&captured);
    /// assert!(diagnosis.elapsed().as_secs() < 10);
    /// ```
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

const UNEXPLAINED: &str = "Not explained. None of the causes that were tried reproduces the signature.
  The secret is another one (rotated, of another endpoint, of test instead of live mode), or the body or a signed
  header was changed, or the request is forged. From the outside, these look the same.

  • Compare the last four characters of the secret with those on the provider's page.
  • Send one test delivery straight to this program, without a tunnel or a proxy.
";

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.verdict, self.causes.len()) {
            (Verdict::Accepted, _) => writeln!(f, "✓ Accepted: the signature is right.")?,
            (Verdict::Proven, 1) => writeln!(f, "✓ Found, and proven. One thing is wrong:")?,
            (Verdict::Proven, _) => writeln!(f, "✓ Found, and proven. These things are wrong together:")?,
            (Verdict::Likely, _) => writeln!(f, "? Not proven: nothing reproduces the signature. But this is likely:")?,
            (Verdict::Unexplained, _) => write!(f, "✗ {UNEXPLAINED}")?,
        }
        for (number, cause) in (1..).zip(&self.causes) {
            let mark = if self.causes.len() > 1 { format!("{number}.") } else { "•".to_owned() };
            writeln!(f)?;
            paragraph(f, &format!("  {mark} "), &format!("{} [{}]", cause.text(), cause.code()))?;
            paragraph(f, "    → ", cause.advice())?;
        }
        if !self.evidence.is_empty() {
            writeln!(f, "\n  Proof")?;
            for line in &self.evidence {
                paragraph(f, "     ", line)?;
            }
        }
        if let Some(scheme) = &self.scheme {
            writeln!(f, "\n  This scheme accepts it")?;
            for line in super::written::constant(scheme).lines() {
                writeln!(f, "     {line}")?;
            }
        }
        writeln!(f)?;
        if let Some(refusal) = &self.refusal {
            writeln!(f, "refused with: {refusal}")?;
        }
        let mebibytes = self.bytes as f64 / f64::from(1 << 20);
        write!(f, "{} MACs, {mebibytes:.1} MiB hashed in {:.1} ms", self.macs, self.elapsed.as_secs_f64() * 1000.0)
    }
}

/// A text in lines of at most 100 characters, indented like its mark.
fn paragraph(f: &mut fmt::Formatter<'_>, mark: &str, text: &str) -> fmt::Result {
    let indent = " ".repeat(mark.chars().count());
    let mut width = mark.chars().count();
    write!(f, "{mark}")?;
    for (place, word) in text.split(' ').enumerate() {
        let length = word.chars().count() + 1;
        if place > 0 && width + length > 100 {
            write!(f, "\n{indent}")?;
            width = indent.len();
        } else if place > 0 {
            write!(f, " ")?;
        }
        write!(f, "{word}")?;
        width += length;
    }
    writeln!(f)
}
