//! The service as a child process of the demo: started on a free loopback port, stopped by SIGTERM.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Outcome, execute};
use crate::setup::Installed;

/// Models are verified and the golden samples run before the service is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// The present unit is finished before the service ends.
const STOPPED_WITHIN: Duration = Duration::from_secs(40);

/// A running service.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts `shoki serve` on an empty data directory and waits until `/readyz` says so.
    pub fn start(installed: &Installed, data: &Path) -> Outcome<Self> {
        let address = free_port()?;
        let log = std::fs::File::create(data.join("server.log"))
            .map_err(|error| format!("{}: {error}", data.display()))?;
        let child = installed
            .shoki_command(&["serve"])
            .env("SHOKI_STORAGE__DATA_DIR", data)
            .env("SHOKI_SERVER__LISTEN", address.to_string())
            .env("SHOKI_METRICS__LISTEN", "off")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start shoki serve: {error}"))?;
        let mut server = Self { child, address };
        let started = Instant::now();
        loop {
            if let Some(status) = server.child.try_wait().map_err(|error| error.to_string())? {
                let log = std::fs::read_to_string(data.join("server.log")).unwrap_or_default();
                return Err(format!(
                    "shoki serve ended with {status} before it was ready:\n{log}"
                ));
            }
            if status_of(address, "/readyz") == Some(200) {
                return Ok(server);
            }
            if started.elapsed() > READY_WITHIN {
                return Err(format!(
                    "the service was not ready within {READY_WITHIN:?}; see http://{address}/readyz"
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Process id, whose peak memory the demo reports.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to finish the current unit and end.
    pub fn stop(mut self) -> Outcome<()> {
        execute(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let asked = Instant::now();
        while asked.elapsed() < STOPPED_WITHIN {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("the service ended with {status}"))
                };
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.child.kill().map_err(|error| error.to_string())?;
        Err(format!(
            "the service did not end within {STOPPED_WITHIN:?} and was killed"
        ))
    }
}

fn free_port() -> Outcome<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free loopback port: {error}"))
}

/// The status of a GET, `None` when there is no answer.
fn status_of(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}
