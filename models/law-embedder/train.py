"""Trains the bundled embedder: static token embeddings (Unigram pieces, 256 numbers each) in numpy.

    python3 -m pip install -r pins.txt
    python3 train.py --laws DIR [--own DIR] [--synonyms FILE] [--questions DIR] [--minutes 12] [--out .]

Text → pieces → mean of the pieces' vectors → unit length. A piece's vector is its own plus those of its
characters and character pairs (Bojanowski et al. 2017), summed into one table at the end. Start: LSA of
the passages; then InfoNCE with in-batch negatives (van den Oord et al. 2018) over pairs that the statutes
themselves give (see pairs.py). Same arguments and seed, same number of steps: same files.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import svds
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

import export
import pairs
import statutes

# One script per piece: what is a word of its own stays one, and okurigana do not make ten of it.
SCRIPT_RUNS = r"\p{Han}+|[\p{Katakana}ー]+|\p{Hiragana}+|[a-z]+|[0-9]|."


def train_tokenizer(texts, vocabulary):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(SCRIPT_RUNS), behavior="isolated")
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary,
        special_tokens=["<pad>", "<unk>"],
        unk_token="<unk>",
        max_piece_length=8,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def sub_pieces(tokenizer):
    """Pieces × (characters and pairs of characters), rows of equal weight."""
    names, rows, columns, values = {}, [], [], []
    for piece, index in tokenizer.get_vocab().items():
        if piece.startswith("<"):
            continue
        grams = list(piece) + [piece[at : at + 2] for at in range(len(piece) - 1)]
        for gram in grams:
            rows.append(index)
            columns.append(names.setdefault(gram, len(names)))
            values.append(1.0 / np.sqrt(len(grams)))
    shape = (tokenizer.get_vocab_size(), len(names))
    return sparse.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)


class Bags:
    """Texts → sparse rows of piece frequencies."""

    def __init__(self, tokenizer):
        self.tokenizer, self.size, self.known = tokenizer, tokenizer.get_vocab_size(), {}

    def _pieces(self, texts, keep):
        unknown = [text for text in texts if text not in self.known]
        encoded = self.tokenizer.encode_batch_fast(unknown, add_special_tokens=False)
        fresh = {text: encoding.ids for text, encoding in zip(unknown, encoded)}
        if keep:
            self.known |= fresh
        return [fresh[text] if text in fresh else self.known[text] for text in texts]

    def __call__(self, texts, drop=None, keep=False):
        indices, starts, values = [], [0], []
        for ids in self._pieces(texts, keep):
            if drop is not None and len(ids) > 4:
                dice = drop.random(len(ids))
                ids = [piece for piece, die in zip(ids, dice) if die > 0.2] or ids
            indices += ids
            values += [1.0 / max(len(ids), 1)] * len(ids)
            starts.append(len(indices))
        matrix = sparse.csr_matrix((values, indices, starts), (len(texts), self.size), dtype=np.float32)
        matrix.sum_duplicates()
        return matrix


def unit(rows):
    norms = np.sqrt((rows * rows).sum(1, keepdims=True)) + 1e-6
    return rows / norms, norms


class Adagrad:
    """Duchi et al. 2011, on the rows a batch touches."""

    def __init__(self, table, rate):
        self.table, self.rate, self.sums = table, rate, np.full(len(table), 1e-8, np.float32)

    def step(self, gradient, scale):
        touched = np.flatnonzero(gradient.any(1))
        rows = gradient[touched]
        self.sums[touched] += (rows * rows).mean(1)
        self.table[touched] -= scale * self.rate * rows / np.sqrt(self.sums[touched])[:, None]


def info_nce(queries, documents, owners, temperature):
    """Loss and gradients of both sides; a document of the same article is no negative."""
    (q, q_norm), (d, d_norm) = unit(queries), unit(documents)
    logits = q @ d.T / temperature
    same = owners[:, None] == owners[None, :]
    np.fill_diagonal(same, False)
    logits[same] = -1e4
    loss, gradient = 0.0, np.zeros_like(logits)
    for axis in (1, 0):
        shifted = np.exp(logits - logits.max(axis, keepdims=True))
        share = shifted / shifted.sum(axis, keepdims=True)
        loss -= np.log(np.diag(share) + 1e-9).mean() / 2
        np.fill_diagonal(share, np.diag(share) - 1)
        gradient += share / 2
    gradient /= len(q) * temperature
    gq, gd = gradient @ d, gradient.T @ q
    gq = (gq - q * (gq * q).sum(1, keepdims=True)) / q_norm
    gd = (gd - d * (gd * d).sum(1, keepdims=True)) / d_norm
    return loss, gq.astype(np.float32), gd.astype(np.float32)


def initial_table(bags, texts, dimensions, seed):
    """LSA: the right singular vectors of passages × pieces, each piece weighted by its idf."""
    counts = bags(texts)
    present = counts.copy()
    present.data[:] = 1
    seen = np.asarray(present.sum(0)).ravel()
    idf = np.log((1 + len(texts)) / (1 + seen)).astype(np.float32)
    weighted = counts.copy()
    weighted.data = np.sqrt(weighted.data)
    weighted = weighted.multiply(idf[None, :]).tocsr()
    start = np.random.default_rng(seed).standard_normal(min(weighted.shape))
    _, values, vectors = svds(weighted, k=dimensions, v0=start)
    table = (vectors.T * np.sqrt(values)[None, :]).astype(np.float32)
    table, _ = unit(table)
    return table * (idf / idf.mean())[:, None]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--laws", type=pathlib.Path, required=True)
    arguments.add_argument("--own", type=pathlib.Path, default=pathlib.Path("nowhere"))
    arguments.add_argument("--synonyms", type=pathlib.Path)
    arguments.add_argument("--questions", type=pathlib.Path, default=pathlib.Path("nowhere"))
    arguments.add_argument("--vocabulary", type=int, default=20_000)
    arguments.add_argument("--dimensions", type=int, default=256)
    arguments.add_argument("--batch", type=int, default=512)
    arguments.add_argument("--rate", type=float, default=0.05)
    arguments.add_argument("--temperature", type=float, default=0.07)
    arguments.add_argument("--minutes", type=float, default=12, help="CPU minutes of the contrastive part")
    arguments.add_argument("--steps", type=int, default=1_000_000, help="… or this many steps")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    settings = arguments.parse_args()
    settings.out.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(settings.seed)

    own, answers, lines = statutes.read_own(settings.own)
    articles = statutes.read_laws(settings.laws) + own
    questions = pairs.read_questions(settings.questions)
    source = pairs.Pairs(articles, answers, settings.synonyms, questions, generator)
    passages = [article.heading + paragraph for article in articles for paragraph in article.paragraphs]
    vocabulary_texts = passages + lines + [text for pair in answers for text in pair]
    asked = [question for _, _, question in questions] * 4
    tokenizer = train_tokenizer(vocabulary_texts + source.everyday_texts(4) + asked, settings.vocabulary)
    bags = Bags(tokenizer)
    grams = sub_pieces(tokenizer)
    print(f"{len(articles)} articles, {len(passages)} passages, {bags.size} pieces, {grams.shape[1]} grams")

    own_table = Adagrad(initial_table(bags, vocabulary_texts, settings.dimensions, settings.seed), settings.rate)
    gram_table = Adagrad(np.zeros((grams.shape[1], settings.dimensions), np.float32), settings.rate)
    curve, recent, step, epoch = [], [], 0, 0
    started = time.process_time()
    budget = settings.minutes * 60
    while time.process_time() - started < budget and step < settings.steps:
        epoch += 1
        queries, documents, owners = source.epoch()
        for at in range(0, len(queries) - settings.batch + 1, settings.batch):
            part = slice(at, at + settings.batch)
            left, right = bags(queries[part], generator), bags(documents[part], generator, keep=True)
            table = own_table.table + grams @ gram_table.table
            loss, gq, gd = info_nce(left @ table, right @ table, owners[part], settings.temperature)
            used = max((time.process_time() - started) / budget, step / settings.steps)
            scale = max(0.02, 1 - used)
            gradient = left.T @ gq + right.T @ gd
            own_table.step(gradient, scale)
            gram_table.step(grams.T @ gradient, scale)
            recent.append(loss)
            step += 1
            if step % 200 == 0:
                point = {"step": step, "epoch": epoch, "loss": round(float(np.mean(recent[-200:])), 4)}
                curve.append(point | {"cpu_s": round(time.process_time() - started)})
                print(curve[-1], flush=True)
            if time.process_time() - started > budget or step >= settings.steps:
                break
    table = own_table.table + grams @ gram_table.table
    table[0] = 0
    tokenizer.save(str(settings.out / "tokenizer.json"), pretty=False)
    export.write(table, settings.out / "model.onnx")
    (settings.out / "curve.json").write_text(json.dumps(curve) + "\n")


if __name__ == "__main__":
    main()
