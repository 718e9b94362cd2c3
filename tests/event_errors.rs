//! What is wrong with an event, and where: in the envelope, which the platform writes, or in the data, which a type of
//! the handler's describes.

use hookseal::{Event, EventError, EventShape};
use serde::Deserialize;

/// GitHub sends both.
#[test]
fn what_is_neither_json_nor_a_form_is_told() {
    let provider = &hookseal::provider::GITHUB;
    let secret = hookseal::Secret::new("It's a Secret to Everybody").unwrap();
    for body in ["not JSON", ""] {
        let mut headers = provider.signer(secret.clone()).unwrap().sign("delivery-1", body.as_bytes()).unwrap();
        headers.insert("x-github-event", "push".parse().unwrap());
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        let verifier = provider.verifier(secret.clone()).unwrap();
        let verified = verifier.verify(&headers, body.as_bytes()).unwrap();
        let error = provider.event(&verified).unwrap_err();
        assert_eq!(error.to_string(), "the body is neither JSON nor a form with the field `payload`");
    }
}

/// A sender learns whose fault it is, and nothing else.
#[test]
fn senders_get_one_text_for_each_status() {
    let field = || "s3cr3t".to_owned();
    for (error, status) in [
        (EventError::NotAnObject, 400),
        (EventError::MissingField { field: field() }, 400),
        (EventError::DuplicateField { field: field() }, 400),
        (EventError::MalformedForm, 400),
        (EventError::NoShape, 500),
        (EventError::NotAnEnum, 500),
        (EventError::Batch, 500),
        (EventError::NoIdempotencyKey, 500),
    ] {
        let text = match status {
            400 => "the webhook's body is not the expected JSON",
            _ => "the receiver is misconfigured",
        };
        assert_eq!((error.status().as_u16(), error.public_text()), (status, text), "{error:?}");
    }
}

#[test]
fn a_field_missing_in_the_data_is_not_one_missing_in_the_envelope() {
    #[derive(Debug, Deserialize)]
    struct Payment {
        #[expect(dead_code)]
        id: u32,
    }
    #[derive(Debug, Deserialize)]
    enum Payments {
        #[serde(rename = "paid")]
        #[expect(dead_code)]
        Paid { id: u32 },
    }
    let shape = EventShape::new("id: {id}\ntype: {type}\ndata: {data}");
    let errors = |body: &'static str| {
        let body = body.as_bytes();
        let whole = shape.read_as::<Payment>(body).map(|_| ()).unwrap_err();
        let apart = shape.read(body).and_then(|event| event.data_as::<Payment>()).map(|_| ()).unwrap_err();
        let typed = shape.read(body).and_then(Event::typed::<Payments>).map(|_| ()).unwrap_err();
        [whole, apart, typed].map(|error| error.to_string())
    };
    let in_data = |column| {
        let text = r#"field `id` is missing in the data of event type "paid", in the object that ends at"#;
        format!("{text} line 1 column {column}")
    };
    // Counted in the data. The type may come before the data or after.
    let body = r#"{"id":"evt_1","type":"paid","data":{"of":1}}"#;
    assert_eq!(errors(body), [in_data(8), in_data(8), in_data(8)]);
    let body = r#"{"data":{"of":1},"id":"evt_1","type":"paid"}"#;
    assert_eq!(errors(body), [in_data(8), in_data(8), in_data(8)]);
    let misfit = |column| format!(r#"the data of event type "paid" does not fit at line 1 column {column}"#);
    let body = r#"{"data":{"id":"7"},"id":"evt_1","type":"paid"}"#;
    assert_eq!(errors(body), [misfit(9), misfit(9), misfit(9)]);

    let in_envelope = || "field `id` is missing in the envelope".to_owned();
    for body in [r#"{"type":"paid","data":{"id":1}}"#, r#"{"type":"paid","data":{}}"#] {
        assert_eq!(errors(body), [in_envelope(), in_envelope(), in_envelope()]);
    }
}
