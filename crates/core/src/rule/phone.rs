//! Telephone numbers of Japan.

use super::check_digit::digits;
use super::value::Fault;

/// What is wrong with a telephone number; hyphens and parentheses are not looked at.
///
/// Source: 総務省「電気通信番号計画」(令和元年総務省告示第6号): geographic numbers and 0120 have ten digits
/// from the leading 0, numbers of mobile phones (070, 080, 090, 060), IP telephones (050), pagers (020) and
/// 0800 have eleven; the digit after the leading 0 is never 0. Without the leading 0 it is a 市内局番 and a
/// number: five to eight digits.
#[must_use]
pub fn fault(text: &str) -> Option<Fault> {
    let digits = digits(text);
    let length = match digits.as_slice() {
        [0, 0, ..] => return Some(Fault::Illegal),
        [0, 2 | 5 | 6 | 7 | 8 | 9, 0, ..] => 11,
        [0, ..] => 10,
        local => return (!matches!(local.len(), 5..=8)).then_some(Fault::Illegal),
    };
    (digits.len() != length).then_some(Fault::Length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_their_lengths() {
        for right in [
            "042-585-1111",
            "03(1234)5678",
            "09012345678",
            "050-1234-5678",
            "0120-123-456",
            "0800-123-4567",
            "585-1111",
        ] {
            assert_eq!(fault(right), None, "{right}");
        }
        assert_eq!(fault("042-585-111"), Some(Fault::Length));
        assert_eq!(fault("090-1234-567"), Some(Fault::Length));
        assert_eq!(fault("042-585-11111"), Some(Fault::Length));
        assert_eq!(fault("002-585-1111"), Some(Fault::Illegal));
        assert_eq!(fault("1"), Some(Fault::Illegal));
    }

    proptest! {
        #[test]
        fn signs_do_not_count(text in "[0-9]{1,12}", at in 0usize..12) {
            let mut signed = text.clone();
            signed.insert(at.min(text.len()), '-');
            prop_assert_eq!(fault(&signed), fault(&text));
        }
    }
}
