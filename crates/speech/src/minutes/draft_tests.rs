//! What a model is told of the sample meeting, and what becomes of what it says.

use shoki_core::audio::Millis;
use shoki_core::minutes::SectionKind;
use shoki_core::minutes_draft::DraftedItem;
use shoki_core::transcript::SegmentId;

use super::super::compose;
use super::super::tests::sample::{Said, style};
use super::*;

fn sample() -> Said {
    Said::read("bench/samples/meeting.json")
}

/// The id under which a portion gives the statement that holds these words.
fn id_of(portion: &Portion, words: &str) -> String {
    let user: Value = serde_json::from_str(&portion.user).unwrap();
    let statements = user["statements"].as_array().unwrap();
    let statement = statements
        .iter()
        .find(|statement| statement["text"].as_str().unwrap().contains(words));
    statement.unwrap()["id"].as_str().unwrap().to_owned()
}

/// The item in whose statements these words are.
fn item_with(said: &Said, words: &str) -> (usize, ItemPrompt) {
    let (transcript, options, style) = (said.transcript(), said.options(), style("youten"));
    let all = (0..).map_while(|item| Some((item, prompt(&transcript, &options, &style, item)?)));
    let mut holding = all.filter(|(_, item)| item.portions.iter().any(|one| one.user.contains(words)));
    holding.next().unwrap()
}

fn drafted(item: &ItemPrompt, content: &Value) -> DraftedItem {
    DraftedItem {
        heading: item.heading.clone(),
        model: "m".to_owned(),
        sentences: item.portions[0].read(&content.to_string()).unwrap(),
    }
}

#[test]
fn a_true_sentence_is_supported_and_others_are_shown_as_not() {
    let said = sample();
    let (at, item) = item_with(&said, "1億8千万円");
    let budget = id_of(&item.portions[0], "1億8千万円");
    let content = json!({ "points": [
        { "sentence": "1億8千万円", "cites": [budget] },
        { "sentence": "予算は2億円である。", "cites": [budget] },
        { "sentence": "1億8千万円", "cites": ["S999", "x"] },
        { "sentence": "1億8千万円。" },
        { "sentence": "  ", "cites": [budget] },
        { "sentence": "あ".repeat(MAX_SENTENCE + 1), "cites": [budget] },
    ] });
    let draft = drafted(&item, &content);
    let minutes = |draft: &DraftedItem| {
        let drafts = std::slice::from_ref(draft);
        compose(
            &said.transcript(),
            &said.options(),
            &style("youten"),
            Millis(1),
            drafts,
        )
    };
    let composed = minutes(&draft);
    assert!(composed.drafted);
    let agenda = composed
        .sections
        .iter()
        .find(|section| section.kind == SectionKind::Agenda);
    let own = &agenda.unwrap().items[at];
    assert_eq!(own.heading, item.heading);
    let supported: Vec<bool> = own.sentences.iter().map(|sentence| sentence.supported).collect();
    assert_eq!(supported, [true, false, false, false]);
    assert!(own.sentences[0].text.ends_with('。') && !own.sentences[0].evidence.is_empty());
    assert!(own.sentences[2].evidence.is_empty());
    let rules = minutes(&DraftedItem {
        heading: Some("なくなった議題".to_owned()),
        ..draft
    });
    assert!(!rules.drafted);
    let own = compose(
        &said.transcript(),
        &said.options(),
        &style("youten"),
        Millis(1),
        &[],
    );
    assert_eq!(rules, own, "a draft of an item that is gone changes nothing");
}

#[test]
fn a_correction_takes_its_support_from_a_drafted_sentence() {
    let mut said = sample();
    let (_, item) = item_with(&said, "1億8千万円");
    let budget = id_of(&item.portions[0], "1億8千万円");
    let draft = drafted(
        &item,
        &json!({ "points": [{ "sentence": "1億8千万円。", "cites": [budget] }] }),
    );
    let turn = said
        .segments
        .iter_mut()
        .find(|turn| turn.text.contains("1億8千万円"));
    let turn = turn.unwrap();
    turn.text = turn.text.replace("1億8千万円", "1億3千万円");
    let minutes = compose(
        &said.transcript(),
        &said.options(),
        &style("youten"),
        Millis(1),
        &[draft],
    );
    let own = minutes
        .sentences()
        .find(|sentence| sentence.text == "1億8千万円。")
        .unwrap();
    assert!(!own.supported && !own.evidence.is_empty());
}

#[test]
fn a_long_item_is_given_whole_in_portions() {
    let mut said = sample();
    let long = "資料の内容を順に説明しました。".repeat(30);
    for turn in &mut said.segments[4..] {
        turn.text = long.clone();
    }
    let (transcript, options) = (said.transcript(), said.options());
    let items: Vec<ItemPrompt> = (0..)
        .map_while(|item| prompt(&transcript, &options, &style("youten"), item))
        .collect();
    let portions: Vec<&Portion> = items.iter().flat_map(|item| &item.portions).collect();
    assert!(portions.len() > 1);
    let sentences = said.segments.len() - 4;
    let given: usize = portions
        .iter()
        .map(|one| one.user.matches("資料の内容").count())
        .sum();
    assert_eq!(given, sentences * 30, "no statement is left out");
    for portion in portions {
        assert!(portion.user.chars().count() < MAX_CHARACTERS * 2);
        assert!(
            portion
                .places
                .iter()
                .flatten()
                .all(|place| place.segment >= SegmentId(1))
        );
    }
    assert_eq!(
        prompt(&transcript, &options, &style("chikugo"), 0),
        None,
        "no agenda"
    );
}

#[test]
fn a_reply_is_json_or_an_error() {
    let said = sample();
    let (_, item) = item_with(&said, "1億8千万円");
    let portion = &item.portions[0];
    assert_eq!(portion.read("```json\n{\"points\":[]}\n```"), Ok(Vec::new()));
    for content in [
        "",
        "要点はありません。",
        "{\"conclusion\":[]}",
        "{\"points\":[{\"cites\":[]}]}",
    ] {
        assert_eq!(portion.read(content), Err(ReplyError), "{content}");
    }
    assert_eq!(portion.read(&" ".repeat(MAX_REPLY_BYTES + 1)), Err(ReplyError));
    let many = json!({ "points": vec![json!({ "sentence": "一\n。", "cites": vec!["S1"; 99] }); 99] });
    let read = portion.read(&many.to_string()).unwrap();
    assert_eq!(read.len(), MAX_SENTENCES);
    assert_eq!(read[0].text, "一。");
}
