"""The format of whisper.cpp: weights to a file (q8_0) and back.

Slots of the vocabulary that are not in use get rows that can never win (network.py, RESERVED).
"""

import struct

import numpy as np
import torch

import network as net

MAGIC, F32, F16, Q8_0, FILE_Q8_0 = 0x67676D6C, 0, 1, 8, 2007


# 32 values.
BLOCK = np.dtype([("scale", "<f2"), ("values", "i1", 32)])


def q8_0(values):
    """Blocks of 32: one half-precision scale and 32 signed bytes."""
    blocks = values.reshape(-1, 32).astype(np.float32)
    scales = (np.abs(blocks).max(1) / 127).astype("<f2")
    packed = np.empty(len(blocks), dtype=BLOCK)
    packed["scale"] = scales
    packed["values"] = np.round(blocks / np.maximum(scales.astype(np.float32), 1e-9)[:, None]).clip(-127, 127)
    return packed.tobytes()


def write(model, vocabulary, path):
    width, encoder_layers, decoder_layers = model.shape
    weights = {k: v for k, v in model.state_dict().items() if not k.startswith(("phone_head", "character_head"))}
    table = torch.zeros(net.SLOTS, width)
    table[:, -1] = -100.0
    table[torch.tensor(vocabulary.ids)] = weights["decoder.token_embedding.weight"]
    weights["decoder.token_embedding.weight"] = table
    heads = width // net.HEAD
    with path.open("wb") as file:

        def ints(*values):
            file.write(struct.pack(f"<{len(values)}i", *values))

        ints(MAGIC, net.SLOTS, net.AUDIO_CONTEXT, width, heads, encoder_layers, net.TEXT_CONTEXT, width, heads, decoder_layers, net.MELS, FILE_Q8_0)
        filters = net.mel_filters().astype("<f4")
        ints(*filters.shape)
        file.write(filters.tobytes())
        ints(net.TEXT_SLOTS)
        for slot in range(net.TEXT_SLOTS):
            known = slot < len(vocabulary.characters)
            name = vocabulary.characters[slot].encode() if known else f"[u{slot}]".encode()
            ints(len(name))
            file.write(name)
        for name, tensor in weights.items():
            values = tensor.float().numpy()
            if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
                values = values.reshape(-1, 1)
            matrix = values.ndim >= 2 and "positional" not in name and not name.endswith("bias")
            kind = F32 if not matrix else Q8_0 if values.ndim == 2 else F16
            ints(values.ndim, len(name), kind)
            ints(*values.shape[::-1])
            file.write(name.encode())
            file.write(q8_0(values) if kind == Q8_0 else values.astype("<f2" if kind == F16 else "<f4").tobytes())


def read(data, vocabulary):
    """The weights of a file that `write` has made: {name: tensor}, those of the slots in use."""
    at = 0

    def ints(count):
        nonlocal at
        at += 4 * count
        return struct.unpack_from(f"<{count}i", data, at - 4 * count)

    def values(kind, count):
        nonlocal at
        read = np.frombuffer(data, kind, count, at)
        at += read.nbytes
        return read

    assert ints(12)[0] == MAGIC
    values("<f4", int(np.prod(ints(2))))
    for _ in range(*ints(1)):
        values("u1", *ints(1))
    weights = {}
    while at < len(data):
        dimensions, length, kind = ints(3)
        shape = ints(dimensions)[::-1]
        name = bytes(values("u1", length)).decode()
        count = int(np.prod(shape))
        if kind == Q8_0:
            blocks = values(BLOCK, count // 32)
            read = blocks["scale"].astype(np.float32)[:, None] * blocks["values"]
        else:
            read = values("<f2" if kind == F16 else "<f4", count).astype(np.float32)
        weights[name] = torch.from_numpy(read.reshape(shape))
    for name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        weights[name] = weights[name].flatten()
    table = "decoder.token_embedding.weight"
    weights[table] = weights[table][torch.tensor(vocabulary.ids)]
    return weights
