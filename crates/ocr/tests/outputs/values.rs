//! Output profiles against decoders that are not ours: Python's `cp932` and `csv`, calamine, poppler.

use proptest::prelude::*;
use serde_json::Value;
use shoki_core::output_finding::{Found, UnfitReason};
use shoki_core::reading::FieldState;
use shoki_ocr::output::{escaped, render};

use crate::made::{document, form, one, python};

/// Reads a CSV file with Python: encoding, then path.
const READ_CSV: &str = "
import csv, io, json, sys
text = open(sys.argv[2], 'rb').read().decode(sys.argv[1])
assert not text.replace('\\r\\n', '').count('\\r') or sys.argv[3] != 'crlf'
rows = list(csv.reader(io.StringIO(text, newline=''), delimiter=sys.argv[4], strict=True))
print(json.dumps(rows))
";

/// Cuts fixed-width records with Python: encoding, path, then the widths.
const READ_FIXED: &str = "
import json, sys
data = open(sys.argv[2], 'rb').read()
widths = [int(width) for width in sys.argv[3:]]
size = sum(widths) + 2
assert len(data) % size == 0, (len(data), size)
rows = []
for at in range(0, len(data), size):
    record, row = data[at:at + size], []
    assert record.endswith(b'\\r\\n')
    for width in widths:
        row.append(record[:width].decode(sys.argv[1]))
        record = record[width:]
    rows.append(row)
print(json.dumps(rows))
";

/// The characters on which `encoding_rs`, Windows and Python are known to differ, and their neighbours.
const TRICKY: &str = "〜～－−—―‖∥¢￠£￡¬￢¥￥‾￣¦￤①⑳ⅠⅩⅰⅹ㈱№℡㍻≒≡∫√⊥∠∵∩∪纊褜鍈銈蓜俉炻﨑髙﨏德濵瀨惠巢靑ｱｶﾞﾟ。「」、・ヱヰヵヶ゛゜𠮷丂é😀\u{e000}\u{e757}\u{f8ff}\u{5c}~|\"',;\t=+-@＝＋＠";

fn text() -> impl Strategy<Value = String> {
    let tricky: Vec<char> = TRICKY.chars().collect();
    let one = prop_oneof![
        4 => proptest::sample::select(tricky),
        2 => proptest::char::range('ぁ', 'ヶ'),
        3 => proptest::char::range('一', '龥'),
        2 => proptest::char::range(' ', '~'),
        1 => any::<char>().prop_filter("printable", |c| !c.is_control()),
        1 => proptest::sample::select(vec!['\u{e0100}', '\u{fe00}', '\n']),
    ];
    proptest::collection::vec(one, 0..12).prop_map(|chars| chars.into_iter().collect())
}

/// What Python must find for a character that was written under `geta`: its twin, or 〓.
fn with_geta(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let is_selector = |c: char| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    while let Some(c) = chars.next() {
        let mut selected = false;
        while chars.next_if(|c| is_selector(*c)).is_some() {
            selected = true;
        }
        let private = ('\u{e000}'..='\u{e757}').contains(&c);
        match shoki_core::cp932::bytes(c) {
            Some(_) if !selected && !private => out.push(shoki_core::cp932::twin(c)),
            _ => out.push('〓'),
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn python_reads_cp932_csv_back(rows in proptest::collection::vec((text(), text()), 1..30), always in any::<bool>(), semicolon in any::<bool>()) {
        let quote = if always { "always" } else { "needed" };
        let delimiter = if semicolon { ";" } else { "," };
        let form = form(&format!(r#"
            [[output]]
            id = "rpa"
            name = "RPA"
            format = "csv"
            encoding = "cp932"
            quote = "{quote}"
            delimiter = "{delimiter}"
            header = true
            gaiji = "geta"
            column = [ {{ name = "氏名～", field = "a" }}, {{ name = "b", field = "b" }} ]
        "#));
        let rendered = render(&form, &form.outputs[0], &document(&rows), "scan.pdf").unwrap();
        let read = python(READ_CSV, &rendered.bytes.unwrap(), "cp932", &["crlf", delimiter]);
        let expected = |text: &str| Value::from(with_geta(&escaped(text)));
        prop_assert_eq!(&read[0], &Value::from(vec!["氏名～", "b"]));
        for (row, (a, b)) in read.as_array().unwrap()[1..].iter().zip(&rows) {
            prop_assert_eq!(&row[0], &expected(a));
            prop_assert_eq!(&row[1], &expected(b));
        }
        prop_assert_eq!(read.as_array().unwrap().len(), rows.len() + 1);
        let geta = |text: &str| with_geta(text).matches('〓').count() - text.matches('〓').count();
        let total: usize = rows.iter().map(|(a, b)| geta(a) + geta(b)).sum();
        prop_assert_eq!(rendered.findings.len(), total);
    }

    #[test]
    fn python_reads_utf8_csv_back(rows in proptest::collection::vec((text(), text()), 1..30), bom in any::<bool>(), lf in any::<bool>()) {
        let (encoding, codec) = if bom { ("utf8_bom", "utf-8-sig") } else { ("utf8", "utf-8") };
        let line_end = if lf { "lf" } else { "crlf" };
        let form = form(&format!(r#"
            [[output]]
            id = "rpa"
            name = "RPA"
            format = "csv"
            encoding = "{encoding}"
            line_end = "{line_end}"
            escape_formulas = false
            delimiter = "\t"
            column = [ {{ name = "a", field = "a" }}, {{ name = "b", field = "b" }}, {{ name = "c", constant = "=1" }} ]
        "#));
        let rendered = render(&form, &form.outputs[0], &document(&rows), "scan.pdf").unwrap();
        prop_assert_eq!(&rendered.findings, &[]);
        let read = python(READ_CSV, &rendered.bytes.unwrap(), codec, &[line_end, "\t"]);
        for (row, (a, b)) in read.as_array().unwrap().iter().zip(&rows) {
            prop_assert_eq!(row, &Value::from(vec![a.as_str(), b, "=1"]));
        }
    }

    #[test]
    fn python_cuts_fixed_width_where_it_was_filled(rows in proptest::collection::vec(("[0-9]{0,6}", "[ァ-ヶー一-龠〜－]{0,10}"), 1..20)) {
        let form = form(r#"
            [[output]]
            id = "kikan"
            name = "基幹"
            format = "fixed"
            encoding = "cp932"
            gaiji = "geta"
            column = [
              { name = "区分", constant = "Ｋ", width = 4 },
              { name = "番号", field = "a", digits = 6, width = 8, align = "right", pad = "*" },
              { name = "氏名", field = "b", letters = "full", width = 20, pad = "　" },
              { name = "行", own = "row", width = 3, align = "right", pad = "0" },
            ]
        "#);
        let rendered = render(&form, &form.outputs[0], &document(&rows), "scan.pdf").unwrap();
        let read = python(READ_FIXED, &rendered.bytes.unwrap(), "cp932", &["4", "8", "20", "3"]);
        for (index, (row, (a, b))) in read.as_array().unwrap().iter().zip(&rows).enumerate() {
            let number = if a.is_empty() { "********".to_owned() } else { format!("**{a:0>6}") };
            let name = with_geta(b);
            let filled = format!("{name}{}", "　".repeat(10 - name.chars().count()));
            prop_assert_eq!(row, &Value::from(vec!["Ｋ  ".to_owned(), number, filled, format!("{:03}", index + 1)]));
        }
    }
}

#[test]
fn every_character_that_we_write_is_the_same_to_python() {
    let written: String = (' '..='\u{ffff}')
        .filter(|c| !c.is_control() && shoki_core::cp932::bytes(*c).is_some())
        .collect();
    let bytes: Vec<u8> = written
        .chars()
        .filter_map(shoki_core::cp932::bytes)
        .flatten()
        .collect();
    let script = "
import json, sys
print(json.dumps(open(sys.argv[2], 'rb').read().decode(sys.argv[1])))
";
    let read = python(script, &bytes, "cp932", &[]);
    let twins: String = written.chars().map(shoki_core::cp932::twin).collect();
    assert!(read == twins, "a character differs");
    assert!(written.chars().count() > 9_000);
}

#[test]
fn a_stop_names_sheet_field_and_character_and_makes_no_file() {
    let form = form(
        r#"
        [[output]]
        id = "kikan"
        name = "基幹"
        format = "csv"
        encoding = "cp932"
        column = [ { name = "氏名", field = "a" }, { name = "b", field = "b", digits = 3 } ]
        "#,
    );
    let rows = [
        ("山田".to_owned(), "1".to_owned()),
        ("葛\u{e0100}城".to_owned(), "12a".to_owned()),
    ];
    let rendered = render(&form, &form.outputs[0], &document(&rows), "scan.pdf").unwrap();
    assert_eq!(rendered.bytes, None);
    assert_eq!(rendered.findings.len(), 2);
    let gaiji = &rendered.findings[0];
    assert_eq!((gaiji.page, gaiji.field.as_deref()), (2, Some("a")));
    assert_eq!(
        gaiji.found,
        Found::Gaiji {
            character: "葛\u{e0100}".to_owned(),
            written: None
        }
    );
    let said = rendered.stops_ja(5);
    assert!(
        said.contains("2ページ目「氏名」: 「葛\u{e0100}」(U+845B U+E0100)"),
        "{said}"
    );
    assert!(said.contains("2ページ目「b」: 数字でない"), "{said}");
}

#[test]
fn the_list_is_written_for_what_it_names_and_the_rest_stops_or_becomes_geta() {
    let with = |policy: &str| {
        form(&format!(
            r#"
            [[output]]
            id = "kikan"
            name = "基幹"
            format = "csv"
            encoding = "cp932"
            gaiji = "{policy}"
            replace = {{ "𠮷" = "吉", "髙" = "高", "葛󠄀" = "{private}" }}
            column = [ {{ name = "氏名", field = "a" }} ]
            "#,
            private = '\u{e001}',
        ))
    };
    let rows = |a: &str| document(&[(a.to_owned(), String::new())]);
    let form = with("replace");
    let made = render(&form, &form.outputs[0], &rows("𠮷髙葛\u{e0100}葛"), "s").unwrap();
    let read = python(READ_CSV, &made.bytes.unwrap(), "cp932", &["crlf", ","]);
    assert_eq!(read[0][0], "吉高\u{e001}葛");
    assert_eq!(made.findings.len(), 3);
    assert!(!made.findings.iter().any(|finding| finding.stops()));
    assert_eq!(
        render(&form, &form.outputs[0], &rows("𠮷丂"), "s").unwrap().bytes,
        None
    );
    let form = with("geta");
    let made = render(&form, &form.outputs[0], &rows("𠮷丂"), "s").unwrap();
    let read = python(READ_CSV, &made.bytes.unwrap(), "cp932", &["crlf", ","]);
    assert_eq!(read[0][0], "吉〓");
}

#[test]
fn dates_codes_and_zeros_are_converted_or_found_unfit() {
    let form = form(
        r#"
        [[output]]
        id = "kikan"
        name = "基幹"
        format = "csv"
        encoding = "utf8"
        unfit = "blank"
        column = [
          { name = "西暦", field = "date", era = "era", date = "yyyymmdd" },
          { name = "和暦", field = "date", era = "era", date = "gyymmdd" },
          { name = "長い和暦", field = "date", era = "era", date = "wareki" },
          { name = "元号", field = "era", codes = { "昭和" = "3", "平成" = "4", "令和" = "5" } },
          { name = "数", field = "b", strip_zeros = true },
          { name = "カナ", field = "a", letters = "half" },
        ]
        "#,
    );
    let mut reading = document(&[("ガッコウ".to_owned(), "0070".to_owned())]);
    let set = |reading: &mut shoki_core::reading::DocumentReading, key: &str, text: &str| {
        reading.pages[0]
            .fields
            .insert(key.to_owned(), one(text, FieldState::Sure));
    };
    set(&mut reading, "era", "令和");
    set(&mut reading, "date", "010501");
    let line = |reading: &shoki_core::reading::DocumentReading| {
        let made = render(&form, &form.outputs[0], reading, "s").unwrap();
        (String::from_utf8(made.bytes.unwrap()).unwrap(), made.findings)
    };
    let (text, findings) = line(&reading);
    assert_eq!(text, "20190501,5010501,令和元年5月1日,5,70,ｶﾞｯｺｳ\r\n");
    assert_eq!(findings, []);
    // 令和 had no 30 April of its first year, and 明治 has no code here.
    set(&mut reading, "date", "010430");
    let (text, findings) = line(&reading);
    assert!(text.starts_with(",,,5,"), "{text}");
    let not_a_date = Found::Unfit {
        reason: UnfitReason::NotADate,
        stops: false,
    };
    assert_eq!(
        findings
            .iter()
            .filter(|finding| finding.found == not_a_date)
            .count(),
        3
    );
}

#[test]
fn what_is_not_sure_is_held_back_where_the_profile_says_so() {
    let with = |policy: &str| {
        form(&format!(
            r#"
            [[output]]
            id = "kikan"
            name = "基幹"
            format = "json"
            unsure = "{policy}"
            column = [ {{ name = "z", field = "a" }}, {{ name = "b", field = "b" }}, {{ name = "確", own = "to_check" }} ]
            "#,
        ))
    };
    let mut reading = document(&[("山田".to_owned(), "1".to_owned())]);
    reading.pages[0]
        .fields
        .insert("a".to_owned(), one("山田", FieldState::Check));
    let made = |policy: &str| {
        let form = with(policy);
        let made = render(&form, &form.outputs[0], &reading, "s").unwrap();
        made.bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let json = |a: &str| {
        format!("[\n  {{\n    \"z\": \"{a}\",\n    \"b\": \"1\",\n    \"確\": \"aの欄\"\n  }}\n]\n")
    };
    assert_eq!(made("write"), Some(json("山田")));
    assert_eq!(made("blank"), Some(json("")));
    assert_eq!(made("stop"), None);
}

#[test]
fn excel_holds_amounts_as_numbers_and_everything_else_as_text() {
    use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
    let form = form(
        r#"
        [[output]]
        id = "excel"
        name = "Excel"
        format = "excel"
        header = true
        column = [
          { name = "氏名", field = "a" },
          { name = "金額", field = "amount" },
          { name = "番号", field = "b" },
        ]
        "#,
    );
    let mut reading = document(&[
        ("=HYPERLINK(\"http://x\")".to_owned(), "0012".to_owned()),
        ("𠮷田".to_owned(), "12".to_owned()),
    ]);
    for (page, amount) in reading.pages.iter_mut().zip(["-1234567", "12345678901234567"]) {
        page.fields
            .insert("amount".to_owned(), one(amount, FieldState::Sure));
    }
    let bytes = || {
        render(&form, &form.outputs[0], &reading, "s")
            .unwrap()
            .bytes
            .unwrap()
    };
    let first = bytes();
    assert!(first == bytes(), "the same values are the same bytes");
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(first)).unwrap();
    let name = book.sheet_names()[0].clone();
    let sheet = book.worksheet_range(&name).unwrap();
    let text = |text: &str| Data::String(text.to_owned());
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(rows[0], [text("氏名"), text("金額"), text("番号")]);
    assert_eq!(
        rows[1],
        [
            text("=HYPERLINK(\"http://x\")"),
            Data::Float(-1_234_567.0),
            text("0012")
        ]
    );
    // More digits than a spreadsheet keeps: text.
    assert_eq!(rows[2], [text("𠮷田"), text("12345678901234567"), text("12")]);
    assert_eq!(book.worksheet_formula(&name).unwrap().used_cells().count(), 0);
}
