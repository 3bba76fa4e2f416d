"""The same random weights in the true shape of a Whisper model for all systems: a whisper.cpp file and a CTranslate2
model in int8.

    python random_model.py ORDER.json    {"shape": "small", "tokens": 24, "ggml": PATH or null, "ctranslate2": DIR or null}

Random weights never decide to stop, and what they write would differ from kernel to kernel. So the decoder's positional
embedding is made to outweigh everything else: its row for the position that predicts the n-th token of a window points
at the n-th word of a fixed text, every later row at the end-of-text token. Every system then writes the same `tokens`
tokens for every window that it hears, with full confidence, at the true cost of encoding and decoding.
"""

import json
import os
import pathlib
import struct
import sys
import zlib

import numpy as np

# Width, encoder layers, decoder layers, mel bands, slots of the vocabulary, whisper.cpp's preset of alignment heads.
SHAPES = {
    "tiny": (384, 4, 4, 80, 51_865),
    "small": (768, 12, 12, 80, 51_865),
    "large-v3-turbo": (1280, 32, 4, 128, 51_866),
}
AUDIO_CONTEXT, TEXT_CONTEXT, HEAD, BINS = 1_500, 448, 64, 201
TEXT_SLOTS, END_OF_TEXT, FIRST_WORD = 50_257, 50_257, 100
# start of transcript, language, task, no timestamps: the position of the last one predicts the first token.
PROMPT = 4
SPREAD = 0.02
MAGIC, F32, F16, Q8_0, FILE_Q8_0 = 0x67676D6C, 0, 1, 8, 2007
LANGUAGES = "en zh de es ru ko fr ja".split()


class Weights:
    """Tensors by name, made when asked for: the same for every file, and never all in memory."""

    def __init__(self, shape, tokens):
        self.width, self.encoder_layers, self.decoder_layers, self.mels, self.slots = SHAPES[shape]
        self.tokens = tokens

    def random(self, name, *shape):
        rng = np.random.default_rng([16, zlib.crc32(name.encode())])
        return rng.standard_normal(shape, dtype=np.float32) * SPREAD

    def tensor(self, name, *shape):
        if name.endswith(("ln.weight", "ln_post.weight")):
            return np.ones(shape, np.float32)
        if name.endswith("bias"):
            return np.zeros(shape, np.float32)
        if name == "decoder.positional_embedding":
            return self.positions()
        return self.random(name, *shape)

    def positions(self):
        words = self.random("decoder.token_embedding.weight", self.slots, self.width)
        place = np.arange(TEXT_CONTEXT) - (PROMPT - 1)
        targets = np.where(place < self.tokens, FIRST_WORD + np.maximum(place, 0), END_OF_TEXT)
        rows = words[targets]
        # A thousand times the length of a token's own embedding: what layers add turns it by a few degrees only.
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True) * np.sqrt(self.width) * 20).astype(np.float32)

    def attention(self, name):
        for part in ("query", "key", "value", "out"):
            yield f"{name}.{part}.weight", (self.width, self.width)
            if part != "key":
                yield f"{name}.{part}.bias", (self.width,)
        yield from self.norm(f"{name}_ln")

    def norm(self, name):
        yield f"{name}.weight", (self.width,)
        yield f"{name}.bias", (self.width,)

    def block(self, name, with_cross):
        yield from self.attention(f"{name}.attn")
        if with_cross:
            yield from self.attention(f"{name}.cross_attn")
        yield f"{name}.mlp.0.weight", (4 * self.width, self.width)
        yield f"{name}.mlp.0.bias", (4 * self.width,)
        yield f"{name}.mlp.2.weight", (self.width, 4 * self.width)
        yield f"{name}.mlp.2.bias", (self.width,)
        yield from self.norm(f"{name}.mlp_ln")

    def names(self):
        yield "encoder.positional_embedding", (AUDIO_CONTEXT, self.width)
        yield "encoder.conv1.weight", (self.width, self.mels, 3)
        yield "encoder.conv1.bias", (self.width, 1)
        yield "encoder.conv2.weight", (self.width, self.width, 3)
        yield "encoder.conv2.bias", (self.width, 1)
        for layer in range(self.encoder_layers):
            yield from self.block(f"encoder.blocks.{layer}", False)
        yield from self.norm("encoder.ln_post")
        yield "decoder.positional_embedding", (TEXT_CONTEXT, self.width)
        yield "decoder.token_embedding.weight", (self.slots, self.width)
        for layer in range(self.decoder_layers):
            yield from self.block(f"decoder.blocks.{layer}", True)
        yield from self.norm("decoder.ln")


def word(slot):
    """The text of a token: " ", kanji, each other than all before, and at last "", by which CTranslate2 tells a
    multilingual vocabulary."""
    if slot == 0:
        return " "
    if slot == TEXT_SLOTS - 1:
        return ""
    again, kanji = divmod(slot, 20_000)
    return chr(0x4E00 + kanji) + (str(again) if again else "")


def q8_0(values):
    """Blocks of 32: one half-precision scale and 32 signed bytes."""
    blocks = values.reshape(-1, 32)
    scales = (np.abs(blocks).max(1) / 127).astype("<f2")
    packed = np.empty(len(blocks), dtype=[("scale", "<f2"), ("values", "i1", 32)])
    packed["scale"] = scales
    packed["values"] = np.round(blocks / np.maximum(scales.astype(np.float32), 1e-9)[:, None]).clip(-127, 127)
    return packed.tobytes()


def write_ggml(weights, path):
    aside = path.with_suffix(".part")
    heads = weights.width // HEAD
    with aside.open("wb") as file:

        def ints(*values):
            file.write(struct.pack(f"<{len(values)}i", *values))

        ints(MAGIC, weights.slots, AUDIO_CONTEXT, weights.width, heads, weights.encoder_layers)
        ints(TEXT_CONTEXT, weights.width, heads, weights.decoder_layers, weights.mels, FILE_Q8_0)
        ints(weights.mels, BINS)
        bank = np.zeros((weights.mels, BINS), "<f4")
        bank[np.arange(BINS - 1) * weights.mels // (BINS - 1), np.arange(BINS - 1)] = 0.02
        file.write(bank.tobytes())
        ints(TEXT_SLOTS)
        for slot in range(TEXT_SLOTS):
            text = word(slot).encode()
            ints(len(text))
            file.write(text)
        for name, shape in weights.names():
            values = weights.tensor(name, *shape)
            matrix = values.ndim >= 2 and "positional" not in name and not name.endswith("bias")
            kind = F32 if not matrix else Q8_0 if values.ndim == 2 else F16
            ints(values.ndim, len(name), kind)
            ints(*values.shape[::-1])
            file.write(name.encode())
            file.write(q8_0(values) if kind == Q8_0 else values.astype("<f2" if kind == F16 else "<f4").tobytes())
    os.replace(aside, path)


def special_tokens(slots):
    """The names of the slots after the text, in their order; 51,865 slots have 99 languages, 51,866 have 100."""
    languages = [LANGUAGES[n] if n < len(LANGUAGES) else f"language{n}" for n in range(slots - 51_766)]
    names = ["endoftext", "startoftranscript", *languages]
    names += ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    names += [f"{n * 0.02:.2f}" for n in range(slots - TEXT_SLOTS - len(names))]
    return [f"<|{name}|>" for name in names]


def write_ctranslate2(weights, directory):
    import ctranslate2
    import tokenizers

    heads = weights.width // HEAD
    shapes = dict(weights.names())
    spec = ctranslate2.specs.WhisperSpec(weights.encoder_layers, heads, weights.decoder_layers, heads)

    def tensor(name):
        values = weights.tensor(name, *shapes[name])
        return values.reshape(-1) if name.endswith("bias") else values

    def take(target, name):
        target.weight, target.bias = tensor(f"{name}.weight"), tensor(f"{name}.bias")

    def norm(target, name):
        target.gamma, target.beta = tensor(f"{name}.weight"), tensor(f"{name}.bias")

    def fused(target, name, parts):
        target.weight = np.concatenate([tensor(f"{name}.{part}.weight") for part in parts])
        target.bias = np.zeros(len(target.weight), np.float32)

    def attention(target, name, parts):
        for linear, fuse in zip(target.linear, parts):
            fused(linear, name, fuse)
        take(target.linear[-1], f"{name}.out")
        norm(target.layer_norm, f"{name}_ln")

    def block(target, name, with_cross):
        attention(target.self_attention, f"{name}.attn", [("query", "key", "value")])
        if with_cross:
            attention(target.attention, f"{name}.cross_attn", [("query",), ("key", "value")])
        take(target.ffn.linear_0, f"{name}.mlp.0")
        take(target.ffn.linear_1, f"{name}.mlp.2")
        norm(target.ffn.layer_norm, f"{name}.mlp_ln")

    take(spec.encoder.conv1, "encoder.conv1")
    take(spec.encoder.conv2, "encoder.conv2")
    spec.encoder.position_encodings.encodings = tensor("encoder.positional_embedding")
    norm(spec.encoder.layer_norm, "encoder.ln_post")
    for layer, target in enumerate(spec.encoder.layer):
        block(target, f"encoder.blocks.{layer}", False)
    spec.decoder.position_encodings.encodings = tensor("decoder.positional_embedding")
    spec.decoder.embeddings.weight = tensor("decoder.token_embedding.weight")
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    norm(spec.decoder.layer_norm, "decoder.ln")
    for layer, target in enumerate(spec.decoder.layer):
        block(target, f"decoder.blocks.{layer}", True)
    vocabulary = [word(slot) for slot in range(TEXT_SLOTS)] + special_tokens(weights.slots)
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = list(range(END_OF_TEXT + 2, END_OF_TEXT + 2 + weights.slots - 51_766))
    spec.config.alignment_heads = [[weights.decoder_layers - 1, 0]]
    spec.validate()
    spec.optimize(quantization="int8")
    directory.mkdir(parents=True, exist_ok=True)
    spec.save(str(directory))
    names = {text: slot for slot, text in enumerate(vocabulary)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=names, merges=[], unk_token=" "))
    tokenizer.decoder = tokenizers.decoders.Fuse()
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "preprocessor_config.json").write_text(json.dumps({"feature_size": weights.mels}))


def main():
    order = json.loads(pathlib.Path(sys.argv[1]).read_text())
    weights = Weights(order["shape"], order["tokens"])
    if order["ggml"]:
        write_ggml(weights, pathlib.Path(order["ggml"]))
    if order["ctranslate2"]:
        write_ctranslate2(weights, pathlib.Path(order["ctranslate2"]))


main()
