//! With whom a form is shared, on the wire.

use serde::{Deserialize, Serialize};
use shoki_core::id::DepartmentId;
use shoki_store::model::Department;
use utoipa::ToSchema;

/// Another 課, and whether a form is shared with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormShareBody {
    /// Id of the 課.
    #[schema(value_type = uuid::Uuid)]
    pub department_id: DepartmentId,
    /// Its name.
    pub department: String,
    /// Whether it uses the form.
    pub shared: bool,
}

impl From<(Department, bool)> for FormShareBody {
    fn from((department, shared): (Department, bool)) -> Self {
        Self {
            department_id: department.id,
            department: department.name,
            shared,
        }
    }
}

/// With whom a form is to be shared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareFormBody {
    /// The 課; empty: with nobody any more.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub departments: Vec<DepartmentId>,
}
