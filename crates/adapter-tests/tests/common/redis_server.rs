//! A redis-server of the test's own, and a proxy before it that loses and delays replies and cuts connections.

#![allow(dead_code)]

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longer than Redis takes to start on the slowest machine: it ends a test that would hang, and decides nothing else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A redis-server on a socket in a folder of its own.
pub(crate) struct RedisServer {
    folder: PathBuf,
    process: Child,
    is_durable: bool,
}

impl RedisServer {
    /// One that keeps nothing when it ends. `None`, said loudly, where the program is not installed; a panic if
    /// `HOOKSEAL_REQUIRE_SERVICES` is 1.
    pub(crate) async fn start() -> Option<RedisServer> {
        RedisServer::start_as(false).await
    }

    /// One that writes each change to its append-only file before it answers.
    pub(crate) async fn start_durable() -> Option<RedisServer> {
        RedisServer::start_as(true).await
    }

    async fn start_as(is_durable: bool) -> Option<RedisServer> {
        let name = hookseal::event_id("hookseal-").expect("randomness");
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a folder for Redis");
        match launch(&folder, is_durable) {
            Ok(process) => {
                let server = RedisServer { folder, process, is_durable };
                server.wait_until_it_answers().await;
                Some(server)
            }
            Err(error) => {
                let _ = std::fs::remove_dir_all(&folder);
                let required = std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
                assert!(!required, "HOOKSEAL_REQUIRE_SERVICES=1, but redis-server does not start: {error}");
                // Past the macros, whose output the harness hides where a test passes.
                let _ = writeln!(std::io::stderr(), "\n*** NOT TESTED: redis-server does not start: {error} ***");
                None
            }
        }
    }

    /// A connection that comes back by itself, and gives up soon.
    pub(crate) async fn connect(&self) -> ConnectionManager {
        connect(self.client()).await
    }

    pub(crate) async fn keys(&self) -> usize {
        redis::cmd("DBSIZE").query_async(&mut self.connect().await).await.expect("Redis counts")
    }

    /// As `CONFIG SET` does it. On a busy machine it can take longer than a connection waits.
    pub(crate) async fn configure(&self, setting: &str, value: &str) {
        let mut command = redis::cmd("CONFIG");
        command.arg("SET").arg(setting).arg(value);
        let setting = async { while command.exec_async(&mut self.connect().await).await.is_err() {} };
        tokio::time::timeout(PATIENCE, setting).await.expect("Redis has the setting");
    }

    /// SIGKILL: nothing is written or said any more.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("the process can be killed");
        self.process.wait().expect("the process ends");
    }

    /// After a [`kill`](Self::kill), at the same place: empty unless it is durable.
    pub(crate) async fn restart(&mut self) {
        self.process = launch(&self.folder, self.is_durable).expect("it started before");
        self.wait_until_it_answers().await;
    }

    /// A proxy before it, on a free port of the loopback.
    pub(crate) async fn behind_proxy(&self) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (socket, to_lose) = (socket(&self.folder), Arc::new(AtomicUsize::new(0)));
        let delay = Arc::new(AtomicU64::new(0));
        let cuts = watch::Sender::new(());
        let (losing, delaying, cutting) = (to_lose.clone(), delay.clone(), cuts.clone());
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = UnixStream::connect(&socket).await {
                    let (relaying, mut cut) =
                        (relay(client, server, losing.clone(), delaying.clone()), cutting.subscribe());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = relaying => {}
                            _ = cut.changed() => {}
                        }
                    });
                }
            }
        });
        Proxy { address, to_lose, delay, cuts, serving }
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(format!("redis+unix://{}", socket(&self.folder))).expect("an address")
    }

    async fn wait_until_it_answers(&self) {
        let client = self.client();
        let waiting = async {
            // While it reads its file, it takes connections and refuses commands.
            while !answers(&client).await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("redis-server answers");
    }
}

async fn answers(client: &redis::Client) -> bool {
    match client.get_multiplexed_async_connection().await {
        Ok(mut connection) => redis::cmd("DBSIZE").exec_async(&mut connection).await.is_ok(),
        Err(_) => false,
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn launch(folder: &Path, is_durable: bool) -> std::io::Result<Child> {
    let appending = if is_durable { "yes" } else { "no" };
    Command::new("redis-server")
        .args(["--port", "0", "--unixsocket", &socket(folder), "--save", ""])
        .args(["--appendonly", appending, "--appendfsync", "always"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
}

fn socket(folder: &Path) -> String {
    folder.join("redis.sock").to_str().expect("a path in UTF-8").to_owned()
}

async fn connect(client: redis::Client) -> ConnectionManager {
    let config = ConnectionManagerConfig::new().set_number_of_retries(1);
    client.get_connection_manager_with_config(config).await.expect("Redis answers")
}

/// Passes everything on, but for the replies that it is told to lose.
pub(crate) struct Proxy {
    address: SocketAddr,
    to_lose: Arc<AtomicUsize>,
    /// In milliseconds.
    delay: Arc<AtomicU64>,
    /// Each value ends all connections.
    cuts: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn connect(&self) -> ConnectionManager {
        connect(redis::Client::open(format!("redis://{}/", self.address)).expect("an address")).await
    }

    /// Of the next scripts that are run, Redis does what they say, and instead of its reply the client sees the end of
    /// the connection.
    pub(crate) fn lose(&self, replies: usize) {
        self.to_lose.store(replies, Ordering::SeqCst);
    }

    /// Holds each reply back for so long.
    pub(crate) fn delay(&self, replies: Duration) {
        self.delay.store(u64::try_from(replies.as_millis()).expect("a short time"), Ordering::SeqCst);
    }

    /// Ends all connections, whatever is on its way. New ones are taken.
    pub(crate) fn cut(&self) {
        self.cuts.send_replace(());
    }

    /// How many are still to be lost.
    pub(crate) fn left(&self) -> usize {
        self.to_lose.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn relay(client: TcpStream, server: UnixStream, to_lose: Arc<AtomicUsize>, delay: Arc<AtomicU64>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let is_losing = AtomicBool::new(false);
    let there = async {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            let runs_script = bytes[..count].windows(7).any(|seven| seven == b"EVALSHA");
            let lose = |left: usize| left.checked_sub(1);
            if runs_script && to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_ok() {
                is_losing.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            tokio::time::sleep(Duration::from_millis(delay.load(Ordering::SeqCst))).await;
            if is_losing.load(Ordering::SeqCst) || to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}
