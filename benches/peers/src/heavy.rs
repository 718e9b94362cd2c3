//! The contestants whose dependencies take minutes to build.

use stripe_webhook::Webhook as StripeWebhook;

use crate::contestants::{Kind, Signer, Takes, Verifier, Verify, digits, done, mac, now, value};
use crate::requests::{Form, ID, Key};

pub(crate) fn verifiers(scheme: Form) -> Vec<Verifier> {
    let (name, kind, takes, has_lists, with): (_, _, _, _, fn(&[Key]) -> Verify) = match scheme {
        Form::GitHub => ("bare aws-lc-rs", Kind::Bare, Takes::Anything, false, bare_aws),
        Form::Stripe | Form::Hook0 => {
            ("async-stripe-webhook, parses JSON", Kind::Peer, Takes::StripeEvent, true, async_stripe)
        }
        Form::StandardWebhooks => ("svix", Kind::Peer, Takes::Anything, true, svix),
    };
    vec![Verifier { name, kind, form: scheme, takes, has_lists, with }]
}

pub(crate) fn signers(scheme: Form) -> Vec<Signer> {
    let signer = |name, kind, with| vec![Signer { name, kind, with }];
    match scheme {
        Form::GitHub => signer("bare aws-lc-rs", Kind::Bare, |key| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.bytes());
            Box::new(move |body| digits(aws_lc_rs::hmac::sign(&key, body).as_ref()))
        }),
        Form::Stripe | Form::Hook0 => signer("async-stripe-webhook", Kind::Peer, |key| {
            let key = key.clone();
            Box::new(move |body| {
                str::from_utf8(body).is_ok_and(|body| done(StripeWebhook::generate_test_header(body, key.text(), None)))
            })
        }),
        Form::StandardWebhooks => signer("svix", Kind::Peer, |key| {
            let webhook = svix::webhooks::Webhook::from_bytes(key.bytes().to_vec()).expect("a key");
            Box::new(move |body| webhook.sign(ID, now(), body).is_ok_and(done))
        }),
    }
}

fn async_stripe(keys: &[Key]) -> Verify {
    let keys = keys.to_vec();
    Box::new(move |headers, body| {
        let (Some(signature), Ok(body)) = (value(headers, "stripe-signature"), str::from_utf8(body)) else {
            return false;
        };
        keys.iter().any(|key| StripeWebhook::construct_event(body, signature, key.text()).is_ok_and(done))
    })
}

fn svix(keys: &[Key]) -> Verify {
    let webhook = |key: &Key| svix::webhooks::Webhook::from_bytes(key.bytes().to_vec()).expect("a key");
    let webhooks: Vec<_> = keys.iter().map(webhook).collect();
    Box::new(move |headers, body| webhooks.iter().any(|webhook| webhook.verify(body, headers).is_ok()))
}

fn bare_aws(keys: &[Key]) -> Verify {
    let keyed = |key: &Key| aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.bytes());
    let keys: Vec<_> = keys.iter().map(keyed).collect();
    Box::new(move |headers, body| {
        mac(headers).is_some_and(|mac| keys.iter().any(|key| aws_lc_rs::hmac::verify(key, body, &mac).is_ok()))
    })
}
