//! Accounts and sessions.

use jiff::SignedDuration;
use shoki_core::access::Role;
use shoki_core::digest::Sha256;

use super::office::Office;
use crate::account_store::{Account, LockPolicy, Presence, SessionLife};
use crate::error::StoreError;

const LIFE: SessionLife = SessionLife {
    idle: SignedDuration::from_mins(30),
    longest: SignedDuration::from_hours(12),
};
const POLICY: LockPolicy = LockPolicy {
    failures: 3,
    pause: SignedDuration::from_mins(15),
};

async fn account(office: &Office) -> Account {
    let made = office
        .store
        .create_account("satou", "phc", office.clerk.user)
        .await;
    made.expect("a new name")
}

/// A session lasts while it is used, and at most so long.
pub async fn a_session_ends_by_itself(office: &Office) {
    let store = &office.store;
    let account = account(office).await;
    let secret = Sha256::of(b"one");
    let opened = store.open_session(account.id, &secret).await.unwrap();
    assert_eq!(
        (opened.actor.user, opened.actor.department, opened.actor.role),
        (office.clerk.user, office.clerk.department, Role::Clerk)
    );
    assert_eq!(opened.person().unwrap().department_name, "市民税課");
    assert_eq!(
        store
            .session(&Sha256::of(b"other"), LIFE, Presence::AtDesk)
            .await
            .unwrap(),
        None
    );

    office.pass(SignedDuration::from_mins(29));
    assert_eq!(
        store.session(&secret, LIFE, Presence::AtDesk).await.unwrap(),
        Some(opened.clone())
    );
    office.pass(SignedDuration::from_mins(29));
    assert!(
        store
            .session(&secret, LIFE, Presence::AtDesk)
            .await
            .unwrap()
            .is_some(),
        "it was seen between"
    );
    office.pass(SignedDuration::from_mins(30));
    assert_eq!(
        store.session(&secret, LIFE, Presence::AtDesk).await.unwrap(),
        None,
        "idle"
    );

    let busy = Sha256::of(b"two");
    store.open_session(account.id, &busy).await.unwrap();
    for _ in 0..35 {
        office.pass(SignedDuration::from_mins(20));
        assert!(
            store
                .session(&busy, LIFE, Presence::AtDesk)
                .await
                .unwrap()
                .is_some()
        );
    }
    office.pass(SignedDuration::from_mins(20));
    assert_eq!(
        store.session(&busy, LIFE, Presence::AtDesk).await.unwrap(),
        None,
        "twelve hours"
    );

    let left = Sha256::of(b"left");
    store.open_session(account.id, &left).await.unwrap();
    office.pass(SignedDuration::from_mins(20));
    assert!(
        store
            .session(&left, LIFE, Presence::Background)
            .await
            .unwrap()
            .is_some()
    );
    office.pass(SignedDuration::from_mins(10));
    let by_itself = store.session(&left, LIFE, Presence::Background).await.unwrap();
    assert_eq!(by_itself, None, "a page alone keeps nobody signed in");

    let closed = Sha256::of(b"three");
    store.open_session(account.id, &closed).await.unwrap();
    store.end_session(&closed).await.unwrap();
    store.end_session(&closed).await.unwrap();
    assert_eq!(
        store.session(&closed, LIFE, Presence::AtDesk).await.unwrap(),
        None
    );
}

/// Wrong passwords lock the account for a while; a good one forgets them.
pub async fn guessing_is_stopped(office: &Office) {
    let store = &office.store;
    let account = account(office).await;
    let locked = async || store.account("satou").await.unwrap().unwrap().locked_until;
    for _ in 0..2 {
        store.refuse_sign_in(account.id, POLICY).await.unwrap();
    }
    store
        .open_session(account.id, &Sha256::of(b"good"))
        .await
        .unwrap();
    for _ in 0..2 {
        store.refuse_sign_in(account.id, POLICY).await.unwrap();
        assert_eq!(locked().await, None);
    }
    store.refuse_sign_in(account.id, POLICY).await.unwrap();
    assert_eq!(locked().await, Some(store.now() + POLICY.pause));
    store.set_password("satou", "another").await.unwrap();
    assert_eq!(locked().await, None);
    let chain = store.audit_chain(0, 1000).await.unwrap();
    let refused = chain.iter().filter(|row| row.action == "session.refused").count();
    let locks = chain.iter().filter(|row| row.action == "account.lock").count();
    assert_eq!((refused, locks), (5, 1));
}

/// Who works for two 課 acts as one of both, and as nobody else.
pub async fn a_person_of_two_departments_acts_as_one(office: &Office) {
    let store = &office.store;
    let account = account(office).await;
    store.add_person("satou", office.stranger.user).await.unwrap();
    let secret = Sha256::of(b"one");
    store.open_session(account.id, &secret).await.unwrap();
    store.act_as(&secret, office.stranger.user).await.unwrap();
    let session = store
        .session(&secret, LIFE, Presence::AtDesk)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(session.actor.department, office.stranger.department);
    assert_eq!(session.people.len(), 2);
    let foreign = store.act_as(&secret, office.auditor.user).await.unwrap_err();
    assert!(matches!(foreign, StoreError::NotFound), "{foreign:?}");

    let taken = store
        .create_account("other", "phc", office.clerk.user)
        .await
        .unwrap_err();
    assert!(matches!(taken, StoreError::AlreadyExists("person")), "{taken:?}");
    assert_eq!(store.account("other").await.unwrap(), None, "nothing half-made");
    let taken = store
        .create_account("satou", "phc", office.auditor.user)
        .await
        .unwrap_err();
    assert!(matches!(taken, StoreError::AlreadyExists("account")), "{taken:?}");
    let listed = store.accounts().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].1, session.people);
}

/// After another password nobody is signed in with the old one.
pub async fn a_new_password_ends_every_session(office: &Office) {
    let store = &office.store;
    let account = account(office).await;
    let secret = Sha256::of(b"one");
    store.open_session(account.id, &secret).await.unwrap();
    store.set_password("satou", "another").await.unwrap();
    assert_eq!(
        store.session(&secret, LIFE, Presence::AtDesk).await.unwrap(),
        None
    );
    let kept = store.account("satou").await.unwrap().unwrap();
    assert_eq!(kept.password_hash.as_deref(), Some("another"));
    let unknown = store.set_password("nobody", "x").await.unwrap_err();
    assert!(matches!(unknown, StoreError::NotFound), "{unknown:?}");
}
