//! The seam to the form desk: opens a blank page, suggests its boxes, reads a filled page with a definition that is
//! still being written, and sees whether a definition can be told from the others.
//!
//! `app` owns the other end (a thread of its own with its own models). Promise: nothing of it is stored; a definition
//! that is tried is read exactly as a published one would be. Never: a decision to publish.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::form_draft::Suggestion;
use shoki_core::reading::PageReading;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::asking::{Patience, ask};
use crate::office_forms::BlankForm;
use crate::problem::Problem;

/// A page is opened and read in some seconds, a large office's forms are prepared in some more.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(90),
    retry_after_seconds: 5,
};

/// A blank page as it is kept.
#[derive(Clone, Debug)]
pub struct BlankPage {
    /// Grey, upright, PNG.
    pub png: Bytes,
    /// Its size.
    pub width_mm: f32,
    /// Its size.
    pub height_mm: f32,
}

/// What a filled page reads as.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The reading; `unknown_form` where the page is not this form.
    pub page: PageReading,
    /// A PNG of each field that was read.
    pub crops: BTreeMap<String, Bytes>,
}

/// Where an answer goes: the value, or the code of what went wrong, which the desk has logged.
pub type Reply<T> = oneshot::Sender<Result<T, ErrorCode>>;

/// What the desk is asked to do.
#[derive(Debug)]
pub enum FormWork {
    /// Open a page of an upload, from 0.
    Open(File, u32, Reply<BlankPage>),
    /// Suggest boxes on a blank page.
    Suggest(BlankPage, Reply<Vec<Suggestion>>),
    /// Read a page of an upload with one form.
    Try(BlankForm, File, u32, Reply<Trial>),
    /// See whether the first form can be read beside the shipped ones and the rest; sentences say why not.
    Compare(Vec<BlankForm>, Reply<Vec<String>>),
}

/// A command of the desk.
#[derive(Debug)]
pub struct FormCommand {
    /// What to do.
    pub work: FormWork,
    /// The request's span.
    pub span: Span,
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct FormSender(mpsc::Sender<FormCommand>);

impl FormSender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<FormCommand>) {
        let (commands, received) = mpsc::channel(places);
        (Self(commands), received)
    }

    async fn ask<T>(&self, work: impl FnOnce(Reply<T>) -> FormWork) -> Result<T, Problem> {
        let command = |reply, span| FormCommand {
            work: work(reply),
            span,
        };
        ask(&self.0, PATIENCE, command).await?.map_err(Problem::new)
    }

    /// A page of an upload (from 0), upright as it was scanned.
    ///
    /// # Errors
    /// `not_ready`, `too_many_requests`, or why the page cannot be opened.
    pub async fn open(&self, file: File, index: u32) -> Result<BlankPage, Problem> {
        self.ask(|reply| FormWork::Open(file, index, reply)).await
    }

    /// Boxes that a blank page suggests.
    ///
    /// # Errors
    /// As [`FormSender::open`].
    pub async fn suggest(&self, page: BlankPage) -> Result<Vec<Suggestion>, Problem> {
        self.ask(|reply| FormWork::Suggest(page, reply)).await
    }

    /// What a page of an upload (from 0) reads as.
    ///
    /// # Errors
    /// As [`FormSender::open`]; `form_invalid` where the form cannot be prepared.
    pub async fn read(
        &self,
        definition: FormDefinition,
        png: Bytes,
        file: File,
        index: u32,
    ) -> Result<Trial, Problem> {
        let form = BlankForm {
            definition: Arc::new(definition),
            png,
        };
        self.ask(|reply| FormWork::Try(form, file, index, reply)).await
    }

    /// Why the first form cannot be read beside the shipped ones and the rest; none when it can.
    ///
    /// # Errors
    /// `not_ready`, `too_many_requests`.
    pub async fn compare(&self, forms: Vec<BlankForm>) -> Result<Vec<String>, Problem> {
        self.ask(|reply| FormWork::Compare(forms, reply)).await
    }
}
