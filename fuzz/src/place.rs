//! Schemes that read the JSON body are judged like this: each place is looked up by hand, member by member, and a request is
//! accepted exactly if every place is there once and its MAC is that of the texts that were found.

use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use hookseal::Verifier;

use crate::json::{Node, elements, members};
use crate::judge::{self, KEYS, NOW};

/// A scheme, and its places as they are looked up here.
struct Subject {
    lines: &'static str,
    covers: &'static str,
    wants: &'static [(&'static [Step], Want)],
    content: &'static [Part],
}

enum Step {
    Field(&'static str),
    Each,
    Json,
}

enum Want {
    Mac,
    Time,
    Secret,
    Constant(&'static str),
}

enum Part {
    Text(&'static str),
    Time,
    /// With the text that it must not contain.
    Value(&'static [Step], Option<&'static str>),
    Optional(&'static [Step], Option<&'static str>),
}

use Part::{Optional, Text, Time, Value};
use Step::{Each, Field, Json};

const SUBJECTS: [Subject; 7] = [
    Subject {
        lines: "\n\ns: {hex}",
        covers: "{$.a.b}:{$.c?}",
        wants: &[(&[Field("s")], Want::Mac)],
        content: &[Value(&[Field("a"), Field("b")], Some(":")), Text(":"), Optional(&[Field("c")], None)],
    },
    Subject {
        lines: "\n\nt: {timestamp}\ns: {hex}",
        covers: "{timestamp}.{$.data.x}",
        wants: &[(&[Field("t")], Want::Time), (&[Field("s")], Want::Mac)],
        content: &[Time, Text("."), Value(&[Field("data"), Field("x")], None)],
    },
    Subject {
        lines: "\n\nitems[].s: {hex}",
        covers: "{$.items[].a}:{$.items[].b?}",
        wants: &[(&[Field("items"), Each, Field("s")], Want::Mac)],
        content: &[
            Value(&[Field("items"), Each, Field("a")], Some(":")),
            Text(":"),
            Optional(&[Field("items"), Each, Field("b")], None),
        ],
    },
    Subject {
        lines: "\n\n[].s: {hex}\n[].type: x",
        covers: "{$.[].a}",
        wants: &[(&[Each, Field("s")], Want::Mac), (&[Each, Field("type")], Want::Constant("x"))],
        content: &[Value(&[Each, Field("a")], None)],
    },
    Subject {
        lines: "\n\nj.{json}.s: {hex}",
        covers: "{$.j.{json}.b}",
        wants: &[(&[Field("j"), Json, Field("s")], Want::Mac)],
        content: &[Value(&[Field("j"), Json, Field("b")], None)],
    },
    Subject {
        lines: "\n\nitems[].id: {secret}",
        covers: "",
        wants: &[(&[Field("items"), Each, Field("id")], Want::Secret)],
        content: &[],
    },
    Subject {
        lines: "\n\ndata.type: x\na: {secret}",
        covers: "",
        wants: &[(&[Field("data"), Field("type")], Want::Constant("x")), (&[Field("a")], Want::Secret)],
        content: &[],
    },
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    subject: u8,
    /// What the MACs are made of, where the body does not say.
    content: &'a str,
    body: Node<'a>,
}

/// The texts of a place, one for each element of a batch. `Err` for what is not right.
fn find(json: &str, steps: &[Step]) -> Result<Vec<Option<String>>, ()> {
    let json = json.trim_matches([' ', '\t', '\n', '\r']);
    let Some((step, rest)) = steps.split_first() else {
        return match json.as_bytes()[0] {
            b'"' => serde_json::from_str(json).map(|text| vec![Some(text)]).map_err(drop),
            b'n' => Ok(vec![None]),
            b'{' | b'[' => Err(()),
            _ => Ok(vec![Some(json.to_owned())]),
        };
    };
    match step {
        _ if json == "null" => Ok(if matches!(step, Each) { vec![] } else { vec![None; usize::from(!has_each(rest))] }),
        Field(name) => {
            let members = members(json).ok_or(())?;
            let mut values = members.iter().filter(|(other, _)| other == name);
            match (values.next(), values.next()) {
                (None, _) if has_each(rest) => Ok(vec![]),
                (None, _) => Ok(vec![None]),
                (Some((_, value)), None) => find(value.get(), rest),
                (Some(_), Some(_)) => Err(()),
            }
        }
        Each => {
            let elements = elements(json).ok_or(())?;
            let rows = elements.iter().map(|element| find(element.get(), rest));
            Ok(rows.collect::<Result<Vec<_>, ()>>()?.concat())
        }
        Json => {
            let inner: String = serde_json::from_str(json).map_err(drop)?;
            let value: &serde_json::value::RawValue = serde_json::from_str(&inner).map_err(drop)?;
            find(value.get(), rest)
        }
    }
}

fn has_each(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Each))
}

impl Subject {
    /// The signed contents, one for each element of a batch.
    fn contents(&self, body: &str) -> Result<Vec<String>, ()> {
        let time = || {
            let place = self.wants.iter().find(|(_, want)| matches!(want, Want::Time)).expect("a time").0;
            find(body, place)?.pop().flatten().ok_or(())
        };
        let mut contents: Vec<String> = Vec::new();
        for (i, part) in self.content.iter().enumerate() {
            let texts = match part {
                Text(text) => vec![(*text).to_owned(); contents.len()],
                Time => vec![time()?],
                Value(steps, border) | Optional(steps, border) => {
                    let texts = find(body, steps)?.into_iter().map(|text| match text {
                        Some(text) if border.is_some_and(|border| text.contains(border)) => Err(()),
                        None if matches!(part, Value(..)) => Err(()),
                        text => Ok(text.unwrap_or_default()),
                    });
                    texts.collect::<Result<_, ()>>()?
                }
            };
            if i == 0 {
                contents = vec![String::new(); texts.len()];
            }
            if contents.len() != texts.len() {
                return Err(());
            }
            contents.iter_mut().zip(texts).for_each(|(content, text)| content.push_str(&text));
        }
        Ok(contents)
    }

    fn judge(&self, body: &str) -> Result<(), ()> {
        // What follows the JSON, or is not JSON, is an error wherever it is.
        let whole: &serde_json::value::RawValue = serde_json::from_str(body).map_err(drop)?;
        let contents = self.contents(whole.get())?;
        for (steps, want) in self.wants {
            let texts = find(whole.get(), steps)?;
            if texts.is_empty() || texts.len() > 256 {
                return Err(());
            }
            for (row, text) in texts.iter().enumerate() {
                let text = text.as_deref().ok_or(())?;
                let is_right = match want {
                    Want::Mac => {
                        let right = judge::hex_mac(contents.get(row).ok_or(())?.as_bytes());
                        right.eq_ignore_ascii_case(text)
                    }
                    Want::Time => judge::number(text.as_bytes()).is_some_and(|time| time.abs_diff(NOW as u64) <= 300),
                    Want::Secret => text == KEYS[0],
                    Want::Constant(constant) => text == *constant,
                };
                if !is_right {
                    return Err(());
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn run(data: &[u8]) {
    static VERIFIERS: OnceLock<Vec<Verifier>> = OnceLock::new();
    let verifiers = VERIFIERS
        .get_or_init(|| SUBJECTS.iter().map(|subject| judge::verifier_of(subject.lines, subject.covers)).collect());
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let place = usize::from(input.subject) % SUBJECTS.len();
    let (subject, verifier) = (&SUBJECTS[place], &verifiers[place]);
    // The MAC does not change what it is made of, unless the body covers it.
    let blank = |which: u8| if which % 4 == 1 { NOW.to_string() } else { String::new() };
    let content = subject.contents(&input.body.text(&blank)).ok().and_then(|contents| contents.into_iter().next());
    let mac = judge::hex_mac(content.as_deref().unwrap_or(input.content).as_bytes());
    let value = |which: u8| match which % 4 {
        0 => mac.clone(),
        1 => NOW.to_string(),
        2 => KEYS[0].to_owned(),
        _ => "x".to_owned(),
    };
    let body = input.body.text(&value);
    let headers: &[(&str, &str)] = &[];
    let verified = verifier.verify_at(headers, body.as_bytes(), judge::now());
    let expected = subject.judge(&body);
    assert_eq!(verified.is_ok(), expected.is_ok(), "{} {}: {body}: {verified:?}", subject.lines, subject.covers);
}
