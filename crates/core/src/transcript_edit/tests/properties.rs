//! What holds for any sequence of corrections.

use proptest::prelude::*;

use super::*;

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
