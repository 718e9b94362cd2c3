//! What `explain` is without the feature `diagnose`. It does nothing.

use super::Rejection;
use crate::headers::Headers;
use crate::request::RequestLine;

#[derive(Clone, Default)]
pub(super) struct Explaining {}

#[derive(Default)]
pub(super) struct Watch {}

impl Watch {
    pub(super) fn new<H: Headers + ?Sized>(_: &Explaining, _: Option<RequestLine<'_>>, _: &H) -> Watch {
        Watch {}
    }

    pub(super) fn push(&mut self, _: &[u8]) {}

    pub(super) fn refused(self, _: &Rejection) {}
}
