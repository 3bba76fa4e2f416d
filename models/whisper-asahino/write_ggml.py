"""Writes the weights of a run as a ggml file for whisper.cpp (q8_0), compresses it, and checks that it reads the same.

    python write_ggml.py RUN_DIR OUT_DIR [--check DATA_DIR]

Slots of the vocabulary that are not in use get rows that can never win (network.py, RESERVED).
"""

import argparse
import hashlib
import os
import pathlib
import struct

import numpy as np
import torch
import zstandard

import network as net
import train

MAGIC, F32, F16, Q8_0, FILE_Q8_0 = 0x67676D6C, 0, 1, 8, 2007


def q8_0(values):
    """Blocks of 32: one half-precision scale and 32 signed bytes."""
    blocks = values.reshape(-1, 32).astype(np.float32)
    scales = (np.abs(blocks).max(1) / 127).astype("<f2")
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("values", "i1", 32)])
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


def check(model, vocabulary, path, data, count=24):
    """The same held-out utterances through PyTorch and through whisper.cpp: character error of each, texts that agree."""
    from pywhispercpp.model import Model

    held = train.Shards(data, "held")
    held.look()
    rows = held.rows[:: max(1, len(held.rows) // count)][:count]
    whisper = Model(str(path), n_threads=1, print_progress=False, print_realtime=False)
    wrong, total, agree = np.zeros(3), 0, 0
    for item in rows:
        samples, wanted = held.wave(item), train.plain(item[1]["text"])
        ours = train.plain(net.transcribe(model, vocabulary, [samples])[0])
        texts = [ours]
        for timed in (False, True):
            settings = {"language": "ja", "no_timestamps": not timed, "temperature_inc": 0.0, "no_context": True, "greedy": {"best_of": 1}}
            context = (len(samples) + 8000) // 320 + 1
            segments = whisper.transcribe(np.concatenate([samples, np.zeros(8000, np.float32)]), audio_ctx=(context + 63) // 64 * 64, **settings)
            texts.append(train.plain("".join(segment.text for segment in segments)))
        agree += texts[0] == texts[1]
        wrong += [net.edits(text, wanted) for text in texts]
        total += len(wanted)
        if texts[0] != texts[1]:
            print("differs:", *texts, sep="\n  ")
    print(f"{agree} of {len(rows)} texts agree; character error: PyTorch, whisper.cpp, whisper.cpp with times:", np.round(wrong / total, 4))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path, metavar="DATA_DIR")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    state = torch.load(arguments.run / "state.pt", weights_only=False)
    vocabulary = net.Vocabulary(state["characters"])
    model = train.build(vocabulary, state["shape"])
    model.load_state_dict(state["mean"])
    model.eval()
    plain = arguments.run / "ggml-q8_0.bin"
    write(model, vocabulary, plain)
    if arguments.check:
        check(model, vocabulary, plain, arguments.check)
    arguments.out.mkdir(parents=True, exist_ok=True)
    packed = arguments.out / "model.bin.zst"
    packed.write_bytes(zstandard.ZstdCompressor(level=19).compress(plain.read_bytes()))
    print(f"step {state['step']}, {state['spent']:.0f} CPU s, last measured {state['curve'][-1:]}")
    for path in (plain, packed):
        print(path, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    if arguments.out != arguments.run and (arguments.run / "curve.json").exists():
        (arguments.out / "curve.json").write_text((arguments.run / "curve.json").read_text())
    os.sync()


if __name__ == "__main__":
    main()
