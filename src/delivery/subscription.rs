use std::collections::HashSet;
use std::fmt;

use http::{Response, Uri};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::endpoint_check::EndpointCheck;
use super::event_filter::EventFilter;
use super::retry::RetryPolicy;
use crate::error::SignError;
use crate::event::Event;
use crate::event_type::EventType;
use crate::handshake::Handshake;
use crate::sign::Signer;

/// An endpoint and the events to which it subscribes, as a platform stores them. The JSON form is CallIntel's.
///
/// ```
/// use hookseal::delivery::Subscription;
///
/// let json = r#"{"url":"https://your-domain.com/webhooks","events":["call.completed"],"filters":{"direction":"outbound","status":"completed","min_duration":60}}"#;
/// let subscription: Subscription = serde_json::from_str(json)?;
/// assert!(subscription.active, "unless the JSON says otherwise");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Subscription {
    /// The URL to which events are sent.
    pub url: String,
    /// The event types to which it subscribes: all of them if it names none.
    #[serde(default)]
    pub events: EventFilter,
    /// Whether the owner wants events to be sent at all. The platform pauses an endpoint separately, in
    /// [`EndpointHealth`](super::EndpointHealth). Send only if both allow it. If your platform asks its endpoints first, set it
    /// with [`activate`](Self::activate).
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
    /// Conditions on the data.
    #[serde(default, skip_serializing_if = "DataFilter::is_empty")]
    pub filters: DataFilter,
    /// A retry policy that replaces the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
    /// The timeout of an attempt, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
}

impl Subscription {
    /// A subscription to all events.
    ///
    /// ```
    /// use hookseal::Event;
    /// use hookseal::delivery::Subscription;
    /// use serde_json::value::to_raw_value;
    ///
    /// let subscriptions = [Subscription::new("https://one.example/"), Subscription::new("https://two.example/")];
    /// let data = to_raw_value(&7)?;
    /// let event = Event::new("call.completed", &*data);
    /// let told: Vec<_> = subscriptions.iter().filter(|subscription| subscription.wants(&event)).collect();
    /// assert_eq!(told.len(), 2);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn new(url: impl Into<String>) -> Subscription {
        Subscription {
            url: url.into(),
            events: EventFilter::all(),
            active: true,
            filters: DataFilter::default(),
            retry_policy: None,
            timeout: None,
        }
    }

    /// A question to this endpoint, for [`activate`](Self::activate). If the customer chose a verify token, use
    /// [`EndpointCheck::new_with_token`] instead.
    ///
    /// # Errors
    /// The same errors as [`EndpointCheck::new`], and [`SignError::InvalidUri`] for a URL that is none.
    ///
    /// ```
    /// use hookseal::delivery::Subscription;
    /// use hookseal::{Handshake, Secret, provider};
    ///
    /// const PING: Handshake = Handshake::new(":method: GET\n?challenge: {challenge:token}", "{challenge}");
    ///
    /// let signer = provider::KLANG.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// let check = Subscription::new("https://hooks.customer.com/acme").check(&PING, &signer)?;
    /// assert!(check.request().uri().to_string().starts_with("https://hooks.customer.com/acme?challenge="));
    /// assert!(Subscription::new("not a URL").check(&PING, &signer).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, handshake: &Handshake, signer: &Signer) -> Result<EndpointCheck, SignError> {
        let uri = self.url.parse::<Uri>().map_err(SignError::invalid_uri)?;
        EndpointCheck::new(handshake, &uri, signer)
    }

    /// Activates the subscription if this is the right answer to a question about its URL, and deactivates it otherwise.
    /// Returns whether it is active.
    ///
    /// Call it before the first delivery, and again when the customer changes the URL: an answer to a question about another
    /// URL is not right.
    ///
    /// ```
    /// use hookseal::delivery::Subscription;
    /// use hookseal::{Handshake, Secret, provider};
    /// use http::Response;
    ///
    /// const PING: Handshake = Handshake::new(":method: GET\n?challenge: {challenge:token}", "{challenge}");
    ///
    /// let signer = provider::KLANG.signer(Secret::new("a secret of twenty-some bytes")?)?;
    /// let mut subscription = Subscription::new("https://hooks.customer.com/acme");
    /// let check = subscription.check(&PING, &signer)?;
    /// assert!(!subscription.activate(&check, &Response::new("welcome")), "any server answers something");
    ///
    /// // The endpoint repeats the challenge.
    /// let challenge = check.request().uri().query().and_then(|query| query.strip_prefix("challenge=")).unwrap_or_default();
    /// assert!(subscription.activate(&check, &Response::new(challenge)));
    ///
    /// subscription.url = "https://hooks.customer.com/other".to_owned();
    /// assert!(!subscription.activate(&check, &Response::new(challenge)), "it was asked elsewhere");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn activate<B: AsRef<[u8]>>(&mut self, check: &EndpointCheck, answer: &Response<B>) -> bool {
        let is_here = self.url.parse::<Uri>().is_ok_and(|uri| uri == *check.uri());
        self.active = is_here && check.is_passed(answer);
        self.active
    }

    /// Whether an event should be sent to this endpoint: the subscription is active, its event filter matches the type,
    /// and its data filter matches the data. The result is `false` for an event whose type is not a valid
    /// [`EventType`].
    ///
    /// ```
    /// use hookseal::Event;
    /// use hookseal::delivery::Subscription;
    /// use serde_json::value::to_raw_value;
    ///
    /// let mut subscription = Subscription::new("https://example.com/hooks");
    /// let data = to_raw_value(&7)?;
    /// assert!(subscription.wants(&Event::new("call.completed", &*data)));
    /// subscription.active = false;
    /// assert!(!subscription.wants(&Event::new("call.completed", &*data)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn wants(&self, event: &Event<'_>) -> bool {
        let typed = EventType::new(event.event_type()).is_ok_and(|event_type| self.events.matches(event_type));
        self.active && typed && self.filters.matches(event.data())
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_true(value: &bool) -> bool {
    *value
}

/// Conditions on an event's data, all of which must hold.
///
/// `min_X` and `max_X` compare the number `X`; any other key compares a string, number or boolean for equality. A key
/// `X` means the field `X`, or `X_seconds` if there is no `X`. A missing field or a value of another type does not
/// match, and is never an error. More than 256 conditions are an error when the filter is read. This is CallIntel's
/// filter, not a query language.
///
/// ```
/// use hookseal::delivery::DataFilter;
///
/// let filter: DataFilter = serde_json::from_str(r#"{"direction":"outbound","min_duration":60}"#)?;
/// let data = serde_json::from_str(r#"{"direction":"outbound","duration_seconds":345}"#)?;
/// assert!(filter.matches(data));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataFilter {
    /// The conditions, in the order of the file.
    conditions: Vec<(String, Value)>,
}

/// A filter is a customer's text, and the data of every event is compared with all of it.
const MAX_CONDITIONS: usize = 256;

impl DataFilter {
    /// Whether there are no conditions.
    ///
    /// ```
    /// assert!(hookseal::delivery::DataFilter::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether the data meets all conditions.
    ///
    /// ```
    /// use hookseal::delivery::DataFilter;
    ///
    /// let filter: DataFilter = serde_json::from_str(r#"{"max_cost":10}"#)?;
    /// assert!(filter.matches(serde_json::from_str(r#"{"cost":9.5}"#)?));
    /// assert!(!filter.matches(serde_json::from_str(r#"{"cost":"9.5"}"#)?));
    /// assert!(!filter.matches(serde_json::from_str("[]")?));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn matches(&self, data: &RawValue) -> bool {
        self.matches_with(data, |field| format!("{field}_seconds"))
    }

    /// Like [`matches`](Self::matches), with your own fallback name for fields that the data names differently.
    ///
    /// ```
    /// use hookseal::delivery::DataFilter;
    ///
    /// let filter: DataFilter = serde_json::from_str(r#"{"min_duration":60}"#)?;
    /// let data = serde_json::from_str(r#"{"length":61}"#)?;
    /// assert!(filter.matches_with(data, |_| "length".to_owned()));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn matches_with(&self, data: &RawValue, second_name: impl Fn(&str) -> String) -> bool {
        if self.is_empty() {
            return true;
        }
        let Ok(Value::Object(data)) = serde_json::from_str(data.get()) else { return false };
        let field = |name: &str| data.get(name).or_else(|| data.get(&second_name(name)));
        self.conditions.iter().all(|(key, wanted)| {
            if let Some(found) = key.strip_prefix("min_").and_then(field) {
                return compare(found, wanted).is_some_and(|order| order.is_ge());
            }
            if let Some(found) = key.strip_prefix("max_").and_then(field) {
                return compare(found, wanted).is_some_and(|order| order.is_le());
            }
            field(key).is_some_and(|found| equal(found, wanted))
        })
    }
}

fn equal(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Number(_), Value::Number(_)) => compare(found, wanted).is_some_and(|order| order.is_eq()),
        (Value::String(_) | Value::Bool(_), _) => found == wanted,
        _ => false,
    }
}

/// Compares 64-bit integers exactly, and any other numbers in floating point.
fn compare(found: &Value, wanted: &Value) -> Option<std::cmp::Ordering> {
    let integer = |value: &Value| value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    match (integer(found), integer(wanted)) {
        (Some(found), Some(wanted)) => Some(found.cmp(&wanted)),
        _ => found.as_f64()?.partial_cmp(&wanted.as_f64()?),
    }
}

impl Serialize for DataFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.conditions.len()))?;
        for (key, value) in &self.conditions {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for DataFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DataFilter, D::Error> {
        struct FilterVisitor;

        impl<'de> Visitor<'de> for FilterVisitor {
            type Value = DataFilter;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("conditions on the data")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DataFilter, A::Error> {
                let mut conditions: Vec<(String, Value)> = Vec::new();
                let mut known = HashSet::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    let bound = key.starts_with("min_") || key.starts_with("max_");
                    let fits = if bound {
                        value.is_number()
                    } else {
                        value.is_string() || value.is_number() || value.is_boolean()
                    };
                    if !fits {
                        return Err(serde::de::Error::custom(format_args!(
                            "the condition `{key}` cannot be compared with"
                        )));
                    }
                    if !known.insert(key.clone()) {
                        return Err(serde::de::Error::custom(format_args!("the condition `{key}` occurs twice")));
                    }
                    if conditions.len() == MAX_CONDITIONS {
                        return Err(serde::de::Error::custom(format_args!(
                            "the condition `{key}` is one too many: a filter has at most {MAX_CONDITIONS}"
                        )));
                    }
                    conditions.push((key, value));
                }
                Ok(DataFilter { conditions })
            }
        }

        deserializer.deserialize_map(FilterVisitor)
    }
}
