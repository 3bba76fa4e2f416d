//! PP-OCRv6 small: a text line's pixels to a lattice of character probabilities.

use image::GrayImage;
use ort::session::Session;
use ort::value::TensorRef;

use crate::catalogue::Catalogue;
use crate::charset::Charset;
use crate::error::EngineError;
use crate::lattice::Lattice;
use crate::line::{HEIGHT, prepare};
use crate::runtime::Runtime;
use crate::store::{ModelStore, VerifiedModel};
use shoki_core::manifest::ModelTask;

/// Reads text lines. The seam at which tests put scripted readers.
pub trait Recognise: Send {
    /// The characters of the lattice's classes.
    fn charset(&self) -> &Charset;
    /// Reads one line: grey, dark ink on light ground, any size.
    ///
    /// # Errors
    /// `Runtime` when the session fails. A line without pixels gives a lattice of no steps.
    fn recognise(&mut self, line: &GrayImage) -> Result<Lattice, EngineError>;
}

/// PP-OCRv6 recognition in a one-thread session.
#[derive(Debug)]
pub struct LineRecogniser {
    session: Session,
    charset: Charset,
    output: String,
}

impl LineRecogniser {
    /// A reader on a verified model.
    ///
    /// # Errors
    /// `Contract` when the session, or the characters in its metadata, are not the promised ones.
    pub fn new(runtime: &Runtime, model: &VerifiedModel) -> Result<Self, EngineError> {
        let unfit = |detail: &str| EngineError::Contract {
            model: model.manifest.name.clone(),
            detail: detail.to_owned(),
        };
        let session = runtime.session(model)?;
        let lines = session
            .metadata()?
            .custom("character")
            .ok_or_else(|| unfit("no characters in its metadata"))?;
        let charset =
            Charset::parse(&lines).ok_or_else(|| unfit("not one character per line in its metadata"))?;
        let promised = model
            .manifest
            .contract
            .as_ref()
            .and_then(|contract| contract.characters);
        if promised.is_some_and(|promised| charset.classes() != promised as usize + 2) {
            return Err(unfit("another number of characters"));
        }
        let output = session.outputs().first().map(|outlet| outlet.name().to_owned());
        let output = output.ok_or_else(|| unfit("no output"))?;
        Ok(Self {
            session,
            charset,
            output,
        })
    }

    /// Verifies, loads and shows on the golden sample that the installed recogniser reads.
    ///
    /// # Errors
    /// What [`ModelStore::verify`] and [`LineRecogniser::new`] say; `Contract` when the sample is misread.
    pub fn load(runtime: &Runtime, catalogue: &Catalogue, store: &ModelStore) -> Result<Self, EngineError> {
        let manifest = catalogue.by_task(ModelTask::LineRecognition)?;
        let mut reader = Self::new(runtime, &store.verify(manifest)?)?;
        if let (Some(golden), Some(bytes)) = (&manifest.golden, catalogue.golden_image(manifest)?) {
            let unfit = |detail: String| EngineError::Contract {
                model: manifest.name.clone(),
                detail,
            };
            let image = image::load_from_memory(&bytes).map_err(|error| unfit(error.to_string()))?;
            let lattice = reader.recognise(&image.to_luma8())?;
            if reader.greedy(&lattice) != golden.text {
                return Err(unfit("the golden sample is misread".to_owned()));
            }
        }
        Ok(reader)
    }

    /// The best class at each step, repeats and blanks removed (CTC, Graves et al. 2006).
    #[must_use]
    pub fn greedy(&self, lattice: &Lattice) -> String {
        let mut text = String::new();
        let mut previous = 0;
        for step in 0..lattice.steps {
            let row = lattice.at(step);
            let best = row
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1))
                .map_or(0, |(class, _)| class);
            if best != previous {
                text.extend(self.charset.character(best));
            }
            previous = best;
        }
        text
    }
}

impl Recognise for LineRecogniser {
    fn charset(&self) -> &Charset {
        &self.charset
    }

    fn recognise(&mut self, line: &GrayImage) -> Result<Lattice, EngineError> {
        let classes = self.charset.classes();
        let Some(prepared) = prepare(line) else {
            return Ok(Lattice {
                steps: 0,
                classes,
                probabilities: Vec::new(),
            });
        };
        let colour = prepared.plane.repeat(3);
        let shape = [1, 3, HEIGHT as usize, prepared.width as usize];
        let input = TensorRef::from_array_view((shape, colour.as_slice()))?;
        let outputs = self.session.run(ort::inputs![input])?;
        let (shape, values) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
        let steps = shape
            .get(1)
            .and_then(|&steps| usize::try_from(steps).ok())
            .unwrap_or(0)
            .min(prepared.steps);
        let values = values.get(..steps * classes).ok_or_else(|| {
            EngineError::Runtime("the recogniser's output is shorter than its shape".to_owned())
        })?;
        Ok(Lattice {
            steps,
            classes,
            probabilities: values.to_vec(),
        })
    }
}
