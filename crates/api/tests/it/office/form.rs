//! The office's one form, and a page of it.

use shoki_core::digest::Sha256;
use shoki_core::form::{Blank, FieldDefinition, FieldType, FormDefinition, MmBox};
use shoki_core::master::Masters;
use shoki_core::piece::PagePiece;
use shoki_core::pipeline::FormPipeline;
use shoki_core::reading::{FieldReading, FieldState, PageKind, PageReading};
use shoki_core::review::CheckPolicy;

use crate::output_desk;

pub(super) fn forms() -> FormPipeline {
    let area = MmBox::from([10.0, 10.0, 50.0, 8.0]);
    let field = |key: &str, kind| FieldDefinition::new(key, key, kind, area);
    let mut form = FormDefinition {
        check: CheckPolicy::All,
        id: "transfer".to_owned(),
        name: "給与所得者異動届出書".to_owned(),
        version: 1,
        blank: Blank {
            file: "transfer.png".to_owned(),
            page: 1,
            width_mm: 210.0,
            height_mm: 297.0,
        },
        fields: vec![
            field("name", FieldType::Name),
            field("number", FieldType::IndividualNumber),
        ],
        outputs: Vec::new(),
        rules: Vec::new(),
    };
    form.outputs = ["rpa", "kikan"].map(|id| output_desk::profile(&form, id)).into();
    FormPipeline {
        forms: vec![form],
        masters: Masters::new(),
        digest: Sha256::of(b"forms"),
    }
}

/// A page of the form: a name and a 個人番号.
pub(super) fn page(number: u32) -> PagePiece {
    let field = |text: &str| FieldReading {
        text: text.to_owned(),
        state: FieldState::Sure,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: Vec::new(),
    };
    let fields = [
        ("name".to_owned(), field("佐藤")),
        ("number".to_owned(), field("123456789018")),
    ];
    let crops = [
        ("name".to_owned(), b"png of the name".to_vec()),
        ("number".to_owned(), b"png of the number".to_vec()),
    ];
    PagePiece {
        reading: PageReading {
            page: number,
            kind: PageKind::Form,
            form: Some("transfer".to_owned()),
            form_version: Some(1),
            quarter_turns: 0,
            registration_error: None,
            placement: None,
            doubt: None,
            fields: fields.into(),
            lines: Vec::new(),
        },
        crops: crops.into(),
    }
}
