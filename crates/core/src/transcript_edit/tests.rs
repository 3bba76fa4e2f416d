//! What corrections do, one by one, and what no sequence of them may do.

mod made;
mod properties;

use jiff::Timestamp;

use super::*;
use crate::audio::Millis;
use crate::transcript::Doubt;
use made::{Desk, meeting, replace, set_text, times};

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
