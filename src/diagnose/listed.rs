//! Signed headers that a request lists: the values that they may have had.

use crate::request::percent_decoded;
use crate::scheme::Scheme;

use super::captured::Captured;
use super::cause::Cause;
use super::code::Code;
use super::content::{self, Value};
use super::sample::{self, Half, Line};

/// One reading of the list: the text of the names, and the value of each.
pub(super) struct Listing {
    pub(super) list: String,
    values: Vec<(String, String)>,
    pub(super) causes: Vec<Cause>,
}

/// The most names of a list, and the most readings of it.
const MAX_NAMES: usize = 64;
const MAX_LISTINGS: usize = 96;

impl Listing {
    /// Names and values, joined. `with_names` is `pairs`, sorted by name.
    pub(super) fn joined(&self, joiner: &str, with_names: bool) -> String {
        let mut values: Vec<&(String, String)> = self.values.iter().collect();
        if with_names {
            values.sort();
        }
        let text =
            |(name, value): &&(String, String)| if with_names { format!("{name}:{value}") } else { value.clone() };
        values.iter().map(text).collect::<Vec<_>>().join(joiner)
    }
}

/// The list as received with the values as received, if they are there; then with one difference.
pub(super) fn listings(request: &Captured, scheme: &Scheme) -> Vec<Listing> {
    let mut all = Vec::new();
    for (list, names, causes) in lists(request, scheme) {
        let options: Vec<Vec<Value>> = names.iter().map(|name| options(request, name)).collect();
        let listing = |chosen: &dyn Fn(usize) -> usize| {
            let mut causes = causes.clone();
            let mut values = Vec::new();
            for (place, name) in names.iter().enumerate() {
                let options = options.get(place)?;
                let value = options.get(chosen(place)).or_else(|| options.first())?;
                causes.extend(value.causes.clone());
                values.push((name.clone(), value.text.clone()));
            }
            Some(Listing { list: list.clone(), values, causes })
        };
        all.extend(listing(&|_| 0));
        for (other, options) in options.iter().enumerate() {
            all.extend((1..options.len()).filter_map(|at| listing(&|place| if place == other { at } else { 0 })));
        }
        if let Some(mut sorted) = listing(&|_| 0) {
            sorted.values.sort();
            let told = "The listed headers are signed in the order of their names, the scheme says in that of the list";
            sorted.causes.push(Cause::new(Code::SchemeContent, told));
            all.push(sorted);
        }
    }
    all.truncate(MAX_LISTINGS);
    all
}

/// Names that the request lists and does not have, under whatever name.
pub(super) fn absent(request: &Captured, scheme: &Scheme) -> Vec<String> {
    let lists = lists(request, scheme);
    let names = lists.first().map(|(_, names, _)| names.clone()).unwrap_or_default();
    names.into_iter().filter(|name| line(name).values(request).is_empty()).collect()
}

type List = (String, Vec<String>, Vec<Cause>);

/// The lists of a request, each with its names in lower case.
fn lists(request: &Captured, scheme: &Scheme) -> Vec<List> {
    let mut found = Vec::new();
    for line in sample::lines(scheme) {
        let Some(slot) = line.slot(&["signed-headers"]) else { continue };
        let separator = if slot.placeholder.starts_with("{signed-headers:,}") { ',' } else { ' ' };
        for value in content::read(request, &line, &slot) {
            let names: Vec<String> = value.text.split(separator).map(|name| name.trim().to_ascii_lowercase()).collect();
            if names.len() > MAX_NAMES {
                continue;
            }
            let lower = value.text.to_ascii_lowercase();
            if lower != value.text {
                let mut causes = value.causes.clone();
                causes
                    .push(Cause::new(Code::HeaderValue, "The names in the list of signed headers were in lower case"));
                found.push((lower, names.clone(), causes));
            }
            found.push((value.text, names, value.causes));
        }
    }
    found
}

fn line(name: &str) -> Line<'_> {
    Line { half: Half::Header, names: vec![name], value: "" }
}

/// What a listed header may have held: as received, then as it may have been before a proxy changed it.
fn options(request: &Captured, name: &str) -> Vec<Value> {
    let received = line(name).values(request);
    let changed =
        || Cause::new(Code::HeaderValue, format!("The value of `{name}`, which is signed, was changed on the way"));
    let mut found: Vec<Value> = Vec::new();
    let mut add = |text: String, causes: Vec<Cause>| {
        if !found.iter().any(|known| known.text == text) {
            found.push(Value { text, causes });
        }
    };
    if received.is_empty() {
        let told = format!("`{name}`, which is signed, was sent empty, and is missing");
        add(String::new(), vec![Cause::new(Code::HeaderMissing, told)]);
    }
    for (text, is_renamed) in &received {
        add(text.clone(), if *is_renamed { vec![content::renamed(name)] } else { Vec::new() });
    }
    if received.len() > 1 {
        for joiner in [", ", ","] {
            let joined = received.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(joiner);
            let told = format!("The values of `{name}`, which is signed, were one, joined by a comma");
            add(joined, vec![Cause::new(Code::HeaderRepeated, told)]);
        }
    }
    for (text, is_renamed) in &received {
        let mut before = Vec::new();
        let halves: Vec<&str> = text.split(',').map(str::trim).collect();
        if let [one, other] = halves.as_slice()
            && one == other
        {
            let told = format!("The value of `{name}`, which is signed, was doubled on the way");
            add((*one).to_owned(), vec![Cause::new(Code::HeaderRepeated, told)]);
        }
        before.push(text.to_ascii_lowercase());
        before.push(text.trim_matches(['"', '\'']).to_owned());
        before.push(format!("\"{text}\""));
        before.extend(percent_decoded(text.replace('+', "%2B").as_bytes()));
        if name == "content-type" {
            let kind = text.split(';').next().unwrap_or_default().trim();
            before.push(kind.to_owned());
            before.extend(
                ["; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8"]
                    .map(|end| kind.to_owned() + end),
            );
        }
        if name == "host" {
            let bare = text.split(':').next().unwrap_or_default();
            before.extend([bare.to_owned(), format!("{bare}:443"), format!("{bare}:80")]);
        }
        for text in before {
            let mut causes = vec![changed()];
            causes.extend(is_renamed.then(|| content::renamed(name)));
            add(text, causes);
        }
    }
    if name == "host" {
        for other in ["x-forwarded-host", "x-original-host"] {
            let hosts = request.header(other).unwrap_or_default().split(',').map(str::trim);
            hosts.filter(|host| !host.is_empty()).for_each(|host| add(host.to_owned(), vec![changed()]));
        }
    }
    found
}
