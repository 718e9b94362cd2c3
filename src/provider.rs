//! The catalogue: what providers document, as constants.
//!
//! | | |
//! |---|---|
//! | to receive | `provider::STRIPE.verifier(secret)` |
//! | to send like it | `provider::STRIPE.signer(secret)` |
//! | to look one up | [`by_name`], [`ALL`] |
//!
//! The documentation of each constant shows its header lines and what its signature covers, printed from the constant's
//! own text. Where a provider publishes no tolerance, 300 seconds to either side is our choice. No preset leaves the
//! future open, even where the provider's library does.
//!
//! # Replays
//!
//! A preset whose scheme signs no timestamp accepts a captured request for ever: only deduplication, by what the
//! signature covers, stops a replay. [`Provider::replay_window`] says so to a program that wants to insist.
//!
#![doc = include_str!("provider/table.md")]
//!
//! # Deliberate differences
//!
//! Other libraries' verdicts on some 3 000 requests were compared with ours. On requests that every correct verifier
//! decides the same, all agree. These kinds of odd requests are decided otherwise, on purpose:
//!
#![doc = include_str!("provider/differences.md")]

mod catalogue;

use crate::error::ConfigError;
use crate::scheme::Scheme;
use crate::secret::Keyring;
use crate::sign::Signer;
use crate::verify::Verifier;

pub use catalogue::*;

/// One platform: its name, its schemes, and where that knowledge comes from.
///
/// ```
/// use hookseal::provider::{self, Confidence};
///
/// assert_eq!(provider::KLANG.name(), "klang");
/// assert_eq!(provider::KLANG.confidence(), Confidence::Documented);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    name: &'static str,
    schemes: &'static [Scheme],
    source: &'static str,
    confidence: Confidence,
}

/// How well a preset is known to be right.
///
/// ```
/// use hookseal::provider::{Confidence, STRIPE};
///
/// assert_eq!(STRIPE.confidence(), Confidence::VendorLibrary);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confidence {
    /// The vendor's own library was run against the preset, and they agree.
    VendorLibrary,
    /// Another receiver's library was run against it, and they agree.
    PeerLibrary,
    /// Read in the code of a receiver or a library, which was not run.
    Code,
    /// From the provider's documentation alone.
    Documented,
}

impl Provider {
    /// The name in lower case with hyphens, as in [`by_name`].
    ///
    /// ```
    /// assert_eq!(hookseal::provider::KLEN_AI.name(), "klen-ai");
    /// ```
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The schemes that a delivery can come under, strongest first. A signer uses the first.
    ///
    /// ```
    /// assert_eq!(hookseal::provider::SHOPIFY.schemes()[0].covers(), "{body}");
    /// ```
    pub const fn schemes(&self) -> &'static [Scheme] {
        self.schemes
    }

    /// Where the preset's facts come from.
    ///
    /// ```
    /// assert!(hookseal::provider::GITHUB.source().contains("octokit"));
    /// ```
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// How well the preset is known to be right.
    ///
    /// ```
    /// use hookseal::provider::{self, Confidence};
    ///
    /// assert_eq!(provider::PAGERDUTY.confidence(), Confidence::Code);
    /// ```
    pub const fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// For how many seconds a captured request stays valid under the weakest of the schemes; `None` is for ever, and
    /// then only deduplication stops a replay.
    ///
    /// ```
    /// use hookseal::provider;
    ///
    /// assert_eq!(provider::STRIPE.replay_window(), Some(300));
    /// assert_eq!(provider::GITHUB.replay_window(), None);
    /// ```
    pub fn replay_window(&self) -> Option<u32> {
        self.schemes.iter().map(Scheme::replay_window).try_fold(0, |longest, window| Some(longest.max(window?)))
    }

    /// A signer that sends as this provider does.
    ///
    /// # Errors
    /// As [`Signer::new`].
    ///
    /// ```
    /// use hookseal::{Secret, provider};
    ///
    /// let signer = provider::KALLGLOT.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// assert!(signer.sign("evt_1", b"{}")?.contains_key("kallglot-signature"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn signer(&self, keys: impl Into<Keyring>) -> Result<Signer, ConfigError> {
        Signer::new(self.schemes[0].clone(), keys)
    }

    /// A verifier for what this provider sends.
    ///
    /// # Errors
    /// As [`Verifier::new`].
    ///
    /// ```
    /// use hookseal::{Secret, VerifyError, provider};
    ///
    /// let verifier = provider::CALLINTEL.verifier(Secret::new("a secret of twenty-some bytes")?)?;
    /// let unsigned: [(&str, &str); 0] = [];
    /// assert!(matches!(verifier.verify(&unsigned, b"{}"), Err(VerifyError::MissingHeader { .. })));
    /// # Ok::<(), hookseal::ConfigError>(())
    /// ```
    pub fn verifier(&self, keys: impl Into<Keyring>) -> Result<Verifier, ConfigError> {
        Verifier::for_schemes(self.schemes, &keys.into())
    }
}

/// Finds a provider by its name.
///
/// ```
/// use hookseal::provider;
///
/// assert_eq!(provider::by_name("efficlose"), Some(provider::EFFICLOSE));
/// assert_eq!(provider::by_name("Efficlose"), None);
/// ```
pub fn by_name(name: &str) -> Option<Provider> {
    ALL.iter().find(|provider| provider.name == name).copied()
}
