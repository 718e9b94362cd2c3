//! The texts of fields in a JSON body, found by their paths.

use std::fmt;

use serde::Deserialize;
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
/// The body is read once, however deep the paths are; JSON in a string is read once more.
pub(crate) fn read<'p>(paths: &[&'p Path], body: &[u8]) -> Result<Vec<Row>, Flaw<'p>> {
    let text = std::str::from_utf8(body).map_err(|_| Flaw::NotJson)?;
    let is_batch = paths.iter().any(|path| path.steps.iter().any(|step| matches!(step, PathStep::Each)));
    let mut reader = Reader { paths, rows: Vec::new(), flaw: None };
    if !is_batch {
        reader.rows.push(vec![None; paths.len()]);
    }
    reader.read(text, 0, 0)?;
    Ok(reader.rows)
}

/// The texts of paths that begin in the same field of a form, whose value is `value`: that itself, or the JSON in it.
pub(crate) fn read_below<'p>(paths: &[&'p Path], value: &str) -> Result<Row, Flaw<'p>> {
    let mut reader = Reader { paths, rows: vec![vec![None; paths.len()]], flaw: None };
    if paths.iter().any(|path| path.steps.len() > 1) {
        // The string's JSON is what the form has decoded.
        reader.read(value, 2, 0)?;
    }
    let row = reader.rows.pop().unwrap_or_default().into_iter().zip(paths);
    Ok(row.map(|(text, path)| if path.steps.len() == 1 { Some(value.to_owned()) } else { text }).collect())
}

struct Reader<'r, 'p> {
    paths: &'r [&'p Path],
    rows: Vec<Row>,
    /// Why reading was broken off.
    flaw: Option<Flaw<'p>>,
}

impl<'p> Reader<'_, 'p> {
    /// Reads JSON through which all paths lead that have more than `depth` steps.
    fn read(&mut self, json: &str, depth: usize, row: usize) -> Result<(), Flaw<'p>> {
        let longer = |(i, path): (usize, &&Path)| if path.steps.len() >= depth.max(1) { 1 << i } else { 0 };
        let which = self.paths.iter().enumerate().map(longer).fold(0, |mask: Mask, bit: Mask| mask | bit);
        self.read_value(json, which, depth, row)
    }

    fn read_value(&mut self, json: &str, which: Mask, depth: usize, row: usize) -> Result<(), Flaw<'p>> {
        let mut json = serde_json::Deserializer::from_str(json);
        let read = Value { reader: self, which, depth, row }.deserialize(&mut json).and_then(|()| json.end());
        match (self.flaw.take(), read) {
            (Some(flaw), _) => Err(flaw),
            (None, Err(_)) => Err(Flaw::NotJson),
            (None, Ok(())) => Ok(()),
        }
    }

    /// The paths of a mask, with their places.
    fn among(&self, which: Mask) -> impl Iterator<Item = (usize, &'p Path)> + use<'_, 'p> {
        self.paths.iter().enumerate().filter(move |(i, _)| which & (1 << i) != 0).map(|(i, path)| (i, *path))
    }

    fn first_name(&self, which: Mask) -> &'p str {
        self.among(which).next().map_or("", |(_, path)| path.name())
    }

    /// The paths whose next step is of a kind.
    fn going_on(&self, which: Mask, depth: usize, is_one: impl Fn(Option<&PathStep>) -> bool) -> Mask {
        self.among(which).filter(|(_, path)| is_one(path.steps.get(depth))).fold(0, |mask, (i, _)| mask | 1 << i)
    }

    /// Takes a scalar as the text of the paths that end here, and as JSON for those that go on in it.
    fn take(&mut self, json: &str, ends: Mask, inside: Mask, depth: usize, row: usize) -> Result<(), Flaw<'p>> {
        let text = match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(json).map_err(|_| Flaw::NotJson)?,
            Some(b'n') => return Ok(()),
            Some(b'{' | b'[') => return Err(Flaw::NotText(self.first_name(ends | inside))),
            _ if inside != 0 => return Err(Flaw::NotText(self.first_name(inside))),
            // A number keeps its text.
            _ => json.to_owned(),
        };
        if inside != 0 {
            self.read_value(&text, inside, depth + 1, row)?;
        }
        if let Some(row) = self.rows.get_mut(row) {
            let places = row.iter_mut().enumerate().filter(|(i, _)| ends & (1 << i) != 0);
            places.for_each(|(_, slot)| *slot = Some(text.clone()));
        }
        Ok(())
    }
}

/// A value through which the paths in `which` lead, and which is `depth` steps into the body.
struct Value<'v, 'r, 'p> {
    reader: &'v mut Reader<'r, 'p>,
    which: Mask,
    depth: usize,
    row: usize,
}

impl<'p> Value<'_, '_, 'p> {
    fn fail<T, E: de::Error>(self, flaw: Flaw<'p>) -> Result<T, E> {
        self.reader.flaw = Some(flaw);
        Err(E::custom("a flaw"))
    }

    fn no_text<T, E: de::Error>(self) -> Result<T, E> {
        let name = self.reader.first_name(self.which);
        self.fail(Flaw::NotText(name))
    }
}

impl<'j> DeserializeSeed<'j> for Value<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        let Value { which, depth, row, .. } = self;
        let ends = self.reader.going_on(which, depth, |step| step.is_none());
        let inside = self.reader.going_on(which, depth, |step| matches!(step, Some(PathStep::Json)));
        if ends | inside == 0 {
            return deserializer.deserialize_any(self);
        }
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let on = which & !(ends | inside);
        if on != 0 && json != "null" {
            // Of two paths, one ends where the other goes on.
            let name = self.reader.first_name(on);
            return self.fail(Flaw::NotText(name));
        }
        match self.reader.take(json, ends, inside, depth, row) {
            Ok(()) => Ok(()),
            Err(flaw) => self.fail(flaw),
        }
    }
}

impl<'j> Visitor<'j> for Value<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        let Value { which, depth, row, .. } = self;
        let arrays = self.reader.going_on(which, depth, |step| matches!(step, Some(PathStep::Each)));
        if arrays != 0 {
            return self.no_text();
        }
        let mut seen = 0;
        while let Some(next) = map.next_key_seed(Name { paths: self.reader.paths, which, depth })? {
            if next == 0 {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if next & seen != 0 {
                let name = self.reader.first_name(next);
                return self.fail(Flaw::Repeated(name));
            }
            seen |= next;
            map.next_value_seed(Value { reader: &mut *self.reader, which: next, depth: depth + 1, row })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut array: A) -> Result<(), A::Error> {
        let Value { which, depth, .. } = self;
        let fields = self.reader.going_on(which, depth, |step| !matches!(step, Some(PathStep::Each)));
        if fields != 0 {
            return self.no_text();
        }
        loop {
            let row = self.reader.rows.len();
            if row == MAX_ROWS {
                return match array.next_element::<IgnoredAny>()? {
                    Some(_) => self.fail(Flaw::TooMany),
                    None => Ok(()),
                };
            }
            // Made before its element is read, and taken back after the last.
            self.reader.rows.push(vec![None; self.reader.paths.len()]);
            let next = Value { reader: &mut *self.reader, which, depth: depth + 1, row };
            if array.next_element_seed(next)?.is_none() {
                self.reader.rows.truncate(row);
                return Ok(());
            }
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.no_text()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.no_text()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.no_text()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.no_text()
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.no_text()
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
