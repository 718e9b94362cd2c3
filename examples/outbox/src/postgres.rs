//! Our own PostgreSQL, in a temporary directory with a Unix socket. It is removed when dropped.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;

use crate::Result;

const PATIENCE: Duration = Duration::from_secs(20);

/// Stops the server with a fast shutdown when standard input closes, even if this process is killed. A line with a
/// number crashes it, and starts it again after that many seconds.
const GUARD: &str = r#"
    trap '' INT
    "$0" "$@" &
    while read seconds; do kill -QUIT $!; wait $!; sleep $seconds; "$0" "$@" & done
    kill -INT $!; wait $!; rm -rf "$DIRECTORY""#;

pub struct Postgres {
    guard: Child,
    directory: tempfile::TempDir,
}

impl Postgres {
    /// The directory of PostgreSQL's programs, if it is installed: in PATH, or where Debian installs it.
    pub fn installed() -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let debian = debian.filter_map(|version| Some(version.ok()?.path().join("bin")));
        let complete = |bin: &PathBuf| bin.join("postgres").is_file() && bin.join("initdb").is_file();
        std::env::split_paths(&path).chain(debian).find(complete)
    }

    pub fn start(programs: &Path) -> Result<Postgres> {
        let directory = tempfile::Builder::new().prefix("outbox-").tempdir()?;
        let data = directory.path().join("data");
        let user = unprivileged(directory.path())?;
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(directory.path());
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        if let Some((uid, gid)) = user {
            chown(directory.path(), Some(uid), Some(gid))?;
        }
        // Only this directory's owner and root can reach the socket, so no passwords are needed.
        let mut initdb = command(&programs.join("initdb"));
        initdb.args(["--auth=trust", "--username=outbox", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
        let made = initdb.arg(&data).output()?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)).into());
        }
        let mut guarded = command(Path::new("/bin/sh"));
        guarded.args(["-c", GUARD]).arg(programs.join("postgres")).arg("-D").arg(&data).arg("-k").arg(directory.path());
        guarded.args(["-c", "listen_addresses=", "-c", "max_connections=300", "-c", "log_min_messages=panic"]);
        guarded.env("DIRECTORY", directory.path()).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut server = Postgres { guard: guarded.spawn()?, directory };
        let started = Instant::now();
        // It writes there when it takes connections, which is later than the socket.
        while !std::fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|status| status.contains("ready")) {
            if started.elapsed() > PATIENCE || server.guard.try_wait()?.is_some() {
                return Err("PostgreSQL does not start".into());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Crashes the server. It restarts after some seconds, and recovers what was committed.
    pub fn crash(&mut self, seconds: u32) -> Result<()> {
        let input = self.guard.stdin.as_mut().ok_or("the server is being stopped")?;
        Ok(writeln!(input, "{seconds}")?)
    }

    pub fn address(&self) -> String {
        format!("host={} user=outbox dbname=postgres", self.directory.path().display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE && matches!(self.guard.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(20));
        }
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

/// The user as which PostgreSQL runs if we are root, because it refuses to run as root.
fn unprivileged(own: &Path) -> io::Result<Option<(u32, u32)>> {
    if own.metadata()?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let fields: Vec<&str> = users.lines().map(|user| user.split(':').collect()).find(|f: &Vec<_>| f[0] == name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    let user = find("postgres").or_else(|| find("nobody"));
    user.map(Some).ok_or_else(|| io::Error::other("no user to run PostgreSQL as"))
}

/// The server ends a transaction that does nothing for this long, and releases its locks: a worker that is frozen
/// inside one (on a paused machine, behind a lost network) does not hold up others for longer. The time-out of a lock
/// is a little longer.
const SESSION: &str =
    "-c idle_in_transaction_session_timeout=2s -c lock_timeout=5s -c statement_timeout=30s -c tcp_keepalives_idle=10";

pub fn pool(address: &str, connections: usize) -> Result<Pool> {
    let mut config: tokio_postgres::Config = address.parse()?;
    // Over TCP, a server that disappears silently is noticed within half a minute.
    config.connect_timeout(Duration::from_secs(5)).tcp_user_timeout(Duration::from_secs(30));
    config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
    config.application_name("outbox").options(SESSION);
    let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, NoTls, manager);
    let pool = Pool::builder(manager).max_size(connections).runtime(Runtime::Tokio1);
    Ok(pool.create_timeout(Some(Duration::from_secs(10))).build()?)
}
