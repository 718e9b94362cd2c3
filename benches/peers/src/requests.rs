//! Requests, signed with hmac and sha2 alone, so that no contestant makes its own questions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};

/// 31 bytes: with a timestamp of ten digits, 43 bytes come before the body in Standard Webhooks.
pub(crate) const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";

/// 32 bytes of text, because some contestants take no others.
#[derive(Clone)]
pub(crate) struct Key(String);

impl Key {
    /// Keys with different numbers are different.
    pub(crate) fn new(number: usize) -> Key {
        Key(format!("a key of thirty-two bytes, no. {number:>1}"))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// As Standard Webhooks shows it.
    pub(crate) fn standard_text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.bytes()))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.bytes()).expect("any length will do");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// How a request is signed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    GitHub,
    Stripe,
    /// The form `v0` of Hook0: that of Stripe with another name.
    Hook0,
    StandardWebhooks,
}

impl Form {
    /// How many bytes are signed before the body.
    pub(crate) fn head(self) -> usize {
        match self {
            Form::GitHub => 0,
            Form::Stripe | Form::Hook0 => 11,
            Form::StandardWebhooks => ID.len() + 12,
        }
    }
}

/// What is special about a request.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    /// The number of signatures.
    pub(crate) signatures: usize,
    /// Whether the last of them is right. All others are well-formed and wrong.
    pub(crate) is_authentic: bool,
    pub(crate) is_stale: bool,
}

impl Request {
    pub(crate) const PLAIN: Request = Request { signatures: 1, is_authentic: true, is_stale: false };

    pub(crate) fn headers(self, form: Form, key: &Key, body: &[u8]) -> HeaderMap {
        let age = if self.is_stale { Duration::DAY } else { Duration::ZERO };
        let time = (OffsetDateTime::now_utc() - age).unix_timestamp().to_string();
        let right = match form {
            Form::GitHub => key.mac(&[body]),
            Form::Stripe | Form::Hook0 => key.mac(&[time.as_bytes(), b".", body]),
            Form::StandardWebhooks => key.mac(&[ID.as_bytes(), b".", time.as_bytes(), b".", body]),
        };
        let mut macs: Vec<[u8; 32]> = (0..self.signatures).map(|place| [place as u8; 32]).collect();
        if let (true, Some(last)) = (self.is_authentic, macs.last_mut()) {
            *last = right;
        }
        let list = |separator: &str, prefix: &str, encode: fn([u8; 32]) -> String| {
            macs.iter().map(|mac| format!("{prefix}{}", encode(*mac))).collect::<Vec<_>>().join(separator)
        };
        let pairs = match form {
            Form::GitHub => vec![("x-hub-signature-256", list(",", "sha256=", hex::encode))],
            Form::Stripe => vec![("stripe-signature", format!("t={time},{}", list(",", "v1=", hex::encode)))],
            Form::Hook0 => vec![("x-hook0-signature", format!("t={time},{}", list(",", "v0=", hex::encode)))],
            Form::StandardWebhooks => vec![
                ("webhook-id", ID.to_owned()),
                ("webhook-timestamp", time),
                ("webhook-signature", list(" ", "v1,", |mac| STANDARD.encode(mac))),
            ],
        };
        let pair =
            |(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).expect("visible ASCII"));
        pairs.into_iter().map(pair).collect()
    }
}

pub(crate) const SIZES: [(&str, usize); 5] =
    [("0 B", 0), ("100 B", 100), ("1 KiB", 1024), ("20 KiB", 20 * 1024), ("1 MiB", 1 << 20)];

/// An event of Stripe with this many bytes. It needs 400: a smaller body is any JSON object, and an empty one is none.
pub(crate) fn body(size: usize) -> Vec<u8> {
    let start = if size < 400 {
        r#"{"type":"rows.ready","note":""#.to_owned()
    } else {
        let rows = (0..size.saturating_sub(500) / 170).map(row).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"id":"evt_1MqqbKLt4dXK03v5qaIbiNCC","object":"event","api_version":null,"created":1680064028,"livemode":false,"pending_webhooks":1,"request":null,"type":"rows.ready","data":{{"object":{{"rows":[{rows}],"note":""#
        )
    };
    let end = if size < 400 { r#""}"# } else { r#""}}}"# };
    let Some(filling) = size.checked_sub(start.len() + end.len()) else { return Vec::new() };
    format!("{start}{}{end}", "x".repeat(filling)).into_bytes()
}

fn row(number: usize) -> String {
    format!(
        r#"{{"id":{number},"name":"customer {number}","email":"customer{number}@example.com","amount":{number}.25,"tags":["new","vip"],"note":"line\nand \"quoted\" text"}}"#
    )
}
