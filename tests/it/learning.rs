//! Learning from corrections on the command line: compared on what was held back, applied, taken back.

use std::sync::Arc;

use jiff::SignedDuration;
use shoki_app::clock::SystemClock;
use shoki_core::acceptance::AcceptTerms;
use shoki_core::access::Actor;
use shoki_core::calibration::Signals;
use shoki_core::digest::Sha256;
use shoki_core::id::{JobId, WorkerId};
use shoki_core::media::MediaKind;
use shoki_core::outcome::{FormOutcome, Outcome};
use shoki_core::pipeline::PipelineRef;
use shoki_core::reading::{DocumentReading, FIELDS_JSON, FieldReading, FieldState, PageKind, PageReading};
use shoki_core::review::{
    CheckPolicy, Decision, ReviewAction, SheetPlan, SheetReview, SheetVersion, Standing, Task,
};
use shoki_core::unit::RetryPolicy;
use shoki_store::model::{NewArtifact, NewDocument, NewReviewRow, NewSheet, Planned};
use shoki_store::{Blobs, JobStore, SqliteStore};

use crate::service::Office;

const FORM: &str = "kyuyo_idou";
const SHEETS: u32 = 200;

/// A sheet: a number that is always right, and a name that is wrong on every second sheet although nothing
/// speaks against it.
fn page(number: u32) -> PageReading {
    let field = |text: &str| FieldReading {
        text: text.to_owned(),
        state: FieldState::Sure,
        reasons: Vec::new(),
        explanations: Vec::new(),
        candidates: Vec::new(),
        signals: Some(Signals {
            agreement: 1.0,
            margin: 0.98,
            weakest: 0.95,
            rival: 0.0,
            registration: 0.5,
            ink: 140.0,
        }),
    };
    let fields = [
        ("designated_number".to_owned(), field("1234567")),
        ("payer_name".to_owned(), field("旭野商店")),
    ];
    PageReading {
        page: number,
        kind: PageKind::Form,
        form: Some(FORM.to_owned()),
        form_version: Some(1),
        quarter_turns: 0,
        registration_error: Some(0.5),
        placement: None,
        doubt: None,
        fields: fields.into(),
        lines: Vec::new(),
    }
}

/// A finished job of such sheets.
async fn job(store: &SqliteStore, blobs: &Blobs, actor: &Actor) -> JobId {
    let kept = blobs.put(actor.department, b"scan").await.expect("kept");
    let document = NewDocument {
        id: None,
        name: "scan.pdf".to_owned(),
        media: Some(MediaKind::Pdf),
        blob: kept.blob,
    };
    let document = store.create_document(actor, document).await.expect("recorded");
    let pipeline = PipelineRef {
        name: "forms".to_owned(),
        digest: Sha256::of(b"forms"),
        corpus: None,
        minutes: None,
    };
    let submitted = store.submit_job(actor, document.id, &pipeline, None).await;
    let job = submitted.expect("accepted").jobs[0].id;
    let claim = async || {
        let lease = SignedDuration::from_mins(1);
        let claim = store.claim(WorkerId::generate(), lease).await.expect("a claim");
        claim.expect("a unit waits")
    };
    store
        .commit_plan(claim().await.fence, Planned::together(0), None)
        .await
        .expect("planned");
    let reading = DocumentReading {
        pages: (1..=SHEETS).map(page).collect(),
    };
    let json = serde_json::to_vec(&reading).expect("JSON");
    let fields = blobs.put(actor.department, &json).await.expect("kept");
    let artifact = NewArtifact {
        name: FIELDS_JSON.to_owned(),
        media_type: "application/json".to_owned(),
        blob: fields.blob,
    };
    let outcome = Outcome::Form(FormOutcome::default());
    let done = store
        .commit_outcome(claim().await.fence, outcome, vec![artifact])
        .await;
    done.expect("assembled");
    job
}

/// A person decides about both fields of every sheet.
async fn reviewed(store: &SqliteStore, actor: &Actor, job: JobId) {
    let plan = SheetPlan::default();
    let sheets: Vec<NewSheet> = (1..=SHEETS)
        .map(|number| NewSheet {
            page: number,
            form: FORM.to_owned(),
            policy: CheckPolicy::All,
            plan: plan.clone(),
            standing: Standing::Open {
                task: Task::Check,
                not_by: Vec::new(),
            },
            open_fields: 2,
            figures: None,
            audits: Vec::new(),
            terms: AcceptTerms::default(),
        })
        .collect();
    store.open_review(actor, job, &sheets).await.expect("opened");
    for number in 1..=SHEETS {
        let name = if number % 2 == 0 {
            Decision::Correct {
                text: "旭野商会".to_owned(),
            }
        } else {
            Decision::Accept
        };
        let decide = |field: &str, decision| ReviewAction::Decide {
            field: field.to_owned(),
            decision,
        };
        let actions = [
            decide("designated_number", Decision::Accept),
            decide("payer_name", name),
            ReviewAction::Finish,
        ];
        let mut rows = Vec::new();
        for (rows_before, action) in (0_u64..).zip(actions) {
            let before = SheetReview::of(&page(number), CheckPolicy::All, &plan, rows.clone());
            let standing = before.expect("rows that follow").standing();
            let is_last = action == ReviewAction::Finish;
            let row = NewReviewRow {
                page: number,
                expected: SheetVersion {
                    reading: 0,
                    rows: rows_before,
                },
                action,
                standing: if is_last { Standing::Done } else { standing },
                open_fields: 0,
                figures: None,
                lease: Some(SignedDuration::from_mins(1)),
            };
            rows.push(store.append_review(actor, job, &row).await.expect("added"));
        }
    }
}

fn said(output: &std::process::Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[tokio::test]
async fn corrections_are_learnt_compared_applied_and_taken_back() {
    let office = Office::open();
    let learn = |more: &[&str]| {
        let all = [&["forms", "learn", "--department", "市民税課"], more].concat();
        office.run(&all)
    };
    let early = learn(&["--apply"]);
    assert!(
        !early.status.success() && said(&early).contains("まだ足りません"),
        "{}",
        said(&early)
    );

    let path = office.data().join("shoki.db");
    let opened = SqliteStore::open(&path, Arc::new(SystemClock), RetryPolicy::default()).await;
    let store = opened.expect("the database");
    let blobs = Blobs::open(&office.data().join("blobs"), 0).expect("the blobs");
    let hash = Sha256::of(office.token.as_bytes());
    let actor = store
        .authenticate(&hash)
        .await
        .expect("an answer")
        .expect("signed in");
    let job = job(&store, &blobs, &actor).await;
    reviewed(&store, &actor, job).await;

    // Without a word it only compares.
    let dry = learn(&[]);
    assert!(dry.status.success(), "{}", said(&dry));
    assert!(
        said(&dry).contains("「--apply」を付けて") && said(&dry).contains("出荷時のもの"),
        "{}",
        said(&dry)
    );
    let applied = learn(&["--apply"]);
    assert!(
        applied.status.success() && said(&applied).contains("第 1 版に替えました"),
        "{}",
        said(&applied)
    );
    // The same corrections teach nothing more.
    let again = learn(&["--apply"]);
    assert!(
        !again.status.success() && said(&again).contains("良くありません"),
        "{}",
        said(&again)
    );

    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let state = api.get("/v1/calibration").await;
    assert_eq!(state["version"], 1, "{state}");
    let version = &state["learnt"][0];
    let loss = |which: &str| version[which]["log_loss"].as_f64().expect("a number");
    assert!(loss("after") < loss("before") / 2.0, "{state}");
    // What was found wrong so often passes no more.
    let missed = |which: &str| version[which]["missed"].as_f64().expect("a number");
    assert!(missed("before") > 0.1 && missed("after") < 0.005, "{state}");
    // What was always right goes on passing: it is half of all.
    let accepted = version["after"]["accepted"].as_f64().expect("a number");
    assert!((0.4..0.6).contains(&accepted), "{state}");

    let back = learn(&["--back"]);
    assert!(
        back.status.success() && said(&back).contains("出荷時のもの"),
        "{}",
        said(&back)
    );
    assert_eq!(api.get("/v1/calibration").await["version"], 0);
    assert!(
        !learn(&["--back"]).status.success(),
        "nothing is left to take back"
    );
    server.kill();
    let log = store.audit_chain(0, 10_000).await.expect("the chain");
    let told: Vec<&str> = log
        .iter()
        .map(|event| event.action.as_str())
        .filter(|action| action.starts_with("calibration."))
        .collect();
    assert_eq!(told, ["calibration.apply", "calibration.back"]);
    store.close().await;
}
