//! JSON that means the same, and that a parser and a writer together make equal.

use super::json::{Json, Member};

/// The most single numbers, and names of numbers, that are varied one by one.
const MAX_SINGLE: usize = 64;

/// The most variants of one value.
const MAX_VARIANTS: usize = 256;

/// The most kinds of empty arrays that are varied together.
const MAX_KINDS: usize = 6;

/// Another text of a number; `None` to leave it.
type Change<'c> = &'c dyn Fn(&str) -> Option<String>;

/// Copies in which all numbers or all empty values are written otherwise; with `singly`, also some of them.
pub(super) fn variants(json: &Json, singly: bool) -> Vec<Json> {
    let mut found: Vec<Json> = Vec::new();
    let mut add = |new: Json| {
        if new != *json && !found.contains(&new) && found.len() < MAX_VARIANTS {
            found.push(new);
        }
    };
    let point = |number: &str| {
        let is_whole = !number.contains(['.', 'e', 'E']);
        is_whole.then(|| format!("{number}.0"))
    };
    let whole = |number: &str| number.strip_suffix(".0").map(str::to_owned);
    let cents = |number: &str| {
        let (_, fraction) = number.split_once('.')?;
        (fraction.len() == 1 && fraction.bytes().all(|c| c.is_ascii_digit())).then(|| format!("{number}0"))
    };
    let zero = |number: &str| number.contains('.').then(|| format!("{number}0"));
    let shorter = |number: &str| {
        let short = number.trim_end_matches('0').trim_end_matches('.');
        (number.contains('.') && !number.contains(['e', 'E'])).then(|| short.to_owned())
    };
    let expanded = |number: &str| {
        number.contains(['e', 'E']).then(|| number.parse::<f64>().ok().map(|value| value.to_string()))?
    };
    let changes: [Change<'_>; 6] = [&point, &whole, &zero, &cents, &shorter, &expanded];
    for change in changes {
        add(with_numbers(json, &mut |_, _, number| change(number)));
    }
    add(with_empties(json, &mut |_| true, true));
    add(with_empties(json, &mut |_| true, false));
    if !singly {
        return found;
    }
    let count = count_numbers(json).min(MAX_SINGLE);
    for change in [&point as Change<'_>, &zero] {
        for wanted in 0..count {
            add(with_numbers(json, &mut |place, _, number| if place == wanted { change(number) } else { None }));
        }
        for name in number_names(json) {
            add(with_numbers(json, &mut |_, own, number| if own == name { change(number) } else { None }));
        }
    }
    for wanted in 0..8 {
        add(with_empties(json, &mut |place| place == wanted, true));
    }
    // What has the same name, or the same place in lists of that name, is of one kind.
    let kinds = empty_kinds(json);
    let names: Vec<&str> = kinds.iter().fold(Vec::new(), |mut names, kind| {
        if !names.contains(&kind.as_str()) {
            names.push(kind);
        }
        names
    });
    if names.len() <= MAX_KINDS {
        for chosen in 1..1_usize << names.len() {
            let is_chosen = |place: usize| {
                let number = kinds.get(place).and_then(|kind| names.iter().position(|name| name == kind));
                number.is_some_and(|number| chosen >> number & 1 == 1)
            };
            add(with_empties(json, &mut |place| is_chosen(place), true));
        }
    }
    found
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
                let member = |member: &Member| Member {
                    value: walk(&member.value, &member.name, place, change),
                    ..member.clone()
                };
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
                let member = |member: &Member| Member {
                    value: walk(&member.value, place, wanted, to_objects),
                    ..member.clone()
                };
                Json::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }
    walk(json, &mut 0, wanted, to_objects)
}
