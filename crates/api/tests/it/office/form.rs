//! The office's one form, and a page of it.

use shoki_core::acceptance::AcceptTerms;
use shoki_core::digest::Sha256;
use shoki_core::form::{Blank, FieldDefinition, FieldType, FormDefinition, MmBox};
use shoki_core::master::Masters;
use shoki_core::piece::PagePiece;
use shoki_core::pipeline::FormPipeline;
use shoki_core::reading::{FieldReading, FieldState, PageKind, PageReading, Placement};
use shoki_core::review::CheckPolicy;

use crate::output_desk;

/// The office's forms pipeline.
pub fn forms() -> FormPipeline {
    let field =
        |key: &str, kind, top: f32| FieldDefinition::new(key, key, kind, MmBox::from([10.0, top, 50.0, 8.0]));
    let mut form = FormDefinition {
        check: CheckPolicy::All,
        accept: AcceptTerms::default(),
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
            field("name", FieldType::Name, 10.0),
            field("number", FieldType::IndividualNumber, 20.0),
        ],
        outputs: Vec::new(),
        rules: Vec::new(),
    };
    form.outputs = ["rpa", "kikan"].map(|id| output_desk::profile(&form, id)).into();
    // Fourteen clean audits prove a field of it; all of its sure fields are audited until then and after.
    let notice = FormDefinition {
        id: NOTICE.to_owned(),
        name: "通知書".to_owned(),
        check: CheckPolicy::Flagged,
        accept: AcceptTerms {
            limit: 0.2,
            proving_share: 1.0,
            proven_share: 1.0,
        },
        ..form.clone()
    };
    FormPipeline {
        forms: vec![notice, form],
        masters: Masters::new(),
        digest: Sha256::of(b"forms"),
    }
}

/// The form whose sure fields pass unseen.
pub const NOTICE: &str = "notice";

/// A page of a form: a name and a 個人番号.
pub fn page(form: &str, number: u32) -> PagePiece {
    let field = |text: &str| FieldReading {
        text: text.to_owned(),
        state: FieldState::Sure,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: Vec::new(),
        signals: None,
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
            form: Some(form.to_owned()),
            form_version: Some(1),
            quarter_turns: 0,
            registration_error: None,
            // Eight pixels a millimetre.
            placement: Some(Placement([8.0, 0.0, 0.0, 0.0, 8.0, 0.0, 0.0, 0.0, 1.0])),
            fields: fields.into(),
            lines: Vec::new(),
        },
        crops: crops.into(),
    }
}
