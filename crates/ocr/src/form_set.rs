//! All forms of the office, prepared once and shared by every reader.

use image::{GrayImage, imageops};
use rayon::prelude::*;
use shoki_core::form::{FieldDefinition, FormDefinition, MmBox};
use shoki_core::grammar::Grammar;
use shoki_core::master::Masters;
use shoki_core::reading::Placement;
use shoki_core::rule::page::RuleBook;

use crate::crop::PixelBox;
use crate::difference::Rival;
use crate::error::OcrError;
use crate::geometry::Homography;
use crate::marks::Marks;
use crate::plane::{InkLevels, MIN_EDGE};
use crate::print::Print;
use crate::rivals::{self, InkBytes};
use crate::ruling::Rulings;
use crate::signature::Signature;

/// Forms with their prepared blank pages.
#[derive(Debug)]
pub struct FormSet {
    pub(crate) forms: Vec<PreparedForm>,
    /// Per form, the forms that must be told from it.
    pub(crate) rivals: Vec<Vec<Rival>>,
}

/// A form ready to be found on a page.
#[derive(Debug)]
pub(crate) struct PreparedForm {
    pub(crate) definition: FormDefinition,
    /// The blank page, upright.
    pub(crate) template: GrayImage,
    pub(crate) marks: Marks,
    pub(crate) signature: Signature,
    /// What is printed outside of the fields.
    pub(crate) print: Print,
    /// Its ruled lines.
    pub(crate) rulings: Rulings,
    /// Per field, in the definition's order.
    pub(crate) fields: Vec<PreparedField>,
    pub(crate) rules: RuleBook,
}

/// A field's places in template pixels.
#[derive(Debug)]
pub(crate) struct PreparedField {
    pub(crate) definition: FieldDefinition,
    pub(crate) area: PixelBox,
    /// Places of the choices, in order.
    pub(crate) choices: Vec<PixelBox>,
    /// How its value may be written.
    pub(crate) grammar: Option<Grammar>,
}

impl PreparedForm {
    /// Where the form lies on a page, by the map from template to page pixels.
    pub(crate) fn placement(&self, map: &Homography) -> Placement {
        let [across, down] = scale_of(&self.definition, &self.template).map(f64::from);
        let millimetres = Homography([across, 0.0, 0.0, 0.0, down, 0.0, 0.0, 0.0, 1.0]);
        Placement(map.after(&millimetres).0.map(|entry| entry as f32))
    }
}

/// The page's size in millimetres fixes the scale, whatever the resolution of its picture.
fn scale_of(definition: &FormDefinition, template: &GrayImage) -> [f32; 2] {
    [
        template.width() as f32 / definition.blank.width_mm,
        template.height() as f32 / definition.blank.height_mm,
    ]
}

impl FormSet {
    /// Prepares forms from their definitions and blank pages (grey, upright, 200 dpi), and the masters that
    /// the definitions name.
    ///
    /// # Errors
    /// `Template` when a blank page is too small or too bare to be found again; `Grammar` when a pattern or
    /// a master cannot be used.
    pub fn prepare(forms: Vec<(FormDefinition, GrayImage)>, masters: &Masters) -> Result<Self, OcrError> {
        let prepared: Vec<_> = forms
            .into_par_iter()
            .map(|(definition, blank)| prepare(definition, blank, masters))
            .collect::<Result<_, _>>()?;
        let (forms, halves): (Vec<_>, Vec<_>) = prepared.into_iter().unzip();
        let rivals = rivals::of(&forms, &halves);
        Ok(Self { forms, rivals })
    }

    /// Pairs of forms (ids) whose print does not tell them apart: their pages are all unknown.
    #[must_use]
    pub fn twins(&self) -> Vec<[&str; 2]> {
        let id = |form: usize| self.forms[form].definition.id.as_str();
        let mut twins = Vec::new();
        for (form, rivals) in self.rivals.iter().enumerate() {
            let later = rivals.iter().filter(|rival| rival.form > form && rival.is_twin());
            twins.extend(later.map(|rival| [id(form), id(rival.form)]));
        }
        twins
    }

    /// Number of forms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// Where the form of this id is.
    pub(crate) fn index_of(&self, id: &str) -> Option<usize> {
        self.forms.iter().position(|form| form.definition.id == id)
    }

    /// Whether there is none; every page is then unknown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }
}

fn prepare(
    definition: FormDefinition,
    template: GrayImage,
    masters: &Masters,
) -> Result<(PreparedForm, InkBytes), OcrError> {
    let unfit = |reason: String| OcrError::Template {
        form: definition.id.clone(),
        reason,
    };
    let (width, height) = template.dimensions();
    if width.min(height) < MIN_EDGE {
        return Err(unfit(format!("the blank page is only {width}×{height} pixels")));
    }
    let levels = InkLevels::of(&whole_eighths(&template));
    let marks = Marks::of(&levels).map_err(&unfit)?;
    let scale = scale_of(&definition, &template);
    let prepared = |field: &FieldDefinition| -> Result<PreparedField, OcrError> {
        let grammar = Grammar::of(field, masters).map_err(|source| OcrError::Grammar {
            form: definition.id.clone(),
            field: field.key.clone(),
            source,
        })?;
        Ok(PreparedField {
            definition: field.clone(),
            area: pixels(field.area, scale),
            choices: field
                .choices
                .iter()
                .map(|choice| pixels(choice.area, scale))
                .collect(),
            grammar,
        })
    };
    let fields = definition
        .fields
        .iter()
        .map(prepared)
        .collect::<Result<Vec<_>, _>>()?;
    let areas: Vec<PixelBox> = fields.iter().map(|field| field.area).collect();
    let half = InkBytes::of(&levels.half);
    let prepared = PreparedForm {
        signature: Signature::of(&levels.eighth),
        print: Print::of(&levels.half, &areas),
        rulings: Rulings::of(&levels.half),
        rules: RuleBook::new(&definition, masters),
        definition,
        template,
        marks,
        fields,
    };
    Ok((prepared, half))
}

fn pixels(area: MmBox, [across, down]: [f32; 2]) -> PixelBox {
    let length = |value: f32| value.round().max(1.0) as usize;
    PixelBox {
        x: (area.x * across).round() as i32,
        y: (area.y * down).round() as i32,
        width: length(area.w * across),
        height: length(area.h * down),
    }
}

/// The page without up to seven columns at the right and rows at the bottom, so that its ⅛ size is exact
/// and a level turned by quarter turns is the level of the turned page.
pub(crate) fn whole_eighths(page: &GrayImage) -> GrayImage {
    imageops::crop_imm(page, 0, 0, page.width() / 8 * 8, page.height() / 8 * 8).to_image()
}
