//! JSON that means the same, and that a parser and a writer together make equal.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::json::{Json, Member};

/// The most single numbers, and names of numbers, that are varied one by one.
const MAX_SINGLE: usize = 64;

/// The most variants of one value.
const MAX_VARIANTS: usize = 256;

/// The most kinds of empty arrays that are varied together.
const MAX_KINDS: usize = 6;

/// Another text of a number; `None` to leave it.
type Change = fn(&str) -> Option<String>;

/// How all numbers may have been written otherwise.
const CHANGES: [Change; 6] = [with_point, without_point, with_zero, with_cents, without_zeros, without_exponent];

/// What is written otherwise in a copy.
enum Variant {
    Numbers(Change),
    Number(Change, usize),
    /// The numbers that are members of this name.
    Named(Change, String),
    /// Empty arrays as objects, or empty objects as arrays.
    Empties(bool),
    EmptyArray(usize),
    /// The empty arrays in these places.
    EmptyArrays(HashSet<usize>),
}

impl Variant {
    fn of(&self, json: &Json) -> Json {
        match self {
            Variant::Numbers(change) => with_numbers(json, &mut |_, _, number| change(number)),
            Variant::Number(change, wanted) => {
                with_numbers(json, &mut |place, _, number| (place == *wanted).then(|| change(number))?)
            }
            Variant::Named(change, name) => {
                with_numbers(json, &mut |_, own, number| (own == name).then(|| change(number))?)
            }
            Variant::Empties(to_objects) => with_empties(json, &mut |_| true, *to_objects),
            Variant::EmptyArray(wanted) => with_empties(json, &mut |place| place == *wanted, true),
            Variant::EmptyArrays(chosen) => with_empties(json, &mut |place| chosen.contains(&place), true),
        }
    }
}

/// Copies in which all numbers or all empty values are written otherwise; with `singly`, also some of them. Made one by
/// one, each once: a copy can be much larger than the text.
pub(super) fn variants(json: &Json, singly: bool) -> impl Iterator<Item = Json> {
    let all = CHANGES.map(Variant::Numbers).into_iter().chain([true, false].map(Variant::Empties));
    let single = std::iter::once(()).filter(move |()| singly).flat_map(|()| single_variants(json));
    let state = RandomState::new();
    let mut known = HashSet::from([state.hash_one(json)]);
    all.chain(single)
        .map(|variant| variant.of(json))
        .filter(move |new| known.insert(state.hash_one(new)))
        .take(MAX_VARIANTS)
}

fn single_variants(json: &Json) -> Vec<Variant> {
    let mut found = Vec::new();
    let count = count_numbers(json).min(MAX_SINGLE);
    for change in [with_point as Change, with_zero] {
        found.extend((0..count).map(|wanted| Variant::Number(change, wanted)));
        found.extend(number_names(json).into_iter().map(|name| Variant::Named(change, name)));
    }
    found.extend((0..8).map(Variant::EmptyArray));
    // What has the same name, or the same place in lists of that name, is of one kind.
    let kinds = empty_kinds(json);
    let names: Vec<&str> = kinds.iter().fold(Vec::new(), |mut names, kind| {
        if names.len() <= MAX_KINDS && !names.contains(&kind.as_str()) {
            names.push(kind);
        }
        names
    });
    if names.len() <= MAX_KINDS {
        for chosen in 1..1_usize << names.len() {
            let is_chosen =
                |kind: &str| names.iter().position(|name| *name == kind).is_some_and(|at| chosen >> at & 1 == 1);
            let places = kinds.iter().enumerate().filter(|(_, kind)| is_chosen(kind)).map(|(place, _)| place);
            found.push(Variant::EmptyArrays(places.collect()));
        }
    }
    found
}

fn with_point(number: &str) -> Option<String> {
    let is_whole = !number.contains(['.', 'e', 'E']);
    is_whole.then(|| format!("{number}.0"))
}

fn without_point(number: &str) -> Option<String> {
    number.strip_suffix(".0").map(str::to_owned)
}

fn with_zero(number: &str) -> Option<String> {
    number.contains('.').then(|| format!("{number}0"))
}

fn with_cents(number: &str) -> Option<String> {
    let (_, fraction) = number.split_once('.')?;
    (fraction.len() == 1 && fraction.bytes().all(|c| c.is_ascii_digit())).then(|| format!("{number}0"))
}

fn without_zeros(number: &str) -> Option<String> {
    let short = number.trim_end_matches('0').trim_end_matches('.');
    (number.contains('.') && !number.contains(['e', 'E'])).then(|| short.to_owned())
}

fn without_exponent(number: &str) -> Option<String> {
    number.contains(['e', 'E']).then(|| number.parse::<f64>().ok().map(|value| value.to_string()))?
}

/// For each empty array, in order, the name of its member and its place in the arrays around it.
fn empty_kinds(json: &Json) -> Vec<String> {
    fn walk(json: &Json, name: &str, found: &mut Vec<String>) {
        match json {
            Json::Array(items) if items.is_empty() => found.push(name.to_owned()),
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{name}[{at}]"), found));
            }
            Json::Object(members) => members.iter().for_each(|member| walk(&member.value, &member.name, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(json, "", &mut found);
    found
}

fn number_names(json: &Json) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for member in json.all_members() {
        if matches!(member.value, Json::Number(_)) && !names.contains(&member.name) && names.len() < MAX_SINGLE {
            names.push(member.name.clone());
        }
    }
    names
}

fn count_numbers(json: &Json) -> usize {
    match json {
        Json::Number(_) => 1,
        Json::Array(items) => items.iter().map(count_numbers).sum(),
        Json::Object(members) => members.iter().map(|member| count_numbers(&member.value)).sum(),
        _ => 0,
    }
}

/// A copy with other spellings of numbers. The function gets the number's place, the name of its member and its text.
fn with_numbers(json: &Json, change: &mut dyn FnMut(usize, &str, &str) -> Option<String>) -> Json {
    fn walk(
        json: &Json,
        name: &str,
        place: &mut usize,
        change: &mut dyn FnMut(usize, &str, &str) -> Option<String>,
    ) -> Json {
        match json {
            Json::Number(number) => {
                *place += 1;
                Json::Number(change(*place - 1, name, number).unwrap_or_else(|| number.clone()))
            }
            Json::Array(items) => Json::Array(items.iter().map(|item| walk(item, name, place, change)).collect()),
            Json::Object(members) => {
                let member = |member: &Member| member.with(walk(&member.value, &member.name, place, change));
                Json::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }
    walk(json, "", &mut 0, change)
}

/// A copy in which empty arrays are empty objects, or the other way round.
fn with_empties(json: &Json, wanted: &mut dyn FnMut(usize) -> bool, to_objects: bool) -> Json {
    fn walk(json: &Json, place: &mut usize, wanted: &mut dyn FnMut(usize) -> bool, to_objects: bool) -> Json {
        match json {
            Json::Array(items) if items.is_empty() && to_objects => {
                *place += 1;
                if wanted(*place - 1) { Json::Object(Vec::new()) } else { json.clone() }
            }
            Json::Object(members) if members.is_empty() && !to_objects => {
                *place += 1;
                if wanted(*place - 1) { Json::Array(Vec::new()) } else { json.clone() }
            }
            Json::Array(items) => Json::Array(items.iter().map(|item| walk(item, place, wanted, to_objects)).collect()),
            Json::Object(members) => {
                let member = |member: &Member| member.with(walk(&member.value, place, wanted, to_objects));
                Json::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }
    walk(json, &mut 0, wanted, to_objects)
}
