//! What stands around every page: where one is, who one is, the 課 one acts for.

use shoki_core::access::{Permission, Role};

use crate::extract::Visitor;
use crate::extract::session::TOKEN_PARAMETER;

use super::assets;

/// Addresses of styles and scripts.
#[derive(Clone, Debug)]
pub(super) struct Assets {
    pub(super) version: &'static str,
}

impl Assets {
    pub(super) fn here() -> Self {
        Self {
            version: assets::VERSION.as_str(),
        }
    }
}

/// A page without anybody: sign-in, errors.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    pub(super) title: String,
    pub(super) assets: Assets,
}

impl Bare {
    pub(super) fn new(title: impl Into<String>, assets: Assets) -> Self {
        Self {
            title: title.into(),
            assets,
        }
    }
}

/// The entry of the navigation that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    Home,
    Read,
    Meetings,
    Law,
    Jobs,
    Results,
    Office,
    Forms,
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    here: Here,
    /// What its pages ask for.
    needs: Permission,
}

const ENTRIES: [Entry; 8] = [
    Entry {
        path: "/",
        name: "ホーム",
        here: Here::Home,
        needs: Permission::ReadCatalogue,
    },
    Entry {
        path: "/read",
        name: "帳票",
        here: Here::Read,
        needs: Permission::ReadContents,
    },
    Entry {
        path: "/meetings",
        name: "会議録",
        here: Here::Meetings,
        needs: Permission::ReadContents,
    },
    Entry {
        path: "/law",
        name: "法令・通知",
        here: Here::Law,
        needs: Permission::ReadContents,
    },
    Entry {
        path: "/jobs",
        name: "ジョブ一覧",
        here: Here::Jobs,
        needs: Permission::ReadContents,
    },
    Entry {
        path: "/forms",
        name: "帳票定義",
        here: Here::Forms,
        needs: Permission::ReadContents,
    },
    Entry {
        path: "/results",
        name: "成果",
        here: Here::Results,
        needs: Permission::ReadFigures,
    },
    Entry {
        path: "/office",
        name: "管理",
        here: Here::Office,
        needs: Permission::ReadCatalogue,
    },
];

/// Another 課 that the person may act for.
#[derive(Clone, Debug)]
pub(super) struct Other {
    pub(super) user: String,
    pub(super) department: String,
}

/// A page with somebody in front of it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) assets: Assets,
    here: Here,
    role: Role,
    pub(super) person: String,
    pub(super) department: String,
    pub(super) others: Vec<Other>,
    /// Shown to scripts, and put behind the address of every form.
    pub(super) token: String,
}

impl Frame {
    pub(super) fn of<R>(visitor: &Visitor<R>, here: Here, title: impl Into<String>) -> Self {
        let person = visitor.session.person();
        let others = visitor.session.people.iter();
        let others = others.filter(|other| other.user != visitor.actor.user);
        Self {
            title: title.into(),
            assets: Assets::here(),
            here,
            role: visitor.actor.role,
            person: person.map(|person| person.name.clone()).unwrap_or_default(),
            department: person
                .map(|person| person.department_name.clone())
                .unwrap_or_default(),
            others: others
                .map(|other| Other {
                    user: other.user.to_string(),
                    department: other.department_name.clone(),
                })
                .collect(),
            token: visitor.secret.page_token(),
        }
    }

    /// The navigation's entries for the person's role: 管理 for those who manage something.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        let is_clerk = self.role == Role::Clerk;
        let role = self.role;
        let all = ENTRIES.iter().filter(move |entry| role.allows(entry.needs));
        all.filter(move |entry| !(is_clerk && entry.here == Here::Office))
    }

    /// Whether the page belongs to an entry.
    pub(super) fn is_in(&self, entry: &Entry) -> bool {
        entry.here == self.here
    }

    /// The address of a form.
    pub(super) fn action(&self, path: &str) -> String {
        format!("{path}?{TOKEN_PARAMETER}={}", self.token)
    }

    /// The address of a form about one thing: `kind`/`id`/`verb`.
    pub(super) fn action_on(&self, kind: &str, id: &str, verb: &str) -> String {
        self.action(&format!("/{kind}/{id}/{verb}"))
    }
}
