//! Published schedules.

use std::borrow::Cow;

use super::{Jitter, RetryPolicy, Schedule, UNCAPPED};

const fn seconds<const N: usize>(table: [u64; N]) -> [u64; N] {
    let mut milliseconds = [0; N];
    let mut i = 0;
    while i < N {
        milliseconds[i] = table[i] * 1000;
        i += 1;
    }
    milliseconds
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = [$($wait:literal),* $(,)?];)+) => {
        $(
            $(#[$doc])*
            #[doc = concat!("Waits in seconds: ", stringify!($($wait),*), ".")]
            pub const $name: RetryPolicy =
                RetryPolicy { schedule: Schedule::Table(Cow::Borrowed(&seconds([$($wait),*]))), jitter: Jitter::None, max_age: None };
        )+
    };
}

impl RetryPolicy {
    tables! {
        /// Klen AI's documented schedule.
        KLEN_AI = [60, 300, 1800];
        /// CallIntel's documented default.
        CALLINTEL = [60, 300, 900];
        /// Klang's documented schedule. Its last wait stays inside the 28 800 s that its signatures are valid for.
        KLANG = [30, 120, 600, 3600, 21_600];
        /// The schedule of the Standard Webhooks specification.
        STANDARD_WEBHOOKS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
        /// Svix's schedule.
        SVIX = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
        /// Hook0's schedule.
        HOOK0 = [
            3, 10, 180, 1800, 3600, 10_800, 18_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000,
            36_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000,
        ];
        /// Slack's schedule for events.
        SLACK = [0, 60, 300];
        /// Zoom's schedule.
        ZOOM = [300, 1200, 3600];
        /// Webflow's schedule.
        WEBFLOW = [600, 600, 600];
        /// Sanity's schedule since April 2026.
        SANITY = [30, 30];
        /// One attempt and no retry.
        NONE = [];
    }

    /// Outpost's schedule: 30 s, doubled each time, ten times.
    pub const OUTPOST: RetryPolicy = RetryPolicy {
        schedule: Schedule::Exponential { max_attempts: 11, initial: 30_000, multiplier: 2.0, max: UNCAPPED },
        jitter: Jitter::None,
        max_age: None,
    };

    /// CallIntel's documented example of a `retry_policy`: 60 s, doubled up to an hour, five attempts.
    pub const CALLINTEL_EXAMPLE: RetryPolicy = RetryPolicy {
        schedule: Schedule::Exponential { max_attempts: 5, initial: 60_000, multiplier: 2.0, max: 3_600_000 },
        jitter: Jitter::None,
        max_age: None,
    };
}
