//! The OpenAPI document: a change of the API shows as a change of the snapshot.

use crate::office::Office;

#[test]
fn the_document_is_the_one_that_was_agreed() {
    insta::assert_json_snapshot!(shoki_api::openapi());
}

#[test]
fn operations_are_named_apart_and_answers_described() {
    let document = serde_json::to_value(shoki_api::openapi()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(operation["summary"].as_str().unwrap().ends_with('。'), "{name}");
            for answer in operation["responses"].as_object().unwrap().values() {
                assert!(answer["description"].is_string(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn it_is_served() {
    let office = Office::open().await;
    let response = office
        .request(reqwest::Method::GET, "/v1/openapi.json")
        .send()
        .await
        .unwrap();
    let served: serde_json::Value = response.json().await.unwrap();
    assert_eq!(served, serde_json::to_value(shoki_api::openapi()).unwrap());
}
