//! The administrator's command line: models on media, audit checkpoints, tokens, form checks.

use reqwest::{Method, StatusCode};

use crate::service::{Office, repository};

#[test]
fn models_travel_on_media_and_a_bad_medium_changes_nothing() {
    let mut office = Office::open();
    let media = office.data().with_file_name("media");
    let exported = office.run(&["models", "export", media.to_str().expect("UTF-8")]);
    assert!(exported.status.success(), "{}", said(&exported));
    let store = office.data().with_file_name("closed-network-models");
    office.set("MODELS__STORE_DIR", &store.display().to_string());
    let verified = office.run(&["models", "verify"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(
        said(&verified).contains("shoki models import"),
        "{}",
        said(&verified)
    );

    let recogniser = media.join("ppocr-rec/PP-OCRv6_rec_small.onnx");
    let right = std::fs::read(&recogniser).expect("exported");
    std::fs::write(&recogniser, &right[..right.len() / 2]).expect("cut short");
    let refused = office.run(&["models", "import", media.to_str().expect("UTF-8")]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("ppocr-rec"), "{}", said(&refused));
    assert!(
        !store.join("pdfium/libpdfium.so").exists(),
        "a bad medium was taken in part"
    );

    std::fs::write(&recogniser, &right).expect("whole again");
    let imported = office.run(&["models", "import", media.to_str().expect("UTF-8")]);
    assert!(imported.status.success(), "{}", said(&imported));
    assert!(office.run(&["models", "verify"]).status.success());
}

#[test]
fn the_audit_chain_is_verified_against_its_checkpoints() {
    let mut office = Office::open();
    let unsigned = office.run(&["audit", "checkpoint"]);
    assert_eq!(unsigned.status.code(), Some(1));
    assert!(
        said(&unsigned).contains("audit.checkpoint_dir"),
        "{}",
        said(&unsigned)
    );
    let place = office.data().with_file_name("second-place");
    office.set("AUDIT__CHECKPOINT_DIR", &place.display().to_string());
    assert!(office.run(&["audit", "checkpoint"]).status.success());
    let verified = office.run(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(
        said(&verified).contains("検証点 1 件と一致"),
        "{}",
        said(&verified)
    );

    // The database of an earlier day is put back: the chain agrees with itself, not with what was signed.
    std::fs::remove_dir_all(office.data()).expect("the data directory");
    office.run(&["admin", "department", "add", "市民税課"]);
    let truncated = office.run(&["audit", "verify"]);
    assert_eq!(truncated.status.code(), Some(1));
    assert!(said(&truncated).contains("末尾の削除"), "{}", said(&truncated));
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let status = async || {
        api.request(Method::GET, "/v1/jobs")
            .send()
            .await
            .expect("an answer")
            .status()
    };
    assert_eq!(status().await, StatusCode::OK);
    let listed = office.run(&[
        "admin",
        "token",
        "list",
        "--department",
        "市民税課",
        "--user",
        "佐藤",
    ]);
    let listed = said(&listed);
    assert!(!listed.contains(&office.token), "the secret is shown again");
    let id = listed
        .lines()
        .nth(1)
        .and_then(|row| row.split_whitespace().next())
        .expect("one token");
    assert!(office.run(&["admin", "token", "revoke", id]).status.success());
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

#[test]
fn shipped_forms_have_no_mistakes_and_a_wrong_one_is_named_with_its_line() {
    let office = Office::open();
    let forms = repository().join("pipelines/forms");
    let right = forms.join("kyuyo_idou.toml");
    assert!(
        office
            .run(&["forms", "check", right.to_str().expect("UTF-8")])
            .status
            .success()
    );
    let wrong = office.data().join("kyuyo_idou.toml");
    let text = std::fs::read_to_string(&right).expect("shipped");
    let text = text.replacen("type = \"", "type = \"no_such_", 1);
    let line = text
        .lines()
        .position(|line| line.contains("no_such_"))
        .expect("replaced")
        + 1;
    std::fs::write(&wrong, text).expect("written");
    let checked = office.run(&["forms", "check", wrong.to_str().expect("UTF-8")]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        said(&checked).contains(&format!("kyuyo_idou.toml:{line}: ")),
        "{}",
        said(&checked)
    );
}

#[tokio::test]
async fn a_certificate_of_deletion_is_checked_and_retention_runs_alone() {
    let office = Office::open();
    let admin = office.token_of("department_admin", "渡辺");
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let scan = b"\x89PNG\r\n\x1a\nnothing more".to_vec();
    let (document, _) = api.submit("消す文書.png", scan).await;
    let deleted = api.request(Method::DELETE, &format!("/v1/documents/{document}"));
    assert_eq!(
        deleted.send().await.expect("an answer").status(),
        StatusCode::NO_CONTENT
    );
    let admin = api.signed_as(&admin);
    let listed = admin.get("/v1/deletion-certificates").await;
    let id = listed["items"][0]["id"].as_str().expect("a certificate");
    let certificate = admin.get(&format!("/v1/deletion-certificates/{id}")).await;
    let file = office.data().with_file_name("certificate.json");
    std::fs::write(&file, certificate.to_string()).expect("written");
    let verify = || office.run(&["audit", "verify-certificate", file.to_str().expect("UTF-8")]);
    let genuine = verify();
    assert!(genuine.status.success(), "{}", said(&genuine));
    assert!(said(&genuine).contains("本物の削除証明書"), "{}", said(&genuine));
    std::fs::write(&file, certificate.to_string().replace("市民税課", "別の課")).expect("written");
    let forged = verify();
    assert_eq!(forged.status.code(), Some(1));
    assert!(
        said(&forged).contains("書き換えられています"),
        "{}",
        said(&forged)
    );

    let listed = office.run(&["admin", "retention", "--dry-run"]);
    assert!(listed.status.success(), "{}", said(&listed));
    let beside = office.run(&["admin", "retention"]);
    assert_eq!(beside.status.code(), Some(1), "{}", said(&beside));
    server.kill();
    let alone = office.run(&["admin", "retention"]);
    assert!(alone.status.success(), "{}", said(&alone));
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
