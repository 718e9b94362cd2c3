//! Forms and queries (`application/x-www-form-urlencoded`), taken apart strictly.

use crate::request::percent_decoded;

/// The most fields of a form that nobody has verified yet: as many as PHP accepts by default, rounded up. Deliveries have a
/// few dozen.
const MAX_PAIRS: usize = 1024;

/// A form or a query, decoded, in the order received.
#[derive(Debug)]
pub(crate) struct Pairs(Vec<(String, String)>);

/// Where a form has a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Field<'f> {
    Missing,
    Once(&'f str),
    Repeated,
}

impl Pairs {
    /// Like [`read`](Self::read), but also `None` for more than 1024 fields.
    pub(crate) fn read_bounded(text: &[u8]) -> Option<Pairs> {
        let count = text.iter().filter(|c| **c == b'&').count();
        if count < MAX_PAIRS { Pairs::read(text) } else { None }
    }

    /// `None` for a form that is not correctly encoded.
    pub(crate) fn read(text: &[u8]) -> Option<Pairs> {
        let mut pairs = Vec::new();
        for pair in text.split(|c| *c == b'&').filter(|pair| !pair.is_empty()) {
            let end = pair.iter().position(|c| *c == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(end)?;
            let value = value.get(1..).unwrap_or_default();
            pairs.push((percent_decoded(name)?, percent_decoded(value)?));
        }
        Some(Pairs(pairs))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn field(&self, name: &str) -> Field<'_> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (None, _) => Field::Missing,
            (Some(value), None) => Field::Once(value),
            (Some(_), Some(_)) => Field::Repeated,
        }
    }

    pub(crate) fn into_list(self) -> Vec<(String, String)> {
        self.0
    }

    /// The fields in the order of their names, and of their values where a name occurs several times.
    ///
    /// `None` for a name that libraries sort differently (not ASCII), or that could be taken for the end of an address.
    fn sorted(&self) -> Option<Vec<&(String, String)>> {
        let is_name = |name: &str| name.is_ascii() && !name.is_empty() && !name.starts_with(['?', '&']);
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_unstable();
        sorted.iter().all(|(name, _)| is_name(name)).then_some(sorted)
    }

    /// Names and values without anything between them: `a1b2`. A pair that occurs twice is there once, as Twilio has it.
    pub(crate) fn run_together(&self) -> Option<String> {
        let mut sorted = self.sorted()?;
        sorted.dedup();
        Some(sorted.into_iter().flat_map(|(name, value)| [name.as_str(), value]).collect())
    }

    /// `a=1&b=2`, decoded. `None` too for a text that holds what separates it, which would be read as two.
    pub(crate) fn joined(&self) -> Option<String> {
        let sorted = self.sorted()?;
        let is_parted = |(name, value): &&(String, String)| !name.contains(['=', '&']) && !value.contains('&');
        let pairs = sorted.iter().all(is_parted).then_some(sorted)?.into_iter();
        Some(pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    }

    /// `a=1&b=2`, encoded again.
    pub(crate) fn encoded(&self) -> Option<String> {
        let pairs = self.sorted()?.into_iter();
        let pairs = pairs.map(|(name, value)| format!("{}={}", component(name), component(value)));
        Some(pairs.collect::<Vec<_>>().join("&"))
    }
}

/// A text percent-encoded as a part of a query, as `encodeURIComponent` of ECMAScript does it.
pub(crate) fn component(text: &str) -> String {
    encoded(text, b"-_.!~*'()")
}

/// A text percent-encoded as an address, as `encodeURI` of ECMAScript does it: a `%` that is there already is encoded too.
pub(crate) fn address(text: &str) -> String {
    encoded(text, b"-_.!~*'();/?:@&=+$,#")
}

fn encoded(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase();
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_strictly_and_sorted_in_one_way() {
        let form = |text: &str| Pairs::read(text.as_bytes());
        let read = form("b=2&a=%2B1+x&b=1&b=2&c").unwrap();
        assert_eq!(read.run_together().unwrap(), "a+1 xb1b2c");
        assert_eq!(read.joined().unwrap(), "a=+1 x&b=1&b=2&b=2&c=", "each time that it occurs");
        assert_eq!(read.encoded().unwrap(), "a=%2B1%20x&b=1&b=2&b=2&c=");
        assert_eq!(form("a=1%3D2&b=").unwrap().joined().unwrap(), "a=1=2&b=");
        for ambiguous in ["a=1%26b=2", "a%3D1=2", "a%26b=2"] {
            assert!(form(ambiguous).unwrap().joined().is_none(), "{ambiguous}");
            assert!(form(ambiguous).unwrap().encoded().is_some(), "{ambiguous}");
        }
        assert_eq!(
            (read.field("a"), read.field("b"), read.field("d")),
            (Field::Once("+1 x"), Field::Repeated, Field::Missing)
        );
        assert!(form("a=%2").is_none() && form("a=%ff").is_none() && form("a=%zz").is_none());
        assert!(form("ü=1").unwrap().run_together().is_none());
        assert!(form("%3Fa=1").unwrap().run_together().is_none() && form("=1").unwrap().run_together().is_none());
        assert!(
            Pairs::read_bounded(&b"a&".repeat(1023)).is_some() && Pairs::read_bounded(&b"a&".repeat(1024)).is_none()
        );
        assert_eq!(address("/x%20y?a=1 ü"), "/x%2520y?a=1%20%C3%BC");
    }
}
