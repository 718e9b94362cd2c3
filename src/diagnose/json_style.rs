//! The ways in which programs write JSON.

use super::json::Json;

/// What is between and around values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// `{"a":1,"b":2}`
    Compact,
    /// `{"a": 1, "b": 2}`
    Spaced,
    /// A line for each value.
    Lines(&'static str),
    /// The same, indented by two blanks, with an empty line in an empty array.
    Ruby,
    /// Lines for objects, `[ 1, 2 ]` for arrays, ` : ` after names.
    Jackson,
}

/// How characters beyond ASCII are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unicode {
    Raw,
    Lower,
    Upper,
}

/// Which characters of HTML are escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Html {
    None,
    /// `&`, as Shopify.
    Ampersand,
    /// `<`, `>` and `&`, as Rails and Go.
    Tags,
    /// These, `=` and `'`, as Gson.
    Gson,
    /// These and quotation marks, as PHP with `JSON_HEX_*` and System.Text.Json.
    All,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Style {
    pub(super) layout: Layout,
    /// `/` as `\/`.
    pub(super) slash: bool,
    pub(super) unicode: Unicode,
    pub(super) html: Html,
    /// U+2028 and U+2029 are escaped.
    pub(super) line_separators: bool,
    pub(super) sorted: bool,
}

impl Style {
    pub(super) const PLAIN: Style = Style {
        layout: Layout::Compact,
        slash: false,
        unicode: Unicode::Raw,
        html: Html::None,
        line_separators: false,
        sorted: false,
    };

    /// The writers that senders use.
    pub(super) const KNOWN: [(Style, &'static str); 20] = {
        const P: Style = Style::PLAIN;
        [
            (P, "JSON.stringify"),
            (Style { layout: Layout::Ruby, ..P }, "Ruby's JSON.pretty_generate"),
            (Style { layout: Layout::Lines("  "), ..P }, "JSON.stringify(…, null, 2)"),
            (Style { layout: Layout::Spaced, unicode: Unicode::Lower, ..P }, "Python's json.dumps"),
            (Style { slash: true, unicode: Unicode::Lower, ..P }, "PHP's json_encode"),
            (Style { unicode: Unicode::Lower, ..P }, "Python's json.dumps with compact separators"),
            (Style { html: Html::Tags, line_separators: true, ..P }, "Rails' to_json, Go's json.Marshal"),
            (Style { slash: true, html: Html::Ampersand, ..P }, "Shopify"),
            (Style { slash: true, ..P }, "PHP with JSON_UNESCAPED_UNICODE"),
            (Style { layout: Layout::Spaced, ..P }, "json.dumps with ensure_ascii=False"),
            (
                Style { layout: Layout::Lines("    "), slash: true, unicode: Unicode::Lower, ..P },
                "PHP with JSON_PRETTY_PRINT",
            ),
            (Style { layout: Layout::Lines("    "), ..P }, "an indent of four blanks"),
            (Style { layout: Layout::Lines("\t"), ..P }, "an indent of tabs"),
            (Style { layout: Layout::Lines("  "), unicode: Unicode::Lower, ..P }, "json.dumps with indent=2"),
            (Style { sorted: true, ..P }, "sorted keys, compact"),
            (Style { layout: Layout::Spaced, unicode: Unicode::Lower, sorted: true, ..P }, "json.dumps with sort_keys"),
            (Style { unicode: Unicode::Lower, sorted: true, ..P }, "compact json.dumps with sort_keys"),
            (Style { unicode: Unicode::Upper, html: Html::All, ..P }, "System.Text.Json"),
            (Style { line_separators: true, ..P }, "escaped line separators"),
            (Style { layout: Layout::Jackson, ..P }, "Jackson's pretty printer"),
        ]
    };

    /// Every combination that makes a difference for a text.
    pub(super) fn grid(text: &[u8]) -> impl Iterator<Item = Style> + use<> {
        let text = String::from_utf8_lossy(text);
        let has = |found: bool, all: &'static [bool]| if found { all } else { &all[..1] };
        let slashes = has(text.contains('/'), &[false, true]);
        let is_wide = !text.is_ascii() || text.contains("\\u");
        let unicodes: &[Unicode] =
            if is_wide { &[Unicode::Raw, Unicode::Lower, Unicode::Upper] } else { &[Unicode::Raw] };
        let is_html = text.contains(['<', '>', '&', '\'', '=']) || text.contains("\\u00");
        let htmls: &[Html] =
            if is_html { &[Html::None, Html::Tags, Html::Ampersand, Html::Gson, Html::All] } else { &[Html::None] };
        let separators = has(text.contains(['\u{2028}', '\u{2029}']) || text.contains("\\u202"), &[false, true]);
        const LAYOUTS: [Layout; 9] = [
            Layout::Compact,
            Layout::Spaced,
            Layout::Lines("  "),
            Layout::Lines("    "),
            Layout::Lines("\t"),
            Layout::Lines(" "),
            Layout::Lines("   "),
            Layout::Ruby,
            Layout::Jackson,
        ];
        let mut styles = Vec::new();
        for sorted in [false, true] {
            for layout in LAYOUTS {
                for &unicode in unicodes {
                    for &slash in slashes {
                        for &html in htmls {
                            for &line_separators in separators {
                                styles.push(Style { layout, slash, unicode, html, line_separators, sorted });
                            }
                        }
                    }
                }
            }
        }
        styles.into_iter()
    }

    /// In words, for a person.
    pub(super) fn describe(&self) -> String {
        let layout = match self.layout {
            Layout::Compact => "compact",
            Layout::Spaced => "with blanks after `:` and `,`",
            Layout::Lines("  ") => "indented by two blanks",
            Layout::Lines("    ") => "indented by four blanks",
            Layout::Lines("\t") => "indented by tabs",
            Layout::Lines(_) => "indented",
            Layout::Ruby => "indented by two blanks, with an empty line in an empty array",
            Layout::Jackson => "indented, with blanks around `:` and in brackets",
        };
        let mut text = layout.to_owned();
        if self.slash {
            text += ", `/` as `\\/`";
        }
        match self.unicode {
            Unicode::Raw => {}
            Unicode::Lower => text += ", characters beyond ASCII as `\\u00e9`",
            Unicode::Upper => text += ", characters beyond ASCII as `\\u00E9`",
        }
        match self.html {
            Html::None => {}
            Html::Ampersand => text += ", `&` as `\\u0026`",
            Html::Tags => text += ", `<`, `>` and `&` as `\\u003c` and so on",
            Html::Gson => text += ", `<`, `>`, `&`, `=` and `'` escaped",
            Html::All => text += ", `<`, `>`, `&` and quotation marks escaped",
        }
        if self.sorted {
            text += ", with sorted keys";
        }
        text
    }

    pub(super) fn write(&self, value: &Json) -> Vec<u8> {
        let mut text = String::new();
        self.value(value, 0, &mut text);
        text.into_bytes()
    }

    fn value(&self, value: &Json, depth: usize, text: &mut String) {
        match value {
            Json::Null => text.push_str("null"),
            Json::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) => text.push_str(number),
            Json::Text(string) => self.string(string, text),
            Json::Array(items) if items.is_empty() => match self.layout {
                Layout::Ruby => {
                    text.push_str("[\n");
                    self.line(depth, text);
                    text.push(']');
                }
                Layout::Jackson => text.push_str("[ ]"),
                _ => text.push_str("[]"),
            },
            Json::Array(items) if self.layout == Layout::Jackson => {
                text.push('[');
                for (place, item) in items.iter().enumerate() {
                    text.push_str(if place > 0 { ", " } else { " " });
                    self.value(item, depth, text);
                }
                text.push_str(" ]");
            }
            Json::Array(items) => {
                text.push('[');
                for (place, item) in items.iter().enumerate() {
                    self.gap(place, depth + 1, text);
                    self.value(item, depth + 1, text);
                }
                self.line(depth, text);
                text.push(']');
            }
            Json::Object(members) if members.is_empty() => {
                text.push_str(if self.layout == Layout::Jackson { "{ }" } else { "{}" });
            }
            Json::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                if self.sorted {
                    members.sort_by(|a, b| a.name.cmp(&b.name));
                }
                text.push('{');
                for (place, member) in members.into_iter().enumerate() {
                    self.gap(place, depth + 1, text);
                    self.string(&member.name, text);
                    text.push_str(match self.layout {
                        Layout::Compact => ":",
                        Layout::Jackson => " : ",
                        _ => ": ",
                    });
                    self.value(&member.value, depth + 1, text);
                }
                self.line(depth, text);
                text.push('}');
            }
        }
    }

    fn gap(&self, place: usize, depth: usize, text: &mut String) {
        if place > 0 {
            text.push_str(if self.layout == Layout::Spaced { ", " } else { "," });
        }
        self.line(depth, text);
    }

    fn line(&self, depth: usize, text: &mut String) {
        let indent = match self.layout {
            Layout::Lines(indent) => Some(indent),
            Layout::Ruby | Layout::Jackson => Some("  "),
            Layout::Compact | Layout::Spaced => None,
        };
        if let Some(indent) = indent {
            text.push('\n');
            (0..depth).for_each(|_| text.push_str(indent));
        }
    }

    fn string(&self, string: &str, text: &mut String) {
        text.push('"');
        for c in string.chars() {
            match c {
                '"' if self.html == Html::All => self.escape(c, text),
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\u{8}' => text.push_str("\\b"),
                '\u{c}' => text.push_str("\\f"),
                '\u{0}'..='\u{1f}' => self.escape(c, text),
                '/' if self.slash => text.push_str("\\/"),
                '<' | '>' if matches!(self.html, Html::Tags | Html::Gson | Html::All) => self.escape(c, text),
                '&' if self.html != Html::None => self.escape(c, text),
                '\'' | '=' if self.html == Html::Gson => self.escape(c, text),
                '\'' | '+' | '`' if self.html == Html::All => self.escape(c, text),
                '\u{2028}' | '\u{2029}' if self.line_separators => self.escape(c, text),
                c if c.is_ascii() || self.unicode == Unicode::Raw => text.push(c),
                c => self.escape(c, text),
            }
        }
        text.push('"');
    }

    fn escape(&self, c: char, text: &mut String) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            text.push_str(&match self.unicode {
                Unicode::Upper => format!("\\u{unit:04X}"),
                _ => format!("\\u{unit:04x}"),
            });
        }
    }
}
