//! What corrections do, one by one, and what no sequence of them may do.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::audio::Millis;
use crate::transcript::{Doubt, Replacement, Segment, Speaker, Token};

fn token(text: &str, start: u64, end: u64) -> Token {
    Token {
        text: text.to_owned(),
        start: Millis(start),
        end: Millis(end),
        probability: 0.5,
    }
}

/// A segment of a second, its tokens of a length.
fn segment(id: u64, channel: u8, start: u64, speaker: u32, tokens: &[&str]) -> Segment {
    let length = 1000 / tokens.len().max(1) as u64;
    let tokens = (0..).zip(tokens).map(|(place, text)| {
        let begins = start + place * length;
        token(text, begins, begins + length)
    });
    Segment {
        id: SegmentId(id),
        channel,
        start: Millis(start),
        end: Millis(start + 1000),
        speaker: Some(SpeakerId(speaker)),
        tokens: tokens.collect(),
        doubts: vec![Doubt::Unsure],
        overlap: false,
        replacements: Vec::new(),
        withheld: None,
        version: 0,
    }
}

fn meeting() -> Transcript {
    let mut replaced = segment(2, 0, 1000, 2, &["浅", "川", "の", "件", "です"]);
    replaced.replacements = vec![Replacement {
        first: 0,
        tokens: 2,
        heard: "朝川".to_owned(),
    }];
    let speaker = |id| Speaker {
        id: SpeakerId(id),
        name: None,
        spoken: Millis(0),
    };
    let mut meeting = Transcript {
        speakers: vec![speaker(1), speaker(2), speaker(3)],
        segments: vec![
            segment(1, 0, 0, 1, &["予", "算", "は", "一", "億"]),
            replaced,
            segment(3, 1, 1500, 3, &["はい"]),
            segment(4, 0, 2000, 1, &["予算", "を", "可決", "しました"]),
            segment(5, 0, 3000, 2, &[]),
        ],
        ..Transcript::default()
    };
    meeting.count_spoken();
    meeting
}

/// A transcript on which a test makes corrections.
#[derive(Clone)]
struct Desk(EditedTranscript);

impl Desk {
    fn open() -> Self {
        Self(EditedTranscript::of(Arc::new(meeting()), Vec::new()).unwrap())
    }

    fn edit(&mut self, edit: Edit) -> Result<Draft, Refusal> {
        let draft = self.0.draft(edit)?;
        let row = EditRow {
            sequence: self.0.version() + 1,
            at: Timestamp::UNIX_EPOCH,
            by: UserId::from_uuid(uuid::Uuid::nil()),
            edit: draft.edit.clone(),
            touched: draft.touched.clone(),
        };
        self.0 = self.0.with(draft.clone(), row);
        Ok(draft)
    }

    fn undo(&mut self, sequence: u64) -> Result<Draft, Refusal> {
        self.edit(Edit::Undo { sequence })
    }

    fn text(&self, id: u64) -> String {
        self.0.segment(SegmentId(id)).unwrap().text()
    }

    fn rows(&self) -> Vec<EditRow> {
        self.0.rows().cloned().collect()
    }
}

fn set_text(segment: u64, text: &str) -> Edit {
    Edit::SetText {
        segment: SegmentId(segment),
        text: text.to_owned(),
    }
}

fn replace(from: &str, to: &str) -> Edit {
    Edit::ReplaceAll {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn times(segment: &Segment) -> Vec<(&str, u64, u64)> {
    let times = segment.tokens.iter();
    times
        .map(|token| (token.text.as_str(), token.start.0, token.end.0))
        .collect()
}

#[test]
fn what_stays_keeps_its_times_and_what_is_new_is_spread() {
    let mut desk = Desk::open();
    desk.edit(set_text(1, "予算は約二億")).unwrap();
    let segment = desk.0.segment(SegmentId(1)).unwrap();
    assert_eq!(
        times(segment),
        [
            ("予", 0, 200),
            ("算", 200, 400),
            ("は", 400, 600),
            ("約", 600, 700),
            ("二", 700, 800),
            ("億", 800, 1000)
        ]
    );
    assert_eq!(segment.tokens[3].probability, 1.0);
    assert_eq!(segment.tokens[0].probability, 0.5);
    assert_eq!((segment.doubts.as_slice(), segment.version), ([].as_slice(), 1));
    // Half of a token stays: its half of the time does.
    desk.edit(set_text(4, "予定を可決しました")).unwrap();
    let segment = desk.0.segment(SegmentId(4)).unwrap();
    assert_eq!(
        times(segment)[..3],
        [("予", 2000, 2125), ("定", 2125, 2250), ("を", 2250, 2500)]
    );
    // Where nothing stands, the whole segment is the gap.
    desk.edit(set_text(5, "はい")).unwrap();
    assert_eq!(
        times(desk.0.segment(SegmentId(5)).unwrap()),
        [("は", 3000, 3500), ("い", 3500, 4000)]
    );
    desk.edit(set_text(5, "")).unwrap();
    assert_eq!(desk.text(5), "");
}

#[test]
fn a_segment_is_split_inside_a_token_and_joined_again() {
    let mut desk = Desk::open();
    let split = |segment, at| Edit::Split {
        segment: SegmentId(segment),
        at,
    };
    for at in [0, 9, 10, u32::MAX] {
        assert_eq!(desk.edit(split(4, at)).unwrap_err(), Refusal::SplitAtEnd);
    }
    desk.edit(split(4, 4)).unwrap();
    let new = SegmentId(SPLIT_OFF + 1);
    let (one, other) = (
        desk.0.segment(SegmentId(4)).unwrap(),
        desk.0.segment(new).unwrap(),
    );
    assert_eq!(
        (one.text(), other.text()),
        ("予算を可".to_owned(), "決しました".to_owned())
    );
    assert_eq!(
        (one.end, other.start, other.end),
        (Millis(2625), Millis(2625), Millis(3000))
    );
    let order: Vec<_> = desk.0.segments().map(|segment| segment.id.0).collect();
    assert_eq!(order, [1, 2, 3, 4, SPLIT_OFF + 1, 5]);
    let join = |first, second| Edit::Join {
        first: SegmentId(first),
        second: SegmentId(second),
    };
    // Over a segment of the other channel, but not over one of the own.
    assert_eq!(desk.edit(join(1, 4)).unwrap_err(), Refusal::NotNeighbours);
    assert_eq!(desk.edit(join(4, 2)).unwrap_err(), Refusal::NotNeighbours);
    assert_eq!(desk.edit(join(2, 2)).unwrap_err(), Refusal::NotNeighbours);
    assert_eq!(desk.edit(join(2, 3)).unwrap_err(), Refusal::TwoChannels);
    assert_eq!(desk.edit(join(2, 9)).unwrap_err(), Refusal::UnknownSegment);
    desk.edit(join(2, 4)).unwrap();
    assert_eq!(desk.text(2), "浅川の件です予算を可");
    assert_eq!(desk.0.segment(SegmentId(4)), None);
    // A cut through a replaced word: it is none any more. One behind it moves along.
    assert_eq!(desk.0.segment(SegmentId(2)).unwrap().replacements.len(), 1);
    desk.edit(split(2, 1)).unwrap();
    assert_eq!(desk.0.segment(SegmentId(2)).unwrap().replacements, []);
}

#[test]
fn a_split_off_segment_stands_by_its_beginning() {
    let mut desk = Desk::open();
    desk.edit(Edit::Split {
        segment: SegmentId(2),
        at: 4,
    })
    .unwrap();
    let order: Vec<_> = desk.0.segments().map(|segment| segment.id.0).collect();
    assert_eq!(order, [1, 2, 3, SPLIT_OFF + 1, 4, 5]);
}

#[test]
fn a_word_is_replaced_in_every_segment_and_counted() {
    let mut desk = Desk::open();
    let draft = desk.edit(replace("予算", "決算")).unwrap();
    assert_eq!(
        (draft.replaced, draft.touched),
        (2, vec![SegmentId(1), SegmentId(4)])
    );
    assert_eq!(
        (desk.text(1), desk.text(4)),
        ("決算は一億".to_owned(), "決算を可決しました".to_owned())
    );
    assert_eq!(desk.0.segment(SegmentId(1)).unwrap().doubts, [Doubt::Unsure]);
    for (from, to, refusal) in [
        ("予算", "決算", Refusal::NothingFound),
        ("", "x", Refusal::ReplacementUnusable),
        ("決算", "決算", Refusal::ReplacementUnusable),
        ("決算", "a\nb", Refusal::ReplacementUnusable),
    ] {
        assert_eq!(desk.edit(replace(from, to)).unwrap_err(), refusal);
    }
    assert_eq!(desk.0.version(), 1);
}

#[test]
fn a_text_that_comes_back_is_not_replaced_unseen() {
    let mut desk = Desk::open();
    desk.edit(set_text(4, "")).unwrap();
    desk.edit(replace("予算", "決算")).unwrap();
    desk.undo(1).unwrap();
    assert_eq!(
        (desk.text(1), desk.text(4)),
        ("決算は一億".to_owned(), "予算を可決しました".to_owned())
    );
}

#[test]
fn a_word_of_the_vocabulary_is_taken_back() {
    let mut desk = Desk::open();
    desk.edit(set_text(2, "ええ浅川の件ですね")).unwrap();
    let revert = || Edit::RevertReplacement {
        segment: SegmentId(2),
        index: 0,
    };
    assert_eq!(desk.0.segment(SegmentId(2)).unwrap().replacements[0].first, 2);
    desk.edit(revert()).unwrap();
    assert_eq!(desk.text(2), "ええ朝川の件ですね");
    assert_eq!(desk.edit(revert()).unwrap_err(), Refusal::UnknownReplacement);
}

#[test]
fn speakers_are_named_added_merged_and_found_anew() {
    let mut desk = Desk::open();
    let name = |name: &str| Some(name.to_owned());
    desk.edit(Edit::AddSpeaker {
        name: name(" 佐藤課長 "),
    })
    .unwrap();
    assert_eq!(desk.0.speakers()[3].shown_ja(), "佐藤課長");
    desk.edit(Edit::SetSpeaker {
        segment: SegmentId(3),
        speaker: Some(SpeakerId(4)),
    })
    .unwrap();
    // Whoever was added cannot go while somebody is said to be that person.
    assert_eq!(desk.undo(1).unwrap_err(), Refusal::LaterEdits);
    for unusable in ["", " ", "a\nb", &"長".repeat(61)] {
        assert_eq!(
            desk.edit(Edit::AddSpeaker { name: name(unusable) }).unwrap_err(),
            Refusal::NameUnusable
        );
    }
    let merge = |from, into| Edit::MergeSpeakers {
        from: SpeakerId(from),
        into: SpeakerId(into),
    };
    assert_eq!(desk.edit(merge(1, 1)).unwrap_err(), Refusal::SameSpeaker);
    assert_eq!(desk.edit(merge(1, 9)).unwrap_err(), Refusal::UnknownSpeaker);
    let draft = desk.edit(merge(4, 2)).unwrap();
    assert_eq!(draft.touched, [SegmentId(3)]);
    let speakers = desk.0.speakers();
    assert_eq!(speakers[1].shown_ja(), "佐藤課長");
    assert_eq!(speakers[1].spoken, Millis(3000));
    // The next number was never used, whatever was undone.
    desk.edit(Edit::AddSpeaker { name: None }).unwrap();
    assert_eq!(desk.0.speakers().last().unwrap().id, SpeakerId(5));
    desk.undo(4).unwrap();
    assert_eq!(desk.0.next_speaker(), SpeakerId(6));
    let assign = |speaker| Edit::AssignSpeakers {
        of: vec![
            (SegmentId(1), SpeakerId(speaker)),
            (SegmentId(4), SpeakerId(speaker)),
        ],
    };
    assert_eq!(desk.edit(assign(4)).unwrap_err(), Refusal::UnknownSpeaker);
    desk.edit(assign(6)).unwrap();
    let ids: Vec<_> = desk.0.speakers().iter().map(|speaker| speaker.id.0).collect();
    // 1 and 3 say nothing any more and have no name.
    assert_eq!(ids, [2, 6]);
    assert_eq!(desk.0.placed_by_hand(), [SegmentId(3)].into());
}

#[test]
fn finished_work_is_reopened_first() {
    let mut desk = Desk::open();
    assert_eq!(desk.edit(Edit::Reopen).unwrap_err(), Refusal::NotFinished);
    desk.edit(set_text(1, "x")).unwrap();
    desk.edit(Edit::Finish).unwrap();
    for edit in [
        set_text(1, "y"),
        Edit::Finish,
        replace("予", "余"),
        Edit::Undo { sequence: 1 },
    ] {
        assert_eq!(desk.edit(edit).unwrap_err(), Refusal::Finished);
    }
    desk.undo(2).unwrap();
    desk.undo(3).unwrap();
    assert!(desk.0.is_finished(), "brought back");
    desk.edit(Edit::Reopen).unwrap();
    desk.edit(set_text(1, "y")).unwrap();
    assert_eq!(desk.undo(5).unwrap_err(), Refusal::LaterEdits);
    assert_eq!(fold(&meeting(), &desk.rows()).unwrap(), desk.0.transcript());
}

#[test]
fn an_undo_is_undone_and_later_edits_stay() {
    let mut desk = Desk::open();
    desk.edit(set_text(1, "一")).unwrap();
    desk.edit(set_text(4, "四")).unwrap();
    desk.undo(1).unwrap();
    assert_eq!(
        (desk.text(1), desk.text(4)),
        ("予算は一億".to_owned(), "四".to_owned())
    );
    assert_eq!(desk.undo(1).unwrap_err(), Refusal::AlreadyUndone);
    assert_eq!(desk.undo(9).unwrap_err(), Refusal::UnknownEdit);
    assert_eq!(desk.0.segment(SegmentId(1)).unwrap().version, 3);
    desk.undo(3).unwrap();
    assert_eq!(desk.text(1), "一");
    assert_eq!(desk.0.last_own(UserId::from_uuid(uuid::Uuid::nil())), Some(2));
    // INV-EDIT-1: the newer text of a segment goes first.
    desk.edit(set_text(1, "壱")).unwrap();
    assert_eq!(desk.undo(1).unwrap_err(), Refusal::LaterEdits);
    desk.undo(5).unwrap();
    desk.undo(1).unwrap();
    // … and the older one comes back first.
    assert_eq!(desk.undo(6).unwrap_err(), Refusal::LaterEdits);
    assert_eq!(desk.text(1), "予算は一億");
}

#[test]
fn rows_that_make_no_transcript_are_refused() {
    let row = |sequence, edit| EditRow {
        sequence,
        at: Timestamp::UNIX_EPOCH,
        by: UserId::from_uuid(uuid::Uuid::nil()),
        edit,
        touched: Vec::new(),
    };
    let gap = fold(&meeting(), &[row(2, Edit::Finish)]).unwrap_err();
    assert_eq!(gap, FoldError::Gap { expected: 1 });
    for edit in [
        Edit::Undo { sequence: 1 },
        Edit::Undo { sequence: 0 },
        set_text(9, ""),
    ] {
        assert!(matches!(
            fold(&meeting(), &[row(1, edit)]).unwrap_err(),
            FoldError::Refused { sequence: 1, .. }
        ));
    }
    let twice = [
        row(1, set_text(1, "")),
        row(2, Edit::Undo { sequence: 1 }),
        row(3, Edit::Undo { sequence: 1 }),
    ];
    assert!(fold(&meeting(), &twice).is_err());
}

#[test]
fn every_refusal_has_its_sentence_and_every_edit_its_json() {
    assert!(Refusal::LaterEdits.sentence_ja().contains("先に新しい方"));
    let json = serde_json::to_string(&set_text(3, "はい")).unwrap();
    assert_eq!(json, r#"{"kind":"set_text","segment":3,"text":"はい"}"#);
    assert_eq!(serde_json::from_str::<Edit>(&json).unwrap(), set_text(3, "はい"));
}

fn some_text() -> impl Strategy<Value = String> {
    "[予算はい一億。a]{0,8}"
}

/// Mostly about what there is, now and then about what there is not.
fn some_edit() -> impl Strategy<Value = Edit> {
    let segment = || {
        prop_oneof![
            (1_u64..7).prop_map(SegmentId),
            (1_u64..9).prop_map(|sequence| SegmentId(SPLIT_OFF + sequence))
        ]
    };
    let speaker = || (1_u32..7).prop_map(SpeakerId);
    let name = proptest::option::of("[佐藤 ]{0,3}");
    prop_oneof![
        3 => (segment(), some_text()).prop_map(|(segment, text)| Edit::SetText { segment, text }),
        1 => (segment(), proptest::option::of(speaker()))
            .prop_map(|(segment, speaker)| Edit::SetSpeaker { segment, speaker }),
        1 => (speaker(), speaker()).prop_map(|(from, into)| Edit::MergeSpeakers { from, into }),
        1 => (speaker(), name.clone()).prop_map(|(speaker, name)| Edit::RenameSpeaker { speaker, name }),
        1 => name.prop_map(|name| Edit::AddSpeaker { name }),
        3 => (segment(), 0_u32..9).prop_map(|(segment, at)| Edit::Split { segment, at }),
        3 => (segment(), segment()).prop_map(|(first, second)| Edit::Join { first, second }),
        2 => ("[予はい]{0,2}", "[算x]{0,2}").prop_map(|(from, to)| Edit::ReplaceAll { from, to }),
        1 => proptest::collection::vec((segment(), speaker()), 0..3)
            .prop_map(|of| Edit::AssignSpeakers { of }),
        1 => (segment(), 0_u32..2).prop_map(|(segment, index)| Edit::RevertReplacement { segment, index }),
        1 => segment().prop_map(|segment| Edit::Confirm { segment }),
        1 => Just(Edit::Finish),
        1 => Just(Edit::Reopen),
        3 => (0_u64..12).prop_map(|sequence| Edit::Undo { sequence }),
    ]
}

/// Without the numbers of corrections.
fn plain(mut transcript: Transcript) -> Transcript {
    transcript.version = 0;
    for segment in &mut transcript.segments {
        segment.version = 0;
    }
    transcript
}

proptest! {
    #[test]
    fn no_sequence_of_edits_breaks_a_promise(edits in proptest::collection::vec(some_edit(), 0..24)) {
        let mut desk = Desk::open();
        for edit in edits {
            let before = desk.clone();
            let Ok(draft) = desk.edit(edit) else {
                prop_assert_eq!(before.0.transcript(), desk.0.transcript());
                continue;
            };
            // Kept up to date and folded anew, it is the same.
            let folded = fold(&meeting(), &desk.rows()).unwrap();
            prop_assert_eq!(&folded, &desk.0.transcript());
            let followed = before.0.clone().followed_by(vec![desk.rows().pop().unwrap()]).unwrap();
            prop_assert_eq!(&followed.transcript(), &folded);
            for segment in &folded.segments {
                if !draft.touched.contains(&segment.id) {
                    let earlier = before.0.segment(segment.id).unwrap();
                    prop_assert_eq!(&earlier.tokens, &segment.tokens);
                    prop_assert_eq!((earlier.start, earlier.end, earlier.version), (segment.start, segment.end, segment.version));
                }
                let mut at = segment.start;
                for token in &segment.tokens {
                    prop_assert!(at <= token.start && token.start <= token.end, "{:?}", segment);
                    at = token.end;
                }
                prop_assert!(at <= segment.end, "{:?}", segment);
                let tokens = segment.tokens.len();
                prop_assert!(segment.replacements.iter().all(|word| (word.first + word.tokens) as usize <= tokens));
            }
            let numbers: std::collections::BTreeSet<_> = folded.segments.iter().map(|s| s.id).collect();
            prop_assert_eq!(numbers.len(), folded.segments.len());
            prop_assert!(folded.segments.is_sorted_by_key(|segment| segment.start));
        }
        // The newest standing edit can always be undone; in the end it is as it was heard.
        loop {
            let standing = desk.0.rows().rev().find(|row| {
                !matches!(row.edit, Edit::Undo { .. }) && !desk.0.is_undone(row.sequence)
            });
            let Some(sequence) = standing.map(|row| row.sequence) else { break };
            desk.undo(sequence).unwrap();
        }
        prop_assert_eq!(plain(desk.0.transcript()), meeting());
    }

    #[test]
    fn folding_rows_of_any_kind_never_panics(
        edits in proptest::collection::vec((some_edit(), proptest::collection::vec(0_u64..9, 0..3)), 0..12),
    ) {
        let row = |(sequence, (edit, touched)): (u64, (Edit, Vec<u64>))| EditRow {
            sequence,
            at: Timestamp::UNIX_EPOCH,
            by: UserId::from_uuid(uuid::Uuid::nil()),
            edit,
            touched: touched.into_iter().map(SegmentId).collect(),
        };
        let rows: Vec<_> = (1..).zip(edits).map(row).collect();
        let _ = fold(&meeting(), &rows);
    }
}
