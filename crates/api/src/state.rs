//! What the routes work with, built by `app` once at start.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use shoki_core::code::ErrorCode;
use shoki_core::form::{FieldType, FormDefinition};
use shoki_core::id::DepartmentId;
use shoki_core::manifest::ModelStatus;
use shoki_core::meeting::MinutesOptions;
use shoki_core::pipeline::{CorpusOptions, PipelineDef, PipelineRef};
use shoki_store::audit::AuditKey;
use shoki_store::{AcceptanceStore, Blobs, CorpusStore, JobStore};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::accounts::TRIES_AT_ONCE;
use crate::directory::Directory;
use crate::drafting::DraftSender;
use crate::form_desk::FormSender;
use crate::line_holds::LineHolds;
use crate::live::LiveSender;
use crate::meetings::Meetings;
use crate::minutes_desk::MinutesSender;
use crate::office_forms::OfficeForms;
use crate::output_desk::OutputSender;
use crate::page_desk::PageSender;
use crate::pending::{BegunSignIns, Guesses};
use crate::problem::Problem;
use crate::resumable::Resumable;
use crate::search::{SearchSender, not_ready};
use crate::settings::ApiSettings;
use crate::voices::Voices;

/// Everything the routes need.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// Jobs, documents, people, audit.
    pub store: Arc<dyn JobStore>,
    /// The law desk's texts and what the office adds; the same database.
    pub corpus: Arc<dyn CorpusStore>,
    /// Where fields' auto-accept stands; the same database.
    pub acceptance: Arc<dyn AcceptanceStore>,
    /// Where people are known besides the accounts of this service.
    pub directory: Directory,
    /// The way to the searcher; `None` where none runs (questions are then answered `search_not_ready`).
    pub search: Option<SearchSender>,
    /// The way to the drafter; `None` where drafting is off.
    pub drafts: Option<DraftSender>,
    /// The way to live captions; `None` where they are off.
    pub live: Option<LiveSender>,
    /// The way to the minutes desk; `None` where none runs.
    pub minutes: Option<MinutesSender>,
    /// The way to the output desk; `None` where none runs.
    pub outputs: Option<OutputSender>,
    /// The way to the page desk; `None` where none runs.
    pub page_pictures: Option<PageSender>,
    /// The way to the form desk; `None` where none runs.
    pub form_desk: Option<FormSender>,
    /// The forms that each 課 has published itself.
    pub office_forms: OfficeForms,
    /// Where uploads are kept that may go on later; `None` where none are.
    pub resumable: Option<Resumable>,
    /// Where the files to practise with lie: the office's `pipelines`; `None` where there are none.
    pub practice: Option<PathBuf>,
    /// Voices kept with the person's consent; `None` where none are.
    pub voices: Option<Voices>,
    /// The key that signs certificates of deletion; `None` where none are written.
    pub certificates: Option<AuditKey>,
    /// Bytes.
    pub blobs: Blobs,
    /// The pipelines of this office.
    pub pipelines: Vec<PipelineDef>,
    /// The models as last checked.
    pub models: watch::Receiver<Vec<ModelStatus>>,
    /// Asks for the models to be checked now; `None` where nobody checks them.
    pub model_check: Option<Arc<Notify>>,
    /// What an operator may set.
    pub settings: ApiSettings,
    /// Cancelled when the service shuts down; every open stream and wait ends then.
    pub shutdown: CancellationToken,
}

impl ApiState {
    /// The way to the searcher.
    ///
    /// # Errors
    /// `search_not_ready` where none runs.
    pub fn searcher(&self) -> Result<&SearchSender, Problem> {
        self.search.as_ref().ok_or_else(not_ready)
    }

    /// The way to the minutes desk.
    ///
    /// # Errors
    /// `not_ready` where none runs.
    pub fn minutes_desk(&self) -> Result<&MinutesSender, Problem> {
        self.minutes.as_ref().ok_or(Problem::new(ErrorCode::NotReady))
    }

    /// The way to the output desk.
    ///
    /// # Errors
    /// `not_ready` where none runs.
    pub fn output_desk(&self) -> Result<&OutputSender, Problem> {
        self.outputs.as_ref().ok_or(Problem::new(ErrorCode::NotReady))
    }

    /// The way to the page desk.
    ///
    /// # Errors
    /// `not_ready` where none runs.
    pub fn page_desk(&self) -> Result<&PageSender, Problem> {
        self.page_pictures
            .as_ref()
            .ok_or(Problem::new(ErrorCode::NotReady))
    }

    /// The way to the form desk.
    ///
    /// # Errors
    /// `not_ready` where none runs.
    pub fn form_desk(&self) -> Result<&FormSender, Problem> {
        self.form_desk.as_ref().ok_or(Problem::new(ErrorCode::NotReady))
    }

    /// Where voices are kept.
    ///
    /// # Errors
    /// `not_ready` where none are.
    pub fn kept_voices(&self) -> Result<&Voices, Problem> {
        self.voices.as_ref().ok_or(Problem::new(ErrorCode::NotReady))
    }

    /// The pipeline of this name.
    #[must_use]
    pub fn pipeline(&self, name: &str) -> Option<&PipelineDef> {
        self.pipelines
            .iter()
            .find(|pipeline| pipeline.reference().name == name)
    }
}

impl ApiState {
    /// The pipeline of this name with what a job of it needs to know: options for a text for the law
    /// desk or for a recording, none for anything else. A job of forms is pinned to what the 課 has in use now.
    ///
    /// # Errors
    /// `unknown_pipeline`; `option_unusable` when options are missing, out of place or wrong.
    pub fn pipeline_with(
        &self,
        department: DepartmentId,
        name: &str,
        corpus: Option<CorpusOptions>,
        minutes: Option<MinutesOptions>,
    ) -> Result<PipelineRef, Problem> {
        let pipeline = self
            .pipeline(name)
            .ok_or(Problem::new(ErrorCode::UnknownPipeline))?;
        let refused = |sentence: &str| Problem::new(ErrorCode::OptionUnusable).detail(sentence);
        match (pipeline, &corpus) {
            (PipelineDef::Corpus(_), None) => {
                return Err(refused("「corpus」で公開の範囲(visibility)を指定してください。"));
            }
            (PipelineDef::Form(_) | PipelineDef::Minutes(_), Some(_)) => {
                return Err(refused("「corpus」は法令・通知の取り込みでだけ使えます。"));
            }
            (PipelineDef::Corpus(_), Some(options)) => {
                if let Some(sentence) = options.check() {
                    return Err(refused(&sentence));
                }
            }
            (PipelineDef::Form(_) | PipelineDef::Minutes(_), None) => {}
        }
        let minutes = match (pipeline, minutes) {
            (PipelineDef::Minutes(pipeline), minutes) => {
                let options = minutes.unwrap_or_default();
                if let Some(sentence) = options.check() {
                    return Err(refused(&sentence));
                }
                if let Some(style) = &options.style
                    && !pipeline.styles.iter().any(|known| known.id == *style)
                {
                    return Err(refused(
                        "「style」の様式がありません。業務の一覧にある様式の id を指定してください。",
                    ));
                }
                Some(Box::new(options))
            }
            (PipelineDef::Form(_) | PipelineDef::Corpus(_), Some(_)) => {
                return Err(refused("「minutes」は会議録の作成でだけ使えます。"));
            }
            (PipelineDef::Form(_) | PipelineDef::Corpus(_), None) => None,
        };
        let mut reference = pipeline.reference();
        if matches!(pipeline, PipelineDef::Form(_))
            && let Some(edition) = self.office_forms.edition(department)
        {
            reference.digest = edition.digest;
        }
        Ok(PipelineRef {
            corpus,
            minutes,
            ..reference
        })
    }
}

/// [`ApiState`] with what the routes share among themselves; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Inner>);

/// The inside of [`Shared`].
#[derive(Debug)]
pub struct Inner {
    /// What `app` built.
    pub api: ApiState,
    /// Uploads that may be received now.
    pub uploads: Arc<Semaphore>,
    /// Passwords that may be tried now.
    pub sign_ins: Arc<Semaphore>,
    /// Sign-ins that were begun at an OpenID provider.
    pub begun_sign_ins: BegunSignIns,
    /// Wrong passwords of names without an account.
    pub guesses: Guesses,
    /// Fields whose sight is recorded in the audit chain.
    pub sensitive: SensitiveFields,
    /// One publication of a form at a time, so that memory follows the store in its order.
    pub form_uses: tokio::sync::Mutex<()>,
    /// Meetings that people work on.
    pub meetings: Meetings,
    /// Lines that people correct just now.
    pub line_holds: LineHolds,
    /// The shipped forms.
    pub shipped: Vec<Arc<FormDefinition>>,
}

impl Shared {
    /// Prepares what the routes share.
    #[must_use]
    pub fn new(api: ApiState) -> Self {
        let forms = api.pipelines.iter().flat_map(|pipeline| match pipeline {
            PipelineDef::Form(pipeline) => pipeline.forms.iter(),
            PipelineDef::Corpus(_) | PipelineDef::Minutes(_) => [].iter(),
        });
        let shipped = forms.clone().cloned().map(Arc::new).collect();
        Self(Arc::new(Inner {
            uploads: Arc::new(Semaphore::new(api.settings.max_uploads)),
            sign_ins: Arc::new(Semaphore::new(TRIES_AT_ONCE)),
            begun_sign_ins: BegunSignIns::default(),
            guesses: Guesses::default(),
            sensitive: SensitiveFields::of(forms, api.office_forms.clone()),
            form_uses: tokio::sync::Mutex::default(),
            meetings: Meetings::default(),
            line_holds: LineHolds::default(),
            shipped,
            api,
        }))
    }
}

impl Deref for Shared {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Keys of the fields that are masked and audited when seen, by form id.
#[derive(Debug, Default)]
pub struct SensitiveFields {
    shipped: BTreeMap<String, BTreeSet<String>>,
    office: OfficeForms,
}

impl SensitiveFields {
    fn of<'a>(forms: impl Iterator<Item = &'a FormDefinition>, office: OfficeForms) -> Self {
        Self {
            office,
            shipped: forms
                .map(|form| {
                    let keys = form
                        .fields
                        .iter()
                        .filter(|field| field.sensitive || field.kind == FieldType::IndividualNumber)
                        .map(|field| field.key.clone());
                    (form.id.clone(), keys.collect())
                })
                .collect(),
        }
    }

    /// Whether the field is sensitive. A form that is not defined any more counts as all sensitive.
    #[must_use]
    pub fn contains(&self, form: &str, key: &str) -> bool {
        match self.shipped.get(form) {
            Some(keys) => keys.contains(key),
            None => self.office.is_sensitive(form, key).unwrap_or(true),
        }
    }
}
