#![cfg_attr(not(doctest), doc = include_str!("redis.md"))]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::ConnectionLike;
use ::redis::{RedisError, Script};
use tokio::runtime::Handle;

use crate::idempotency::key::IdempotencyKey;
use crate::idempotency::{Claim, Store, Token};

/// A [`Store`] in Redis 2.6.12 or later. It is cheap to clone.
///
/// Each event has one key, named `hookseal:` followed by the idempotency key, unless another prefix is set. The keys
/// expire by themselves.
///
/// Each call runs one script, which makes it atomic, in one round trip; the first call after Redis has started takes
/// three. While Redis restarts or fails over, [`Once`](crate::idempotency::Once) waits for it with tokio's timer.
///
/// Redis must not evict keys: with any `maxmemory-policy` other than `noeviction`, a processed event can become new
/// again. When `maxmemory` is reached, new claims are [`Claim::Full`]; a claim that is held can be completed all the same,
/// until its lease ends. A replica that takes over may lack the last writes, and so may a Redis that was killed, unless it
/// runs with `appendfsync always`. Where that matters, insert the key in the transaction of the effect, as
/// [`idempotency`](crate::idempotency) shows.
///
/// `C` is any asynchronous connection of the redis crate that can be cloned: a `ConnectionManager`, which reconnects by
/// itself, a `MultiplexedConnection`, or a connection to a cluster.
#[derive(Clone)]
pub struct RedisStore<C> {
    connection: C,
    prefix: Arc<str>,
    scripts: Arc<Scripts>,
}

/// An event's key is a hash. Its `token` is that of the holder, or of the one that completed it; while it is held, it has a
/// second field. Completing it only removes this field, which Redis does even when `maxmemory` is reached.
struct Scripts {
    claim: Script,
    complete: Script,
    release: Script,
}

/// What the script for a claim returns if it does not return the milliseconds that are left.
const NEW: i64 = -3;
const DONE: i64 = -4;

impl<C: ConnectionLike + Clone + Send + Sync> RedisStore<C> {
    /// A store that uses this connection.
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
                "local key = redis.call('HMGET', KEYS[1], 'token', 'held')
                 if key[1] and not key[2] then return {DONE} end
                 if key[1] and key[1] ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) end
                 if not key[1] then redis.call('HMSET', KEYS[1], 'token', ARGV[1], 'held', '') end
                 redis.call('PEXPIRE', KEYS[1], ARGV[2])
                 return {NEW}"
            )),
            complete: Script::new(
                "local token = redis.call('HGET', KEYS[1], 'token')
                 if token and token ~= ARGV[1] then return 0 end
                 if token then redis.call('HDEL', KEYS[1], 'held')
                 else redis.call('HSET', KEYS[1], 'token', ARGV[1]) end
                 redis.call('PEXPIRE', KEYS[1], ARGV[2])
                 return 1",
            ),
            release: Script::new(
                "local key = redis.call('HMGET', KEYS[1], 'token', 'held')
                 if key[1] ~= ARGV[1] or not key[2] then return 0 end
                 return redis.call('DEL', KEYS[1])",
            ),
        };
        RedisStore { connection, prefix: "hookseal:".into(), scripts: Arc::new(scripts) }
    }

    /// Sets the prefix of the keys in Redis, so that several applications can share a database. `hookseal:` unless set.
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

    async fn complete(&self, key: &IdempotencyKey, token: Token, retention: Duration) -> Result<bool, RedisError> {
        let mut script = self.scripts.complete.key(self.name(key));
        script.arg(token.to_string()).arg(milliseconds(retention));
        script.invoke_async(&mut self.connection.clone()).await
    }

    async fn release(&self, key: &IdempotencyKey, token: Token) -> Result<bool, RedisError> {
        let mut script = self.scripts.release.key(self.name(key));
        script.arg(token.to_string());
        script.invoke_async(&mut self.connection.clone()).await
    }

    fn sleep(&self, time: Duration) -> Option<impl Future<Output = ()> + Send> {
        // With other features, the redis crate also runs on another runtime, which has no tokio timer.
        Handle::try_current().is_ok().then(|| tokio::time::sleep(time))
    }
}

/// Whether `maxmemory` is reached. Older versions of Redis wrap this error in an error of the script.
fn is_out_of_memory(error: &RedisError) -> bool {
    let is_oom = |text: &str| text.contains("OOM command not allowed");
    error.code() == Some("OOM") || error.detail().is_some_and(is_oom)
}

/// Milliseconds that Redis accepts: at least one, and at most a thousand years, because Redis adds them to its clock.
fn milliseconds(wait: Duration) -> u64 {
    const MILLENNIUM: u64 = 1000 * 365 * 86_400 * 1000;
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).clamp(1, MILLENNIUM)
}

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
