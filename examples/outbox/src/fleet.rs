//! The worker processes, and what happens to them. Signals are sent only to our own children, by their id.

use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::Result;

pub struct Fleet {
    address: String,
    /// Killed when dropped.
    workers: Vec<Child>,
    freezer: Option<Child>,
    pub kills: usize,
}

impl Fleet {
    pub fn start(address: &str, workers: usize) -> Result<Fleet> {
        let mut fleet = Fleet { address: address.to_owned(), workers: Vec::new(), freezer: None, kills: 0 };
        for _ in 0..workers {
            fleet.workers.push(fleet.spawn()?);
        }
        Ok(fleet)
    }

    fn spawn(&self) -> Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        // A worker ends when its standard input closes, even if this process is killed.
        Ok(command.arg("worker").arg(&self.address).stdin(Stdio::piped()).kill_on_drop(true).spawn()?)
    }

    /// Kills a random worker in the middle of its work, and starts another one.
    pub async fn kill_one(&mut self) -> Result<()> {
        let victim = fastrand::usize(usize::from(self.is_frozen())..self.workers.len());
        // Sends SIGKILL and waits, so that no other process has its id yet.
        self.workers[victim].kill().await?;
        self.workers[victim] = self.spawn()?;
        self.kills += 1;
        Ok(())
    }

    /// Freezes the first worker for some seconds. It looks dead to the others, but is not.
    pub fn freeze(&mut self, seconds: u64) -> Result<()> {
        let id = self.workers[0].id().ok_or("the worker has ended")?;
        // A process of its own, so that it thaws even if this one is killed.
        let script = format!("kill -STOP {id}; sleep {seconds}; kill -CONT {id}");
        self.freezer = Some(Command::new("/bin/sh").args(["-c", &script]).kill_on_drop(true).spawn()?);
        Ok(())
    }

    /// Whether the first worker has just thawed.
    pub fn thawed(&mut self) -> Result<bool> {
        let thawed = match &mut self.freezer {
            Some(freezer) => freezer.try_wait()?.is_some(),
            None => false,
        };
        Ok(thawed && self.freezer.take().is_some())
    }

    pub fn is_frozen(&self) -> bool {
        self.freezer.is_some()
    }

    /// Returns an error if a worker has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        for worker in &mut self.workers {
            if let Some(status) = worker.try_wait()? {
                return Err(format!("a worker ended by itself: {status}").into());
            }
        }
        Ok(())
    }

    /// Asks all workers to end, and waits until they have. Nothing of theirs is lost or sent twice.
    pub async fn stop(self) -> Result<()> {
        for mut worker in self.workers {
            drop(worker.stdin.take());
            if !worker.wait().await?.success() {
                return Err("a worker ended in failure".into());
            }
        }
        Ok(())
    }
}
