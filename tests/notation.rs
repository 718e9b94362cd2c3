//! The notation: what it accepts and how it says no.

use hookseal::provider::Provider;
use hookseal::{Algorithm, EventShape, Extent, Scheme, Signer, Verifier};
use time::OffsetDateTime;

use common::{key, keys, schemes, usual_schemes};
use written::WRITTEN;

mod common;
#[path = "common/written.rs"]
mod written;

/// Rules of the notation that a scheme can break: the texts, and what the error says.
const REFUSED: &[(&str, &str, &str)] = &[
    ("", "{body}", "headers: has no line with `{hex}`, `{base64}` or `{base64url}`"),
    ("X-Id: {id}", "{body}", "headers: has no line with `{hex}`, `{base64}` or `{base64url}`"),
    ("X-Signature", "{body}", "headers: `X-Signature` is not a header line, `Name: value`"),
    ("X-Signature:", "{body}", "headers: is a header line without a value"),
    (": {hex}", "{body}", "headers: is not a header name"),
    ("X Signature: {hex}", "{body}", "headers: `X Signature` is not a header name"),
    ("a | b | c | d | e: {hex}", "{body}", "headers: `a | b | c | d | e` has more than 4 alternative names"),
    ("a: {hex}\nA: {id}", "{body}", "headers: `A` is named twice"),
    ("a: {hex}\nb | A: {id}", "{body}", "headers: `A` is named twice"),
    ("a-{n}: {hex}\nA-7: {id}", "{body}", "headers: `A-7` is named twice"),
    ("a | b-{n}: {hex}", "{body}", "headers: `a | b-{n}` numbers a header that has alternative names"),
    ("a: {hex}\nb-{n}: {id}", "{body}", "headers: `b-{n}: {id}` numbers a header that is not one whole signature"),
    ("a-{n}: {hex},...", "{body}", "headers: `a-{n}: {hex},...` numbers a header that is not one whole signature"),
    ("a | b: {hex}\nc | d | e: {id}", "{body}", "headers: `c` has not as many alternative names as another line"),
    (
        "a: sha256={hexx}",
        "{body}",
        "headers: `{hexx}` is not a placeholder of a header; those are `{hex}` `{base64}` `{base64url}` `{id}` \
         `{timestamp}` `{timestamp:ms}` `{timestamp:ms-or-s}` `{timestamp:rfc3339}`, and a few that the documentation of \
         `Scheme` lists",
    ),
    ("a: sha256={hex", "{body}", "headers: `{hex` has a `{` without its `}`"),
    ("a: sha256}={hex}", "{body}", "headers: `sha256}=` has a `}` without its `{`"),
    ("a: {hex}\nb: 1}", "{body}", "headers: `1}` has a `}` without its `{`"),
    ("a: {hex}|", "{body}", "headers: `|` follows a placeholder, where only `,` `;` or a blank may"),
    (
        "a: t={timestamp},v1={hex};...",
        "{timestamp}.{body}",
        "headers: `;...` does not begin with the separator of its list",
    ),
    ("a: {hex},", "{body}", "headers: is an item without a placeholder"),
    ("a: {hex},alg", "{body}", "headers: `alg` is an item without a placeholder"),
    ("a: x,y={hex},...", "{body}", "headers: `x,y=` has the separator in its prefix"),
    ("a: t={timestamp},...", "{timestamp}.{body}", "headers: `t={timestamp},...` is a list without a signature"),
    ("a: {id},{hex}", "{id}.{body}", "headers: `{id},{hex}` has an `{id}` in a list: an id needs a line of its own"),
    (
        "a: v1={hex},t={timestamp},...",
        "{timestamp}.{body}",
        "headers: `v1={hex},t={timestamp},...` repeats an item that is not a signature",
    ),
    (
        "a: t={timestamp},u={timestamp},{hex}",
        "{timestamp}.{body}",
        "headers: `t={timestamp},u={timestamp},{hex}` has two timestamps",
    ),
    ("a: v1={hex},v0={hex},...", "{body}", "headers: `v1={hex},v0={hex},...` has two signatures that are not one list"),
    ("a: v0={hex},{base64},...", "{body}", "headers: `v0={hex},{base64},...` has two signatures that are not one list"),
    ("a: {hex},{hex},...", "{body}", "headers: `{hex},{hex},...` has two signatures that are not one list"),
    ("a: t={timestamp},t1{hex}", "{timestamp}.{body}", ""),
    (
        "a: t{timestamp},t1={hex}",
        "{timestamp}.{body}",
        "headers: `t{timestamp},t1={hex}` has an item whose prefix begins with another's",
    ),
    (
        "a: t1={timestamp},t{hex}",
        "{timestamp}.{body}",
        "headers: `t1={timestamp},t{hex}` has an item whose prefix begins with another's",
    ),
    (
        "a: v1t={timestamp},v1{hex}",
        "{timestamp}.{body}",
        "headers: `v1t={timestamp},v1{hex}` has an item whose prefix begins with another's",
    ),
    ("a: {hex}\nb: {base64}", "{body}", "headers: `b` encodes its signature unlike another line"),
    (
        "a: {hex}\nb: {timestamp}\nc: {timestamp:ms}",
        "{timestamp}.{body}",
        "headers: `c` is a second place for the timestamp",
    ),
    ("a: {hex}\nb: {id}\nc: {id}", "{body}", "headers: `c` is a second place for the id"),
    (
        "a: {hex},...\nb: {hex}",
        "{body}",
        "headers: `b` is one of several signature lines, which hold one plain signature each",
    ),
    (
        "a: t={timestamp},v={hex}\nb: {hex}",
        "{timestamp}.{body}",
        "headers: `b` is one of several signature lines, which hold one plain signature each",
    ),
    (
        "a: t={timestamp},v={hex}\nb: {timestamp}",
        "{timestamp}.{body}",
        "headers: `b` is a second place for the timestamp",
    ),
    ("a: {hex}\nb: sch\u{f6}n", "{body}", "headers: `sch\u{f6}n` is not printable ASCII"),
    ("a: {hex}", "", "covers: does not have `{body}` exactly once"),
    ("a: {hex}", "{body}.{body}", "covers: `{body}.{body}` does not have `{body}` exactly once"),
    (
        "a: {hex}",
        "{bdy}",
        "covers: `{bdy}` is not a placeholder of signed content; those are `{body}` `{id}` `{timestamp}` `{header:Name}`, \
         and those for more of the request that the documentation of `Scheme` lists",
    ),
    ("a: {hex}", "{body", "covers: `{body` has a `{` without its `}`"),
    ("a: {hex}", "v0}{body}", "covers: `v0}` has a `}` without its `{`"),
    ("a: {hex}", "{timestamp}.{body}", "covers: `{timestamp}.{body}` has a `{timestamp}` that no header line carries"),
    ("a: {hex}", "{key}.{body}", "covers: `{key}.{body}` has a `{key}` that no header line carries"),
    ("a: {hex}", "{id}.{body}", "covers: `{id}.{body}` has an `{id}` that no header line carries"),
    ("a: {hex}\nb: {id}", "{id}.{body}.{id}", "covers: `{id}.{body}.{id}` has a placeholder twice"),
    (
        "a: {hex}\nb: {timestamp}",
        "{body}",
        "covers: `{body}` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like replay protection",
    ),
    ("a: {hex}\nb: {id}", "{id}{body}", "covers: `{id}{body}` has two placeholders without a text between them"),
    (
        "a: {hex}\nb: {timestamp:ms-or-s}",
        "{timestamp}{body}",
        "covers: `{timestamp}{body}` has a timestamp of two units that touches its neighbour",
    ),
    ("a: {hex}", "{header:}{body}", "covers: `{header:}` does not name a header"),
    ("a: {hex}", "{header:A}.{body}", "covers: `A` is a header line with a placeholder: use that placeholder"),
    ("a-{n}: {hex}", "{header:A-1}.{body}", "covers: `A-1` could be one of the numbered signature headers"),
    ("b: {id}\na-{n}: {hex}", "{header:A-1}.{body}", "covers: `A-1` could be one of the numbered signature headers"),
    ("a: {hex}", "{header:b}.{header:B}.{body}", "covers: `B` is spliced in twice"),
    (
        "a: {hex}",
        "{header:b}.{header:c}.{header:d}.{header:e}.{header:f}.{body}",
        "covers: `{header:b}.{header:c}.{header:d}.{header:e}.{header:f}.{body}` has more than 4 `{header:\u{2026}}`",
    ),
];

/// The same for schemes that read more than headers and body.
const REFUSED_REQUESTS: &[(&str, &str, &str)] = &[
    // Places.
    (":method: get\na: {hex}", "{body}", "headers: `:method: get` is not a list of methods, `GET | POST`"),
    (":method: GET |\na: {hex}", "{body}", "headers: `:method: GET |` is not a list of methods, `GET | POST`"),
    (":method: GET\n:method: POST\na: {hex}", "{body}", "headers: `:method: POST` is a second line for the method"),
    ("?: {hex}", "{body}", "headers: `?` is not the name of a query parameter"),
    ("?a b: {hex}", "{body}", "headers: `?a b` is not the name of a query parameter"),
    ("?a%20: {hex}", "{body}", "headers: `?a%20` is not the name of a query parameter"),
    ("?a: {hex}\n?a: 1", "{body}", "headers: `a` is named twice"),
    (
        "?a: t={timestamp},v1={hex}",
        "{timestamp}.{body}",
        "headers: `t={timestamp},v1={hex}` is a list, which only a header can be",
    ),
    ("a: {hex}\n?i: {id}", "{id}.{body}", "headers: `{id}` has an `{id}`, which only a header can be"),
    ("&a: {hex}", "{&b}", "headers: `&a` is no header but a field of the body, which is written below an empty line"),
    (
        "$.a: {hex}",
        "{$.b}",
        "headers: `$.a` is no header but a field of the body, which is written below an empty line",
    ),
    ("\n\na", "{$.b}", "body: `a` is not a line, `path: value`"),
    ("\n\na?: {hex}", "{$.b}", "body: `a` may be missing, which a scheme cannot allow"),
    ("\n\na..b: {hex}", "{$.b}", "body: `a..b` has an empty step"),
    ("\n\na[0].b: {hex}", "{$.b}", "body: `a[0].b` has a `[` without its `]`"),
    ("\n\na[: {hex}", "{$.b}", "body: `a[` has a `[` without its `]`"),
    ("\n\na[]bc: {hex}", "{$.b}", "body: `a[]bc` has an empty step"),
    ("\n\na.{json}bc: {hex}", "{$.b}", "body: `a.{json}bc` has an empty step"),
    ("\n\na.: {hex}", "{$.b}", "body: `a.` has an empty step"),
    ("\n\n.a: {hex}", "{$.b}", "body: `.a` has an empty step"),
    ("\n\na.{jso}.b: {hex}", "{$.b}", "body: `{jso}.b` is not a step of a place"),
    ("\n\na[].b[].c: {hex}", "{$.a[].d}", "body: `a[].b[].c` is not a path that a scheme can follow"),
    ("\n\n{type}: {hex}", "{$.b}", "body: `{type}` is not a path that a scheme can follow"),
    ("\n\n&a.b: {hex}", "{&c}", "body: `a.b` is not a path that a scheme can follow"),
    ("\n\n&a.{json}.b.{json}.c: {hex}", "{&d}", "body: `a.{json}.b.{json}.c` is not a path that a scheme can follow"),
    ("\n\na: {hex}\na: 1", "{$.b}", "headers: `a` is named twice"),
    ("a: {hex}", "{&a.b}", "covers: `a.b` is not a path that a scheme can follow"),
    ("a: {hex}", "{?}", "covers: `?` is not the name of a query parameter"),
    ("a: {hex}", "{$.}", "covers: has no name"),
    ("a: {hex}\n\nh: {body|sha256-hex}", "{$.b}", "body: `h` is in the body and contains a hash of it"),
    // The body.
    ("a: {hex}\n\n{empty}", "{body}", "covers: `{body}` reads a body, although the sample request has `{empty}`"),
    (
        "a: {hex}\n\n{empty}",
        "{form|sorted}",
        "covers: `{form|sorted}` reads a body, although the sample request has `{empty}`",
    ),
    ("a: {hex}\n\n{empty}\nb: 1", "{url}", "covers: `{url}` reads a body, although the sample request has `{empty}`"),
    ("a: {hex}", "{form|sorted}.{body}", "covers: `{form|sorted}.{body}` has two placeholders that may hold any text"),
    (
        "a: {hex}",
        "{$.a|free}.{$.b|free}",
        "covers: `{$.a|free}.{$.b|free}` has two placeholders that may hold any text",
    ),
    (
        "a: {hex}",
        "{&a|free}.{form|sorted}",
        "covers: `{&a|free}.{form|sorted}` has two placeholders that may hold any text",
    ),
    // Batches.
    ("\n\na[].s: {hex}", "{$.b}", "covers: `{$.b}` has fields of a batch's elements beside others"),
    (
        "\n\na[].s: {hex}",
        "{$.a[].b}.{body}",
        "covers: `{$.a[].b}.{body}` has fields of a batch's elements beside others",
    ),
    (
        "\n\na[].s: {hex}",
        "{$.a[].b}.{body|sha256-hex}",
        "covers: `{$.a[].b}.{body|sha256-hex}` has fields of a batch's elements beside others",
    ),
    ("\n\na[].s: {hex}", "{$.a[].b}.{url}", "covers: `{$.a[].b}.{url}` has fields of a batch's elements beside others"),
    (
        "?h: {body|sha256-hex}\n\na[].s: {hex}",
        "{$.a[].b}",
        "covers: `{$.a[].b}` has fields of a batch's elements beside others",
    ),
    ("\n\na[].s: {hex}", "{$.b[].c}", "covers: `{$.b[].c}` reads the elements of two arrays"),
    ("\n\na[].s: {secret}\nb: 1", "", "covers: has fields of a batch's elements beside others"),
    // What would cover itself.
    ("?s: {hex}", "{url}", "covers: `{url}` covers the place of the signature itself"),
    ("?s: {hex}", "{query|sorted}", "covers: `{query|sorted}` covers the place of the signature itself"),
    ("?s: {hex}", "{?s}.{body}", "covers: `{?s}.{body}` covers the place of the signature itself"),
    ("\n\ns: {hex}", "{body}", "covers: `{body}` covers the place of the signature itself"),
    ("\n\ns: {hex}", "{body|sha256-hex}", "covers: `{body|sha256-hex}` covers the place of the signature itself"),
    ("\n\n&s: {hex}", "{form|sorted}", "covers: `{form|sorted}` covers the place of the signature itself"),
    ("\n\ns: {hex}", "{$.s}", "covers: `{$.s}` covers the place of the signature itself"),
    // Neighbours.
    ("a: {hex}", "{?b}{body}", "covers: `{?b}{body}` has two placeholders without a text between them"),
    (
        "a: {hex}",
        "{query|sorted}{body}",
        "covers: `{query|sorted}{body}` has two placeholders without a text between them",
    ),
    ("a: {hex}", "{method}{body}", "covers: `{method}{body}` has two placeholders without a text between them"),
    ("a: {hex}", "{$.a}{$.b}", "covers: `{$.a}{$.b}` has two placeholders without a text between them"),
    // Lists of signed headers.
    (
        "a: {hex}",
        "{signed-headers|pairs:;}\n{body}",
        "headers: has no line with `{signed-headers}`, which the signed content has",
    ),
    ("a: {hex}\nb: {signed-headers}", "{body}", "headers: has `{signed-headers}`, which the signed content leaves out"),
    (
        "a: {hex}\nb: {signed-headers}\nc: {signed-headers:,}",
        "{signed-headers|pairs:;}\n{body}",
        "headers: `c` is a second place for `{signed-headers}`",
    ),
    (
        "a: {hex}\nb: {signed-headers}",
        "{signed-headers}.{signed-headers|pairs:;}\n{signed-headers|pairs:;}\n{body}",
        "covers: `{signed-headers}.{signed-headers|pairs:;}\n{signed-headers|pairs:;}\n{body}` has the signed headers twice",
    ),
    (
        "a: t={timestamp},h={signed-headers},v1={hex}",
        "{timestamp}.{body}",
        "headers: has `{signed-headers}`, which the signed content leaves out",
    ),
    (
        "a: h={signed-headers},v1={hex}",
        "{signed-headers}.{body}",
        "headers: `h={signed-headers},v1={hex}` has `{signed-headers}` in another place than before its signature",
    ),
    (
        "a: t={timestamp} h={signed-headers} v1={hex}",
        "{timestamp}.{signed-headers}.{body}",
        "headers: `t={timestamp} h={signed-headers} v1={hex}` has `{signed-headers}` in another place than before its \
         signature",
    ),
    (
        "a: t={timestamp},{signed-headers},v1={hex}",
        "{timestamp}.{signed-headers}.{body}",
        "headers: `t={timestamp},{signed-headers},v1={hex}` has `{signed-headers}` in another place than before its \
         signature",
    ),
    (
        "a: t{timestamp},t1={signed-headers},v1={hex}",
        "{timestamp}.{signed-headers}.{body}",
        "headers: `t{timestamp},t1={signed-headers},v1={hex}` has an item whose prefix begins with another's",
    ),
    (
        "a: t={timestamp},v{signed-headers},v1={hex}",
        "{timestamp}.{signed-headers}.{body}",
        "headers: `t={timestamp},v{signed-headers},v1={hex}` has an item whose prefix begins with another's",
    ),
    (
        "a: t={timestamp},h={signed-headers},v1={hex},{hex},...",
        "{timestamp}.{signed-headers}.{body}",
        "headers: `t={timestamp},h={signed-headers},v1={hex},{hex},...` has an item whose prefix begins with another's",
    ),
    (
        "a: {hex}\nb: {signed-headers}",
        "{signed-headers}\n{signed-headers|values:[}[{body}",
        "covers: `{signed-headers|values:[}` is not a placeholder of signed content; those are `{body}` `{id}` `{timestamp}` \
         `{header:Name}`, and those for more of the request that the documentation of `Scheme` lists",
    ),
    (
        "a: {hex}\nb: {signed-headers}",
        "{signed-headers|values:.}.{body}",
        "covers: `{signed-headers|values:.}.{body}` has the values of signed headers without `{signed-headers}`, their names",
    ),
    (
        "a: {hex}\nb: {signed-headers}",
        "{signed-headers}.{signed-headers|values:.}{body}",
        "covers: `{signed-headers}.{signed-headers|values:.}{body}` has something after the signed headers that could be one \
         of them: pairs need a line end there, and values the text that joins them and then the `{body}`",
    ),
    (
        "a: {hex}\nb: {signed-headers}\nc: {id}",
        "{body}\n{signed-headers|pairs:;}\n{id}",
        "covers: `{body}\n{signed-headers|pairs:;}\n{id}` has the signed headers after the `{body}`",
    ),
    (
        "a: t={timestamp},v1={hex}\nb: {signed-headers}",
        "{signed-headers|pairs:;}\n{body}",
        "covers: `{signed-headers|pairs:;}\n{body}` leaves out the `{timestamp}` of the header lines: unsigned, it would only \
         look like replay protection",
    ),
    (
        "a: {hex}\nb: {signed-headers}\nc | d: {timestamp}",
        "{signed-headers|pairs:;}\n{body}",
        "covers: `{signed-headers|pairs:;}\n{body}` leaves out the `{timestamp}` of the header lines: unsigned, it would only \
         look like replay protection",
    ),
    (
        "a: {hex}\nb: {signed-headers}\nc: {timestamp}",
        "{signed-headers}.{signed-headers|values:.}.{body}",
        "covers: `{signed-headers}.{signed-headers|values:.}.{body}` leaves out the `{timestamp}` of the header lines: \
         unsigned, it would only look like replay protection",
    ),
    // Timestamps in other places.
    (
        "a: {hex}\n?t: {timestamp}",
        "{body}",
        "covers: `{body}` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like replay protection",
    ),
    (
        "a: {hex}\n\nt: {timestamp}",
        "{$.b}",
        "covers: `{$.b}` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like replay protection",
    ),
    (
        "a: {hex}\nb: {timestamp}\n?t: {timestamp}",
        "{timestamp}.{body}",
        "headers: `t` is a second place for the timestamp",
    ),
    // Keys, allowed values and tokens.
    ("a: {hex}\nb: {key}\n?c: {key}", "{body}", "headers: `c` is a second place for the key's id"),
    ("a: {hex}\nb: {allowed}\n?c: {allowed}", "{body}", "headers: `c` is a second `{allowed}`"),
    (
        "a: {hex}\nb: {allowed}",
        "{body}",
        "covers: `{body}` leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    (
        "a: {hex}\n?b: {allowed}",
        "{url|without-query}{body}",
        "covers: `{url|without-query}{body}` leaves out the place of `{allowed}`: unsigned, its value could be any that is \
         allowed",
    ),
    (
        "a: {hex}\n\nb: {allowed}",
        "{$.c}",
        "covers: `{$.c}` leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    (
        "a: {hex}\n\nb: {allowed}",
        "{&b}",
        "covers: `{&b}` leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    // Text can move from one field of a sorted form to another.
    (
        "a: {hex}\n\n&b: {allowed}",
        "{form|sorted}",
        "covers: `{form|sorted}` leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    ("a: {jwt}\nb: {key}", "iss: Acme", "headers: `b` has a `{key}` beside a token, which names its key itself"),
    ("a: {key}\nb: {jws}", "{key}.{body}", "headers: `b` has a `{key}` beside a token, which names its key itself"),
    (
        "a: {jwt}\nb: {allowed}",
        "h: {body|sha256-hex}",
        "covers: `h: {body|sha256-hex}` leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    (
        "a: {jwt}\n\nb: {allowed}",
        "h?: {body|sha256-hex}",
        "covers: `h?: {body|sha256-hex}` leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    (
        "a: {secret}\n\nb: {allowed}",
        "",
        "covers: leaves out the place of `{allowed}`: unsigned, its value could be any that is allowed",
    ),
    ("a: {hex}\nb: {id}", "{header:b}.{body}", "covers: `b` is a header line with a placeholder: use that placeholder"),
    (
        "a: {jwt}\nb: {hex}",
        "iss: Acme",
        "headers: `b` is one of several signature lines, which hold one plain signature each",
    ),
    ("a: {jwt}", "iss", "covers: `iss` is not a claim, `name: value`"),
    ("a: {jwt}", "a: {expiry}\nb: {expiry}", "covers: `b: {expiry}` is a second claim with the same placeholder"),
    (
        "a: {jwt}",
        "a: {timestamp}\nb?: {timestamp}",
        "covers: `b?: {timestamp}` is a second claim with the same placeholder",
    ),
    (
        "a: {jwt}",
        "a: {body|sha256-hex}\nb: {body|sha256-base64}",
        "covers: `b: {body|sha256-base64}` is a second claim with the same placeholder",
    ),
    (
        "a: {jwt}\n\nt: {timestamp}",
        "h: {body|sha256-hex}\niat: {timestamp}",
        "covers: `h: {body|sha256-hex}\niat: {timestamp}` has a claim with the `{timestamp}` that a line has as well",
    ),
    ("a: v1={hex},  ...", "{body}", "headers: `  ` is more than one blank"),
    ("a: {hex}", "{$.b[].c}", "covers: `{$.b[].c}` has fields of a batch's elements beside others"),
    ("a: {jwt}", ": Acme", "covers: `: Acme` is not a claim, `name: value`"),
    ("a: {jwt}", "i s: Acme", "covers: `i s: Acme` is not a plain name of a claim"),
    ("a: {jwt}", "i\"s: Acme", "covers: `i\"s: Acme` is not a plain name of a claim"),
    ("a: {jwt}", "iss:", "covers: `iss:` is not a placeholder of a claim"),
    ("a: {jwt}", "iss: {id}", "covers: `iss: {id}` is not a placeholder of a claim"),
    (
        "a: {jwt}\nb: {timestamp}",
        "h: {body|sha256-hex}",
        "covers: `h: {body|sha256-hex}` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like \
         replay protection",
    ),
    (
        "a: {jwt}\n?b: {timestamp}",
        "h: {body|sha256-hex}",
        "covers: `h: {body|sha256-hex}` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like \
         replay protection",
    ),
    (
        "a: {jwt}\n\nb: {timestamp}",
        "h?: {body|sha256-hex}",
        "covers: `h?: {body|sha256-hex}` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like \
         replay protection",
    ),
    (
        "\n\na: {jwt}\nb: {timestamp}",
        "iss: Acme",
        "covers: `iss: Acme` leaves out the `{timestamp}` of the header lines: unsigned, it would only look like replay \
         protection",
    ),
    (
        "h: {body|sha256-hex}\n\na[].b: {jwt}",
        "iss: Acme",
        "covers: `iss: Acme` has fields of a batch's elements beside others",
    ),
    (
        "\n\na[].b: {jwt}",
        "h?: {body|sha256-hex}",
        "covers: `h?: {body|sha256-hex}` has fields of a batch's elements beside others",
    ),
    ("\n\na[].b: {jwt}\nc: 1", "iss: Acme", "covers: `iss: Acme` has fields of a batch's elements beside others"),
    ("\n\na[].b: {jwt}\nc[].d: 1", "iss: Acme", "covers: `iss: Acme` reads the elements of two arrays"),
    ("a: {jwt}\n\nb[].c: 1", "iss: Acme", "covers: `iss: Acme` has fields of a batch's elements beside others"),
    ("a: {jws}\n\nb[].c: 1", "{$.b[].d}", "covers: `{$.b[].d}` has fields of a batch's elements beside others"),
    ("\n\n{empty}\n{jwt}", "iss: Acme", "covers: `iss: Acme` reads a body, although the sample request has `{empty}`"),
    ("\n\na: {jwt}", "h: {body|sha256-hex}", "covers: `h: {body|sha256-hex}` covers the place of the signature itself"),
    ("\n\na: {jws}", "{body}", "covers: `{body}` covers the place of the signature itself"),
    ("?a: {jws}", "{url}", "covers: `{url}` covers the place of the signature itself"),
    // Secrets.
    ("a: {secret}", "{body}", "covers: `{body}` is not empty, although a `{secret}` signs nothing"),
    ("a: {secret}\nb: {hex}", "{body}", "headers: `b` has a `{secret}` beside a signature or another one"),
    ("a: {secret}\n?b: {secret}", "", "headers: `b` has a `{secret}` beside a signature or another one"),
    ("a: {secret}\nb: {timestamp}", "", "headers: `b` has a timestamp beside a `{secret}`, which signs nothing"),
    (
        "a: {secret},v1={hex}",
        "{body}",
        "headers: `{secret},v1={hex}` has a placeholder in a list that needs a line of its own",
    ),
    (
        "a | b: {secret}",
        "",
        "headers: `a` has alternative names, which a secret, a hash of the body, an allowed value and a token cannot have",
    ),
    (
        "s: {hex}\na | b: {body|sha256-hex}",
        "{header:a}",
        "headers: `a` has alternative names, which a secret, a hash of the body, an allowed value and a token cannot have",
    ),
    (
        "s: {hex}\na | b: {allowed}",
        "{body}",
        "headers: `a` has alternative names, which a secret, a hash of the body, an allowed value and a token cannot have",
    ),
    (
        "a | b: {jwt}",
        "iss: Acme",
        "headers: `a` has alternative names, which a secret, a hash of the body, an allowed value and a token cannot have",
    ),
    (
        "a | b: {jws}",
        "{body}",
        "headers: `a` has alternative names, which a secret, a hash of the body, an allowed value and a token cannot have",
    ),
    #[cfg(not(feature = "extendable-hashes"))]
    (
        "a: {hex}",
        "{secret}{body}",
        "covers: `{secret}` makes the signature a plain hash, which needs the crate's feature `extendable-hashes`",
    ),
];

/// What looks like one of those, and is none.
const ADMITTED: &[(&str, &str)] = &[
    (":method: GET | POST\na: {hex}", "{body}"),
    ("?a: {hex}\n?b: 1", "{body}"),
    ("?a: sha256={hex}", "{?b}.{body}"),
    ("a: {hex}\n?h: {body|sha256-hex}", "{url}"),
    ("a: {hex}\nh: sha-256={body|sha256-base64}", "{header:h}"),
    ("a: {hex}\n?t: {timestamp}", "{target}.{body}"),
    ("a: {hex}\n?t: {timestamp}", "{timestamp}.{body}"),
    ("a: {hex}\n\nt: {timestamp:ms}", "{body}"),
    ("a: {hex}\n\n&t: {timestamp}", "{body}"),
    ("\n\na.s: {hex}\na.t: {timestamp}", "{timestamp}{$.a.b}"),
    ("\n\na[].s: {hex}\na[].t: {timestamp}", "{timestamp}.{$.a[].b?}.{$.a[].c|free}"),
    ("T: {timestamp}\n\na[].s: {hex}", "{timestamp}.{$.a[].b}"),
    ("\n\n[].s: {hex}", "{$.[].b}"),
    ("\n\na.{json}.s: {hex}", "{$.a.{json}.b}"),
    ("\n\n&j.{json}.a.s: {hex}", "{&j.{json}.a.b}"),
    ("a: {hex}\n\n{empty}", "{method}\n{url}"),
    ("a: {hex}\n\n{empty}", "{body|sha256-hex}"),
    ("a: {hex}", "{method}{url}{body}"),
    ("a: {hex}", "{url}{form|sorted}"),
    ("a: {hex}", "{body}{url}"),
    ("a: {hex}\nb: {id}", "{url|without-query}{id}"),
    ("a: {hex}\nb: {timestamp}", "{timestamp}{method}{url}{body}"),
    ("a: {hex}\nb: {signed-headers:,}\nc: {timestamp}", "{signed-headers|pairs:;}\n{body}"),
    ("a: {hex}\nb: {signed-headers}", "{signed-headers}.{signed-headers|values:.}.{body}"),
    ("d | e: {hex}\nb: {signed-headers}\nc: {timestamp}", "{signed-headers|pairs:;}\n{body}"),
    ("a: {hex}\nb: {key}", "{key}.{body}"),
    ("a: ~{hex}", "{body}"),
    ("a: {hex}\n?a: 1", "{body}"),
    ("a: {hex}\nb: {timestamp:ms-or-s}", "{body|sha256-hex}.{timestamp}"),
    ("\n\na.b.{json}.s: {hex}", "{$.a.b.{json}.c}"),
    ("\n\na.{json}.b[].s: {hex}", "{$.a.{json}.b[].c}"),
    ("a: {jwt}", "iss : Acme | acme.com\nsub?: {url}\n\niat: {timestamp}"),
    ("a: {jwt}\n\nt: {timestamp}", "hash: {body|sha256-hex}"),
    ("a: {jwt}", "a: {url}\nb: {url}\nc: {not-before}\nd: {not-before}"),
    ("a: v1={hex}, ...", "{body}"),
    ("a: {jwt}\n\nt: {allowed}", "hash: {body|sha256-hex}"),
    ("a: {hex}\nb: {allowed}", "{header:b}.{body}"),
    ("a: {hex}\n?b: {allowed}", "{?b}"),
    ("a: {hex}\n?b: {allowed}", "{url}"),
    ("a: {hex}\nh: {body|sha256-hex}\n\nb.c: {allowed}", "{header:h}"),
    ("a: {hex}\n\nb.c: {allowed}", "{$.b.c}"),
    ("a: {hex}\n\n&b: {allowed}", "{&b}\n{form|sorted}"),
    ("a: {hex}\n\n&b: {allowed}", "{body}"),
    ("a: {jwt}\nh: {body|sha256-hex}\n\nt: 1", "iss: Acme"),
    ("\n\na[].s: {jwt}\na[].v: 1", "iss: Acme\niat: {timestamp}"),
    ("\n\na[].s: {jws}", "{$.a[].b}"),
    ("a: {secret}\nb: {id}\nc: 1", ""),
    ("a: Bearer {secret}", ""),
    ("\n\n&data.{json}.token: {secret}", ""),
];

#[test]
fn what_a_scheme_may_read_is_admitted() {
    for (headers, covers) in ADMITTED {
        let scheme =
            Scheme::try_new(*headers, *covers).unwrap_or_else(|error| panic!("{headers:?} {covers:?}: {error}"));
        for file in [serde_json::to_string(&scheme).unwrap(), serde_json::to_string_pretty(&scheme).unwrap()] {
            assert_eq!(serde_json::from_str::<Scheme>(&file).unwrap(), scheme, "{file}");
        }
        assert_eq!(toml::from_str::<Scheme>(&toml::to_string(&scheme).unwrap()).unwrap(), scheme, "{headers:?}");
    }
}

#[test]
fn broken_rules_are_named() {
    for (headers, covers, expected) in REFUSED.iter().chain(REFUSED_REQUESTS) {
        let result = Scheme::try_new(*headers, *covers);
        let said = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(&said, expected, "{headers:?} {covers:?}");
    }
    let long = "x".repeat(5000);
    assert!(Scheme::try_new(format!("a: {long}{{hex}}"), "{body}").is_err());
    assert!(Scheme::try_new("a: {hex}", format!("{long}{{body}}")).is_err());
    assert!(Scheme::try_new("a: {hex}\n".to_owned() + &"b: 1\n".repeat(8), "{body}").is_err());
    assert!(Scheme::try_new("a: {hex}", ".{header:b}".repeat(16) + "{body}").is_err());
}

/// The values of signed headers end where the text that joins them stands before the body, and nowhere else.
#[test]
fn only_the_joiner_and_the_body_follow_the_values_of_signed_headers() {
    let made = |covers: String| Scheme::try_new("a: {hex}\nb: {signed-headers}", covers);
    let values = |after: &str| made(format!("{{signed-headers}}.{{signed-headers|values:.}}{after}"));
    assert!(values(".{body}").is_ok());
    for after in ["", ".", ";{body}", "..{body}", ".{url}", ".{url}.{body}"] {
        let said = values(after).expect_err(after).to_string();
        assert!(said.contains("has something after the signed headers that could be one of them"), "{after}: {said}");
    }
    for joiner in ["", ";;", " "] {
        let said = made(format!("{{signed-headers|pairs:{joiner}}}\n{{body}}")).expect_err(joiner).to_string();
        assert!(said.contains("is not a placeholder of signed content"), "{joiner:?}: {said}");
    }
}

/// As large as a scheme may be, and too large by one.
#[test]
fn limits_are_reached_and_not_passed() {
    let lines = |count: usize| (0..count).map(|n| format!("c{n}: 1\n")).collect::<String>();
    let headers = |count: usize| (0..count).map(|n| format!("{{header:X-{n}}}.")).collect::<String>();
    let parameters = |count: usize| (0..count).map(|n| format!("{{?p{n}}}.")).collect::<String>();
    let prefixed = |length: usize| format!("a: {}{{hex}}", "x".repeat(length));
    let (body, one) = ("{body}".to_owned(), "a: {hex}".to_owned());
    let (seven, eight) = (lines(7), lines(8));
    for (lines, covers, expected) in [
        // Lines.
        (format!("{seven}{one}"), "{header:X}.{body}".to_owned(), Ok(Extent::Whole)),
        (format!("{seven}{one}"), "{path}".to_owned(), Ok(Extent::Nothing)),
        (format!("{eight}{one}"), body.clone(), Err("has more than 8 lines")),
        (format!("{seven}\n{{jwt}}"), "iss: Acme".to_owned(), Ok(Extent::Whole)),
        (format!("{eight}\n{{jwt}}"), "iss: Acme".to_owned(), Err("has more than 8 lines")),
        (format!("{seven}{one}"), "{key}.{body}".to_owned(), Err("has a `{key}` that no header line carries")),
        (format!("{seven}a: t={{timestamp}},v={{hex}}"), body.clone(), Err("leaves out the `{timestamp}`")),
        ("a | b | c | d: {hex}".to_owned(), "{header:X}.{body}".to_owned(), Ok(Extent::Whole)),
        // Pieces of signed content.
        (format!("{one}\n?h: {{body|sha256-hex}}"), parameters(8), Ok(Extent::Nothing)),
        (format!("{one}\nb: {{timestamp}}"), format!("{{timestamp}}.{{url}}.{}", parameters(6)), Ok(Extent::Nothing)),
        (
            format!("{one}\nb: {{timestamp}}\nc: {{signed-headers}}"),
            format!("{{signed-headers|pairs:;}}\n{}", parameters(7)),
            Ok(Extent::Nothing),
        ),
        (
            format!("{one}\nb: {{signed-headers}}"),
            format!("{{signed-headers|values:.}}.{{body}}.{}", parameters(6)),
            Err("has the values of signed headers without `{signed-headers}`, their names"),
        ),
        (one.clone(), parameters(8) + &body, Err("is more than 16 pieces")),
        (one.clone(), headers(4) + &body, Ok(Extent::Whole)),
        (one.clone(), headers(5) + &body, Err("has more than 4 `{header:\u{2026}}`")),
        // Claims.
        ("a: {jwt}".to_owned(), lines(8), Ok(Extent::Nothing)),
        ("a: {jwt}".to_owned(), lines(9), Err("has more than 8 claims")),
        // Bytes.
        (prefixed(256), body.clone(), Ok(Extent::Whole)),
        (prefixed(257), body.clone(), Err("is a prefix of more than 256 bytes")),
        (format!("{one:4096}"), body.clone(), Ok(Extent::Whole)),
        (format!("{one:4097}"), body.clone(), Err("headers: is longer than 4096 bytes")),
        (one.clone(), format!("{body:x>4096}"), Ok(Extent::Whole)),
        (one.clone(), format!("{body:x>4097}"), Err("covers: is longer than 4096 bytes")),
    ] {
        match (Scheme::try_new(lines.clone(), covers.clone()), expected) {
            (Ok(scheme), Ok(extent)) => {
                assert_eq!(scheme.coverage().body(), extent, "{lines} {covers}");
                assert!(!scheme.carries_several_signatures(), "{lines} {covers}");
            }
            (Err(error), Err(problem)) => assert!(error.to_string().contains(problem), "{lines} {covers}: {error}"),
            (made, _) => panic!("{lines} {covers}: {made:?}"),
        }
    }
}

#[test]
fn the_first_empty_line_after_another_line_begins_the_body() {
    for (text, head, body) in [
        ("a: {hex}", "a: {hex}", ""),
        ("a: {hex}\n", "a: {hex}", ""),
        ("\n  a: {hex}\n  ", "a: {hex}", ""),
        ("a: {hex}\n\n", "a: {hex}", ""),
        ("a: {hex}\n\nb: 1", "a: {hex}", "b: 1"),
        ("\n\nb: {hex}", "", "b: {hex}"),
        ("a: {hex}\n\nb: 1\n\nc: 2", "a: {hex}", "b: 1\n\nc: 2"),
    ] {
        let scheme = Scheme::try_new(text, "{$.d}").unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!((scheme.headers().trim(), scheme.body()), (head, body), "{text:?}");
    }
}

/// A signer writes its header lines into a request: these would reroute it, or change where its body ends.
#[test]
fn headers_of_http_itself_are_nobodys_to_write() {
    let names = [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "te",
        "Trailer",
        "Upgrade",
        "Keep-Alive",
        "Expect",
        "HTTP2-Settings",
        "Proxy-Connection",
        "proxy-authorization",
        "Proxy-",
    ];
    for name in names {
        for lines in [
            format!("{name}: {{hex}}"),
            format!("a: {{hex}}\n{name}: {{id}}"),
            format!("a: {{hex}}\n{name}: 1"),
            format!("a | {name}: {{hex}}"),
        ] {
            let said = Scheme::try_new(lines.clone(), "{body}").expect_err(&lines).to_string();
            assert_eq!(
                said,
                format!("headers: `{name}` is set by HTTP clients and proxies, so it cannot be a header line")
            );
        }
        let shape = format!("{name}: {{type}}\n\n{{data}}");
        let said = EventShape::try_new(shape.clone()).expect_err(&shape).to_string();
        assert_eq!(said, format!("event: `{name}` is set by HTTP clients and proxies, so it cannot be a header line"));
        assert!(EventShape::try_new(format!("type: {{type}}\n{name}: {{data}}")).is_ok(), "a field of the body");
        if name.len() > "Proxy-".len() || !name.starts_with("Proxy-") {
            let covers = format!("{{header:{name}}}\n{{body}}");
            assert!(Scheme::try_new("a: {hex}", covers).is_ok(), "a signature may cover {name}");
        }
    }
    assert!(Scheme::try_new("Proxy-{n}: {hex}", "{body}").is_err());
    for name in ["Date", "Authorization", "Content-Type", "Content-Digest", "Hostname", "X-Host", "Proxied", "TE2"] {
        assert!(Scheme::try_new(format!("{name}: {{hex}}"), "{body}").is_ok(), "{name}");
    }
}

#[test]
fn every_rule_signs_and_verifies() {
    let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    for (lines, covers, count, expected) in WRITTEN {
        let scheme = Scheme::try_new(*lines, *covers).unwrap();
        let sign = |first, count| {
            Signer::new(scheme.clone(), keys(first, count)).unwrap().sign_at("id_1", b"{}", now).unwrap()
        };
        let headers = sign(0, *count);
        assert_eq!(headers.len(), expected.len(), "{lines}");
        // What one key alone signs, to know its signature again.
        let alone = |n: u8| {
            let headers = sign(n, 1);
            let text = headers.values().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ");
            text.split(|c: char| !c.is_ascii_hexdigit()).find(|word| word.len() == 64).unwrap().to_owned()
        };
        for (name, value) in *expected {
            let value =
                (0..*count).rev().fold((*value).to_owned(), |text, n| text.replace(&format!("#{}", n + 1), &alone(n)));
            assert_eq!(headers[*name], value, "{lines}");
            assert_eq!(headers[*name].is_sensitive(), value.len() > 60, "{lines}: {name}");
        }
        let carried = (0..*count).filter(|n| {
            let verifier = Verifier::new(scheme.clone(), key(*n)).unwrap();
            verifier.verify_at(&headers, b"{}", now).is_ok()
        });
        let written = expected.iter().map(|(_, value)| value.matches('#').count()).sum::<usize>();
        assert_eq!(carried.count(), written, "{lines}: each signature verifies under its key");
    }
}

#[test]
fn the_current_key_can_come_last() {
    let scheme = Scheme::new("S: {hex},...", "{body}");
    let first = Signer::new(scheme.clone(), keys(0, 2)).unwrap().sign("id", b"").unwrap();
    let last = Signer::new(scheme.with_current_key_last(), keys(0, 2)).unwrap().sign("id", b"").unwrap();
    let (current, previous) = first["s"].to_str().unwrap().split_once(',').unwrap();
    assert_eq!(last["s"], format!("{previous},{current}"));
}

/// The compiler reads the catalogue, and a program reads a file: the same code, at two times.
#[test]
fn a_scheme_from_a_file_signs_and_verifies_like_its_constant() {
    let now = OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap();
    let mut count = 0;
    for (name, constant) in usual_schemes() {
        let from_file: Scheme = serde_json::from_str(&serde_json::to_string(constant).unwrap()).unwrap();
        let both = [constant, &from_file];
        let signed = both.map(|scheme| Signer::new(scheme.clone(), keys(0, 2)).unwrap().sign_at("id_1", b"{}", now));
        assert_eq!(signed[0], signed[1], "{name}");
        let Ok(headers) = &signed[0] else { continue };
        // Each header by itself missing, empty, cut, doubled and with more around it.
        let mut requests = vec![headers.clone()];
        for (header, value) in headers {
            let text = value.as_bytes();
            let mut changed = headers.clone();
            changed.remove(header);
            requests.push(changed);
            for other in [b"".to_vec(), text[1..].to_vec(), [text, b",", text].concat(), [b"x=1,", text].concat()] {
                let mut changed = headers.clone();
                changed.insert(header, http::HeaderValue::from_bytes(&other).unwrap());
                requests.push(changed);
            }
            let mut changed = headers.clone();
            changed.append(header, value.clone());
            requests.push(changed);
        }
        for request in requests {
            let verdicts = both.map(|scheme| {
                let verifier = Verifier::new(scheme.clone(), keys(0, 2)).unwrap();
                let verified = verifier.verify_at(&request, b"{}", now);
                verified.map(|verified| format!("{:?}", verified.proof())).map_err(|error| error.to_string())
            });
            assert_eq!(verdicts[0], verdicts[1], "{name}: {request:?}");
            count += 1;
        }
        assert_eq!(format!("{:?}", constant.coverage()), format!("{:?}", from_file.coverage()), "{name}");
    }
    assert!(count > 1000, "{count}");
}

/// Empty lines mean nothing if no line of a body follows.
#[test]
fn empty_lines_at_the_end_are_no_body() {
    let plain = Scheme::new("S: {hex}", "{body}");
    for text in ["S: {hex}\n", "S: {hex}\n\n", "S: {hex}\r\n\r\n\r\n", "\nS: {hex}\n \n\t\n"] {
        let scheme = Scheme::try_new(text, "{body}").unwrap();
        assert_eq!((scheme.headers(), scheme.body()), ("S: {hex}", ""), "{text:?}");
        assert_eq!(scheme, plain, "{text:?}");
        assert_eq!(serde_json::to_string(&scheme).unwrap(), serde_json::to_string(&plain).unwrap(), "{text:?}");
    }
}

#[test]
fn files_hold_the_same_schemes() {
    for (name, scheme) in schemes() {
        let json = serde_json::to_string(scheme).unwrap();
        assert_eq!(&serde_json::from_str::<Scheme>(&json).unwrap(), scheme, "{name}: {json}");
        let toml = toml::to_string(scheme).unwrap();
        assert_eq!(&toml::from_str::<Scheme>(&toml).unwrap(), scheme, "{name}: {toml}");
    }
    let short = r#"{"headers":"a: {hex}","covers":"{body}"}"#;
    assert_eq!(serde_json::from_str::<Scheme>(short).unwrap(), Scheme::new("a: {hex}", "{body}"));
    // What few schemes have is written by those alone.
    let (plain, token) = (Scheme::new("a: {hex}", "{body}"), Scheme::new("\n\nt: {secret}", ""));
    let settings = r#""digest":"sha256","secret_form":"text","past":300,"future":300"#;
    for (scheme, expected) in [
        (plain.clone(), format!(r#"{{"headers":["a: {{hex}}"],"covers":"{{body}}",{settings}}}"#)),
        (token, format!(r#"{{"body":["t: {{secret}}"],"covers":"",{settings}}}"#)),
        (
            plain.with_algorithm(Algorithm::Ed25519).with_over_digest(),
            format!(
                r#"{{"headers":["a: {{hex}}"],"covers":"{{body}}",{settings},"algorithm":"ed25519","over_digest":true}}"#
            ),
        ),
    ] {
        assert_eq!(serde_json::to_string(&scheme).unwrap(), expected);
    }
    let open = r#"{"headers":["a: {hex}","b: {timestamp}"],"covers":"{timestamp}.{body}","future":"any","past":"any"}"#;
    assert_eq!(serde_json::from_str::<Scheme>(open).unwrap().replay_window(), None);
    for (file, expected) in [
        (r#"{"covers":"{body}"}"#, "headers: has no line with `{hex}`"),
        (r#"{"headers":"a: {hex}","covers":"{body}","digset":"sha256"}"#, "unknown field `digset`"),
        (r#"{"headers":"a: {hex}","covers":"{body}","digest":"md5"}"#, "unknown variant `md5`"),
        #[cfg(not(feature = "sha1"))]
        (r#"{"headers":"a: {hex}","covers":"{body}","digest":"sha1"}"#, "`sha1` needs the crate's feature `sha1`"),
        (r#"{"headers":"a: {hex}","covers":"{body}","past":-1}"#, "expected whole seconds up to 4294967295"),
        (r#"{"headers":"a: {hex}","covers":"{body}","past":"ever"}"#, "or \"any\""),
        (r#"{"headers":"a: {hexx}","covers":"{body}"}"#, "headers: `{hexx}` is not a placeholder of a header"),
        (r#"{"headers":7,"covers":"{body}"}"#, "expected lines, as a string or a list of strings"),
    ] {
        let said = serde_json::from_str::<Scheme>(file).expect_err(file).to_string();
        assert!(said.contains(expected), "{file}: {said}");
    }
}

/// Read from the beginning, the method ends where the URL begins; from the end, nothing tells them apart.
#[test]
fn a_method_stands_before_a_url_that_may_have_a_query() {
    for (covers, admits_query) in
        [("{method}{url}\n{body}", true), ("{body}\n{method}{url}", false), ("{method}{url}", true)]
    {
        let scheme = Scheme::try_new("S: {hex}", covers).unwrap();
        let provider = Provider::new("acme", scheme).unwrap().accept(Extent::Nothing);
        let provider = provider.with_public_url("https://example.com/hook").unwrap().raw();
        let (verifier, signer) = (provider.verifier(key(0)).unwrap(), provider.signer(key(0)).unwrap());
        for (query, is_admitted) in [("", true), ("?a=1", admits_query)] {
            let request = signer.request(format!("https://example.com/hook{query}"), "", "{}");
            let is_accepted = request.is_ok_and(|request| verifier.verify_request(&request).is_ok());
            assert_eq!(is_accepted, is_admitted, "{covers} {query}");
        }
    }
}

/// A token in the body says nothing of the body's other fields.
#[test]
fn a_token_may_be_a_field_of_the_body() {
    let scheme = Scheme::try_new("\n\na.s: {jwt}", "iss: Acme").unwrap();
    assert_eq!(scheme.coverage().body(), Extent::Nothing);
    assert!(Scheme::try_new("Authorization: Bearer {jwt}\n\n{empty}", "iss: Acme").is_ok());
}
