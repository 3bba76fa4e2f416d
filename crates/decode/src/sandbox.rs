//! The layers between a parser and the machine, put on by the child itself before it reads a byte:
//! resource limits, `no_new_privs`, landlock (no file, no TCP, no signal) and a seccomp allow-list.
//!
//! A kernel that lacks a layer gets the others; [`sandbox_report`] says which, and the service says
//! it loudly at start. Never: a layer that exists and cannot be put on passed over in silence.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, RestrictionStatus, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use crate::failure::{Decoded, Failure};
use crate::syscalls;

/// Open descriptors of the child: three standard ones, the document, and a font at a time.
const OPEN_FILES: u64 = 32;
/// The only directories a child may read, and only to draw a PDF whose fonts are not embedded.
const FONT_DIRECTORIES: [&str; 3] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/X11/fonts",
];
/// Where the libraries of programs lie, and the list of them.
const LIBRARIES: [&str; 6] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
];
/// The programs that load programs.
const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// Which layers this kernel and processor give to the decode children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxReport {
    /// Landlock keeps the child from the file system (Linux 5.13).
    pub files: bool,
    /// Landlock keeps the child from TCP as well (Linux 6.7).
    pub tcp: bool,
    /// Landlock keeps the child from signalling other processes (Linux 6.12).
    pub signals: bool,
    /// Seccomp lets only the system calls of decoding through (`x86_64`, `aarch64`).
    pub system_calls: bool,
}

impl SandboxReport {
    /// Names of the missing layers, for the log.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let layers = [
            (self.files, "landlock files"),
            (self.tcp, "landlock tcp"),
            (self.signals, "landlock signals"),
            (self.system_calls, "seccomp"),
        ];
        layers
            .iter()
            .filter(|(given, _)| !given)
            .map(|(_, name)| *name)
            .collect()
    }

    /// Whether the service must warn: without seccomp, or without landlock for files, a parser that
    /// was taken over meets one wall instead of two. (The other landlock parts repeat what seccomp does.)
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        !self.files || !self.system_calls
    }
}

/// Asks the kernel which layers it has; restricts nothing.
#[must_use]
pub fn sandbox_report() -> SandboxReport {
    let strict = || Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    SandboxReport {
        files: strict()
            .handle_access(AccessFs::from_all(ABI::V1))
            .and_then(Ruleset::create)
            .is_ok(),
        tcp: strict()
            .handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)
            .and_then(Ruleset::create)
            .is_ok(),
        signals: strict().scope(Scope::Signal).and_then(Ruleset::create).is_ok(),
        system_calls: syscalls::is_available(),
    }
}

/// Bounds memory, CPU, files and processes, and ties the child's life to its parent's.
///
/// `threads`: whether it may have any; the system call filter then sees to it that it has no processes.
pub(crate) fn limit_resources(memory_bytes: u64, cpu_seconds: u64, threads: bool) -> Decoded<()> {
    let bounds = [
        (Resource::As, memory_bytes, memory_bytes),
        // The soft limit sends a signal of its own, by which the parent knows the cause.
        (Resource::Cpu, cpu_seconds, cpu_seconds + 1),
        (Resource::Fsize, 0, 0),
        (Resource::Core, 0, 0),
        (Resource::Nofile, OPEN_FILES, OPEN_FILES),
    ];
    let no_processes = (!threads).then_some((Resource::Nproc, 0, 0));
    for (resource, current, maximum) in bounds.into_iter().chain(no_processes) {
        let limit = Rlimit {
            current: Some(current),
            maximum: Some(maximum),
        };
        setrlimit(resource, limit).map_err(|_| Failure::setup("a resource limit was refused"))?;
    }
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .and_then(|()| rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable))
        .and_then(|()| rustix::thread::set_no_new_privs(true))
        .map_err(|_| Failure::setup("process attributes were refused"))
}

/// Shuts the door. `fonts`: whether system fonts may be read, which needs landlock to hold; without
/// landlock no file can be opened at all and such a PDF is drawn with PDFium's built-in fonts.
pub(crate) fn lock_down(fonts: bool) -> Decoded<()> {
    let status = restrict_files(fonts).map_err(|_| Failure::setup("landlock was refused"))?;
    let files_are_guarded = status.ruleset != RulesetStatus::NotEnforced;
    syscalls::restrict(fonts && files_are_guarded).map_err(Failure::setup)
}

/// Whether this kernel can keep a process to the files that it was given.
pub(crate) fn files_can_be_guarded() -> bool {
    sandbox_report().files
}

/// Shuts the door around `program`, which this process is about to become: it can read the libraries
/// that programs are made of and the document on standard input, and execute itself.
pub(crate) fn lock_down_around(program: &Path) -> Decoded<()> {
    let status = restrict_files_around(program).map_err(|_| Failure::setup("landlock was refused"))?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err(Failure::setup("landlock does not hold"));
    }
    syscalls::restrict_program().map_err(Failure::setup)
}

fn restrict_files_around(program: &Path) -> Result<RestrictionStatus, landlock::RulesetError> {
    let own = program
        .parent()
        .and_then(Path::parent)
        .filter(|prefix| *prefix != Path::new("/"))
        .map(|prefix| prefix.join("lib"));
    let libraries = LIBRARIES.iter().map(PathBuf::from).chain(own);
    let executable = LOADERS.iter().map(Path::new).chain([program]);
    nothing_allowed()?
        .add_rules(path_beneath_rules(
            libraries,
            AccessFs::ReadFile | AccessFs::ReadDir,
        ))?
        .add_rules(path_beneath_rules(
            executable,
            AccessFs::ReadFile | AccessFs::Execute,
        ))?
        .add_rule(PathBeneath::new(std::io::stdin(), AccessFs::ReadFile))?
        .restrict_self()
}

fn nothing_allowed() -> Result<RulesetCreated, landlock::RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()
}

fn restrict_files(fonts: bool) -> Result<RestrictionStatus, landlock::RulesetError> {
    let ruleset = nothing_allowed()?;
    let readable: &[&str] = if fonts { &FONT_DIRECTORIES } else { &[] };
    ruleset
        .add_rules(path_beneath_rules(
            readable,
            AccessFs::ReadFile | AccessFs::ReadDir,
        ))?
        .restrict_self()
}
