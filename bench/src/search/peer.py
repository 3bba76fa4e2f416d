"""The peers in Python: SQLite FTS5 with its trigram tokeniser, and rank_bm25 over words of fugashi.

A line of JSON in, a line of JSON out; see protocol.rs."""

import json
import os
import sqlite3
import sys
import time


class Fts5:
    """One table, ranked by its bm25(); a question becomes the OR of its trigrams."""

    def build(self, texts, index):
        self.db = sqlite3.connect(os.path.join(index, "fts5.db"))
        self.db.execute("CREATE VIRTUAL TABLE passages USING fts5(text, tokenize='trigram')")
        rows = ((number + 1, text) for number, text in enumerate(texts))
        self.db.executemany("INSERT INTO passages(rowid, text) VALUES (?, ?)", rows)
        self.db.execute("INSERT INTO passages(passages) VALUES ('optimize')")
        self.db.commit()

    def ask(self, question):
        grams = {question[at : at + 3].replace('"', '""') for at in range(len(question) - 2)}
        if not grams:
            return []
        match = " OR ".join(f'"{gram}"' for gram in sorted(grams))
        sql = "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT 10"
        return [row[0] - 1 for row in self.db.execute(sql, (match,))]


class RankBm25:
    """BM25Okapi with its defaults."""

    def __init__(self):
        import fugashi

        self.tagger = fugashi.Tagger()

    def words(self, text):
        return [word.surface for word in self.tagger(text)]

    def build(self, texts, index):
        from rank_bm25 import BM25Okapi

        self.bm25 = BM25Okapi([self.words(text) for text in texts])

    def ask(self, question):
        import numpy

        scores = self.bm25.get_scores(self.words(question))
        return [int(at) for at in numpy.argsort(-scores, kind="stable")[:10]]


def texts_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main():
    system = {"fts5": Fts5, "rank_bm25": RankBm25}[sys.argv[1]]()
    for line in sys.stdin:
        order = json.loads(line)
        if "build" in order:
            begun, before = time.perf_counter(), time.process_time()
            system.build(texts_of(order["build"]["file"]), order["build"]["index"])
            said = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - before}
            answer = {"built": said}
        else:
            millis, found = [], []
            before = time.process_time()
            for question in order["ask"]:
                begun = time.perf_counter()
                found.append(system.ask(question))
                millis.append((time.perf_counter() - begun) * 1000)
            cpu = time.process_time() - before
            answer = {"answered": {"millis": millis, "cpu": cpu, "found": found}}
        print(json.dumps(answer), flush=True)


main()
