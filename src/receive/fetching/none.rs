//! Without the feature `key-cache`, no receiver fetches keys: this type has no values.

use crate::provider::Provider;
use crate::verify::{Opened, Proof};

use super::Rejection;

pub(super) enum Fetching {}

impl Fetching {
    pub(super) async fn judge<'a>(&self, _: &Provider, _: &Opened<'a>, _: &[u8]) -> Result<Proof<'a>, Rejection> {
        match *self {}
    }

    pub(super) fn judge_now<'a>(&self, _: &Provider, _: &Opened<'a>, _: &[u8]) -> Result<Proof<'a>, Rejection> {
        match *self {}
    }
}
