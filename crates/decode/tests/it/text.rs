//! What text comes out of good documents: the shipped samples, and files made here for each feature.

use std::path::{Path, PathBuf};

use shoki_core::code::ErrorCode;
use shoki_core::extract::ExtractedText;
use shoki_core::media::{MediaKind, SNIFF_BYTES};

use crate::made::office::{self, p};
use crate::made::{self, compound, pdf, png_page};
use crate::parent::{file, ordinary};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../pipelines/corpora/asahino")
        .join(name)
}

fn sniffed(bytes: &[u8]) -> MediaKind {
    MediaKind::sniff(&bytes[..bytes.len().min(SNIFF_BYTES)]).unwrap()
}

fn text_of(bytes: &[u8]) -> ExtractedText {
    ordinary().text(&file(bytes), sniffed(bytes)).unwrap()
}

fn lines(text: &ExtractedText) -> Vec<&str> {
    text.paragraphs
        .iter()
        .map(|paragraph| paragraph.text.as_str())
        .collect()
}

#[test]
fn the_sample_notice_is_the_same_text_in_word() {
    let word = std::fs::read(sample("yoryo-kodomo-iryo.docx")).unwrap();
    assert_eq!(sniffed(&word), MediaKind::Docx);
    let plain = std::fs::read_to_string(sample("yoryo-kodomo-iryo.txt")).unwrap();
    let plain: Vec<&str> = plain
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let text = text_of(&word);
    assert_eq!(lines(&text), plain);
    let headings = text
        .paragraphs
        .iter()
        .filter(|paragraph| paragraph.level == Some(1))
        .map(|paragraph| paragraph.text.as_str());
    assert!(headings.eq(plain.iter().copied().filter(|line| line.starts_with('第'))));
}

#[test]
fn the_sample_plan_comes_with_headings_and_pages() {
    let plan = std::fs::read(sample("chiiki-fukushi-keikaku.pdf")).unwrap();
    let text = text_of(&plan);
    assert_eq!((text.pages, text.pages_without_text.as_slice()), (9, &[][..]));
    let find = |start: &str| {
        text.paragraphs
            .iter()
            .find(|paragraph| paragraph.text.trim_start().starts_with(start))
            .unwrap_or_else(|| panic!("{start} is missing"))
    };
    let chapter = find("第３章　基本理念と目標");
    assert_eq!((chapter.level, chapter.page), (Some(1), Some(4)));
    let section = find("２　個別避難計画");
    assert_eq!((section.level, section.page), (Some(2), Some(8)));
    let running = find("浸水の想定区域又は");
    assert!(
        running.text.ends_with("１件当たり７,０００円を支払います。"),
        "{running:?}"
    );
    assert_eq!((running.level, running.page), (None, Some(8)));
    assert!(!lines(&text).iter().any(|line| line.contains("- 8 -")));
}

#[test]
fn word_numbers_what_its_lists_number() {
    let numbering = r#"<w:numbering><w:abstractNum w:abstractNumId="3">
        <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimalFullWidth"/><w:lvlText w:val="第%1"/></w:lvl>
        <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="aiueoFullWidth"/><w:suff w:val="nothing"/><w:lvlText w:val="(%2)"/></w:lvl>
        </w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="3"/></w:num></w:numbering>"#;
    let number = |level: u8| format!(r#"<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>"#);
    let body = [
        p(&number(0), "目的"),
        p(&number(1), "一つ目"),
        p(&number(1), "二つ目"),
        p("", "地の文"),
        p(&number(0), "範囲"),
        p(&number(1), "また一つ目"),
    ]
    .concat();
    assert_eq!(
        lines(&text_of(&office::docx(&body, &[("numbering", numbering)]))),
        [
            "第１　目的",
            "(ア)一つ目",
            "(イ)二つ目",
            "地の文",
            "第２　範囲",
            "(ア)また一つ目"
        ]
    );
}

#[test]
fn word_text_is_found_wherever_it_stands() {
    let body = r#"<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>入力欄</w:t></w:r></w:p></w:sdtContent></w:sdt>
        <w:p><w:hyperlink><w:r><w:t>リンク</w:t></w:r></w:hyperlink><w:ins><w:r><w:t>挿入</w:t></w:r></w:ins><w:del><w:r><w:delText>削除</w:delText><w:t>も</w:t></w:r></w:del></w:p>
        <w:p><w:r><w:ruby><w:rt><w:r><w:t>ほご</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>保護</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>の&#x20;要件 &amp; 例</w:t><w:tab/><w:t>１</w:t></w:r></w:p>
        <w:p><w:pPr><w:rPr><w:ins/><w:del/></w:rPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><mc:AlternateContent xmlns:mc="mc"><mc:Choice><w:txbxContent><w:p><w:r><w:t>枠の中</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>枠の中</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>枠の外</w:t></w:r></w:p>
        <w:p><w:r><w:drawing><a:blip xmlns:a="a"/></w:drawing></w:r></w:p>"#;
    let notes =
        r"<w:footnotes><w:footnote><w:p><w:r><w:t>注の文</w:t></w:r></w:p></w:footnote></w:footnotes>";
    assert_eq!(
        lines(&text_of(&office::docx(body, &[("footnotes", notes)]))),
        [
            "入力欄",
            "リンク挿入",
            "保護の 要件 & 例\t１",
            "枠の中",
            "枠の外",
            "〔図〕",
            "注の文"
        ]
    );
}

#[test]
fn word_tables_become_rows() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", p("", text));
    let wide = format!(
        r#"<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{}{}</w:tc>"#,
        p("", "二列"),
        p("", "二行")
    );
    let inner = format!(
        "<w:tc><w:tbl><w:tr>{}{}</w:tr></w:tbl></w:tc>",
        cell("内"),
        cell("側")
    );
    let body = format!(
        "<w:tbl><w:tr>{}{}</w:tr><w:tr>{wide}</w:tr><w:tr>{inner}{}</w:tr></w:tbl>{}",
        cell("区分"),
        cell("額"),
        cell("外"),
        p("", "後"),
    );
    let text = text_of(&office::docx(&body, &[]));
    let cells: Vec<_> = text
        .paragraphs
        .iter()
        .filter_map(|paragraph| paragraph.cells.clone())
        .collect();
    assert_eq!(cells, [["区分", "額"], ["二列\n二行", ""], ["内\t側", "外"]]);
    assert_eq!(lines(&text), ["区分\t額", "二列\n二行\t", "内\t側\t外", "後"]);
}

#[test]
fn word_pages_follow_the_rendered_breaks() {
    let rendered = "<w:p><w:r><w:t>一</w:t></w:r></w:p><w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>\
        <w:p><w:r><w:lastRenderedPageBreak/><w:t>二</w:t></w:r></w:p>";
    let pages = |text: &ExtractedText| -> Vec<_> { text.paragraphs.iter().map(|p| p.page).collect() };
    let text = text_of(&office::docx(rendered, &[]));
    assert_eq!((text.pages, pages(&text)), (2, vec![Some(1), Some(2)]));
    let made = rendered.replace("<w:lastRenderedPageBreak/>", "");
    let text = text_of(&office::docx(&made, &[]));
    assert_eq!((text.pages, pages(&text)), (2, vec![Some(1), Some(2)]));
    let text = text_of(&office::docx(&p("", "一"), &[]));
    assert_eq!((text.pages, pages(&text)), (0, vec![None]));
}

#[test]
fn workbooks_give_their_rows() {
    let first = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>
        <row r="4"><c r="B4"><v>12</v></c><c r="C4"><v>0.5</v></c><c r="D4" s="1"><v>45748</v></c><c r="E4" t="b"><v>1</v></c><c r="F4" t="inlineStr"><is><t>中</t></is></c></row>"#;
    let book = office::xlsx(
        &[
            ("問答", first),
            ("別", r#"<row r="2"><c r="A2" t="s"><v>1</v></c></row>"#),
        ],
        &["問", "答え\n二行"],
    );
    let text = text_of(&book);
    let rows: Vec<_> = text
        .paragraphs
        .iter()
        .map(|paragraph| (paragraph.page, paragraph.row, paragraph.cells.clone().unwrap()))
        .collect();
    let row = |sheet, row, cells: &[&str]| {
        (
            Some(sheet),
            Some(row),
            cells.iter().map(ToString::to_string).collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        rows,
        [
            row(1, 1, &["問", "", "答え\n二行"]),
            row(1, 4, &["", "12", "0.5", "2025-04-01", "TRUE", "中"]),
            row(2, 2, &["答え\n二行"])
        ]
    );
    assert_eq!(text.pages, 2);
}

#[test]
fn an_old_workbook_gives_its_rows() {
    let book = compound::xls(&[(0, 0, "問"), (0, 1, "答え"), (2, 1, "届出は十日以内")]);
    assert_eq!(sniffed(&book), MediaKind::Xls);
    let text = text_of(&book);
    let rows: Vec<_> = text
        .paragraphs
        .iter()
        .map(|paragraph| (paragraph.row, paragraph.cells.clone().unwrap().join("|")))
        .collect();
    let row = |number, cells: &str| (Some(number), cells.to_owned());
    assert_eq!(rows, [row(1, "問|答え"), row(3, "|届出は十日以内")]);
    assert_eq!(text.pages, 1);
}

#[test]
fn an_office_file_under_a_password_is_said_to_be_one() {
    for bytes in [compound::locked_xls(), compound::locked_package()] {
        let refused = ordinary().text(&file(&bytes), MediaKind::Xls).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PasswordProtected);
    }
    // Word of before 2007 is a compound file too.
    let word = compound::file(&[("WordDocument", vec![0xec, 0xa5])]);
    let refused = ordinary().text(&file(&word), MediaKind::Xls).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::UnsupportedMediaType);
}

#[test]
fn opendocument_tables_give_their_rows() {
    let rows = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>問</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"float\" office:value=\"3\"><text:p>3</text:p></table:table-cell></table:table-row>";
    // LibreOffice fills the sheet up with one repeated row of one repeated cell.
    let rest = r#"<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
    assert_eq!(lines(&text_of(&office::ods(&format!("{rows}{rest}")))), ["問\t3"]);
}

#[test]
fn an_office_file_that_begins_with_something_else_is_still_found() {
    let filler = vec![b'x'; 3 * SNIFF_BYTES];
    let mut entries = vec![("zz.bin", filler)];
    entries.push((
        "_rels/.rels",
        office::relations(&[("officeDocument", "word/a.xml")]).into_bytes(),
    ));
    entries.push(("word/a.xml", b"<d><p><t>found</t></p></d>".to_vec()));
    let packed: Vec<u8> = {
        use std::io::Write as _;
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in &entries {
            let stored =
                zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file(*name, stored).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    assert_eq!(sniffed(&packed), MediaKind::Zip);
    assert_eq!(lines(&text_of(&packed)), ["found"]);
}

#[test]
fn a_scan_has_pages_without_text() {
    let text = text_of(&pdf::scan(&made::scaled_page(200, 283), 2));
    assert_eq!(text.pages, 2);
    assert_eq!(text.pages_without_text, [1, 2]);
    assert!(text.paragraphs.is_empty());
}

#[test]
fn what_has_no_text_to_take_is_refused() {
    let refused = |bytes: &[u8], kind| ordinary().text(&file(bytes), kind).unwrap_err().code();
    assert_eq!(
        refused(&png_page(), MediaKind::Png),
        ErrorCode::UnsupportedMediaType
    );
    assert_eq!(refused(b"abc", MediaKind::Text), ErrorCode::UnsupportedMediaType);
    assert_eq!(refused(b"", MediaKind::Pdf), ErrorCode::EmptyDocument);
    let laws = office::archive(&[("a.xml", "<Law/>")]);
    assert_eq!(refused(&laws, MediaKind::Zip), ErrorCode::UnsupportedMediaType);
    let word = office::docx(&p("", "一"), &[]);
    assert_eq!(
        ordinary()
            .page(&file(&word), MediaKind::Docx, 0)
            .unwrap_err()
            .code(),
        ErrorCode::UnsupportedMediaType
    );
}
