//! What the child does when it is asked to prove the border instead of decoding: each attempt is one
//! that a hijacked parser would make. Reached only by an argument before the request, which the
//! service never gives.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::failure::{Decoded, Failure};
use crate::wire::Answer;

/// The attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelfTest {
    /// Open, write, connect, execute, signal: what error does each meet? A child that
    /// may become ffmpeg may have threads and meets errors everywhere else.
    Escape,
    /// Take memory until something happens.
    Allocate,
    /// Compute for ever.
    Spin,
    /// Wait for ever without using CPU.
    Wait,
    /// Die by a signal.
    Abort,
    /// Panic, as a parser with a bug does.
    Panic,
}

impl SelfTest {
    /// The self-test that an argument such as `--self-test=spin` names.
    pub(crate) fn from_argument(argument: &str) -> Option<Self> {
        match argument.strip_prefix("--self-test=")? {
            "escape" => Some(Self::Escape),
            "allocate" => Some(Self::Allocate),
            "spin" => Some(Self::Spin),
            "wait" => Some(Self::Wait),
            "abort" => Some(Self::Abort),
            "panic" => Some(Self::Panic),
            _ => None,
        }
    }
}

/// Carries out one self-test.
pub(crate) fn run(test: SelfTest) -> Decoded<Answer> {
    match test {
        SelfTest::Escape => Ok(Answer::Findings(escape())),
        SelfTest::Allocate => allocate(),
        SelfTest::Spin => spin(),
        SelfTest::Wait => wait(),
        SelfTest::Abort => std::process::abort(),
        SelfTest::Panic => panic!("asked to"),
    }
}

/// The error number of each attempt, 0 where it worked.
fn escape() -> Vec<(String, i32)> {
    let mut findings = Vec::new();
    let mut note = |name: &str, result: std::io::Result<()>| {
        let number = result.map_or_else(|error| error.raw_os_error().unwrap_or(-1), |()| 0);
        findings.push((name.to_owned(), number));
    };
    note("read_file", std::fs::File::open("/etc/passwd").map(drop));
    note("read_own_memory", std::fs::File::open("/proc/self/mem").map(drop));
    note("list_directory", std::fs::read_dir("/etc").map(drop));
    note("write_file", std::fs::write("/tmp/shoki-decode-self-test", b"x"));
    note(
        "make_directory",
        std::fs::create_dir("/tmp/shoki-decode-self-test"),
    );
    note("remove_file", std::fs::remove_file("/tmp/shoki-decode-self-test"));
    note(
        "tcp_connect",
        std::net::TcpStream::connect(("127.0.0.1", 9)).map(drop),
    );
    note(
        "tcp_listen",
        std::net::TcpListener::bind(("127.0.0.1", 0)).map(drop),
    );
    note("udp_bind", std::net::UdpSocket::bind(("127.0.0.1", 0)).map(drop));
    note(
        "unix_socket",
        std::os::unix::net::UnixDatagram::unbound().map(drop),
    );
    note("spawn", Command::new("/bin/true").spawn().map(drop));
    note("exec", Err(Command::new("/bin/true").exec()));
    note("thread", std::thread::Builder::new().spawn(|| {}).map(drop));
    let parent = rustix::process::getppid();
    note(
        "signal_parent",
        parent.map_or(Ok(()), |parent| Ok(rustix::process::test_kill_process(parent)?)),
    );
    findings
}

fn allocate() -> Decoded<Answer> {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![1; 16 * 1024 * 1024]);
        if hoard.len() > 1 << 20 {
            return Err(Failure::setup("memory has no limit"));
        }
    }
}

fn spin() -> Decoded<Answer> {
    let mut state = 1_u64;
    while state != 0 {
        state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005) | 1);
    }
    Err(Failure::setup("a loop without end ended"))
}

fn wait() -> Decoded<Answer> {
    loop {
        std::thread::park();
    }
}
