//! One ONNX session fed with batches of token rows; which inputs the graph wants stands in its contract.
//!
//! Promise: a row's result does not depend on what else is in its batch (padding is masked, or absent).

use ort::session::{Session, SessionInputValue};
use ort::value::Tensor;
use shoki_core::manifest::TensorContract;

use crate::error::EngineError;
use crate::runtime::Runtime;
use crate::store::VerifiedModel;
use crate::token::{Tokens, batches};

/// What a graph may be fed with.
const IDS: &str = "input_ids";
const MASK: &str = "attention_mask";
const TYPES: &str = "token_type_ids";

/// A session whose inputs are token rows.
#[derive(Debug)]
pub(crate) struct TextSession {
    session: Session,
    inputs: Vec<String>,
    output: String,
    padding: u32,
}

/// A batch's answer.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// Shape of the output.
    pub shape: Vec<usize>,
    /// Its values, row by row.
    pub values: &'a [f32],
}

impl TextSession {
    /// A session on a verified model, of which `output` is taken.
    ///
    /// # Errors
    /// `Contract` when the graph wants an input that is none of ours, or has not the output.
    pub fn new(
        runtime: &Runtime,
        model: &VerifiedModel,
        output: &str,
        padding: u32,
    ) -> Result<Self, EngineError> {
        let unfit = |detail: String| EngineError::Contract {
            model: model.manifest.name.clone(),
            detail,
        };
        let session = runtime.session(model)?;
        let inputs: Vec<String> = session
            .inputs()
            .iter()
            .map(|outlet| outlet.name().to_owned())
            .collect();
        if let Some(foreign) = inputs
            .iter()
            .find(|name| ![IDS, MASK, TYPES].contains(&name.as_str()))
        {
            return Err(unfit(format!(
                "input {foreign} is not one of {IDS}, {MASK}, {TYPES}"
            )));
        }
        if !inputs.iter().any(|name| name == IDS) {
            return Err(unfit(format!("no input {IDS}")));
        }
        if !session.outputs().iter().any(|outlet| outlet.name() == output) {
            return Err(unfit(format!("no output {output}")));
        }
        Ok(Self {
            session,
            inputs,
            output: output.to_owned(),
            padding,
        })
    }

    /// Runs all rows in batches; `take` hears of each batch's rows and the graph's answer.
    ///
    /// # Errors
    /// `Runtime` when the session fails, and what `take` says.
    pub fn run(
        &mut self,
        rows: &[Tokens],
        mut take: impl FnMut(&[usize], &Answer<'_>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let lengths: Vec<usize> = rows.iter().map(|row| row.ids.len()).collect();
        let can_pad = self.inputs.iter().any(|name| name == MASK);
        for batch in batches(&lengths, can_pad) {
            let inputs = self.inputs(rows, &batch)?;
            let outputs = self.session.run(inputs)?;
            let (shape, values) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
            let shape = shape
                .iter()
                .map(|&edge| usize::try_from(edge).unwrap_or(0))
                .collect();
            take(&batch, &Answer { shape, values })?;
        }
        Ok(())
    }

    fn inputs(
        &self,
        rows: &[Tokens],
        batch: &[usize],
    ) -> Result<Vec<(String, SessionInputValue<'static>)>, EngineError> {
        // No graph takes a row without a token: a text that has none is one padding token.
        let width = batch
            .iter()
            .map(|&row| rows[row].ids.len())
            .max()
            .unwrap_or(0)
            .max(1);
        let filled = |of: &dyn Fn(&Tokens) -> Vec<i64>, fill: i64| {
            let mut values = Vec::with_capacity(batch.len() * width);
            for (nth, &row) in batch.iter().enumerate() {
                values.extend(of(&rows[row]));
                values.resize((nth + 1) * width, fill);
            }
            values
        };
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for name in &self.inputs {
            let values = match name.as_str() {
                MASK => filled(&|row| vec![1; row.ids.len()], 0),
                TYPES => filled(&|row| row.types.iter().copied().map(i64::from).collect(), 0),
                _ => filled(
                    &|row| row.ids.iter().copied().map(i64::from).collect(),
                    i64::from(self.padding),
                ),
            };
            let tensor = Tensor::from_array(([batch.len(), width], values))?;
            inputs.push((name.clone(), tensor.into()));
        }
        Ok(inputs)
    }
}

/// Refuses a contract whose output of this name has not `rank` edges, the last one `width` (0: any).
pub(crate) fn check_output(
    outputs: &[TensorContract],
    name: &str,
    rank: usize,
    width: i64,
) -> Result<(), String> {
    let Some(output) = outputs.iter().find(|output| output.name == name) else {
        return Err(format!("no output {name}"));
    };
    let last = output.shape.last().copied().unwrap_or(0);
    if output.shape.len() != rank || (last != width && last != -1) {
        return Err(format!("output {name} has the shape {:?}", output.shape));
    }
    Ok(())
}
