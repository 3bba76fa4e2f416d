//! Forms that a 課 defines itself: one copy to work on, versions that stay, what is in use from when.

use shoki_core::acceptance::AcceptTerms;
use shoki_core::digest::Sha256;
use shoki_core::form::{Blank, FieldDefinition, FieldType, FormDefinition, MmBox};
use shoki_core::review::CheckPolicy;

use super::office::Office;
use crate::error::StoreError;

const PNG: &[u8] = b"a blank page";

fn definition(id: &str, name: &str) -> FormDefinition {
    let area = MmBox::from([10.0, 10.0, 50.0, 8.0]);
    FormDefinition {
        id: id.to_owned(),
        name: name.to_owned(),
        version: 1,
        check: CheckPolicy::default(),
        accept: AcceptTerms::default(),
        blank: Blank {
            file: "blank.png".to_owned(),
            page: 1,
            width_mm: 210.0,
            height_mm: 297.0,
        },
        fields: vec![FieldDefinition::new("name", "氏名", FieldType::Name, area)],
        outputs: Vec::new(),
        rules: Vec::new(),
    }
}

/// What one person saves is not lost under what another saves; what is published stays as it was.
pub async fn a_form_is_worked_on_and_published(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let made = store
        .create_form(clerk, &definition("f1", "依頼書"), PNG)
        .await
        .unwrap();
    assert_eq!((made.version, made.in_use, made.published), (1, None, 0));
    assert_eq!(made.blank, Sha256::of(PNG));
    assert_eq!(store.form_blank("f1", &made.blank).await.unwrap(), PNG);
    let taken = store.create_form(clerk, &definition("f1", "x"), PNG).await;
    assert!(
        matches!(taken, Err(StoreError::AlreadyExists("form"))),
        "{taken:?}"
    );

    let second = definition("f1", "口座振替依頼書");
    let saved = store
        .save_form(&office.colleague, "f1", 1, &second)
        .await
        .unwrap();
    assert_eq!((saved.version, &saved.definition), (2, &second));
    assert_eq!(saved.updated_by, office.colleague.user);
    let late = store.save_form(clerk, "f1", 1, &definition("f1", "古い")).await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 2 })),
        "{late:?}"
    );
    let late = store.publish_form(clerk, "f1", 1, "").await;
    assert!(
        matches!(late, Err(StoreError::VersionChanged { current: 2 })),
        "{late:?}"
    );

    let first_use = store.publish_form(clerk, "f1", 2, "初版").await.unwrap();
    assert_eq!((first_use.sequence, first_use.note.as_str()), (1, "初版"));
    assert_eq!(first_use.version.as_ref().unwrap().definition, second);
    let third = definition("f1", "令和9年度 依頼書");
    store.save_form(clerk, "f1", 2, &third).await.unwrap();
    let second_use = store.publish_form(clerk, "f1", 3, "").await.unwrap();
    assert_eq!(second_use.version.unwrap().definition.version, 2);
    let form = store.office_form(clerk, "f1").await.unwrap();
    assert_eq!((form.in_use, form.published), (Some(2), 2));
}

/// One step takes the version before into use again, another takes the form out of use; nothing is forgotten.
pub async fn an_earlier_version_is_used_again(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    store
        .create_form(clerk, &definition("f1", "一"), PNG)
        .await
        .unwrap();
    store.publish_form(clerk, "f1", 1, "").await.unwrap();
    store
        .save_form(clerk, "f1", 1, &definition("f1", "二"))
        .await
        .unwrap();
    store.publish_form(clerk, "f1", 2, "").await.unwrap();
    let back = store
        .use_form(clerk, "f1", Some(1), "読めない欄があった")
        .await
        .unwrap();
    assert_eq!(back.version.unwrap().definition.name, "一");
    assert_eq!(store.office_form(clerk, "f1").await.unwrap().in_use, Some(1));
    store.use_form(clerk, "f1", None, "").await.unwrap();
    let form = store.office_form(clerk, "f1").await.unwrap();
    assert_eq!((form.in_use, form.published, form.version), (None, 2, 2));
    let unknown = store.use_form(clerk, "f1", Some(3), "").await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");

    let numbers = |uses: Vec<crate::form_store::FormUse>| -> Vec<(u64, Option<u32>)> {
        let number = |one: &crate::form_store::FormUse| {
            let version = one.version.as_ref();
            (one.sequence, version.map(|version| version.definition.version))
        };
        uses.iter().map(number).collect()
    };
    let history = numbers(store.form_history(clerk, "f1").await.unwrap());
    assert_eq!(history, [(4, None), (3, Some(1)), (2, Some(2)), (1, Some(1))]);
    let all = numbers(store.all_form_uses().await.unwrap());
    assert_eq!(all, [(1, Some(1)), (2, Some(2)), (3, Some(1)), (4, None)]);
    let chain = store.audit_chain(0, 1000).await.unwrap();
    let told: Vec<String> = chain
        .iter()
        .filter(|event| event.action.starts_with("form."))
        .map(|event| format!("{} {}", event.action, event.subject))
        .collect();
    assert_eq!(
        told,
        [
            "form.create f1",
            "form.publish f1/1",
            "form.use f1/1",
            "form.save f1",
            "form.publish f1/2",
            "form.use f1/2",
            "form.use f1/1",
            "form.use f1/-"
        ]
    );
}

/// Another 課's form does not exist; its sequence is its own.
pub async fn a_form_is_its_departments(office: &Office) {
    let (store, clerk, stranger) = (&office.store, &office.clerk, &office.stranger);
    let form = definition("f1", "依頼書");
    store.create_form(clerk, &form, PNG).await.unwrap();
    store.publish_form(clerk, "f1", 1, "").await.unwrap();
    assert_eq!(store.office_forms(stranger).await.unwrap(), []);
    let refused = [
        store.office_form(stranger, "f1").await.map(drop),
        store.save_form(stranger, "f1", 1, &form).await.map(drop),
        store.publish_form(stranger, "f1", 1, "").await.map(drop),
        store.use_form(stranger, "f1", None, "").await.map(drop),
        store.form_history(stranger, "f1").await.map(drop),
        store.delete_form(stranger, "f1").await,
    ];
    for one in refused {
        assert!(matches!(one, Err(StoreError::NotFound)), "{one:?}");
    }
    store
        .create_form(stranger, &definition("f2", "申請書"), PNG)
        .await
        .unwrap();
    let first = store.publish_form(stranger, "f2", 1, "").await.unwrap();
    assert_eq!((first.sequence, first.department), (1, stranger.department));
    assert_eq!(store.office_forms(clerk).await.unwrap().len(), 1);
}

/// What was never published can go, with its blank page; what was stays.
pub async fn an_unpublished_form_is_deleted(office: &Office) {
    let (store, clerk) = (&office.store, &office.clerk);
    let made = store
        .create_form(clerk, &definition("f1", "依頼書"), PNG)
        .await
        .unwrap();
    store.delete_form(clerk, "f1").await.unwrap();
    let gone = store.form_blank("f1", &made.blank).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    store
        .create_form(clerk, &definition("f2", "申請書"), PNG)
        .await
        .unwrap();
    store.publish_form(clerk, "f2", 1, "").await.unwrap();
    let kept = store.delete_form(clerk, "f2").await;
    assert!(
        matches!(kept, Err(StoreError::AlreadyExists("version"))),
        "{kept:?}"
    );
}

/// Another 課 uses what the owner uses until the sharing is withdrawn, and can change nothing of it.
pub async fn a_shared_form_is_used_and_not_changed(office: &Office) {
    let (store, clerk, stranger) = (&office.store, &office.clerk, &office.stranger);
    let other = stranger.department;
    store
        .create_form(clerk, &definition("f1", "依頼書"), PNG)
        .await
        .unwrap();
    let early = store
        .share_form(clerk, "f1", &[other, clerk.department])
        .await
        .unwrap();
    assert_eq!(early, [], "nothing is in use yet");
    assert_eq!(
        store.form_shares(clerk, "f1").await.unwrap(),
        [other],
        "not with itself"
    );
    let own = store.publish_form(clerk, "f1", 1, "初版").await.unwrap();
    assert_eq!(own.department, clerk.department);
    let uses_there = async || {
        let all = store.all_form_uses().await.unwrap();
        let there = all.into_iter().filter(|one| one.department == other);
        there
            .map(|one| one.version.map(|version| version.definition.version))
            .collect::<Vec<_>>()
    };
    assert_eq!(uses_there().await, [Some(1)]);

    // Theirs to use, not to see, change, share or take out of use.
    for refused in [
        store.office_form(stranger, "f1").await.map(drop),
        store
            .save_form(stranger, "f1", 1, &definition("f1", "x"))
            .await
            .map(drop),
        store.publish_form(stranger, "f1", 1, "").await.map(drop),
        store.use_form(stranger, "f1", None, "").await.map(drop),
        store.form_history(stranger, "f1").await.map(drop),
        store.form_shares(stranger, "f1").await.map(drop),
        store.share_form(stranger, "f1", &[]).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    assert_eq!(store.office_forms(stranger).await.unwrap(), []);

    let withdrawn = store.share_form(clerk, "f1", &[]).await.unwrap();
    assert_eq!((withdrawn.len(), withdrawn[0].department), (1, other));
    assert!(withdrawn[0].version.is_none());
    let form = store.office_form(clerk, "f1").await.unwrap();
    assert_eq!(form.in_use, Some(1), "the owner's use is its own");
    let again = store.share_form(clerk, "f1", &[other]).await.unwrap();
    assert_eq!(again[0].version.as_ref().unwrap().definition.version, 1);
    store.use_form(clerk, "f1", None, "").await.unwrap();
    assert_eq!(
        uses_there().await,
        [Some(1), None, Some(1), None],
        "all of it is kept"
    );
    assert_eq!(store.form_history(clerk, "f1").await.unwrap().len(), 2);
    let unknown = store
        .share_form(clerk, "f1", &[shoki_core::id::DepartmentId::generate()])
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
}
