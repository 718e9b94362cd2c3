#![cfg_attr(not(doctest), doc = include_str!("redis.md"))]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::ConnectionLike;
use ::redis::{RedisError, Script};
use tokio::runtime::Handle;

use crate::idempotency::key::IdempotencyKey;
use crate::idempotency::{Claim, Store, Token};

/// A [`Store`] in Redis, from version 2.6.12, one key for each event: `hookseal:` and the idempotency key, unless another
/// prefix is set. Cheap to clone.
///
/// Each call is one round trip of a script, so that it is decided in one step; the first after Redis has started takes
/// three. While Redis restarts or fails over, [`Once`](crate::idempotency::Once) waits for it by tokio's timer.
///
/// The keys end by themselves. Redis must
/// not evict them: with another `maxmemory-policy` than `noeviction`, what was processed can become new again. At
/// `maxmemory`, claims are [`Claim::Full`]. A
/// replica that takes over may miss the last writes, and so may a Redis that is killed, unless it has `appendfsync always`;
/// where that matters, use the transaction that the [module](crate::idempotency) shows first.
///
/// `C` is any asynchronous connection of the redis crate that can be cloned: a `ConnectionManager`, which reconnects by
/// itself, a `MultiplexedConnection`, or a cluster's.
#[derive(Clone)]
pub struct RedisStore<C> {
    connection: C,
    prefix: Arc<str>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    claim: Script,
    complete: Script,
    release: Script,
}

/// A holder's value is its token, 32 hex digits, and that of a completed key is this and the token.
const COMPLETED: &str = "completed:";

/// What the script for a claim answers apart from the milliseconds that are left.
const NEW: i64 = -3;
const DONE: i64 = -4;

impl<C: ConnectionLike + Clone + Send + Sync> RedisStore<C> {
    /// A store over this connection.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), redis::RedisError> {
    /// let connection = redis::Client::open("redis://127.0.0.1/")?.get_multiplexed_async_connection().await?;
    /// let store = hookseal::redis::RedisStore::new(connection);
    /// # Ok(()) }
    /// ```
    pub fn new(connection: C) -> RedisStore<C> {
        let scripts = Scripts {
            claim: Script::new(&format!(
                "local held = redis.call('GET', KEYS[1])
                 if held and string.sub(held, 1, {length}) == '{COMPLETED}' then return {DONE} end
                 if held and held ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) end
                 redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
                 return {NEW}",
                length = COMPLETED.len(),
            )),
            complete: Script::new(&format!(
                "local held = redis.call('GET', KEYS[1])
                 local completed = '{COMPLETED}' .. ARGV[1]
                 if held and held ~= ARGV[1] and held ~= completed then return 0 end
                 redis.call('SET', KEYS[1], completed, 'PX', ARGV[2])
                 return 1"
            )),
            release: Script::new(
                "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
                 return redis.call('DEL', KEYS[1])",
            ),
        };
        RedisStore { connection, prefix: "hookseal:".into(), scripts: Arc::new(scripts) }
    }

    /// Sets what the keys in Redis begin with, for several applications in one database.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), redis::RedisError> {
    /// let connection = redis::Client::open("redis://127.0.0.1/")?.get_multiplexed_async_connection().await?;
    /// let store = hookseal::redis::RedisStore::new(connection).with_prefix("billing:");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> RedisStore<C> {
        RedisStore { prefix: prefix.into(), ..self }
    }

    fn name(&self, key: &IdempotencyKey) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl<C: ConnectionLike + Clone + Send + Sync> Store for RedisStore<C> {
    type Error = RedisError;

    async fn claim(&self, key: &IdempotencyKey, token: Token, lease: Duration) -> Result<Claim, RedisError> {
        let mut script = self.scripts.claim.key(self.name(key));
        script.arg(token.to_string()).arg(milliseconds(lease));
        match script.invoke_async(&mut self.connection.clone()).await {
            Ok(NEW) => Ok(Claim::New),
            Ok(DONE) => Ok(Claim::Completed),
            Ok(left) => Ok(Claim::InFlight { left: Duration::from_millis(u64::try_from(left).unwrap_or_default()) }),
            Err(error) if is_out_of_memory(&error) => Ok(Claim::Full),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, key: &IdempotencyKey, token: Token, keep: Duration) -> Result<bool, RedisError> {
        let mut script = self.scripts.complete.key(self.name(key));
        script.arg(token.to_string()).arg(milliseconds(keep));
        script.invoke_async(&mut self.connection.clone()).await
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> Result<bool, RedisError> {
        let mut script = self.scripts.release.key(self.name(key));
        script.arg(token.to_string());
        script.invoke_async(&mut self.connection.clone()).await
    }

    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        // The redis crate also runs on another runtime, if its features say so.
        Handle::try_current().is_ok().then(|| tokio::time::sleep(time))
    }
}

/// `maxmemory` is reached. Older versions wrap the error in one of the script.
fn is_out_of_memory(error: &RedisError) -> bool {
    let is_oom = |text: &str| text.contains("OOM command not allowed");
    error.code() == Some("OOM") || error.detail().is_some_and(is_oom)
}

/// As Redis takes them: at least one, and no more than a thousand years, since it adds its clock to them.
fn milliseconds(wait: Duration) -> u64 {
    const MILLENNIUM: u64 = 1000 * 365 * 86_400 * 1000;
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).clamp(1, MILLENNIUM)
}

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
