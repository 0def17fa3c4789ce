//! Takes everything away from this process but memory and its two pipes.
//!
//! In scope: descriptors, resource limits, the system call filter. Not in scope: name spaces and Landlock, which would narrow
//! what the filter forbids already.
//!
//! The filter is a list of what is allowed; anything else ends the process at once.

use std::{collections::BTreeMap, io};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen::Dword, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, apply_filter,
};

use crate::shared;

/// Address space of the process: the shared picture, and what codec, tiles and one update may take.
const ADDRESS_SPACE: u64 = shared::BYTES as u64 + (512 << 20);
/// Descriptors that stay: updates in, answers out, and the memory file.
const INPUT: u64 = 0;
const OUTPUT: u64 = 1;

/// Takes everything away from this process: every descriptor above 2, new files, sockets, processes and programs, executable
/// memory, most of its address space. It cannot be undone. Reading from descriptor 0 and writing to descriptor 1 stay.
///
/// # Errors
/// When the kernel refuses one of the steps: the process must then end.
pub fn lock_up() -> io::Result<()> {
    // SAFETY: closes descriptors that nothing in this process uses any more: it runs first thing in `main`.
    if unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) } != 0 {
        return Err(io::Error::last_os_error());
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let limits = [(Resource::As, ADDRESS_SPACE), (Resource::Core, 0), (Resource::Fsize, 0), (Resource::Nofile, 3), (Resource::Nproc, 0)];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let program = filter().map_err(io::Error::other)?;
    // This sets "no new privileges" too.
    apply_filter(&program).map_err(io::Error::other)
}

fn filter() -> Result<BpfProgram, seccompiler::Error> {
    let is = |argument, value| SeccompCondition::new(argument, Dword, SeccompCmpOp::Eq, value);
    let masked = |argument, mask, value| SeccompCondition::new(argument, Dword, SeccompCmpOp::MaskedEq(mask), value);
    let rule = |conditions: Vec<SeccompCondition>| SeccompRule::new(conditions).map(|rule| vec![rule]);
    let executable = libc::PROT_EXEC as u64;
    let anonymous = libc::MAP_ANONYMOUS as u64;
    let mut rules = BTreeMap::from([
        (libc::SYS_read, rule(vec![is(0, INPUT)?])?),
        (libc::SYS_write, rule(vec![is(0, OUTPUT)?])?),
        (libc::SYS_mmap, rule(vec![masked(2, executable, 0)?, masked(3, anonymous, anonymous)?])?),
        // The codec counts processors, its own process's only.
        (libc::SYS_sched_getaffinity, rule(vec![is(0, 0)?])?),
        (libc::SYS_mprotect, rule(vec![masked(2, executable, 0)?])?),
    ]);
    let always = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getrandom,
        libc::SYS_gettimeofday,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
    ];
    rules.extend(always.map(|call| (call, Vec::new())));
    let arch = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, arch)?.try_into()?)
}
