//! The pipelines that a process has loaded, and which of them a job means.
//!
//! Promise: a job runs under the very definitions it was accepted with, or fails clearly. Never: what a
//! person decided about a document (that is the job's).

use std::sync::Arc;

use shoki_api::{FormEdition, OfficeForms};
use shoki_core::code::ErrorCode;
use shoki_core::id::DepartmentId;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::pipeline::{FORMS, PipelineDef, PipelineRef};

/// What is done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineKind {
    /// Reads a stack of forms.
    Forms,
    /// Takes texts into the law desk.
    Corpus,
    /// Hears a recording.
    Minutes,
}

/// The loaded pipelines.
#[derive(Clone, Debug)]
pub struct Pipelines {
    loaded: Vec<(PipelineKind, PipelineRef)>,
    styles: Vec<MinutesStyle>,
    office: OfficeForms,
}

impl Pipelines {
    /// Those of these definitions.
    #[must_use]
    pub fn of<'a>(definitions: impl IntoIterator<Item = &'a PipelineDef>) -> Self {
        let mut styles = Vec::new();
        let kind = |definition: &PipelineDef| match definition {
            PipelineDef::Form(_) => PipelineKind::Forms,
            PipelineDef::Corpus(_) => PipelineKind::Corpus,
            PipelineDef::Minutes(_) => PipelineKind::Minutes,
        };
        let loaded = definitions
            .into_iter()
            .inspect(|definition| {
                if let PipelineDef::Minutes(minutes) = definition {
                    styles.clone_from(&minutes.styles);
                }
            })
            .map(|definition| (kind(definition), definition.reference()))
            .collect();
        Self {
            loaded,
            styles,
            office: OfficeForms::default(),
        }
    }

    /// The same with the forms that each 課 has published itself.
    #[must_use]
    pub fn with_office(self, office: OfficeForms) -> Self {
        Self { office, ..self }
    }

    /// The 課's own forms that a job is pinned to; `None` when it is read with the shipped ones alone.
    #[must_use]
    pub fn edition(&self, department: DepartmentId, pinned: &PipelineRef) -> Option<Arc<FormEdition>> {
        let edition = self.office.pinned(department, &pinned.digest)?;
        (pinned.name == FORMS && !edition.forms.is_empty()).then_some(edition)
    }

    /// The 様式 of this id, or the office's default.
    #[must_use]
    pub fn style(&self, id: Option<&str>) -> Option<MinutesStyle> {
        let named = |style: &&MinutesStyle| id.is_none_or(|id| style.id == id);
        self.styles.iter().find(named).cloned()
    }

    /// The pipeline that a job is pinned to.
    ///
    /// # Errors
    /// `UnknownPipeline`; `PipelineChanged` when it was accepted under other definitions.
    pub fn find(&self, department: DepartmentId, pinned: &PipelineRef) -> Result<PipelineKind, ErrorCode> {
        let named = self.loaded.iter().find(|(_, loaded)| loaded.name == pinned.name);
        match named {
            None => Err(ErrorCode::UnknownPipeline),
            Some((kind, loaded)) if loaded.digest == pinned.digest => Ok(*kind),
            Some((PipelineKind::Forms, _)) if self.office.pinned(department, &pinned.digest).is_some() => {
                Ok(PipelineKind::Forms)
            }
            Some(_) => Err(ErrorCode::PipelineChanged),
        }
    }
}

#[cfg(test)]
mod tests {
    use shoki_core::corpus::Visibility;
    use shoki_core::digest::Sha256;
    use shoki_core::form::FormDefinition;
    use shoki_core::id::UserId;
    use shoki_core::master::Masters;
    use shoki_core::pipeline::{CorpusOptions, CorpusPipeline, FormPipeline};
    use shoki_store::form_store::{FormUse, FormVersion};

    use super::*;

    #[test]
    fn a_job_is_found_by_name_and_digest_whatever_the_person_decided() {
        let definition = PipelineDef::Corpus(CorpusPipeline {
            digest: Sha256::of(b"now"),
        });
        let loaded = Pipelines::of([&definition]);
        let somebody = DepartmentId::generate();
        let pinned = |name: &str, digest: &[u8]| PipelineRef {
            name: name.to_owned(),
            digest: Sha256::of(digest),
            corpus: Some(CorpusOptions {
                visibility: Visibility::Office,
                rank: None,
                valid_from: None,
                default_law: None,
            }),
            minutes: None,
        };
        assert_eq!(
            loaded.find(somebody, &pinned("corpus", b"now")),
            Ok(PipelineKind::Corpus)
        );
        assert_eq!(
            loaded.find(somebody, &pinned("corpus", b"before")),
            Err(ErrorCode::PipelineChanged)
        );
        assert_eq!(
            loaded.find(somebody, &pinned("minutes", b"now")),
            Err(ErrorCode::UnknownPipeline)
        );
    }

    #[test]
    fn a_job_of_forms_goes_on_under_the_edition_of_its_section() {
        let shipped = FormPipeline {
            forms: Vec::new(),
            masters: Masters::new(),
            digest: Sha256::of(b"shipped"),
        };
        let (tax, welfare) = (DepartmentId::generate(), DepartmentId::generate());
        let definition = FormDefinition::parse(
            "id = \"f1\"\nname = \"依頼書\"\nversion = 1\n[blank]\nfile = \"blank.png\"\nwidth_mm = 210\nheight_mm = 297\n\
             [[field]]\nkey = \"name\"\nlabel = \"氏名\"\ntype = \"name\"\nbox = [10, 10, 80, 10]\n",
        );
        let version = FormVersion {
            definition: definition.unwrap(),
            blank: Sha256::of(b"blank"),
        };
        let office = OfficeForms::new(
            &shipped,
            vec![FormUse {
                sequence: 1,
                department: tax,
                form: "f1".to_owned(),
                version: Some(version),
                at: jiff::Timestamp::UNIX_EPOCH,
                by: UserId::generate(),
                note: String::new(),
            }],
        );
        let loaded = Pipelines::of([&PipelineDef::Form(shipped.clone())]).with_office(office.clone());
        let pinned = |digest| PipelineRef {
            name: FORMS.to_owned(),
            digest,
            corpus: None,
            minutes: None,
        };
        let own = pinned(office.edition(tax).unwrap().digest);
        assert_eq!(loaded.find(tax, &own), Ok(PipelineKind::Forms));
        assert_eq!(loaded.edition(tax, &own).unwrap().forms.len(), 1);
        assert_eq!(loaded.find(welfare, &own), Err(ErrorCode::PipelineChanged));
        let all = pinned(shipped.digest);
        assert_eq!(loaded.find(tax, &all), Ok(PipelineKind::Forms));
        assert!(loaded.edition(tax, &all).is_none());
    }
}
