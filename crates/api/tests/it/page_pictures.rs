//! Pages as pictures: what is painted over, what wants a reason, and who is recorded.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::code::ErrorCode;
use shoki_core::piece::PagePiece;
use shoki_core::reading::PageKind;
use shoki_core::unit::UnitKind;

use crate::office::{Office, PNG};
use crate::problems::problem;

/// Actions and subjects in the audit chain that speak of the sight of something.
async fn sights(office: &Office) -> Vec<String> {
    let chain = office.store.audit_chain(0, 1000).await.unwrap();
    let seen = ["page.image", "page.reveal", "crop.read", "crop.reveal"];
    chain
        .iter()
        .filter(|event| seen.contains(&event.action.as_str()))
        .map(|event| format!("{} {}", event.action, event.subject))
        .collect()
}

async fn reveal(office: &Office, path: &str, reason: &str) -> reqwest::Response {
    let asked = office.clerk(Method::POST, &format!("{path}/reveal"));
    asked.json(&json!({ "reason": reason })).send().await.unwrap()
}

#[tokio::test]
async fn a_pages_picture_hides_the_number_until_there_is_a_reason() {
    let office = Office::open().await;
    let job = office.read_sheets(3).await;
    let place = format!("/v1/jobs/{job}/pages/2/image");
    let hidden = office.get(&place).await;
    assert_eq!(hidden.headers()["content-type"], "image/jpeg");
    assert_eq!(hidden.headers()["cache-control"], "private, no-store");
    // The field lies 10 mm from the top left, 50 × 8 mm; 3 mm more on every side; the form's picture is 8 pixels a
    // millimetre.
    let drawn = hidden.text().await.unwrap();
    let masks = "[[[56.0, 136.0], [504.0, 136.0], [504.0, 248.0], [56.0, 248.0]]]";
    assert_eq!(
        drawn,
        format!("page 1 of {} bytes, turned 0, masks {masks}", PNG.len())
    );
    assert_eq!(sights(&office).await, [format!("page.image {job}/2")]);
    for reason in ["", "  ", "a\nb"] {
        problem(reveal(&office, &place, reason).await, ErrorCode::OptionUnusable).await;
    }
    let seen = reveal(&office, &place, "本人確認書類との照合").await;
    let drawn = seen.text().await.unwrap();
    assert!(drawn.ends_with("turned 0, masks []"), "{drawn}");
    assert_eq!(
        sights(&office).await[1..],
        [format!("page.reveal {job}/2 本人確認書類との照合")]
    );
    // A page that cannot be opened, and none at all.
    let broken = office.get(&format!("/v1/jobs/{job}/pages/3/image")).await;
    problem(broken, ErrorCode::CorruptPage).await;
    let none = office.get(&format!("/v1/jobs/{job}/pages/4/image")).await;
    problem(none, ErrorCode::NotFound).await;
    assert_eq!(
        sights(&office).await.len(),
        2,
        "what was not shown is not recorded"
    );
}

#[tokio::test]
async fn the_places_are_those_of_the_picture() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let places: Value = office
        .get(&format!("/v1/jobs/{job}/pages/1/places"))
        .await
        .json()
        .await
        .unwrap();
    let fields = places["fields"].as_array().unwrap();
    let told: Vec<_> = fields
        .iter()
        .map(|field| (&field["key"], &field["masked"]))
        .collect();
    assert_eq!(
        told,
        [(&json!("name"), &json!(false)), (&json!("number"), &json!(true))]
    );
    assert_eq!(
        fields[0]["quad"],
        json!([[80.0, 80.0], [480.0, 80.0], [480.0, 144.0], [80.0, 144.0]])
    );
}

#[tokio::test]
async fn where_nobody_knows_what_to_hide_the_whole_picture_wants_a_reason() {
    let office = Office::open().await;
    let job = office.job(&office.document(PNG).await).await;
    let changes: [fn(&mut PagePiece); 4] = [
        |piece| piece.reading.kind = PageKind::UnknownForm,
        |piece| piece.reading.placement = None,
        |piece| piece.reading.form_version = Some(7),
        |piece| piece.reading.form = Some("gone".to_owned()),
    ];
    office.plan(4).await;
    for change in changes {
        let claim = office.claim(UnitKind::Run).await;
        let mut piece = crate::office::form::page("transfer", claim.ordinal + 1);
        change(&mut piece);
        let blob = piece.encode().unwrap();
        let stored = office.blobs.put(claim.department, &blob).await.unwrap();
        office.store.commit_piece(claim.fence, stored.blob).await.unwrap();
    }
    for page in [1, 2, 4] {
        let place = format!("/v1/jobs/{job}/pages/{page}/image");
        problem(office.get(&place).await, ErrorCode::Masked).await;
        let places: Value = office
            .get(&format!("/v1/jobs/{job}/pages/{page}/places"))
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(places["fields"], json!([]), "page {page}");
        assert_eq!(reveal(&office, &place, "仕分け").await.status(), 200);
    }
    let place = format!("/v1/jobs/{job}/pages/3/image");
    problem(office.get(&place).await, ErrorCode::Masked).await;
}

#[tokio::test]
async fn the_picture_of_a_number_wants_a_reason() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let crop = |key: &str| format!("/v1/jobs/{job}/pages/1/crops/{key}");
    problem(office.get(&crop("number")).await, ErrorCode::Masked).await;
    problem(
        reveal(&office, &crop("number"), " ").await,
        ErrorCode::OptionUnusable,
    )
    .await;
    assert_eq!(sights(&office).await, Vec::<String>::new());
    let seen = reveal(&office, &crop("number"), "照合").await;
    assert_eq!(seen.headers()["content-type"], "image/png");
    assert_eq!(&seen.bytes().await.unwrap()[..], b"png of the number");
    assert_eq!(
        sights(&office).await,
        [format!("crop.reveal {job}/1/number 照合")]
    );
    problem(
        reveal(&office, &crop("nothing"), "照合").await,
        ErrorCode::NotFound,
    )
    .await;
    for role in [Role::SystemAdmin, Role::Auditor] {
        let asked = office
            .request(Method::POST, &format!("{}/reveal", crop("number")))
            .bearer_auth(office.tax.token(role))
            .json(&json!({"reason": "照合"}));
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    }
}
