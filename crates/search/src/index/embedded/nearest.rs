//! The nearest vectors of several files: a rough pass over all of them, an exact one over what is left.
//!
//! Promises: the exact nearest, because what the rough pass drops cannot be among them by its error bound;
//! large sets are passed by several threads. Never: which files are admitted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use shoki_core::corpus::PassageKey;
use shoki_core::id::RevisionId;

use super::super::Scored;
use super::super::ranking::Best;
use super::vectors::{DenseQuestion, Rough, VectorFile};

/// Vectors worth a thread: at 30 ns each, a quarter of a millisecond.
const VECTORS_PER_THREAD: usize = 8_192;
/// Threads at most: the scan is bound by memory before that.
const THREADS: usize = 4;

/// A revision's vectors.
pub type Held = (RevisionId, Arc<VectorFile>);

/// The order of `f32` for a heap.
#[derive(Clone, Copy, PartialEq)]
struct Total(f32);

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The largest `limit` scores that are certain.
struct Floor {
    limit: usize,
    certain: BinaryHeap<Reverse<Total>>,
}

impl Floor {
    /// The `limit`-th best is at least this.
    fn value(&self) -> f32 {
        match self.certain.peek() {
            Some(Reverse(lowest)) if self.certain.len() >= self.limit => lowest.0,
            _ => f32::NEG_INFINITY,
        }
    }

    fn raise(&mut self, certain: f32) {
        if self.certain.len() < self.limit {
            self.certain.push(Reverse(Total(certain)));
        } else if let Some(mut lowest) = self.certain.peek_mut()
            && certain > lowest.0.0
        {
            *lowest = Reverse(Total(certain));
        }
    }
}

/// What of some files may be among the nearest, and what the last of those reaches at least.
struct Pass<'a> {
    floor: f32,
    found: Vec<(&'a Held, Rough)>,
}

fn pass<'a>(files: &'a [Held], question: &DenseQuestion, supplementary: bool, limit: usize) -> Pass<'a> {
    let mut floor = Floor {
        limit,
        certain: BinaryHeap::with_capacity(limit.min(VECTORS_PER_THREAD) + 1),
    };
    let mut found = Vec::new();
    let mut lowest = f32::NEG_INFINITY;
    for held in files {
        held.1.scan(question, supplementary, |rough| {
            if rough.score + rough.error >= lowest {
                floor.raise(rough.score - rough.error);
                lowest = floor.value();
                found.push((held, rough));
            }
        });
    }
    Pass { floor: lowest, found }
}

/// Files cut into parts of about as many vectors each.
fn parts(files: &[Held], count: usize) -> Vec<&[Held]> {
    let total: usize = files.iter().map(|(_, file)| file.len()).sum();
    let share = total.div_ceil(count.max(1)).max(1);
    let (mut parts, mut start, mut held) = (Vec::with_capacity(count), 0, 0);
    for (position, (_, file)) in files.iter().enumerate() {
        held += file.len();
        if held >= share {
            parts.push(&files[start..=position]);
            (start, held) = (position + 1, 0);
        }
    }
    if start < files.len() {
        parts.push(&files[start..]);
    }
    parts
}

/// The `limit` nearest, best first.
pub fn nearest(files: &[Held], question: &DenseQuestion, supplementary: bool, limit: usize) -> Vec<Scored> {
    if limit == 0 {
        return Vec::new();
    }
    let total: usize = files.iter().map(|(_, file)| file.len()).sum();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let count = (total / VECTORS_PER_THREAD).clamp(1, cores.min(THREADS));
    let parts = parts(files, count);
    let passes: Vec<Pass<'_>> = match parts.split_first() {
        None => return Vec::new(),
        Some((only, [])) => vec![pass(only, question, supplementary, limit)],
        Some((first, others)) => thread::scope(|threads| {
            let others: Vec<_> = others
                .iter()
                .map(|part| threads.spawn(|| pass(part, question, supplementary, limit)))
                .collect();
            let mut passes = vec![pass(first, question, supplementary, limit)];
            // What panics on damage goes on as a panic, to whoever guards against it.
            passes.extend(others.into_iter().map(|other| {
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }));
            passes
        }),
    };
    let floor = passes
        .iter()
        .map(|pass| pass.floor)
        .fold(f32::NEG_INFINITY, f32::max);
    let mut best = Best::new(limit);
    for ((revision, file), rough) in passes.into_iter().flat_map(|pass| pass.found) {
        if rough.score + rough.error < floor {
            continue;
        }
        best.offer(Scored {
            passage: PassageKey {
                revision: *revision,
                ordinal: file.ordinal(rough.row),
            },
            segment: None,
            score: file.score(rough.row, question),
        });
    }
    best.into_sorted()
}
