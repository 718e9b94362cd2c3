//! A request of a scheme, to be changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{At, Piece, SECRET, Subject, URL, Wire, body_hash, with_json};

impl Subject {
    /// A request with all of the scheme's places, signed at a time.
    pub(crate) fn sample(&self, now: i64) -> Wire {
        let time = match self.format {
            "" => now.to_string(),
            ":rfc3339}" => OffsetDateTime::from_unix_timestamp(now).unwrap().format(&Rfc3339).unwrap(),
            _ => format!("{now}000"),
        };
        let mut base = Wire { method: "POST".to_owned(), body: r#"{"a":"b","c":"d"}"#.to_owned(), ..Wire::default() };
        let mut query = "a=1&b=2".to_owned();
        for line in &self.lines {
            match (&line.at, &*line.value) {
                (At::Json(path), value) if value.contains("{timestamp") => {
                    base.body = with_json(&base.body, path, &time);
                }
                (At::Param(name), value) if value.contains("{body|") => {
                    query = format!("{name}={}", body_hash("{body|sha256-hex}", &base.body));
                }
                (At::Param(name), value) if value.contains("{timestamp") && !self.pieces.contains(&Piece::Time) => {
                    query = format!("{name}={time}");
                }
                _ => {}
            }
        }
        let separator = if self.line("{signed-headers:,}").is_some() { "," } else { " " };
        let mut names = vec!["x-a", "x-b"];
        names.extend(self.listed_time());
        names.sort_unstable();
        // What a line says that is there.
        let own = |at: At| {
            let line = self.lines.iter().find(|line| line.at == at)?;
            let (prefix, placeholder) = line.value.split_once('{').unwrap_or((&line.value, ""));
            let hash = || body_hash(&format!("{{{placeholder}"), &base.body);
            Some(prefix.to_owned() + &(if placeholder.is_empty() { String::new() } else { hash() }))
        };
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Body => base.body.clone(),
            Piece::Id => "n1".to_owned(),
            Piece::Time => time.clone(),
            Piece::Header(name) => own(At::Header(name.clone())).unwrap_or_else(|| format!("of-{name}")),
            Piece::Method => self.methods.first().map_or("POST", String::as_str).to_owned(),
            Piece::Url("{url}") => format!("{URL}?{query}"),
            Piece::Url("{url|without-query}") => URL.to_owned(),
            Piece::Url("{path}") => "/hook".to_owned(),
            Piece::Url("{target}") => format!("/hook?{query}"),
            Piece::Url(_) => format!("/hook?{}", query.replace('=', "%253D").replace('&', "%2526")),
            Piece::Param(name) if own(At::Param(name.clone())).is_some() => own(At::Param(name.clone())).unwrap(),
            Piece::Param(name) | Piece::Json(name) | Piece::Field(name) => format!("t{}", name.len()),
            Piece::Form => "Name1Value2".to_owned(),
            Piece::Query { .. } => query.clone(),
            Piece::Hash(form) => body_hash(form, &base.body),
            Piece::List => names.join(separator),
            Piece::Values { joiner, with_names } => {
                let value = |name: &&str| match *name {
                    name if self.listed_time() == Some(name) => format!("{name}:{time}"),
                    name if *with_names => format!("{name}:1"),
                    _ => "1".to_owned(),
                };
                names.iter().map(value).collect::<Vec<_>>().join(&joiner.to_string())
            }
            Piece::Secret => SECRET.to_owned(),
        };
        let texts: Vec<String> = self.pieces.iter().map(text).collect();
        let mut wire = self
            .wires(&texts, &base)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no request has {texts:?}: {:?}", self.scheme));
        if self.has(|piece| matches!(piece, Piece::Url(_)) && *piece != Piece::Url("{path}")) && wire.query.is_none() {
            wire.query = Some("a=1".to_owned());
        }
        if self.line("{secret|base64}").is_some() {
            self.put(&mut wire, "{secret|base64}", &BASE64.encode(SECRET));
        }
        self.put(&mut wire, "{secret}", SECRET);
        let places = ["{hex}", "{base64"].into_iter().filter(|placeholder| self.line(placeholder).is_some());
        for placeholder in places {
            let mac = self.mac(&texts.concat());
            self.put(&mut wire, placeholder, &mac);
        }
        wire
    }
}
