//! The seam to the page desk: a page of a scan as a picture, upright, with what is masked painted over.
//!
//! `app` owns the other end (a thread of its own: a person at a screen waits, so no file of two hundred pages
//! goes before). Promise: what is to be masked is painted before the picture is encoded. Never: a picture on disk.

use std::time::Duration;

use bytes::Bytes;
use shoki_core::code::ErrorCode;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::asking::{Patience, ask};
use crate::output_desk::Scan;
use crate::problem::Problem;

/// A page takes some 0.3 s to open and encode; others may wait before.
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(30),
    retry_after_seconds: 2,
};

/// Corners in pixels of the upright page at 200 dpi: top left, top right, bottom right, bottom left.
pub type Quad = [[f32; 2]; 4];

/// Which picture.
#[derive(Debug)]
pub struct PagePicture {
    /// The document.
    pub scan: Scan,
    /// The page, from 0.
    pub index: u32,
    /// Clockwise quarter turns that make it upright.
    pub quarter_turns: u8,
    /// What is painted over.
    pub masks: Vec<Quad>,
    /// Pixels across, where it is to be smaller than at 200 dpi.
    pub width: Option<u32>,
}

/// What the desk is asked to do.
#[derive(Debug)]
pub struct PageCommand {
    /// Which picture.
    pub picture: PagePicture,
    /// Where the answer goes: the bytes of a JPEG, or the code of what went wrong, which the desk has logged.
    pub reply: oneshot::Sender<Result<Bytes, ErrorCode>>,
    /// The request's span.
    pub span: Span,
}

/// The routes' end of the channel.
#[derive(Clone, Debug)]
pub struct PageSender(mpsc::Sender<PageCommand>);

impl PageSender {
    /// A channel on which at most `places` commands wait.
    #[must_use]
    pub fn channel(places: usize) -> (Self, mpsc::Receiver<PageCommand>) {
        let (commands, received) = mpsc::channel(places);
        (Self(commands), received)
    }

    /// The picture as a JPEG, grey, 200 dpi or as narrow as was asked for.
    ///
    /// # Errors
    /// `not_ready` when the desk is not there, `too_many_requests` when all places are taken, else the code of
    /// a page that cannot be opened.
    pub async fn picture(&self, picture: PagePicture) -> Result<Bytes, Problem> {
        let command = |reply, span| PageCommand { picture, reply, span };
        ask(&self.0, PATIENCE, command).await?.map_err(Problem::new)
    }
}
