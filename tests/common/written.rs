//! The rules of the notation at work.

/// A scheme's header lines, what it covers, how many keys sign, and the headers that they make.
pub(crate) type Written = (&'static str, &'static str, u8, &'static [(&'static str, &'static str)]);

/// Rules of the notation at work: the scheme, how many keys sign, and the headers they make at 1 700 000 000 for the id
/// `id_1`; `#n` is the signature of the n-th key.
pub(crate) const WRITTEN: &[Written] = &[
    ("S: sha256={hex}", "{body}", 2, &[("s", "sha256=#1")]),
    ("S: t={timestamp},v1={hex},...", "{timestamp}.{body}", 1, &[("s", "t=1700000000,v1=#1")]),
    ("S: t={timestamp},v1={hex},...", "{timestamp}.{body}", 3, &[("s", "t=1700000000,v1=#1,v1=#2,v1=#3")]),
    ("S: t={timestamp:ms}, v1={hex}", "{timestamp}.{body}", 2, &[("s", "t=1700000000000, v1=#1")]),
    ("S: s={hex};ts={timestamp}", "{timestamp}.{body}", 2, &[("s", "s=#1;ts=1700000000")]),
    (
        "I: {id}\nT: {timestamp:rfc3339}\nS: v1,{hex} ...",
        "{id}.{timestamp}.{body}",
        2,
        &[("i", "id_1"), ("t", "2023-11-14T22:13:20Z"), ("s", "v1,#1 v1,#2")],
    ),
    ("S: sha256={hex}, ...", "{body}", 2, &[("s", "sha256=#1, sha256=#2")]),
    ("S: {timestamp},{hex},...", "{timestamp}.{body}", 2, &[("s", "1700000000,#1,#2")]),
    ("S: {hex},{timestamp}", "{timestamp}.{body}", 2, &[("s", "#1,1700000000")]),
    ("S: v0={hex},{hex},...", "{body}", 3, &[("s", "v0=#1,#2,#3")]),
    ("S: {hex},...", "{body}", 2, &[("s", "#1,#2")]),
    ("A: {hex}\nB: {hex}", "{body}", 1, &[("a", "#1")]),
    ("A: {hex}\nB: {hex}", "{body}", 3, &[("a", "#1"), ("b", "#2")]),
    ("S-{n}: {hex}", "{body}", 2, &[("s-1", "#1"), ("s-2", "#2")]),
    ("a-i | b-i: {id}\na-s | b-s: {hex}", "{id}.{body}", 1, &[("a-i", "id_1"), ("a-s", "#1")]),
    ("S: {hex}\nV: 1", "{header:V}:{body}", 1, &[("s", "#1"), ("v", "1")]),
    ("I: msg/{id}\nS: HMAC {hex}", "{id}\n{body}", 1, &[("i", "msg/id_1"), ("s", "HMAC #1")]),
];
