//! Which ids reach a source. They come from senders that nobody has authenticated yet.

use crate::error::ConfigError;

/// The longest id of a key in a set, and the longest URL.
const MAX_ID: usize = 512;
/// The longest plain id.
const MAX_PLAIN: usize = 128;

/// What the ids of a source's keys look like.
#[derive(Clone, Debug)]
pub(super) enum Ids {
    /// Any text: the source is never asked for a certain id.
    InSet,
    /// Letters, digits and `._:=-`: nothing that would change the meaning of a URL or a path.
    Plain,
    /// URLs of this host. A `*` is one label of it.
    Url(String),
}

impl Ids {
    pub(super) fn url(host: &str) -> Result<Ids, ConfigError> {
        let is_label =
            |label: &str| label == "*" || !label.is_empty() && label.bytes().all(|c| is_lower(c) || c == b'-');
        let (mut labels, count) = (host.split('.').rev(), host.split('.').count());
        // Whoever pins `*.com` or `*` has pinned nothing.
        let is_pinned = count >= 2 && labels.by_ref().take(2).all(|label| label != "*" && is_label(label));
        match is_pinned && labels.all(is_label) {
            true => Ok(Ids::Url(host.to_owned())),
            false => Err(ConfigError::Invalid {
                field: "host",
                piece: host.to_owned(),
                problem: "is not a host name in lower case, in which `*` may be a label other than the last two",
            }),
        }
    }

    pub(super) fn allow(&self, id: &str) -> bool {
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"._:=-".contains(&c);
        match self {
            Ids::InSet => (1..=MAX_ID).contains(&id.len()),
            Ids::Plain => (1..=MAX_PLAIN).contains(&id.len()) && id.bytes().all(plain) && !matches!(id, "." | ".."),
            Ids::Url(host) => id.len() <= MAX_ID && is_url_of(id, host),
        }
    }
}

/// Whether a text is a plain `https` URL of a host. What different programs could read differently is refused: user info, a
/// port, a query, a fragment, escapes, backslashes, empty steps and those of dots.
fn is_url_of(text: &str, pinned: &str) -> bool {
    let Some((host, path)) = text.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else { return false };
    let (labels, pinned) = (host.split('.'), pinned.split('.'));
    let fits = |(label, pinned): (&str, &str)| match pinned {
        "*" => !label.is_empty() && label.bytes().all(|c| is_lower(c) || c == b'-'),
        _ => label == pinned,
    };
    let is_step = |step: &str| {
        !matches!(step, "" | "." | "..") && step.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
    };
    labels.clone().count() == pinned.clone().count() && labels.zip(pinned).all(fits) && path.split('/').all(is_step)
}

fn is_lower(c: u8) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_reach_a_source() {
        for id in ["k1", "d2f1-a_b".replace('_', "-").as_str(), "a.b:c=", &"a".repeat(128)] {
            assert!(Ids::Plain.allow(id), "{id}");
        }
        let long = "a".repeat(129);
        for id in ["", ".", "..", "a/b", "../a", "a?b", "a#b", "a%2f", "a b", "a\\b", "a@b", "é", "a\n", &long] {
            assert!(!Ids::Plain.allow(id), "{id:?}");
        }
    }

    #[test]
    fn a_key_in_a_set_has_any_short_id() {
        for id in ["Ab+/9w==", "..", "https://keys.acme.example/?k=1", "a b", "é", "a\n", &"a".repeat(512)] {
            assert!(Ids::InSet.allow(id), "{id:?}");
        }
        for id in ["", &"a".repeat(513)] {
            assert!(!Ids::InSet.allow(id), "{id:?}");
        }
    }

    #[test]
    fn a_url_is_one_of_the_pinned_host() {
        let ids = Ids::url("sns.*.amazonaws.com").unwrap();
        for url in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.x.amazonaws.com/a/b.pem",
        ] {
            assert!(ids.allow(url), "{url}");
        }
        for url in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "HTTPS://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com",
            "https://sns.us-east-1.amazonaws.com/",
            "https://sns.us-east-1.amazonaws.com:443/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/sns.us-east-1.amazonaws.com/a.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.evil.example/.amazonaws.com/a.pem",
            "https://sns.a.b.amazonaws.com/a.pem",
            "https://sns..amazonaws.com/a.pem",
            "https://SNS.us-east-1.amazonaws.com/a.pem",
            "https://a@sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
            "https://evil.example#.us-east-1.amazonaws.com/a.pem",
            "https://evil.example\\.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem?x=1",
            "https://sns.us-east-1.amazonaws.com/a.pem#x",
            "https://sns.us-east-1.amazonaws.com/../a.pem",
            "https://sns.us-east-1.amazonaws.com/./a.pem",
            "https://sns.us-east-1.amazonaws.com//evil.example/a.pem",
            "https://sns.us-east-1.amazonaws.com/%2e%2e/a.pem",
            "https://sns.us-east-1.amazonaws.com/a\\b.pem",
            "https://sns.us-east-1.amazonaws.com/a b.pem",
            "https:///a.pem",
            "//sns.us-east-1.amazonaws.com/a.pem",
            "/a.pem",
            "",
        ] {
            assert!(!ids.allow(url), "{url}");
        }
        assert!(!ids.allow(&format!("https://sns.x.amazonaws.com/{}", "a".repeat(600))));
        for host in
            ["", "com", "*", "*.com", "a.*.com", "*.*", "https://a.com", "a.com:443", "a.com/", "A.com", "a..com"]
        {
            assert_eq!(Ids::url(host).is_ok(), host == "a.b.com", "{host}");
        }
    }
}
