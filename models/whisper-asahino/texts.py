"""Sentences of city-office meetings, made by rule: our own writing, a bounded vocabulary, many combinations.

A sentence belongs to exactly one split, decided by its own hash, so that training, held-out and benchmark sentences
are disjoint whatever the seed. Short fixed phrases ("はい。") are in all of them and are counted in none.

    python texts.py train 10 --seed 1     ten training sentences
"""

import argparse
import hashlib
import json
import pathlib
import random
import re

HERE = pathlib.Path(__file__).parent

NAMES = "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 松本 井上 木村 清水 山口 石川 前田 藤田 小川 岡田 村上 近藤".split()
TITLES = "課長 係長 部長 主任 委員 室長 次長 主査".split()
WARD_TITLES = "院長 看護部長 事務長 師長 主任 薬剤部長".split()
DEPARTMENTS = "総務課 財政課 企画課 福祉課 健康課 市民課 税務課 職員課 防災課 環境課 道路課 建築課 教育課 子育て支援課 高齢福祉課 障害福祉課 生活支援課 情報政策課 商工観光課 農政課".split()
WARDS = "内科 外科 小児科 救急外来 薬剤部 検査科 看護部 医事課 地域連携室 栄養科".split()
MEETINGS = "総務委員会 福祉委員会 予算委員会 防災会議 定例会議 課長会議 運営会議 地域会議 安全衛生委員会 情報化推進会議 子育て会議 医療安全委員会 感染対策委員会".split()
TOPICS = (
    "窓口の混雑 待ち時間 オンライン申請 手数料の改定 文書の電子化 個人情報の管理 職員の研修 時間外勤務 人員の配置 システムの更新 "
    "庁舎の修繕 駐車場の整備 広報紙の発行 市民説明会 防災訓練 避難所の運営 備蓄品の点検 災害時の連絡体制 ごみの収集 道路の工事 "
    "公園の整備 空き家対策 地域の見守り 高齢者の移動手段 介護予防 障害者の就労支援 生活保護の相談 保育所の待機児童 学校給食 放課後の居場所 "
    "健康診断の受診率 予防接種 熱中症対策 医療費の助成 国民健康保険 後期高齢者医療 税の滞納整理 ふるさと納税 観光案内 商店街の活性化 "
    "農業の担い手 補助金の交付 予算の執行 決算の見込み 契約の手続き 条例の改正 計画の見直し 議会の答弁 監査の指摘 委託料の見積もり"
).split()
WARD_TOPICS = "病床の利用率 外来の待ち時間 救急の受け入れ 薬の在庫 手術の件数 転倒の防止 院内感染 手指の消毒 夜勤の体制 退院の調整 面会の制限 医療機器の点検 電子カルテの更新 患者の満足度 紹介率".split()
DOCUMENTS = "報告書 計画書 議事録 資料 一覧表 見積書 調査票 要綱案 予算書 手順書 申請書 契約書 仕様書 通知文".split()
ACTS = "確認 検討 報告 説明 共有 調整 見直し 周知 改善 点検 実施 整理 分析 準備 評価 相談 修正 提出 作成 依頼".split()
QUALITIES = "重要 必要 有効 適切 慎重 早急 十分 具体的 丁寧 困難 順調".split()
TIMES = "今月 先月 来月 今年度 昨年度 来年度 今週 来週 先週 上半期 下半期 年度末 年内 月末".split()
PLACES = "第1会議室 第2会議室 大会議室 市民会館 保健センター 中央公民館 図書館 本庁舎 北支所 南支所".split()
COUNTED = "件 人 回 台 か所 枚 世帯 校".split()
WEEK = "月 火 水 木 金".split()
FILLERS = ["えー、", "えーと、", "あのー、", "そうですね、", "まあ、"]
GROUNDS = "人手不足 予算の制約 周知の不足 設備の老朽化 申請の増加 物価の上昇 制度の改正 天候の影響".split()
PEOPLE = "市民 高齢者 保護者 利用者 事業者 職員 地域の方 若い世代".split()

FIXED = [
    "はい。", "わかりました。", "承知しました。", "ありがとうございます。", "よろしくお願いします。", "異議なし。", "お願いします。",
    "そうですね。", "賛成です。", "いかがでしょうか。", "特にありません。", "以上です。", "なるほど。", "お疲れさまでした。",
    "皆さん、おはようございます。", "ほかにご意見はありますか。", "ご異議はありませんか。", "では、次に進みます。",
]  # fmt: skip

# What a chair says, what one who reports says, what one who asks says, what one who answers says.
CHAIR_OPEN = [
    "それでは、第{k}回{meeting}を始めます。", "ただいまから、{date}の{meeting}を開会します。", "本日の議題は、{topic}と{topic}の2点です。",
    "本日は{n2}名の出席です。", "本日の議題は{k}件です。", "初めに、前回の議事録を確認します。", "本日の{meeting}は{clock}までの予定です。",
    "欠席は{name}{title}の1名です。", "お手元の資料は全部で{n2}ページです。", "進行は{dept}の{name}が務めます。",
]  # fmt: skip
CHAIR_NEXT = [
    "次に、{topic}について、{dept}から説明をお願いします。", "{name}{title}、{topic}の状況を報告してください。", "議題{k}、{topic}に移ります。",
    "{topic}について、ご質問はありますか。", "{name}{title}、いかがでしょうか。", "{dept}のご意見を伺います。", "続いて、{topic}の{act}に入ります。",
    "{topic}について、{dept}の{name}{title}からお願いします。", "ここで、{n5}分間休憩します。",
]  # fmt: skip
REPORT = [
    "{dept}の{name}です。", "{topic}について報告します。", "{topic}は{time}に{n3}{unit}あり、前年より{n2}{unit}増えました。",
    "{topic}は{time}に{n3}{unit}あり、前年より{n2}{unit}減りました。", "{topic}は{percent}で、目標の{percent}を下回りました。",
    "{topic}は{percent}で、目標を上回りました。", "{dept}では、{topic}の{act}を進めています。", "{time}の{topic}の予算は{money}です。",
    "{topic}にかかる費用は{money}の見込みです。", "資料の{page}ページをご覧ください。", "{doc}の{page}ページに記載しています。",
    "{n3}{unit}のうち、{n2}{unit}が{dept}からの申請でした。", "主な原因は、{ground}です。", "{ground}により、{topic}が遅れています。",
    "{date}に{place}で説明会を行いました。", "説明会には{n2}人が参加しました。", "アンケートでは、{percent}の方が満足と答えました。",
    "{people}から、{topic}についての要望がありました。", "{time}の{topic}は、おおむね{quality}です。", "{topic}の{act}は{time}中に終わります。",
    "{people}への{act}が{quality}だと考えています。", "昨年度は{money}、今年度は{money}を見込んでいます。", "{doc}は{dept}で{act}しました。",
    "相談は{time}だけで{n2}件ありました。", "1世帯当たり{yen}円を支給します。", "開庁時間は{clock}から{clock}までです。",
    "{place}の{topic}は、{date}に終わりました。",
]  # fmt: skip
ASK = [
    "{topic}の{act}はいつ頃になりますか。", "{topic}の予算はいくらですか。", "{dept}との{act}はできていますか。", "{topic}の原因は何ですか。",
    "{people}への説明は{quality}でしょうか。", "{time}までに間に合いますか。", "{doc}はいつ提出されますか。", "{topic}の担当はどなたですか。",
    "{percent}という数字は{quality}ですか。", "{name}です、{topic}について質問があります。", "{topic}は{people}にどう影響しますか。",
    "{ground}への対応はどうなっていますか。", "{topic}と{topic}は分けて考えるべきではないですか。", "なぜ{n2}{unit}も減ったのですか。",
]  # fmt: skip
ANSWER = [
    "{topic}については、{time}中に{act}します。", "{date}までに{dept}へ回答します。", "その点は{name}{title}に確認します。",
    "ご指摘のとおり、{topic}が課題です。", "{dept}と{act}したうえで、改めて報告します。", "現在、{doc}を{act}しているところです。",
    "{topic}には{money}を充てる予定です。", "{people}には{doc}を送って{act}します。", "{time}から{topic}の{act}を始めます。",
    "{topic}を{act}することで、{topic}の改善につながります。", "人員が{k}名足りないため、{time}に募集します。", "{ground}が続いており、{quality}に対応します。",
    "{dept}としては、特に問題ありません。", "{topic}の担当は{dept}の{name}です。", "{quality}な{act}が必要だと考えます。",
    "費用は1{unit}当たり{yen}円です。", "{week}曜日と{week}曜日に{topic}の相談を受けています。",
]  # fmt: skip
DECIDE = [
    "{topic}については、原案のとおり決定します。", "{topic}の{act}は、{time}に延期します。", "{doc}を{date}までに{dept}が提出することとします。",
    "{topic}の予算は{money}とすることに決まりました。", "{name}{title}が{date}までに{doc}を{act}してください。", "{dept}は{time}までに{topic}を{act}してください。",
    "{topic}は{dept}と{dept}で{act}することとします。", "反対の意見がなければ、{topic}は承認とします。", "{topic}は継続して{act}とします。",
    "{topic}の{act}は{name}{title}にお願いします。",
]  # fmt: skip
CLOSE = [
    "次回は{date}の{clock}から、{place}で行います。", "次回の{meeting}は{date}です。", "議事録は{dept}の{name}が作成します。",
    "以上で、{meeting}を終わります。", "{doc}は{week}曜日までにお送りします。", "ほかになければ、{clock}に閉会とします。",
]  # fmt: skip
KINDS = {"open": CHAIR_OPEN, "next": CHAIR_NEXT, "report": REPORT, "ask": ASK, "answer": ANSWER, "decide": DECIDE, "close": CLOSE}
WEIGHTS = {"open": 1, "next": 1, "report": 3, "ask": 1.5, "answer": 2, "decide": 1.2, "close": 0.8}


def number(rng, digits):
    if digits == 2:
        return str(rng.choice([rng.randint(2, 9), rng.randint(10, 99)]))
    return str(rng.choice([rng.randint(2, 99), rng.randint(100, 999), rng.randint(100, 999)]))


def money(rng):
    form = rng.randrange(5)
    if form == 0:
        return f"{rng.randint(2, 99)}万円"
    if form == 1:
        return f"{rng.randint(1, 9)}億{rng.randint(1, 9)}千万円"
    if form == 2:
        return f"{rng.randint(1, 9)}億円"
    if form == 3:
        return f"{rng.randint(100, 990)}万円"
    return f"{rng.randint(1, 9)}千万円"


def clock(rng):
    hour = rng.choice(["午前8", "午前9", "午前10", "午前11", "午後1", "午後2", "午後3", "午後4", "午後5", "午後6", "午後7"])
    return f"{hour}時{rng.choice(['', '', '10分', '15分', '30分', '45分'])}"


def sentence(rng, kind=None, hospital=None, about=None):
    """One sentence. `about` fixes the topic that the first place for a topic takes."""
    kind = kind or rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
    hospital = rng.random() < 0.2 if hospital is None else hospital
    fixed = [about] if about else []
    lists = {
        "name": NAMES,
        "title": WARD_TITLES if hospital else TITLES,
        "dept": WARDS if hospital else DEPARTMENTS,
        "meeting": MEETINGS,
        "doc": DOCUMENTS,
        "act": ACTS,
        "quality": QUALITIES,
        "time": TIMES,
        "place": PLACES,
        "unit": COUNTED,
        "week": WEEK,
        "ground": GROUNDS,
        "people": PEOPLE,
    }
    made = {
        "topic": lambda: fixed.pop() if fixed else rng.choice(WARD_TOPICS if hospital and rng.random() < 0.7 else TOPICS),
        "n2": lambda: number(rng, 2),
        "n3": lambda: number(rng, 3),
        "n5": lambda: rng.choice(["5", "10", "15"]),
        "k": lambda: str(rng.randint(2, 9)),
        "page": lambda: str(rng.randint(1, 40)),
        "percent": lambda: rng.choice([f"{rng.randint(2, 99)}パーセント", f"{rng.randint(2, 99)}.{rng.randint(1, 9)}パーセント"]),
        "date": lambda: f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
        "clock": lambda: clock(rng),
        "money": lambda: money(rng),
        "yen": lambda: rng.choice([f"{rng.randint(1, 9)}千", f"{rng.randint(1, 9)}万{rng.randint(1, 9)}千", f"{rng.randint(2, 9)}00"]),
    }

    def fill(match):
        slot = match.group(1)
        return made[slot]() if slot in made else rng.choice(lists[slot])

    text = re.sub(r"\{(\w+)\}", fill, rng.choice(KINDS[kind]))
    return rng.choice(FILLERS) + text if rng.random() < 0.08 else text


def split_of(text):
    """train, held (1 %) or bench (3 %), by the sentence itself without its filler."""
    for filler in FILLERS:
        text = text.removeprefix(filler)
    if text in FIXED:
        return "any"
    part = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 100
    return "held" if part == 0 else "bench" if part < 4 else "train"


def sample_sentences():
    """What the shipped sample meeting says: kept out of training like the benchmark."""
    path = HERE / "sample_meeting.json"
    if not path.exists():
        return frozenset()
    return frozenset(line["text"] for line in json.loads(path.read_text())["lines"])


def draw(rng, split, kind=None, hospital=None, about=None):
    """A sentence of the given split."""
    kept_out = sample_sentences() if split == "train" else frozenset()
    while True:
        text = sentence(rng, kind, hospital, about)
        if split_of(text) == split and text not in kept_out:
            return text


def turn(rng, split, longest=4):
    """What one person says at a stretch: one to `longest` sentences, some of them fixed phrases."""
    kind = rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
    hospital = rng.random() < 0.2
    said = [draw(rng, split, kind, hospital) for _ in range(rng.randint(1, longest))]
    if rng.random() < 0.15:
        said.insert(0, rng.choice(FIXED))
    return said


def characters():
    """Every character that a text can hold, in a fixed order: the vocabulary of the model's decoder."""
    found = set("".join(FIXED + FILLERS + NAMES + TITLES + WARD_TITLES + DEPARTMENTS + WARDS + MEETINGS + TOPICS + WARD_TOPICS))
    found |= set("".join(DOCUMENTS + ACTS + QUALITIES + TIMES + PLACES + COUNTED + WEEK + GROUNDS + PEOPLE))
    for patterns in KINDS.values():
        found |= set(re.sub(r"\{\w+\}", "", "".join(patterns)))
    found |= set("0123456789.月日時分午前後万億千円パーセント、。")
    return sorted(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("split", choices=["train", "held", "bench"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(f"{arguments.split}/{arguments.seed}")
    for _ in range(arguments.count):
        print(draw(rng, arguments.split))
    print(len(characters()), "characters")


if __name__ == "__main__":
    main()
