//! What is seen from outside: logs and metrics tell routes, states and times, never whose or what.

use std::io::Write;
use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::Method;
use shoki_core::access::Role;

use crate::office::{Office, PNG};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// The recorder is this thread's own. The subscriber is the whole process's: with a scoped one, tracing
// caches call sites that other threads meet first as never interesting.
#[tokio::test]
async fn names_contents_and_secrets_are_in_no_log_line_and_in_no_metric() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recorder = metrics::set_default_local_recorder(&recorder);
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("shoki_api=trace,shoki_store=trace")
        .json()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let office = Office::open().await;
    let (document, job) = office.finished_job(1).await;
    let name = "秘密の申告書.png";
    assert_eq!(office.upload(name, PNG).await.status(), 201);
    assert_eq!(
        office
            .upload(name, b"\x7fELF\0 secret contents".to_vec())
            .await
            .status(),
        415
    );
    assert_eq!(office.get(&format!("/v1/jobs/{job}/pages/1")).await.status(), 200);
    assert_eq!(
        office.get(&format!("/v1/jobs/{job}?name={name}")).await.status(),
        400
    );
    let question = serde_json::json!({"text": "秘密の質問"});
    let asked = office.clerk(Method::POST, "/v1/questions").json(&question);
    assert_eq!(asked.send().await.unwrap().status(), 200);
    let delete = office.clerk(Method::DELETE, &format!("/v1/documents/{document}"));
    assert_eq!(delete.send().await.unwrap().status(), 204);

    let ours = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let answered = ours.matches("\"answered\"").count();
    assert!(answered >= 8, "{answered} answers in the log");
    assert!(ours.contains("\"route\":\"/v1/jobs/{id}/pages/{page}\""));
    assert!(ours.contains("\"status\":415") && ours.contains("\"request_id\""));
    let metrics = recorder.handle().render();
    assert!(
        metrics
            .contains("shoki_http_requests_total{method=\"GET\",route=\"/v1/jobs/{id}\",status=\"400\"} 1"),
        "{metrics}"
    );
    assert!(metrics.contains("shoki_upload_bytes_total"));
    assert!(metrics.contains("shoki_uploads_in_flight 0"));
    assert!(metrics.contains("shoki_search_waiting_max 8"));
    for seen in [&ours, &metrics] {
        for secret in [
            name,
            "秘密",
            "scan.png",
            "secret contents",
            "佐藤",
            "123456789018",
        ] {
            assert!(!seen.contains(secret), "{secret}");
        }
        assert!(!seen.contains(office.tax.token(Role::Clerk)));
    }
    assert!(!metrics.contains(&job));
}
