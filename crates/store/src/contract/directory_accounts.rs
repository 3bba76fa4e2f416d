//! Accounts of people whom the office's directory knows.

use jiff::SignedDuration;
use shoki_core::access::Role;
use shoki_core::digest::Sha256;

use super::office::Office;
use crate::account_store::{AccountSource, DirectoryPerson, LockPolicy, Presence, SessionLife};
use crate::error::StoreError;

const LIFE: SessionLife = SessionLife {
    idle: SignedDuration::from_mins(30),
    longest: SignedDuration::from_hours(12),
};

fn person(name: &str, display_name: &str, departments: &[(&str, Role)]) -> DirectoryPerson {
    DirectoryPerson {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        departments: departments
            .iter()
            .map(|(department, role)| ((*department).to_owned(), *role))
            .collect(),
    }
}

async fn actions(office: &Office) -> Vec<String> {
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    chain.into_iter().map(|row| row.action).collect()
}

/// 課 and role follow the directory at each sign-in, in sessions that are open, too.
pub async fn a_person_is_where_the_directory_says(office: &Office) {
    let store = &office.store;
    let source = AccountSource::Ldap;
    let both = person(
        "ito",
        "伊藤 春",
        &[("市民税課", Role::Clerk), ("福祉課", Role::Clerk)],
    );
    let account = store.admit(source, &both).await.unwrap().unwrap();
    assert_eq!((account.source, account.password_hash.as_deref()), (source, None));
    let secret = Sha256::of(b"one");
    let opened = store.open_session(account.id, &secret).await.unwrap();
    let names: Vec<_> = opened
        .people
        .iter()
        .map(|person| (person.department_name.as_str(), person.name.as_str(), person.role))
        .collect();
    assert_eq!(
        names,
        [
            ("市民税課", "伊藤 春", Role::Clerk),
            ("福祉課", "伊藤 春", Role::Clerk)
        ]
    );
    let welfare = opened.people[1].user;
    store.act_as(&secret, welfare).await.unwrap();
    let session = async || store.session(&secret, LIFE, Presence::AtDesk).await.unwrap();

    let before = actions(office).await;
    let again = store.admit(source, &both).await.unwrap().unwrap();
    assert_eq!(again.id, account.id);
    assert_eq!(
        actions(office).await,
        before,
        "nothing changed, nothing is written"
    );

    let raised = person(
        "ito",
        "伊藤 春",
        &[("市民税課", Role::Clerk), ("福祉課", Role::DepartmentAdmin)],
    );
    store.admit(source, &raised).await.unwrap();
    assert_eq!(session().await.unwrap().actor.role, Role::DepartmentAdmin);
    let one = person("ito", "伊藤 春", &[("市民税課", Role::Clerk)]);
    store.admit(source, &one).await.unwrap();
    assert_eq!(session().await, None, "it acted in the 課 that was taken away");

    let new: Vec<_> = actions(office).await.split_off(before.len());
    assert_eq!(new, ["user.role", "account.person_removed"]);
    let unknown = person("ito", "伊藤 春", &[("ない課", Role::Clerk)]);
    let unknown = store.admit(source, &unknown).await.unwrap_err();
    assert!(matches!(unknown, StoreError::NotFound), "{unknown:?}");
}

/// Whoever loses the last group acts as nobody, and is the same person when a group comes back.
pub async fn who_comes_back_is_the_same_person(office: &Office) {
    let store = &office.store;
    let source = AccountSource::Oidc;
    let nowhere = person("ito", "伊藤 春", &[]);
    assert_eq!(store.admit(source, &nowhere).await.unwrap(), None);
    assert_eq!(store.account_from(source, "ito").await.unwrap(), None, "not made");

    let clerk = person("ito", "伊藤 春", &[("市民税課", Role::Clerk)]);
    let account = store.admit(source, &clerk).await.unwrap().unwrap();
    let secret = Sha256::of(b"one");
    let first = store.open_session(account.id, &secret).await.unwrap().actor.user;
    assert_eq!(store.admit(source, &nowhere).await.unwrap(), None);
    assert_eq!(
        store.session(&secret, LIFE, Presence::AtDesk).await.unwrap(),
        None
    );
    let nobody = store
        .open_session(account.id, &Sha256::of(b"two"))
        .await
        .unwrap_err();
    assert!(matches!(nobody, StoreError::NotFound), "{nobody:?}");
    let policy = LockPolicy {
        failures: 1,
        pause: SignedDuration::from_mins(15),
    };
    store.refuse_sign_in(account.id, policy).await.unwrap();

    let back = store.admit(source, &clerk).await.unwrap().unwrap();
    let again = store.open_session(back.id, &Sha256::of(b"three")).await.unwrap();
    assert_eq!((back.id, again.actor.user), (account.id, first));
}

/// The same name, locally and in two directories: three accounts.
pub async fn a_name_of_one_source_is_not_that_of_another(office: &Office) {
    let store = &office.store;
    let local = store
        .create_account("admin", "phc", office.clerk.user)
        .await
        .unwrap();
    let mut ids = vec![local.id];
    for source in [AccountSource::Ldap, AccountSource::Oidc] {
        let admin = person("admin", "佐藤", &[("市民税課", Role::Clerk)]);
        let account = store.admit(source, &admin).await.unwrap().unwrap();
        let session = store
            .open_session(account.id, &Sha256::of(source.as_str().as_bytes()))
            .await
            .unwrap();
        assert_ne!(
            session.actor.user, office.clerk.user,
            "the local 佐藤 is somebody else"
        );
        ids.push(account.id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(store.account("admin").await.unwrap().unwrap().id, local.id);
    store.set_password("admin", "another").await.unwrap();
    let directory = store.account_from(AccountSource::Ldap, "admin").await.unwrap();
    assert_eq!(directory.unwrap().password_hash, None);
    assert_eq!(store.accounts().await.unwrap().len(), 3);
}

/// Two people whose shown names are alike stay two.
pub async fn namesakes_are_not_taken_for_each_other(office: &Office) {
    let store = &office.store;
    let mut people = Vec::new();
    for name in ["ito1", "ito2"] {
        let clerk = person(name, "伊藤 春", &[("市民税課", Role::Clerk)]);
        let account = store.admit(AccountSource::Ldap, &clerk).await.unwrap().unwrap();
        let session = store
            .open_session(account.id, &Sha256::of(name.as_bytes()))
            .await
            .unwrap();
        people.push(session.people[0].clone());
    }
    assert_ne!(people[0].user, people[1].user);
    assert_eq!(
        (people[0].name.as_str(), people[1].name.as_str()),
        ("伊藤 春", "伊藤 春(ito2)")
    );
}

/// What is put out of use here stays so, whatever the directory says.
pub async fn an_account_that_is_out_of_use_opens_no_session(office: &Office) {
    let store = &office.store;
    let source = AccountSource::Ldap;
    let clerk = person("ito", "伊藤 春", &[("市民税課", Role::Clerk)]);
    let account = store.admit(source, &clerk).await.unwrap().unwrap();
    let secret = Sha256::of(b"one");
    store.open_session(account.id, &secret).await.unwrap();
    store.set_account_enabled(source, "ito", false).await.unwrap();
    assert_eq!(
        store.session(&secret, LIFE, Presence::AtDesk).await.unwrap(),
        None
    );
    let admitted = store.admit(source, &clerk).await.unwrap().unwrap();
    assert_eq!(admitted.disabled_at, Some(store.now()));
    let refused = store.open_session(account.id, &secret).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotFound), "{refused:?}");
    store.set_account_enabled(source, "ito", true).await.unwrap();
    store.open_session(account.id, &secret).await.unwrap();
    let other = store
        .set_account_enabled(AccountSource::Local, "ito", false)
        .await;
    assert!(matches!(other.unwrap_err(), StoreError::NotFound));
}
