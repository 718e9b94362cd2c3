//! Traps of schemes that read more than headers and body, each of which a vendor's library, or this crate, has fallen into.

use sent::{
    FORM, JSON, NO_MATCH, NOW, PLIVO, SQUARE, TWILIO, URL, assert_says, base64, hash, hex, now, provider, request,
    secret, verdict,
};

#[path = "common/sent.rs"]
mod sent;

const HOOK0: &[(&str, &str)] = &[(
    "X-Hook0-Signature: t={timestamp},h={signed-headers},v1={hex}",
    "{timestamp}.{signed-headers}.{signed-headers|values:.}.{body}",
)];
const CONTENTFUL: &[(&str, &str)] = &[(
    "x-contentful-timestamp: {timestamp:ms}\nx-contentful-signed-headers: {signed-headers:,}\nx-contentful-signature: {hex}",
    "{method}\n{target|encoded}\n{signed-headers|pairs:;}\n{body}",
)];
const ADYEN: &[(&str, &str)] = &[(
    "\n\nitems[].item.hmac: {base64}",
    "{$.items[].item.psp}:{$.items[].item.original?}:{$.items[].item.account}:{$.items[].item.reference?|free}:{$.items[].item.amount}",
)];
#[test]
fn neither_of_twilios_forms_is_a_downgrade_of_the_other() {
    let twilio = provider(TWILIO, URL);
    let json = r#"{"event":"call.ended"}"#;
    let hashed = format!("/hook?bodySHA256={}", hash(json));
    let upper = format!("/hook?bodySHA256={}", hash(json).to_uppercase());
    let twice = format!("/hook?bodySHA256={0}&body%53HA256={0}", hash(json));
    let of = |target: &str| base64(format!("https://x.example{target}"));
    let pretended = format!("b=odySHA256%3D{}", hash(json));
    let of_hashed = of(&hashed);
    let zipped = b"\x1f\x8b\x08 as it was sent".as_slice();
    let of_zipped = format!("/hook?bodySHA256={}", hash(zipped));
    for (what, method, target, kind, body, signature, expected) in [
        ("JSON", "POST", &*hashed, JSON, json.as_bytes(), of_hashed.clone(), ""),
        ("its hash in upper case", "POST", &upper, JSON, json.as_bytes(), of(&upper), ""),
        ("emptied JSON", "POST", &hashed, JSON, b"", of_hashed.clone(), "`?bodySHA256` is not the hash of the body"),
        (
            "emptied JSON by GET",
            "GET",
            &hashed,
            JSON,
            b"",
            of_hashed.clone(),
            "`?bodySHA256` is not the hash of the body",
        ),
        ("JSON emptied to a form", "POST", &hashed, FORM, b"", of_hashed.clone(), "is not the hash of the body"),
        ("a form for JSON", "POST", &hashed, FORM, b"a=1", of_hashed.clone(), "is not the hash of the body"),
        ("without its hash", "POST", "/hook", JSON, b"", of_hashed.clone(), NO_MATCH),
        (
            "a query for a form",
            "POST",
            "/hook?",
            FORM,
            pretended.as_bytes(),
            of_hashed.clone(),
            "is not that of the public URL",
        ),
        ("the hash twice", "POST", &twice, JSON, json.as_bytes(), of(&twice), "`?bodySHA256` occurs more than once"),
        ("compressed", "POST", &of_zipped, JSON, zipped, of(&of_zipped), ""),
        (
            "decompressed on the way",
            "POST",
            &of_zipped,
            JSON,
            json.as_bytes(),
            of(&of_zipped),
            "is not the hash of the body",
        ),
        ("a call by GET", "GET", "/hook?From=1", JSON, b"", of("/hook?From=1"), ""),
        ("a call by GET, changed", "GET", "/hook?From=2", JSON, b"", of("/hook?From=1"), NO_MATCH),
        ("a call by GET, with a body", "GET", "/hook?From=1", JSON, b"x", of("/hook?From=1"), "is not empty"),
        ("by another method", "PUT", "/hook?From=1", JSON, b"", of("/hook?From=1"), "is not one that the scheme has"),
        ("an event as text", "POST", "/hook", ("content-type", "text/plain"), b"a=1", of("/hooka1"), "is not a form"),
    ] {
        let request = request(method, target, &[("X-Twilio-Signature", &signature), kind], body);
        let said = verdict(&twilio, &request);
        // Where no scheme fits, the first that lacks something tells what.
        let expected = if said == "`?bodySHA256` is missing" && !expected.is_empty() { "is missing" } else { expected };
        assert_says(what, &said, expected);
    }
}

#[test]
fn forms_are_decoded_in_one_way() {
    let twilio = provider(TWILIO, URL);
    for (body, content, expected) in [
        ("From=1&Body=hi", "BodyhiFrom1", ""),
        ("Body=hi&From=1", "BodyhiFrom1", ""),
        ("Body=hi&Body=hi&From=1", "BodyhiFrom1", ""),
        ("&Body=hi&&From=1&", "BodyhiFrom1", ""),
        ("%42ody=%68i&From=1", "BodyhiFrom1", ""),
        ("Body=ho&Body=hi", "BodyhiBodyho", ""),
        ("Body=a+b", "Bodya b", ""),
        ("Body=a%20b", "Bodya b", ""),
        ("Body=a%2Bb", "Bodya+b", ""),
        ("Body=a%2Bb", "Bodya b", NO_MATCH),
        ("Body=a+b", "Bodya+b", NO_MATCH),
        ("Body=a;b=c", "Bodya;b=c", ""),
        ("Body=%C3%BC", "Body\u{fc}", ""),
        ("Body=%00x", "Body\0x", ""),
        ("Body=%00x", "Body", NO_MATCH),
        ("Body", "Body", ""),
        ("Body=hi&From=1&To=2", "BodyhiFrom1", NO_MATCH),
        ("Body=hi", "BodyhiFrom1", NO_MATCH),
        ("Body=%", "Body%", "`the form` is not correctly encoded"),
        ("Body=%4", "Body%4", "`the form` is not correctly encoded"),
        ("Body=%zz", "Body%zz", "`the form` is not correctly encoded"),
        ("Body=%ff", "Body\u{ff}", "`the form` is not correctly encoded"),
        ("%C3%BC=1", "\u{fc}1", "cannot be told apart when it is sorted"),
        ("=1", "1", "cannot be told apart when it is sorted"),
        ("%3Fa=1", "?a1", "cannot be told apart when it is sorted"),
        ("%26a=1", "&a1", "cannot be told apart when it is sorted"),
    ] {
        let signature = base64(format!("{URL}{content}"));
        let request = request("POST", "/hook", &[("X-Twilio-Signature", &signature), FORM], body);
        assert_says(body, &verdict(&twilio, &request), expected);
    }
    let many = "a=1&".repeat(1023);
    for (body, expected) in [(many.clone(), ""), (many + "a=1&", "is not correctly encoded")] {
        let signature = base64(format!("{URL}a1"));
        let request = request("POST", "/hook", &[("X-Twilio-Signature", &signature), FORM], &body);
        assert_says("many fields", &verdict(&twilio, &request), expected);
    }
}

#[test]
fn each_listed_header_is_there_once_and_ends_before_the_body() {
    let hook0 = provider(HOOK0, URL);
    let many = (0..33).map(|n| format!("x-{n}")).collect::<Vec<_>>().join(" ");
    let pair = [("x-id", "1b2f"), ("x-type", "order.paid")];
    let content = "x-id x-type.1b2f.order.paid";
    for (what, list, headers, signed, body, expected) in [
        ("both", "x-id x-type", &pair[..], content, "{}", ""),
        ("a header that is not listed", "x-id", &[("x-id", "1"), ("x-type", "2")], "x-id.1", "{}", ""),
        ("one is missing", "x-id x-type", &[("x-id", "1b2f.order.paid")], content, "{}", "header `x-type` is missing"),
        ("one is empty", "x-id x-type", &[("x-id", "1b2f.order.paid"), ("x-type", "")], content, "{}", NO_MATCH),
        (
            "one occurs twice",
            "x-id x-type",
            &[pair[0], pair[1], pair[1]],
            content,
            "{}",
            "`x-type` occurs more than once",
        ),
        ("in upper case", "x-id X-type", &pair[..], content, "{}", "different names in lower case"),
        ("named twice", "x-id x-id", &pair[..], "x-id x-id.1b2f.1b2f", "{}", "different names in lower case"),
        ("two lists", "x-id,h=x-id", &[("x-id", "1")], "x-id.1", "{}", "has two lists of signed headers"),
        ("without a name", "x-id  x-type", &pair[..], content, "{}", "different names in lower case"),
        ("too many", &many, &[], &many, "{}", "different names in lower case"),
        (
            "a name that takes a value in",
            "x-id x-type.1b2f",
            &[("x-id", "order"), ("x-type.1b2f", "paid")],
            content,
            "{}",
            "runs into the text",
        ),
        ("a value that begins the body", "x-id", &[("x-id", "1.{2}")], "x-id.1.{2}", "{}", "runs into the text"),
        (
            "a value like a body",
            "x-id x-type",
            &[("x-id", "p.q"), ("x-type", "{}")],
            "x-id x-type.p.q.{}",
            "{}",
            "runs into",
        ),
        (
            "a body that is a value",
            "x-id x-type",
            &[("x-id", "p"), ("x-type", "q")],
            "x-id x-type.p.q.{}",
            "{}.{}",
            NO_MATCH,
        ),
        ("a body that is not JSON", "x-id", &[("x-id", "1")], "x-id.1", "text", "does not begin like JSON"),
    ] {
        let signature = format!("t={NOW},h={list},v1={}", hex(format!("{NOW}.{signed}.{body}")));
        let headers = [headers, &[("X-Hook0-Signature", &*signature)]].concat();
        assert_says(what, &verdict(&hook0, &request("POST", "/hook", &headers, body)), expected);
    }
    // Contentful has the names beside the values, and covers the timestamp only if it is one of them.
    let contentful = provider(CONTENTFUL, URL);
    let time = format!("{NOW}000");
    let listed = format!("x-contentful-timestamp:{time}");
    for (what, list, value, signed, expected) in [
        ("the timestamp", "x-contentful-timestamp", "1", listed.clone(), ""),
        ("in another order", "x-other,x-contentful-timestamp", "1", format!("{listed};x-other:1"), ""),
        ("without the timestamp", "x-other", "1", "x-other:1".to_owned(), "leaves out the timestamp"),
        (
            "a value of two",
            "x-contentful-timestamp,x-other",
            "1;x-z:2",
            format!("{listed};x-other:1;x-z:2"),
            "runs into the text",
        ),
    ] {
        let signature = hex(format!("POST\n/hook\n{signed}\n{{}}"));
        let headers = [
            ("x-contentful-timestamp", &*time),
            ("x-contentful-signed-headers", list),
            ("x-contentful-signature", &signature),
            ("x-other", value),
        ];
        assert_says(what, &verdict(&contentful, &request("POST", "/hook", &headers, "{}")), expected);
    }
}

/// So that a receiver, which compares the time again when the body has ended, compares that of each element.
#[test]
fn a_batch_is_as_old_as_its_oldest_element() {
    const TIMED: &[(&str, &str)] =
        &[("\n\nitems[].at: {timestamp}\nitems[].mac: {base64}", "{timestamp}.{$.items[].order}")];
    let acme = provider(TIMED, URL);
    let item = |at: i64| format!(r#"{{"at":{at},"mac":"{}","order":7}}"#, base64(format!("{at}.7")));
    let now = now().unix_timestamp();
    for (items, oldest) in [
        (vec![now], now),
        (vec![now - 200, now + 200], now - 200),
        (vec![now + 200, now - 200], now - 200),
        (vec![now, now - 100, now + 100], now - 100),
    ] {
        let items: Vec<String> = items.into_iter().map(item).collect();
        let request = request("POST", "/hook", &[JSON], format!(r#"{{"items":[{}]}}"#, items.join(",")));
        let verified = acme.verifier(secret()).unwrap();
        let verified = verified.verify_request_at(&request, self::now()).unwrap();
        assert_eq!(verified.proof().timestamp().unwrap().unix_timestamp(), oldest, "{items:?}");
    }
}

#[test]
fn all_elements_of_a_batch_are_right_or_none() {
    let adyen = provider(ADYEN, URL);
    let item = |account: &str, reference: &str, amount: &str| {
        let signature = base64(format!("7914::{account}:{reference}:{}", amount.trim_matches('"')));
        format!(
            r#"{{"item":{{"hmac":"{signature}","psp":"7914","account":"{account}","reference":"{reference}","amount":{amount}}}}}"#
        )
    };
    let batch = |items: &[String]| format!(r#"{{"live":true,"items":[{}]}}"#, items.join(","));
    let right = item("Acme", "order-1", "100");
    let forged = right.replace("100", "999");
    let unsigned = right.replace("hmac", "hmca");
    for (what, body, expected) in [
        ("one", batch(std::slice::from_ref(&right)), ""),
        ("two", batch(&[right.clone(), item("Acme", "order-2", "200")]), ""),
        ("a number as a text", batch(&[item("Acme", "order-1", "\"100\"")]), ""),
        ("a truth value", batch(&[item("Acme", "order-1", "true")]), ""),
        ("a reference with colons", batch(&[item("Acme", "a:b:c", "100")]), ""),
        ("256", batch(&vec![right.clone(); 256]), ""),
        ("257", batch(&vec![right.clone(); 257]), "has more than 256 events"),
        ("none", batch(&[]), "has no event"),
        ("the second forged", batch(&[right.clone(), forged.clone()]), NO_MATCH),
        ("the first forged", batch(&[forged, right.clone()]), NO_MATCH),
        ("the second unsigned", batch(&[right.clone(), unsigned]), "hmac` is missing"),
        ("the second null", batch(&[right.clone(), "null".to_owned()]), "hmac` is missing"),
        ("the second no object", batch(&[right.clone(), "7".to_owned()]), "is not a text or a number"),
        ("a colon in the account", batch(&[item("A:B", "C", "100")]), "account` runs into the text"),
        (
            "a colon moved",
            batch(&[item("A", "B:C", "100").replace("\"A\"", "\"A:B\"").replace("B:C", "C")]),
            "runs into",
        ),
        ("an element twice", batch(&[right.replace("\"psp\"", r#""psp":"1","psp""#)]), "psp` occurs more than once"),
        ("two batches", r#"{"items":[],"items":[]}"#.to_owned(), "occurs more than once"),
        ("no batch", r#"{"items":{}}"#.to_owned(), "is not a text or a number"),
        ("no JSON", "{".to_owned(), "`the body` is not JSON"),
        ("more than JSON", batch(&[right]) + "x", "`the body` is not JSON"),
    ] {
        assert_says(what, &verdict(&adyen, &request("POST", "/hook", &[JSON], body)), expected);
    }
}

#[test]
fn digits_do_not_move_where_nothing_separates_them() {
    let mailgun = provider(&[("\n\ns.t: {timestamp}\ns.s: {hex}", "{timestamp}{$.s.token}")], URL);
    let dropbox = provider(&[("\n\n&j.{json}.t: {timestamp}\n&j.{json}.s: {hex}", "{timestamp}{&j.{json}.type}")], URL);
    let hubspot = provider(&[("T: {timestamp:ms}\nS: {base64}", "{method}{url}{body}{timestamp}")], URL);
    let text = NOW.to_string();
    for (time, token, expected) in [
        (&*text, "5a1", ""),
        (&text[..9], "05a1", "holds no timestamp"),
        ("17700000005", "a1", "holds no timestamp"),
        (&text, "5A1", NO_MATCH),
    ] {
        let signature = hex(format!("{NOW}5a1"));
        let json = format!(r#"{{"t":"{time}","s":"{signature}","token":"{token}","type":"{token}"}}"#);
        assert_says(time, &verdict(&mailgun, &request("POST", "/", &[], format!(r#"{{"s":{json}}}"#))), expected);
        let form = format!("j={}", json.replace('"', "%22").replace('{', "%7B"));
        assert_says(time, &verdict(&dropbox, &request("POST", "/", &[FORM], form)), expected);
        // A number is read like its text.
        let number = json.replace(&format!(r#""{time}""#), time);
        assert_says(time, &verdict(&mailgun, &request("POST", "/", &[], format!(r#"{{"s":{number}}}"#))), expected);
    }
    for (time, body, expected) in [
        (format!("{NOW}000"), "{}", ""),
        (format!("{NOW}00"), "{}0", "holds no timestamp"),
        (format!("0{NOW}000"), "{}", "holds no timestamp"),
    ] {
        let signature = base64(format!("POST{URL}{{}}{NOW}000"));
        let request = request("POST", "/hook", &[("T", &time), ("S", &signature)], body);
        assert_says(&time, &verdict(&hubspot, &request), expected);
    }
}

/// A JSON text in a form's field is one, and nothing follows it.
#[test]
fn json_in_a_form_is_json() {
    let scheme = provider(&[("S: {hex}", "{&j.{json}.type}")], URL);
    for (json, expected) in [
        (r#"{"type":"a"}"#, ""),
        (r#" {"type":"a"} "#, ""),
        (r#"{"type":"a"}{"type":"b"}"#, "is not JSON"),
        (r#"{"type":"a","type":"a"}"#, "occurs more than once"),
        (r#"{"type":null}"#, "is missing"),
        ("null", "is missing"),
        ("nonsense", "is not JSON"),
        ("[]", "is not a text or a number"),
    ] {
        let body = format!("j={}", json.replace(' ', "+").replace('{', "%7B"));
        let request = request("POST", "/", &[("S", &hex("a")), FORM], body);
        assert_says(json, &verdict(&scheme, &request), expected);
    }
}

/// The proof has the time that was signed, and a signer takes the one that the body has.
#[test]
fn a_time_in_the_body_counts() {
    let acme = provider(&[("S: {hex}\n\nt: {timestamp}", "{timestamp}.{$.a}")], URL);
    let time = NOW - 60;
    let mut request = request("POST", "/hook", &[JSON], format!(r#"{{"t":{time},"a":"x"}}"#));
    acme.signer(secret()).unwrap().sign_request_at(&mut request, "", now()).unwrap();
    assert_eq!(request.headers()["s"], hex(format!("{time}.x")));
    let verifier = acme.verifier(secret()).unwrap();
    let verified = verifier.verify_request_at(&request, now()).unwrap();
    assert_eq!(verified.proof().timestamp().map(time::OffsetDateTime::unix_timestamp), Some(time));
}

/// Fields of one name in several objects, and JSON in a field of the body, are the ones that their paths lead to.
#[test]
fn paths_lead_to_texts() {
    for (covers, body, expected) in [
        ("{$.a.x}.{$.b.x}", r#"{"a":{"x":1},"b":{"x":2}}"#, "1.2"),
        ("{$.a.x}.{$.b.x}", r#"{"b":{"x":2},"a":{"x":1}}"#, "1.2"),
        ("{$.a.x}.{$.b.y}", r#"{"a":{"y":3,"x":1},"b":{"x":4,"y":2}}"#, "1.2"),
        ("{$.a.{json}.x}.{$.b}", r#"{"a":"{\"x\":1}","b":2}"#, "1.2"),
        ("{$.a.{json}.x.{json}.y}.{$.a.{json}.z}", r#"{"a":"{\"x\":\"{\\\"y\\\":1}\",\"z\":2}"}"#, "1.2"),
        ("{$.a.{json}}.{$.b}", r#"{"a":"1","b":2}"#, "1.2"),
        ("{$.a.{json}}.{$.b}", r#"{"a":1,"b":2}"#, "`a.{json}` is not a text or a number"),
        ("{$.a.{json}.x}.{$.b}", r#"{"a":{"x":1},"b":2}"#, "`a.{json}.x` is not a text or a number"),
        ("{$.a?}.{$.a.x?}", r#"{"a":null}"#, "."),
        ("{$.a?}.{$.a.x?}", r#"{"a":"1"}"#, "`a.x` is not a text or a number"),
        ("{$.a?}.{$.a.x?}", r#"{"a":{"x":1}}"#, "`a.x` is not a text or a number"),
        ("{$.a.x?}.{$.b}", r#"{"a":null,"b":2}"#, ".2"),
        ("{$.a.x?}.{$.b}", r#"{"a":1,"b":2}"#, "`a.x` is not a text or a number"),
        ("{$.a.x?}.{$.b}", r#"{"a":-1,"b":2}"#, "`a.x` is not a text or a number"),
        ("{$.a.x?}.{$.b}", r#"{"a":1.5,"b":2}"#, "`a.x` is not a text or a number"),
        ("{$.a.x?}.{$.b}", r#"{"a":true,"b":2}"#, "`a.x` is not a text or a number"),
        ("{$.a.x?}.{$.b}", r#"{"a":"x","b":2}"#, "`a.x` is not a text or a number"),
        ("{$.a.x?}.{$.b}", r#"{"a":["x"],"b":2}"#, "`a.x` is not a text or a number"),
    ] {
        let provider = provider(&[("S: {hex}", covers)], URL);
        let said = verdict(&provider, &request("POST", "/", &[("S", &hex(expected)), JSON], body));
        assert_says(&format!("{covers} {body}"), &said, if expected.starts_with('`') { expected } else { "" });
    }
}

#[test]
fn the_url_is_the_registered_one_and_no_headers_business() {
    let other = "https://evil.example/hook";
    for (registered, signed, target, expected) in [
        (URL, URL, "/hook", ""),
        (URL, URL, "/", ""),
        (URL, URL, "/prefix/that/a/proxy/adds", ""),
        (URL, "https://x.example/hook?a=1", "/hook?a=1", "is not that of the public URL"),
        (URL, "https://x.example/hook?", "/hook?", "is not that of the public URL"),
        (URL, other, "/hook", NO_MATCH),
        ("https://x.example/hook?a=1&b=2", "https://x.example/hook?a=1&b=2", "/hook?a=1&b=2", ""),
        (
            "https://x.example/hook?a=1&b=2",
            "https://x.example/hook?a=1&b=2",
            "/hook?b=2&a=1",
            "is not that of the public URL",
        ),
        (
            "https://x.example/hook?a=1&b=2",
            "https://x.example/hook?a=1&b=2",
            "/hook?a=%31&b=2",
            "is not that of the public URL",
        ),
        ("https://x.example/hook?a=1&b=2", "https://x.example/hook?a=1&b=2", "/hook", "is not that of the public URL"),
        ("https://x.example:443/hook", "https://x.example:443/hook", "/hook", ""),
        ("https://x.example:443/hook", URL, "/hook", NO_MATCH),
        ("https://x.example", "https://x.example", "/", ""),
    ] {
        let square = provider(SQUARE, registered);
        for forwarded in [
            &[][..],
            &[
                ("host", "evil.example"),
                ("x-forwarded-host", "evil.example"),
                ("forwarded", "host=evil.example;proto=https"),
            ],
        ] {
            let signature = base64(format!("{signed}{{}}"));
            let headers = [forwarded, &[("S", &*signature)]].concat();
            assert_says(target, &verdict(&square, &request("POST", target, &headers, "{}")), expected);
        }
    }
    // The mark of an empty query is no byte of the body, and an added query ends before what follows it.
    let dotted = provider(&[("S: {base64}", "{url}.{body}")], URL);
    let behind = provider(&[("S: {base64}", "{body}/?{target}")], "https://x.example/hook/");
    let long = provider(&[("S: {base64}", "{body}a//a/{target}")], "https://x.example/");
    let method = provider(&[("S: {base64}", "{body}.{method}{url}")], URL);
    for (provider, content, target, body, expected) in [
        (provider(SQUARE, URL), format!("{URL}?{{}}"), "/hook", "?{}", ""),
        (provider(SQUARE, URL), format!("{URL}?{{}}"), "/hook?", "{}", "is not that of the public URL"),
        (dotted.clone(), format!("{URL}?a=1.{{}}"), "/hook?a=1", "{}", ""),
        (dotted.clone(), format!("{URL}?a=1.b.{{}}"), "/hook?a=1", "b.{}", ""),
        (dotted, format!("{URL}?a=1.b.{{}}"), "/hook?a=1.b", "{}", "runs into the text"),
        (behind.clone(), "B/?/hook/?a=1".to_owned(), "/hook/?a=1", "B", ""),
        (behind.clone(), "B/?/hook/?/hook/".to_owned(), "/hook/?/hook/", "B", "runs into the text"),
        (behind, "B/?/hook/?/hook/".to_owned(), "/hook/", "B/?/hook", ""),
        // The border is longer than the path, and what would be left of it before another path is its own beginning.
        (long.clone(), "Ba//a//?a=1".to_owned(), "/?a=1", "B", ""),
        (long, "Ba//a//?a//a//".to_owned(), "/?a//a//", "B", "runs into the text"),
        // A method after the body marks no beginning of a URL.
        (method.clone(), format!("B.POST{URL}"), "/hook", "B", ""),
        (method.clone(), format!("B.POST{URL}?a=1"), "/hook?a=1", "B", "is not that of the public URL"),
        (method, format!("B.POST{URL}?.POST{URL}"), &format!("/hook?.POST{URL}"), "B", "is not that of the public URL"),
    ] {
        let request = request("POST", target, &[("S", &base64(content))], body);
        assert_says(target, &verdict(&provider, &request), expected);
    }
}

#[test]
fn a_sorted_query_is_one_list_of_parameters() {
    let plivo = provider(PLIVO, URL);
    let scheme = provider(&[("S: {base64}", "{query|sorted-encoded}\n{body}")], URL);
    for (query, sorted, nonce, expected) in [
        ("To=2&From=1", "From=1&To=2", "77", ""),
        ("To=2&From=1", "From=1&To=2", "7.7", "runs into the text"),
        ("From=1&From=1", "From=1&From=1", "77", ""),
        ("From=1&From=1", "From=1", "77", NO_MATCH),
        ("Text=a.b", "Text=a.b", "77", ""),
        ("Text=a%3Db", "Text=a=b", "77", ""),
        ("Text=a%26To=2", "Text=a&To=2", "77", "cannot be told apart"),
        ("Text%3Da=1", "Text=a=1", "77", "cannot be told apart"),
        ("From=%zz", "From=%zz", "77", "is not correctly encoded"),
    ] {
        let signature = base64(format!("{URL}?{sorted}.{nonce}"));
        let headers = [("Nonce", nonce), ("S", &*signature)];
        assert_says(query, &verdict(&plivo, &request("GET", &format!("/hook?{query}"), &headers, "")), expected);
    }
    for (query, sorted, expected) in [
        ("?b=2&a=%31+", "a=1%20&b=2", ""),
        ("?a=1%26b=2", "a=1%26b%3D2", ""),
        ("?a=1%26b=2", "a=1&b=2", NO_MATCH),
        ("?a=1&a=1", "a=1&a=1", ""),
        ("?a=1&a=1", "a=1", NO_MATCH),
        ("", "", ""),
    ] {
        let signature = base64(format!("{sorted}\n{{}}"));
        assert_says(
            query,
            &verdict(&scheme, &request("POST", &format!("/hook{query}"), &[("S", &signature)], "{}")),
            expected,
        );
    }
    // With a form, the query is the registered one, whatever is in it.
    for (registered, target, content, expected) in [
        (URL, "/hook", "a1", ""),
        (URL, "/hook?b=2", "b=2.a1", "is not that of the public URL"),
        ("https://x.example/hook?b=2.x", "/hook?b=2.x", "b=2.x.a1", ""),
    ] {
        let signature = base64(format!("{URL}?{content}.77"));
        let request = request("POST", target, &[("Nonce", "77"), ("S", &signature), FORM], "a=1");
        assert_says(target, &verdict(&provider(PLIVO, registered), &request), expected);
    }
}

#[test]
fn what_must_occur_once_occurs_once() {
    let parameter = provider(&[("S: {hex}", "{?id}.{body}")], URL);
    let field = provider(&[("S: {hex}", "{&id}")], URL);
    let json = provider(&[("S: {hex}", "{$.a.id}")], URL);
    let header = provider(&[("S: {hex}", "{header:X-Id}.{method}\n{body}")], URL);
    let (with_body, alone, with_method) = (hex("7.{}"), hex("7"), hex("7.POST\n{}"));
    for (provider, target, headers, body, expected) in [
        (&parameter, "/?id=7", vec![("S", &*with_body)], "{}", ""),
        (&parameter, "/?id=7&other=1", vec![("S", &*with_body)], "{}", ""),
        (&parameter, "/?id=7&id=7", vec![("S", &*with_body)], "{}", "`?id` occurs more than once"),
        (&parameter, "/?id=7&%69d=8", vec![("S", &*with_body)], "{}", "`?id` occurs more than once"),
        (&parameter, "/?ID=7", vec![("S", &*with_body)], "{}", "`?id` is missing"),
        (&field, "/", vec![("S", &*alone), FORM], "id=7", ""),
        (&field, "/", vec![("S", &*alone), FORM], "id=7&x=1", ""),
        (&field, "/", vec![("S", &*alone), FORM], "id=7&id=7", "`&id` occurs more than once"),
        (&field, "/", vec![("S", &*alone), FORM], "id=7&i%64=8", "`&id` occurs more than once"),
        (&field, "/", vec![("S", &*alone), JSON], "id=7", "is not a form"),
        (&field, "/?id=7", vec![("S", &*alone), FORM], "", "`&id` is missing"),
        (&field, "/", vec![("S", &*alone), FORM, FORM], "id=7", "header `content-type` occurs more than once"),
        (&json, "/", vec![("S", &*alone)], r#"{"a":{"id":"7"}}"#, ""),
        (&json, "/", vec![("S", &*alone)], r#"{"a":{"id":7,"b":1,"b":2}}"#, ""),
        (&json, "/", vec![("S", &*alone)], r#"{"a":{"id":"7","id":"7"}}"#, "`a.id` occurs more than once"),
        (&json, "/", vec![("S", &*alone)], r#"{"a":{"id":"7","i\u0064":"8"}}"#, "`a.id` occurs more than once"),
        (&json, "/", vec![("S", &*alone)], r#"{"a":{"id":"8"},"a":{"id":"7"}}"#, "`a.id` occurs more than once"),
        (&json, "/", vec![("S", &*alone)], "\u{feff}{\"a\":{\"id\":\"7\"}}", "is not JSON"),
        (&header, "/", vec![("S", &*with_method), ("X-Id", "7")], "{}", ""),
        (
            &header,
            "/",
            vec![("S", &*with_method), ("X-Id", "7"), ("X-Id", "7")],
            "{}",
            "header `x-id` occurs more than once",
        ),
        // A scheme that reads no form does not ask what the body is.
        (&header, "/", vec![("S", &*with_method), ("X-Id", "7"), JSON, JSON], "{}", ""),
    ] {
        assert_says(body, &verdict(provider, &request("POST", target, &headers, body)), expected);
    }
}

/// Which digest, key or scheme it is, is never what an unsigned header says.
#[test]
fn selectors_that_nobody_signs_select_nothing() {
    const SUMSUB: &[(&str, &str)] = &[("Digest: {hex}\nDigest-Alg: HMAC_SHA256_HEX\n?v: 2", "{body}")];
    let sumsub = provider(SUMSUB, URL);
    let signature = hex("{}");
    for (target, algorithm, expected) in [
        ("/?v=2", Some("HMAC_SHA256_HEX"), ""),
        ("/?v=2", None, ""),
        ("/?v=2", Some("HMAC_SHA1_HEX"), "is not what the scheme sets it to"),
        ("/?v=1", None, "`?v` is not what the scheme sets it to"),
        ("/?v=22", None, "`?v` is not what the scheme sets it to"),
        ("/?v=2&v=2", None, "`?v` occurs more than once"),
        ("/", None, "`?v` is missing"),
    ] {
        let mut headers = vec![("Digest", &*signature)];
        headers.extend(algorithm.map(|algorithm| ("Digest-Alg", algorithm)));
        assert_says(target, &verdict(&sumsub, &request("POST", target, &headers, "{}")), expected);
    }
}

/// A value of several lines would pass for several values where line ends separate them, and only there.
#[test]
fn values_have_one_line_where_lines_separate_them() {
    for (covers, query, content, expected) in [
        ("{?a}\n--\n{body}", "a=1", "1\n--\n{}", ""),
        ("{?a}\n--\n{body}", "a=1%0A2", "1\n2\n--\n{}", "`?a` runs into the text"),
        ("{?a}.{body}", "a=1%0A2", "1\n2.{}", ""),
    ] {
        let provider = provider(&[("S: {hex}", covers)], URL);
        let request = request("POST", &format!("/?{query}"), &[("S", &hex(content))], "{}");
        assert_says(covers, &verdict(&provider, &request), expected);
    }
}

/// A verifier of headers and body alone does not look at the method; one that reads more takes `POST`, or what its scheme says.
#[test]
fn methods_are_those_of_the_scheme() {
    let usual = ("S: {hex}\nI: {id}\nT: {timestamp}\nV: 1", "{header:V}:{id}.{timestamp}.{body}");
    let of_usual = format!("1:id_1.{NOW}.{{}}");
    let named = (":method: PUT\nS: {hex}", "{body}");
    let signed = ("S: {hex}", "{method}\n{body}");
    for (scheme, method, content, expected) in [
        (usual, "PUT", &*of_usual, ""),
        (usual, "get", &of_usual, ""),
        (("S: {hex}", "{path}\n{body}"), "POST", "/hook\n{}", ""),
        (("S: {hex}", "{path}\n{body}"), "PUT", "/hook\n{}", "is not `POST`, and the scheme names no other"),
        (("S: {hex}", "{path}\n{body}"), "get", "/hook\n{}", "is not `POST`, and the scheme names no other"),
        (named, "PUT", "{}", ""),
        (named, "POST", "{}", "is not one that the scheme has"),
        (signed, "GET", "GET\n{}", ""),
        (signed, "get", "get\n{}", "is not one that the scheme has"),
    ] {
        let time = NOW.to_string();
        let headers = [("S", &*hex(content)), ("I", "id_1"), ("T", &time), ("V", "1")];
        assert_says(method, &verdict(&provider(&[scheme], URL), &request(method, "/hook", &headers, "{}")), expected);
    }
}

/// The id of a key is a part of what is signed, wherever it is, and ends where the scheme says.
#[test]
fn an_id_of_a_key_is_visible_and_ends_at_its_border() {
    let long = "k".repeat(513);
    for lines in ["S: {hex}\nK: {key}", "S: {hex}\n?k: {key}", "S: {hex}\n\nk: {key}"] {
        let provider = provider(&[(lines, "{key}.{body}")], URL);
        for (key, expected) in [
            ("k1", ""),
            (&long[1..], ""),
            (&long, "is longer than 512 bytes"),
            ("", "is not visible ASCII"),
            ("k 1", "is not visible ASCII"),
            ("k.1", "runs into the text"),
        ] {
            let (target, body) = (format!("/?k={}", key.replace(' ', "+")), format!(r#"{{"k":"{key}"}}"#));
            let request = |signed: &str| {
                let signature = hex(format!("{signed}.{body}"));
                request("POST", &target, &[("S", &signature), ("K", key)], &body)
            };
            assert_says(lines, &verdict(&provider, &request(key)), expected);
            assert_ne!(verdict(&provider, &request("k2")), "", "{lines}: {key}");
        }
    }
}

#[test]
fn a_value_is_among_those_that_the_receiver_allows() {
    for (lines, covers) in [
        ("S: {hex}\nTopic: {allowed}", "{path}.{header:Topic}"),
        ("S: {hex}\n?topic: {allowed}", "{path}.{?topic}"),
        ("S: {hex}\n\ntopic: on/{allowed}", "{path}.{$.topic}"),
    ] {
        let provider = provider(&[(lines, covers)], URL).with_allowed(["orders", "refunds"]);
        for (topic, expected) in [
            ("orders", ""),
            ("refunds", ""),
            ("order", "is not one of those that are allowed"),
            ("Orders", "is not one of those that are allowed"),
            ("", "is not one of those that are allowed"),
        ] {
            let front = if lines.contains("on/") { "on/" } else { "" };
            let signature = hex(format!("/hook.{front}{topic}"));
            let headers = [("S", &*signature), ("Topic", topic)];
            let body = format!(r#"{{"topic":"on/{topic}"}}"#);
            let request = request("POST", &format!("/?topic={topic}"), &headers, body);
            assert_says(lines, &verdict(&provider, &request), expected);
        }
    }
}
