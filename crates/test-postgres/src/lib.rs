//! A PostgreSQL server of a test's own, in a temporary directory with a Unix socket. It is stopped and removed when it
//! is dropped, even if the process is killed.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// Stops the server with a fast shutdown when standard input closes. A line with a number stops it at once, as
/// `pg_ctl stop -m immediate` does, and starts it again after that many seconds.
const GUARD: &str = r#"
    trap '' INT
    "$0" "$@" &
    while read seconds; do kill -QUIT $!; wait $!; sleep $seconds; "$0" "$@" & done
    kill -INT $!; wait $!; rm -rf "$DIRECTORY""#;

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    guard: Child,
    directory: tempfile::TempDir,
}

impl Postgres {
    /// Starts a server with these settings, each `name=value`. `None` if PostgreSQL is not installed, which it says
    /// loudly.
    ///
    /// # Panics
    /// If PostgreSQL is not installed and `HOOKSEAL_REQUIRE_SERVICES` is `1`, and if it does not start.
    pub fn start_or_skip(settings: &[&str]) -> Option<Postgres> {
        match Postgres::installed() {
            Some(programs) => Some(Postgres::start(&programs, settings).unwrap_or_else(|error| panic!("{error}"))),
            None => {
                let required = std::env::var("HOOKSEAL_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
                assert!(!required, "PostgreSQL is not installed");
                eprintln!("SKIPPED, NOTHING WAS TRIED: PostgreSQL (postgres, initdb) is not installed");
                None
            }
        }
    }

    /// The directory of PostgreSQL's programs, if it is installed: in PATH, or where Debian installs it.
    pub fn installed() -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let debian = debian.filter_map(|version| Some(version.ok()?.path().join("bin")));
        let complete = |bin: &PathBuf| bin.join("postgres").is_file() && bin.join("initdb").is_file();
        std::env::split_paths(&path).chain(debian).find(complete)
    }

    /// Starts a server from its programs.
    ///
    /// # Errors
    /// Whatever keeps it from starting.
    pub fn start(programs: &Path, settings: &[&str]) -> io::Result<Postgres> {
        let directory = tempfile::Builder::new().prefix("postgres-").tempdir()?;
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
            return Err(io::Error::other(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))));
        }
        let mut guarded = command(Path::new("/bin/sh"));
        guarded.args(["-c", GUARD]).arg(programs.join("postgres")).arg("-D").arg(&data).arg("-k").arg(directory.path());
        guarded.args(["-c", "listen_addresses=", "-c", "max_connections=300", "-c", "log_min_messages=panic"]);
        guarded.args(settings.iter().flat_map(|setting| ["-c", setting]));
        guarded.env("DIRECTORY", directory.path()).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut server = Postgres { guard: guarded.spawn()?, directory };
        let started = Instant::now();
        // It writes there when it takes connections, which is later than the socket.
        while !server.status().is_ok_and(|status| status.contains("ready")) {
            if started.elapsed() > PATIENCE || server.guard.try_wait()?.is_some() {
                return Err(io::Error::other("PostgreSQL does not start"));
            }
            sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Stops the server at once, without a checkpoint. It starts again after some seconds, and recovers what was
    /// committed.
    ///
    /// # Errors
    /// If it is being stopped already.
    pub fn crash(&mut self, seconds: u32) -> io::Result<()> {
        let input = self.guard.stdin.as_mut().ok_or_else(|| io::Error::other("the server is being stopped"))?;
        writeln!(input, "{seconds}")
    }

    /// How to connect.
    pub fn address(&self) -> String {
        format!("host={} user=outbox dbname=postgres", self.directory.path().display())
    }

    /// The id of its first process, whose children are all others.
    pub fn id(&self) -> Option<u32> {
        self.status().ok()?.lines().next()?.trim().parse().ok()
    }

    fn status(&self) -> io::Result<String> {
        std::fs::read_to_string(self.directory.path().join("data/postmaster.pid"))
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
