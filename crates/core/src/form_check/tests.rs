//! Each rule broken once: the line and the words that name it.

mod outputs;

use super::*;
use proptest::prelude::*;

const RIGHT: &str = r#"id = "sample"
name = "見本"
version = 1
[blank]
file = "sample.png"
width_mm = 210
height_mm = 297.0
[[field]]
key = "number"
label = "個人番号"
type = "individual_number"
box = [10, 10, 80, 10]
cells = 12
sensitive = true
[[field]]
key = "era"
label = "元号"
type = "circle"
box = [10, 30, 40, 10]
choice = [
  { value = "昭和", box = [10, 30, 20, 10] },
  { value = "平成", box = [30, 30, 20, 10] },
]
[[field]]
key = "remarks"
label = "備考"
type = "free_text"
box = [10, 50, 100, 20]
column = "備考欄"
"#;

/// A definition with every kind of rule, to which mistakes are made.
const RULED: &str = r#"id = "ruled"
name = "見本"
version = 1
blank = { file = "ruled.png", width_mm = 210, height_mm = 297 }
field = [
  { key = "total", label = "計", type = "amount", box = [10, 10, 50, 8] },
  { key = "part", label = "内訳", type = "amount", box = [10, 20, 50, 8] },
  { key = "code", label = "郵便番号", type = "postal_code", box = [10, 30, 50, 8], pattern = "191[0-9]{4}" },
  { key = "place", label = "住所", type = "address", box = [10, 40, 50, 8], lexicon = { file = "t.csv", column = "町名" } },
  { key = "kana", label = "カナ", type = "kana", box = [10, 50, 50, 8] },
  { key = "name", label = "氏名", type = "name", box = [10, 60, 50, 8] },
  { key = "born", label = "生年月日", type = "wareki_date", box = [10, 70, 50, 8] },
  { key = "way", label = "方法", type = "circle", box = [10, 80, 50, 8], choice = [
    { value = "一括", box = [10, 80, 8, 8] }, { value = "普通", box = [30, 80, 8, 8] } ] },
]
[[rule]]
kind = "sum"
is = "total = part"
[[rule]]
kind = "range"
field = "total"
least = 0
most = 5
[[rule]]
kind = "date"
date = ["令和", "born"]
[[rule]]
kind = "date_order"
earlier = ["way", "born"]
later = ["born"]
[[rule]]
kind = "required_if"
field = "part"
when = "way"
is = ["一括"]
[[rule]]
kind = "kana"
field = "kana"
name = "name"
[[rule]]
kind = "postal"
field = "code"
address = "place"
towns = "t.csv"
"#;

#[test]
fn a_definition_with_rules_passes() {
    let form = FormDefinition::parse(RULED).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(form.rules.len(), 7);
    assert_eq!(form, toml::from_str(RULED).expect("the derived reader agrees"));
    assert_eq!(form.master_files().into_iter().collect::<Vec<_>>(), ["t.csv"]);
}

#[test]
fn each_mistake_of_a_rule_is_named_with_its_line() {
    let cases = [
        ("kind = \"sum\"", "kind = \"plus\"", 17, "決まりの種類"),
        ("kind = \"sum\"", "", 16, "「kind」がありません"),
        ("is = \"total = part\"", "is = \"total\"", 18, "の形で"),
        (
            "is = \"total = part\"",
            "is = \"total = prat\"",
            18,
            "「prat」という key の欄はありません",
        ),
        (
            "is = \"total = part\"",
            "is = \"total = kana\"",
            18,
            "確かめられません",
        ),
        (
            "is = \"total = part\"",
            "is = \"total = part + part\"",
            18,
            "同じ欄が二度",
        ),
        (
            "is = \"total = part\"",
            "is = \"total = part\"\nmost = 1",
            19,
            "「most」という項目はありません",
        ),
        ("least = 0\nmost = 5", "", 21, "least(下限)か most"),
        ("least = 0", "least = 9", 22, "least は most 以下"),
        ("least = 0", "least = \"0\"", 22, "整数"),
        ("[\"令和\", \"born\"]", "[\"born\", \"令和\"]", 26, "の順に"),
        ("[\"令和\", \"born\"]", "\"born\"", 26, "並び"),
        (
            "[\"令和\", \"born\"]",
            "[\"令和\", \"kana\"]",
            26,
            "確かめられません",
        ),
        ("[\"way\", \"born\"]", "[]", 29, "の順に"),
        (
            "is = [\"一括\"]",
            "is = [\"分割\"]",
            35,
            "「分割」という選択肢はありません",
        ),
        ("when = \"way\"", "when = \"part\"", 34, "別の欄"),
        ("name = \"name\"", "name = \"way\"", 39, "確かめられません"),
        (
            "towns = \"t.csv\"",
            "towns = \"../t.csv\"",
            44,
            "CSV ファイルの名前",
        ),
        ("191[0-9]{4}", "191[0-9", 8, "正規表現"),
        ("file = \"t.csv\"", "file = \"t.txt\"", 9, "CSV ファイルの名前"),
        (", column = \"町名\"", "", 9, "「column」がありません"),
        (
            "pattern = \"191",
            "lexicon = { file = \"t.csv\", column = \"a\" }, pattern = \"191",
            8,
            "両方",
        ),
    ];
    for (from, to, line, words) in cases {
        assert!(RULED.contains(from), "{from}");
        let mistakes = FormDefinition::parse(&RULED.replacen(from, to, 1)).expect_err(to);
        let found = mistakes
            .iter()
            .any(|m| m.line == line && m.sentence_ja.contains(words));
        assert!(found, "{to}: {mistakes:#?}");
    }
}

#[test]
fn a_right_definition_passes() {
    let form = FormDefinition::parse(RIGHT).expect("right");
    assert_eq!(form.fields.len(), 3);
    assert_eq!(form, toml::from_str(RIGHT).expect("the derived reader agrees"));
}

#[test]
fn terms_of_accepting_are_read_and_their_mistakes_named() {
    let with = |terms: &str| RIGHT.replacen("[blank]", &format!("[accept]\n{terms}\n[blank]"), 1);
    let form = FormDefinition::parse(&with("limit = 0.01\nproving_share = 1")).expect("right");
    let accept = crate::acceptance::AcceptTerms {
        limit: 0.01,
        proving_share: 1.0,
        ..Default::default()
    };
    assert_eq!(form.accept, accept);
    assert_eq!(
        form,
        toml::from_str(&with("limit = 0.01\nproving_share = 1")).expect("the same")
    );
    for (terms, words) in [
        ("limit = 0", "上限を 0 より大きく"),
        ("limit = 0.3", "上限を 0 より大きく"),
        ("proven_share = 1.5", "抜き取る割合"),
        ("proving_share = \"1\"", "抜き取る割合"),
        ("share = 1", "「share」という項目はありません"),
    ] {
        let mistakes = FormDefinition::parse(&with(terms)).expect_err(terms);
        let found = mistakes
            .iter()
            .any(|mistake| mistake.line == 5 && mistake.sentence_ja.contains(words));
        assert!(found, "{terms}: {mistakes:#?}");
    }
}

#[test]
fn each_mistake_is_named_with_its_line() {
    let cases = [
        ("id = \"sample\"", "id = \"Sample\"", 1, "英小文字"),
        ("name = \"見本\"", "name = \" \"", 2, "帳票の名前"),
        ("name = \"見本\"", "name = 5", 2, "囲んだ文字"),
        ("version = 1", "version = 0", 3, "1 以上"),
        ("version = 1", "version = -1", 3, "0 以上の整数"),
        (
            "version = 1",
            "versoin = 1",
            3,
            "「versoin」という項目はありません",
        ),
        ("version = 1", "versoin = 1", 1, "「version」がありません"),
        ("version = 1", "version = 1\nversion = 2", 4, "二度書かれています"),
        ("version = 1", "version = ", 3, "TOML として読めません"),
        ("file = \"sample.png\"", "file = \"../x.png\"", 5, "隣"),
        ("file = \"sample.png\"", "file = \"x.docx\"", 5, "PNG"),
        ("width_mm = 210", "width_mm = -1", 6, "用紙の大きさ"),
        ("width_mm = 210", "width_mm = nan", 6, "数(ミリメートル)"),
        ("key = \"era\"", "key = \"number\"", 16, "二度使われて"),
        ("label = \"元号\"", "label = \"\"", 17, "見出し"),
        ("cells = 12", "cells = 13", 13, "個人番号は 12 桁"),
        ("sensitive = true", "", 8, "sensitive = true"),
        ("[10, 10, 80, 10]", "[150, 10, 80, 10]", 12, "はみ出して"),
        ("[10, 10, 80, 10]", "[10, 10, 10, 10]", 13, "枠一つの幅"),
        ("[10, 10, 80, 10]", "[10, 10, 80]", 12, "四つの数"),
        ("type = \"circle\"", "type = \"cirkle\"", 18, "欄の種類"),
        (
            "type = \"circle\"",
            "type = \"circle\"\nmultiple = true",
            19,
            "multiple",
        ),
        (
            "type = \"circle\"",
            "type = \"circle\"\nalphabet = \"あ\"",
            19,
            "alphabet",
        ),
        ("type = \"circle\"", "type = \"name\"", 20, "check か circle"),
        ("type = \"free_text\"", "type = \"circle\"", 24, "2 つ以上"),
        ("\"平成\"", "\"昭和\"", 22, "二度書かれて"),
        ("\"平成\"", "\"平|成\"", 22, "区切り"),
        ("[30, 30, 20, 10]", "[35, 30, 20, 10]", 22, "欄「era」の枠から"),
        ("[30, 30, 20, 10]", "[15, 30, 20, 10]", 22, "「昭和」の枠と"),
        ("[10, 50, 100, 20]", "[10, 31, 100, 20]", 28, "大きく重なって"),
        ("column = \"備考欄\"", "column = \"ページ\"", 29, "列名"),
        ("column = \"備考欄\"", "alphabet = \"00\"", 29, "同じ文字"),
        ("column = \"備考欄\"", "required = \"yes\"", 29, "true か false"),
    ];
    for (from, to, line, words) in cases {
        assert!(RIGHT.contains(from), "{from}");
        let mistakes = FormDefinition::parse(&RIGHT.replacen(from, to, 1)).expect_err(to);
        let found = mistakes
            .iter()
            .any(|m| m.line == line && m.sentence_ja.contains(words));
        assert!(found, "{to}: {mistakes:#?}");
    }
}

#[test]
fn all_mistakes_come_at_once_in_order() {
    let text = RIGHT
        .replace("version = 1", "version = 0")
        .replace("cells = 12", "cells = 11")
        .replace("[10, 50, 100, 20]", "[10, 290, 100, 20]");
    let said: Vec<String> = FormDefinition::parse(&text)
        .expect_err("three")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        [
            "3行目: version は 1 以上の整数にしてください。",
            "13行目: 欄「number」の cells が 11 です。個人番号は 12 桁です。",
            "28行目: 欄「remarks」の枠が用紙(210 × 297 mm)からはみ出しています。枠は [左, 上, 幅, 高さ] です。",
        ]
    );
}

#[test]
fn a_column_counts_characters() {
    let mistakes = FormDefinition::parse("id = \"s\" # 見本\nname = \"見本\" x").expect_err("broken");
    assert_eq!((mistakes[0].line, mistakes[0].column), (2, 13), "{mistakes:?}");
}

proptest! {
    #[test]
    fn no_text_panics_and_every_place_exists(
        ruled: bool, at in 0..RULED.chars().count(), noise in "\\PC{0,6}", cut in 0..12_usize,
    ) {
        let whole = if ruled { RULED } else { RIGHT };
        let mut text: String = whole.chars().take(at).collect();
        text.push_str(&noise);
        text.extend(whole.chars().skip(at + cut));
        if let Err(mistakes) = FormDefinition::parse(&text) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(mistake.line >= 1 && mistake.line <= text.matches('\n').count() + 1);
            }
        }
    }
}
