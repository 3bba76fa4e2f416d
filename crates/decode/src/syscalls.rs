//! The seccomp filter of the child: an allow-list of what decoding needs; everything else fails with
//! `EPERM`. So no network, no process, no thread, no file written, no new code mapped.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// Whether this processor's filters can be built and this kernel runs them.
pub(crate) fn is_available() -> bool {
    TargetArch::try_from(std::env::consts::ARCH).is_ok() && rustix::thread::secure_computing_mode().is_ok()
}

/// Puts the filter on every thread of the process. `open_for_reading`: whether files may be opened at
/// all (landlock then decides which).
pub(crate) fn restrict(open_for_reading: bool) -> Result<(), &'static str> {
    if !is_available() {
        return Ok(());
    }
    let filter = filter(open_for_reading).map_err(|_| "the system call filter could not be built")?;
    seccompiler::apply_filter_all_threads(&filter).map_err(|_| "the system call filter was refused")
}

/// Puts the filter for a program that this process is about to become: beside the calls of decoding it
/// may start itself, load its libraries and make threads, but no process, no socket and no file.
pub(crate) fn restrict_program() -> Result<(), &'static str> {
    if !is_available() {
        return Ok(());
    }
    let built = |_| "the system call filter could not be built";
    let refused = |_| "the system call filter was refused";
    let filters = [old_clone_only().map_err(built)?, program_filter().map_err(built)?];
    for filter in filters {
        seccompiler::apply_filter_all_threads(&filter).map_err(refused)?;
    }
    Ok(())
}

/// Calls allowed with any arguments: memory, clocks, positioned reads, signals to oneself, the end.
const FREE: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getrusage,
    libc::SYS_sched_getaffinity,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Calls allowed only to walk the font directories.
const DIRECTORY: &[libc::c_long] = &[
    libc::SYS_getdents64,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_fcntl,
];

/// The older names of calls, which only `x86_64` still has.
#[cfg(target_arch = "x86_64")]
const OLD: &[libc::c_long] = &[libc::SYS_time, libc::SYS_arch_prctl];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[libc::c_long] = &[];

/// Calls that a program makes while it starts, and to look at what it was given.
const PROGRAM: &[libc::c_long] = &[
    libc::SYS_execve,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_ppoll,
    libc::SYS_clone3,
    libc::SYS_set_mempolicy,
    libc::SYS_get_mempolicy,
];
#[cfg(target_arch = "x86_64")]
const OLD_PROGRAM: &[libc::c_long] = &[libc::SYS_access, libc::SYS_readlink, libc::SYS_poll];
#[cfg(not(target_arch = "x86_64"))]
const OLD_PROGRAM: &[libc::c_long] = &[];

/// The arguments of `clone3` lie in memory, where no filter sees them: the C library falls back to
/// `clone` when it is told that there is none.
fn old_clone_only() -> Result<BpfProgram, seccompiler::BackendError> {
    let rules = BTreeMap::from([(libc::SYS_clone3, vec![])]);
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, absent, architecture)?.try_into()
}

fn program_filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules = rules(true)?;
    rules.extend(PROGRAM.iter().chain(OLD_PROGRAM).map(|&call| (call, vec![])));
    // Libraries are mapped executable from their files, never from memory that was written.
    let executable = u64::from(libc::PROT_EXEC.cast_unsigned());
    let changeable = executable | u64::from(libc::PROT_WRITE.cast_unsigned());
    let anonymous = u64::from(libc::MAP_ANONYMOUS.cast_unsigned());
    let from_file = SeccompRule::new(vec![
        argument(2, SeccompCmpOp::MaskedEq(changeable), executable)?,
        argument(3, SeccompCmpOp::MaskedEq(anonymous), 0)?,
    ])?;
    rules.entry(libc::SYS_mmap).or_default().push(from_file);
    let thread = u64::from(libc::CLONE_THREAD.cast_unsigned());
    rules.insert(
        libc::SYS_clone,
        vec![SeccompRule::new(vec![argument(
            0,
            SeccompCmpOp::MaskedEq(thread),
            thread,
        )?])?],
    );
    compiled(rules)
}

fn filter(open_for_reading: bool) -> Result<BpfProgram, seccompiler::BackendError> {
    compiled(rules(open_for_reading)?)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn rules(open_for_reading: bool) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = FREE.iter().chain(OLD).map(|&call| (call, vec![])).collect();
    // Output only to the two pipes.
    let to_pipe = |descriptor| SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, descriptor)?]);
    rules.insert(libc::SYS_write, vec![to_pipe(1)?, to_pipe(2)?]);
    rules.insert(libc::SYS_writev, vec![to_pipe(1)?, to_pipe(2)?]);
    // Memory is never executable.
    let executable = u64::from(libc::PROT_EXEC.cast_unsigned());
    let data_only = || SeccompRule::new(vec![argument(2, SeccompCmpOp::MaskedEq(executable), 0)?]);
    rules.insert(libc::SYS_mmap, vec![data_only()?]);
    rules.insert(libc::SYS_mprotect, vec![data_only()?]);
    // `abort` signals the own process, nobody else's.
    let own = u64::from(std::process::id());
    rules.insert(
        libc::SYS_tgkill,
        vec![SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, own)?])?],
    );
    // Reading one's own limits, not setting any.
    let only_reading = SeccompRule::new(vec![SeccompCondition::new(
        2,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::Eq,
        0,
    )?])?;
    rules.insert(libc::SYS_prlimit64, vec![only_reading]);
    if open_for_reading {
        rules.extend(DIRECTORY.iter().map(|&call| (call, vec![])));
        let writing = libc::O_WRONLY
            | libc::O_RDWR
            | libc::O_CREAT
            | libc::O_TRUNC
            | libc::O_TMPFILE & !libc::O_DIRECTORY;
        let writing = u64::from(writing.cast_unsigned());
        let for_reading =
            |flags| SeccompRule::new(vec![argument(flags, SeccompCmpOp::MaskedEq(writing), 0)?]);
        rules.insert(libc::SYS_openat, vec![for_reading(2)?]);
        #[cfg(target_arch = "x86_64")]
        rules.insert(libc::SYS_open, vec![for_reading(1)?]);
    }
    Ok(rules)
}

/// Everything but these calls fails with `EPERM`.
fn compiled(rules: Rules) -> Result<BpfProgram, seccompiler::BackendError> {
    let denied = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, denied, SeccompAction::Allow, architecture)?.try_into()
}

/// A condition on the lower half of argument `index`; flags and descriptors are 32 bits wide.
fn argument(
    index: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)
}
