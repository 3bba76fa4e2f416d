"""Trains the bundled speech model on the shards of synthesise.py, on one CPU thread, and can be stopped at any second.

    nice -n 19 python train.py DATA_DIR RUN_DIR --budget 14400
    nice -n 19 python train.py DATA_DIR SECOND_RUN_DIR --from . --rate 3e-4 --budget 2400

The synthesiser knows what is spoken when, so beside the decoder's cross-entropy three things are taught: the phoneme
and the character of each encoder frame, and where some heads of the cross-attention look (guided attention, Tachibana
et al. 2018); these heads later give the times of words. `RUN_DIR/state.pt` is written every two minutes and taken up
again at the start; `curve.json` holds the held-out character error over CPU time. The weights that are measured and
exported are a running mean. Waits while the file --pause exists.

With --from a finished model goes on from its file and learns sound that breaks off: live captions hear a sentence
before it has ended, and a model that only ever heard whole ones makes up the rest.
"""

import argparse
import json
import os
import pathlib
import queue
import random
import re
import threading
import time

import numpy as np
import torch
import torch.nn.functional as F
import zstandard

import ggml
import meetings
import network as net
import texts

ALIGNED = [(0, 0), (-1, 0), (-1, 1)]  # (decoder layer, head) that are taught where to look
PHONES = "sil a i u e o N cl k ky g gy s sh z j t ty ts ch d dy n ny h hy f b by p py m my y r ry w v kw gw".split()
PHONE = {name: index for index, name in enumerate(PHONES)}


def phone_class(name):
    return PHONE.get("sil" if name == "pau" else name.lower() if name in "AIUEO" else name, -100)


class Shards:
    """Utterances on disk; new shards are found while the run goes on."""

    def __init__(self, directory, split):
        self.directory, self.split, self.samples, self.rows = directory, split, {}, []

    def look(self):
        for listed in sorted(self.directory.glob(f"{self.split}-*.json")):
            if listed in self.samples:
                continue
            self.samples[listed] = np.load(listed.with_suffix(".npy"), mmap_mode="r")
            self.rows += [(listed, row) for row in json.loads(listed.read_text()) if row["length"] < 14 * net.RATE]
        self.rows.sort(key=lambda item: item[1]["length"])

    def wave(self, item):
        listed, row = item
        return np.asarray(self.samples[listed][row["offset"] : row["offset"] + row["length"]], np.float32) / 32768


def broken(row, at):
    """The row of an utterance whose sound ends `at` seconds: what was said by then; None where that is not known."""
    times = row["characters"]
    spoken = [i for i, t in enumerate(times) if t and t[1] <= at + 0.03]
    if not spoken or len(times) != len(row["text"]):
        return None
    count = spoken[-1] + 1
    # An utterance ends with silence, as far as the timed tokens are concerned.
    phones = [[name, a, min(b, at)] for name, a, b in row["phones"] if a < at] + [["sil", at, at]]
    return row | {"text": row["text"][:count], "characters": times[:count], "phones": phones, "length": int(at * net.RATE)}


class Maker:
    """Batches: utterances of like length put together in windows, their tokens, and what is spoken in each frame."""

    def __init__(self, shards, vocabulary, seconds, seed):
        self.shards, self.vocabulary, self.seconds = shards, vocabulary, seconds
        self.choose, self.rng = random.Random(seed), np.random.default_rng(seed)
        self.longest, self.augment, self.breaks = 6.0, False, 0.0

    def window(self, limit):
        """-> samples, [(row, start s)] of at most `limit` seconds."""
        rows, choose = self.shards.rows, self.choose
        if choose.random() < 0.03:
            kind = choose.choice(meetings.NO_SPEECH)
            return meetings.no_speech(kind, choose.uniform(1.0, max(1.5, limit)), self.rng).clip(-1, 1).astype(np.float32), []
        parts, said, at = [], [], int(choose.uniform(0.0, 0.5) * net.RATE)
        parts.append(np.zeros(at, np.float32))
        while True:
            room = int(limit * net.RATE) - at
            last = np.searchsorted(self.lengths, room)
            if last == 0:
                break
            first = 0 if said else int(np.searchsorted(self.lengths, room * 0.55))
            item = rows[choose.randrange(first if first < last else 0, last)]
            wave = self.shards.wave(item)
            if choose.random() < self.breaks:
                row = broken(item[1], choose.uniform(0.3, item[1]["length"] / net.RATE))
                if row:
                    said.append((row, at / net.RATE))
                    parts.append(wave[: row["length"]])
                    break
            said.append((item[1], at / net.RATE))
            gap = np.zeros(int(choose.uniform(0.0, 1.8 if choose.random() < 0.15 else 0.5) * net.RATE), np.float32)
            parts += [wave, gap]
            at += len(wave) + len(gap)
            if choose.random() < 0.12:
                break
        samples = np.concatenate(parts)
        if self.augment:
            samples = self.roughen(samples)
        else:
            samples = samples + self.rng.standard_normal(len(samples), np.float32) * 10 ** choose.uniform(-5, -3)
        return samples, said

    def roughen(self, samples):
        """A room and noise, as in a meeting."""
        choose, rng = self.choose, self.rng
        if choose.random() < 0.5:
            samples = meetings.room(samples, rng, choose.uniform(0.05, 0.35)).astype(np.float32)
        level = np.sqrt((samples**2).mean()) + 1e-5
        noise = meetings.noise_floor(len(samples), rng) if choose.random() < 0.5 else rng.standard_normal(len(samples))
        return (samples + noise * level * 10 ** (-choose.uniform(8, 45) / 20)).astype(np.float32)

    def tokens(self, said):
        """-> input rows, target rows, and for each target the span in seconds in which it is spoken."""
        row, choose = self.vocabulary.row, self.choose
        prompt = []
        if choose.random() < 0.06:
            words = choose.sample(texts.TOPICS + texts.NAMES + texts.DEPARTMENTS, choose.randint(1, 8))
            prompt = [net.PREV] + [self.vocabulary.of[c] for c in "、".join(words)]
        timed = choose.random() < 0.3
        head = [net.SOT, net.JA, net.TRANSCRIBE] + ([] if timed else [net.NO_TIMES])
        if not said:
            silent = choose.random() < 0.75
            body = [net.NO_SPEECH if silent else net.TIMES if timed else net.EOT]
            if timed and not silent:
                body.append(net.EOT)
            spans = [None] * len(body)
        else:
            body, spans = [], []
            for utterance, start in said:
                edges = [a for _, a, _ in utterance["phones"][1:2]] + [b for _, _, b in utterance["phones"][-2:-1]]
                first, last = edges if len(edges) == 2 else (0.0, utterance["length"] / net.RATE)
                if timed:
                    body.append(net.TIMES + round((start + first) / net.FRAME))
                    spans.append(None)
                body += [self.vocabulary.of[c] for c in utterance["text"]]
                times = utterance["characters"] or [None] * len(utterance["text"])
                spans += [None if t is None else (start + t[0], start + t[1]) for t in times]
                if timed:
                    body.append(net.TIMES + round((start + last) / net.FRAME))
                    spans.append(None)
            body.append(net.EOT)
            spans.append(None)
        whole = prompt + head + body
        rows = [row[t] for t in whole]
        masked = len(prompt) + len(head) - 1
        targets = [-100] * masked + rows[masked + 1 :]
        if not said:
            targets[len(prompt)] = row[net.NO_SPEECH]
        return rows[:-1], targets, [None] * masked + spans

    def batch(self):
        self.lengths = np.array([row["length"] for _, row in self.shards.rows])
        limit = self.choose.triangular(2.0, self.longest, 5.0)
        count = max(2, int(self.seconds / (limit + 0.5)))
        made = [self.window(limit) for _ in range(count)]
        after = self.choose.choice([0.1, 0.3, 1.0, 1.4])
        longest = min(30 * net.RATE, max(len(samples) for samples, _ in made) + int(after * net.RATE))
        waves = np.zeros((count, -(-longest // 320) * 320), np.float32)
        frames = waves.shape[1] // 320
        phones, letters = np.zeros((count, frames), np.int64), np.full((count, frames), len(self.vocabulary.characters))
        sequences = [self.tokens(said) for _, said in made]
        width = max(len(rows) for rows, _, _ in sequences)
        inputs = np.full((count, width), self.vocabulary.row[net.EOT])
        targets = np.full((count, width), -100)
        looks = np.zeros((count, width, 2), np.int64)
        for i, ((samples, said), (rows, wanted, spans)) in enumerate(zip(made, sequences)):
            waves[i, : len(samples)] = samples
            inputs[i, : len(rows)], targets[i, : len(wanted)] = rows, wanted
            for j, span in enumerate(spans):
                if span:
                    looks[i, j] = max(0, round((span[0] - 0.04) / net.FRAME)), min(frames, round((span[1] + 0.04) / net.FRAME) + 1)
            for utterance, start in said:
                a, b = round(start / net.FRAME), round((start + utterance["length"] / net.RATE) / net.FRAME)
                if not utterance["phones"]:
                    phones[i, a:b] = letters[i, a:b] = -100
                    continue
                for name, first, last in utterance["phones"]:
                    phones[i, round((start + first) / net.FRAME) : round((start + last) / net.FRAME)] = phone_class(name)
                for c, times in zip(utterance["text"], utterance["characters"]):
                    if times and c not in "、。":
                        letters[i, round((start + times[0]) / net.FRAME) : round((start + times[1]) / net.FRAME)] = self.vocabulary.of[c]
        mel = net.log_mel(torch.from_numpy(waves))
        if self.augment:
            tone = F.interpolate(torch.randn(count, 1, 6) * 0.1, size=net.MELS, mode="linear", align_corners=True)
            mel = mel + tone.transpose(1, 2) * (torch.rand(count, 1, 1) < 0.6)
        return mel, *(torch.from_numpy(x) for x in (inputs, targets, looks, phones, letters))


def losses(model, batch, apart):
    """-> cross-entropy of the decoder, of the phonemes, of the characters by frame, and of the guided attention.

    `apart`: the heads beside the decoder do not move the encoder (they are new, it is not)."""
    mel, inputs, targets, looks, phones, letters = batch
    with torch.autocast("cpu", torch.bfloat16, enabled=net.HALF):
        heard = model.encoder(mel)
        logits, attentions = model.decoder(inputs, heard)
        beside = heard.detach() if apart else heard
        by_phone, by_letter = model.phone_head(beside), model.character_head(beside)
    said = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100, label_smoothing=0.02)
    phone = F.cross_entropy(by_phone.float().flatten(0, 1), phones.flatten(), ignore_index=-100)
    letter = F.cross_entropy(by_letter.float().flatten(0, 1), letters.flatten(), ignore_index=-100)
    known = looks[..., 1] > looks[..., 0]
    frame = torch.arange(heard.shape[1])
    inside = (frame >= looks[..., :1]) & (frame < looks[..., 1:])
    guide = 0.0
    for layer, head in ALIGNED:
        mass = (attentions[layer][:, head].float() * inside).sum(-1)[known]
        guide = guide - (mass + 1e-3).log().mean() / len(ALIGNED)
    return said, phone, letter, guide


def plain(text):
    return re.sub(r"[、。\s]", "", text)


def measure(model, vocabulary, held, count=80, breaks=False):
    """Character error over held-out sentences said by voices of their own, whole or broken off; a few examples."""
    rows = held.rows[:: max(1, len(held.rows) // count)][:count]
    said, choose = [(item[1], held.wave(item)) for item in rows], random.Random(0)
    if breaks:
        ends = [broken(row, choose.uniform(0.3, row["length"] / net.RATE)) for row, _ in said]
        said = [(row, wave[: row["length"]]) for row, (_, wave) in zip(ends, said) if row]
    wrong = total = 0
    examples = []
    for first in range(0, len(said), 20):
        part = said[first : first + 20]
        for (row, _), heard in zip(part, net.transcribe(model, vocabulary, [wave for _, wave in part])):
            wanted = plain(row["text"])
            wrong, total = wrong + net.edits(plain(heard), wanted), total + len(wanted)
            examples.append((wanted, plain(heard)))
    return wrong / total, examples[7::25]


def build(vocabulary, shape):
    return net.Whisper(*shape, len(vocabulary.ids), len(PHONES), len(vocabulary.characters) + 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--from", dest="model", type=pathlib.Path, help="directory of a finished model that learns sound that breaks off")
    parser.add_argument("--shape", type=int, nargs=3, default=[256, 4, 2], help="width, encoder and decoder layers")
    parser.add_argument("--budget", type=float, default=14_400, help="CPU seconds after which the learning rate has fallen to nothing")
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--seconds", type=float, default=48, help="of sound in a batch")
    parser.add_argument("--measure-every", type=float, default=300, help="CPU seconds")
    parser.add_argument("--pause", type=pathlib.Path, help="wait while this file exists")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.run.mkdir(parents=True, exist_ok=True)
    state_path = arguments.run / "state.pt"
    state = torch.load(state_path, weights_only=False) if state_path.exists() else None
    vocabulary = net.Vocabulary(state["characters"] if state else texts.characters())
    torch.manual_seed(state["step"] if state else 0)
    model = build(vocabulary, state["shape"] if state else tuple(arguments.shape))
    mean = build(vocabulary, model.shape)
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, betas=(0.9, 0.98), weight_decay=0.01)
    step, spent, curve = 0, 0.0, []
    if arguments.model and not state:
        file = zstandard.ZstdDecompressor().decompress((arguments.model / "model.bin.zst").read_bytes())
        model.load_state_dict(ggml.read(file, vocabulary), strict=False)
        model.hold_reserved()
        curve = json.loads((arguments.model / "curve.json").read_text())
    if state:
        model.load_state_dict(state["model"])
        mean.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent, curve = state["step"], state["spent"], state["curve"]
    else:
        mean.load_state_dict(model.state_dict())
    train, held = Shards(arguments.data, "train"), Shards(arguments.data, "held")
    train.look()
    held.look()
    maker = Maker(train, vocabulary, arguments.seconds, seed=step + 1)
    ready = queue.Queue(3)

    def make():
        while True:
            ready.put(maker.batch())

    def save():
        kept = {"model": model.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
        kept |= {"step": step, "spent": spent, "curve": curve, "characters": vocabulary.characters, "shape": model.shape}
        torch.save(kept, state_path.with_suffix(".part"))
        os.replace(state_path.with_suffix(".part"), state_path)

    threading.Thread(target=make, daemon=True).start()
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {len(train.rows)} utterances, from step {step}", flush=True)
    sums, clock, saved, measured, heard = np.zeros(4), time.process_time(), time.time(), spent, 0.0
    while spent < arguments.budget:
        while arguments.pause and arguments.pause.exists():
            time.sleep(1)
        # Short windows first, then the lengths of the product's windows; noise and rooms once it reads clean speech.
        share = spent / arguments.budget
        if arguments.model:
            maker.longest, maker.augment, maker.breaks = 12.0, step % 2 == 0, 0.35
            falling = max(0.02, 1 - share)
        else:
            maker.longest = 6.0 if share < 0.1 else 10.0 if share < 0.3 else 29.0
            maker.augment = share > 0.5 and step % 2 == 0
            falling = min(1.0, max(0.02, (1 - share) / 0.5))
        for group in optimiser.param_groups:
            group["lr"] = arguments.rate * min(1, (step + 1) / 300) * falling
        batch = ready.get()
        said, phone, letter, guide = losses(model, batch, apart=arguments.model and step < 300)
        early = share < 0.5 and not arguments.model
        (said + (0.5 if early else 0.2) * phone + (0.5 if early else 0.2) * letter + (0.3 if early else 0.15) * guide).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        model.hold_reserved()
        step += 1
        heard += batch[0].shape[0] * batch[0].shape[2] / 100
        sums += [x.item() for x in (said, phone, letter, guide)]
        now = time.process_time()
        spent, clock = spent + now - clock, now
        if step % 5 == 0:
            with torch.no_grad():
                kept = min(0.99, (step / 5 + 1) / (step / 5 + 30))
                for a, b in zip(mean.parameters(), model.parameters()):
                    a.lerp_(b, 1 - kept)
        if step % 100 == 0:
            train.look()
            print(f"step {step} cpu {spent:.0f} heard {heard / 3600:.1f} h: said, phone, letter, guide {np.round(sums / 100, 3)}", flush=True)
            sums[:] = 0
        if time.time() - saved > 120:
            save()
            saved = time.time()
        if spent - measured > arguments.measure_every or spent >= arguments.budget:
            measured = spent
            error, examples = measure(mean, vocabulary, held)
            curve.append({"step": step, "cpu_s": round(spent), "held_out_cer": round(error, 4)})
            if arguments.model:
                error, more = measure(mean, vocabulary, held, breaks=True)
                curve[-1]["broken_off_cer"] = round(error, 4)
                examples += more
            (arguments.run / "curve.json").write_text(json.dumps(curve, indent=1) + "\n")
            print("held out", curve[-1], *examples, sep="\n  ", flush=True)
            clock = time.process_time()
            save()
    save()


if __name__ == "__main__":
    main()
