//! 課, people, tokens.

use jiff::SignedDuration;
use shoki_core::access::Role;
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, TokenId, UserId};

use super::office::Office;
use crate::error::StoreError;
use crate::model::NewToken;

/// A 課's name is unique in the office, a person's in the 課.
pub async fn names_are_unique(office: &Office) {
    let store = &office.store;
    let taken = store.create_department("市民税課").await.unwrap_err();
    assert!(
        matches!(taken, StoreError::AlreadyExists("department")),
        "{taken:?}"
    );
    let department = office.clerk.department;
    let taken = store
        .create_user(department, "佐藤", Role::Auditor)
        .await
        .unwrap_err();
    assert!(matches!(taken, StoreError::AlreadyExists("user")), "{taken:?}");
    let nowhere = store
        .create_user(DepartmentId::generate(), "佐藤", Role::Clerk)
        .await
        .unwrap_err();
    assert!(matches!(nowhere, StoreError::NotFound), "{nowhere:?}");
}

/// 課 and people come back as they were made, by name.
pub async fn people_are_listed_by_name(office: &Office) {
    let store = &office.store;
    let names = |list: Vec<crate::model::Department>| list.into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(store.departments().await.unwrap()), ["市民税課", "福祉課"]);
    let users = store.users(office.clerk.department).await.unwrap();
    let listed: Vec<_> = users
        .iter()
        .map(|user| (user.id, user.name.as_str(), user.role))
        .collect();
    assert_eq!(
        listed,
        [
            (office.clerk.user, "佐藤", Role::Clerk),
            (office.colleague.user, "鈴木", Role::DepartmentAdmin),
        ]
    );
    assert!(
        users
            .iter()
            .all(|user| user.department == office.clerk.department)
    );
}

/// A secret signs in its owner until it expires or is revoked; anything else signs in nobody.
pub async fn a_token_works_until_it_expires_or_is_revoked(office: &Office) {
    let store = &office.store;
    let secret_hash = Sha256::of(b"short");
    let expires_at = Some(store.now() + SignedDuration::from_hours(1));
    let new = NewToken {
        user: office.clerk.user,
        secret_hash,
        label: "RPA".to_owned(),
        expires_at,
    };
    let token = store.create_token(new.clone()).await.unwrap();
    assert_eq!(
        (token.user, token.label.as_str(), token.expires_at),
        (office.clerk.user, "RPA", expires_at)
    );
    let actor = store.authenticate(&secret_hash).await.unwrap().unwrap();
    assert_eq!((actor.user, actor.token), (office.clerk.user, token.id));
    assert_eq!(
        (actor.department, actor.role),
        (office.clerk.department, Role::Clerk)
    );
    assert_eq!(store.authenticate(&Sha256::of(b"long")).await.unwrap(), None);

    office.pass(SignedDuration::from_mins(59));
    assert!(store.authenticate(&secret_hash).await.unwrap().is_some());
    office.pass(SignedDuration::from_mins(1));
    assert_eq!(store.authenticate(&secret_hash).await.unwrap(), None);

    let everlasting = Sha256::of(b"everlasting");
    let token = store
        .create_token(NewToken {
            secret_hash: everlasting,
            expires_at: None,
            ..new.clone()
        })
        .await
        .unwrap();
    assert!(store.authenticate(&everlasting).await.unwrap().is_some());
    store.revoke_token(token.id).await.unwrap();
    assert_eq!(store.authenticate(&everlasting).await.unwrap(), None);
    let revoked_at = Some(store.now());
    office.pass(SignedDuration::from_mins(1));
    store.revoke_token(token.id).await.unwrap();
    let listed = store.tokens(office.clerk.user).await.unwrap();
    assert_eq!(
        listed.len(),
        3,
        "the one of the office, the expired one, the revoked one"
    );
    assert_eq!(listed[2].revoked_at, revoked_at, "the first revocation counts");

    let unknown = store.revoke_token(TokenId::generate()).await.unwrap_err();
    assert!(matches!(unknown, StoreError::NotFound));
    let twice = store.create_token(new.clone()).await.unwrap_err();
    assert!(matches!(twice, StoreError::AlreadyExists("token")));
    let nobody = NewToken {
        user: UserId::generate(),
        secret_hash: Sha256::of(b"x"),
        ..new
    };
    assert!(matches!(
        store.create_token(nobody).await.unwrap_err(),
        StoreError::NotFound
    ));
}
