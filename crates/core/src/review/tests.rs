//! Decisions of one, two and three people.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::acceptance::AuditState;
use crate::reading::{FieldReading, FieldState, PageKind, PageReading};

fn page() -> PageReading {
    let field = |text: &str, state| FieldReading {
        text: text.to_owned(),
        state,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: Vec::new(),
        signals: None,
    };
    PageReading {
        page: 1,
        kind: PageKind::Form,
        form: Some("f".to_owned()),
        form_version: Some(1),
        quarter_turns: 0,
        registration_error: None,
        placement: None,
        doubt: None,
        fields: BTreeMap::from([
            ("amount".to_owned(), field("12340", FieldState::Check)),
            ("kana".to_owned(), field("", FieldState::Unreadable)),
            ("name".to_owned(), field("山田太郎", FieldState::Sure)),
        ]),
        lines: Vec::new(),
    }
}

fn sheet(policy: CheckPolicy) -> SheetReview {
    SheetReview::of(&page(), policy, &SheetPlan::default(), Vec::new()).unwrap()
}

/// One more row.
fn then(sheet: SheetReview, by: UserId, action: ReviewAction) -> Result<SheetReview, ReviewRefusal> {
    sheet.allows(by, &action)?;
    let row = ReviewRow {
        sequence: sheet.version() + 1,
        at: Timestamp::UNIX_EPOCH,
        by,
        action,
    };
    Ok(sheet.followed_by(row).unwrap())
}

#[test]
fn no_two_looks_have_the_same_number() {
    let version = |reading, rows| SheetVersion { reading, rows }.number();
    assert_eq!(version(0, 7), 7);
    assert!(version(0, MAX_ROWS) < version(1, 0) && version(1, MAX_ROWS) < version(2, 0));
}

fn decide(field: &str, decision: Decision) -> ReviewAction {
    ReviewAction::Decide {
        field: field.to_owned(),
        decision,
    }
}

fn write(field: &str, text: &str) -> ReviewAction {
    decide(
        field,
        Decision::Correct {
            text: text.to_owned(),
        },
    )
}

#[test]
fn only_what_is_flagged_is_looked_at_and_the_sheet_ends_when_all_is_decided() {
    let clerk = UserId::generate();
    let first = sheet(CheckPolicy::Flagged);
    assert_eq!(first.open_for(clerk), ["amount", "kana"]);
    assert_eq!(
        then(first.clone(), clerk, ReviewAction::Finish),
        Err(ReviewRefusal::FieldsOpen)
    );
    assert_eq!(
        then(first.clone(), clerk, decide("kana", Decision::Accept)),
        Err(ReviewRefusal::NothingProposed),
        "there is no value to accept"
    );
    let held = then(first, clerk, write("amount", "12345")).unwrap();
    let held = then(held, clerk, decide("kana", Decision::Hold)).unwrap();
    assert_eq!(held.open_for(clerk), ["kana"], "what is held is open");
    let all = then(held, clerk, decide("kana", Decision::Unreadable)).unwrap();
    let done = then(all, clerk, ReviewAction::Finish).unwrap();
    assert_eq!(done.standing(), Standing::Done);
    let values: Vec<_> = ["amount", "kana", "name"]
        .map(|key| done.value(key).unwrap())
        .into();
    assert_eq!(values, ["12345", "", "山田太郎"]);
    let corrected = done.corrected(&page());
    assert_eq!(corrected.fields["amount"].text, "12345");
    assert!(
        corrected
            .fields
            .values()
            .all(|field| field.state == FieldState::Sure)
    );
    assert_eq!(corrected.fields["name"], page().fields["name"]);
    assert_eq!(
        then(done.clone(), clerk, write("name", "x")),
        Err(ReviewRefusal::Finished)
    );
    let again = then(done, clerk, ReviewAction::Reopen).unwrap();
    let again = then(again, clerk, write("name", "山田次郎")).unwrap();
    assert_eq!(
        again.value("name").unwrap(),
        "山田次郎",
        "also what was 確実 can be put right"
    );
}

#[test]
fn a_sheet_that_nobody_had_to_look_at_can_be_put_right() {
    let clerk = UserId::generate();
    let done = sheet(CheckPolicy::None);
    assert_eq!(done.standing(), Standing::Done);
    let open = then(done, clerk, ReviewAction::Reopen).unwrap();
    let right = then(open, clerk, write("name", "山田次郎")).unwrap();
    let done = then(right, clerk, ReviewAction::Finish).unwrap();
    assert_eq!(
        (done.standing(), done.value("name").unwrap().as_str()),
        (Standing::Done, "山田次郎")
    );
}

#[test]
fn an_undone_decision_gives_way_to_the_one_before_it() {
    let (clerk, colleague) = (UserId::generate(), UserId::generate());
    let twice = then(sheet(CheckPolicy::All), clerk, write("amount", "1")).unwrap();
    let twice = then(twice, clerk, write("amount", "2")).unwrap();
    assert_eq!(twice.value("amount").unwrap(), "2");
    assert_eq!(twice.last_own(clerk), Some(2));
    let undo = |sequence| ReviewAction::Undo { sequence };
    assert_eq!(
        then(twice.clone(), colleague, undo(2)),
        Err(ReviewRefusal::NothingToUndo)
    );
    let once = then(twice, clerk, undo(2)).unwrap();
    assert_eq!(once.value("amount").unwrap(), "1");
    assert_eq!(
        then(once.clone(), clerk, undo(2)),
        Err(ReviewRefusal::NothingToUndo)
    );
    let none = then(once, clerk, undo(1)).unwrap();
    assert_eq!(
        (none.value("amount").unwrap().as_str(), none.last_own(clerk)),
        ("12340", None)
    );
    assert_eq!(none.open_for(clerk).len(), 3);
}

#[test]
fn two_people_write_blind_and_a_third_decides_where_they_differ() {
    let [one, two, three] = [(); 3].map(|()| UserId::generate());
    let fill = |sheet: SheetReview, by, amount: &str| {
        let sheet = then(sheet, by, write("amount", amount)).unwrap();
        let sheet = then(sheet, by, write("kana", "ヤマダ")).unwrap();
        let sheet = then(sheet, by, write("name", "山田太郎")).unwrap();
        then(sheet, by, ReviewAction::Finish).unwrap()
    };
    let empty = sheet(CheckPolicy::Double);
    assert!(empty.is_blind());
    assert_eq!(
        then(empty.clone(), one, decide("amount", Decision::Accept)),
        Err(ReviewRefusal::NothingProposed)
    );
    let first = fill(empty, one, "12345");
    assert_eq!(
        then(first.clone(), one, write("amount", "9")),
        Err(ReviewRefusal::AlreadyWritten)
    );
    assert_eq!(
        first.value("amount").unwrap(),
        "12340",
        "one alone settles nothing"
    );
    let same = fill(first.clone(), two, "12345");
    assert_eq!(
        (same.standing(), same.value("amount").unwrap().as_str()),
        (Standing::Done, "12345")
    );
    let other = fill(first, two, "12346");
    let Standing::Open { task, not_by } = other.standing() else {
        panic!("{other:?}")
    };
    assert_eq!((task, not_by), (Task::Decide, vec![one, two]));
    assert!(!other.is_blind());
    assert_eq!(other.open_for(three), ["amount"], "only what differs");
    let decided = then(other, three, write("amount", "12346")).unwrap();
    let decided = then(decided, three, ReviewAction::Finish).unwrap();
    assert_eq!(decided.standing(), Standing::Done);
    assert_eq!(decided.value("amount").unwrap(), "12346");
    assert_eq!(decided.value("name").unwrap(), "山田太郎");
}

#[test]
fn the_rates_count_what_people_changed() {
    let clerk = UserId::generate();
    let done = then(sheet(CheckPolicy::Flagged), clerk, write("amount", "12345")).unwrap();
    let done = then(done, clerk, write("kana", "ヤマダ")).unwrap();
    let counted = figures(&done);
    assert_eq!(
        counted["amount"],
        FieldFigures {
            fields: 1,
            fields_corrected: 1,
            characters: 5,
            characters_corrected: 1
        }
    );
    assert_eq!(counted["kana"].characters_corrected, 3);
    assert_eq!(counted["name"].fields_corrected, 0);
    let mut all = FieldFigures::default();
    for one in counted.values() {
        all.add(one);
    }
    assert_eq!(all.character_rate(), Some(8.0 / 12.0));
    assert_eq!(all.field_rate(), Some(1.0 / 3.0));
    assert_eq!(FieldFigures::default().character_rate(), None);
}

#[test]
fn a_field_that_is_flagged_later_is_open_from_then_on_and_what_was_finished_stays() {
    let clerk = UserId::generate();
    let finish = |sheet: SheetReview| {
        let sheet = then(sheet, clerk, decide("amount", Decision::Accept)).unwrap();
        let sheet = then(sheet, clerk, decide("kana", Decision::Unreadable)).unwrap();
        then(sheet, clerk, ReviewAction::Finish).unwrap()
    };
    let open = then(
        sheet(CheckPolicy::Flagged),
        clerk,
        decide("amount", Decision::Accept),
    )
    .unwrap();
    let plan = SheetPlan {
        flagged: BTreeMap::from([("name".to_owned(), open.version())]),
        ..SheetPlan::default()
    };
    let flagged = open.under(plan.clone());
    assert_eq!(flagged.open_for(clerk), ["kana", "name"]);
    let kept = SheetReview::of(&page(), CheckPolicy::Flagged, &plan, flagged.rows().to_vec());
    assert_eq!(kept.unwrap(), flagged);
    let done = finish(sheet(CheckPolicy::Flagged));
    let later = SheetPlan {
        flagged: BTreeMap::from([("name".to_owned(), done.version())]),
        ..SheetPlan::default()
    };
    let kept = SheetReview::of(&page(), CheckPolicy::Flagged, &later, done.rows().to_vec()).unwrap();
    assert_eq!(kept.standing(), Standing::Done);
    let none = SheetReview::of(
        &page(),
        CheckPolicy::None,
        &SheetPlan {
            flagged: BTreeMap::from([("name".to_owned(), 0)]),
            ..SheetPlan::default()
        },
        Vec::new(),
    );
    assert_eq!(
        none.unwrap().open_for(clerk),
        ["name"],
        "also where nobody looks at anything"
    );
}

#[test]
fn what_passes_by_its_risk_goes_out_as_sure_and_what_is_flagged_does_not() {
    let plan = SheetPlan {
        flagged: BTreeMap::from([("name".to_owned(), 0)]),
        passed: std::collections::BTreeSet::from(["amount".to_owned()]),
        calibration: 2,
    };
    let sheet = SheetReview::of(&page(), CheckPolicy::Flagged, &plan, Vec::new()).unwrap();
    let clerk = UserId::generate();
    assert_eq!(sheet.open_for(clerk), ["kana", "name"]);
    let out = sheet.corrected(&page());
    assert_eq!(out.fields["amount"].state, FieldState::Sure);
    let name = &out.fields["name"];
    assert_eq!(
        (name.state, name.reasons.as_slice()),
        (FieldState::Check, &[crate::reading::Reason::AtRisk][..])
    );
    let decided = then(sheet, clerk, decide("name", Decision::Accept)).unwrap();
    assert_eq!(decided.corrected(&page()).fields["name"].state, FieldState::Sure);
}

#[test]
fn an_audit_hides_the_reading_and_puts_it_right() {
    let (clerk, auditor) = (UserId::generate(), UserId::generate());
    let with = |audit: AuditState| {
        sheet(CheckPolicy::Flagged).with_audits(BTreeMap::from([("name".to_owned(), audit)]))
    };
    let open = with(AuditState::Open);
    assert!(open.is_under_audit("name") && !open.is_under_audit("amount"));
    assert_eq!(
        then(open, clerk, decide("name", Decision::Accept)),
        Err(ReviewRefusal::UnderAudit)
    );
    let disputed = with(AuditState::Disputed {
        by: auditor,
        text: "山田大郎".to_owned(),
    });
    assert_eq!(
        disputed.value("name").unwrap(),
        "山田太郎",
        "one alone settles nothing"
    );
    let wrong = with(AuditState::Wrong {
        text: "山田大郎".to_owned(),
    });
    assert_eq!(wrong.corrected(&page()).fields["name"].text, "山田大郎");
    assert_eq!(figures(&wrong)["name"].fields_corrected, 1);
    let settled = then(wrong, clerk, write("name", "山田犬郎")).unwrap();
    assert_eq!(settled.value("name").unwrap(), "山田犬郎");
}

proptest! {
    /// Whatever people do in whatever order: what was allowed folds to the same sheet, and no value comes from
    /// nowhere.
    #[test]
    fn rows_fold_to_the_same_sheet(
        policy in prop_oneof![Just(CheckPolicy::Flagged), Just(CheckPolicy::All), Just(CheckPolicy::Double)],
        steps in proptest::collection::vec((0_usize..4, 0_usize..8, 0_usize..3), 0..60),
    ) {
        let people = [(); 4].map(|()| UserId::generate());
        let keys = ["amount", "kana", "name"];
        let mut review = sheet(policy);
        let mut written = vec![String::new(), "12340".to_owned(), "山田太郎".to_owned()];
        for (person, what, key) in steps {
            let action = match what {
                0 => decide(keys[key], Decision::Accept),
                1 => decide(keys[key], Decision::Hold),
                2 => decide(keys[key], Decision::Unreadable),
                3 => ReviewAction::Undo { sequence: review.version() },
                4 => ReviewAction::Finish,
                5 => ReviewAction::Reopen,
                text => write(keys[key], &format!("{text}{key}")),
            };
            if let ReviewAction::Decide { decision: Decision::Correct { text }, .. } = &action {
                written.push(text.clone());
            }
            if let Ok(next) = then(review.clone(), people[person], action) {
                review = next;
            }
        }
        let folded = SheetReview::of(&page(), policy, &SheetPlan::default(), review.rows().to_vec());
        prop_assert_eq!(folded.as_ref(), Ok(&review));
        for key in keys {
            prop_assert!(written.contains(&review.value(key).unwrap()));
        }
        let mut torn = review.rows().to_vec();
        if torn.len() > 1 {
            torn.remove(0);
            prop_assert!(SheetReview::of(&page(), policy, &SheetPlan::default(), torn).is_err());
        }
    }
}
