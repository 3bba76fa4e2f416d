//! Where the fields of a page lie, on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// The fields of a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct PagePlacesBody {
    /// The page, from 1.
    pub page: u32,
    /// Id of the form, when sorted to one.
    pub form: Option<String>,
    /// In the form's order; empty where it is not known where they lie.
    pub fields: Vec<FieldPlaceBody>,
}

/// One field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldPlaceBody {
    /// Its key.
    pub key: String,
    /// The words printed on the form.
    pub label: String,
    /// Whether the picture hides it.
    pub masked: bool,
    /// Its corners in pixels of the page's picture: top left, top right, bottom right, bottom left.
    #[schema(value_type = Vec<Vec<f32>>)]
    pub quad: [[f32; 2]; 4],
}
