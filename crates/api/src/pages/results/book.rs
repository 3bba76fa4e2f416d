//! The figures as an Excel book: a sheet of what the page shows, a sheet of counts for each desk.
//!
//! Promise: counts are numbers, everything else is text, so nothing is calculated on opening.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::Counted;
use super::sections::Section;

/// A value of a row.
enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    Nothing,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a year are far below 2^52")]
const fn number<'a>(count: u64) -> Cell<'a> {
    Cell::Number(count as f64)
}

fn share<'a>(share: Option<f64>) -> Cell<'a> {
    share.map_or(Cell::Nothing, Cell::Number)
}

/// The book's bytes.
///
/// # Errors
/// What the library says.
pub(super) fn render(counted: &Counted, sections: &[Section]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The time of writing would make every book of the same figures another one.
    let never = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&never));
    let whole = sheet(&mut book, "成果", &["業務", "項目", "値", "計算", "計画", "達成"])?;
    let figures = sections
        .iter()
        .flat_map(|section| section.figures.iter().map(move |figure| (section, figure)));
    for (row, (section, figure)) in (1..).zip(figures) {
        let (goal, met) = match &figure.goal {
            Some(goal) => (goal.text.as_str(), if goal.is_met { "達成" } else { "未達成" }),
            None => ("", ""),
        };
        let texts = [
            section.title,
            figure.name,
            &figure.value,
            &figure.formula,
            goal,
            met,
        ];
        write(whole, row, &texts.map(Cell::Text))?;
    }
    let heads = [
        "月の初日",
        "帳票",
        "帳票名",
        "用紙",
        "欄",
        "直した欄",
        "文字",
        "直した文字",
        "識字率",
        "作業時間(秒)",
    ];
    let forms = sheet(&mut book, "帳票", &heads)?;
    for (row, form) in (1..).zip(&counted.forms.forms) {
        let period = form.period.to_string();
        let cells = [
            Cell::Text(&period),
            Cell::Text(&form.form),
            Cell::Text(form.form_name.as_deref().unwrap_or_default()),
            number(form.sheets),
            number(form.rate.fields),
            number(form.rate.fields_corrected),
            number(form.rate.characters),
            number(form.rate.characters_corrected),
            share(form.rate.character_rate),
            number(form.seconds),
        ];
        write(forms, row, &cells)?;
    }
    let heads = ["月の初日", "会議録", "録音の長さ(秒)", "作業時間(秒)"];
    let meetings = sheet(&mut book, "会議録", &heads)?;
    for (row, of_month) in (1..).zip(&counted.meetings.periods) {
        let period = of_month.period.to_string();
        let cells = [
            Cell::Text(&period),
            number(of_month.meetings),
            number(of_month.recorded_seconds),
            number(of_month.seconds),
        ];
        write(meetings, row, &cells)?;
    }
    let heads = [
        "月の初日",
        "質問",
        "根拠なし",
        "根拠を開いた",
        "根拠を開くまで(ミリ秒、中央値)",
        "これが根拠",
        "うち上位3件",
    ];
    let questions = sheet(&mut book, "法令・通知", &heads)?;
    for (row, of_month) in (1..).zip(&counted.questions_by_month) {
        let period = of_month.from.to_string();
        let cells = [
            Cell::Text(&period),
            number(of_month.questions),
            number(of_month.no_basis),
            number(of_month.opened),
            of_month.median_to_evidence_millis.map_or(Cell::Nothing, number),
            number(of_month.marked),
            number(of_month.marked_in_top_3),
        ];
        write(questions, row, &cells)?;
    }
    book.save_to_buffer()
}

fn sheet<'a>(book: &'a mut Workbook, name: &str, heads: &[&str]) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    let bold = Format::new().set_bold();
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(0, column, *head, &bold)?;
        sheet.set_column_width(column, 18)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(sheet)
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
    let as_text = Format::new().set_num_format("@");
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Text(text) => sheet.write_string_with_format(row, column, *text, &as_text)?,
            Cell::Number(number) => sheet.write_number(row, column, *number)?,
            Cell::Nothing => continue,
        };
    }
    Ok(())
}
