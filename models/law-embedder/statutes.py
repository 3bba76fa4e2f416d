"""Statutes (標準法令XML) and our own notices as plain records: what train.py and evaluate.py read.

Main provisions only; the text is NFKC. Never: anything but the directories given as arguments.
"""

import json
import pathlib
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

HEADINGS = ("PartTitle", "ChapterTitle", "SectionTitle", "SubsectionTitle", "DivisionTitle")
DIVISIONS = ("Part", "Chapter", "Section", "Subsection", "Division")


def nfkc(text: str) -> str:
    """Compatibility form without white space, as the product normalises what it indexes."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@dataclass
class Article:
    """One 条 with its 項."""

    law: str
    number: str
    path: str
    caption: str
    paragraphs: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """What stands before the text in the index: 法令名, 編章節, 条見出し."""
        return self.law + self.path + self.caption

    @property
    def text(self) -> str:
        return "".join(self.paragraphs)


def _text(node) -> str:
    parts = []

    def walk(element):
        if element.tag in ("Rt", "ParagraphNum", "ArticleTitle", "ArticleCaption", "ItemTitle"):
            return
        parts.append(element.text or "")
        for child in element:
            walk(child)
            parts.append(child.tail or "")

    walk(node)
    return nfkc("".join(parts))


def _title(node, tag) -> str:
    found = node.find(tag)
    if found is None:
        return ""
    title = nfkc("".join(found.itertext()))
    return re.sub(r"^第[一二三四五六七八九十百の]+[編章節款目]", "", title)


def read_law(path: pathlib.Path) -> list[Article]:
    """The articles of a file's main provision, in order."""
    root = ElementTree.parse(path).getroot()
    law = root if root.tag == "Law" else root.find(".//Law")
    name = nfkc("".join(law.find(".//LawTitle").itertext()))
    articles: list[Article] = []

    def walk(node, headings):
        for child in node:
            if child.tag in DIVISIONS:
                title = "".join(_title(child, tag) for tag in HEADINGS if child.find(tag) is not None)
                walk(child, headings + title)
            elif child.tag == "Article" and ":" not in child.get("Num", ""):
                caption = child.find("ArticleCaption")
                caption = nfkc("".join(caption.itertext())).strip("()") if caption is not None else ""
                texts = [_text(paragraph) for paragraph in child.findall("Paragraph")]
                texts = [text for text in texts if text and text != "削除"]
                if texts:
                    articles.append(Article(name, child.get("Num"), headings, caption, texts))

    main = law.find(".//MainProvision")
    if main is not None:
        walk(main, "")
    # A caption stands for the articles after it that have none.
    for before, after in zip(articles, articles[1:]):
        if not after.caption and after.path == before.path:
            after.caption = before.caption
    return articles


def read_laws(directory: pathlib.Path) -> list[Article]:
    """All laws below `directory`; of a law that is there twice, the first file by name counts."""
    articles, seen = [], set()
    for path in sorted(directory.glob("*.xml")):
        law = read_law(path)
        if law and law[0].law not in seen:
            seen.add(law[0].law)
            articles += law
    return articles


def read_own(directory: pathlib.Path) -> tuple[list[Article], list[tuple[str, str]], list[str]]:
    """The fictional city: its ordinances, question and answer pairs, and lines of its notices."""
    if not directory.is_dir():
        return [], [], []
    answers = []
    for path in sorted(directory.glob("mondoshu*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            # A unit's text is the question's line and then the answer.
            question, _, answer = record["text"].partition("\n")
            answers.append((nfkc(question), nfkc(record["chapter"] + record["title"] + answer)))
            answers.append((nfkc(record["title"]), nfkc(answer)))
    lines = [
        nfkc(line)
        for path in sorted(directory.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return read_laws(directory), answers, [line for line in lines if len(line) >= 12]
