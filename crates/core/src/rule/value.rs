//! What one value must be by the type of its field, its boxes and its grammar.

use crate::form::{FieldDefinition, FieldType};
use crate::reading::Reason;
use crate::wareki::WrittenDate;

use super::{amount, check_digit, phone};

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The number of characters does not fit.
    Length,
    /// The check digit does not fit.
    CheckDigit,
    /// Not a value that the type allows.
    Illegal,
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Length => Self::WrongLength,
            Fault::CheckDigit => Self::CheckDigit,
            Fault::Illegal => Self::IllegalValue,
        }
    }
}

/// What is wrong with `text`, a value in its normal form; `inked` is the number of printed boxes that hold
/// ink, where that is known. An empty value has no faults.
#[must_use]
pub fn faults(field: &FieldDefinition, inked: Option<usize>, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if text.is_empty() {
        return faults;
    }
    let length = text.chars().count();
    if field.cells.is_some_and(|cells| length > cells as usize) || inked.is_some_and(|inked| inked != length)
    {
        faults.push(Fault::Length);
    }
    if let Some(fault) = of_type(field, text).filter(|fault| !faults.contains(fault)) {
        faults.push(fault);
    }
    faults
}

fn of_type(field: &FieldDefinition, text: &str) -> Option<Fault> {
    use FieldType as T;
    let digits = check_digit::digits(text);
    let of_length = |length: usize| (digits.len() != length).then_some(Fault::Length);
    match field.kind {
        T::IndividualNumber => of_length(12)
            .or_else(|| (!check_digit::is_individual_number(&digits)).then_some(Fault::CheckDigit)),
        T::CorporateNumber => of_length(13)
            .or_else(|| (!check_digit::is_corporate_number(&digits)).then_some(Fault::CheckDigit)),
        T::PostalCode => of_length(7),
        T::Phone => phone::fault(text),
        T::WarekiDate => WrittenDate::parse(text)
            .and_then(WrittenDate::check)
            .is_err()
            .then_some(Fault::Illegal),
        T::Amount => amount::parse(text).is_err().then_some(Fault::Illegal),
        T::Account => {
            let most = field.cells.map_or(8, |cells| cells as usize);
            (digits.is_empty() || digits.len() > most).then_some(Fault::Length)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::MmBox;
    use proptest::prelude::*;

    fn field(kind: FieldType, cells: Option<u32>) -> FieldDefinition {
        FieldDefinition {
            cells,
            ..FieldDefinition::new("f", "欄", kind, MmBox::from([0.0, 0.0, 10.0, 10.0]))
        }
    }

    #[test]
    fn each_type_has_its_faults() {
        use FieldType as T;
        for (kind, cells, inked, text, expected) in [
            (T::IndividualNumber, Some(12), Some(12), "123456789018", &[][..]),
            (
                T::IndividualNumber,
                Some(12),
                Some(12),
                "123456789012",
                &[Fault::CheckDigit][..],
            ),
            (
                T::IndividualNumber,
                Some(12),
                Some(12),
                "12345678901",
                &[Fault::Length][..],
            ),
            (
                T::CorporateNumber,
                None,
                None,
                "7000012050003",
                &[Fault::CheckDigit][..],
            ),
            (T::PostalCode, None, None, "191001", &[Fault::Length][..]),
            (T::WarekiDate, None, None, "令和3年2月30日", &[Fault::Illegal][..]),
            (T::Amount, Some(8), Some(3), "012", &[Fault::Illegal][..]),
            (T::Amount, Some(8), Some(4), "123", &[Fault::Length][..]),
            (T::Account, Some(7), Some(8), "12345678", &[Fault::Length][..]),
            (T::Name, None, None, "山田", &[]),
            (T::Number, Some(2), Some(0), "", &[]),
        ] {
            assert_eq!(
                faults(&field(kind, cells), inked, text),
                expected,
                "{kind:?} {text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_value_panics_and_no_fault_comes_twice(text in "\\PC{0,16}", cells in prop::option::of(1u32..14)) {
            use FieldType as T;
            for kind in [T::Amount, T::WarekiDate, T::Phone, T::Account, T::IndividualNumber, T::CorporateNumber] {
                let found = faults(&field(kind, cells), None, &text);
                prop_assert!(found.len() <= 2 && (found.len() < 2 || found[0] != found[1]));
            }
        }
    }
}
