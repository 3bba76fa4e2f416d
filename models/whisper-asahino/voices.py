"""Synthetic speakers: text -> phonemes with times (OpenJTalk's front end and the durations of its HMM voice) ->
parameters (libHTSEngine) -> 16 kHz samples by a vocoder of our own, in which pitch, vocal-tract length, tempo,
breathiness and tilt are free. No recording of any person is used beyond the HMM voice inside the pinned wheel.

One parameter generation serves several speakers, and the vocoder is an order of magnitude faster than the MLSA
filter at 48 kHz that comes with the voice. Everything is decided by the seed handed in.
"""

import ctypes
import ctypes.util
import dataclasses
import re
import subprocess

import numpy as np
import pyopenjtalk
from scipy import fft, signal

RATE = 16_000
HOP = 80  # samples: the voice's frames are 5 ms apart
FFT = 512
VOICE_RATE = 48_000
ALPHA = 0.55  # frequency warping of the voice's mel-cepstrum

# Offsets in HTS_Engine (HTS_engine.h 1.10, LP64): PStreamSet follows condition, audio, model set, label and states.
PSTREAM_SET = 136 + 40 + 120 + 16 + 48
PSTREAM_SIZE, PAR, MSD = 144, 24, 104


@dataclasses.dataclass(frozen=True)
class Speaker:
    """A voice: everything that stays the same from sentence to sentence."""

    formant: float  # vocal-tract scale; below 1 a longer tract, deeper resonances
    pitch: float  # Hz, mean
    melody: float  # 1 = the voice's own pitch range
    tempo: float  # 1 = the voice's own speed; above 1 faster
    breath: float  # 0..1 share of noise added to voiced sound
    tilt: float  # dB per octave above 500 Hz
    bend: float  # change of the warping constant: another spacing of the formants
    espeak: str = ""  # a variant of the formant synthesiser instead, "+m3"

    def as_dict(self):
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in dataclasses.asdict(self).items()}


def random_speaker(rng):
    """Men, women and old or young between; pitch follows the tract's length loosely, as in people."""
    formant = float(rng.uniform(0.80, 1.12))
    centre = 100 + (formant - 0.80) / 0.32 * 145
    return Speaker(
        formant=formant,
        pitch=float(np.clip(centre * np.exp(rng.normal(0, 0.13)), 75, 300)),
        melody=float(rng.uniform(0.5, 1.4)),
        tempo=float(rng.uniform(0.88, 1.30)),
        breath=float(rng.uniform(0, 0.5) ** 2),
        tilt=float(rng.uniform(-3.0, 2.0)),
        bend=float(rng.uniform(-0.03, 0.03)),
    )


class Reader:
    """Text -> phonemes and which characters they belong to; phonemes -> parameters and times."""

    def __init__(self):
        self.lib = ctypes.CDLL(ctypes.util.find_library("HTSEngine") or "libHTSEngine.so.1")
        self.engine = ctypes.create_string_buffer(8192)
        self.lib.HTS_Engine_initialize(self.engine)
        voices = (ctypes.c_char_p * 1)(pyopenjtalk.DEFAULT_HTS_VOICE)
        self.lib.HTS_Engine_load.restype = ctypes.c_char
        if self.lib.HTS_Engine_load(self.engine, voices, ctypes.c_size_t(1)) == b"\0":
            raise RuntimeError("the HMM voice does not load")
        for name in ("HTS_Engine_get_total_state", "HTS_Engine_get_nstate", "HTS_Engine_get_state_duration"):
            getattr(self.lib, name).restype = ctypes.c_size_t
        for name in ("HTS_Engine_generate_state_sequence_from_strings", "HTS_Engine_generate_parameter_sequence"):
            getattr(self.lib, name).restype = ctypes.c_char

    def _stream(self, index, frames, width):
        base = ctypes.addressof(self.engine) + PSTREAM_SET
        streams = ctypes.c_void_p.from_address(base).value
        at = streams + index * PSTREAM_SIZE
        length = ctypes.c_size_t.from_address(at + 8).value
        rows = ctypes.cast(ctypes.c_void_p.from_address(at + PAR).value, ctypes.POINTER(ctypes.POINTER(ctypes.c_double)))
        values = np.array([np.ctypeslib.as_array(rows[row], shape=(width,)) for row in range(length)]).reshape(length, width)
        flags_at = ctypes.c_void_p.from_address(at + MSD).value
        flags = np.frombuffer(ctypes.string_at(flags_at, frames), np.uint8) != 0 if flags_at else None
        return values, flags

    def parameters(self, text):
        """-> dict of frames: mcep (n, 35), lf0 (n,) with NaN where unvoiced, lpf (n, 31), phones [(name, first, last)]."""
        words = pyopenjtalk.run_frontend(text)
        labels = pyopenjtalk.make_label(words)
        lines = (ctypes.c_char_p * len(labels))(*[line.encode() for line in labels])
        engine, lib = self.engine, self.lib
        try:
            if lib.HTS_Engine_generate_state_sequence_from_strings(engine, lines, ctypes.c_size_t(len(labels))) == b"\0":
                raise RuntimeError("no state sequence")
            if lib.HTS_Engine_generate_parameter_sequence(engine) == b"\0":
                raise RuntimeError("no parameters")
            frames = ctypes.c_size_t.from_address(ctypes.addressof(engine) + PSTREAM_SET + 16).value
            states = lib.HTS_Engine_get_nstate(engine)
            lasts = np.cumsum([lib.HTS_Engine_get_state_duration(engine, ctypes.c_size_t(i)) for i in range(lib.HTS_Engine_get_total_state(engine))])
            mcep, _ = self._stream(0, frames, 35)
            voiced, flags = self._stream(1, frames, 1)
            lpf, _ = self._stream(2, frames, 31)
        finally:
            lib.HTS_Engine_refresh(engine)
        lf0 = np.full(frames, np.nan)
        lf0[flags] = voiced[:, 0]
        names = [re.search(r"-(.+?)\+", line).group(1) for line in labels]
        ends = lasts[states - 1 :: states]
        starts = np.concatenate([[0], ends[:-1]])
        phones = [(name, int(a), int(b)) for name, a, b in zip(names, starts, ends)]
        return {"mcep": mcep, "lf0": lf0, "lpf": lpf, "phones": phones, "owners": owners(text, words, names)}


SMALL = {ord(a): b for a, b in zip("０１２３４５６７８９", "0123456789")}
DIGITS = dict(zip("一二三四五六七八九〇零", "12345678900"))


def owners(text, words, names):
    """For each character of the text the span [first, last) of phonemes that say it, None where none does.

    The front end rewrites numbers (12 -> 十 二), so its words are laid over the text again: a word whose string is
    found next in the text keeps its characters; runs that are not found share what lies between two that are.
    Inside a word characters share the phonemes evenly.
    """
    mapped = [(w["surface"].translate(SMALL), w["phonemes"]) for w in pyopenjtalk.make_phoneme_mapping(words)]
    spans, phone = [], 0
    while phone < len(names) and names[phone] == "sil":
        phone += 1
    for surface, phonemes in mapped:
        count = 0
        for wanted in phonemes:
            if phone + count < len(names) and names[phone + count] == wanted:
                count += 1
        spans.append((surface, phone, phone + count))
        phone += count
    groups, at, loose = [], 0, []  # (text first, text last, phone first, phone last)
    for surface, first, last in spans:
        found = text.find(surface, at, at + len(surface) + 14) if not re.fullmatch("[一二三四五六七八九十百千〇]+", surface) or (not loose and text.startswith(surface, at)) else -1
        if found < 0 or (found > at and not loose and re.search(r"[^0-9,.]", text[at:found])):
            loose.append((first, last))
            continue
        if loose:
            groups.append((at, found, loose[0][0], loose[-1][1]))
            loose = []
        groups.append((found, found + len(surface), first, last))
        at = found + len(surface)
    if loose:
        groups.append((at, len(text), loose[0][0], loose[-1][1]))
    result = [None] * len(text)
    for first, last, p0, p1 in groups:
        n = last - first
        for i in range(n):
            a, b = p0 + (p1 - p0) * i / n, p0 + (p1 - p0) * (i + 1) / n
            if p1 > p0:
                result[first + i] = (a, b)
    return result


def speak(parameters, speaker, rng):
    """-> (samples float32 at 16 kHz, peak about 1; times of the phonemes [(name, start s, end s)]; times of the characters)."""
    mcep, lf0, lpf, phones = (parameters[key] for key in ("mcep", "lf0", "lpf", "phones"))
    n = len(mcep)
    # Tempo: a slow random walk around the speaker's own, so that no two readings are alike.
    knots = speaker.tempo * np.exp(rng.normal(0, 0.07, max(2, n // 80 + 2)))
    pace = np.interp(np.arange(n), np.linspace(0, n, len(knots)), knots)
    warped = np.concatenate([[0], np.cumsum(1 / pace)])  # old frame -> new frame
    m = int(warped[-1])
    old = np.interp(np.arange(m), warped, np.arange(n + 1)).clip(0, n - 1)
    low, part = old.astype(int), (old % 1)[:, None]
    high = np.minimum(low + 1, n - 1)
    cep = mcep[low] * (1 - part) + mcep[high] * part
    passing = lpf[low]
    voiced = ~np.isnan(lf0)
    filled = np.interp(np.arange(n), np.flatnonzero(voiced), lf0[voiced]) if voiced.any() else np.full(n, np.log(speaker.pitch))
    mean = filled[voiced].mean() if voiced.any() else np.log(speaker.pitch)
    pitch = np.exp(np.log(speaker.pitch) + rng.normal(0, 0.02) + speaker.melody * (filled[low] - mean))
    sounding = voiced[low]

    grid = np.arange(FFT // 2 + 1) / FFT * RATE / speaker.formant
    omega = np.minimum(grid / (VOICE_RATE / 2), 1) * np.pi
    alpha = ALPHA + speaker.bend
    bent = omega + 2 * np.arctan(alpha * np.sin(omega) / (1 - alpha * np.cos(omega)))
    basis = np.exp(-1j * np.outer(np.arange(cep.shape[1]), bent)).astype(np.complex64)
    response = np.exp(cep.astype(np.float32) @ basis)
    octaves = np.log2(np.maximum(np.arange(FFT // 2 + 1) / FFT * RATE, 500) / 500)
    response *= (10 ** (speaker.tilt * octaves / 20)).astype(np.float32)
    true = np.arange(FFT // 2 + 1) / FFT * RATE / (VOICE_RATE / 2) * np.pi
    # The filter is symmetric, so its response is real.
    pulse_share = np.abs(passing.astype(np.float32) @ np.cos(np.outer(np.arange(31) - 15, true)).astype(np.float32)).clip(0, 1) * np.float32(1 - speaker.breath)

    out = np.zeros(m * HOP + FFT + HOP, np.float32)
    # Noise, everywhere; in voiced sound only what the voice leaves to it.
    noise = rng.standard_normal(m * HOP + 2 * HOP, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(noise, 2 * HOP)[: m * HOP : HOP] * np.hanning(2 * HOP + 1)[:-1].astype(np.float32)
    share = np.where(sounding[:, None], 1 - pulse_share, np.float32(1))
    hiss = fft.irfft(fft.rfft(frames, FFT) * response * share, FFT)
    for k in range(m):
        out[k * HOP : k * HOP + FFT] += hiss[k]
    # Pulses at the pitch's own instants, placed between samples by phase.
    phase = np.cumsum(np.repeat(pitch, HOP) / RATE)
    at = np.flatnonzero(np.diff(np.floor(phase))) + 1
    at = at[sounding[at // HOP]]
    if len(at):
        k = at // HOP
        late = (phase[at] % 1) / (pitch[k] / RATE)
        shift = np.exp(1j * np.outer(late, 2 * np.pi * np.arange(FFT // 2 + 1) / FFT).astype(np.float32))
        grains = fft.irfft(response[k] * pulse_share[k] * shift, FFT) * np.sqrt(RATE / pitch[k]).astype(np.float32)[:, None]
        for position, grain in zip(at, grains):
            out[position + HOP : position + HOP + FFT] += grain
    out = out[: m * HOP]
    out = signal.sosfilt(signal.butter(2, 60, "highpass", fs=RATE, output="sos"), out)
    out = (out / (np.abs(out).max() + 1e-9)).astype(np.float32)

    def second(frame):
        return float(np.interp(frame, np.arange(n + 1), warped) * HOP / RATE)

    phone_times = [(name, second(a), second(b)) for name, a, b in phones]
    edges = np.array([a for _, a, _ in phones] + [phones[-1][2]], float)

    def edge(position):
        return second(np.interp(position, np.arange(len(edges)), edges))

    characters = [None if owner is None else (edge(owner[0]), edge(owner[1])) for owner in parameters["owners"]]
    return out, phone_times, characters


def espeak(kana, speaker, rng):
    """The formant synthesiser, fed kana: another way of sounding, without times."""
    command = ["espeak-ng", "-v", "ja" + speaker.espeak, "-p", str(int(rng.integers(20, 80))), "-s", str(int(rng.integers(130, 190))), "--stdout", kana]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    samples = np.frombuffer(raw[44 : 44 + (len(raw) - 44) // 2 * 2], np.int16).astype(np.float64)
    samples = signal.resample_poly(samples, 320, 441)
    return (samples / (np.abs(samples).max() + 1e-9)).astype(np.float32)
