//! Whole pages through the installed models: sorting, directions, blank backs, unknown pages, values.
//! The pages are the shipped blank forms, warped and written on with pieces of their own print.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};
use shoki_core::form::FormDefinition;
use shoki_core::master::{Master, Masters};
use shoki_core::reading::{FieldState, PageKind, Reason};
use shoki_engine::{Catalogue, LineDetector, LineRecogniser, ModelStore, Runtime};
use shoki_ocr::{FormSet, PageReader, Readings};

const FORMS: [&str; 3] = ["kouza_furikae", "kyuyo_idou", "shiminzei_shinkoku"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn form(id: &str) -> (FormDefinition, GrayImage) {
    let directory = root().join("pipelines/forms");
    let text = std::fs::read_to_string(directory.join(format!("{id}.toml"))).unwrap();
    let definition = FormDefinition::parse(&text).unwrap();
    let blank = image::open(directory.join(&definition.blank.file)).unwrap();
    (definition, blank.to_luma8())
}

fn masters() -> Masters {
    let file = "asahino_towns.csv";
    let text = std::fs::read_to_string(root().join("pipelines/forms").join(file)).unwrap();
    Masters::from([(file.to_owned(), Arc::new(Master::parse(&text).unwrap()))])
}

fn reader(forms: &[&str]) -> PageReader {
    let directory = std::env::var_os("SHOKI_TEST_MODELS")
        .expect("no installed models: run `cargo xtask test`, or set SHOKI_TEST_MODELS to a model store");
    let store = ModelStore::open(Path::new(&directory));
    let catalogue = Catalogue::load(&root().join("models")).unwrap();
    let runtime = Runtime::start(&store.verify(catalogue.get("onnxruntime").unwrap()).unwrap()).unwrap();
    let recogniser = LineRecogniser::load(&runtime, &catalogue, &store).unwrap();
    let detector = store.verify(catalogue.get("ppocr-det").unwrap()).unwrap();
    let detector = LineDetector::new(&runtime, &detector).unwrap();
    let forms = FormSet::prepare(forms.iter().map(|id| form(id)).collect(), &masters()).unwrap();
    PageReader::new(
        Arc::new(forms),
        Box::new(recogniser),
        Some(detector),
        Readings::Four,
    )
}

fn px(mm: f32) -> u32 {
    (mm * 200.0 / 25.4).round() as u32
}

/// A scan of `page`: turned a little, shifted, on greyish paper with grain.
fn scanned(page: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (cx, cy) = (page.width() as f32 / 2.0, page.height() as f32 / 2.0);
    GrayImage::from_fn(page.width(), page.height(), |x, y| {
        let (dx, dy) = (x as f32 - cx - 9.0, y as f32 - cy + 14.0);
        let (sx, sy) = (cx + cos * dx + sin * dy, cy - sin * dx + cos * dy);
        let (left, top) = (sx.floor(), sy.floor());
        let at = |ox: f32, oy: f32| {
            let (x, y) = (left + ox, top + oy);
            let inside = x >= 0.0 && y >= 0.0 && x < page.width() as f32 && y < page.height() as f32;
            if inside {
                f32::from(page.get_pixel(x as u32, y as u32)[0])
            } else {
                255.0
            }
        };
        let (u, v) = (sx - left, sy - top);
        let upper = at(0.0, 0.0) * (1.0 - u) + at(1.0, 0.0) * u;
        let lower = at(0.0, 1.0) * (1.0 - u) + at(1.0, 1.0) * u;
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 7 & 7;
        Luma([((upper * (1.0 - v) + lower * v) * 0.88) as u8 + grain as u8])
    })
}

/// The 届出書 with its own printed example date, twice as large, in the date's box.
fn dated() -> GrayImage {
    let (_, blank) = form("kyuyo_idou");
    let (x, y, w, h) = (px(102.8), px(39.2), px(15.0), px(3.7));
    let example = imageops::crop_imm(&blank, x, y, w, h).to_image();
    let large = imageops::resize(&example, w * 2, h * 2, FilterType::CatmullRom);
    let mut page = blank;
    imageops::replace(&mut page, &large, i64::from(px(38.0)), i64::from(px(37.6)));
    page
}

/// Where `scanned(_, 0.8)` puts a point of the blank page (millimetres), in pixels.
fn placed(mm: [f32; 2]) -> ([f32; 2], [f32; 2]) {
    let (_, blank) = form("kyuyo_idou");
    let (cx, cy) = (blank.width() as f32 / 2.0, blank.height() as f32 / 2.0);
    let (sin, cos) = 0.8_f32.to_radians().sin_cos();
    let [u, v] = mm.map(|mm| mm * 200.0 / 25.4);
    let (u, v) = (u - cx, v - cy);
    (mm, [cos * u - sin * v + cx + 9.0, sin * u + cos * v + cy - 14.0])
}

#[test]
fn a_form_is_found_any_way_up_and_its_value_is_read() {
    let mut reader = reader(&FORMS);
    let page = scanned(&dated(), 0.8);
    let turned = [
        (0, page.clone()),
        (1, imageops::rotate270(&page)),
        (2, imageops::rotate180(&page)),
        (3, imageops::rotate90(&page)),
    ];
    for (turns, image) in turned {
        let piece = reader.read(7, &image).unwrap();
        let reading = &piece.reading;
        assert_eq!((reading.page, reading.kind), (7, PageKind::Form));
        assert_eq!(
            (reading.form.as_deref(), reading.quarter_turns),
            (Some("kyuyo_idou"), turns)
        );
        assert!(
            reading.registration_error.unwrap() < 1.5,
            "{:?}",
            reading.registration_error
        );
        // Up to seven pixels at an edge are left out before a page is turned.
        let slack = if turns == 0 { 3.0 } else { 3.0 + 7.0 };
        let placement = reading.placement.expect("sorted to a form");
        for (mm, expected) in [[34.0, 36.5], [195.0, 36.5], [40.0, 253.5], [195.0, 253.5]].map(placed) {
            let [x, y] = placement.point(mm);
            let off = (x - expected[0]).hypot(y - expected[1]);
            assert!(
                off < slack,
                "{mm:?} lies at {x}, {y}, not at {expected:?} ({turns} turns)"
            );
        }
        let date = &reading.fields["submit_date"];
        assert_eq!(date.text, "令和7年4月1日", "{date:?}");
        assert!(
            image::load_from_memory(&piece.crops["submit_date"])
                .unwrap()
                .width()
                > 400
        );
        let name = &reading.fields["employee_name"];
        assert_eq!((name.text.as_str(), name.state), ("", FieldState::Check));
        assert_eq!(name.reasons, [Reason::RequiredEmpty]);
        let written = reading
            .fields
            .values()
            .filter(|field| !field.text.is_empty())
            .count();
        assert_eq!(written, 1, "{:?}", reading.fields);
    }
}

#[test]
fn the_same_page_gives_the_same_piece() {
    let mut reader = reader(&FORMS);
    let page = scanned(&dated(), -0.5);
    assert_eq!(reader.read(1, &page).unwrap(), reader.read(1, &page).unwrap());
}

#[test]
fn a_page_of_no_defined_form_is_unknown_and_read_as_text() {
    for left_out in FORMS {
        let others: Vec<&str> = FORMS.into_iter().filter(|id| *id != left_out).collect();
        let mut reader = reader(&others);
        let piece = reader.read(1, &scanned(&form(left_out).1, 0.4)).unwrap();
        assert_eq!(
            (piece.reading.kind, piece.reading.form),
            (PageKind::UnknownForm, None)
        );
        let text: String = piece
            .reading
            .lines
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        assert!(text.contains("あさひ野市"), "{left_out}: {text}");
    }
}

#[test]
fn half_a_form_and_random_text_are_unknown() {
    let mut reader = reader(&FORMS);
    let (_, blank) = form("shiminzei_shinkoku");
    let mut torn = blank.clone();
    let white = GrayImage::from_pixel(torn.width(), torn.height() / 2, Luma([255]));
    imageops::replace(&mut torn, &white, 0, i64::from(blank.height() / 2));
    assert_eq!(reader.read(1, &torn).unwrap().reading.kind, PageKind::UnknownForm);
    // Strips of all forms, shuffled: much familiar print, none of it in place.
    let mut mixed = GrayImage::from_pixel(blank.width(), blank.height(), Luma([255]));
    for strip in 0..23_u32 {
        let (_, source) = form(FORMS[(strip % 3) as usize]);
        let from = (strip * 7 % 23) * 100;
        let piece = imageops::crop_imm(&source, 0, from, blank.width(), 100).to_image();
        imageops::replace(&mut mixed, &piece, 0, i64::from(strip * 100));
    }
    assert_eq!(
        reader.read(2, &mixed).unwrap().reading.kind,
        PageKind::UnknownForm
    );
}

#[test]
fn a_blank_back_and_a_scrap_are_no_forms() {
    let mut reader = reader(&FORMS);
    let back = scanned(&GrayImage::from_pixel(1654, 2339, Luma([255])), 0.0);
    assert_eq!(reader.read(1, &back).unwrap().reading.kind, PageKind::Blank);
    let scrap = GrayImage::from_pixel(120, 90, Luma([255]));
    assert_eq!(
        reader.read(2, &scrap).unwrap().reading.kind,
        PageKind::UnknownForm
    );
}
