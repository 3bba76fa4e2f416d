//! Writes tiny ONNX graphs: just enough protobuf (onnx.proto3) for the shapes of the text models.
//!
//! The vectors are a formula of the token's id, so that a test can say what must come out.

/// Width of the tiny models' vectors.
pub const WIDTH: usize = 4;
/// Rows of the tiny models' tables.
pub const ROWS: usize = 64;

/// The vector of a token: no two alike, none the multiple of another.
pub fn row(id: u32) -> [f32; WIDTH] {
    let id = id as f32;
    [1.0, (id * 0.7).sin(), (id * 1.3).cos(), (id * 2.1).sin()]
}

/// The shapes that the manifests know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `input_ids`, `attention_mask` → `last_hidden_state`.
    ModernBert,
    /// The same with `token_type_ids`.
    Bert,
    /// `input_ids` → `sentence_embedding`.
    Static,
    /// `input_ids`, `attention_mask`, `token_type_ids` → `logits`.
    CrossEncoder,
}

impl Shape {
    pub fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::ModernBert => &["input_ids", "attention_mask"],
            Self::Bert | Self::CrossEncoder => &["input_ids", "attention_mask", "token_type_ids"],
            Self::Static => &["input_ids"],
        }
    }

    pub fn output(self) -> &'static str {
        match self {
            Self::ModernBert | Self::Bert => "last_hidden_state",
            Self::Static => "sentence_embedding",
            Self::CrossEncoder => "logits",
        }
    }

    pub fn output_shape(self) -> Vec<i64> {
        match self {
            Self::ModernBert | Self::Bert => vec![-1, -1, WIDTH as i64],
            Self::Static => vec![-1, WIDTH as i64],
            Self::CrossEncoder => vec![-1, 1],
        }
    }
}

/// The bytes of a model of this shape.
pub fn model(shape: Shape) -> Vec<u8> {
    let table: Vec<f32> = (0..ROWS as u32).flat_map(row).collect();
    let mut graph = Vec::new();
    let constant = |name: &str, dims: &[i64], floats: &[f32], ints: &[i64]| {
        let mut tensor = Vec::new();
        dims.iter().for_each(|&dim| number(&mut tensor, 1, dim as u64));
        number(&mut tensor, 2, if ints.is_empty() { 1 } else { 7 });
        let raw: Vec<u8> = if ints.is_empty() {
            floats.iter().flat_map(|value| value.to_le_bytes()).collect()
        } else {
            ints.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        bytes(&mut tensor, 8, name.as_bytes());
        bytes(&mut tensor, 9, &raw);
        tensor
    };
    let mut nodes = vec![node("Gather", &["table", "input_ids"], "rows", &[])];
    let mut constants = vec![constant("table", &[ROWS as i64, WIDTH as i64], &table, &[])];
    // What is used in no node would be dropped from the graph's inputs: the mask scales the padding away,
    // the types add to every number of a token.
    let masked = |nodes: &mut Vec<Vec<u8>>, to: &str| {
        nodes.push(node("Cast", &["attention_mask"], "mask", &[("to", 1)]));
        nodes.push(node("Unsqueeze", &["mask", "last"], "column", &[]));
        nodes.push(node("Mul", &["rows", "column"], to, &[]));
    };
    let typed = |nodes: &mut Vec<Vec<u8>>, to: &str| {
        nodes.push(node("Cast", &["token_type_ids"], "type", &[("to", 1)]));
        nodes.push(node("Unsqueeze", &["type", "last"], "type_column", &[]));
        nodes.push(node("Add", &["masked", "type_column"], to, &[]));
    };
    constants.push(constant("last", &[1], &[], &[-1]));
    match shape {
        Shape::ModernBert => masked(&mut nodes, "last_hidden_state"),
        Shape::Bert => {
            masked(&mut nodes, "masked");
            typed(&mut nodes, "last_hidden_state");
        }
        Shape::Static => {
            constants.push(constant("second", &[1], &[], &[1]));
            nodes.push(node(
                "ReduceMean",
                &["rows", "second"],
                "sentence_embedding",
                &[("keepdims", 0)],
            ));
        }
        Shape::CrossEncoder => {
            masked(&mut nodes, "masked");
            typed(&mut nodes, "typed");
            constants.push(constant("inner", &[2], &[], &[1, 2]));
            constants.push(constant("one", &[1], &[], &[1]));
            nodes.push(node("ReduceSum", &["typed", "inner"], "sum", &[("keepdims", 0)]));
            nodes.push(node("Unsqueeze", &["sum", "one"], "logits", &[]));
        }
    }
    nodes.iter().for_each(|node| bytes(&mut graph, 1, node));
    bytes(&mut graph, 2, b"tiny");
    constants
        .iter()
        .for_each(|constant| bytes(&mut graph, 5, constant));
    for input in shape.inputs() {
        bytes(&mut graph, 11, &value(input, 7, &[-1, -1]));
    }
    bytes(&mut graph, 12, &value(shape.output(), 1, &shape.output_shape()));
    let mut opset = Vec::new();
    number(&mut opset, 2, 18);
    let mut model = Vec::new();
    number(&mut model, 1, 8);
    bytes(&mut model, 7, &graph);
    bytes(&mut model, 8, &opset);
    model
}

fn node(kind: &str, inputs: &[&str], output: &str, integers: &[(&str, u64)]) -> Vec<u8> {
    let mut node = Vec::new();
    inputs
        .iter()
        .for_each(|input| bytes(&mut node, 1, input.as_bytes()));
    bytes(&mut node, 2, output.as_bytes());
    bytes(&mut node, 4, kind.as_bytes());
    for (name, value) in integers {
        let mut attribute = Vec::new();
        bytes(&mut attribute, 1, name.as_bytes());
        number(&mut attribute, 3, *value);
        number(&mut attribute, 20, 2);
        bytes(&mut node, 5, &attribute);
    }
    node
}

fn value(name: &str, element: u64, dims: &[i64]) -> Vec<u8> {
    let mut shape = Vec::new();
    for (nth, &dim) in dims.iter().enumerate() {
        let mut edge = Vec::new();
        match u64::try_from(dim) {
            Ok(dim) => number(&mut edge, 1, dim),
            Err(_) => bytes(&mut edge, 2, format!("{name}_{nth}").as_bytes()),
        }
        bytes(&mut shape, 1, &edge);
    }
    let mut tensor = Vec::new();
    number(&mut tensor, 1, element);
    bytes(&mut tensor, 2, &shape);
    let mut kind = Vec::new();
    bytes(&mut kind, 1, &tensor);
    let mut info = Vec::new();
    bytes(&mut info, 1, name.as_bytes());
    bytes(&mut info, 2, &kind);
    info
}

fn number(to: &mut Vec<u8>, field: u64, value: u64) {
    varint(to, field << 3);
    varint(to, value);
}

fn bytes(to: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(to, field << 3 | 2);
    varint(to, value.len() as u64);
    to.extend_from_slice(value);
}

fn varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
