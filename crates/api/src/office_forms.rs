//! The forms that each 課 has published itself, beside those that are shipped: which are in use now, and which were
//! when a job was accepted.
//!
//! Every publication makes a new edition of the 課's forms. A job is pinned to its edition's digest and is read under
//! it, however many editions follow and however often the service restarts: editions come from the store's uses,
//! which are only ever added. Promises: a form of another 課 is in no edition of this one unless it
//! shares it; a lookup waits for nothing.
//! Never: pictures (an edition fetches them from the store when a worker first needs them).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use jiff::Timestamp;
use shoki_core::digest::Sha256;
use shoki_core::form::{FieldType, FormDefinition};
use shoki_core::id::DepartmentId;
use shoki_core::pipeline::FormPipeline;
use shoki_store::form_store::{FormUse, FormVersion};
use shoki_store::{JobStore, StoreError};
use tokio::sync::OnceCell;

/// A published version of a form.
#[derive(Clone, Debug)]
pub struct PublishedForm {
    /// Its definition, with its version.
    pub definition: Arc<FormDefinition>,
    /// Its blank page.
    pub blank: Sha256,
}

/// A published form with the picture of its blank page, ready to be prepared for reading.
#[derive(Clone, Debug)]
pub struct BlankForm {
    /// The definition.
    pub definition: Arc<FormDefinition>,
    /// Grey, upright, PNG.
    pub png: Bytes,
}

/// What a 課 had published at one time.
#[derive(Debug)]
pub struct FormEdition {
    /// Over the shipped forms and these.
    pub digest: Sha256,
    /// The 課's own forms in use, by id.
    pub forms: Vec<PublishedForm>,
    blanks: OnceCell<Vec<BlankForm>>,
}

impl FormEdition {
    fn of(shipped: Sha256, forms: Vec<PublishedForm>) -> Self {
        let mut digested = shipped.as_bytes().to_vec();
        for form in &forms {
            let name = format!("{}/{}\n", form.definition.id, form.definition.version);
            digested.extend_from_slice(name.as_bytes());
            digested.extend_from_slice(form.blank.as_bytes());
        }
        Self {
            digest: if forms.is_empty() {
                shipped
            } else {
                Sha256::of(&digested)
            },
            forms,
            blanks: OnceCell::new(),
        }
    }

    /// The forms with their blank pages, fetched once.
    ///
    /// # Errors
    /// What the store says.
    pub async fn blanks(&self, store: &dyn JobStore) -> Result<&[BlankForm], StoreError> {
        let fetch = async || {
            let mut blanks = Vec::new();
            for form in &self.forms {
                let png = store.form_blank(&form.definition.id, &form.blank).await?;
                blanks.push(BlankForm {
                    definition: Arc::clone(&form.definition),
                    png: png.into(),
                });
            }
            Ok(blanks)
        };
        self.blanks.get_or_try_init(fetch).await.map(Vec::as_slice)
    }
}

/// All 課's published forms; cheap to clone, every clone sees the same.
#[derive(Clone, Debug, Default)]
pub struct OfficeForms(Arc<RwLock<Published>>);

#[derive(Debug, Default)]
struct Published {
    shipped: Option<Sha256>,
    /// Per 課, every edition, oldest first.
    editions: HashMap<DepartmentId, Vec<Arc<FormEdition>>>,
    /// Every version of every form, newest last.
    versions: HashMap<String, BTreeMap<u32, Arc<FormDefinition>>>,
    /// The version of a form that was taken into use last, in whichever 課 uses it, and when.
    last: HashMap<String, (Timestamp, Arc<FormDefinition>)>,
}

impl OfficeForms {
    /// Those that the uses of the store amount to, beside the shipped forms.
    #[must_use]
    pub fn new(shipped: &FormPipeline, uses: Vec<FormUse>) -> Self {
        let published = Published {
            shipped: Some(shipped.digest),
            ..Published::default()
        };
        let forms = Self(Arc::new(RwLock::new(published)));
        for one in uses {
            forms.follow(one);
        }
        forms
    }

    /// Notes that a version was taken into use, or a form out of use.
    pub fn follow(&self, one: FormUse) {
        let mut published = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(shipped) = published.shipped else { return };
        let now = published
            .editions
            .get(&one.department)
            .and_then(|editions| editions.last());
        let mut forms: Vec<PublishedForm> = now.map(|now| now.forms.clone()).unwrap_or_default();
        forms.retain(|form| form.definition.id != one.form);
        if let Some(FormVersion { definition, blank }) = one.version {
            let versions = published.versions.entry(one.form.clone()).or_default();
            let known = versions.entry(definition.version);
            let definition = Arc::clone(known.or_insert_with(|| Arc::new(definition)));
            // Uses come 課 by 課: one of another that the form is shared with may be older.
            let is_latest = published.last.get(&one.form).is_none_or(|(at, _)| *at <= one.at);
            if is_latest {
                published.last.insert(one.form, (one.at, Arc::clone(&definition)));
            }
            forms.push(PublishedForm { definition, blank });
            forms.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        }
        let edition = Arc::new(FormEdition::of(shipped, forms));
        published
            .editions
            .entry(one.department)
            .or_default()
            .push(edition);
    }

    /// What a 課 has in use now; `None` while it has published nothing.
    #[must_use]
    pub fn edition(&self, department: DepartmentId) -> Option<Arc<FormEdition>> {
        let published = self.0.read().unwrap_or_else(PoisonError::into_inner);
        published.editions.get(&department)?.last().map(Arc::clone)
    }

    /// The edition of a 課 that a job is pinned to.
    #[must_use]
    pub fn pinned(&self, department: DepartmentId, digest: &Sha256) -> Option<Arc<FormEdition>> {
        let published = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut editions = published.editions.get(&department)?.iter().rev();
        editions.find(|edition| edition.digest == *digest).map(Arc::clone)
    }

    /// The version of a form that was taken into use last.
    #[must_use]
    pub fn form(&self, id: &str) -> Option<Arc<FormDefinition>> {
        let published = self.0.read().unwrap_or_else(PoisonError::into_inner);
        published
            .last
            .get(id)
            .map(|(_, definition)| Arc::clone(definition))
    }

    /// One version of a form.
    #[must_use]
    pub fn version(&self, id: &str, version: u32) -> Option<Arc<FormDefinition>> {
        let published = self.0.read().unwrap_or_else(PoisonError::into_inner);
        published.versions.get(id)?.get(&version).map(Arc::clone)
    }

    /// Whether a field is masked: in any version of its form. `None` of a form that nobody has published.
    #[must_use]
    pub fn is_sensitive(&self, form: &str, key: &str) -> Option<bool> {
        let published = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let versions = published.versions.get(form)?;
        let mut known = versions
            .values()
            .filter_map(|version| version.field(key))
            .peekable();
        // A field that no version has is nobody's: masked.
        let is_unknown = known.peek().is_none();
        Some(is_unknown || known.any(|field| field.sensitive || field.kind == FieldType::IndividualNumber))
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::acceptance::AcceptTerms;
    use shoki_core::form::{Blank, FieldDefinition, MmBox};
    use shoki_core::id::UserId;
    use shoki_core::master::Masters;
    use shoki_core::review::CheckPolicy;

    use super::*;

    fn version(id: &str, version: u32, sensitive: bool) -> FormVersion {
        let area = MmBox::from([10.0, 10.0, 50.0, 8.0]);
        let mut field = FieldDefinition::new("note", "備考", FieldType::FreeText, area);
        field.sensitive = sensitive;
        let definition = FormDefinition {
            id: id.to_owned(),
            name: id.to_owned(),
            version,
            check: CheckPolicy::default(),
            accept: AcceptTerms::default(),
            blank: Blank {
                file: "blank.png".to_owned(),
                page: 1,
                width_mm: 210.0,
                height_mm: 297.0,
            },
            fields: vec![field],
            outputs: Vec::new(),
            rules: Vec::new(),
        };
        FormVersion {
            definition,
            blank: Sha256::of(id.as_bytes()),
        }
    }

    fn taken(department: DepartmentId, form: &str, version: Option<FormVersion>) -> FormUse {
        FormUse {
            sequence: 1,
            department,
            form: form.to_owned(),
            version,
            at: Timestamp::UNIX_EPOCH,
            by: UserId::generate(),
            note: String::new(),
        }
    }

    #[test]
    fn a_job_finds_the_edition_it_was_accepted_with() {
        let shipped = FormPipeline {
            forms: Vec::new(),
            masters: Masters::new(),
            digest: Sha256::of(b"shipped"),
        };
        let (tax, welfare) = (DepartmentId::generate(), DepartmentId::generate());
        let uses = vec![
            taken(tax, "f1", Some(version("f1", 1, false))),
            taken(tax, "f2", Some(version("f2", 1, false))),
            taken(tax, "f1", Some(version("f1", 2, true))),
        ];
        let forms = OfficeForms::new(&shipped, uses.clone());
        let shown = |edition: &FormEdition| -> Vec<(String, u32)> {
            let name = |form: &PublishedForm| (form.definition.id.clone(), form.definition.version);
            edition.forms.iter().map(name).collect()
        };
        let second = forms.edition(tax).unwrap();
        assert_eq!(shown(&second), [("f1".to_owned(), 2), ("f2".to_owned(), 1)]);
        assert!(forms.edition(welfare).is_none() && forms.pinned(welfare, &second.digest).is_none());

        // One step back: the set of forms is that of before, and so is its digest.
        forms.follow(taken(tax, "f1", Some(version("f1", 1, false))));
        let back = forms.edition(tax).unwrap();
        assert_ne!(back.digest, second.digest);
        assert_eq!(shown(&forms.pinned(tax, &second.digest).unwrap()), shown(&second));
        forms.follow(taken(tax, "f1", None));
        forms.follow(taken(tax, "f2", None));
        assert_eq!(forms.edition(tax).unwrap().digest, shipped.digest);
        assert_eq!(forms.form("f1").unwrap().version, 1);
        assert_eq!(forms.version("f1", 2).unwrap().version, 2);

        // Another 課 had the first version of a form that is at its second one.
        let mut old = taken(welfare, "f1", Some(version("f1", 1, false)));
        old.at = Timestamp::UNIX_EPOCH - jiff::SignedDuration::from_secs(1);
        let mut shared = uses.clone();
        shared.push(old);
        let shared = OfficeForms::new(&shipped, shared);
        assert_eq!(shared.form("f1").unwrap().version, 2);
        assert_eq!(shown(&shared.edition(welfare).unwrap()), [("f1".to_owned(), 1)]);

        // After a restart the same digests come of the same uses.
        let again = OfficeForms::new(&shipped, uses);
        assert!(again.pinned(tax, &second.digest).is_some());
        assert_eq!(
            again.is_sensitive("f1", "note"),
            Some(true),
            "in one of its versions"
        );
        assert_eq!(again.is_sensitive("f2", "note"), Some(false));
        assert_eq!(again.is_sensitive("f2", "other"), Some(true));
        assert_eq!(again.is_sensitive("f3", "note"), None);
    }
}
