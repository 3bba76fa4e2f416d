//! One collection on the server: its points, the state point that commits them, searches on both legs.
//!
//! Promise: what a change set wrote is visible from the write of the state point on, and not before.
//! Never: aliases, the choice of a collection.

use std::collections::{HashMap, HashSet};
use std::future::Future;

use qdrant_client::Qdrant;
use qdrant_client::qdrant::{
    CountPointsBuilder, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, DeletePointsBuilder,
    Distance, FieldType, Filter, GetPointsBuilder, IdfParamsBuilder, Modifier, NamedVectors, PointStruct,
    QuantizationSearchParamsBuilder, Query, QueryPointsBuilder, ScalarQuantizationBuilder, ScoredPoint,
    ScrollPointsBuilder, SearchParamsBuilder, SparseVectorParamsBuilder, SparseVectorsConfigBuilder,
    UpsertPointsBuilder, Value, VectorInput, VectorParamsBuilder, VectorsConfigBuilder,
};
use shoki_core::corpus::{PassageKey, ReaderScope};
use shoki_core::id::RevisionId;

use super::points::{self, PointKind};
use crate::index::ranking::Best;
use crate::index::{Fingerprint, IndexError, IndexedRevision, Scored, WeightedText};

/// Points of one request: some hundred KiB.
const UPSERT_CHUNK: usize = 200;
/// Vectors that are rescored in f32 for each one wanted.
const OVERSAMPLING: f64 = 3.0;
/// 項 asked for per passage wanted, at first.
const PARAGRAPHS_PER_PASSAGE: u64 = 4;
/// Revisions of one page of the listing.
const LISTING_PAGE: u32 = 1_000;
/// How often a search overtaken by changes is run again.
const ATTEMPTS: usize = 50;

/// What is committed: the payload of one point.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    /// Counts the change sets; points of a later one are not yet visible.
    pub(super) serial: u64,
    /// The next revision's number.
    next_slot: u64,
    /// Numbers of revisions that are no longer visible and may not be deleted yet.
    pub(super) dropped: Vec<u64>,
}

const STATE: &str = "state";

pub(super) struct Collection {
    pub(super) client: Qdrant,
    pub(super) name: String,
    pub(super) fingerprint: Fingerprint,
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn engine_error(error: qdrant_client::QdrantError) -> IndexError {
    IndexError::Engine(error.to_string())
}

impl Collection {
    pub(super) async fn create(
        client: Qdrant,
        name: String,
        fingerprint: Fingerprint,
    ) -> Result<Self, IndexError> {
        let mut sparse = SparseVectorsConfigBuilder::default();
        for terms in [points::PASSAGE_TERMS, points::PARAGRAPH_TERMS] {
            let params = SparseVectorParamsBuilder::default().modifier(Modifier::Idf as i32);
            sparse.add_named_vector_params(terms, params);
        }
        let mut request = CreateCollectionBuilder::new(&name).sparse_vectors_config(sparse);
        if fingerprint.dimensions > 0 {
            let quantised = ScalarQuantizationBuilder::default().always_ram(true);
            let params = VectorParamsBuilder::new(u64::from(fingerprint.dimensions), Distance::Dot)
                .quantization_config(quantised);
            let mut dense = VectorsConfigBuilder::default();
            dense.add_named_vector_params(points::DENSE, params);
            request = request.vectors_config(dense);
        }
        client.create_collection(request).await.map_err(engine_error)?;
        let collection = Self {
            client,
            name,
            fingerprint,
        };
        let fields = points::INTEGER_FIELDS
            .map(|field| (field, FieldType::Integer))
            .into_iter()
            .chain(points::KEYWORD_FIELDS.map(|field| (field, FieldType::Keyword)))
            .chain([(points::SUPPLEMENTARY, FieldType::Bool)]);
        for (field, kind) in fields {
            let request = CreateFieldIndexCollectionBuilder::new(&collection.name, field, kind).wait(true);
            collection
                .client
                .create_field_index(request)
                .await
                .map_err(engine_error)?;
        }
        collection.commit(&State::default()).await?;
        Ok(collection)
    }

    async fn commit(&self, state: &State) -> Result<(), IndexError> {
        let body = serde_json::to_string(state).map_err(std::io::Error::other)?;
        let payload: HashMap<String, Value> = HashMap::from([
            (STATE.to_owned(), body.into()),
            (points::UNIT.to_owned(), (PointKind::State as i64).into()),
        ]);
        self.upsert(vec![PointStruct::new(
            points::state_id(),
            NamedVectors::default(),
            qdrant_client::Payload::from(payload),
        )])
        .await
    }

    async fn upsert(&self, points: Vec<PointStruct>) -> Result<(), IndexError> {
        let request = UpsertPointsBuilder::new(&self.name, points).wait(true);
        self.client.upsert_points(request).await.map_err(engine_error)?;
        Ok(())
    }

    pub(super) async fn state(&self) -> Result<State, IndexError> {
        let damaged = || IndexError::Damaged("the collection's state is missing".into());
        let request = GetPointsBuilder::new(&self.name, vec![points::state_id()]).with_payload(true);
        let found = self.client.get_points(request).await.map_err(engine_error)?;
        let payload = &found.result.first().ok_or_else(damaged)?.payload;
        let body = payload
            .get(STATE)
            .and_then(|value| value.as_str())
            .ok_or_else(damaged)?;
        serde_json::from_str(body).map_err(|_| damaged())
    }

    /// Runs `read` until no change overtook it.
    pub(super) async fn steady<T, F: Future<Output = Result<T, IndexError>>>(
        &self,
        read: impl Fn(State) -> F,
    ) -> Result<T, IndexError> {
        for _ in 0..ATTEMPTS {
            let state = self.state().await?;
            let found = read(state.clone()).await;
            if self.state().await?.serial == state.serial {
                return found;
            }
        }
        Err(IndexError::Engine(
            "the index changed during every attempt to read it".into(),
        ))
    }

    async fn remove(&self, filters: Vec<Filter>) -> Result<(), IndexError> {
        for filter in filters {
            let request = DeletePointsBuilder::new(&self.name).points(filter).wait(true);
            self.client.delete_points(request).await.map_err(engine_error)?;
        }
        Ok(())
    }

    /// Revisions with their numbers.
    pub(super) async fn held(&self, state: &State) -> Result<Vec<(RevisionId, u64)>, IndexError> {
        let mut held = Vec::new();
        let mut offset = None;
        loop {
            let mut request = ScrollPointsBuilder::new(&self.name)
                .filter(points::committed(state, PointKind::Revision))
                .limit(LISTING_PAGE)
                .with_payload(true);
            if let Some(offset) = offset {
                request = request.offset(offset);
            }
            let page = self.client.scroll(request).await.map_err(engine_error)?;
            for point in &page.result {
                let place =
                    points::revision_of(&point.payload).zip(points::number_of(&point.payload, points::SLOT));
                held.push(place.ok_or_else(|| IndexError::Damaged("a revision without its id".into()))?);
            }
            offset = page.next_page_offset;
            if offset.is_none() {
                held.sort_unstable();
                return Ok(held);
            }
        }
    }

    pub(super) async fn apply(
        &self,
        add: Vec<IndexedRevision>,
        remove: Vec<RevisionId>,
    ) -> Result<(), IndexError> {
        let former = self.state().await?;
        // What an interrupted change left behind would become visible with this one.
        self.remove(points::leftovers(&former)).await?;
        let mut gone: HashSet<RevisionId> = remove.into_iter().collect();
        gone.extend(add.iter().map(|revision| revision.revision));
        let held = self.held(&former).await?;
        let mut next = State {
            serial: former.serial + 1,
            next_slot: former.next_slot,
            dropped: held
                .into_iter()
                .filter(|(revision, _)| gone.contains(revision))
                .map(|(_, slot)| slot)
                .collect(),
        };
        let mut last_of: HashMap<RevisionId, usize> = HashMap::new();
        for (position, revision) in add.iter().enumerate() {
            last_of.insert(revision.revision, position);
        }
        for (position, revision) in add.iter().enumerate() {
            if last_of.get(&revision.revision) != Some(&position) {
                continue;
            }
            for chunk in points::points_of(revision, next.next_slot, next.serial).chunks(UPSERT_CHUNK) {
                self.upsert(chunk.to_vec()).await?;
            }
            next.next_slot += 1;
        }
        self.commit(&next).await?;
        // Committed; what cannot be deleted now goes with the next change.
        let _undeleted = self.remove(points::leftovers(&next)).await;
        Ok(())
    }

    async fn query(
        &self,
        query: Query,
        using: &str,
        filter: Filter,
        params: SearchParamsBuilder,
        limit: u64,
    ) -> Result<Vec<Scored>, IndexError> {
        let request = QueryPointsBuilder::new(&self.name)
            .query(query)
            .using(using)
            .filter(filter)
            .params(params)
            .with_payload(true)
            .limit(limit);
        let found = self.client.query(request).await.map_err(engine_error)?;
        found.result.iter().map(scored).collect()
    }

    async fn search_terms(
        &self,
        state: &State,
        kind: PointKind,
        texts: &[WeightedText],
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        let Some(vector) = points::question_vector(texts) else {
            return Ok(Vec::new());
        };
        let using = if kind == PointKind::Passage {
            points::PASSAGE_TERMS
        } else {
            points::PARAGRAPH_TERMS
        };
        let mut wanted = limit as u64;
        if kind == PointKind::Paragraph {
            wanted = wanted.saturating_mul(PARAGRAPHS_PER_PASSAGE);
        }
        loop {
            let population = IdfParamsBuilder::new().corpus(points::visible(state, kind, scope));
            let params = SearchParamsBuilder::default().idf(population);
            let filter = points::admitted(state, kind, scope);
            let query = Query::from(vector.clone());
            let found = self.query(query, using, filter, params, wanted).await?;
            let exhausted = (found.len() as u64) < wanted;
            let mut seen: HashMap<PassageKey, Scored> = HashMap::new();
            for hit in found {
                let held = seen.entry(hit.passage).or_insert(hit);
                if hit.score > held.score {
                    *held = hit;
                }
            }
            if seen.len() >= limit || exhausted {
                let mut best = Best::new(limit);
                seen.into_values().for_each(|hit| best.offer(hit));
                return Ok(best.into_sorted());
            }
            wanted = wanted.saturating_mul(2);
        }
    }

    pub(super) async fn search(
        &self,
        state: &State,
        leg: &OwnedLeg,
        scope: &ReaderScope,
        limit: usize,
    ) -> Result<Vec<Scored>, IndexError> {
        match leg {
            OwnedLeg::Terms(kind, texts) => self.search_terms(state, *kind, texts, scope, limit).await,
            OwnedLeg::Dense(vector) => {
                let rescored = QuantizationSearchParamsBuilder::default()
                    .rescore(true)
                    .oversampling(OVERSAMPLING);
                let params = SearchParamsBuilder::default().quantization(rescored);
                let filter = points::admitted(state, PointKind::Passage, scope);
                let query = Query::from(VectorInput::new_dense(vector.clone()));
                let found = self
                    .query(query, points::DENSE, filter, params, limit as u64)
                    .await?;
                let mut best = Best::new(limit);
                found.into_iter().for_each(|hit| best.offer(hit));
                Ok(best.into_sorted())
            }
        }
    }

    pub(super) async fn count(&self, filter: Filter) -> Result<u64, IndexError> {
        let request = CountPointsBuilder::new(&self.name).filter(filter).exact(true);
        let counted = self.client.count(request).await.map_err(engine_error)?;
        Ok(counted.result.map_or(0, |result| result.count))
    }
}

/// A leg that the runtime's task can own.
pub(super) enum OwnedLeg {
    Terms(PointKind, Vec<WeightedText>),
    Dense(Vec<f32>),
}

fn scored(point: &ScoredPoint) -> Result<Scored, IndexError> {
    let narrow =
        |field| points::number_of(&point.payload, field).and_then(|number| u32::try_from(number).ok());
    let place = points::revision_of(&point.payload).zip(narrow(points::ORDINAL));
    let (revision, ordinal) = place.ok_or_else(|| IndexError::Damaged("a point without its place".into()))?;
    Ok(Scored {
        passage: PassageKey { revision, ordinal },
        segment: narrow(points::SEGMENT),
        score: point.score,
    })
}
