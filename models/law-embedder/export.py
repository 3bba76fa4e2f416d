"""The trained table as an ONNX graph: rows by piece, mean over the mask, unit length.

The table is int8 with one scale per row (quarter of the size of f32; see README of the figures in the
manifest). Inputs `input_ids`, `attention_mask` i64 [batch, sequence]; output `sentence_embedding` f32.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


def quantise(table):
    """int8 rows and their scales."""
    scale = np.abs(table).max(1, keepdims=True) / 127
    scale[scale == 0] = 1
    return np.rint(table / scale).astype(np.int8), scale.astype(np.float32)


def write(table, path):
    rows, scale = quantise(table)
    dimensions = table.shape[1]
    node = helper.make_node
    nodes = [
        node("Gather", ["rows", "input_ids"], ["quantised"]),
        node("Cast", ["quantised"], ["whole"], to=TensorProto.FLOAT),
        node("Gather", ["scale", "input_ids"], ["scales"]),
        node("Mul", ["whole", "scales"], ["pieces"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask", "last"], ["mask_column"]),
        node("Mul", ["pieces", "mask_column"], ["masked"]),
        node("ReduceSum", ["masked", "second"], ["sum"], keepdims=0),
        node("ReduceSum", ["mask", "second"], ["count"], keepdims=1),
        node("Max", ["count", "one"], ["divisor"]),
        node("Div", ["sum", "divisor"], ["mean"]),
        node("ReduceL2", ["mean", "last"], ["norm"], keepdims=1),
        node("Max", ["norm", "tiny"], ["length"]),
        node("Div", ["mean", "length"], ["sentence_embedding"]),
    ]
    constants = {
        "rows": rows,
        "scale": scale,
        "last": np.array([-1], np.int64),
        "second": np.array([1], np.int64),
        "one": np.array([1], np.float32),
        "tiny": np.array([1e-9], np.float32),
    }
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", dimensions])]
    initialisers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "law-embedder", inputs, outputs, initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    checker.check_model(model)
    save(model, str(path))
