//! The worker, step by step: it dies after every named point, is overtaken at every named point, and
//! the store fails at every named transaction — and the result is always the undisturbed one.
//! Fail points are the process's: every test here holds the scenario, so that none hits another.

mod import;
mod scene;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use scene::{PLAYS, Play, Scene, undisturbed};
use shoki_app::worker::Point;

/// Steps in an undisturbed run are fewer; a test that needs more is in an endless loop.
const MANY: usize = 400;

#[tokio::test]
async fn an_undisturbed_run_is_this() {
    let _alone = fail::FailScenario::setup();
    let scene = Scene::open(Play::Forms).await;
    let mut points = Vec::new();
    let mut worker = scene.worker();
    loop {
        let point = worker.step().await.expect("a store without faults");
        if point == Point::NothingToDo {
            break;
        }
        points.push(format!("{point:?}"));
    }
    insta::assert_json_snapshot!(serde_json::json!({
        "points": points,
        "database": scene.database().await,
        "files": scene.files_are_the_referenced_ones().await,
    }));
}

#[tokio::test]
async fn a_process_that_dies_after_any_step_loses_and_doubles_nothing() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        dies_after_any_step(play).await;
    }
}

async fn dies_after_any_step(play: Play) {
    let expected = undisturbed(play).await;
    for survived in 0..MANY {
        let mut scene = Scene::open(play).await;
        let mut worker = scene.worker();
        let mut done = false;
        for _ in 0..survived {
            done = worker.step().await.expect("a store without faults") == Point::NothingToDo;
        }
        drop(worker);
        if done {
            assert!(survived > 10, "a run of so few steps tests nothing");
            return;
        }
        scene.restart().await;
        scene.run_to_end().await;
        assert_eq!(
            scene.result().await,
            expected,
            "{play:?} died after {survived} steps"
        );
        scene.files_are_the_referenced_ones().await;
    }
    panic!("the run did not end within {MANY} steps");
}

#[tokio::test]
async fn two_deaths_at_one_unit_park_it_and_the_rest_is_delivered() {
    let _alone = fail::FailScenario::setup();
    let mut scene = Scene::open(Play::Forms).await;
    scene.step_until(&mut scene.worker(), Point::Committed).await;
    for _ in 0..2 {
        // Claims the first page and dies.
        scene.step_until(&mut scene.worker(), Point::Ran).await;
        scene.restart().await;
    }
    scene.run_to_end().await;
    let result = scene.result().await;
    assert_eq!(result["state"], "succeeded", "{result}");
    assert_eq!(result["outcome"]["pages_failed"], 1, "{result}");
    assert_eq!(result["outcome"]["pages_blank"], 2, "{result}");
    assert_eq!(result["units"][0]["state"]["code"], "killed_worker", "{result}");
}

#[tokio::test]
async fn a_worker_that_was_overtaken_drops_its_result() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        overtaken_at_any_step(play).await;
    }
}

async fn overtaken_at_any_step(play: Play) {
    let expected = undisturbed(play).await;
    for stale_steps in 1..MANY {
        let scene = Scene::open(play).await;
        let mut stale = scene.worker();
        let mut done = false;
        for _ in 0..stale_steps {
            done = stale.step().await.expect("a store without faults") == Point::NothingToDo;
        }
        if done {
            return;
        }
        let held = !stale.is_idle();
        scene.expire_leases().await;
        scene.run_to_end().await;
        // The stale worker wakes up and goes on with what it holds.
        let mut last = Point::NothingToDo;
        while !stale.is_idle() {
            last = stale.step().await.expect("a store without faults");
        }
        assert_eq!(last == Point::Lost, held, "after {stale_steps} steps: {last:?}");
        assert_eq!(
            scene.result().await,
            expected,
            "{play:?} overtaken after {stale_steps} steps"
        );
        scene.files_are_the_referenced_ones().await;
    }
    panic!("the run did not end within {MANY} steps");
}

#[tokio::test]
async fn a_job_cancelled_at_any_point_leaves_no_result() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        cancelled_at_any_step(play).await;
    }
}

async fn cancelled_at_any_step(play: Play) {
    for steps in 0..MANY {
        let scene = Scene::open(play).await;
        let mut worker = scene.worker();
        let mut done = false;
        for _ in 0..steps {
            done = worker.step().await.expect("a store without faults") == Point::NothingToDo;
        }
        if done {
            return;
        }
        if !scene.cancel().await {
            // The last commit has been made: nothing is left to cancel.
            return;
        }
        scene.drain(&mut worker).await;
        let result = scene.result().await;
        assert_eq!(result["state"], "cancelled", "after {steps} steps");
        assert_eq!(result["artifacts"], serde_json::json!([]), "after {steps} steps");
        if play == Play::Import {
            assert_eq!(result["texts"], serde_json::json!([]), "after {steps} steps");
        }
        scene.files_are_the_referenced_ones().await;
    }
    panic!("the run did not end within {MANY} steps");
}

#[tokio::test]
async fn a_document_deleted_at_any_point_is_gone_from_every_file() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        deleted_at_any_step(play).await;
    }
}

async fn deleted_at_any_step(play: Play) {
    for steps in 0..MANY {
        let mut scene = Scene::open(play).await;
        let mut worker = scene.worker();
        let mut done = false;
        for _ in 0..steps {
            done = worker.step().await.expect("a store without faults") == Point::NothingToDo;
        }
        scene.delete_document().await;
        scene.drain(&mut worker).await;
        drop(worker);
        assert_eq!(
            scene.hits(scene::CANARY),
            Vec::<String>::new(),
            "after {steps} steps"
        );
        if done {
            return;
        }
        scene.restart().await;
    }
    panic!("the run did not end within {MANY} steps");
}

#[tokio::test]
async fn a_store_that_fails_at_any_transaction_changes_nothing_in_the_end() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        fails_at_any_transaction(play).await;
    }
}

async fn fails_at_any_transaction(play: Play) {
    for point in [
        "store.before_commit",
        "store.after_commit",
        "blobs.before_publish",
        "blobs.after_publish",
    ] {
        let expected = undisturbed(play).await;
        let counted = Scene::open(play).await;
        let hits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hits);
        fail::cfg_callback(point, move || {
            counter.fetch_add(1, Ordering::Relaxed);
        })
        .expect("a point");
        counted.run_to_end().await;
        fail::remove(point);
        let hits = hits.load(Ordering::Relaxed);
        assert!(hits >= 4, "{point} is passed {hits} times only");
        for passed in 0..hits {
            let mut scene = Scene::open(play).await;
            fail::cfg(point, &format!("{passed}*off->1*return->off")).expect("a fail point's actions");
            scene.run_to_end().await;
            fail::remove(point);
            scene.restart().await;
            assert_eq!(scene.result().await, expected, "{point} failed after {passed}");
            scene.files_are_the_referenced_ones().await;
        }
    }
}

#[tokio::test]
async fn a_unit_given_back_at_shutdown_weighs_nothing() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        given_back(play).await;
    }
}

async fn given_back(play: Play) {
    let expected = undisturbed(play).await;
    let scene = Scene::open(play).await;
    // Many more releases than the policy allows deaths.
    for _ in 0..10 {
        let mut worker = scene.worker();
        scene.step_until(&mut worker, Point::Ran).await;
        worker.release().await.expect("given back");
        assert!(worker.is_idle());
    }
    scene.run_to_end().await;
    assert_eq!(scene.result().await, expected);
}

#[tokio::test]
async fn a_job_pinned_to_another_pipeline_fails_clearly() {
    let _alone = fail::FailScenario::setup();
    for play in PLAYS {
        pinned_to_another(play).await;
    }
}

async fn pinned_to_another(play: Play) {
    let mut scene = Scene::open(play).await;
    scene.pipeline.digest = shoki_core::digest::Sha256::of(b"another");
    scene.run_to_end().await;
    let result = scene.result().await;
    assert_eq!(
        (&result["state"], &result["code"]),
        (&"failed".into(), &"pipeline_changed".into())
    );
}

#[tokio::test]
async fn an_engine_thread_that_is_gone_is_a_failed_unit_and_not_a_stuck_one() {
    let _alone = fail::FailScenario::setup();
    let scene = Scene::open(Play::Forms).await;
    let mut worker = scene.worker_with(shoki_app::worker::engine_thread::EngineSender::channel().0);
    scene
        .step_until(
            &mut worker,
            Point::RunFailed(shoki_core::code::ErrorCode::EngineFailed),
        )
        .await;
}

#[tokio::test]
async fn an_import_is_one_revision_with_a_vector_for_each_passage() {
    let _alone = fail::FailScenario::setup();
    let mut scene = Scene::open(Play::Import).await;
    scene.run_to_end().await;
    let first = scene.result().await;
    assert_eq!(
        first["texts"],
        serde_json::json!([{
            "title": "星見市問答集", "state": "live", "items": ["問1", "問2", "問3"], "vectors": 3,
        }])
    );
    assert_eq!(first["units"].as_array().map(Vec::len), Some(3));
    let counts = |result: &serde_json::Value| {
        let outcome = &result["outcome"];
        [
            "sources",
            "revisions_new",
            "passages_total",
            "passages_changed",
            "passages_embedded",
        ]
        .map(|count| outcome[count].as_u64().expect("a count"))
    };
    assert_eq!(counts(&first), [1, 1, 3, 3, 3]);

    scene.submit_again(&import::document(scene::CANARY)).await;
    scene.run_to_end().await;
    let same = scene.result().await;
    assert_eq!(counts(&same), [1, 0, 3, 0, 0]);
    assert_eq!(same["texts"], first["texts"]);

    let changed = import::document(scene::CANARY).replacen("問2", "問２の２", 1);
    scene.submit_again(&changed).await;
    scene.run_to_end().await;
    let changed = scene.result().await;
    assert_eq!(counts(&changed), [1, 1, 3, 1, 1]);
    let states: Vec<_> = changed["texts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|text| (text["state"].clone(), text["vectors"].clone()))
        .collect();
    assert_eq!(
        states,
        [("live".into(), 3.into()), ("withdrawn".into(), 3.into())]
    );
}

#[tokio::test]
async fn what_cannot_be_taken_fails_with_its_place_and_what_was_there_stays() {
    let _alone = fail::FailScenario::setup();
    let mut scene = Scene::open(Play::Import).await;
    scene.run_to_end().await;
    let before = scene.result().await["texts"].clone();
    for (document, code, place) in [
        ("{\"id\": 1}\n{", "corrupt_document", serde_json::json!("line 2")),
        (
            "<Law>\n<LawBody></Law>",
            "corrupt_document",
            serde_json::json!("line 2"),
        ),
        ("<html></html>", "nothing_to_import", serde_json::Value::Null),
        ("", "empty_document", serde_json::Value::Null),
    ] {
        scene.submit_again(document).await;
        scene.run_to_end().await;
        let result = scene.result().await;
        assert_eq!(
            (&result["state"], &result["code"], &result["detail"]),
            (&"failed".into(), &code.into(), &place),
            "{document}"
        );
        assert_eq!(result["texts"], before, "{document}");
    }
    scene.files_are_the_referenced_ones().await;
}
