//! The import pipeline's steps up to assembly: each unit reads its part of the plan, has its work done on
//! the engine thread, and only passages without a vector are embedded.
//!
//! Promise: a unit's memory is that unit's, however large the document. Never: a text in a log.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;
use shoki_core::pipeline::CorpusOptions;
use shoki_core::unit::{BlobRef, UnitKind, UnitState};
use shoki_store::corpus_model::{CorpusImport, PassageVector};
use shoki_store::model::{Claim, EndedUnit};

use super::engine_thread::{EngineSender, Product, Work};
use super::{Stop, Stores};
use crate::corpus::intake::Said;
use crate::corpus::job::BlobError;
use crate::corpus::job::piece::{CorpusPiece, Found, Made};
use crate::corpus::job::plan::{self, CorpusPlan, PREFIX_BYTES, Span, ToEmbed};
use crate::corpus::job::work::{CorpusProduct, CorpusWork};
use crate::corpus::names::CitedNames;

/// What assembly takes into the law desk.
#[derive(Debug)]
pub enum Assembly {
    /// Texts that lie in the plan, vectors in the pieces.
    Planned {
        /// The plan's blob.
        plan: BlobRef,
        /// Where each text lies in it, from its beginning.
        texts: Vec<Span>,
        /// How the units ended.
        units: Vec<EndedUnit>,
    },
    /// Texts and vectors that lie in the pieces.
    Laws {
        /// How the units ended.
        units: Vec<EndedUnit>,
    },
    /// One text put together from pages.
    Joined {
        /// The text.
        text: Box<CorpusImport>,
        /// Vectors that had to be made for it.
        made: Made,
        /// Pages that were not read, with their codes.
        failed: Vec<(u32, ErrorCode)>,
    },
}

/// One unit of an import.
struct Unit<'a> {
    stores: &'a Stores,
    engine: &'a EngineSender,
    claim: &'a Claim,
    options: &'a CorpusOptions,
}

/// Runs a unit.
pub(super) async fn run(stores: &Stores, engine: &EngineSender, claim: &Claim) -> Result<Product, Stop> {
    let options = claim.pipeline.corpus.as_ref();
    let unit = Unit {
        stores,
        engine,
        claim,
        options: options.ok_or_else(|| Stop::code(ErrorCode::OptionUnusable))?,
    };
    match claim.kind {
        UnitKind::Plan => unit.plan().await,
        UnitKind::Run => unit.piece().await.map(Product::Piece),
        UnitKind::Assemble => unit.assemble().await.map(Product::Import),
    }
}

impl Unit<'_> {
    async fn plan(&self) -> Result<Product, Stop> {
        let product = self
            .ask(CorpusWork::Plan {
                file: self.document()?,
                media: self.claim.document.media,
                name: self.claim.document.name.clone(),
                said: self.said().await?,
            })
            .await?;
        match product {
            CorpusProduct::Plan(units, blob) => Ok(Product::Plan(units, blob)),
            _ => Err(odd("another product than a plan")),
        }
    }

    /// What the person said, with the names of the sources that the 課 may see.
    async fn said(&self) -> Result<Said, Stop> {
        let sources = self.stores.corpus.sources(self.claim.department).await?;
        Ok(Said {
            cited: CitedNames::of(sources.iter().map(|source| &source.head)),
            ..Said::from(self.options)
        })
    }

    async fn piece(&self) -> Result<Vec<u8>, Stop> {
        let (plan, body) = self.planned().await?;
        let ordinal = self.claim.ordinal as usize;
        let beyond = || odd("a unit that the plan does not have");
        let piece = match plan {
            CorpusPlan::Passages { batches, .. } => {
                let batch = batches.get(ordinal).ok_or_else(beyond)?;
                let passages: Vec<ToEmbed> = plan::part(&self.part(body, batch).await?).map_err(not_ours)?;
                CorpusPiece {
                    found: Found::Vectors,
                    made: self.embedded(passages).await?,
                }
            }
            CorpusPlan::Laws { groups } => {
                let group = groups.get(ordinal).cloned().ok_or_else(beyond)?;
                self.laws(group).await?
            }
            CorpusPlan::Pages { pages, .. } => {
                let page = pages.get(ordinal).ok_or_else(beyond)?;
                self.page(page - 1).await?
            }
        };
        piece.encode().map_err(not_ours)
    }

    async fn laws(&self, group: Range<usize>) -> Result<CorpusPiece, Stop> {
        let product = self
            .ask(CorpusWork::Laws {
                file: self.document()?,
                group,
                // Laws define the names they use.
                said: Said::from(self.options),
            })
            .await?;
        let CorpusProduct::Texts(texts, faults) = product else {
            return Err(odd("another product than laws"));
        };
        let passages = texts.iter().flat_map(plan::to_embed).collect();
        let made = self.embedded(passages).await?;
        Ok(CorpusPiece {
            found: Found::Laws { texts, faults },
            made,
        })
    }

    async fn page(&self, index: u32) -> Result<CorpusPiece, Stop> {
        let media = self.claim.document.media;
        let product = self
            .ask(CorpusWork::Page {
                file: self.document()?,
                media: media.ok_or_else(|| Stop::code(ErrorCode::UnsupportedMediaType))?,
                index,
            })
            .await?;
        let CorpusProduct::Page(text) = product else {
            return Err(odd("another product than a page"));
        };
        Ok(CorpusPiece {
            found: Found::Page { text },
            made: Made::default(),
        })
    }

    /// Vectors for those passages that have none yet.
    async fn embedded(&self, mut passages: Vec<ToEmbed>) -> Result<Made, Stop> {
        let Some(embedder) = self.engine.embedder() else {
            return Ok(Made::default());
        };
        let digests: Vec<Sha256> = passages.iter().map(|passage| passage.digest).collect();
        let kept = self
            .stores
            .corpus
            .vectors(self.claim.department, &embedder, &digests)
            .await?;
        let mut known: HashSet<Sha256> = kept.into_iter().map(|kept| kept.digest).collect();
        passages.retain(|passage| known.insert(passage.digest));
        let (digests, texts): (Vec<Sha256>, Vec<String>) = passages
            .into_iter()
            .map(|passage| (passage.digest, passage.text))
            .unzip();
        let vectors = if texts.is_empty() {
            Vec::new()
        } else {
            match self.ask(CorpusWork::Embed { texts }).await? {
                CorpusProduct::Vectors(vectors) => vectors,
                _ => return Err(odd("another product than vectors")),
            }
        };
        let vectors = digests
            .into_iter()
            .zip(vectors)
            .map(|(digest, vector)| PassageVector { digest, vector });
        Ok(Made {
            embedder: Some(embedder),
            vectors: vectors.collect(),
        })
    }

    async fn assemble(&self) -> Result<Assembly, Stop> {
        let units = self.stores.jobs.ended_units(self.claim.fence).await?;
        let (plan, body) = self.planned().await?;
        match plan {
            CorpusPlan::Passages { texts, .. } => Ok(Assembly::Planned {
                plan: self.plan_blob()?,
                texts: texts
                    .into_iter()
                    .map(|span| body + span.start..body + span.end)
                    .collect(),
                units,
            }),
            CorpusPlan::Laws { .. } => Ok(Assembly::Laws { units }),
            CorpusPlan::Pages { text, pages } => {
                let text = plan::part(&self.part(body, &text).await?).map_err(not_ours)?;
                self.joined(text, &pages, &units).await
            }
        }
    }

    async fn joined(
        &self,
        text: shoki_core::extract::ExtractedText,
        pages: &[u32],
        units: &[EndedUnit],
    ) -> Result<Assembly, Stop> {
        let mut read = BTreeMap::new();
        let mut failed = Vec::new();
        for unit in units {
            let Some(&page) = pages.get(unit.ordinal as usize) else {
                continue;
            };
            let found = match ended(unit) {
                Err(code) => {
                    failed.push((page, code));
                    Err(code)
                }
                Ok(blob) => match self.stores.piece(self.claim, &blob).await?.found {
                    Found::Page { text } => Ok(text),
                    Found::Vectors | Found::Laws { .. } => return Err(odd("another piece than a page")),
                },
            };
            read.insert(page, found);
        }
        if let (true, Some(&(page, code))) = (failed.len() == pages.len(), failed.first())
            && text.paragraphs.is_empty()
        {
            return Err(Stop::at(code, format!("page {page}")));
        }
        let product = self
            .ask(CorpusWork::Join {
                text,
                pages: read,
                name: self.claim.document.name.clone(),
                said: self.said().await?,
            })
            .await?;
        let CorpusProduct::Texts(texts, _) = product else {
            return Err(odd("another product than a text"));
        };
        let text = texts.into_iter().next().ok_or_else(|| odd("no text"))?;
        if text.text.passages.is_empty() {
            return Err(Stop::code(ErrorCode::NothingToImport));
        }
        let made = self.embedded(plan::to_embed(&text).collect()).await?;
        Ok(Assembly::Joined {
            text: Box::new(text),
            made,
            failed,
        })
    }

    async fn ask(&self, work: CorpusWork) -> Result<CorpusProduct, Stop> {
        match self.engine.run(Work::Import(Box::new(work))).await {
            Ok(Product::Done(product)) => Ok(product),
            Ok(_) => Err(odd("another pipeline's product")),
            Err(failure) => Err(Stop::Failure(failure)),
        }
    }

    fn document(&self) -> Result<std::fs::File, Stop> {
        let blob = &self.claim.document.blob;
        Ok(self.stores.blobs.open_file(self.claim.department, &blob.sha256)?)
    }

    fn plan_blob(&self) -> Result<BlobRef, Stop> {
        self.claim.plan.ok_or_else(|| odd("an import without a plan"))
    }

    /// The plan's header, and where its parts begin.
    async fn planned(&self) -> Result<(CorpusPlan, u64), Stop> {
        let prefix = self.range(0..PREFIX_BYTES).await?;
        let length = CorpusPlan::header_length(&prefix).map_err(not_ours)?;
        let body = PREFIX_BYTES + length;
        let header = self.range(PREFIX_BYTES..body).await?;
        Ok((CorpusPlan::parse(&header).map_err(not_ours)?, body))
    }

    async fn part(&self, body: u64, span: &Span) -> Result<bytes::Bytes, Stop> {
        self.range(body + span.start..body + span.end).await
    }

    async fn range(&self, range: Range<u64>) -> Result<bytes::Bytes, Stop> {
        let plan = self.plan_blob()?;
        let read = self
            .stores
            .blobs
            .read_range(self.claim.department, &plan.sha256, range);
        Ok(read.await?)
    }
}

impl Stores {
    /// A piece of an import.
    pub(super) async fn piece(&self, claim: &Claim, blob: &BlobRef) -> Result<CorpusPiece, Stop> {
        let bytes = self.blobs.read(claim.department, &blob.sha256).await?;
        CorpusPiece::decode(&bytes).map_err(not_ours)
    }
}

/// The piece of a unit, or why there is none.
pub(super) fn ended(unit: &EndedUnit) -> Result<BlobRef, ErrorCode> {
    match &unit.state {
        UnitState::Done {
            piece: Some(blob), ..
        } => Ok(*blob),
        UnitState::Failed { code } | UnitState::Dead { code, .. } => Err(*code),
        state => {
            tracing::error!(state = state.name(), unit = %unit.unit, "a unit without a result at assembly");
            Err(ErrorCode::Internal)
        }
    }
}

/// A blob of ours that cannot be read.
pub(super) fn not_ours(error: BlobError) -> Stop {
    tracing::error!(error = &error as &dyn std::error::Error, "a blob cannot be read");
    Stop::code(ErrorCode::Internal)
}

fn odd(what: &str) -> Stop {
    tracing::error!(what, "an import does not fit together");
    Stop::code(ErrorCode::Internal)
}
