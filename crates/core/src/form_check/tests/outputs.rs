//! Declared outputs: read as they are written, and each mistake by its line.

use super::*;

const OUTPUTS: &str = r#"
[[output]]
id = "kikan"
name = "基幹"
format = "fixed"
encoding = "cp932"
line_end = "none"
gaiji = "replace"
replace = { "﨑" = "崎" }
column = [
  { name = "区分", constant = "K1", width = 2 },
  { name = "番号", field = "number", width = 12 },
  { name = "元号", field = "era", width = 1, codes = { "昭和" = "3", "平成" = "4" } },
  { name = "備考", field = "remarks", letters = "full", width = 20, pad = "　" },
]
[[output]]
id = "rpa"
name = "RPA"
format = "csv"
header = true
column = [
  { name = "頁", own = "page" },
  { name = "番号", field = "number", strip_zeros = true },
]
[[output]]
id = "pdf"
name = "PDF"
format = "pdf"
"#;

fn with_outputs() -> String {
    RIGHT.to_owned() + OUTPUTS
}

#[test]
fn outputs_are_read_as_they_are_declared() {
    let form = FormDefinition::parse(&with_outputs()).expect("right");
    assert_eq!(
        form,
        toml::from_str(&with_outputs()).expect("the derived reader agrees")
    );
    assert_eq!(form.outputs.len(), 3);
    let ids: Vec<String> = form.profiles().into_iter().map(|profile| profile.id).collect();
    assert_eq!(ids, ["standard", "kikan", "rpa", "pdf"]);
    assert_eq!(
        form.profile("rpa").expect("declared").file_name("sample"),
        "sample.rpa.csv"
    );
    let again: FormDefinition =
        serde_json::from_str(&serde_json::to_string(&form).expect("JSON")).expect("JSON again");
    assert_eq!(again, form);
}

#[test]
fn each_mistake_of_an_output_is_named_with_its_line() {
    let head = RIGHT.lines().count() + 1;
    let cases = [
        ("id = \"kikan\"", "id = \"standard\"", 2, "自分で使う名前"),
        ("id = \"rpa\"", "id = \"kikan\"", 16, "二度使われて"),
        ("id = \"kikan\"", "id = \"Kikan\"", 2, "英小文字"),
        ("name = \"基幹\"", "", 1, "「name」がありません"),
        ("format = \"fixed\"", "format = \"xml\"", 4, "csv、fixed"),
        ("format = \"fixed\"", "format = \"csv\"", 6, "固定長"),
        ("encoding = \"cp932\"", "encoding = \"sjis\"", 5, "cp932"),
        ("encoding = \"cp932\"", "", 7, "gaiji を書けるのは"),
        (
            "replace = { \"﨑\" = \"崎\" }",
            "",
            7,
            "置き換えの表(replace)が必要",
        ),
        ("gaiji = \"replace\"", "gaiji = \"stop\"", 8, "置き換えの表"),
        (
            "gaiji = \"replace\"",
            "gaiji = \"replace\"\nquote = \"always\"",
            8,
            "quote を書けるのは",
        ),
        (
            "replace = { \"﨑\" = \"崎\" }",
            "replace = \"﨑\"",
            8,
            "置き換える文字",
        ),
        (
            "constant = \"K1\"",
            "constant = \"K1\", field = \"era\"",
            10,
            "一つだけ",
        ),
        ("constant = \"K1\"", "constant = \"𠮷\"", 10, "CP932 にない字"),
        ("constant = \"K1\"", "constant = \"K12\"", 10, "3 バイト"),
        (
            "field = \"number\", width",
            "field = \"numbr\", width",
            11,
            "「numbr」という欄はありません",
        ),
        (
            "field = \"number\", width = 12",
            "field = \"number\"",
            11,
            "width(バイト数)",
        ),
        (
            "field = \"number\", width",
            "field = \"number\", era = \"era\", width",
            11,
            "date と一緒",
        ),
        (
            "field = \"number\", width",
            "field = \"number\", date = \"wareki\", era = \"number\", width",
            11,
            "元号を選ぶ欄",
        ),
        (
            "field = \"number\", width",
            "field = \"number\", digits = 0, width",
            11,
            "1 以上 40",
        ),
        (", \"平成\" = \"4\"", "", 12, "選択肢「平成」"),
        ("\"4\"", "\"45\"", 12, "2 バイト"),
        (
            "letters = \"full\", width = 20",
            "letters = \"full\", width = 21",
            13,
            "全角の pad",
        ),
        ("letters = \"full\", ", "", 13, "全角の pad"),
        ("own = \"page\"", "own = \"sheet\"", 21, "page、row"),
        ("own = \"page\"", "own = \"page\", width = 3", 21, "固定長(fixed)"),
        (
            "own = \"page\"",
            "own = \"page\", strip_zeros = true",
            21,
            "field)の列でだけ",
        ),
        ("name = \"頁\"", "name = \"番号\"", 22, "二度使われて"),
        (
            "format = \"pdf\"",
            "format = \"pdf\"\nheader = true",
            28,
            "header を書けるのは",
        ),
        (
            "format = \"pdf\"",
            "format = \"json\"",
            24,
            "列([[output.column]])が一つも",
        ),
    ];
    for (from, to, line, words) in cases {
        assert!(OUTPUTS.contains(from), "{from}");
        let text = RIGHT.to_owned() + &OUTPUTS.replacen(from, to, 1);
        let mistakes = FormDefinition::parse(&text).expect_err(to);
        let found = mistakes
            .iter()
            .any(|m| m.line == head + line && m.sentence_ja.contains(words));
        assert!(found, "{to} at {}: {mistakes:#?}", head + line);
    }
}
