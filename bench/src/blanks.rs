//! Draws the shipped blank forms and writes their definitions beside them.
//!
//! Owns the list of forms. Promise: the same program gives the same bytes, so a change of a form
//! is a change of its drawing here, never of the files.

mod kouza_furikae;
mod kyuyo_idou;
mod layout;
mod rules;
mod shiminzei_shinkoku;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use image::GrayImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use shoki_core::form::{Blank, FieldDefinition, FieldType, FormDefinition, Lexicon, MmBox};

use crate::samples::towns;
use crate::typefaces::Printed;
use layout::Layout;

type Draw = fn(&mut Layout<'_>);

const FORMS: [(&str, &str, Draw); 3] = [
    ("kouza_furikae", "市税等口座振替依頼書", kouza_furikae::draw),
    ("kyuyo_idou", "給与所得者異動届出書", kyuyo_idou::draw),
    (
        "shiminzei_shinkoku",
        "市民税・県民税申告書",
        shiminzei_shinkoku::draw,
    ),
];

/// Draws all forms.
#[must_use]
pub fn drawn(faces: &Printed) -> Vec<(FormDefinition, GrayImage)> {
    FORMS
        .iter()
        .map(|(id, name, draw)| {
            let mut page = Layout::a4(faces);
            draw(&mut page);
            for field in page
                .fields
                .iter_mut()
                .filter(|field| field.kind == FieldType::Address)
            {
                field.lexicon = Some(Lexicon {
                    file: towns::FILE.to_owned(),
                    column: "町名".to_owned(),
                });
            }
            let definition = FormDefinition {
                check: shoki_core::review::CheckPolicy::default(),
                accept: shoki_core::acceptance::AcceptTerms::default(),
                id: (*id).to_owned(),
                name: (*name).to_owned(),
                version: 1,
                blank: Blank {
                    file: format!("{id}.png"),
                    page: 1,
                    width_mm: 210.0,
                    height_mm: 297.0,
                },
                fields: page.fields,
                outputs: Vec::new(),
                rules: rules::of(id),
            };
            (definition, page.canvas.image)
        })
        .collect()
}

/// The line with which the part begins that is not drawn.
const OUTPUTS: &str = "\n# 出力。";

/// Writes `<id>.png` and `<id>.toml` of every form into `directory`, and the master of the fictional towns.
///
/// # Errors
/// Missing fonts, an unwritable directory.
pub fn write(directory: &Path) -> anyhow::Result<()> {
    let faces = Printed::load()?;
    std::fs::create_dir_all(directory)?;
    for (definition, image) in drawn(&faces) {
        let picture = directory.join(&definition.blank.file);
        std::fs::write(&picture, png(&image)?).with_context(|| picture.display().to_string())?;
        let file = directory.join(format!("{}.toml", definition.id));
        // What the office declared behind the drawing's part stays.
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        let text = toml(&definition) + declared_behind(&before);
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
    }
    let file = directory.join(towns::FILE);
    std::fs::write(&file, towns::csv()).with_context(|| file.display().to_string())
}

/// PNG with 16 grey levels: what a print needs, at a third of the size.
fn png(image: &GrayImage) -> anyhow::Result<Vec<u8>> {
    let mut reduced = image.clone();
    for pixel in reduced.pixels_mut() {
        pixel.0[0] = ((u16::from(pixel.0[0]) + 8) / 17 * 17).min(255) as u8;
    }
    let mut bytes = Vec::new();
    reduced.write_with_encoder(PngEncoder::new_with_quality(
        &mut bytes,
        CompressionType::Best,
        FilterType::NoFilter,
    ))?;
    Ok(bytes)
}

fn toml(form: &FormDefinition) -> String {
    let mut text = format!(
        "id = \"{}\"\nname = \"{}\"\nversion = {}\n\n[blank]\nfile = \"{}\"\nwidth_mm = {:.1}\nheight_mm = {:.1}\n",
        form.id, form.name, form.version, form.blank.file, form.blank.width_mm, form.blank.height_mm
    );
    for field in &form.fields {
        field_toml(&mut text, field);
    }
    rules::write(&mut text, &form.rules);
    text
}

/// What stands behind the fields: the outputs.
fn declared_behind(text: &str) -> &str {
    text.find(OUTPUTS).map_or("", |at| &text[at..])
}

fn field_toml(text: &mut String, field: &FieldDefinition) {
    let kind = serde_json::to_string(&field.kind).expect("an enum without data is a JSON string");
    let mut line = |args: std::fmt::Arguments<'_>| {
        text.write_fmt(args).expect("a string grows");
        text.push('\n');
    };
    line(format_args!(
        "\n[[field]]\nkey = \"{}\"\nlabel = \"{}\"",
        field.key, field.label
    ));
    line(format_args!("type = {kind}\nbox = {}", numbers(field.area)));
    if let Some(cells) = field.cells {
        line(format_args!("cells = {cells}"));
    }
    if let Some(lexicon) = &field.lexicon {
        line(format_args!(
            "lexicon = {{ file = \"{}\", column = \"{}\" }}",
            lexicon.file, lexicon.column
        ));
    }
    if field.required {
        line(format_args!("required = true"));
    }
    if field.sensitive {
        line(format_args!("sensitive = true"));
    }
    if field.multiple {
        line(format_args!("multiple = true"));
    }
    line(format_args!("column = \"{}\"", field.label));
    if !field.choices.is_empty() {
        line(format_args!("choice = ["));
        for choice in &field.choices {
            line(format_args!(
                "  {{ value = \"{}\", box = {} }},",
                choice.value,
                numbers(choice.area)
            ));
        }
        line(format_args!("]"));
    }
}

fn numbers(area: MmBox) -> String {
    format!("[{:.1}, {:.1}, {:.1}, {:.1}]", area.x, area.y, area.w, area.h)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_definitions_have_no_mistakes() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms");
        for (id, name, _) in FORMS {
            let text = std::fs::read_to_string(directory.join(format!("{id}.toml"))).expect("committed");
            let form = FormDefinition::parse(&text).unwrap_or_else(|mistakes| panic!("{id}: {mistakes:#?}"));
            assert_eq!((form.id.as_str(), form.name.as_str()), (id, name));
            let again = toml(&form) + declared_behind(&text);
            assert_eq!(again, text, "written again, it is the same text");
            assert!(directory.join(&form.blank.file).is_file());
        }
    }

    #[test]
    fn the_committed_definitions_are_what_is_drawn() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms");
        for (form, _) in drawn(&Printed::load().expect("the printed fonts are installed")) {
            let text =
                std::fs::read_to_string(directory.join(format!("{}.toml", form.id))).expect("committed");
            let drawn = toml(&form) + declared_behind(&text);
            assert_eq!(drawn, text, "run `shoki-bench blanks`");
        }
        let master = std::fs::read_to_string(directory.join(towns::FILE)).expect("committed");
        assert_eq!(towns::csv(), master, "run `shoki-bench blanks`");
    }
}
