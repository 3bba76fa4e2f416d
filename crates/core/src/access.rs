//! Who may do what: roles, what each role is allowed, and the actor every effect is signed with.
//!
//! Promise: `Role::allows` is the only table of permissions; routes and commands ask it.

use serde::{Deserialize, Serialize};

use crate::id::{DepartmentId, TokenId, UserId};

/// The four roles of DESIGN.md §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 担当者: works with the documents of the own 課.
    Clerk,
    /// 課管理者: a clerk who also manages the own 課 (deletes others' documents, sees its audit log).
    DepartmentAdmin,
    /// システム管理者: runs the system and cannot read contents.
    SystemAdmin,
    /// 監査者: reads the audit log, nothing else.
    Auditor,
}

/// What a request wants to do. A route names exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Hand in documents and start or cancel jobs in the own 課.
    WriteContents,
    /// Read documents, jobs, results of the own 課.
    ReadContents,
    /// Delete documents of the own 課.
    DeleteContents,
    /// See pipelines and models (names and states, no contents).
    ReadCatalogue,
    /// Read the audit log.
    ReadAudit,
    /// Change the synonyms and the known questions by which every 課 of the office searches.
    WriteSynonyms,
    /// Switch a field's auto-accept of the own 課 on or off.
    SwitchAcceptance,
    /// See counts (questions, times, shares) without contents: of the own 課, or of the whole office for
    /// those who run the system.
    ReadFigures,
    /// Add 課, people and accounts: of the own 課, or of the whole office for those who run the system.
    ManagePeople,
    /// Share forms of the own 課 with others.
    ShareForms,
    /// Have the models checked now.
    CheckModels,
    /// Set how long contents of the own 課 are kept, hold them, see what was deleted and its certificates.
    ManageRetention,
}

impl Role {
    /// All roles, for tables and tests.
    pub const ALL: [Self; 4] = [
        Self::Clerk,
        Self::DepartmentAdmin,
        Self::SystemAdmin,
        Self::Auditor,
    ];

    /// Whether this role may do `permission` (inside its own 課 where contents are concerned).
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Clerk | Self::DepartmentAdmin => match permission {
                P::WriteContents
                | P::ReadContents
                | P::DeleteContents
                | P::ReadCatalogue
                | P::ReadFigures => true,
                P::ReadAudit
                | P::WriteSynonyms
                | P::SwitchAcceptance
                | P::ManagePeople
                | P::ShareForms
                | P::CheckModels
                | P::ManageRetention => {
                    matches!(self, Self::DepartmentAdmin)
                }
            },
            Self::SystemAdmin => {
                matches!(
                    permission,
                    P::ReadCatalogue | P::ReadFigures | P::ManagePeople | P::CheckModels
                )
            }
            Self::Auditor => matches!(permission, P::ReadAudit | P::ReadCatalogue),
        }
    }

    /// The word for the screen.
    #[must_use]
    pub const fn label_ja(self) -> &'static str {
        match self {
            Self::Clerk => "担当者",
            Self::DepartmentAdmin => "課管理者",
            Self::SystemAdmin => "システム管理者",
            Self::Auditor => "監査者",
        }
    }

    /// The name in SQL, configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::DepartmentAdmin => "department_admin",
            Self::SystemAdmin => "system_admin",
            Self::Auditor => "auditor",
        }
    }

    /// The reverse of [`Role::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// A signed-in person acting through one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person.
    pub user: UserId,
    /// The 課 whose rows the actor may see; every query is filtered by it.
    pub department: DepartmentId,
    /// What the person may do.
    pub role: Role,
    /// The token used, for the audit log.
    pub token: TokenId,
}
