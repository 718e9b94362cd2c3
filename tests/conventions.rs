//! What Rust's users expect of values: conversions from and to text, words for enums, sources of errors.

use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use hookseal::delivery::{
    Action, DeliveryPolicy, DisableReason, EndpointUrl, EventFilter, FailReason, HealthPolicy, HealthSignal, Jitter,
    Next, Outcome, OutcomePolicy, RetryPolicy, State, Subscription, UrlPolicy, Verdict,
};
use hookseal::idempotency::{Claim, IdempotencyKey, Token};
use hookseal::provider::{Confidence, IdempotencyRule, Provider, TestRule};
use hookseal::receive::Rejection;
use hookseal::{
    ConfigError, Digest, EventType, Key, Keyring, RandomnessError, Secret, SecretForm, SignError, provider,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

const URL: &str = "https://hooks.customer.com/in?v=1";

fn idempotency_key() -> IdempotencyKey {
    let secret = Secret::new("a secret of twenty-some bytes").unwrap();
    let headers = provider::CALLINTEL.signer(secret.clone()).unwrap().sign("evt_1", b"{}").unwrap();
    let verifier = provider::CALLINTEL.verifier(secret).unwrap();
    provider::CALLINTEL.idempotency_key(&verifier.verify(&headers, b"{}").unwrap(), "").unwrap()
}

/// All ways from and to a text that a type with an owned text has.
fn is_a_text<T>(text: &str, wrong: &str)
where
    T: FromStr + for<'a> TryFrom<&'a str> + TryFrom<String> + AsRef<str> + Display + Into<String>,
    T: Clone + Debug + Eq + Hash + std::borrow::Borrow<str> + Serialize + DeserializeOwned,
    <T as FromStr>::Err: Error,
{
    let value: T = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(T::try_from(text).is_ok_and(|other| other == value));
    assert!(T::try_from(text.to_owned()).is_ok_and(|other| other == value));
    assert_eq!((value.as_ref(), value.to_string()), (text, text.to_owned()));
    assert_eq!(value.clone().into(), text);
    assert!(HashSet::from([value.clone()]).contains(text), "{text} is found by its text");
    let json = serde_json::to_string(text).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
    assert!(wrong.parse::<T>().is_err() && T::try_from(wrong).is_err() && T::try_from(wrong.to_owned()).is_err());
    assert!(serde_json::from_str::<T>(&serde_json::to_string(wrong).unwrap()).is_err(), "{wrong:?} from JSON");
}

#[test]
fn texts_convert_as_texts_do() {
    is_a_text::<EndpointUrl>(URL, "http://hooks.customer.com/");
    is_a_text::<IdempotencyKey>(idempotency_key().as_str(), "evt_1");

    let event_type = EventType::try_from("call.completed").unwrap();
    assert_eq!((event_type.as_ref(), event_type.to_string().as_str()), ("call.completed", "call.completed"));
    assert!(HashSet::from([event_type]).contains("call.completed"));
    assert!(BTreeSet::from([event_type]).contains("call.completed"));
    assert!(EventType::try_from("call.*").is_err());
}

#[test]
fn a_filter_is_one_text_with_commas() {
    for (text, canonical) in [
        ("call.completed", "call.completed"),
        (" call.completed ,session.* ", "call.completed,session.*"),
        ("call.completed,call.*", "call.*"),
        ("*", "*"),
    ] {
        let filter: EventFilter = text.parse().unwrap();
        assert_eq!(filter, EventFilter::try_from(text).unwrap());
        assert_eq!(filter.to_string(), canonical);
        assert_eq!(canonical.parse::<EventFilter>().unwrap(), filter);
        assert_eq!(filter.patterns().collect::<Vec<_>>().join(","), canonical);
    }
    for wrong in ["", " ", ",", "call.completed,", "call.completed;session.*", "call completed", "*.completed"] {
        assert!(wrong.parse::<EventFilter>().is_err(), "{wrong:?}");
    }
}

#[test]
fn an_idempotency_key_is_read_in_its_true_form_alone() {
    let key = idempotency_key();
    let (name, digits) = key.as_str().split_once(':').unwrap();
    assert_eq!((name, digits.len()), ("callintel", 64));
    for true_form in [key.to_string(), format!("a:b:{digits}"), format!("ä b:{digits}")] {
        assert_eq!(true_form.parse::<IdempotencyKey>().unwrap().as_str(), true_form);
    }
    for wrong in [
        String::new(),
        "evt_1".to_owned(),
        digits.to_owned(),
        format!(":{digits}"),
        format!("callintel{digits}"),
        format!("callintel:{}", &digits[1..]),
        format!("callintel:0{digits}"),
        format!("callintel:{digits} "),
        format!("callintel:{digits}\n"),
        format!("callintel:{digits}:"),
        format!("callintel:{}A", &digits[1..]),
        format!("callintel:{}g", &digits[1..]),
        format!("callintel:{}é", &digits[2..]),
    ] {
        let error = wrong.parse::<IdempotencyKey>().unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { field: "idempotency_key", .. }), "{wrong:?}: {error}");
        let json = serde_json::to_string(&wrong).unwrap();
        let error = serde_json::from_str::<IdempotencyKey>(&json).unwrap_err();
        assert!(error.to_string().contains("64 hex digits"), "{wrong:?}: {error}");
    }
}

/// A word in files, and the same word in logs.
fn is_a_word<T: Copy + Eq + Hash + Debug + Display + Serialize + DeserializeOwned>(values: &[T]) {
    let distinct: HashSet<T> = values.iter().copied().collect();
    let words: HashSet<String> = values.iter().map(T::to_string).collect();
    assert_eq!((distinct.len(), words.len()), (values.len(), values.len()), "{values:?}");
    for value in values {
        let word = value.to_string();
        assert!(word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'), "{word}");
        let json = serde_json::to_string(&word).unwrap();
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
        assert_eq!(format!("{value:>25}").len(), 25, "{word} is padded");
    }
}

#[test]
fn plain_enums_are_words() {
    is_a_word(&[Digest::Sha256, Digest::Sha512]);
    is_a_word(&[SecretForm::Text, SecretForm::Hex, SecretForm::Base64, SecretForm::Whsec, SecretForm::WhsecOrText]);
    is_a_word(&[Action::Deliver, Action::Retry, Action::Throttle, Action::GiveUp, Action::Disable]);
    is_a_word(&[IdempotencyRule::EventId, IdempotencyRule::SignedId, IdempotencyRule::Body]);
    let reasons = [
        FailReason::Exhausted,
        FailReason::TooOld,
        FailReason::GaveUp,
        FailReason::EndpointGone,
        FailReason::ReplayFailed,
    ];
    is_a_word(&reasons);
    is_a_word(&[
        DisableReason::ConsecutiveFailures,
        DisableReason::FailingFor,
        DisableReason::Gone,
        DisableReason::Paused,
    ]);
    is_a_word(&[
        Confidence::VendorLibrary,
        Confidence::PeerLibrary,
        Confidence::Code,
        Confidence::Documented,
        Confidence::Own,
    ]);
    for state in [State::Pending, State::Delivered, State::Cancelled] {
        assert_eq!(state.to_string(), state.name());
    }
    assert_eq!(State::Failed(FailReason::TooOld).to_string(), "failed:too-old");
    assert_eq!([Key::Current, Key::Previous(2)].map(|key| key.to_string()), ["current", "previous 2"]);
}

#[test]
fn whatever_is_read_from_files_is_written_to_them() {
    fn both<T: Serialize + DeserializeOwned>() {}
    both::<Provider>();
    both::<TestRule>();
    both::<hookseal::Scheme>();
    both::<hookseal::EventShape>();
    both::<DeliveryPolicy>();
    both::<RetryPolicy>();
    both::<Jitter>();
    both::<OutcomePolicy>();
    both::<HealthPolicy>();
    both::<UrlPolicy>();
    both::<EndpointUrl>();
    both::<Subscription>();
    both::<EventFilter>();
}

#[test]
fn small_values_can_be_counted() {
    fn hashes<T: Eq + Hash>() {}
    hashes::<State>();
    hashes::<Key>();
    hashes::<Claim>();
    hashes::<Jitter>();
    hashes::<Verdict>();
    hashes::<Next>();
    hashes::<Outcome<'static>>();
    hashes::<HealthSignal>();
    hashes::<TestRule>();
    hashes::<Token>();
    hashes::<EventFilter>();
    fn compares<T: Eq>() {}
    compares::<Provider>();
    compares::<DeliveryPolicy>();
    assert_eq!(Subscription::new(URL), Subscription::new(URL));
}

#[test]
fn a_keyring_is_made_of_a_list_and_listed() {
    let secrets = |count: usize| (0..count).map(|n| Secret::new(format!("the secret number {n} of some")).unwrap());
    for count in 1..=8 {
        let keys = Keyring::from_secrets(secrets(count)).unwrap();
        let texts: Vec<_> = keys.secrets().filter_map(Secret::expose).map(str::to_owned).collect();
        assert_eq!(texts, secrets(count).filter_map(|s| s.expose().map(str::to_owned)).collect::<Vec<_>>());
        assert_eq!((keys.len(), keys.secrets().len()), (count, count));
    }
    assert_eq!(Keyring::from_secrets([]).unwrap_err(), ConfigError::NoKeys);
    for count in [9, 10, 1000] {
        assert_eq!(Keyring::from_secrets(secrets(count)).unwrap_err(), ConfigError::TooManyKeys { count: 9 });
    }
}

#[test]
fn errors_keep_their_sources_and_stay_comparable() {
    let signer = provider::GITHUB.signer(Secret::new("It's a Secret to Everybody").unwrap()).unwrap();
    let error = |uri: &str| signer.request(uri, "evt_1", "{}").unwrap_err();
    let invalid = error("https://a b/");
    assert!(matches!(invalid, SignError::InvalidUri { .. }));
    let source = invalid.source().expect("a source");
    assert!(source.downcast_ref::<http::Error>().is_some_and(http::Error::is::<http::uri::InvalidUri>), "{source:?}");
    assert_ne!(invalid.to_string(), source.to_string());
    assert_eq!((invalid.clone(), error("https://a b/")), (invalid.clone(), invalid.clone()));
    assert_ne!(error(""), invalid, "another reason");

    let down = || Rejection::unavailable(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    let rejection = down();
    assert!(rejection.source().expect("a source").is::<std::io::Error>());
    assert_eq!(rejection, down());
    assert_ne!(rejection, Rejection::unavailable("no database"));
    assert!(Rejection::unavailable("no database").to_string().ends_with(": no database"));
    let Rejection::Misconfigured { reason } = Rejection::from(ConfigError::EmptySecret) else { panic!("another") };
    assert_eq!(reason.downcast_ref::<ConfigError>(), Some(&ConfigError::EmptySecret));
    assert_eq!(Rejection::from(ConfigError::EmptySecret).to_string(), "the secret is empty");
}

#[test]
fn per_request_paths_fail_for_want_of_randomness_alone() {
    let id: Result<String, RandomnessError> = hookseal::event_id("evt_");
    let token: Result<Token, RandomnessError> = Token::random();
    let test_id: Result<Option<String>, RandomnessError> = provider::KLANG.test_id();
    assert!(id.is_ok() && token.is_ok() && test_id.is_ok());
}

#[test]
fn public_dependencies_are_re_exported() {
    fn same<T>(_: T, _: T) {}
    same(hookseal::http::StatusCode::OK, http::StatusCode::OK);
    same(hookseal::time::OffsetDateTime::UNIX_EPOCH, time::OffsetDateTime::UNIX_EPOCH);
    same(hookseal::serde_json::Value::Null, serde_json::Value::Null);
    let mut intake = hookseal::receive::Intake::<()>::refused(Rejection::UnknownTenant);
    intake.push(hookseal::bytes::Bytes::from_static(b"{}"));
}
