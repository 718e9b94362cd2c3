//! Why a signature does not match: for developers, never for whoever sent the request. Enable the feature `diagnose`.
//!
//! | | |
//! |---|---|
//! | [`Diagnose`] | why a captured request was refused |
//! | [`infer`] | the scheme of a delivery whose provider documents none |
//!
//! ```
//! use hookseal::diagnose::{Captured, Code, Diagnose};
//! use hookseal::provider;
//!
//! # let sent = r#"{"url":"https:\/\/example.com"}"#;
//! # let secret = "whsec_a_secret_of_thirty_bytes";
//! # let signer = provider::STRIPE.signer(hookseal::Secret::new(secret)?)?;
//! # let headers = signer.sign("", sent.as_bytes())?;
//! # let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
//! // What a handler has after a body parser: the same JSON, not the same bytes.
//! let verified = r#"{"url":"https://example.com"}"#;
//! let captured = Captured::new("POST", "https://example.com/hook", headers, verified);
//! let diagnosis = Diagnose::new(&provider::STRIPE, secret).run(&captured);
//! assert_eq!(diagnosis.causes()[0].code(), Code::BodyJson);
//! println!("{diagnosis}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rules
//!
//! - A diagnosis is made after the decision and is no part of it. Do not show it to the sender: it says what would have been
//!   accepted.
//! - A cause is [proven](Verdict::Proven) only by a MAC that matches, or by a signature that the verifier accepts. No key is
//!   tried that the user did not configure in
//!   some form.
//! - No output contains a part of a secret, except a public prefix such as `whsec_`.
//! - It costs much more than a verification: up to its [`Budget`] for a request that nothing explains.

mod body;
mod captured;
mod cause;
mod code;
mod content;
mod correct;
mod envelope;
mod explain;
mod facts;
mod form;
mod infer;
mod inflate;
mod json;
mod json_style;
mod json_variants;
mod key;
mod listed;
mod moment;
mod observed;
mod recognise;
mod report;
mod respelled;
mod run;
mod sample;
mod search;
mod sketch;
mod stages;
mod template;
mod text;
mod trial;
mod url;
mod written;

pub use captured::Captured;
pub use cause::Cause;
pub use code::Code;
pub use infer::{Inferred, Reading, infer, infer_at};
pub use report::{Diagnosis, Verdict};
pub use run::{Budget, Diagnose};
