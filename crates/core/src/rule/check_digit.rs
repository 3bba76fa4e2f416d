//! Check digits of 個人番号 and 法人番号.
//!
//! A passed check is weak evidence: of random strings 1 in 10 has a right 個人番号 digit, 1 in 9 a right
//! 法人番号 digit.

/// Weights of the first eleven digits of a 個人番号, left to right.
const WEIGHTS: [u32; 11] = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// The twelfth digit of a 個人番号 after its first eleven (each 0–9).
///
/// Source: 平成26年総務省令第85号 第5条: 11 − (Σ Pn × Qn mod 11), 0 where the rest is 0 or 1; Pn is the
/// n-th digit from the right, Qn = n + 1 for n ≤ 6 and n − 5 above.
#[must_use]
pub fn of_individual_number(body: &[u8; 11]) -> u8 {
    let sum: u32 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => (11 - rest) as u8,
    }
}

/// The first digit of a 法人番号 before its other twelve (each 0–9).
///
/// Source: 平成26年財務省令第70号 第2条: 9 − (Σ Pn × Qn mod 9); Pn is the n-th digit from the right, Qn is 1
/// for odd n and 2 for even n.
#[must_use]
pub fn of_corporate_number(body: &[u8; 12]) -> u8 {
    let weights = [1, 2].into_iter().cycle();
    let sum: u32 = body
        .iter()
        .rev()
        .zip(weights)
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .sum();
    (9 - sum % 9) as u8
}

/// Whether these are the twelve digits of a 個人番号.
#[must_use]
pub fn is_individual_number(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    <&[u8; 11]>::try_from(body).is_ok_and(|body| of_individual_number(body) == *check)
}

/// Whether these are the thirteen digits of a 法人番号.
#[must_use]
pub fn is_corporate_number(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_first() else {
        return false;
    };
    <&[u8; 12]>::try_from(body).is_ok_and(|body| of_corporate_number(body) == *check)
}

/// The ASCII digits of a text as numbers.
#[must_use]
pub fn digits(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte - b'0')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_numbers() {
        assert!(is_individual_number(&digits("123456789018")));
        // Published numbers of public bodies: 国税庁, 日野市; the example of the ordinance's explanation.
        for right in ["7000012050002", "1000020132128", "8700110005901"] {
            assert!(is_corporate_number(&digits(right)), "{right}");
        }
        for wrong in ["", "123456789012", "12345678901", "1234567890180"] {
            assert!(!is_individual_number(&digits(wrong)), "{wrong}");
            assert!(!is_corporate_number(&digits(wrong)), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_wrong_digit_is_found(body in prop::array::uniform11(0u8..10), at in 0usize..11, by in 1u8..10) {
            let mut number = body.to_vec();
            number.push(of_individual_number(&body));
            prop_assert!(is_individual_number(&number));
            let right = number.clone();
            number[at] = (number[at] + by) % 10;
            // The rests 0 and 1 share the digit 0: these alone may pass.
            let sum = |n: &[u8]| n.iter().zip(WEIGHTS).map(|(&d, w)| u32::from(d) * w).sum::<u32>() % 11;
            prop_assert!(!is_individual_number(&number) || (sum(&right) <= 1 && sum(&number) <= 1));
        }

        #[test]
        fn a_wrong_check_digit_is_found(body in prop::array::uniform12(0u8..10), other in 0u8..10) {
            let check = of_corporate_number(&body);
            prop_assert!((1..=9).contains(&check));
            let number: Vec<u8> = std::iter::once(other).chain(body).collect();
            prop_assert_eq!(is_corporate_number(&number), other == check);
        }

        #[test]
        fn a_wrong_digit_of_a_corporate_number_is_found_unless_it_is_nine_off(
            body in prop::array::uniform12(0u8..10), at in 0usize..12, by in 1u8..9,
        ) {
            let check = of_corporate_number(&body);
            let mut other = body;
            prop_assume!(other[at] + by <= 9);
            other[at] += by;
            prop_assert_ne!(of_corporate_number(&other), check);
        }
    }
}
