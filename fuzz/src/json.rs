//! JSON, made of what a fuzzer says, and looked up without hiding what occurs twice.

use std::fmt;

use arbitrary::Arbitrary;
use serde_json::value::RawValue;

/// Names that the shapes and schemes of the targets have, and some that they have not.
pub(crate) const NAMES: [&str; 16] =
    ["a", "b", "c", "s", "t", "id", "type", "data", "items", "event", "at", "j", "x", "\\u0061", "é", ""];

/// About the longest text that is made.
const MOST: usize = 4096;

/// A JSON text, or nearly one.
#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Node<'a> {
    Object(Vec<(u8, Node<'a>)>),
    Array(Vec<Node<'a>>),
    Text(&'a str),
    Number(i32),
    Word(u8),
    /// What the target puts there: a MAC, a time.
    Value(u8),
    /// JSON in a string.
    Inner(Box<Node<'a>>),
    Raw(&'a str),
}

const WORDS: [&str; 12] = [
    "null",
    "true",
    "false",
    "-0",
    "1e400",
    "1.50",
    "\"\\ud800\"",
    "\"\\u0061\"",
    "0",
    "18446744073709551616",
    "{}",
    "[]",
];

impl Node<'_> {
    /// `value` gives what the target puts in.
    pub(crate) fn write(&self, value: &dyn Fn(u8) -> String, text: &mut String) {
        match self {
            // Each level of JSON in strings doubles the backslashes.
            _ if text.len() > MOST => text.push('0'),
            Node::Object(fields) => {
                text.push('{');
                for (place, (name, node)) in fields.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    text.extend(["\"", NAMES[usize::from(*name) % NAMES.len()], "\":"]);
                    node.write(value, text);
                }
                text.push('}');
            }
            Node::Array(nodes) => {
                text.push('[');
                for (place, node) in nodes.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    node.write(value, text);
                }
                text.push(']');
            }
            Node::Text(inner) => text.push_str(&quoted(inner)),
            Node::Number(number) => text.push_str(&number.to_string()),
            Node::Word(word) => text.push_str(WORDS[usize::from(*word) % WORDS.len()]),
            Node::Value(which) => text.push_str(&quoted(&value(*which))),
            Node::Inner(node) => {
                let mut inner = String::new();
                node.write(value, &mut inner);
                text.push_str(&quoted(if inner.len() > MOST { "{}" } else { &inner }));
            }
            Node::Raw(raw) => text.push_str(raw),
        }
    }

    pub(crate) fn text(&self, value: &dyn Fn(u8) -> String) -> String {
        let mut text = String::new();
        self.write(value, &mut text);
        text
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text")
}

/// The members of an object, in order, with those that occur twice.
pub(crate) struct Members<'j>(pub(crate) Vec<(String, &'j RawValue)>);

impl<'j> serde::Deserialize<'j> for Members<'j> {
    fn deserialize<D: serde::Deserializer<'j>>(deserializer: D) -> Result<Members<'j>, D::Error> {
        struct MembersVisitor;

        impl<'j> serde::de::Visitor<'j> for MembersVisitor {
            type Value = Members<'j>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'j>>(self, mut map: A) -> Result<Members<'j>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

pub(crate) fn members(json: &str) -> Option<Vec<(String, &RawValue)>> {
    serde_json::from_str::<Members<'_>>(json).ok().map(|members| members.0)
}

pub(crate) fn elements(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}
