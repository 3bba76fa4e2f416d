"""Writes the weights of a run as a ggml file for whisper.cpp (q8_0), compresses it, and checks that it reads the same.

    python write_ggml.py RUN_DIR OUT_DIR [--check DATA_DIR]
"""

import argparse
import hashlib
import os
import pathlib

import numpy as np
import torch
import zstandard

import ggml
import network as net
import train

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
    ggml.write(model, vocabulary, plain)
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
