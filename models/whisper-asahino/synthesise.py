"""Training audio in shards: sentences of texts.py said by the speakers of voices.py.

    nice -n 19 python synthesise.py DATA_DIR --split train --hours 8 --worker 0

A shard is `<split>-<worker>-<number>.npy` (samples, 16 kHz i16, end to end) and `.json` (one row an utterance: offset,
length, text, kana, phonemes with times, characters with times). Shard n of worker w depends on (split, w, n) alone, so
a run goes on where it was stopped: shards that exist are left as they are. Waits while the file --pause exists.
"""

import argparse
import json
import os
import pathlib
import random
import time

import numpy as np
import pyopenjtalk

import texts
import voices

PER_SHARD = 400


def kana_of(words):
    return "".join(word["pron"] for word in words).replace("’", "").replace("'", "")


def shard(reader, split, worker, number):
    seed = f"{split}/{worker}/{number}"
    choose, rng = random.Random(seed), np.random.default_rng([sum(split.encode()), worker, number])
    pieces, rows, at = [], [], 0
    said = []
    while len(said) < PER_SHARD:
        said += [choose.choice(texts.FIXED)] if choose.random() < 0.04 else [texts.draw(choose, split)]
    for text in said:
        parameters = reader.parameters(text)
        speaker = voices.random_speaker(rng)
        if rng.random() < 0.06:
            kana = kana_of(pyopenjtalk.run_frontend(text))
            variant = voices.Speaker(**{**speaker.as_dict(), "espeak": str(rng.choice(["", "+m1", "+m3", "+m5", "+m7", "+f2", "+f4"]))})
            samples, phones, characters = voices.espeak(kana, variant, rng), [], []
        else:
            samples, phones, characters = voices.speak(parameters, speaker, rng)
        whole = (samples * rng.uniform(0.1, 0.9) * 32767).astype(np.int16)
        rows.append({
            "offset": at,
            "length": len(whole),
            "text": text,
            "phones": [[name, round(a, 3), round(b, 3)] for name, a, b in phones],
            "characters": [None if c is None else [round(c[0], 3), round(c[1], 3)] for c in characters],
        })  # fmt: skip
        pieces.append(whole)
        at += len(whole)
    return np.concatenate(pieces), rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--split", choices=["train", "held", "bench"], default="train")
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--pause", type=pathlib.Path, help="wait while this file exists")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    reader, hours, number, spent = voices.Reader(), 0.0, 0, time.process_time()
    while hours < arguments.hours:
        while arguments.pause and arguments.pause.exists():
            time.sleep(2)
        stem = arguments.directory / f"{arguments.split}-{arguments.worker}-{number:04d}"
        listed = stem.with_suffix(".json")
        if listed.exists():
            hours += sum(row["length"] for row in json.loads(listed.read_text())) / voices.RATE / 3600
        else:
            samples, rows = shard(reader, arguments.split, arguments.worker, number)
            np.save(stem.with_suffix(".npy"), samples)
            # The list is what says that the shard is whole: written aside, then renamed.
            aside = listed.with_suffix(".part")
            aside.write_text(json.dumps(rows, ensure_ascii=False))
            os.replace(aside, listed)
            hours += len(samples) / voices.RATE / 3600
            print(f"{stem.name}: {hours:.2f} h, {time.process_time() - spent:.0f} CPU s", flush=True)
        number += 1


if __name__ == "__main__":
    main()
