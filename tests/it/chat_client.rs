//! The client of the server that drafts, against servers that break, hang, redirect or show another
//! certificate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use shoki_app::config::{DraftingConfig, Place};
use shoki_app::drafting::{ChatClient, ChatRequest, DraftingError, Message, Role, Schema, Server};

use crate::chat_server::{Act, Asked, ChatServer};
use crate::service::free_address;

/// The client of a server.
fn client(address: &str, timeout: Duration) -> ChatClient {
    client_with(address, Place::Off, timeout)
}

fn client_with(address: &str, ca_file: Place, timeout: Duration) -> ChatClient {
    let config = DraftingConfig {
        base_url: address.to_owned(),
        model: "test-model".to_owned(),
        api_key_file: Place::Off,
        ca_file,
        timeout_seconds: 1,
        max_tokens: 100,
        waiting: 1,
        concurrent: 1,
    };
    let server = Server::of(&config).expect("right").expect("on");
    ChatClient::new(server, &config.model, config.max_tokens, timeout)
}

fn request() -> ChatRequest {
    ChatRequest {
        messages: vec![Message {
            role: Role::User,
            content: "{}".to_owned(),
        }],
        schema: Some(Schema {
            name: "anything",
            schema: json!({ "type": "object" }),
        }),
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn every_way_to_break_is_an_error_of_its_own_and_nothing_else_is_contacted() {
    type Expected = fn(&DraftingError) -> bool;
    let elsewhere = ChatServer::start(|_| Act::Say("here".to_owned()));
    let target = elsewhere.address;
    let cases: [(&str, Act, Expected); 8] = [
        ("500", Act::Status(500), |error| {
            matches!(error, DraftingError::Refused(500))
        }),
        ("404", Act::Status(404), |error| {
            matches!(error, DraftingError::Refused(404))
        }),
        ("redirect", Act::Redirect(target), |error| {
            matches!(error, DraftingError::Redirected(307))
        }),
        ("huge", Act::Huge, |error| {
            matches!(error, DraftingError::TooLarge(_))
        }),
        ("broken", Act::Broken, |error| {
            matches!(error, DraftingError::Broken(_))
        }),
        ("no JSON", Act::Body(b"<html>".to_vec()), |error| {
            matches!(error, DraftingError::Unusable(_))
        }),
        ("no choice", Act::Body(b"{\"choices\":[]}".to_vec()), |error| {
            matches!(error, DraftingError::Unusable(_))
        }),
        ("cut off", Act::CutOff("{".to_owned()), |error| {
            matches!(error, DraftingError::Unusable(_))
        }),
    ];
    for (name, act, expected) in cases {
        let server = ChatServer::start(move |_| act.clone());
        let error = client(&server.base_url(), PATIENCE)
            .complete(&request())
            .await
            .expect_err(name);
        assert!(expected(&error), "{name}: {error:?}");
        assert_eq!(server.asked().len(), 1, "{name}");
    }
    assert_eq!(elsewhere.asked().len(), 0, "a redirect was followed");
    let nobody = format!("http://{}/v1", free_address());
    let error = client(&nobody, PATIENCE)
        .complete(&request())
        .await
        .expect_err("nobody listens");
    assert!(matches!(error, DraftingError::Unreachable(_)), "{error:?}");
}

/// A certificate authority, and a server's TLS with a certificate of it for `name`.
fn authority(name: &str) -> (String, Arc<ServerConfig>) {
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = parameters.self_signed(&key).expect("a root");
    let issuer = Issuer::new(parameters, key);
    let own = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .and_then(|parameters| parameters.signed_by(&own, &issuer))
        .expect("a certificate");
    let secret = PrivateKeyDer::try_from(own.serialize_der()).expect("PKCS#8");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .expect("a certificate with its key");
    (root.pem(), Arc::new(config))
}

#[tokio::test]
async fn over_tls_only_a_certificate_of_the_named_authority_for_the_named_host_is_taken() {
    let directory = tempfile::tempdir().expect("a directory");
    let (ours, right) = authority("localhost");
    let (another, wrong_name) = authority("another.example");
    for (name, config, trusted, taken) in [
        ("right", &right, &ours, true),
        ("of another authority", &right, &another, false),
        ("for another host", &wrong_name, &another, false),
    ] {
        let server = ChatServer::start_with(Some(Arc::clone(config)), |_| Act::Say("{}".to_owned()));
        let ca = directory.path().join("ca.pem");
        std::fs::write(&ca, trusted).expect("written");
        let base = format!("https://localhost:{}/v1", server.address.port());
        let answer = client_with(&base, Place::At(ca), PATIENCE)
            .complete(&request())
            .await;
        assert_eq!(answer.is_ok(), taken, "{name}: {answer:?}");
        assert_eq!(server.asked().len(), usize::from(taken), "{name}");
        if let Err(error) = answer {
            assert!(
                matches!(error, DraftingError::Unreachable(_)),
                "{name}: {error:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_left_in_time_and_when_nobody_waits() {
    let server = ChatServer::start(|_| Act::Hang);
    let started = Instant::now();
    let error = client(&server.base_url(), Duration::from_millis(300))
        .complete(&request())
        .await;
    assert!(matches!(error, Err(DraftingError::TimedOut)), "{error:?}");
    assert!(started.elapsed() < PATIENCE);
    tokio::task::block_in_place(|| server.was_left(1));

    let client = client(&server.base_url(), PATIENCE);
    let waiting = tokio::spawn(async move { client.complete(&request()).await });
    tokio::task::block_in_place(|| server.was_asked(2));
    waiting.abort();
    tokio::task::block_in_place(|| server.was_left(2));
}

#[tokio::test]
async fn a_server_without_json_schema_is_asked_in_a_way_that_it_knows() {
    let kind = |asked: &Asked| asked.body["response_format"]["type"].as_str().map(str::to_owned);
    for known in [Some("json_object"), None] {
        let server = ChatServer::start(move |asked| match kind(asked) {
            found if found.as_deref() == known => Act::Say("{}".to_owned()),
            _ => Act::Status(400),
        });
        let client = client(&server.base_url(), PATIENCE);
        for _ in 0..2 {
            assert_eq!(client.complete(&request()).await.expect("an answer"), "{}");
        }
        let tried: Vec<_> = server.asked().iter().map(kind).collect();
        let known = known.map(str::to_owned);
        let mut expected = vec![
            Some("json_schema".to_owned()),
            Some("json_object".to_owned()),
            known.clone(),
        ];
        expected.dedup();
        // The second request goes straight to what was understood.
        expected.push(known);
        assert_eq!(tried, expected);
    }
    // Every wish refused: said, not asked for ever.
    let server = ChatServer::start(|_| Act::Status(400));
    let error = client(&server.base_url(), PATIENCE).complete(&request()).await;
    assert!(matches!(error, Err(DraftingError::Refused(400))), "{error:?}");
    assert_eq!(server.asked().len(), 3);
}
