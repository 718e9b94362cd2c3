//! Whether a signature under one scheme could be passed off as one under another.

use std::collections::BTreeSet;

use crate::algorithm::Algorithm;
use crate::place::Half;

use super::Scheme;
use super::notation::{HashForm, Line, Piece, UrlPart, Value};

impl Scheme {
    /// Whether a signature under one of two schemes, made with the same key, could be passed off as the other's over
    /// content that means something else: `{timestamp}.{body}` also reads as `{body}`.
    ///
    /// Different hash functions rule that out, and so does different text at the beginning or the end of the content.
    /// Schemes that cover the same in the same form read the same content alike.
    pub(crate) fn can_be_mistaken_for(&self, other: &Scheme) -> bool {
        self.signs_like(other)
            && (self.form() != other.form() || !self.reads_like(other) && !self.is_told_by_text(other))
    }

    /// Whether the signatures of the same bytes are the same: with HMAC if the digest is, and with other algorithms,
    /// which have their own, if the key is of the same kind and is used with the same hash.
    fn signs_like(&self, other: &Scheme) -> bool {
        match (self.algorithm, other.algorithm) {
            (Algorithm::Hmac, Algorithm::Hmac) => self.digest == other.digest,
            (Algorithm::RsaSha256, Algorithm::RsaSha512) | (Algorithm::RsaSha512, Algorithm::RsaSha256) => false,
            (one, other) => one.key_kind() == other.key_kind(),
        }
    }

    /// What is signed in place of the content. A body can be all that another form makes of some content.
    fn form(&self) -> (Option<bool>, bool) {
        (self.notation.token(), self.over_digest && self.algorithm != Algorithm::Hmac)
    }

    /// Whether both take the same content for the same values.
    fn reads_like(&self, other: &Scheme) -> bool {
        self.covers == other.covers
            && self.plan().time_format == other.plan().time_format
            && self.meanings() == other.meanings()
            && !self.covers_constant()
            && !other.covers_constant()
    }

    /// What the request's lines say of the covered values beyond `covers`: that there is no body, or where its hash is, and
    /// where a time or an allowed value is that has no placeholder of its own.
    fn meanings(&self) -> (bool, BTreeSet<String>) {
        let has_time = self.pieces().any(|piece| matches!(piece, Piece::Timestamp));
        let lines = self.notation.lines.iter().take(self.notation.line_count);
        let meanings = lines.filter_map(|line| {
            let meaning = match line.value {
                Value::Timestamp { .. } if !has_time => "time".to_owned(),
                Value::Allowed { .. } => "allowed".to_owned(),
                Value::BodyHash { form, .. } => format!("{form:?}"),
                _ => return None,
            };
            let names: Vec<&str> = line.names.iter().take(line.name_count).map(|name| name.of(&self.headers)).collect();
            Some(format!("{:?} {names:?} {meaning}", line.place.half).to_ascii_lowercase())
        });
        (self.notation.is_bodiless, meanings.collect())
    }

    /// Whether no content is that of both, because of the texts in it.
    fn is_told_by_text(&self, other: &Scheme) -> bool {
        let text = |scheme: &Scheme, piece: Option<&Piece>| match piece {
            Some(Piece::Literal { text, .. }) => text.of(&scheme.covers).to_owned(),
            _ => String::new(),
        };
        let first = |scheme: &Scheme| text(scheme, scheme.pieces().next());
        let last = |scheme: &Scheme| text(scheme, scheme.pieces().last());
        let (front, other_front) = (first(self), first(other));
        let (back, other_back) = (last(self), last(other));
        !(front.starts_with(&other_front) || other_front.starts_with(&front))
            || !(back.ends_with(&other_back) || other_back.ends_with(&back))
            || self.is_told_by_lines(other)
            || self.is_parted_by_url(other)
    }

    /// Whether line ends separate all values but the first, and a line that both have without a value, counted from the
    /// last, is another one.
    fn is_told_by_lines(&self, other: &Scheme) -> bool {
        let has_value = |line: &str| line.contains('{');
        self.tail_lines().zip(other.tail_lines()).is_some_and(|(one, other)| {
            let (one, other) = (one.rsplit('\n'), other.rsplit('\n'));
            one.zip(other).any(|(one, other)| one != other && !has_value(one) && !has_value(other))
        })
    }

    /// Whether what follows the URL, which configuration sets, tells two contents apart: nothing or more of a query in one,
    /// and in the other a form, whose first name does not begin like a query.
    ///
    /// Plivo puts a `?` before either. There a form can be shown as a query, as [`Extent::Form`] says, so that the signature
    /// must be in the same place: whoever could choose a scheme would choose what the events' keys are made of.
    fn is_parted_by_url(&self, other: &Scheme) -> bool {
        let pieces = |scheme: &Scheme| scheme.pieces().copied().collect::<Vec<_>>();
        let ends_there = |one: &Scheme, other: &Scheme| match (&pieces(one)[..], &pieces(other)[..]) {
            // Encoded again, more of a query begins like the name of a field.
            ([Piece::Url(one)], [Piece::Url(other), Piece::Form]) => one == other && *one != UrlPart::EncodedTarget,
            _ => false,
        };
        let after_plivos = |scheme: &Scheme| {
            let marked = scheme.covers.strip_prefix("{url|without-query}?")?;
            let sorted = ["{query|sorted}.{form|sorted}", "{query|sorted}", "{form|sorted}"];
            sorted.into_iter().find_map(|sorted| Some((sorted, marked.strip_prefix(sorted)?.to_owned())))
        };
        let is_plivos = || {
            after_plivos(self).zip(after_plivos(other)).is_some_and(|(one, other)| one.0 != other.0 && one.1 == other.1)
        };
        ends_there(self, other)
            || ends_there(other, self)
            || is_plivos() && self.signature_places() == other.signature_places()
    }

    /// Whether each request is that of the first of two schemes, or of the second, by a covered parameter of the query: by its
    /// value, the first says what the same content means, and a request without it is that of the second.
    ///
    /// Nothing else may decide, because whoever sends a request again could change it.
    pub(crate) fn decides_before(&self, later: &Scheme) -> bool {
        let lines = |scheme: &Scheme| {
            let all = scheme.notation.lines.into_iter().take(scheme.notation.line_count);
            all.enumerate().filter(|(_, line)| !matches!(line.value, Value::Signature(_))).collect::<Vec<_>>()
        };
        let (headers, covers) = (self.headers.as_bytes(), self.covers.as_bytes());
        let is_covered = |place: usize| self.notation.covers_line(place, headers, covers);
        let is_right = lines(self).iter().all(|(place, line)| line.place.half == Half::Query && is_covered(*place));
        self.covers == later.covers
            && self.form() == later.form()
            && self.signature_places() == later.signature_places()
            && is_right
            && lines(later).is_empty()
            && (self.methods().next().is_none() || self.methods().eq(later.methods()))
            && (later.notation.is_bodiless || !self.notation.is_bodiless)
    }

    /// Where requests have their signature, whatever its form.
    fn signature_places(&self) -> BTreeSet<String> {
        let lines = self.notation.lines.iter().take(self.notation.line_count);
        let lines = lines.filter(|line| matches!(line.value, Value::Signature(_) | Value::Token { .. }));
        let place = |line: &Line| {
            let names: Vec<&str> = line.names.iter().take(line.name_count).map(|name| name.of(&self.headers)).collect();
            format!("{:?} {names:?} {}", line.place.half, line.place.name.of(&self.headers)).to_ascii_lowercase()
        };
        lines.map(place).collect()
    }

    /// Whether a header line without a placeholder is covered, whose value is then no border to look for.
    fn covers_constant(&self) -> bool {
        self.plan().spliced.iter().any(|spliced| spliced.border.is_none())
    }

    /// What follows the piece whose end nothing marks, with a `{` for each value, if each text has a line end on both
    /// sides.
    fn tail_lines(&self) -> Option<String> {
        let mut lines = String::new();
        for piece in self.pieces().skip(self.notation.pivot() + 1) {
            lines.push_str(match piece {
                Piece::Literal { text, .. } => {
                    Some(text.of(&self.covers)).filter(|text| text.starts_with('\n') && text.ends_with('\n'))?
                }
                // They may hold a line end.
                Piece::BodyHash(HashForm::Bytes) | Piece::Secret => return None,
                _ => "{",
            });
        }
        // The first line begins in that piece.
        lines.find('\n').map(|end| lines.split_off(end + 1))
    }
}
