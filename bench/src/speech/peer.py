"""One peer hears one recording: greedy, Japanese, no times, no text of the window before, no second attempt; or, as
"whisper.cpp-default", with what whisper.cpp's command line sets when nobody says anything else.

    python peer.py ORDER.json     {"system", "model", "sound", "threads", "out"}

Writes {"begun": CPU seconds before the first sound was given, "segments": [{"start", "end", "text"}]}. What is
switched off would only add to the peers' cost, and the fixed text of random weights needs it off (random_model.py).
"""

import json
import pathlib
import sys
import time
import wave

import numpy as np


def samples_of(path):
    with wave.open(path) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16_000, 1, 2), path
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float32) / 32768


def whisper_cpp(order):
    from pywhispercpp.model import Model

    by_default = order["system"] == "whisper.cpp-default"
    model = Model(
        order["model"], n_threads=order["threads"], redirect_whispercpp_logs_to=None,
        params_sampling_strategy=int(by_default), print_progress=False, print_realtime=False, print_timestamps=False,
    )  # fmt: skip
    if by_default:
        settings = {
            "language": "ja", "temperature_inc": 0.2, "greedy": {"best_of": 5},
            "beam_search": {"beam_size": 5, "patience": -1.0},
        }  # fmt: skip
    else:
        settings = {
            "language": "ja", "no_timestamps": True, "no_context": True, "n_max_text_ctx": 0, "temperature_inc": 0.0,
            "greedy": {"best_of": 1},
        }  # fmt: skip

    def hear(samples):
        for segment in model.transcribe(samples, **settings):
            yield {"start": segment.t0 / 100, "end": segment.t1 / 100, "text": segment.text}

    return hear


def faster_whisper(order):
    from faster_whisper import WhisperModel

    model = WhisperModel(
        order["model"], device="cpu", compute_type="int8", cpu_threads=order["threads"], local_files_only=True
    )

    def hear(samples):
        segments, _ = model.transcribe(
            samples, language="ja", beam_size=1, best_of=1, temperature=0.0, condition_on_previous_text=False,
            without_timestamps=True, suppress_tokens=[], vad_filter=order["system"] == "faster-whisper-vad",
        )  # fmt: skip
        for segment in segments:
            yield {"start": segment.start, "end": segment.end, "text": segment.text}

    return hear


def main():
    order = json.loads(pathlib.Path(sys.argv[1]).read_text())
    hear = (whisper_cpp if order["system"].startswith("whisper.cpp") else faster_whisper)(order)
    samples = samples_of(order["sound"])
    begun = time.process_time()
    segments = list(hear(samples))
    pathlib.Path(order["out"]).write_text(json.dumps({"begun": begun, "segments": segments}, ensure_ascii=False))


main()
