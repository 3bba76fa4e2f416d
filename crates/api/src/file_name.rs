//! File names that come from outside: made harmless on the way in, quoted on the way out.

use std::fmt::Write as _;

use axum::http::HeaderValue;
use shoki_core::limits::MAX_NAME_CHARS;

/// The name of an upload that has none.
const NAMELESS: &str = "無題";

/// The last component of `name` without control or direction-changing characters, at most
/// [`MAX_NAME_CHARS`] characters; `無題` when nothing is left.
#[must_use]
pub fn sanitise(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|&c| !c.is_control() && !changes_direction(c))
        .take(MAX_NAME_CHARS)
        .collect();
    match clean.trim() {
        "" | "." | ".." => NAMELESS.to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// Bidirectional controls and invisible characters, with which `gpj.exe` can be shown as `exe.jpg`.
const fn changes_direction(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `Content-Disposition: attachment` with the name for old clients and in UTF-8 (RFC 6266, RFC 8187).
///
/// # Panics
/// Never: everything outside of the safe set is replaced or percent-encoded.
#[must_use]
pub fn attachment(name: &str) -> HeaderValue {
    let mut ascii = String::with_capacity(name.len());
    let mut encoded = String::with_capacity(name.len() * 3);
    for c in name.chars() {
        let plain = c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        ascii.push(if plain { c } else { '_' });
    }
    for &byte in name.as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes everything");
        }
    }
    let value = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).expect("only letters, digits, '.', '-', '_' and '%' are left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_controls_and_direction_marks_are_gone() {
        assert_eq!(sanitise("../../etc/passwd"), "passwd");
        assert_eq!(sanitise("C:\\scan\\申告書.pdf"), "申告書.pdf");
        assert_eq!(sanitise("a\r\nSet-Cookie: b.pdf"), "aSet-Cookie: b.pdf");
        assert_eq!(sanitise("\u{202e}fdp.exe"), "fdp.exe");
        assert_eq!(sanitise("dir/.."), "無題");
        assert_eq!(sanitise("\0\0"), "無題");
        assert_eq!(sanitise(&"長".repeat(300)).chars().count(), 255);
    }

    #[test]
    fn no_name_breaks_out_of_its_header() {
        let value = attachment("a\"; x=\"\r\nEvil: 1\u{7f}申.csv");
        let text = value.to_str().unwrap();
        assert_eq!(
            text,
            "attachment; filename=\"a___x____Evil__1__.csv\"; \
             filename*=UTF-8''a%22%3B%20x%3D%22%0D%0AEvil%3A%201%7F%E7%94%B3.csv"
        );
    }
}
