//! The command line reads captures in any form without failing, and a request that is written in one of them is read as it was.

use arbitrary::{Arbitrary, Unstructured};

use hookseal_captures::parse;

use crate::json::{Node, quoted};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Raw(&'a [u8]),
    Json(Vec<(u8, Node<'a>)>),
    Curl(Vec<Word<'a>>),
    Written { form: u8, path: &'a str, headers: Vec<(u8, &'a str)>, body: &'a [u8] },
}

#[derive(Arbitrary, Debug)]
enum Word<'a> {
    Known(u8),
    Raw(&'a str),
}

const FIELDS: [&str; 22] = [
    "method",
    "url",
    "uri",
    "headers",
    "body",
    "content",
    "body_b64",
    "now_unix",
    "request",
    "raw",
    "start",
    "log",
    "entries",
    "postData",
    "isBase64Encoded",
    "httpMethod",
    "rawPath",
    "requestContext",
    "multiValueHeaders",
    "created_at",
    "queryStringParameters",
    "startedDateTime",
];
const WORDS: [&str; 22] = [
    " ",
    "'",
    "\"",
    "$'",
    "\\",
    "\\\n",
    "-X ",
    "-H ",
    "-d ",
    "--data-raw=",
    "--url ",
    "https://example.com/",
    "POST",
    "X-Signature: v1=0a1b",
    "\\u00e9",
    "\\x4",
    "\n",
    "--json ",
    "@",
    "--",
    ":",
    "-A ",
];

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    match input {
        Input::Raw(raw) => drop(parse(raw)),
        Input::Json(fields) => {
            let value = |which: u8| match which % 4 {
                0 => "UE9TVCAvIEhUVFAvMS4xDQoNCnt9".to_owned(),
                1 => "2026-01-01T00:00:00Z".to_owned(),
                2 => "https://example.com/".to_owned(),
                _ => which.to_string(),
            };
            let field = |(name, node): &(u8, Node<'_>)| {
                format!("\"{}\":{}", FIELDS[usize::from(*name) % FIELDS.len()], node.text(&value))
            };
            let text = fields.iter().map(field).collect::<Vec<_>>().join(",");
            let _ = parse(format!("{{{text}}}").as_bytes());
            let _ = parse(format!("{{\"request\":{{{text}}}}}").as_bytes());
            let _ = parse(format!("[{{{text}}},{{{text}}}]").as_bytes());
        }
        Input::Curl(words) => {
            let word = |word: &Word<'_>| match word {
                Word::Known(place) => WORDS[usize::from(*place) % WORDS.len()].to_owned(),
                Word::Raw(raw) => (*raw).to_owned(),
            };
            let _ = parse(format!("curl {}", words.iter().map(word).collect::<String>()).as_bytes());
        }
        Input::Written { form, path, headers, body } => written(form, path, &headers, body),
    }
}

fn written(form: u8, path: &str, headers: &[(u8, &str)], body: &[u8]) {
    let path: String = path.chars().filter(|c| c.is_ascii_graphic() && *c != '\'').collect();
    let url = format!("https://example.com/{path}");
    let value = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, text)| (format!("X-{name}"), value(text))).collect();
    let shell = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let utf8 = std::str::from_utf8(body);
    let text: Vec<u8> = match (form % 4, utf8) {
        (0, _) => {
            let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head = format!("POST /{path} HTTP/1.1\r\nHost: example.com\r\n{lines}\r\n");
            [head.as_bytes(), body].concat()
        }
        (1, Ok(body)) => {
            let lines: String =
                headers.iter().map(|(name, value)| format!(" -H {}", shell(&format!("{name}: {value}")))).collect();
            format!("curl {}{lines} --data-raw {}", shell(&url), shell(body)).into_bytes()
        }
        (2, Ok(body)) => {
            let lines: Vec<_> =
                headers.iter().map(|(name, value)| format!("[{},{}]", quoted(name), quoted(value))).collect();
            let (url, body) = (quoted(&url), quoted(body));
            format!(r#"{{"method":"POST","url":{url},"headers":[{}],"content":{body}}}"#, lines.join(",")).into_bytes()
        }
        _ => {
            let lines: Vec<_> =
                headers.iter().map(|(name, value)| format!("[{},{}]", quoted(name), quoted(value))).collect();
            let body = crate::judge::Encoding::Base64.encode(body);
            format!(r#"{{"method":"POST","url":{},"headers":[{}],"body_b64":"{body}"}}"#, quoted(&url), lines.join(","))
                .into_bytes()
        }
    };
    let shown = String::from_utf8_lossy(&text);
    let found = parse(&text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(found.len(), 1, "{shown}");
    let request = &found[0];
    assert_eq!((request.method(), request.url(), request.body()), ("POST", url.as_str(), body), "{shown}");
    let read: Vec<_> = request.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("host")).collect();
    let expected: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    assert_eq!(read, expected, "{shown}");
}
