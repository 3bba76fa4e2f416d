//! What the C library's allocator keeps of what was freed.
//!
//! glibc lets its bounds grow with the largest block ever freed: after the weights of a model were unpacked (23 MB),
//! blocks of up to that size come from its heaps, and holes stay. A meeting of five minutes took 231 MiB that way and
//! takes 208 MiB with bounds that stay; recordings of hours more. Never: in a process that reads pages. Their pictures
//! are blocks of megabytes, asked of the system each time: a stack of 12 took 530 MiB instead of 700 and 9.6 s instead
//! of 7.4, which is not worth it.

/// A block as large as this is the system's again when it is freed.
#[cfg(target_env = "gnu")]
const GIVEN_BACK: i32 = 1 << 20;
/// Free space at a heap's end that is kept.
#[cfg(target_env = "gnu")]
const KEPT: i32 = 4 << 20;

/// Fixes the bounds, for a process that hears recordings; to be called before it starts threads.
pub fn fix_bounds() {
    #[cfg(target_env = "gnu")]
    {
        use libc::{M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, mallopt};
        #[expect(unsafe_code, reason = "settings of the C library")]
        // SAFETY: takes numbers alone, and the allocator guards them with its own lock. A value that it does not
        // take changes nothing.
        unsafe {
            mallopt(M_MMAP_THRESHOLD, GIVEN_BACK);
            mallopt(M_TRIM_THRESHOLD, KEPT);
        }
    }
}
