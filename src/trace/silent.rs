//! The functions of `trace` without the feature `tracing`. They do nothing.

use std::error::Error;

use crate::idempotency::key::IdempotencyKey;
use crate::receive::{Answer, Received, Receiver, Rejection};

#[allow(dead_code, reason = "for the adapters")]
pub(crate) fn verified<P>(_: &Received<P>) {}

pub(crate) fn settled<P>(_: &Received<P>, _: bool) {}

pub(crate) fn duplicate<P>(_: &Received<P>, _: &Answer) {}

pub(crate) fn unread<P>(_: &Received<P>, _: &Rejection) {}

pub(crate) fn refused<P>(_: Option<&Receiver<P>>, _: &Rejection, _: usize) {}

pub(crate) fn answered(_: &Answer) {}

#[allow(dead_code, reason = "for the cache of keys")]
pub(crate) fn keys_not_fetched(_: &(dyn Error + 'static)) {}

pub(crate) fn store_down(_: &(dyn Error + 'static)) {}

pub(crate) fn store_full() {}

pub(crate) fn lease_lost(_: &IdempotencyKey) {}

#[cfg(feature = "diagnose")]
pub(crate) fn explained(_: &str, _: &crate::diagnose::Diagnosis) {}
