//! A command of curl, as browsers and tools copy it.

use hookseal::diagnose::Captured;

pub(super) fn parse(text: &str) -> Result<Captured, String> {
    let words = words(text)?;
    let (mut method, mut url, mut body) = (None, None, None::<Vec<u8>>);
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut words = words.into_iter().skip(1);
    while let Some(word) = words.next() {
        let (option, attached) = match word.strip_prefix("--").and_then(|long| long.split_once('=')) {
            Some((long, value)) => (format!("--{long}"), Some(value.to_owned())),
            None => (word.clone(), None),
        };
        let mut value = || attached.clone().or_else(|| words.next()).ok_or_else(|| format!("`{option}` has no value"));
        match option.as_str() {
            "-X" | "--request" => method = Some(value()?),
            "--url" => url = Some(value()?),
            "-H" | "--header" => {
                let line = value()?;
                let (name, text) = line.split_once(':').ok_or("a header has no colon")?;
                headers.push((name.trim().to_owned(), text.trim().to_owned()));
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" | "--json" => {
                let text = value()?;
                if text.starts_with('@') && option != "--data-raw" {
                    return Err("the body is in another file: capture the request in another form".to_owned());
                }
                let body = body.get_or_insert_with(Vec::new);
                if !body.is_empty() {
                    body.push(b'&');
                }
                body.extend_from_slice(text.as_bytes());
            }
            "-A" | "--user-agent" => headers.push(("User-Agent".to_owned(), value()?)),
            "-b" | "--cookie" | "-u" | "--user" | "-o" | "--output" | "-m" | "--max-time" | "-e" | "--referer" => {
                value()?;
            }
            flag if flag.starts_with('-') => {}
            _ => url = Some(word),
        }
    }
    let url = url.ok_or("the command has no URL")?;
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    Ok(Captured::new(method, url, headers, body.unwrap_or_default()))
}

/// The words of a shell command: `'…'`, `"…"`, `$'…'` and backslashes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut rest = text.chars().peekable();
    let open = || "a quotation mark is not closed".to_owned();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('\n') => {}
                Some('\r') if rest.peek() == Some(&'\n') => {
                    rest.next();
                }
                Some(c) => word.get_or_insert_default().push(c),
                None => {}
            },
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next().ok_or_else(open)? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next().ok_or_else(open)? {
                        '"' => break,
                        '\\' => match rest.next().ok_or_else(open)? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            '\n' => {}
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '$' if rest.peek() == Some(&'\'') => {
                rest.next();
                let word = word.get_or_insert_default();
                loop {
                    match rest.next().ok_or_else(open)? {
                        '\'' => break,
                        '\\' => match rest.next().ok_or_else(open)? {
                            'n' => word.push('\n'),
                            'r' => word.push('\r'),
                            't' => word.push('\t'),
                            mark @ ('u' | 'x') => {
                                let length = if mark == 'u' { 4 } else { 2 };
                                let digits: String = rest.by_ref().take(length).collect();
                                let code = u32::from_str_radix(&digits, 16).map_err(|_| "an escape is not hex")?;
                                word.extend(char::from_u32(code));
                            }
                            c => word.push(c),
                        },
                        c => word.push(c),
                    }
                }
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}
