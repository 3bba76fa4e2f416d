//! Calibrations learnt from corrections: kept, taken back, and what that means for the fields.

use std::collections::BTreeMap;

use shoki_core::acceptance::{Acceptance, ChangeCause, OffCause};
use shoki_core::calibration::{Calibration, Comparison, Quality};

use super::acceptance::{AcceptanceOffice, TERMS};
use crate::error::StoreError;

/// A learnt calibration counts until it is taken back; either way what is on is proven anew and what is off stays
/// off.
pub async fn a_calibration_is_kept_and_taken_back(office: &AcceptanceOffice) {
    let (acceptance, department) = (&office.acceptance, office.office.clerk.department);
    let quality = Quality {
        log_loss: 0.1,
        brier: 0.01,
        ece: 0.01,
        accepted: 0.8,
        missed: 0.002,
        bins: Vec::new(),
    };
    let comparison = Comparison {
        fitted_on: 500,
        held_back: 100,
        wrong: 12,
        now: quality.clone(),
        learnt: quality,
    };
    let learnt = |offset| Calibration {
        weights: BTreeMap::from([("offset".to_owned(), offset)]),
        ..Calibration::default()
    };
    office.drawn(2).await;
    office.ended(false).await;
    let keep = async |after, offset| {
        acceptance
            .keep_calibration(department, after, &learnt(offset), &comparison)
            .await
    };
    let first = keep(0, -1.0).await.unwrap();
    assert_eq!((first.version, &first.calibration), (1, &learnt(-1.0)));
    let standing = office.standing().await;
    assert_eq!(
        (standing.state, standing.evidence.audited, standing.audited_ever),
        (Acceptance::Proving, 0, 1)
    );
    let late = keep(0, -2.0).await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 1 })),
        "{late:?}"
    );
    let clerk = &office.office.clerk;
    acceptance
        .switch_acceptance(&office.office.colleague, "f", "name", false, TERMS)
        .await
        .unwrap();
    keep(1, -2.0).await.unwrap();
    let cause = OffCause::ByHand;
    assert_eq!(office.standing().await.state, Acceptance::Off { cause });
    let back = acceptance.withdraw_calibration(department).await.unwrap();
    assert_eq!(back.version, 2);
    let versions = acceptance.calibrations(department).await.unwrap();
    let withdrawn: Vec<bool> = versions.iter().map(|one| one.withdrawn_at.is_some()).collect();
    assert_eq!(withdrawn, [false, true]);
    acceptance.withdraw_calibration(department).await.unwrap();
    let none = acceptance.withdraw_calibration(department).await;
    assert!(matches!(none, Err(StoreError::NotFound)), "{none:?}");
    let causes: Vec<ChangeCause> = acceptance
        .acceptance_history(clerk, "f", "name")
        .await
        .unwrap()
        .iter()
        .map(|event| event.change.cause)
        .collect();
    assert_eq!(causes, [ChangeCause::Calibration, ChangeCause::Person]);
    let log = office.office.store.audit_chain(0, 1000).await.unwrap();
    let told: Vec<String> = log
        .iter()
        .filter(|event| event.action.starts_with("calibration."))
        .map(|event| format!("{} {}", event.action, event.subject))
        .collect();
    assert_eq!(
        told,
        [
            "calibration.apply 1",
            "calibration.apply 2",
            "calibration.back 2",
            "calibration.back 1"
        ]
    );
    let other = office.office.stranger.department;
    assert_eq!(acceptance.calibrations(other).await.unwrap(), []);
}
