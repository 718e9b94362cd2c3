//! `Coverage` tells the truth both ways: what it says is covered cannot be changed, and everything else can.

use hookseal::{Algorithm, Extent, Scheme, Signer, provider};
use time::OffsetDateTime;

use model::{At, Piece, Subject, Wire, pairs, request, set, verifier};

mod model;

const NOW: i64 = 1_770_000_000;

/// Schemes of no provider here, for the words that none uses.
const OWN: &[(&str, &str)] = &[
    ("S: {hex}\nX-Hash: {body|sha256-base64}", "{header:X-Hash}"),
    ("S: {hex}\n?h: {body|sha256-hex}", "{?h}"),
    ("S: {hex}\n?h: {body|sha256-hex}", "{target}"),
    ("S: {hex}\n?t: {timestamp}", "{timestamp}.{body}"),
    ("S: {hex}\n?t: {timestamp}", "{target}.{body|sha256-hex}"),
    ("S: {hex}\n\nt: {timestamp:ms}", "{body}"),
    ("S: {hex}\nI: {id}", "{path}.{id}.{body|sha256-base64}"),
    ("S: {hex}\nI: {id}", "{query|sorted}\n{body}"),
    ("S: {hex}\nI: {id}\nT: {timestamp:rfc3339}", "{id}.{timestamp}.{$.a}.{$.b|free}"),
    ("S: {hex}\nL: {signed-headers:,}\nT: {timestamp}", "{signed-headers|pairs:;}\n{body}"),
    ("S: {hex}\nL: {signed-headers}\nT: {timestamp}", "{timestamp}.{signed-headers}.{signed-headers|pairs:;}\n{body}"),
    ("S: {hex}", "{&a}.{&b}"),
    ("S: {hex}", "{?a}.{form|sorted}"),
    ("S: {hex}\n\n{empty}", "{method}\n{url}"),
    ("?s: {hex}", "{body}"),
    ("?s: {hex}", "{?a}.{$.b}"),
    ("S: {hex}", "{secret}{body}"),
    ("?token: {secret}", ""),
    ("\n\n&token: {secret}", ""),
    ("\n\na.token: {secret}", ""),
];

fn subjects() -> Vec<Subject> {
    let own = OWN.iter().map(|(headers, covers)| Subject::new(headers, covers).expect(covers));
    let of_catalogue = provider::ALL.iter().flat_map(|provider| provider.schemes());
    let is_known = |scheme: &&Scheme| {
        scheme.algorithm() == Algorithm::Hmac && ![scheme.headers(), scheme.body()].concat().contains("{jw")
    };
    let of_catalogue = of_catalogue.filter(is_known);
    own.chain(of_catalogue.cloned().map(Subject::of)).collect()
}

fn accepts(subject: &Subject, wire: &Wire) -> bool {
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    // What is not exactly the registered URL is refused, covered or not.
    let registered = if subject.has(|piece| matches!(piece, Piece::Form)) { wire.query.as_deref() } else { None };
    let registered = if needs_exact_url(subject) { wire.query.as_deref() } else { registered };
    let Some(request) = request(wire) else { return false };
    verifier(std::slice::from_ref(subject), registered).verify_request_at(&request, now).is_ok()
}

/// Whether something variable is beside the URL.
fn needs_exact_url(subject: &Subject) -> bool {
    let is_url = |piece: &Piece| matches!(piece, Piece::Url("{url}" | "{target}" | "{target|encoded}"));
    let is_alone = |piece: Option<&Piece>| matches!(piece, None | Some(Piece::Text(_) | Piece::Method));
    let around = |at: usize| [at.checked_sub(1).and_then(|at| subject.pieces.get(at)), subject.pieces.get(at + 1)];
    (0..subject.pieces.len()).any(|at| is_url(&subject.pieces[at]) && !around(at).into_iter().all(is_alone))
}

/// What the lines of a scheme have in a request, which must be right whether it is covered or not.
fn is_line(subject: &Subject, at: &At) -> bool {
    subject.lines.iter().any(|line| line.at == *at)
}

#[test]
fn what_is_covered_cannot_be_changed_and_what_is_not_can() {
    let (mut refused, mut free) = (0, 0);
    for subject in subjects() {
        let name = format!("{:?} {:?}", subject.scheme.headers(), subject.scheme.covers());
        let coverage = subject.scheme.coverage();
        let wire = subject.sample(NOW);
        assert!(accepts(&subject, &wire), "{name}: {wire:?}");
        let mut expect = |is_covered: bool, changed: &Wire, what: &str| {
            *(if is_covered { &mut refused } else { &mut free }) += 1;
            assert_eq!(accepts(&subject, changed), !is_covered, "{name}: {what} {changed:?}");
        };

        // Every byte of the body.
        for place in 0..wire.body.len() {
            let mut changed = wire.clone();
            let old = &wire.body[place..=place];
            changed.body.replace_range(place..=place, if old == "x" { "y" } else { "x" });
            match coverage.body() {
                Extent::Whole => expect(true, &changed, "a byte of the body"),
                Extent::Form if subject.texts(&changed) != subject.texts(&wire) => {
                    expect(true, &changed, "a byte of the form");
                }
                _ => {}
            }
        }
        // Fields of the body, by their paths.
        let in_body = |at: &At| matches!(at, At::Json(_) | At::Field(_));
        let reads_json = subject.has(|piece| matches!(piece, Piece::Json(_)))
            || subject.lines.iter().any(|line| matches!(line.at, At::Json(_)));
        let reads_form = subject.has(|piece| matches!(piece, Piece::Form | Piece::Field(_)))
            || subject.lines.iter().any(|line| matches!(line.at, At::Field(_)));
        let mut places: Vec<At> = subject
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Json(path) => Some(At::Json(path.clone())),
                Piece::Field(path) => Some(At::Field(path.clone())),
                _ => None,
            })
            .collect();
        places.extend(subject.lines.iter().map(|line| line.at.clone()).filter(in_body));
        if reads_json && !reads_form {
            places.push(At::Json("zz".to_owned()));
        }
        if reads_form && !subject.has(|piece| matches!(piece, Piece::Json(_))) {
            places.push(At::Field("zz".to_owned()));
        }
        for at in places.iter().filter(|_| coverage.body() != Extent::Whole) {
            let mut changed = wire.clone();
            set(&mut changed, at, "1777");
            let path = match at {
                At::Json(path) => path.clone(),
                At::Field(path) => format!("&{path}"),
                _ => unreachable!(),
            };
            if is_line(&subject, at) && !coverage.has_field(&path) {
                expect(true, &changed, "what a line has");
            } else {
                expect(coverage.has_field(&path), &changed, &path);
            }
        }
        if coverage.body() == Extent::Nothing && !subject.lines.iter().any(|line| in_body(&line.at)) {
            expect(false, &Wire { body: "anything".to_owned(), ..wire.clone() }, "all of the body");
        }

        // Headers: those that it has, and one more.
        let listed: Vec<String> = match subject.has(|piece| matches!(piece, Piece::Values { .. })) {
            true => vec!["x-a".to_owned(), "x-b".to_owned()],
            false => vec![],
        };
        for header in wire.headers.keys().cloned().chain(["x-other".to_owned()]) {
            let mut changed = wire.clone();
            let old = wire.headers.get(&header).cloned().unwrap_or_default();
            changed.headers.insert(header.clone(), if old.is_empty() { "1".to_owned() } else { old.clone() + "1" });
            let is_line = is_line(&subject, &At::Header(header.clone()));
            match coverage.has_header(&header) {
                true => expect(true, &changed, &header),
                false if listed.contains(&header) => expect(true, &changed, "a listed header"),
                false if !is_line && header != "content-type" => expect(false, &changed, &header),
                false => {}
            }
        }
        // An id that is not covered informs.
        if let Some(At::Header(header)) = subject.line("{id}").map(|line| line.at.clone()) {
            let mut changed = wire.clone();
            subject.put(&mut changed, "{id}", "other");
            expect(coverage.has_header(&header), &changed, "the id");
        }

        // Parameters of the query: those that it has, and one more.
        let query = pairs(wire.query.as_deref().unwrap_or_default()).unwrap();
        let names = query.into_iter().map(|(name, _)| name).chain(["zz".to_owned()]);
        for parameter in names {
            let mut changed = wire.clone();
            set(&mut changed, &At::Param(parameter.clone()), "1777");
            let is_line = is_line(&subject, &At::Param(parameter.clone()));
            // It is not covered there, but must be that of the registered URL.
            let is_fixed = needs_exact_url(&subject) || subject.has(|piece| matches!(piece, Piece::Form));
            match coverage.has_parameter(&parameter) {
                true => {
                    let verifier = verifier(std::slice::from_ref(&subject), changed.query.as_deref());
                    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
                    let request = request(&changed).unwrap();
                    assert!(verifier.verify_request_at(&request, now).is_err(), "{name}: {parameter}");
                    refused += 1;
                }
                false if !is_line && !is_fixed => {
                    free += 1;
                    assert!(accepts(&subject, &changed), "{name}: {parameter} {changed:?}");
                }
                false => {}
            }
        }

        // The method.
        let others = ["GET", "PUT", "DELETE"];
        for method in others {
            let changed = Wire { method: method.to_owned(), ..wire.clone() };
            let is_named = subject.methods.iter().any(|named| named == method);
            let is_signed = subject.pieces.contains(&Piece::Method);
            let reads_more = !common::is_usual(&subject.scheme);
            if method != wire.method && reads_more {
                assert_eq!(accepts(&subject, &changed), is_named && !is_signed, "{name}: {method}");
            }
        }
    }
    println!("{refused} changes refused, {free} accepted");
    assert!(refused > 3_000 && free > 150, "{refused} changes refused, {free} accepted: a test of little");
}

/// Whoever signs with a scheme is understood by whoever verifies with it, in one piece and in several.
#[test]
fn what_is_signed_is_verified_in_any_pieces() {
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    let (mut signed, mut unsignable) = (0, 0);
    for subject in subjects() {
        let name = format!("{:?} {:?}", subject.scheme.headers(), subject.scheme.covers());
        let secret = || hookseal::Secret::new(model::SECRET).unwrap();
        let Ok(signer) = Signer::new(subject.scheme.clone(), secret()) else {
            let is_outside = subject.lines.iter().any(|line| !matches!(line.at, At::Header(_)));
            let is_plain = subject.pieces.contains(&Piece::Secret);
            assert!(is_outside || is_plain, "{name} cannot be signed");
            unsignable += 1;
            continue;
        };
        let mut wire = subject.sample(NOW);
        let exact = needs_exact_url(&subject) || subject.has(|piece| matches!(piece, Piece::Form));
        // Headers that the scheme lists are the request's own, and all others the signer's.
        wire.headers.retain(|name, _| {
            name.starts_with("x-a")
                || name.starts_with("x-b")
                || name == "content-type"
                || subject.has(|piece| *piece == Piece::Header(name.clone()))
        });
        let mut request = request(&wire).unwrap();
        let query = wire.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        *request.uri_mut() = format!("{}{query}", model::URL).parse().unwrap();
        signer.sign_request_at(&mut request, "n1", now).unwrap_or_else(|error| panic!("{name}: {error}"));
        signed += 1;

        let registered = wire.query.as_deref().filter(|_| exact);
        let provider = model::provider(std::slice::from_ref(&subject), registered);
        let verifier = provider.verifier(secret()).unwrap();
        let whole = verifier.verify_request_at(&request, now).map(|verified| verified.proof().key());
        assert!(whole.is_ok(), "{name}: {whole:?} {request:?}");
        for tampered in [false, true] {
            let mut request = request.clone();
            if tampered {
                request.body_mut().push(b'x');
            }
            let whole = verifier.verify_request_at(&request, now).map(|verified| verified.proof().key());
            for size in [1, 3, 7, 1000] {
                let receiver: hookseal::receive::Receiver =
                    provider.receiver(secret()).unwrap().with_clock(move || now);
                let mut intake = receiver.begin_request(request.method(), request.uri(), request.headers());
                request.body().chunks(size).for_each(|chunk| intake.push(bytes::Bytes::copy_from_slice(chunk)));
                let pieces = intake.finish();
                assert_eq!(pieces.is_ok(), whole.is_ok(), "{name} in pieces of {size}, {tampered}: {pieces:?}");
                // Where headers and body are enough, they are judged alike.
                let Ok(mut verification) = verifier.begin_at(request.headers(), now) else { continue };
                request.body().chunks(size).for_each(|chunk| verification.update(chunk));
                assert_eq!(
                    verification.finish().map(|proof| proof.key()),
                    whole,
                    "{name} in pieces of {size}, {tampered}"
                );
            }
        }
    }
    println!("{signed} schemes signed, {unsignable} not");
    assert!(signed > 150 && unsignable > 10, "{signed} schemes signed, {unsignable} not");
}

#[path = "../../../tests/common/mod.rs"]
mod common;
