"""Fictional meetings by synthetic voices, with the truth of who said what and when; and sound that says nothing.

    python meetings.py sample OUT_DIR              the shipped sample: meeting.flac, meeting.json
    python meetings.py random OUT_DIR --seed 1     a benchmark meeting of 2 to 4 voices (texts of the bench split)
    python meetings.py sentences OUT_DIR --seed 1  held-out sentences one after the other, each by a voice of its own
    python meetings.py nospeech OUT_DIR            silence, noise, hum, music, hold tone
"""

import argparse
import json
import pathlib
import random

import numpy as np
import soundfile
from scipy import signal

import texts
import voices

RATE = voices.RATE


def room(samples, rng, seconds):
    """A small room: the direct sound and an exponentially falling tail."""
    n = int(seconds * RATE)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
    tail[: RATE // 200] = 0
    tail *= 0.12 / (np.sqrt((tail**2).sum()) + 1e-9)
    tail[0] = 1
    return signal.fftconvolve(samples, tail)[: len(samples)]


def noise_floor(n, rng):
    """Air and an appliance: noise that falls towards high frequencies, and a little mains hum."""
    hiss = signal.lfilter([1], [1, -0.95], rng.standard_normal(n))
    hum = sum(np.sin(2 * np.pi * 50 * k * np.arange(n) / RATE) / k for k in (1, 2, 3))
    hiss = hiss / np.sqrt((hiss**2).mean()) + 0.2 * hum / np.sqrt((hum**2).mean())
    return hiss / np.sqrt((hiss**2).mean())


def render(lines, speakers, rng, snr_db=40.0, reverberation=0.12, pauses=None):
    """lines [(speaker, gap s, text)] -> samples, segments (with the end of each character's sound, where it has one of
    its own). A negative gap starts before the line before has ended.
    `pauses` stretches the gaps until they are that share of the whole."""
    reader = voices.Reader()
    said = []
    for who, gap, text in lines:
        samples, phones, characters = voices.speak(reader.parameters(text), speakers[who], rng)
        sounding = [(a, b) for name, a, b in phones if name not in ("sil", "pau")]
        first, last = sounding[0][0], sounding[-1][1]
        ends = [None if c is None else c[1] - first for c in characters]
        said.append((who, gap, text, samples[int(first * RATE) : int(last * RATE) + RATE // 20], last - first, ends))
    stretch = 1.0
    if pauses is not None:
        spoken, silent = sum(each[4] for each in said), sum(max(0.0, each[1]) for each in said)
        stretch = spoken * pauses / (1 - pauses) / silent
    placed, at = [], 0.0
    for who, gap, text, samples, length, ends in said:
        start = max(0.3, at + (gap * stretch if gap > 0 else gap))
        placed.append((start, samples, who, text, length, ends))
        at = max(at, start + length)
    total = int((at + 1.0) * RATE)
    mix = np.zeros(total)
    levels = {who: 10 ** (rng.uniform(-4, 0) / 20) for who in range(len(speakers))}
    segments = []
    for start, samples, who, text, length, ends in placed:
        loud = samples / np.sqrt((samples**2).mean()) * levels[who]
        first = int(start * RATE)
        loud = loud[: total - first]
        mix[first : first + len(loud)] += loud
        segments.append({
            "start": round(start, 2), "end": round(start + length, 2), "speaker": f"S{who + 1}", "text": text,
            "ends": [None if end is None else round(start + end, 2) for end in ends],
        })  # fmt: skip
    mix = room(mix, rng, reverberation)
    mix += noise_floor(total, rng) * 10 ** (-snr_db / 20)
    return mix / np.abs(mix).max() * 0.7, segments


def write(directory, stem, samples, truth, kind="flac"):
    directory.mkdir(parents=True, exist_ok=True)
    whole = np.round(samples * 32767).astype(np.int16)
    if kind == "flac":
        # The lowest five bits are left out: 68 dB below full scale, and FLAC stores the rest in half the bytes.
        whole = (np.round(whole / 32) * 32).astype(np.int16)
    soundfile.write(directory / f"{stem}.{kind}", whole, RATE, compression_level=1.0 if kind == "flac" else None)
    rows = ",\n    ".join(json.dumps(segment, ensure_ascii=False) for segment in truth.pop("segments"))
    head = ",\n  ".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in truth.items())
    (directory / f"{stem}.json").write_text(f'{{\n  {head},\n  "segments": [\n    {rows}\n  ]\n}}\n')


def sample(directory):
    script = json.loads((texts.HERE / "sample_meeting.json").read_text())
    fields = ("formant", "pitch", "melody", "tempo", "breath", "tilt", "bend")
    speakers = [voices.Speaker(**{key: each[key] for key in fields}) for each in script["speakers"]]
    lines = [(line["speaker"], line["gap"], line["text"]) for line in script["lines"]]
    samples, segments = render(lines, speakers, np.random.default_rng(20261123), snr_db=50.0)
    segments = [{key: segment[key] for key in ("start", "end", "speaker", "text")} for segment in segments]
    people = [{"speaker": each["name"], "role": each["role"]} for each in script["speakers"]]
    write(directory, "meeting", samples, {"title": script["title"], "seconds": round(len(samples) / RATE, 2), "speakers": people, "segments": segments})


def apart(rng, count):
    """Voices that a listener would tell apart: spread over the range of tracts."""
    cuts = np.linspace(0.80, 1.12, count + 1)
    found = []
    for low, high in zip(cuts, cuts[1:]):
        while True:
            speaker = voices.random_speaker(rng)
            if low + 0.02 < speaker.formant < high - 0.02:
                found.append(speaker)
                break
    return [found[i] for i in rng.permutation(count)]


def random_meeting(directory, seed, seconds, snr_db, count=None, pauses=None):
    rng, choose = np.random.default_rng(seed), random.Random(f"bench/{seed}")
    count = count or choose.randint(2, 4)
    speakers = apart(rng, count)
    hospital = choose.random() < 0.25
    about = choose.sample(texts.WARD_TOPICS if hospital else texts.TOPICS, 3)
    lines, spent = [], 0.0

    def say(who, kind, topic=None, gap=None):
        nonlocal spent
        text = topic if kind == "fixed" else texts.draw(choose, "bench", kind, hospital, topic)
        gap = choose.uniform(0.3, 1.3) if gap is None else gap
        lines.append((who, gap, text))
        spent += gap + len(text) * 0.145

    say(0, "open")
    say(0, "open")
    item = 0
    while spent < seconds * 0.9:
        topic = about[item % len(about)]
        item += 1
        say(0, "next", topic, choose.choice([0.8, 2.5, 5.0]))
        reporter = choose.randrange(1, count)
        for _ in range(choose.randint(2, 4)):
            say(reporter, "report", topic)
        asker = choose.choice([who for who in range(count) if who != reporter])
        say(asker, "ask", topic)
        say(reporter, "answer", topic)
        if choose.random() < 0.7:
            say(asker, "fixed", choose.choice(texts.FIXED[:3] + ["なるほど。"]), choose.choice([-0.3, 0.2]))
        say(0, "decide", topic)
    say(0, "close")
    samples, segments = render(lines, speakers, rng, snr_db, choose.uniform(0.08, 0.3), pauses)
    truth = {"seed": seed, "snr_db": snr_db, "seconds": round(len(samples) / RATE, 2), "speakers": [s.as_dict() for s in speakers], "segments": segments}
    write(directory, f"meeting-{seed}", samples, truth, "wav")


def sentences(directory, seed, count, split, snr_db):
    """Sentences of a split with a second between them, each by another voice: what the recogniser can do when
    nothing depends on the turns of a meeting."""
    rng, choose = np.random.default_rng(seed), random.Random(f"{split}/{seed}")
    speakers = [voices.random_speaker(rng) for _ in range(count)]
    lines = [(who, 1.0, texts.draw(choose, split)) for who in range(count)]
    samples, segments = render(lines, speakers, rng, snr_db)
    truth = {"seed": seed, "snr_db": snr_db, "seconds": round(len(samples) / RATE, 2), "segments": segments}
    write(directory, f"sentences-{seed}", samples, truth, "wav")


def no_speech(kind, seconds, rng):
    """Sound in which nobody speaks."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    if kind == "silence":
        return np.zeros(n)
    if kind == "white":
        return rng.standard_normal(n) * 10 ** rng.uniform(-3.5, -0.8)
    if kind == "air":
        return noise_floor(n, rng) * 10 ** rng.uniform(-3, -1)
    if kind == "hold":
        # Two tones together, on and off, as a telephone waits.
        period, duty = rng.choice([1.0, 2.0, 3.0]), rng.uniform(0.3, 0.6)
        tones = sum(np.sin(2 * np.pi * f * t) for f in rng.choice([350, 400, 440, 480, 620, 1000], 2, replace=False))
        return tones * ((t % period) < period * duty) * rng.uniform(0.05, 0.3)
    if kind == "music":
        # Chords and a tune of harmonic tones with a plucked envelope.
        out = np.zeros(n)
        beat = rng.uniform(0.25, 0.6)
        root = rng.choice([196.0, 220.0, 261.6, 293.7])
        scale = [0, 2, 4, 5, 7, 9, 11, 12]
        for start in np.arange(0, seconds, beat):
            i = int(start * RATE)
            span = np.arange(min(int(beat * 2.5 * RATE), n - i)) / RATE
            notes = [root * 2 ** (rng.choice(scale) / 12)] + ([root / 2, root / 2 * 2 ** (4 / 12), root / 2 * 2 ** (7 / 12)] if int(start / beat) % 4 == 0 else [])
            for note in notes:
                for k in range(1, 6):
                    out[i : i + len(span)] += np.sin(2 * np.pi * note * k * span) / k**1.5 * np.exp(-span * (2 + k))
        return out / (np.abs(out).max() + 1e-9) * rng.uniform(0.1, 0.6)
    if kind == "knocks":
        out = noise_floor(n, rng) * 0.003
        for at in rng.integers(0, max(1, n - 4000), int(seconds * 1.5) + 1):
            out[at : at + 4000] += (rng.standard_normal(4000) * np.exp(-np.arange(4000) / rng.uniform(100, 900)))[: n - at] * rng.uniform(0.05, 0.5)
        return out
    raise ValueError(kind)


NO_SPEECH = ("silence", "white", "air", "hold", "music", "knocks")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["sample", "random", "sentences", "nospeech"])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--snr", type=float, default=30.0, help="dB; 40 clean, 20 normal, 10 noisy")
    parser.add_argument("--voices", type=int)
    parser.add_argument("--pauses", type=float, help="stretch the gaps of a random meeting to this share of it")
    parser.add_argument("--split", choices=["held", "bench"], default="held", help="of the sentences")
    parser.add_argument("--count", type=int, default=60, help="of the sentences")
    arguments = parser.parse_args()
    if arguments.what == "sample":
        sample(arguments.directory)
    elif arguments.what == "random":
        random_meeting(arguments.directory, arguments.seed, arguments.seconds, arguments.snr, arguments.voices, arguments.pauses)
    elif arguments.what == "sentences":
        sentences(arguments.directory, arguments.seed, arguments.count, arguments.split, arguments.snr)
    else:
        arguments.directory.mkdir(parents=True, exist_ok=True)
        for kind in NO_SPEECH:
            samples = no_speech(kind, 30.0, np.random.default_rng(arguments.seed)).clip(-1, 1)
            soundfile.write(arguments.directory / f"{kind}.wav", (samples * 32767).astype(np.int16), RATE)


if __name__ == "__main__":
    main()
