//! Text as mistakes leave it.

/// White space, and what nobody sees either.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{ad}')
}

/// Their names, each once.
pub(super) fn invisible_names(text: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    for c in text.chars() {
        let name = match c {
            '\n' => "a line feed (\\n)".to_owned(),
            '\r' => "a carriage return (\\r)".to_owned(),
            '\t' => "a tab".to_owned(),
            ' ' => "a blank".to_owned(),
            '\u{a0}' => "a non-breaking space".to_owned(),
            '\u{feff}' => "a byte order mark".to_owned(),
            '\u{200b}' => "a zero-width space".to_owned(),
            c if is_invisible(c) => format!("U+{:04X}", u32::from(c)),
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" and ")
}

/// A text as a program printed it: a list of one (`[…]`, `['…']`, `("…",)`), bytes (`b'…'`). `None` for any other, also for
/// one that is only in quotation marks.
pub(super) fn printed(text: &str) -> Option<String> {
    let mut rest = text.trim();
    let (mut is_marked, mut quote) = (false, None);
    for _ in 0..3 {
        let list = [('[', ']'), ('(', ')')]
            .into_iter()
            .find_map(|(open, close)| rest.strip_prefix(open)?.strip_suffix(close).map(str::trim));
        if let Some(inner) = list {
            (rest, is_marked) = (inner.strip_suffix(',').unwrap_or(inner).trim(), true);
            continue;
        }
        let bare = rest.strip_prefix(['b', 'u']).unwrap_or(rest);
        let quoted =
            ['"', '\''].into_iter().find_map(|quote| Some((quote, bare.strip_prefix(quote)?.strip_suffix(quote)?)));
        let Some((mark, inner)) = quoted else { break };
        is_marked |= bare.len() < rest.len();
        (rest, quote) = (inner, Some(mark));
    }
    (is_marked && !rest.is_empty()).then(|| match quote {
        Some(quote) => rest.replace(&format!("\\{quote}"), &quote.to_string()).replace("\\\\", "\\"),
        None => rest.to_owned(),
    })
}

/// The names of U+00A0 to U+00FF in HTML.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 \
    acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig \
    Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave \
    Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave \
    iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/// The names of U+0391 to U+03C9; `-` where there is none.
const GREEK: &str = "Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho - Sigma Tau \
    Upsilon Phi Chi Psi Omega - - - - - - - alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi \
    rho sigmaf sigma tau upsilon phi chi psi omega";

/// The names of others that texts have.
const OTHERS: [(&str, char); 46] = [
    ("quot", '"'),
    ("amp", '&'),
    ("apos", '\''),
    ("lt", '<'),
    ("gt", '>'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
    ("Zcaron", 'Ž'),
    ("zcaron", 'ž'),
    ("Lstrok", 'Ł'),
    ("lstrok", 'ł'),
    ("Nacute", 'Ń'),
    ("nacute", 'ń'),
    ("Sacute", 'Ś'),
    ("sacute", 'ś'),
    ("Zacute", 'Ź'),
    ("zacute", 'ź'),
    ("Zdot", 'Ż'),
    ("zdot", 'ż'),
    ("circ", 'ˆ'),
    ("tilde", '˜'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("bull", '•'),
    ("hellip", '…'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("euro", '€'),
    ("trade", '™'),
    ("hearts", '♥'),
];

/// A text whose characters were escaped for HTML.
pub(super) fn html_unescaped(text: &str) -> String {
    with_references(text, |_, _| true)
}

/// A text in which characters beyond ASCII were replaced by their numbers (`&#233;`), and no others.
pub(super) fn numbers_unescaped(text: &str) -> String {
    with_references(text, |name, c| name.starts_with('#') && !c.is_ascii())
}

/// A text with the character for each reference that is accepted; a reference has its name and its character.
fn with_references(text: &str, accepts: impl Fn(&str, char) -> bool) -> String {
    let mut new = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (front, after) = rest.split_at(at);
        new.push_str(front);
        let name = after.get(1..).and_then(|name| name.get(..name.bytes().take(12).position(|c| c == b';')?));
        match name.and_then(|name| Some((name, referenced(name)?))).filter(|(name, c)| accepts(name, *c)) {
            Some((name, c)) => {
                new.push(c);
                rest = after.get(name.len() + 2..).unwrap_or_default();
            }
            None => {
                new.push('&');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    new + rest
}

fn referenced(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        return char::from_u32(hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?);
    }
    let listed = |names: &str, first: u32| {
        let place = names.split_whitespace().position(|known| known == name)?;
        char::from_u32(first + u32::try_from(place).ok()?)
    };
    let other = OTHERS.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    other.or_else(|| listed(LATIN, 0xa0)).or_else(|| listed(GREEK, 0x391))
}

/// Combining marks, the letters that take them, and the two in one character: what scripts of Europe use.
const MARKS: [(char, &str, &str); 11] = [
    ('\u{300}', "AEIOUaeiouNn", "ÀÈÌÒÙàèìòùǸǹ"),
    ('\u{301}', "AEIOUYaeiouyCLNRSZclnrszΑΕΗΙΟΥΩαεηιουω", "ÁÉÍÓÚÝáéíóúýĆĹŃŔŚŹćĺńŕśźΆΈΉΊΌΎΏάέήίόύώ"),
    ('\u{302}', "AEIOUaeiouCGHJSWYcghjswy", "ÂÊÎÔÛâêîôûĈĜĤĴŜŴŶĉĝĥĵŝŵŷ"),
    ('\u{303}', "ANOanoIUiu", "ÃÑÕãñõĨŨĩũ"),
    ('\u{304}', "AEIOUaeiou", "ĀĒĪŌŪāēīōū"),
    ('\u{306}', "AEGIOUaegiouИи", "ĂĔĞĬŎŬăĕğĭŏŭЙй"),
    ('\u{307}', "CEGIZcegz", "ĊĖĠİŻċėġż"),
    ('\u{308}', "AEIOUYaeiouyЕеІіΙΥιυ", "ÄËÏÖÜŸäëïöüÿЁёЇїΪΫϊϋ"),
    ('\u{30a}', "AUau", "ÅŮåů"),
    ('\u{30c}', "CDENRSTZcdenrsz", "ČĎĚŇŘŠŤŽčďěňřšž"),
    ('\u{327}', "CGKLNRSTcklnrst", "ÇĢĶĻŅŖŞŢçķļņŗşţ"),
];

/// The text with each letter and its mark in one character (NFC), for the letters above.
pub(super) fn composed(text: &str) -> String {
    let mut new = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            new.push(c);
            continue;
        }
        let mark = MARKS.iter().find(|(mark, ..)| *mark == c);
        let whole = mark.and_then(|(_, bases, wholes)| {
            let place = bases.chars().position(|base| new.ends_with(base))?;
            wholes.chars().nth(place)
        });
        if whole.is_some() {
            new.pop();
        }
        new.push(whole.unwrap_or(c));
    }
    new
}

/// The text with each letter apart from its mark (NFD), for the letters above.
pub(super) fn decomposed(text: &str) -> String {
    let mut new = String::with_capacity(text.len());
    for c in text.chars() {
        let apart = |(mark, bases, wholes): &(char, &str, &str)| {
            let place = wholes.chars().position(|whole| whole == c)?;
            Some((bases.chars().nth(place)?, *mark))
        };
        match (!c.is_ascii()).then(|| MARKS.iter().find_map(apart)).flatten() {
            Some((base, mark)) => new.extend([base, mark]),
            None => new.push(c),
        }
    }
    new
}

/// The characters of Windows-1252 from 0x80 to 0x9f; those that it does not have are control characters, as in Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Bytes that were read as Latin-1, or as Windows-1252, and written as UTF-8: the bytes again.
pub(super) fn reread(body: &[u8], windows: bool) -> Option<Vec<u8>> {
    let byte = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte) if !(windows && (0x80..0xa0).contains(&byte) && WINDOWS[usize::from(byte - 0x80)] != c) => Some(byte),
        _ if windows => WINDOWS.iter().position(|known| *known == c).and_then(|place| u8::try_from(place + 0x80).ok()),
        _ => None,
    };
    std::str::from_utf8(body).ok()?.chars().map(byte).collect()
}

/// Bytes of Latin-1 or Windows-1252, written as UTF-8.
pub(super) fn widened(body: &[u8], windows: bool) -> Vec<u8> {
    let wide = |byte: &u8| match byte {
        0x80..0xa0 if windows => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    };
    body.iter().map(wide).collect::<String>().into_bytes()
}
