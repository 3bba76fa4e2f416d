//! The whole way of a page: blank? which form? every field, or full text.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{GrayImage, ImageEncoder as _, imageops};
use shoki_core::form::FieldType;
use shoki_core::piece::PagePiece;
use shoki_core::reading::{FieldReading, PageKind, PageReading, Reason, TextLine};
use shoki_core::rule::Rule;
use shoki_core::sorting::{PageSorting, SortedAs};
use shoki_engine::{LineDetector, Recognise};

use crate::alphabet::Alphabet;
use crate::blank::is_blank;
use crate::choice;
use crate::crop::{MARGIN, PixelBox, Sheet};
use crate::error::OcrError;
use crate::form_set::{FormSet, PreparedField, PreparedForm, whole_eighths};
use crate::full_text;
use crate::name_kana;
use crate::plane::{InkLevels, MIN_EDGE};
use crate::preparation::Preparation;
use crate::register::Registration;
use crate::sorter;
use crate::text_field;

/// Registration error above which every field of the page is 要確認, pixels: a digit's stroke is 4 wide.
const POOR_REGISTRATION: f32 = 2.5;
/// White kept around a crop for the eye, pixels.
const CROP_RIM: u32 = 8;

/// How often each field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readings {
    /// Once; sure by the recogniser's margin alone.
    One,
    /// Four times, differently prepared; sure by agreement.
    Four,
}

/// Reads pages one after another; owns its recogniser, so one per thread.
pub struct PageReader {
    forms: Arc<FormSet>,
    recogniser: Box<dyn Recognise>,
    detector: Option<LineDetector>,
    readings: Readings,
    /// Per form and field.
    alphabets: Vec<Vec<Alphabet>>,
}

impl std::fmt::Debug for PageReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageReader")
            .field("forms", &self.forms.len())
            .field("readings", &self.readings)
            .finish()
    }
}

impl PageReader {
    /// A reader of `forms`; without a detector unknown pages have no text.
    #[must_use]
    pub fn new(
        forms: Arc<FormSet>,
        recogniser: Box<dyn Recognise>,
        detector: Option<LineDetector>,
        readings: Readings,
    ) -> Self {
        let alphabets = alphabets(&forms, recogniser.as_ref());
        Self {
            forms,
            recogniser,
            detector,
            readings,
            alphabets,
        }
    }

    /// Goes on with other forms; nothing happens when they are those in use.
    pub fn use_forms(&mut self, forms: &Arc<FormSet>) {
        if !Arc::ptr_eq(&self.forms, forms) {
            self.alphabets = alphabets(forms, self.recogniser.as_ref());
            self.forms = Arc::clone(forms);
        }
    }

    /// Reads a page (grey, 200 dpi, any way up); `page_number` from 1 goes into the reading.
    ///
    /// # Errors
    /// `Engine` when a session fails, `Crop` when a crop cannot be encoded.
    pub fn read(&mut self, page_number: u32, image: &GrayImage) -> Result<PagePiece, OcrError> {
        self.read_as(page_number, image, &PageSorting::default())
    }

    /// The same under what a person has decided about the page: it is the form that was said even where its print
    /// does not prove it, and then every field is 要確認 and the place of the form is not given.
    ///
    /// # Errors
    /// As [`PageReader::read`].
    pub fn read_as(
        &mut self,
        page_number: u32,
        image: &GrayImage,
        sorting: &PageSorting,
    ) -> Result<PagePiece, OcrError> {
        let pinned = sorting.quarter_turns;
        let mut reading = PageReading {
            page: page_number,
            kind: PageKind::UnknownForm,
            form: None,
            form_version: None,
            quarter_turns: pinned.unwrap_or(0),
            registration_error: None,
            placement: None,
            doubt: None,
            fields: BTreeMap::new(),
            lines: Vec::new(),
        };
        if sorting.kind == SortedAs::Blank {
            reading.kind = PageKind::Blank;
            return Ok(without_fields(reading));
        }
        if image.width().min(image.height()) < MIN_EDGE {
            (reading.quarter_turns, reading.lines) = self.text(image, pinned)?;
            return Ok(without_fields(reading));
        }
        let image = &whole_eighths(image);
        let levels = InkLevels::of(image);
        let forms = Arc::clone(&self.forms);
        let found = match &sorting.kind {
            SortedAs::Machine if is_blank(&levels) => {
                reading.kind = PageKind::Blank;
                return Ok(without_fields(reading));
            }
            SortedAs::Machine => {
                let sorted = sorter::sort(&levels, &forms, pinned);
                reading.doubt = sorted.doubt;
                sorted.found
            }
            SortedAs::Form { form } => forms
                .index_of(form)
                .map(|index| sorter::laid_on(&levels, &forms, index, pinned)),
            SortedAs::Unknown | SortedAs::Blank => None,
        };
        let Some(found) = found else {
            (reading.quarter_turns, reading.lines) = self.text(image, pinned)?;
            return Ok(without_fields(reading));
        };
        let form = &forms.forms[found.form];
        reading.kind = PageKind::Form;
        reading.form = Some(form.definition.id.clone());
        reading.form_version = Some(form.definition.version);
        reading.quarter_turns = found.turns;
        reading.registration_error = Some(found.error);
        // Where the print does not prove the place, nobody can say what is to be painted over.
        reading.placement = found.is_proven().then(|| form.placement(&found.map));
        let crops = self.fields(form, &found, image, &levels, &mut reading.fields)?;
        Ok(PagePiece { reading, crops })
    }

    /// The text lines of a page in reading order, placed where the page is upright; `None` of a blank page.
    /// No form is looked for.
    ///
    /// # Errors
    /// `Engine` when a session fails.
    pub fn read_text(&mut self, image: &GrayImage) -> Result<Option<Vec<TextLine>>, OcrError> {
        let has_levels = image.width().min(image.height()) >= MIN_EDGE;
        if has_levels && is_blank(&InkLevels::of(&whole_eighths(image))) {
            return Ok(None);
        }
        Ok(Some(self.text(image, None)?.1))
    }

    /// Clockwise quarter turns that make an unknown page upright, and its lines.
    fn text(&mut self, image: &GrayImage, pinned: Option<u8>) -> Result<(u8, Vec<TextLine>), OcrError> {
        match &mut self.detector {
            Some(detector) => Ok(full_text::read(
                image,
                detector,
                self.recogniser.as_mut(),
                pinned,
            )?),
            None => Ok((pinned.unwrap_or(0), Vec::new())),
        }
    }

    fn fields(
        &mut self,
        form: &PreparedForm,
        found: &Registration,
        image: &GrayImage,
        levels: &InkLevels,
        readings: &mut BTreeMap<String, FieldReading>,
    ) -> Result<BTreeMap<String, Vec<u8>>, OcrError> {
        let turned = upright(image, found.turns);
        let page = turned.as_ref().unwrap_or(image);
        let paper = &levels.paper.turned(found.turns);
        let sheet = Sheet {
            page,
            paper,
            map: &found.map,
            template: &form.template,
        };
        let preparations = match self.readings {
            Readings::One => &Preparation::ALL[..1],
            Readings::Four => &Preparation::ALL[..],
        };
        let is_poor = found.error > POOR_REGISTRATION || !found.is_proven();
        let (mut crops, mut kana) = (BTreeMap::new(), BTreeMap::new());
        for (field, alphabet) in form.fields.iter().zip(&self.alphabets[found.form]) {
            let definition = &field.definition;
            let key = definition.key.clone();
            if matches!(definition.kind, FieldType::Check | FieldType::Circle) {
                readings.insert(key.clone(), choice::read(&sheet, definition, &field.choices));
                crops.insert(key, png(&sheet.view(field.area))?);
                continue;
            }
            let mut crop = sheet.crop(field.area);
            if !text_field::has_ink(&crop) {
                readings.insert(key, text_field::empty(definition));
                continue;
            }
            let (reading, evidence) = text_field::read(
                self.recogniser.as_mut(),
                definition,
                (alphabet, field.grammar.as_ref()),
                &mut crop,
                preparations,
                is_poor,
            )?;
            readings.insert(key.clone(), reading);
            if definition.kind == FieldType::Kana {
                kana.insert(definition.key.as_str(), (alphabet, evidence));
            }
            crops.insert(key, png(&rimmed(&crop.flat, field.area))?);
        }
        for rule in &form.definition.rules {
            if let Rule::Kana { field, name } = rule
                && let Some((alphabet, evidence)) = kana.get(field.as_str())
                && let Some(name) = readings.get(name).cloned()
                && let Some(reading) = readings.get_mut(field)
            {
                name_kana::read_again(reading, &name, alphabet, evidence);
            }
        }
        for key in kana.keys() {
            if let Some(reading) = readings.get_mut(*key) {
                name_kana::mend_legal_form(reading);
            }
        }
        if !found.is_proven() {
            for reading in readings.values_mut() {
                reading.add(Reason::PoorRegistration);
            }
        }
        form.rules.apply(readings);
        for reading in readings.values_mut() {
            if let Some(signals) = &mut reading.signals {
                signals.registration = found.error;
            }
        }
        Ok(crops)
    }
}

fn without_fields(reading: PageReading) -> PagePiece {
    PagePiece {
        reading,
        crops: BTreeMap::new(),
    }
}

/// The letters of every field, per form.
fn alphabets(forms: &FormSet, recogniser: &dyn Recognise) -> Vec<Vec<Alphabet>> {
    let charset = recogniser.charset();
    let of_form = |form: &PreparedForm| {
        let of_field = |field: &PreparedField| Alphabet::of(&field.definition, &|c| charset.class(c));
        form.fields.iter().map(of_field).collect()
    };
    forms.forms.iter().map(of_form).collect()
}

/// The page turned clockwise; `None` when it stands upright already.
pub(crate) fn upright(page: &GrayImage, turns: u8) -> Option<GrayImage> {
    match turns % 4 {
        0 => None,
        1 => Some(imageops::rotate90(page)),
        2 => Some(imageops::rotate180(page)),
        _ => Some(imageops::rotate270(page)),
    }
}

/// The field with a little around it, as the eye wants it.
fn rimmed(flat: &GrayImage, area: PixelBox) -> GrayImage {
    let edge = MARGIN as u32 - CROP_RIM;
    let (width, height) = (
        area.width as u32 + 2 * CROP_RIM,
        area.height as u32 + 2 * CROP_RIM,
    );
    imageops::crop_imm(flat, edge, edge, width, height).to_image()
}

fn png(image: &GrayImage) -> Result<Vec<u8>, OcrError> {
    let mut bytes = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive).write_image(
        image,
        image.width(),
        image.height(),
        image::ExtendedColorType::L8,
    )?;
    Ok(bytes.into_inner())
}
