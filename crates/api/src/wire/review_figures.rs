//! 識字率 and time on task over jobs, on the wire: as JSON and as a table for Excel.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shoki_core::id::UserId;
use utoipa::ToSchema;

use super::review::RateBody;

/// How long one period is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodLength {
    /// The whole time as one.
    All,
    /// Months.
    #[default]
    Month,
    /// Days.
    Day,
}

/// What was counted on sheets that were done in some periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodFiguresBody {
    /// First day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// How long one period is.
    pub by: PeriodLength,
    /// Whether the whole office is counted, or the own 課.
    pub office: bool,
    /// Sheets that were done.
    pub sheets: u64,
    /// All fields together.
    pub all: RateBody,
    /// Seconds at work, pauses of more than a minute left out.
    pub seconds: u64,
    /// By period and form.
    pub forms: Vec<FormPeriodBody>,
    /// By period, form and field.
    pub fields: Vec<FieldPeriodBody>,
    /// Time by period, form and person: of everybody for a 課管理者, the own one for a 担当者, nobody's for those
    /// who run the system.
    pub people: Vec<PersonPeriodBody>,
}

/// One form in one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormPeriodBody {
    /// First day of the period.
    #[schema(value_type = String, format = Date)]
    pub period: Date,
    /// Id of the form.
    pub form: String,
    /// Its name; absent when it is not defined any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_name: Option<String>,
    /// Sheets that were done.
    pub sheets: u64,
    /// Seconds at work.
    pub seconds: u64,
    /// Its rates.
    #[serde(flatten)]
    pub rate: RateBody,
}

/// One field in one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldPeriodBody {
    /// First day of the period.
    #[schema(value_type = String, format = Date)]
    pub period: Date,
    /// Id of the form.
    pub form: String,
    /// The field's key.
    pub key: String,
    /// The words printed on the form; absent when it is not defined any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its rates.
    #[serde(flatten)]
    pub rate: RateBody,
}

/// One person's time on one form in one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonPeriodBody {
    /// First day of the period.
    #[schema(value_type = String, format = Date)]
    pub period: Date,
    /// Id of the form.
    pub form: String,
    /// The person.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// The person's name.
    pub name: String,
    /// Seconds at work.
    pub seconds: u64,
}

/// Heads of the table's columns.
const COLUMNS: [&str; 12] = [
    "期間の初日",
    "帳票",
    "帳票名",
    "欄",
    "欄名",
    "用紙の数",
    "欄の数",
    "直した欄の数",
    "文字の数",
    "直した文字の数",
    "識字率",
    "作業時間(秒)",
];

impl PeriodFiguresBody {
    /// The table: of each form in each period a row of the whole and a row a field; UTF-8 with BOM, CRLF, formulas
    /// escaped, as Excel takes it.
    ///
    /// # Errors
    /// What the CSV library says; writing to memory does not fail.
    pub fn table(&self) -> Result<Vec<u8>, csv::Error> {
        let mut bytes = "\u{feff}".as_bytes().to_vec();
        let mut table = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(&mut bytes);
        table.write_record(COLUMNS)?;
        for form in &self.forms {
            let name = form.form_name.as_deref().unwrap_or_default();
            let whole = [form.sheets.to_string(), form.seconds.to_string()];
            table.write_record(row(form.period, &form.form, name, ["", ""], &whole, &form.rate))?;
            let own = |field: &&FieldPeriodBody| field.period == form.period && field.form == form.form;
            for field in self.fields.iter().filter(own) {
                let label = field.label.as_deref().unwrap_or_default();
                let place = [field.key.as_str(), label];
                let nothing = [String::new(), String::new()];
                table.write_record(row(form.period, &form.form, name, place, &nothing, &field.rate))?;
            }
        }
        table.flush()?;
        drop(table);
        Ok(bytes)
    }
}

fn row(
    period: Date,
    form: &str,
    name: &str,
    [key, label]: [&str; 2],
    [sheets, seconds]: &[String; 2],
    rate: &RateBody,
) -> [String; 12] {
    let share = rate.character_rate.map(|rate| format!("{rate:.4}"));
    [
        period.to_string(),
        text(form),
        text(name),
        text(key),
        text(label),
        sheets.clone(),
        rate.fields.to_string(),
        rate.fields_corrected.to_string(),
        rate.characters.to_string(),
        rate.characters_corrected.to_string(),
        share.unwrap_or_default(),
        seconds.clone(),
    ]
}

/// A text that no spreadsheet takes for a formula.
fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use shoki_core::review::FieldFigures;

    #[test]
    fn the_table_is_what_excel_takes() {
        let rate = |counts: [u64; 4]| RateBody::from(FieldFigures::from(counts));
        let period = date(2026, 1, 1);
        let body = PeriodFiguresBody {
            from: period,
            to: date(2026, 1, 31),
            by: PeriodLength::Month,
            office: false,
            sheets: 2,
            all: rate([4, 1, 28, 1]),
            seconds: 90,
            forms: vec![FormPeriodBody {
                period,
                form: "transfer".to_owned(),
                form_name: Some("=異動届".to_owned()),
                sheets: 2,
                seconds: 90,
                rate: rate([4, 1, 28, 1]),
            }],
            fields: vec![FieldPeriodBody {
                period,
                form: "transfer".to_owned(),
                key: "name".to_owned(),
                label: Some("氏名,漢字".to_owned()),
                rate: rate([2, 1, 0, 0]),
            }],
            people: Vec::new(),
        };
        let table = String::from_utf8(body.table().unwrap()).unwrap();
        let rows: Vec<&str> = table.split("\r\n").collect();
        assert!(rows[0].starts_with("\u{feff}期間の初日,"), "{table}");
        assert_eq!(rows[1], "2026-01-01,transfer,'=異動届,,,2,4,1,28,1,0.9643,90");
        assert_eq!(
            rows[2],
            "2026-01-01,transfer,'=異動届,name,\"氏名,漢字\",,2,1,0,0,,"
        );
        assert_eq!(rows[3..], [""]);
    }
}
