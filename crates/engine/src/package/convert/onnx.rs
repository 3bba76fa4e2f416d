//! Writes ONNX files: just enough protobuf (onnx.proto3) for a handful of nodes with `f32` constants.
//!
//! Promise: the bytes follow from the graph alone, so that their hash can be pinned. Never: more of the
//! format than a conversion needs.

/// IR version and opset: what ONNX Runtime has read since 1.13, and the LSTM of opset 14.
const IR_VERSION: u64 = 8;
const OPSET: u64 = 17;
/// `TensorProto.DataType`.
const FLOAT: u64 = 1;
const INT64: u64 = 7;
/// `AttributeProto.AttributeType`.
const INTEGER: u64 = 2;
const INTEGERS: u64 = 7;

/// A graph that is being written.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<u8>,
    constants: Vec<u8>,
    ends: Vec<u8>,
}

impl Graph {
    /// A constant of `f32`, row by row.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, FLOAT, shape, raw);
    }

    /// A constant list of whole numbers.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, INT64, &[values.len()], raw);
    }

    fn constant(&mut self, name: &str, element: u64, shape: &[usize], raw: Vec<u8>) {
        let mut tensor = Vec::new();
        for &edge in shape {
            number(&mut tensor, 1, edge as u64);
        }
        number(&mut tensor, 2, element);
        bytes(&mut tensor, 8, name.as_bytes());
        bytes(&mut tensor, 9, &raw);
        bytes(&mut self.constants, 5, &tensor);
    }

    /// A node; an empty name is an input or output left out, an attribute one number or a list.
    pub(super) fn node(
        &mut self,
        kind: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, &[u64])],
    ) {
        let mut node = Vec::new();
        for input in inputs {
            bytes(&mut node, 1, input.as_bytes());
        }
        for output in outputs {
            bytes(&mut node, 2, output.as_bytes());
        }
        bytes(&mut node, 4, kind.as_bytes());
        for (name, values) in attributes {
            let mut attribute = Vec::new();
            bytes(&mut attribute, 1, name.as_bytes());
            match values {
                [value] => {
                    number(&mut attribute, 3, *value);
                    number(&mut attribute, 20, INTEGER);
                }
                values => {
                    for &value in *values {
                        number(&mut attribute, 8, value);
                    }
                    number(&mut attribute, 20, INTEGERS);
                }
            }
            bytes(&mut node, 5, &attribute);
        }
        bytes(&mut self.nodes, 1, &node);
    }

    /// An input of `f32`; 0 is an edge of any length.
    pub(super) fn input(&mut self, name: &str, shape: &[usize]) {
        bytes(&mut self.ends, 11, &value_info(name, shape));
    }

    /// An output of `f32`, as [`Graph::input`].
    pub(super) fn output(&mut self, name: &str, shape: &[usize]) {
        bytes(&mut self.ends, 12, &value_info(name, shape));
    }

    /// The file.
    pub(super) fn finish(self, name: &str) -> Vec<u8> {
        let mut graph = self.nodes;
        bytes(&mut graph, 2, name.as_bytes());
        graph.extend(self.constants);
        graph.extend(self.ends);
        let mut opset = Vec::new();
        number(&mut opset, 2, OPSET);
        let mut model = Vec::new();
        number(&mut model, 1, IR_VERSION);
        bytes(&mut model, 2, b"shoki");
        bytes(&mut model, 7, &graph);
        bytes(&mut model, 8, &opset);
        model
    }
}

fn value_info(name: &str, shape: &[usize]) -> Vec<u8> {
    let mut edges = Vec::new();
    for (nth, &edge) in shape.iter().enumerate() {
        let mut dimension = Vec::new();
        match edge {
            0 => bytes(&mut dimension, 2, format!("{name}_{nth}").as_bytes()),
            edge => number(&mut dimension, 1, edge as u64),
        }
        bytes(&mut edges, 1, &dimension);
    }
    let mut tensor = Vec::new();
    number(&mut tensor, 1, FLOAT);
    bytes(&mut tensor, 2, &edges);
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
