//! The texts of fields in a JSON body, found by their paths.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::place::{Place, Step, Steps};

/// The most elements of a batch that are read.
const MAX_ROWS: usize = 256;

/// The way to a field. It has at most one `[]`, and all paths of a list have it in the same place.
#[derive(Debug)]
pub(crate) struct Path {
    steps: Vec<PathStep>,
    /// As written.
    name: Box<str>,
}

#[derive(Debug)]
enum PathStep {
    Field(Box<str>),
    /// Every element of an array.
    Each,
    /// Into the JSON in a string.
    Json,
}

/// Why there are no texts.
#[derive(Debug)]
pub(crate) enum Flaw<'p> {
    NotJson,
    Repeated(&'p str),
    /// An object or an array where a text is wanted, or something else where a path goes on.
    NotText(&'p str),
    TooMany,
}

/// The text of each path, in their order. `None` where there is no such field, or it is `null`.
pub(crate) type Row = Vec<Option<String>>;

/// The paths that lead through a value, a bit for each.
type Mask = u32;

impl Path {
    /// `text` is the one for which the place was made.
    pub(crate) fn new(text: &str, steps: &Steps, place: &Place) -> Path {
        let step = |step: &Step| match step {
            Step::Field(name) => PathStep::Field(name.of(text).into()),
            Step::Each => PathStep::Each,
            Step::Json | Step::Unnamed => PathStep::Json,
        };
        Path { steps: steps.of(place).iter().map(step).collect(), name: place.name.of(text).into() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name of the form's field that it begins with.
    pub(crate) fn first(&self) -> &str {
        match self.steps.first() {
            Some(PathStep::Field(name)) => name,
            _ => "",
        }
    }
}

/// Reads the texts of at most 32 paths: a row for each element of the array that they lead through, or a single one.
///
/// Each value is looked at once for each step that leads to it.
pub(crate) fn read<'p>(paths: &[&'p Path], body: &[u8]) -> Result<Vec<Row>, Flaw<'p>> {
    let mut reader = Reader { paths, rows: Vec::new() };
    let text = std::str::from_utf8(body).map_err(|_| Flaw::NotJson)?;
    let whole: &RawValue = serde_json::from_str(text).map_err(|_| Flaw::NotJson)?;
    let all = paths.iter().fold(0, |mask, _| mask << 1 | 1);
    let is_batch = paths.iter().any(|path| path.steps.iter().any(|step| matches!(step, PathStep::Each)));
    if !is_batch {
        reader.rows.push(vec![None; paths.len()]);
    }
    reader.walk(whole.get(), all, 0, None)?;
    Ok(reader.rows)
}

/// The text of a path that begins in the field of a form, which contains JSON.
pub(crate) fn read_below<'p>(path: &'p Path, value: &str) -> Result<Option<String>, Flaw<'p>> {
    let paths = [path];
    let mut reader = Reader { paths: &paths, rows: vec![vec![None]] };
    if path.steps.len() == 1 {
        return Ok(Some(value.to_owned()));
    }
    // The string's JSON is what the form has decoded.
    let whole: &RawValue = serde_json::from_str(value).map_err(|_| Flaw::NotJson)?;
    reader.walk(whole.get(), 1, 2, None)?;
    Ok(reader.rows.pop().and_then(|mut row| row.pop()).flatten())
}

struct Reader<'r, 'p> {
    paths: &'r [&'p Path],
    rows: Vec<Row>,
}

/// The paths of a mask, with their places.
fn among<'r, 'p>(paths: &'r [&'p Path], which: Mask) -> impl Iterator<Item = (usize, &'p Path)> + use<'r, 'p> {
    paths.iter().enumerate().filter(move |(i, _)| which & (1 << i) != 0).map(|(i, path)| (i, *path))
}

impl<'p> Reader<'_, 'p> {
    /// The paths in `which` all lead through `json`, which is `depth` steps into the body.
    fn walk(&mut self, json: &str, which: Mask, depth: usize, row: Option<usize>) -> Result<(), Flaw<'p>> {
        let paths = self.paths;
        let (mut objects, mut texts, mut arrays) = (0, 0, 0);
        for (i, path) in among(paths, which) {
            match path.steps.get(depth) {
                None => self.take(i, path, json, row)?,
                Some(PathStep::Field(_)) => objects |= 1 << i,
                Some(PathStep::Json) => texts |= 1 << i,
                Some(PathStep::Each) => arrays |= 1 << i,
            }
        }
        if json == "null" {
            return Ok(());
        }
        let of_kind = |which: Mask, first: char| match among(paths, which).next() {
            Some((_, path)) if !json.starts_with(first) => Err(Flaw::NotText(path.name())),
            found => Ok(found.is_some()),
        };
        if of_kind(objects, '{')? {
            let mut object = Object { paths, which: objects, depth, found: Vec::new(), repeated: None };
            let read = serde_json::Deserializer::from_str(json).deserialize_map(&mut object);
            match object.repeated {
                Some(name) => return Err(Flaw::Repeated(name)),
                None => read.map_err(|_| Flaw::NotJson)?,
            }
            for (which, value) in std::mem::take(&mut object.found) {
                self.walk(value.get(), which, depth + 1, row)?;
            }
        }
        if of_kind(texts, '"')? {
            let inner: String = serde_json::from_str(json).map_err(|_| Flaw::NotJson)?;
            let inner: &RawValue = serde_json::from_str(&inner).map_err(|_| Flaw::NotJson)?;
            self.walk(inner.get(), texts, depth + 1, row)?;
        }
        if of_kind(arrays, '[')? {
            let elements = serde_json::Deserializer::from_str(json).deserialize_seq(Elements);
            for element in elements.map_err(|_| Flaw::NotJson)?.ok_or(Flaw::TooMany)? {
                self.rows.push(vec![None; self.paths.len()]);
                self.walk(element.get(), arrays, depth + 1, Some(self.rows.len() - 1))?;
            }
        }
        Ok(())
    }

    fn take(&mut self, i: usize, path: &'p Path, json: &str, row: Option<usize>) -> Result<(), Flaw<'p>> {
        let text = match json.as_bytes().first() {
            Some(b'"') => Some(serde_json::from_str::<String>(json).map_err(|_| Flaw::NotJson)?),
            Some(b'{' | b'[') => return Err(Flaw::NotText(path.name())),
            Some(b'n') => None,
            // A number keeps its text.
            _ => Some(json.to_owned()),
        };
        if let Some(slot) = self.rows.get_mut(row.unwrap_or(0)).and_then(|row| row.get_mut(i)) {
            *slot = text;
        }
        Ok(())
    }
}

/// The fields of an object through which paths lead.
struct Object<'r, 'p, 'j> {
    paths: &'r [&'p Path],
    which: Mask,
    depth: usize,
    found: Vec<(Mask, &'j RawValue)>,
    repeated: Option<&'p str>,
}

impl<'j> Visitor<'j> for &mut Object<'_, '_, 'j> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0;
        while let Some(which) = map.next_key_seed(Name { paths: self.paths, which: self.which, depth: self.depth })? {
            if which == 0 {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if which & seen != 0 {
                self.repeated = self.paths.get(which.trailing_zeros() as usize).map(|path| path.name());
                return Err(de::Error::custom("twice"));
            }
            seen |= which;
            self.found.push((which, map.next_value()?));
        }
        Ok(())
    }
}

/// The name of a field, as the paths that go on through it.
struct Name<'r, 'p> {
    paths: &'r [&'p Path],
    which: Mask,
    depth: usize,
}

impl<'j> DeserializeSeed<'j> for Name<'_, '_> {
    type Value = Mask;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Mask, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = Mask;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Mask, E> {
        let goes_on =
            |path: &Path| matches!(path.steps.get(self.depth), Some(PathStep::Field(field)) if **field == *name);
        let paths = self.paths.iter().enumerate();
        Ok(paths.filter(|(i, path)| self.which & (1 << i) != 0 && goes_on(path)).fold(0, |mask, (i, _)| mask | 1 << i))
    }
}

/// The elements of an array, or `None` if there are too many.
struct Elements;

impl<'j> Visitor<'j> for Elements {
    type Value = Option<Vec<&'j RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = array.next_element()? {
            if elements.len() == MAX_ROWS {
                while array.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            elements.push(element);
        }
        Ok(Some(elements))
    }
}
