//! Signed requests, made before anything is measured.

use hookseal::{Secret, SignError, provider};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// More than a server answers within what `once` remembers.
const COUNT: usize = 1 << 16;
const SIZE: usize = 1024;

/// Requests with one body and a different id each.
pub(crate) struct Requests {
    heads: Vec<Vec<u8>>,
    body: Vec<u8>,
    next: usize,
}

impl Requests {
    /// Each round has ids of its own.
    pub(crate) fn new(round: usize) -> Result<Requests, Box<dyn std::error::Error>> {
        let signer = provider::STANDARD_WEBHOOKS.signer(Secret::new(SECRET)?)?;
        let body = body();
        let head = |number: usize| {
            let headers = signer.sign(&format!("msg_27UH4WbU6Z5A5Ez{round:04}{number:08}"), &body)?;
            Ok(head(&headers, body.len()))
        };
        let heads = (0..COUNT).map(head).collect::<Result<_, SignError>>()?;
        Ok(Requests { heads, body, next: 0 })
    }

    /// The next request without its first line, in pieces.
    pub(crate) fn next(&mut self) -> [&[u8]; 2] {
        let head = &self.heads[self.next % COUNT];
        self.next += 1;
        [head, &self.body]
    }

    #[cfg(test)]
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The next request without its first line, in one piece.
    #[cfg(test)]
    pub(crate) fn whole(&mut self) -> Vec<u8> {
        self.next().concat()
    }

    /// The same with another body of the same length.
    #[cfg(test)]
    pub(crate) fn forged(&mut self) -> Vec<u8> {
        let text = String::from_utf8(self.whole()).expect("all text");
        text.replace("\"paid\":true", "\"paid\":null").into_bytes()
    }
}

/// Headers as senders give them.
fn head(signed: &http::HeaderMap, length: usize) -> Vec<u8> {
    let mut head = b"host: hooks.example.com\r\nuser-agent: Standard-Webhooks/1.2.0 (+https://example.com)\r\n\
        accept: */*\r\naccept-encoding: gzip, deflate\r\ncontent-type: application/json\r\n"
        .to_vec();
    for (name, value) in signed {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(format!("content-length: {length}\r\n\r\n").into_bytes());
    head
}

/// An event as the specification of Standard Webhooks has it: its id is a header, and what is in the body is `type`,
/// `timestamp` and `data`.
fn body() -> Vec<u8> {
    let line = |n: usize| format!(r#"{{"description":"Seats in plan {n}","quantity":{n},"cents":{n}990}}"#);
    let lines = (1..=8).map(line).collect::<Vec<_>>().join(",");
    let start = format!(
        r#"{{"type":"invoice.paid","timestamp":"2026-05-07T14:32:09.123456Z","data":{{"id":"in_2kJ8fPq0","number":40127,"currency":"eur","paid":true,"customer":{{"id":"cus_9s6XKzkNRiz8i3","name":"Ada Lovelace","email":"ada@example.com"}},"lines":[{lines}],"note":""#
    );
    let end = r#""}}"#;
    let note = "Thank you for your order. ".chars().cycle().take(SIZE - start.len() - end.len());
    format!("{start}{}{end}", note.collect::<String>()).into_bytes()
}
