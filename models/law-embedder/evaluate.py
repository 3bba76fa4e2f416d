"""Does the dense leg help? nDCG@10 and recall@10 of BM25, of the embedder, and of their sum by weight.

    python3 evaluate.py --laws DIR --queries FILE [--casebook FILE --casebook-queries FILE] --model DIR

Reference leg: BM25 over character uni- and bigrams (NFKC), heading before the text, 条 and 項 indexed
alike, their maximum-normalised scores summed. An article's dense score is that of its best unit.
"""

import argparse
import collections
import json
import math
import os
import pathlib

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import onnxruntime
import scipy.sparse as sparse
from tokenizers import Tokenizer

import statutes

HOME_LAWS = ("生活保護法", "生活保護法施行令", "生活保護法施行規則")
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


class Bm25:
    """Robertson's BM25 (k1 1.2, b .75) over character uni- and bigrams."""

    def __init__(self, texts):
        self.names, rows, columns, values, lengths = {}, [], [], [], []
        for row, text in enumerate(texts):
            counts = self.grams(text)
            lengths.append(sum(counts.values()))
            for gram, count in counts.items():
                rows.append(row)
                columns.append(self.names.setdefault(gram, len(self.names)))
                values.append(count)
        counts = sparse.csr_matrix((values, (rows, columns)), (len(texts), len(self.names)), dtype=np.float32)
        seen = np.bincount(counts.indices, minlength=len(self.names))
        idf = np.log(1 + (len(texts) - seen + 0.5) / (seen + 0.5))
        lengths = np.array(lengths, np.float32)
        base = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
        rows = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))
        counts.data = counts.data * 2.2 / (counts.data + base[rows]) * idf[counts.indices]
        self.weights = counts.tocsc()

    @staticmethod
    def grams(text):
        return collections.Counter(list(text) + [text[at : at + 2] for at in range(len(text) - 1)])

    def __call__(self, query):
        known = [self.names[gram] for gram in set(self.grams(query)) if gram in self.names]
        return np.asarray(self.weights[:, known].sum(1)).ravel()


class Embedder:
    """The exported files, as the product runs them."""

    def __init__(self, home):
        self.tokenizer = Tokenizer.from_file(str(home / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(home / "model.onnx"), options)

    def __call__(self, texts):
        vectors = []
        for at in range(0, len(texts), 64):
            encoded = [encoding.ids or [0] for encoding in self.tokenizer.encode_batch(texts[at : at + 64])]
            width = max(map(len, encoded))
            ids = np.array([row + [0] * (width - len(row)) for row in encoded], np.int64)
            mask = np.array([[1] * len(row) + [0] * (width - len(row)) for row in encoded], np.int64)
            vectors.append(self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0])
        return np.vstack(vectors)


def figures(ranked, gold):
    """nDCG@10, recall@10 and hit@5 of one question."""
    grades = {(item["law"], item["article"]): item.get("grade", 2) for item in gold}
    main = {key for key, grade in grades.items() if grade >= 2} or set(grades)
    gain = sum((2 ** grades.get(key, 0) - 1) / math.log2(at + 2) for at, key in enumerate(ranked[:10]))
    best = sorted(grades.values(), reverse=True)[:10]
    ideal = sum((2**grade - 1) / math.log2(at + 2) for at, grade in enumerate(best))
    return np.array([gain / ideal, len(main & set(ranked[:10])) / len(main), bool(main & set(ranked[:5]))])


class Collection:
    """Keys, the units that stand for them, and both legs."""

    def __init__(self, units, embedder):
        """`units`: lists of (key, text); each list is an index of its own."""
        self.keys = list(dict.fromkeys(key for key, _ in units[0]))
        place = {key: at for at, key in enumerate(self.keys)}
        self.owners = [np.array([place[key] for key, _ in part]) for part in units]
        self.lexical = [Bm25([text for _, text in part]) for part in units]
        self.dense = [embedder([text for _, text in part]) for part in units]
        self.embedder = embedder

    def _best(self, owners, scores):
        best = np.full(len(self.keys), -np.inf, np.float32)
        np.maximum.at(best, owners, scores)
        return best

    def legs(self, query):
        lexical = np.zeros(len(self.keys), np.float32)
        for owners, index in zip(self.owners, self.lexical):
            scores = self._best(owners, index(query))
            lexical += scores / max(scores.max(), 1e-6)
        vector = self.embedder([query])[0]
        dense = np.max([self._best(owners, part @ vector) for owners, part in zip(self.owners, self.dense)], 0)
        return lexical / max(lexical.max(), 1e-6), np.maximum(dense, 0) / max(dense.max(), 1e-6)

    def measure(self, questions, prior):
        table = {weight: [] for weight in WEIGHTS} | {"dense": []}
        factor = np.array([prior(key) for key in self.keys], np.float32)
        for question in questions:
            if not question["gold"]:
                continue
            lexical, dense = self.legs(statutes.nfkc(question["query"]))
            for weight, rows in table.items():
                score = dense if weight == "dense" else lexical + weight * dense
                order = np.argsort(-score * factor, kind="stable")[:10]
                rows.append(figures([self.keys[at] for at in order], question["gold"]))
        for weight, rows in table.items():
            ndcg, recall, hit = np.mean(rows, 0)
            print(f"  {weight!s:>6}  nDCG@10 {ndcg:.3f}  recall@10 {recall:.3f}  hit@5 {hit:.3f}")


def rules(path):
    """Synonyms as the query side uses them: the legal terms added to the question."""
    import tomllib

    return [
        ([statutes.nfkc(word) for word in rule["from"]], "".join(map(statutes.nfkc, rule["to"])))
        for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
    ]


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main():
    arguments = argparse.ArgumentParser()
    for name in ("laws", "queries", "casebook", "casebook-queries", "synonyms"):
        arguments.add_argument("--" + name, type=pathlib.Path)
    arguments.add_argument("--model", type=pathlib.Path, default=pathlib.Path("."))
    settings = arguments.parse_args()
    embedder = Embedder(settings.model)
    if settings.laws:
        articles = statutes.read_laws(settings.laws)
        whole = [((article.law, article.number), article.heading + article.text) for article in articles]
        parts = [
            ((article.law, article.number), article.heading + paragraph)
            for article in articles
            for paragraph in article.paragraphs
        ]
        collection = Collection([whole, parts], embedder)
        questions = read(settings.queries)
        print("statutes, all laws, prior 1.3 for the department's own")
        collection.measure(questions, lambda key: 1.3 if key[0] in HOME_LAWS else 1.0)
        print("statutes, only the department's own")
        collection.measure(questions, lambda key: 1.0 if key[0] in HOME_LAWS else 0.0)
        if settings.synonyms:
            known = rules(settings.synonyms)
            for question in questions:
                text = statutes.nfkc(question["query"])
                added = [to for words, to in known if any(word in text for word in words)]
                question["query"] = text + "".join(added)
            print("… with the synonyms' legal terms added to the question, prior 1.3")
            collection.measure(questions, lambda key: 1.3 if key[0] in HOME_LAWS else 1.0)
    if settings.casebook:
        units = [
            (("東京都生活保護運用事例集", record["id"]), statutes.nfkc(record["title"] * 3 + record["text"]))
            for record in read(settings.casebook)
        ]
        print("casebook")
        Collection([units], embedder).measure(read(settings.casebook_queries), lambda key: 1.0)


if __name__ == "__main__":
    main()
