//! The decode child alone, for this crate's tests. The product runs the same body as
//! `shoki decode-child`; this program is never shipped.

fn main() -> std::process::ExitCode {
    shoki_decode::child_main(std::env::args_os().skip(1))
}
