//! Auto-accept: audits between people, what they lead to, what stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use shoki_core::acceptance::{AcceptTerms, Acceptance, AuditState, ChangeCause, OffCause, clean_needed};
use shoki_core::access::Actor;
use shoki_core::form::FieldType;
use shoki_core::id::JobId;
use shoki_core::review::{SheetPlan, SheetVersion, Task};

use super::office::Office;
use super::reviews::{open, row, sheet};
use crate::acceptance_model::{
    AUDIT_LOCK, Audit, AuditAnswer, AuditPlace, FieldAcceptance, NewAudit, NewPlan,
};
use crate::acceptance_store::AcceptanceStore;
use crate::error::StoreError;
use crate::model::NewSheet;

/// 20 %: fourteen clean audits prove a field.
pub(super) const TERMS: AcceptTerms = AcceptTerms {
    limit: 0.2,
    proving_share: 1.0,
    proven_share: 0.5,
};

/// An office whose store also does auto-accept.
#[derive(Debug)]
pub struct AcceptanceOffice {
    /// The office.
    pub office: Office,
    /// The same store.
    pub acceptance: Arc<dyn AcceptanceStore>,
}

impl AcceptanceOffice {
    /// A job of `pages` sheets, each with an audit of its name.
    pub(super) async fn drawn(&self, pages: u32) -> JobId {
        let job = self.office.planned_job("a.pdf", pages).await;
        self.office.finish().await;
        let audited = |page| NewSheet {
            audits: vec![NewAudit {
                field: "name".to_owned(),
                kind: FieldType::Name,
                is_empty: false,
                share: 1.0,
            }],
            terms: TERMS,
            ..sheet(page)
        };
        let sheets: Vec<NewSheet> = (1..=pages).map(audited).collect();
        let store = &self.office.store;
        store
            .open_review(&self.office.clerk, job.id, &sheets)
            .await
            .unwrap();
        job.id
    }

    async fn next(&self, actor: &Actor) -> Option<Audit> {
        self.acceptance.next_audit(actor).await.unwrap()
    }

    async fn answer(
        &self,
        actor: &Actor,
        audit: &Audit,
        after: &AuditState,
    ) -> Result<FieldAcceptance, StoreError> {
        let answer = AuditAnswer {
            at: place(audit),
            before: &audit.state,
            after,
            terms: TERMS,
        };
        self.acceptance.answer_audit(actor, &answer).await
    }

    /// Answers the next audit with an error that the colleague confirms, or without one.
    pub(super) async fn ended(&self, wrong: bool) -> FieldAcceptance {
        let clerk = &self.office.clerk;
        let audit = self.next(clerk).await.expect("an audit waits");
        if !wrong {
            return self.answer(clerk, &audit, &AuditState::Clean).await.unwrap();
        }
        self.answer(clerk, &audit, &disputed(clerk)).await.unwrap();
        let colleague = &self.office.colleague;
        let audit = self.acceptance.audit(colleague, place(&audit)).await.unwrap();
        let text = "佐籐".to_owned();
        self.answer(colleague, &audit, &AuditState::Wrong { text })
            .await
            .unwrap()
    }

    pub(super) async fn standing(&self) -> FieldAcceptance {
        let terms = BTreeMap::from([("f".to_owned(), TERMS)]);
        let all = self
            .acceptance
            .acceptance(&self.office.clerk, &terms)
            .await
            .unwrap();
        let [one] = <[FieldAcceptance; 1]>::try_from(all).expect("one field");
        one
    }
}

fn place(audit: &Audit) -> AuditPlace<'_> {
    AuditPlace {
        job: audit.job,
        page: audit.page,
        field: &audit.drawn.field,
    }
}

fn disputed(by: &Actor) -> AuditState {
    AuditState::Disputed {
        by: by.user,
        text: "佐籐".to_owned(),
    }
}

/// One audit is with one person until the lock has run out; a dispute goes to somebody else; the slower answer
/// is refused.
pub async fn an_audit_is_with_one_person(office: &AcceptanceOffice) {
    let (clerk, colleague) = (&office.office.clerk, &office.office.colleague);
    let job = office.drawn(2).await;
    let mine = office.next(clerk).await.expect("an audit");
    let theirs = office.next(colleague).await.expect("another");
    assert_eq!((mine.page, theirs.page), (1, 2));
    assert_eq!(
        office.next(clerk).await.map(|audit| audit.page),
        Some(1),
        "the own one"
    );
    let taken = office.answer(colleague, &mine, &AuditState::Clean).await;
    assert!(matches!(taken, Err(StoreError::Locked)), "{taken:?}");
    office.office.pass(AUDIT_LOCK + SignedDuration::from_secs(1));
    assert_eq!(office.next(colleague).await.map(|audit| audit.page), Some(1));
    office
        .answer(colleague, &mine, &disputed(colleague))
        .await
        .unwrap();
    let late = office.answer(clerk, &mine, &AuditState::Clean).await;
    assert!(matches!(late, Err(StoreError::VersionChanged { .. })), "{late:?}");
    assert_eq!(
        office.next(colleague).await.map(|audit| audit.page),
        Some(2),
        "nobody decides about the own value"
    );
    let dispute = office.next(clerk).await.expect("the dispute");
    assert_eq!((dispute.page, &dispute.state), (1, &disputed(colleague)));
    let of_job = office.acceptance.audits_of(clerk, job, None).await.unwrap();
    assert_eq!(of_job.iter().map(|audit| audit.page).collect::<Vec<_>>(), [1, 2]);
    let of_page = office.acceptance.audits_of(clerk, job, Some(2)).await.unwrap();
    assert_eq!(of_page.iter().map(|audit| audit.page).collect::<Vec<_>>(), [2]);
    let stranger = &office.office.stranger;
    assert_eq!(office.next(stranger).await, None);
    let theirs = office.acceptance.audit(stranger, place(&mine)).await;
    assert!(matches!(theirs, Err(StoreError::NotFound)), "{theirs:?}");
    let theirs = office.acceptance.audits_of(stranger, job, None).await;
    assert!(matches!(theirs, Err(StoreError::NotFound)), "{theirs:?}");
    let theirs = office.answer(stranger, &mine, &AuditState::Clean).await;
    assert!(matches!(theirs, Err(StoreError::NotFound)), "{theirs:?}");
    let none = office
        .acceptance
        .acceptance(stranger, &BTreeMap::new())
        .await
        .unwrap();
    assert_eq!(none, []);
}

/// Whoever was given the readings of a job is not asked about it, and can answer nothing that was lent before.
pub async fn whoever_has_the_readings_cannot_audit(office: &AcceptanceOffice) {
    let (clerk, colleague) = (&office.office.clerk, &office.office.colleague);
    let job = office.drawn(1).await;
    let lent = office.next(clerk).await.expect("an audit");
    office.acceptance.record_sight(clerk, job).await.unwrap();
    office.acceptance.record_sight(clerk, job).await.unwrap();
    let refused = office.answer(clerk, &lent, &AuditState::Clean).await;
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    office.office.pass(AUDIT_LOCK + SignedDuration::from_secs(1));
    assert_eq!(office.next(clerk).await, None);
    let free = office
        .next(colleague)
        .await
        .expect("the colleague has seen nothing");
    office.answer(colleague, &free, &AuditState::Clean).await.unwrap();
    // Nothing is open any more: a sight is not recorded, and a later job is another one.
    office.acceptance.record_sight(colleague, job).await.unwrap();
    let later = office.drawn(1).await;
    assert_eq!(office.next(clerk).await.map(|audit| audit.job), Some(later));
    let theirs = office.acceptance.record_sight(&office.office.stranger, job).await;
    assert!(matches!(theirs, Err(StoreError::NotFound)), "{theirs:?}");
}

/// Errors that the limit does not allow switch the field off, with a line of history, an audit event, and its
/// unanswered audits withdrawn; a person switches it on again, and it is proven anew.
pub async fn errors_switch_a_field_off_and_a_person_switches_it_on(office: &AcceptanceOffice) {
    let (clerk, colleague) = (&office.office.clerk, &office.office.colleague);
    let job = office.drawn(6).await;
    let first = office.ended(true).await;
    // One error in one audit: the rate is at least 5 % at 95 %, which 20 % allows.
    assert_eq!((first.state, first.evidence.wrong), (Acceptance::Proving, 1));
    let cause = OffCause::ErrorsShown;
    let second = office.ended(true).await;
    assert_eq!(second.state, Acceptance::Off { cause });
    assert_eq!((second.evidence.audited, second.evidence.open), (2, 0));
    assert_eq!(
        office.next(clerk).await,
        None,
        "what nobody answered is withdrawn"
    );
    assert_eq!(
        office.acceptance.audits_of(clerk, job, None).await.unwrap().len(),
        2
    );
    let history = async || {
        office
            .acceptance
            .acceptance_history(clerk, "f", "name")
            .await
            .unwrap()
    };
    let lines = history().await;
    assert_eq!((lines.len(), lines[0].by), (1, Some(colleague.user)));
    assert_eq!(
        (lines[0].change.to, lines[0].change.cause),
        (second.state, ChangeCause::Audits)
    );
    let switch = async |on| {
        let done = office
            .acceptance
            .switch_acceptance(colleague, "f", "name", on, TERMS)
            .await;
        done.unwrap()
    };
    let on = switch(true).await;
    assert_eq!((on.state, on.evidence.audited), (Acceptance::Proving, 0));
    assert_eq!(on.audited_ever, 2, "what was found stays known");
    assert_eq!(switch(true).await, on, "it is so already");
    let cause = OffCause::ByHand;
    assert_eq!(switch(false).await.state, Acceptance::Off { cause });
    assert_eq!(office.standing().await.state, Acceptance::Off { cause });
    assert_eq!(history().await.len(), 3);
    let moved = office.acceptance.moved_fields(clerk).await.unwrap();
    let name = ("f".to_owned(), "name".to_owned());
    assert_eq!(moved, BTreeMap::from([(name, Acceptance::Off { cause })]));
    let log = office.office.store.audit_chain(0, 1000).await.unwrap();
    let moves: Vec<(&str, &str)> = log
        .iter()
        .filter(|event| event.subject == "f/name")
        .map(|event| (event.action.as_str(), event.subject.as_str()))
        .collect();
    let actions: Vec<&str> = moves.iter().map(|(action, _)| *action).collect();
    assert_eq!(
        actions,
        ["acceptance.off", "acceptance.proving", "acceptance.off"]
    );
    let answers = log.iter().filter(|event| event.action == "acceptance.audit");
    assert_eq!(answers.count(), 4);
    assert!(!log.iter().any(|event| event.subject.contains("佐籐")));
    let stranger = &office.office.stranger;
    let theirs = office
        .acceptance
        .acceptance_history(stranger, "f", "name")
        .await
        .unwrap();
    assert_eq!(theirs, []);
    assert!(office.acceptance.moved_fields(stranger).await.unwrap().is_empty());
}

/// As many clean audits as are needed prove the field; a blank that was read as blank is none of them.
pub async fn clean_audits_prove_a_field(office: &AcceptanceOffice) {
    let needed = clean_needed(TERMS.limit);
    for audited in 1..=needed {
        office.drawn(1).await;
        let now = office.ended(false).await;
        let expected = if audited == needed {
            Acceptance::Proven
        } else {
            Acceptance::Proving
        };
        assert_eq!((now.state, now.evidence.audited), (expected, audited));
    }
    let job = office.office.planned_job("blank.pdf", 1).await;
    office.office.finish().await;
    let blank = NewSheet {
        audits: vec![NewAudit {
            field: "name".to_owned(),
            kind: FieldType::Name,
            is_empty: true,
            share: 0.5,
        }],
        terms: TERMS,
        ..sheet(1)
    };
    let store = &office.office.store;
    store
        .open_review(&office.office.clerk, job.id, &[blank])
        .await
        .unwrap();
    let now = office.ended(false).await;
    assert_eq!((now.evidence.audited, now.audited_ever), (needed, needed + 1));
}

/// Audits that nobody does switch the field off: a bound that nobody checks is none.
pub async fn audits_that_pile_up_switch_a_field_off(office: &AcceptanceOffice) {
    let most = clean_needed(TERMS.limit) / 2;
    office.drawn(most).await;
    assert_eq!(office.standing().await.state, Acceptance::Proving);
    office.drawn(1).await;
    let cause = OffCause::AuditsWait;
    let now = office.standing().await;
    assert_eq!((now.state, now.evidence.open), (Acceptance::Off { cause }, 0));
}

/// What audits found stays when the document goes; what people wrote goes with it.
pub async fn results_outlive_the_document(office: &AcceptanceOffice) {
    let clerk = &office.office.clerk;
    let job = office.drawn(2).await;
    office.ended(true).await;
    let document = office.office.store.job(clerk, job).await.unwrap().document;
    office
        .office
        .store
        .delete_document(clerk, document)
        .await
        .unwrap();
    let now = office.standing().await;
    assert_eq!(
        (now.evidence.audited, now.evidence.wrong, now.evidence.open),
        (1, 1, 0)
    );
    assert_eq!(office.next(clerk).await, None);
}

/// An open sheet takes another plan as long as nobody added a row; one that is done stays as it is.
pub async fn an_open_sheet_is_planned_anew(office: &AcceptanceOffice) {
    let clerk = &office.office.clerk;
    let store = &office.office.store;
    let job = office.drawn(1).await;
    let plan = SheetPlan {
        flagged: BTreeMap::from([("name".to_owned(), 1)]),
        ..SheetPlan::default()
    };
    let new = |rows| NewPlan {
        page: 1,
        expected: SheetVersion { reading: 0, rows },
        plan: plan.clone(),
        open_fields: 3,
    };
    store
        .append_review(clerk, job, &row(1, 0, open(Task::Check)))
        .await
        .unwrap();
    let late = office.acceptance.replan_sheet(clerk, job, &new(0)).await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 1 })),
        "{late:?}"
    );
    office.acceptance.replan_sheet(clerk, job, &new(1)).await.unwrap();
    let now = store.review_sheets(clerk, job).await.unwrap();
    assert_eq!((&now[0].plan, now[0].open_fields), (&plan, 3));
    let done = row(1, 1, shoki_core::review::Standing::Done);
    store.append_review(clerk, job, &done).await.unwrap();
    let other = NewPlan {
        plan: SheetPlan::default(),
        ..new(2)
    };
    office.acceptance.replan_sheet(clerk, job, &other).await.unwrap();
    let now = store.review_sheets(clerk, job).await.unwrap();
    assert_eq!(now[0].plan, plan, "a sheet that is done stays as it is");
    let theirs = office
        .acceptance
        .replan_sheet(&office.office.stranger, job, &new(2))
        .await;
    assert!(matches!(theirs, Err(StoreError::NotFound)), "{theirs:?}");
}
