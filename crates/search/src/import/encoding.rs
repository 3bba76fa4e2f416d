//! Bytes of a text file → characters: UTF-8 with or without a mark, UTF-16 with one, else Shift_JIS
//! (CP932) as Japanese office software writes it.
//!
//! Promise: every byte is read or the file is refused. Never: a replacement character.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

use super::ImportError;

/// The text in `bytes`, line ends as `\n`.
///
/// # Errors
/// [`ImportError::Empty`] when there is nothing but blanks, [`ImportError::BadEncoding`] when no
/// encoding fits or what it holds is no text.
pub fn decode(bytes: &[u8]) -> Result<String, ImportError> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => strictly(encoding, &bytes[length..]),
        None => strictly(UTF_8, bytes).or_else(|| strictly(SHIFT_JIS, bytes)),
    };
    let text = text.ok_or(ImportError::BadEncoding)?;
    if text.chars().any(is_binary) {
        return Err(ImportError::BadEncoding);
    }
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    })
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    debug_assert!([UTF_8, SHIFT_JIS, UTF_16LE, UTF_16BE].contains(&encoding));
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
}

/// Control characters that no text file holds; a form feed parts pages.
fn is_binary(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1a}' | '\u{80}'..='\u{9f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_of_saving_is_read() {
        let text = "第１　世帯の認定\n髙橋①";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            SHIFT_JIS.encode(text).0.into_owned(),
            std::iter::once(0xfeff)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
            text.replace('\n', "\r\n").into_bytes(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(decode(b""), Err(ImportError::Empty));
        assert_eq!(decode(b" \r\n"), Err(ImportError::Empty));
        assert_eq!(decode(b"%PDF-1.7\n\x00\x01"), Err(ImportError::BadEncoding));
        assert_eq!(decode(b"\x81\x20\xff\xfe"), Err(ImportError::BadEncoding));
    }

    proptest! {
        #[test]
        fn any_bytes_end_typed(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(text) = decode(&bytes) {
                prop_assert!(!text.trim().is_empty());
            }
        }
    }
}
