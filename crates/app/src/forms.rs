//! Form definitions as files, and the results of reading as files.
//!
//! The same loading and writing serve the jobs of the API and `shoki forms read`, so both give the
//! same bytes. Never: image processing (that is `ocr`).

pub mod check;
pub mod corrections;
pub mod desk;
pub mod draft_desk;
pub mod load;
pub mod masters;
pub mod office_set;
pub mod outputs;
pub mod page_desk;
pub mod pool;
pub mod result_writer;

use std::collections::BTreeMap;

use shoki_core::code::ErrorCode;
use shoki_core::reading::{PageKind, PageReading};

/// The entry of a page that could not be opened or read: reported, never a hole.
#[must_use]
pub fn failed_page(page: u32, code: ErrorCode) -> PageReading {
    PageReading {
        page,
        kind: PageKind::Failed { code },
        form: None,
        form_version: None,
        quarter_turns: 0,
        registration_error: None,
        placement: None,
        doubt: None,
        fields: BTreeMap::new(),
        lines: Vec::new(),
    }
}
