//! What `explain` is without the feature `diagnose`. It does nothing.

use super::{Receiver, Rejection};
use crate::headers::Headers;
use crate::request::RequestLine;

#[derive(Clone, Default)]
pub(super) struct Explaining {}

#[derive(Default)]
pub(super) struct Watch {}

impl Watch {
    pub(super) fn new<P, H: Headers + ?Sized>(
        _: &Receiver<P>,
        _: Option<RequestLine<'_>>,
        _: &H,
        _: Option<u64>,
    ) -> Watch {
        Watch {}
    }

    pub(super) fn push(&mut self, _: &[u8]) {}

    pub(super) fn if_whole(self) -> Watch {
        self
    }

    pub(super) fn refused(self, _: &Rejection) {}
}
