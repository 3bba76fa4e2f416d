//! Claim latency with many ready units against few, paired and alternating in one run: the promise is
//! p99(100,000) ≤ 1.5 × p99(1,000) (DESIGN.md §6). Two databases, the same disk; each round claims and gives
//! back one unit in either, in turn. `cargo run --release -p shoki-store --example claim_latency [ROUNDS]`

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use shoki_core::access::Role;
use shoki_core::clock::Clock;
use shoki_core::digest::Sha256;
use shoki_core::id::WorkerId;
use shoki_core::pipeline::PipelineRef;
use shoki_core::unit::{BlobRef, RetryPolicy, UnitKind};
use shoki_store::model::{NewDocument, NewToken, Planned};
use shoki_store::{JobStore as _, SqliteStore, StoreError};

const FEW: u32 = 1_000;
const MANY: u32 = 100_000;
const PAGES_PER_JOB: u32 = 1_000;
const LEASE: SignedDuration = SignedDuration::from_secs(60);
const ROUNDS: usize = 4_000;

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

async fn store_with(directory: &Path, units: u32) -> Result<SqliteStore, StoreError> {
    let path = directory.join(format!("{units}.db"));
    let store = SqliteStore::open(&path, Arc::new(WallClock), RetryPolicy::default()).await?;
    let department = store.create_department("課").await?.id;
    let user = store.create_user(department, "人", Role::Clerk).await?.id;
    let secret_hash = Sha256::of(b"secret");
    let token = NewToken {
        user,
        secret_hash,
        label: String::new(),
        expires_at: None,
    };
    store.create_token(token).await?;
    let actor = store
        .authenticate(&secret_hash)
        .await?
        .ok_or(StoreError::NotFound)?;
    let pipeline = PipelineRef {
        name: "forms".to_owned(),
        digest: Sha256::of(b"forms"),
        corpus: None,
        minutes: None,
    };
    for number in 0..units / PAGES_PER_JOB {
        let blob = BlobRef {
            sha256: Sha256::of(&number.to_be_bytes()),
            size: 4,
        };
        let document = NewDocument {
            id: None,
            name: format!("{number}.pdf"),
            media: None,
            blob,
        };
        store
            .submit_batch(&actor, vec![document], &pipeline, None)
            .await?;
    }
    let worker = WorkerId::generate();
    for _ in 0..units / PAGES_PER_JOB {
        // Pages are younger than the plans, so plans are claimed first.
        let plan = store.claim(worker, LEASE).await?.ok_or(StoreError::NotFound)?;
        assert_eq!(plan.kind, UnitKind::Plan);
        store
            .commit_plan(plan.fence, Planned::together(PAGES_PER_JOB), None)
            .await?;
    }
    assert_eq!(store.queue_depth().await?.ready, u64::from(units));
    Ok(store)
}

/// Claims a unit and gives it back; the time of the claim alone.
async fn round(store: &SqliteStore, worker: WorkerId) -> Result<Duration, StoreError> {
    let start = Instant::now();
    let claim = store.claim(worker, LEASE).await?.ok_or(StoreError::NotFound)?;
    let elapsed = start.elapsed();
    store.release(claim.fence).await?;
    Ok(elapsed)
}

fn quantile(sorted: &[Duration], q: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((sorted.len() as f64 * q) as usize).min(sorted.len() - 1);
    sorted[index].as_secs_f64() * 1e3
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(ROUNDS), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let few = store_with(directory.path(), FEW).await?;
    let many = store_with(directory.path(), MANY).await?;
    let worker = WorkerId::generate();
    let (mut of_few, mut of_many) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
    for number in 0..rounds {
        // Whoever goes first pays for what the other's fsync left: take turns in that too.
        if number % 2 == 0 {
            of_few.push(round(&few, worker).await?);
            of_many.push(round(&many, worker).await?);
        } else {
            of_many.push(round(&many, worker).await?);
            of_few.push(round(&few, worker).await?);
        }
    }
    of_few.sort();
    of_many.sort();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{rounds} claims each, alternating; milliseconds")?;
    for (name, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        let (a, b) = (quantile(&of_few, q), quantile(&of_many, q));
        writeln!(out, "{name}  {FEW}: {a:.3}  {MANY}: {b:.3}  ratio {:.2}", b / a)?;
    }
    Ok(())
}
