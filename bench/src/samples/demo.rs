//! The 12-page sample stack of `cargo xtask demo`: forms mixed, some pages turned, a blank back, a
//! page of no form.

use std::path::Path;

use super::output::pdf;
use super::truth::TruePage;
use super::{Order, PlannedPage, Workshop, stack_truth};
use crate::typefaces::FontSet;

const SEED: u64 = 20_260_401;
/// Low, so that the stack is small enough for the tree.
const JPEG_QUALITY: u8 = 34;

const fn page(form: usize, quarter_turns: u8) -> PlannedPage {
    PlannedPage {
        form,
        kind: TruePage::Form,
        quarter_turns,
    }
}

const fn other(kind: TruePage) -> PlannedPage {
    PlannedPage {
        form: 0,
        kind,
        quarter_turns: 0,
    }
}

const PLAN: [PlannedPage; 12] = [
    page(1, 0),
    page(1, 0),
    page(2, 0),
    other(TruePage::Blank),
    page(2, 2),
    page(0, 0),
    page(1, 0),
    other(TruePage::UnknownForm),
    page(0, 1),
    page(2, 0),
    page(0, 0),
    page(1, 0),
];

/// Writes `demo.pdf` and `demo.truth.json` into `directory`.
///
/// # Errors
/// Missing fonts, an unwritable directory.
pub fn write(directory: &Path) -> anyhow::Result<()> {
    let order = Order {
        pages: PLAN.len() as u32,
        seed: SEED,
        hands: FontSet::Measuring,
        levels: vec![1, 2],
        jpeg_quality: Some(JPEG_QUALITY),
        plan: PLAN.to_vec(),
    };
    let workshop = Workshop::open(order.hands)?;
    let (mut jpegs, mut truths) = (Vec::new(), Vec::new());
    for number in 1..=order.pages {
        let made = workshop.page(&order, number)?;
        jpegs.push((made.image.dimensions(), made.jpeg));
        truths.push(made.truth);
    }
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("demo.pdf"), pdf(&jpegs))?;
    let truth = serde_json::to_vec_pretty(&stack_truth(&order, truths))?;
    std::fs::write(directory.join("demo.truth.json"), truth)?;
    Ok(())
}
