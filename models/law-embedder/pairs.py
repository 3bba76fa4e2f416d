"""Training pairs that the statutes themselves give: which text should be found by which.

Heading → text; a sentence → the rest of its article; a handful of its words → the paragraph; a citing
sentence → the cited article; a paragraph → its neighbour; all of these once more with legal terms
replaced by everyday words (general vocabulary, pipelines/corpora/vocabulary/synonyms.toml); and the
questions of the bank → the article that decides them (pipelines/corpora/vocabulary/questions).
"""

import json
import re
import tomllib

import numpy as np

import statutes

KANJI = {"〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
CITATION = re.compile(r"(?<!法)(?<!令)(?<!則)第([一二三四五六七八九十百千]+)条((?:の[一二三四五六七八九十]+)*)")
WORD = re.compile(r"[一-龠々]+[ぁ-ん]?|[ァ-ヶー]{2,}|[ぁ-ん]{3,5}")


def number(text: str) -> int:
    """漢数字 up to thousands."""
    total, digit = 0, 0
    for character in text:
        if character in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
        else:
            digit = KANJI[character]
    return total + digit


class Everyday:
    """Everyday words for legal terms; one of the ways to say it, drawn anew each time."""

    def __init__(self, path):
        self.words, self.rules = {}, []
        if path is None:
            return
        for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]:
            spoken = [statutes.nfkc(word) for word in rule["from"]]
            legal = [statutes.nfkc(term) for term in rule["to"]]
            self.rules.append((spoken, legal))
            for term in legal:
                self.words.setdefault(term, []).extend(spoken)
        terms = sorted(self.words, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, terms)))

    def __call__(self, text, generator, share=0.8):
        if not self.words:
            return text

        def replace(match):
            spoken = self.words[match[0]]
            return spoken[generator.integers(len(spoken))] if generator.random() < share else match[0]

        return self.pattern.sub(replace, text)


def read_questions(directory):
    """(law, article, question) of the bank; questions that no law answers are not for training."""
    records = [
        json.loads(line)
        for file in sorted(directory.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return [(of["law"], of["article"], statutes.nfkc(of["question"])) for of in records if "article" in of]


class Pairs:
    """One epoch after another of (query text, document text, article)."""

    def __init__(self, articles, answers, synonyms, questions, generator):
        self.articles, self.answers, self.generator = articles, answers, generator
        self.everyday = Everyday(synonyms)
        self.holders = self._holders()
        self.places = {(article.law, article.number): at for at, article in enumerate(articles)}
        self.questions = [
            (question, self.places[law, article]) for law, article, question in questions if (law, article) in self.places
        ]

    def _holders(self):
        """For each rule the paragraphs in which one of its legal terms stands."""
        holders = []
        for spoken, legal in self.everyday.rules:
            found = [
                (at, index)
                for at, article in enumerate(self.articles)
                for index, paragraph in enumerate(article.paragraphs)
                if any(term in article.caption + paragraph for term in legal)
            ]
            if found:
                holders.append((spoken, legal, found))
        return holders

    def everyday_texts(self, rounds):
        """Sentences in everyday words, so that the tokenizer knows these."""
        if not self.everyday.words:
            return []
        changed = []
        for _ in range(rounds):
            for article in self.articles:
                spoken = self.everyday(article.text, self.generator, 1.0)
                if spoken != article.text:
                    changed.append(spoken)
        return changed + [word for words in self.everyday.words.values() for word in words] * 20

    def epoch(self):
        """Shuffled in blocks of one law, so that a batch holds siblings as negatives."""
        generator, made = self.generator, []
        for at, article in enumerate(self.articles):
            for index, paragraph in enumerate(article.paragraphs):
                document = article.heading + paragraph
                made.append((self._query(article, index, paragraph), document, at))
            if article.caption:
                made.append((self.everyday(article.path[-12:] + article.caption, generator), article.text, at))
            if len(article.paragraphs) > 1:
                first, second = generator.choice(len(article.paragraphs), 2, replace=False)
                made.append((article.paragraphs[first], article.heading + article.paragraphs[second], at))
            cited = self._cited(article)
            if cited is not None:
                sentence, other = cited
                made.append((article.caption + sentence, self.articles[other].heading + self.articles[other].text, other))
        for spoken, legal, found in self.holders:
            for _ in range(min(len(found), 24)):
                at, index = found[generator.integers(len(found))]
                article = self.articles[at]
                paragraph = article.paragraphs[index]
                words = WORD.findall(paragraph)
                count = min(len(words), int(generator.integers(0, 4)))
                chosen = [words[place] for place in generator.choice(len(words), count, replace=False)] if count else []
                chosen.append(spoken[generator.integers(len(spoken))])
                query = self.everyday("の".join(generator.permutation(chosen)), generator)
                made.append((query, article.heading + paragraph, at))
        for _ in range(2):
            for question, at in self.questions:
                article = self.articles[at]
                paragraph = article.paragraphs[generator.integers(len(article.paragraphs))]
                made.append((question, article.heading + paragraph, at))
                made.append((question, article.heading + article.text, at))
        for _ in range(3):
            made += [(question, answer, -1 - at) for at, (question, answer) in enumerate(self.answers)]
        # Blocks of 64 neighbours, blocks in random order: about eight laws in a batch.
        blocks = [made[at : at + 64] for at in range(0, len(made), 64)]
        order = generator.permutation(len(blocks))
        mixed = [pair for block in order for pair in blocks[block]]
        queries, documents, owners = zip(*mixed)
        return list(queries), list(documents), np.array(owners)

    def _query(self, article, index, paragraph):
        """What somebody might type who looks for this paragraph."""
        generator = self.generator
        sentences = [part for part in paragraph.split("。") if len(part) > 8] or [paragraph]
        sentence = sentences[generator.integers(len(sentences))]
        kind = generator.random()
        if kind < 0.35:
            text = sentence
        elif kind < 0.5:
            clauses = [part for part in re.split("[、。]", paragraph) if len(part) > 5] or [paragraph]
            text = clauses[generator.integers(len(clauses))]
        else:
            words = WORD.findall(paragraph if kind < 0.85 else article.caption + paragraph) or [sentence]
            count = min(len(words), int(generator.integers(2, 8)))
            chosen = sorted(generator.choice(len(words), count, replace=False))
            text = "の".join(words[at] for at in chosen)
        return self.everyday(text, generator)

    def _cited(self, article):
        """A sentence with a reference inside the law, and the article it points at."""
        found = list(CITATION.finditer(article.text))
        if not found:
            return None
        match = found[self.generator.integers(len(found))]
        parts = [match[1]] + [part for part in match[2].split("の") if part]
        other = self.places.get((article.law, "_".join(str(number(part)) for part in parts)))
        if other is None or self.articles[other] is article:
            return None
        start = article.text.rfind("。", 0, match.start()) + 1
        end = article.text.find("。", match.end())
        return article.text[start : end if end > 0 else None], other
