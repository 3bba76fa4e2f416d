//! A list of objects, one per sheet, the columns in the profile's order.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use shoki_core::form::FormDefinition;
use shoki_core::output_finding::Finding;
use shoki_core::output_profile::OutputProfile;
use shoki_core::reading::DocumentReading;

use super::value::{self, Sheet};
use super::{finding, sheets};

struct Record<'a>(Vec<(&'a str, String)>);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(super) fn render(
    form: &FormDefinition,
    profile: &OutputProfile,
    reading: &DocumentReading,
    document: &str,
) -> (Vec<u8>, u32, Vec<Finding>) {
    let (mut records, mut findings) = (Vec::new(), Vec::new());
    for (row, page) in (1..).zip(sheets(form, reading)) {
        let sheet = Sheet {
            form,
            page,
            row,
            document,
        };
        let mut record = Record(Vec::new());
        for column in &profile.columns {
            let (text, found) = value::text(profile, column, sheet);
            findings.extend(found.map(|found| finding(page, column, found)));
            record.0.push((column.name.as_str(), text));
        }
        records.push(record);
    }
    let mut bytes = serde_json::to_vec_pretty(&records).expect("strings only");
    bytes.push(b'\n');
    (bytes, u32::try_from(records.len()).unwrap_or(u32::MAX), findings)
}
