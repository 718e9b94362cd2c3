//! Whether the time of a refusal depends on how much of a signature or a token is right: the test of dudect (Reparaz,
//! Balasch and Verbauwhede, 2017).
//!
//! Each row has two classes of requests. They are drawn at random, copied into the same buffer and timed one at a time;
//! Welch's t-test then says whether the two classes take different time. The times are also cut off at several
//! percentiles of both classes together, because interruptions hide small differences, and the largest |t| counts.
//!
//! The receivers of this crate must stay below [`LIMIT`]. A receiver that compares byte by byte and stops at the first
//! difference must not: if it does, the machine is too noisy for the measurement, and the program fails as well.
//!
//! Run `cargo bench --bench constant_time` on a quiet machine. A number after `--` is the number of requests per row.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use hookseal::provider::Provider;
use hookseal::{Digest, Extent, Scheme, Secret, Verifier};
use sha2::Sha256;

/// Of |t|. Dudect calls a function that exceeds it "probably not constant time".
const LIMIT: f64 = 10.0;
const REQUESTS: usize = 4_000_000;
/// The percentiles at which the times are cut off.
const CUTS: [f64; 7] = [0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0];

const KEY: &[u8; 32] = b"a key of thirty-two random bytes";
const TOKEN: &str = "a token of thirty-two bytes, yes";
const BODIES: usize = 64;
const BODY: usize = 64;

type Request = ([(&'static str, String); 1], Vec<u8>);
/// The text of the header, and the body.
type Sample = (String, Vec<u8>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Same,
    Different,
    /// It is not judged, for example because the answer itself tells the classes apart.
    Either,
}

struct Row {
    name: &'static str,
    classes: [&'static str; 2],
    expected: Expected,
    header: &'static str,
    samples: [Vec<Sample>; 2],
    accepts: Box<dyn Fn(&Request) -> bool>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Compiled and run by `cargo test --bench`: enough to see that every row gives the right verdicts.
    let is_short = arguments.iter().any(|argument| argument == "--test") || cfg!(debug_assertions);
    let count = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(REQUESTS);
    let mut random = Random(0x2026_1122);
    let rows = rows(&mut random);
    if is_short {
        rows.iter().for_each(|row| drop(row.times(200, &mut random)));
        println!("{} rows run; time is judged by `cargo bench --bench constant_time` alone", rows.len());
        return ExitCode::SUCCESS;
    }
    println!("{count} requests a row; |t| < {LIMIT} is no difference\n");
    println!("| receiver | classes | largest \\|t\\| | difference there | judgement |\n|---|---|---|---|---|");
    let verdicts: Vec<bool> = rows.iter().map(|row| row.judge(&row.times(count, &mut random))).collect();
    if verdicts.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

impl Row {
    /// In nanoseconds, of each class.
    fn times(&self, count: usize, random: &mut Random) -> [Vec<u32>; 2] {
        let mut times = [Vec::with_capacity(count), Vec::with_capacity(count)];
        let mut request: Request = ([(self.header, String::with_capacity(256))], vec![0; BODY]);
        let is_accepted = self.samples.each_ref().map(|class| (self.accepts)(&self.request(&class[0])));
        let (warm_up, mut made) = (count / 20, 0);
        while made < count + warm_up {
            let draw = random.next();
            let class = usize::from(draw & 1 == 1);
            let (text, body) = &self.samples[class][(draw >> 1) as usize % BODIES];
            request.0[0].1.clear();
            request.0[0].1.push_str(text);
            request.1.copy_from_slice(body);
            let start = Instant::now();
            let verdict = black_box((self.accepts)(black_box(&request)));
            let time = start.elapsed().as_nanos();
            assert_eq!(verdict, is_accepted[class], "{}: {}", self.name, self.classes[class]);
            if made >= warm_up {
                times[class].push(u32::try_from(time).unwrap_or(u32::MAX));
            }
            made += 1;
        }
        times
    }

    fn request(&self, (text, body): &Sample) -> Request {
        ([(self.header, text.clone())], body.clone())
    }

    /// Prints the row. `false` if it is not as expected.
    fn judge(&self, times: &[Vec<u32>; 2]) -> bool {
        let mut all = times.concat();
        all.sort_unstable();
        let place = |cut: f64| ((all.len() as f64 * cut) as usize).clamp(1, all.len()) - 1;
        let tests = CUTS.iter().map(|cut| welch(times, all[place(*cut)]));
        let (t, difference) = tests.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs())).expect("there are cuts");
        let is_found = t.abs() >= LIMIT;
        let (is_right, judgement) = match self.expected {
            Expected::Same => (!is_found, if is_found { "**DIFFERENT**" } else { "the same" }),
            Expected::Different => (is_found, if is_found { "leaks, as it must" } else { "**LEAK NOT FOUND**" }),
            Expected::Either => (true, "not judged"),
        };
        let [one, other] = self.classes;
        println!("| {} | {one} / {other} | {:.1} | {difference:+.2} ns | {judgement} |", self.name, t.abs());
        is_right
    }
}

/// Welch's t of the times up to `most`, and the difference of the means.
fn welch(times: &[Vec<u32>; 2], most: u32) -> (f64, f64) {
    let [(n, mean, variance), (other_n, other_mean, other_variance)] = times.each_ref().map(|times| {
        let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for time in times.iter().filter(|time| **time <= most) {
            n += 1.0;
            let off = f64::from(*time) - mean;
            mean += off / n;
            squares += off * (f64::from(*time) - mean);
        }
        (n, mean, squares / (n - 1.0))
    });
    let error = (variance / n + other_variance / other_n).sqrt();
    let difference = other_mean - mean;
    // Without any spread there is nothing to compare with: only the cut at one time gives that.
    (if error > 0.0 { difference / error } else { 0.0 }, difference)
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// How a MAC or a token is changed. One bit, so that a digit stays a digit and a letter a letter: how a text is decoded
/// may depend on it, for the sender knows the text.
#[derive(Clone, Copy)]
enum Change {
    None,
    FirstByte,
    LastByte,
    All,
}

impl Change {
    fn of(self, bytes: &[u8], random: &mut Random) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match (self, bytes.as_mut_slice()) {
            (Change::FirstByte, [first, ..]) => *first ^= 1,
            (Change::LastByte, [.., last]) => *last ^= 1,
            (Change::All, all) => all.iter_mut().zip(random.bytes(64)).for_each(|(byte, other)| *byte = other),
            _ => {}
        }
        bytes
    }

    fn name(self) -> &'static str {
        match self {
            Change::None => "right",
            Change::FirstByte => "first byte wrong",
            Change::LastByte => "last byte wrong",
            Change::All => "all wrong",
        }
    }
}

fn mac(body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("any key");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

fn mac_512(body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha512>::new_from_slice(KEY).expect("any key");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes after a blank, as visible ASCII.
fn text(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| char::from(if byte.is_ascii_graphic() || *byte == b' ' { *byte } else { byte % 64 + 48 }))
        .collect()
}

fn verifier(headers: &str, covers: &str, digest: Digest, secret: &[u8]) -> Verifier {
    let scheme = Scheme::try_new(headers.to_owned(), covers.to_owned()).expect("a scheme").with_digest(digest);
    // A token signs nothing.
    let provider = Provider::new("measured", scheme).expect("a provider").accept(Extent::Nothing);
    provider.verifier(Secret::from_bytes(secret.to_vec()).expect("a secret")).expect("a verifier")
}

/// Stops at the first byte that differs.
fn is_equal_early(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b))
}

fn rows(random: &mut Random) -> Vec<Row> {
    use Change::{All, FirstByte, LastByte, None};
    use Expected::{Different, Either, Same};

    let whole = |verifier: Verifier| move |(headers, body): &Request| verifier.verify(headers, body).is_ok();
    let pieces = |verifier: Verifier| {
        move |(headers, body): &Request| {
            let Ok(mut verification) = verifier.begin(headers) else { return false };
            body.chunks(24).for_each(|piece| verification.update(piece));
            verification.finish().is_ok()
        }
    };
    let hexed = || verifier("X-Signature: {hex}", "{body}", Digest::Sha256, KEY);
    let based = || verifier("X-Signature: {base64}", "{body}", Digest::Sha256, KEY);
    let hexed_512 = || verifier("X-Signature: {hex}", "{body}", Digest::Sha512, KEY);
    let token = || verifier("X-Signature: {secret}", "", Digest::Sha256, TOKEN.as_bytes());
    let leaky = |compare: fn(&[u8], &[u8]) -> bool, write: fn(&[u8]) -> String| {
        move |(headers, body): &Request| compare(write(&mac(body)).as_bytes(), headers[0].1.as_bytes())
    };
    let leaky_token = |(headers, _): &Request| is_equal_early(TOKEN.as_bytes(), headers[0].1.as_bytes());
    let plain = |one: &[u8], other: &[u8]| one == other;

    let mut rows = Vec::new();
    let mut row = |name,
                   expected,
                   changes: [Change; 2],
                   made: fn(&[u8]) -> Vec<u8>,
                   write: fn(&[u8]) -> String,
                   accepts: Box<dyn Fn(&Request) -> bool>| {
        let bodies: Vec<Vec<u8>> = (0..BODIES).map(|_| random.bytes(BODY)).collect();
        let samples = changes
            .map(|change| bodies.iter().map(|body| (write(&change.of(&made(body), random)), body.clone())).collect());
        rows.push(Row { name, classes: changes.map(Change::name), expected, header: "X-Signature", samples, accepts });
    };
    let secret: fn(&[u8]) -> Vec<u8> = |_| TOKEN.as_bytes().to_vec();
    row("control: early exit, hex", Different, [FirstByte, LastByte], mac, hex, Box::new(leaky(is_equal_early, hex)));
    row(
        "control: early exit, base64",
        Different,
        [FirstByte, LastByte],
        mac,
        base64,
        Box::new(leaky(is_equal_early, base64)),
    );
    row("control: early exit, token", Different, [FirstByte, LastByte], secret, text, Box::new(leaky_token));
    row("`==` of slices, hex", Either, [FirstByte, LastByte], mac, hex, Box::new(leaky(plain, hex)));
    row("hex", Same, [FirstByte, LastByte], mac, hex, Box::new(whole(hexed())));
    row("hex", Same, [All, LastByte], mac, hex, Box::new(whole(hexed())));
    row("hex, in pieces", Same, [FirstByte, LastByte], mac, hex, Box::new(pieces(hexed())));
    row("hex, SHA-512", Same, [FirstByte, LastByte], mac_512, hex, Box::new(whole(hexed_512())));
    row("base64", Same, [FirstByte, LastByte], mac, base64, Box::new(whole(based())));
    row("base64", Same, [All, LastByte], mac, base64, Box::new(whole(based())));
    row("token", Same, [FirstByte, LastByte], secret, text, Box::new(whole(token())));
    row("token", Same, [All, LastByte], secret, text, Box::new(whole(token())));
    row("hex", Either, [None, FirstByte], mac, hex, Box::new(whole(hexed())));
    row("base64", Either, [None, FirstByte], mac, base64, Box::new(whole(based())));
    row("token", Either, [None, FirstByte], secret, text, Box::new(whole(token())));
    rows
}
