"""The network of Whisper (Radford et al. 2022) with names as in its published weights, the log-mel it reads, and its
vocabulary: one token a character in the 50,257 text slots, the special tokens at the places whisper.cpp expects.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RATE, HOP, WINDOW, MELS = 16_000, 160, 400, 80
FRAME = 0.02  # seconds an encoder position stands for
AUDIO_CONTEXT, TEXT_CONTEXT, HEAD = 1500, 448, 64
TEXT_SLOTS, SLOTS = 50_257, 51_865
EOT, SOT, JA, TRANSCRIBE, PREV, NO_SPEECH, NO_TIMES, TIMES = 50_257, 50_258, 50_266, 50_359, 50_361, 50_362, 50_363, 50_364
TIME_TOKENS = 1501
# The last dimension of the decoder's output is a constant; rows of tokens that are never said are -100 there.
RESERVED = 4.0


def mel_filters():
    """(80, 201): triangles on Slaney's mel scale, each of equal area."""

    def mel(hz):
        return np.where(hz < 1000, hz * 3 / 200, 15 + np.log(np.maximum(hz, 1e-9) / 1000) / (np.log(6.4) / 27))

    def hertz(m):
        return np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))

    edges = hertz(np.linspace(mel(np.array(0.0)), mel(np.array(RATE / 2)), MELS + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return (np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


# bf16 pays only where the processor multiplies tiles of it (AMX): elsewhere it is 3.5 times slower than f32.
HALF = torch.cpu._is_amx_tile_supported()
FILTERS, HANN = torch.from_numpy(mel_filters()), torch.hann_window(WINDOW)


def log_mel(samples):
    """(B, n) -> (B, 80, n / 160): power, log10, at most 8 decades below the loudest, about -1..1."""
    power = torch.stft(samples, WINDOW, HOP, window=HANN, return_complex=True)[..., :-1].abs() ** 2
    mel = torch.clamp(FILTERS @ power, min=1e-10).log10()
    return (torch.maximum(mel, mel.amax((1, 2), keepdim=True) - 8) + 4) / 4


class Vocabulary:
    """Only the tokens in use have rows while training; `ids[row]` is the slot of a row in the file."""

    def __init__(self, characters):
        self.characters = [" "] + [c for c in characters if c != " "]
        special = [EOT, SOT, JA, TRANSCRIBE, PREV, NO_SPEECH, NO_TIMES]
        self.ids = list(range(len(self.characters))) + special + [TIMES + i for i in range(TIME_TOKENS)]
        self.row = {token: row for row, token in enumerate(self.ids)}
        self.of = {c: row for row, c in enumerate(self.characters)}

    def text(self, rows):
        return "".join(self.characters[row] for row in rows if row < len(self.characters))


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x, over=None, causal=False):
        source = x if over is None else over
        batch, length, width = x.shape

        def heads(y):
            return y.view(batch, y.shape[1], -1, HEAD).transpose(1, 2)

        scores = (heads(self.query(x)) * HEAD**-0.5) @ heads(self.key(source)).transpose(2, 3)
        if causal:
            scores = scores + torch.full((length, length), -1e4, dtype=scores.dtype).triu(1)
        weights = scores.softmax(-1)
        mixed = weights.to(scores.dtype) @ heads(self.value(source))
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width)), weights


class Block(nn.Module):
    def __init__(self, width, decoder):
        super().__init__()
        self.attn, self.attn_ln = Attention(width), nn.LayerNorm(width)
        if decoder:
            self.cross_attn, self.cross_attn_ln = Attention(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x, over=None):
        x = x + self.attn(self.attn_ln(x), causal=over is not None)[0]
        weights = None
        if over is not None:
            step, weights = self.cross_attn(self.cross_attn_ln(x), over)
            x = x + step
        return x + self.mlp(self.mlp_ln(x)), weights


class Encoder(nn.Module):
    def __init__(self, width, layers):
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        falling = torch.exp(-(math.log(10_000) / (width // 2 - 1)) * torch.arange(width // 2))
        angles = torch.arange(AUDIO_CONTEXT)[:, None] * falling[None]
        self.register_buffer("positional_embedding", torch.cat([angles.sin(), angles.cos()], 1))
        self.blocks = nn.ModuleList([Block(width, False) for _ in range(layers)])
        self.ln_post = nn.LayerNorm(width)

    def forward(self, mel):
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.positional_embedding[: x.shape[1]].to(x.dtype)
        for block in self.blocks:
            x, _ = block(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, width, layers, rows):
        super().__init__()
        self.token_embedding = nn.Embedding(rows, width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.positional_embedding = nn.Parameter(torch.randn(TEXT_CONTEXT, width) * 0.01)
        self.blocks = nn.ModuleList([Block(width, True) for _ in range(layers)])
        self.ln = nn.LayerNorm(width)

    def forward(self, tokens, over):
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        attentions = []
        for block in self.blocks:
            x, weights = block(x, over)
            attentions.append(weights)
        return self.ln(x) @ self.token_embedding.weight.t(), attentions


class Whisper(nn.Module):
    """The encoder and decoder that go to the file, and two heads that only help training: what is spoken in each frame."""

    def __init__(self, width, encoder_layers, decoder_layers, rows, phones, characters):
        super().__init__()
        self.shape = (width, encoder_layers, decoder_layers)
        self.encoder, self.decoder = Encoder(width, encoder_layers), Decoder(width, decoder_layers, rows)
        self.phone_head, self.character_head = nn.Linear(width, phones), nn.Linear(width, characters)
        self.hold_reserved()

    def hold_reserved(self):
        with torch.no_grad():
            self.decoder.ln.weight[-1] = 0
            self.decoder.ln.bias[-1] = RESERVED
            self.decoder.token_embedding.weight[:, -1] = 0


@torch.no_grad()
def transcribe(model, vocabulary, waves, longest=110):
    """Greedy, without times: [samples] -> [text]."""
    padded = np.zeros((len(waves), (max(map(len, waves)) + 8000) // 320 * 320), np.float32)
    for row, wave in zip(padded, waves):
        row[: len(wave)] = wave
    with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
        heard = model.encoder(log_mel(torch.from_numpy(padded)))
        prompt = [vocabulary.row[t] for t in (SOT, JA, TRANSCRIBE, NO_TIMES)]
        tokens = torch.tensor([prompt] * len(waves))
        done = torch.zeros(len(waves), dtype=torch.bool)
        end = vocabulary.row[EOT]
        for _ in range(longest):
            best = model.decoder(tokens, heard)[0][:, -1].float().argmax(-1)
            best[done] = end
            done |= best == end
            tokens = torch.cat([tokens, best[:, None]], 1)
            if done.all():
                break
    return [vocabulary.text(row) for row in tokens[:, 4:].tolist()]


def edits(said, wanted):
    """Levenshtein's distance."""
    row = list(range(len(said) + 1))
    for i, c in enumerate(wanted, 1):
        last, row[0] = row[0], i
        for j, d in enumerate(said, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (c != d))
    return row[-1]
