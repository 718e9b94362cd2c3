//! A straightforward verifier, written from the documentation of each family and sharing no code with the crate, accepts the
//! same requests, with the same key; and it makes no difference how headers are held or in what pieces a body comes.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use arbitrary::{Arbitrary, Unstructured};
use hookseal::bytes::Bytes;
use hookseal::provider::Provider;
use hookseal::receive::Receiver;
use hookseal::{Digest, Key, Proof, Scheme, Verifier, VerifyError};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::judge::{self, Encoding, Hash, KEYS, NOW, mac};

/// A signature header, and what is beside it.
struct Family {
    headers: &'static str,
    covers: &'static str,
    hash: Hash,
    encoding: Encoding,
    clock: Clock,
    /// `None`: the value is the prefix and the MAC, and nothing else.
    separator: Option<u8>,
    /// Items are known by their place: the time, then the MAC, then more MACs.
    is_positional: bool,
    prefix: &'static str,
    /// The prefix of the time in the signature header.
    time_item: Option<&'static str>,
    /// Whether the MAC may repeat.
    repeats: bool,
    has_time_header: bool,
    has_id: bool,
    content: &'static [Part],
}

#[derive(Clone, Copy, PartialEq)]
enum Clock {
    None,
    Seconds,
    Millis,
    Either,
}

enum Part {
    Text(&'static str),
    Id,
    Time,
    Body,
}

const PLAIN: Family = Family {
    headers: "S: {base64}",
    covers: "{body}",
    hash: Hash::Sha256,
    encoding: Encoding::Base64,
    clock: Clock::None,
    separator: None,
    is_positional: false,
    prefix: "",
    time_item: None,
    repeats: false,
    has_time_header: false,
    has_id: false,
    content: &[Part::Body],
};

const FAMILIES: [Family; 13] = [
    // Shopify
    PLAIN,
    // GitHub
    Family { headers: "S: sha256={hex}", encoding: Encoding::Hex, prefix: "sha256=", ..PLAIN },
    // GitHub, formerly
    Family { headers: "S: sha1={hex}", hash: Hash::Sha1, encoding: Encoding::Hex, prefix: "sha1=", ..PLAIN },
    // Paystack
    Family { headers: "S: {hex}", hash: Hash::Sha512, encoding: Encoding::Hex, ..PLAIN },
    // Stripe
    Family {
        headers: "S: t={timestamp},v1={hex},...",
        covers: "{timestamp}.{body}",
        encoding: Encoding::Hex,
        clock: Clock::Seconds,
        separator: Some(b','),
        prefix: "v1=",
        time_item: Some("t="),
        repeats: true,
        content: &[Part::Time, Part::Text("."), Part::Body],
        ..PLAIN
    },
    // Paddle
    Family {
        headers: "S: ts={timestamp};h1={hex};...",
        covers: "{timestamp}:{body}",
        encoding: Encoding::Hex,
        clock: Clock::Seconds,
        separator: Some(b';'),
        prefix: "h1=",
        time_item: Some("ts="),
        repeats: true,
        content: &[Part::Time, Part::Text(":"), Part::Body],
        ..PLAIN
    },
    // Sanity
    Family {
        headers: "S: t={timestamp:ms},v1={base64url}",
        covers: "{timestamp}.{body}",
        encoding: Encoding::Base64Url,
        clock: Clock::Millis,
        separator: Some(b','),
        prefix: "v1=",
        time_item: Some("t="),
        content: &[Part::Time, Part::Text("."), Part::Body],
        ..PLAIN
    },
    // Slack
    Family {
        headers: "T: {timestamp}\nS: v0={hex}",
        covers: "v0:{timestamp}:{body}",
        encoding: Encoding::Hex,
        clock: Clock::Seconds,
        prefix: "v0=",
        has_time_header: true,
        content: &[Part::Text("v0:"), Part::Time, Part::Text(":"), Part::Body],
        ..PLAIN
    },
    // Standard Webhooks
    Family {
        headers: "I: {id}\nT: {timestamp}\nS: v1,{base64} ...",
        covers: "{id}.{timestamp}.{body}",
        clock: Clock::Seconds,
        separator: Some(b' '),
        prefix: "v1,",
        repeats: true,
        has_time_header: true,
        has_id: true,
        content: &[Part::Id, Part::Text("."), Part::Time, Part::Text("."), Part::Body],
        ..PLAIN
    },
    // Recurly
    Family {
        headers: "S: {timestamp},{hex},...",
        covers: "{timestamp}.{body}",
        encoding: Encoding::Hex,
        clock: Clock::Seconds,
        separator: Some(b','),
        is_positional: true,
        time_item: Some(""),
        repeats: true,
        content: &[Part::Time, Part::Text("."), Part::Body],
        ..PLAIN
    },
    // PagerDuty
    Family {
        headers: "S: v1={hex},...",
        encoding: Encoding::Hex,
        separator: Some(b','),
        prefix: "v1=",
        repeats: true,
        ..PLAIN
    },
    // Seconds or milliseconds
    Family {
        headers: "T: {timestamp:ms-or-s}\nS: {base64url}",
        covers: "{timestamp}/{body}",
        encoding: Encoding::Base64Url,
        clock: Clock::Either,
        has_time_header: true,
        content: &[Part::Time, Part::Text("/"), Part::Body],
        ..PLAIN
    },
    // SHA-512, several, in base64
    Family {
        headers: "S: {base64},...",
        hash: Hash::Sha512,
        separator: Some(b','),
        is_positional: true,
        repeats: true,
        ..PLAIN
    },
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    family: u8,
    keys: u8,
    /// Seconds between the clock and the signature.
    age: i16,
    id: &'a str,
    body: &'a [u8],
    edits: Vec<Edit<'a>>,
    cut: u8,
}

#[derive(Arbitrary, Debug)]
enum Edit<'a> {
    /// Adds to the value of a header, or adds the header.
    Append(Name, Piece<'a>),
    Prepend(Name, Piece<'a>),
    Set(Name, Vec<Piece<'a>>),
    /// Another header of the same name.
    Repeat(Name, Vec<Piece<'a>>),
    Remove(Name),
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Name {
    Signature,
    Time,
    Id,
    Other,
}

#[derive(Arbitrary, Debug)]
enum Piece<'a> {
    Mac(u8, Shape),
    /// The right time, and so many more.
    Time(i16),
    Number(u64),
    Prefix,
    TimePrefix,
    Separator,
    Blank,
    Raw(&'a [u8]),
}

#[derive(Arbitrary, Debug)]
enum Shape {
    Right,
    Upper,
    /// One character is another.
    Flipped(u8, u8),
    Short,
    OfOther,
    In(u8),
}

impl Name {
    fn text(self, is_upper: bool) -> &'static str {
        match (self, is_upper) {
            (Name::Signature, false) => "s",
            (Name::Signature, true) => "S",
            (Name::Time, false) => "t",
            (Name::Time, true) => "T",
            (Name::Id, false) => "i",
            (Name::Id, true) => "I",
            (Name::Other, _) => "Ti",
        }
    }
}

impl Family {
    fn scheme(&self) -> Scheme {
        let digest = match self.hash {
            Hash::Sha1 => Digest::Sha1,
            Hash::Sha256 => Digest::Sha256,
            Hash::Sha512 => Digest::Sha512,
        };
        Scheme::try_new(self.headers, self.covers).expect("a scheme").with_digest(digest)
    }

    fn content(&self, id: &[u8], time: &[u8], body: &[u8]) -> Vec<u8> {
        let texts = self.content.iter().map(|part| match part {
            Part::Text(text) => text.as_bytes(),
            Part::Id => id,
            Part::Time => time,
            Part::Body => body,
        });
        texts.collect::<Vec<_>>().concat()
    }

    /// Whether a request is accepted, and with which key.
    fn judge(&self, headers: &[(&str, Vec<u8>)], body: &[u8], keys: usize, clock: i64) -> Option<usize> {
        let all = |name: &str| -> Vec<&[u8]> {
            let found = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_slice()).collect()
        };
        let once = |name| match *all(name) {
            [value] => Some(value),
            _ => None,
        };
        let signatures = all("s");
        // HTTP lets a list with commas be cut into several lines, if nothing else is in it.
        if signatures.is_empty()
            || signatures.len() > 1 && !(self.repeats && self.separator == Some(b',') && self.time_item.is_none())
            || signatures.iter().map(|value| value.len()).sum::<usize>() > 4096
        {
            return None;
        }
        let (mut times, mut macs, mut prefixed): (Vec<&[u8]>, Vec<&[u8]>, usize) = (Vec::new(), Vec::new(), 0);
        for value in signatures {
            let Some(separator) = self.separator else {
                macs.extend(value.strip_prefix(self.prefix.as_bytes()));
                continue;
            };
            let items = value.split(|c| *c == separator).map(trim);
            let items: Vec<&[u8]> = items.filter(|item| separator != b' ' || !item.is_empty()).collect();
            for (place, item) in items.into_iter().enumerate() {
                let time = self.time_item.and_then(|prefix| item.strip_prefix(prefix.as_bytes()));
                match time {
                    Some(time) if !self.is_positional || place == 0 => times.push(time),
                    _ => {
                        if let Some(mac) = item.strip_prefix(self.prefix.as_bytes()) {
                            prefixed += 1;
                            macs.push(mac);
                        }
                    }
                }
            }
        }
        if prefixed > 1 && !self.repeats {
            return None;
        }
        if self.has_time_header {
            times.push(once("t")?);
        }
        let time = match (times.as_slice(), self.clock) {
            ([], Clock::None) => &[][..],
            ([time], _) => time,
            _ => return None,
        };
        if self.clock != Clock::None {
            let number = i128::from(judge::number(time)?);
            let is_millis = self.clock == Clock::Millis || self.clock == Clock::Either && number >= 100_000_000_000;
            let unit = if is_millis { 1000 } else { 1 };
            if (i128::from(clock) * unit - number).abs() > 300 * unit {
                return None;
            }
        }
        let mut id = &[][..];
        if self.has_id {
            id = once("i")?;
            if id.is_empty() || id.len() > 1024 || !id.iter().all(u8::is_ascii_graphic) || ends_early(id, time) {
                return None;
            }
        }
        let bytes = match self.hash {
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha512 => 64,
        };
        macs.retain(|mac| self.is_mac(mac, bytes));
        if macs.len() > 16 {
            return None;
        }
        let content = self.content(id, time, body);
        (0..keys).find(|key| {
            let right = mac(self.hash, KEYS[*key].as_bytes(), &content);
            macs.iter().any(|text| self.encoding.decode(text).is_some_and(|mac| mac == right))
        })
    }

    /// Whether a text could be a MAC: it has the length and the characters.
    fn is_mac(&self, text: &[u8], bytes: usize) -> bool {
        let length = self.encoding.encode(&vec![0; bytes]).len();
        let digits = text.iter().rposition(|c| *c != b'=').map_or(0, |last| last + 1);
        let padding = if self.encoding == Encoding::Base64 { (3 - bytes % 3) % 3 } else { 0 };
        let extra: &[u8] = match self.encoding {
            Encoding::Hex => return text.len() == length && text.iter().all(u8::is_ascii_hexdigit),
            Encoding::Base64 => b"+/",
            Encoding::Base64Url => b"-_",
        };
        let (front, _) = text.split_at(digits);
        text.len() == length
            && text.len() - digits == padding
            && front.iter().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    }
}

fn trim(text: &[u8]) -> &[u8] {
    let is_blank = |c: &u8| matches!(c, b' ' | b'\t');
    let Some(start) = text.iter().position(|c| !is_blank(c)) else { return &[] };
    let end = text.iter().rposition(|c| !is_blank(c)).unwrap_or_default();
    &text[start..=end]
}

/// Whether `id.time.` holds a full stop, a time of 2001 or later and a full stop before the end of the id.
fn ends_early(id: &[u8], time: &[u8]) -> bool {
    let whole = [id, b".", time, b"."].concat();
    (0..id.len()).filter(|at| id[*at] == b'.').any(|at| {
        let rest = &whole[at + 1..];
        let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        let number = judge::number(&rest[..digits]);
        number.is_some_and(|time| (1_000_000_000..253_402_300_800).contains(&time)) && rest.get(digits) == Some(&b'.')
    })
}

/// The request, edited.
fn headers(family: &Family, input: &Input<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let unit = if matches!(family.clock, Clock::Millis | Clock::Either) { 1000 } else { 1 };
    let time = |more: i16| ((NOW + i64::from(more)) * unit).to_string();
    let content = family.content(input.id.as_bytes(), time(0).as_bytes(), input.body);
    let piece = |piece: &Piece<'_>| -> Vec<u8> {
        match piece {
            Piece::Mac(key, shape) => {
                let key = KEYS[usize::from(*key) % KEYS.len()].as_bytes();
                let tag = |content: &[u8]| mac(family.hash, key, content);
                let mut text = family.encoding.encode(&tag(&content)).into_bytes();
                match shape {
                    Shape::Right => {}
                    Shape::Upper => text.make_ascii_uppercase(),
                    Shape::Flipped(at, byte) => {
                        let at = usize::from(*at) % text.len();
                        text[at] = *byte;
                    }
                    Shape::Short => drop(text.pop()),
                    Shape::OfOther => {
                        text = family.encoding.encode(&tag(&content[1.min(content.len())..])).into_bytes()
                    }
                    Shape::In(encoding) => {
                        let encodings = [Encoding::Hex, Encoding::Base64, Encoding::Base64Url];
                        text = encodings[usize::from(*encoding) % 3].encode(&tag(&content)).into_bytes();
                    }
                }
                text
            }
            Piece::Time(more) => time(*more).into_bytes(),
            Piece::Number(number) => number.to_string().into_bytes(),
            Piece::Prefix => family.prefix.into(),
            Piece::TimePrefix => family.time_item.unwrap_or_default().into(),
            Piece::Separator => vec![family.separator.unwrap_or(b',')],
            Piece::Blank => b" ".to_vec(),
            Piece::Raw(raw) => raw.to_vec(),
        }
    };
    let pieces = |list: &[Piece<'_>]| list.iter().flat_map(&piece).collect::<Vec<u8>>();
    let mut value = Vec::new();
    if let Some(prefix) = family.time_item {
        value.extend_from_slice(prefix.as_bytes());
        value.extend_from_slice(time(0).as_bytes());
        value.extend(family.separator);
    }
    value.extend_from_slice(family.prefix.as_bytes());
    value.extend(piece(&Piece::Mac(input.keys >> 4, Shape::Right)));
    let mut headers = vec![("S", value)];
    if family.has_time_header {
        headers.push(("T", time(0).into_bytes()));
    }
    if family.has_id {
        headers.push(("I", input.id.into()));
    }
    for edit in &input.edits {
        let (Edit::Append(name, _)
        | Edit::Prepend(name, _)
        | Edit::Set(name, _)
        | Edit::Repeat(name, _)
        | Edit::Remove(name)) = edit;
        let place = headers.iter().position(|(other, _)| other.eq_ignore_ascii_case(name.text(false)));
        match (edit, place) {
            (Edit::Append(_, part), Some(place)) => headers[place].1.extend(piece(part)),
            (Edit::Prepend(_, part), Some(place)) => drop(headers[place].1.splice(..0, piece(part))),
            (Edit::Append(name, part) | Edit::Prepend(name, part), None) => {
                headers.push((name.text(true), piece(part)))
            }
            (Edit::Set(name, list), _) => {
                headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name.text(false)));
                headers.push((name.text(true), pieces(list)));
            }
            (Edit::Repeat(name, list), _) => headers.push((name.text(false), pieces(list))),
            (Edit::Remove(_), place) => drop(place.map(|place| headers.remove(place))),
        }
    }
    headers
}

/// A result without its lifetime.
fn told(result: Result<&Proof<'_>, &VerifyError>) -> Result<String, VerifyError> {
    result.map(|proof| format!("{proof:?}")).map_err(Clone::clone)
}

pub(crate) fn run(data: &[u8]) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let verifiers = VERIFIERS.get_or_init(|| {
        let verifier =
            |family: &Family, keys| Verifier::new(family.scheme(), judge::keyring(keys)).expect("a verifier");
        FAMILIES.iter().flat_map(|family| (1..=KEYS.len()).map(move |keys| verifier(family, keys))).collect()
    });
    static CLOCK: AtomicI64 = AtomicI64::new(NOW);
    static RECEIVERS: OnceLock<Vec<Receiver>> = OnceLock::new();
    let receivers = RECEIVERS.get_or_init(|| {
        let receiver = |family: &Family, keys| {
            let provider = Provider::new("acme", family.scheme()).expect("a provider").raw();
            let receiver: Receiver = provider.receiver(judge::keyring(keys)).expect("a receiver");
            receiver.with_clock(|| judge::at(CLOCK.load(Ordering::Relaxed)))
        };
        FAMILIES.iter().flat_map(|family| (1..=KEYS.len()).map(move |keys| receiver(family, keys))).collect()
    });
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let place = usize::from(input.family) % FAMILIES.len();
    let (family, keys) = (&FAMILIES[place], 1 + usize::from(input.keys) % KEYS.len());
    let verifier = &verifiers[place * KEYS.len() + keys - 1];
    let headers = headers(family, &input);
    let clock = NOW + i64::from(input.age);
    let now = judge::at(clock);

    let expected = family.judge(&headers, input.body, keys, clock);
    let verified = verifier.verify_at(&headers, input.body, now);
    let accepted = verified.as_ref().ok().map(|verified| match verified.proof().key() {
        Key::Current => 0,
        Key::Previous(place) => place,
    });
    assert_eq!(
        accepted, expected,
        "{}, {keys} keys: {verified:?} for {headers:?}, body {:?}",
        family.headers, input.body
    );
    let ours = told(verified.as_ref().map(|verified| verified.proof()));

    let mut stream = verifier.begin_at(&headers, now);
    let size = 1 + usize::from(input.cut);
    if let Ok(verification) = &mut stream {
        input.body.chunks(size).for_each(|chunk| verification.update(chunk));
    }
    let proof = stream.and_then(|verification| verification.finish());
    assert_eq!(told(proof.as_ref()), ours, "in chunks of {size} bytes");

    let map: Option<HeaderMap> = headers
        .iter()
        .map(|(name, value)| Some((HeaderName::try_from(*name).ok()?, HeaderValue::from_bytes(value).ok()?)))
        .collect();
    if let Some(map) = map {
        let verified = verifier.verify_at(&map, input.body, now);
        assert_eq!(told(verified.as_ref().map(|verified| verified.proof())), ours, "in a map");
    }

    // The same in an application's receiver, at the same clock.
    CLOCK.store(clock, Ordering::Relaxed);
    let mut intake = receivers[place * KEYS.len() + keys - 1].begin(&headers);
    input.body.chunks(size).for_each(|chunk| intake.push(Bytes::copy_from_slice(chunk)));
    let received = intake.finish();
    assert_eq!(received.is_ok(), ours.is_ok(), "in a receiver: {:?}", received.err());
}
