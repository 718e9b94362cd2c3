//! The same without the feature `tracing`: nothing.

use std::error::Error;

use crate::idempotency::key::IdempotencyKey;
use crate::receive::{Received, Rejection};

#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn accepted<P>(_: &Received<P>) {}

pub(crate) fn unread<P>(_: &Received<P>, _: &Rejection) {}

pub(crate) fn refused(_: Option<(&str, &str)>, _: &Rejection) {}

#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn failed(_: &str) {}

pub(crate) fn store_down(_: &(dyn Error + 'static)) {}

pub(crate) fn lease_lost(_: &IdempotencyKey) {}
