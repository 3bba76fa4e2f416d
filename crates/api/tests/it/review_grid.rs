//! One field over all sheets, and many decisions at once, in part too late.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::office::Office;
use crate::review::{Person, field, place};

fn pages(grid: &Value) -> Vec<u64> {
    let items = grid["items"].as_array().unwrap();
    items.iter().map(|item| item["page"].as_u64().unwrap()).collect()
}

/// A decision of every item of a grid.
fn all(grid: &Value, decision: &Value) -> Vec<Value> {
    let items = grid["items"].as_array().unwrap().iter();
    let item = |item: &Value| json!({"page": item["page"], "key": item["key"], "version": item["version"], "decision": decision});
    items.map(item).collect()
}

async fn decide(person: Person<'_>, job: &str, items: Vec<Value>, finish: bool) -> (StatusCode, Value) {
    let path = format!("/v1/jobs/{job}/review/decisions");
    let body = json!({"items": items, "finish": finish});
    person.send(Method::POST, &path, None, body).await
}

fn results(decided: &Value) -> Vec<&str> {
    let items = decided["items"].as_array().unwrap().iter();
    items.map(|item| item["result"].as_str().unwrap()).collect()
}

fn people(office: &Office) -> (Person<'_>, Person<'_>) {
    let person = |role| Person { office, role };
    (person(Role::Clerk), person(Role::DepartmentAdmin))
}

#[tokio::test]
async fn a_field_is_listed_over_all_sheets_in_parts() {
    let office = Office::open().await;
    let job = office.read_sheets(5).await;
    let (clerk, colleague) = people(&office);
    let review = format!("/v1/jobs/{job}/review");
    let (_, fields) = clerk.get(&format!("{review}/fields")).await;
    let told: Vec<_> = fields
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (&field["key"], &field["type"], &field["open"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("name"), &json!("name"), &json!(5)),
            (&json!("number"), &json!("individual_number"), &json!(5)),
        ]
    );
    let (_, first) = clerk.get(&format!("{review}/grid?key=name&limit=2")).await;
    assert_eq!((pages(&first), &first["next"]), (vec![1, 2], &json!(2)));
    let item = &first["items"][0];
    assert_eq!(
        (&item["read"], &item["version"], &item["task"]),
        (&json!("佐藤"), &json!(0), &json!("check"))
    );
    assert_eq!(item["crop"], format!("/v1/jobs/{job}/pages/1/crops/name"));
    let (_, rest) = clerk
        .get(&format!("{review}/grid?key=name&after=2&limit=200"))
        .await;
    assert_eq!((pages(&rest), &rest["next"]), (vec![3, 4, 5], &Value::Null));
    // By type, and what is masked stays masked.
    let (_, numbers) = clerk
        .get(&format!("{review}/grid?type=individual_number&form=transfer"))
        .await;
    assert_eq!(pages(&numbers), [1, 2, 3, 4, 5]);
    assert_eq!(numbers["items"][0]["masked"], true);
    assert!(!numbers.to_string().contains("123456789018"), "{numbers}");
    let (_, none) = clerk.get(&format!("{review}/grid?key=name&form=other")).await;
    assert_eq!(pages(&none), Vec::<u64>::new());
    // What a colleague has is told, what a colleague has decided is not open.
    let (_, sheet) = colleague.post(&format!("{review}/next"), None).await;
    colleague.decide(&sheet, "name", json!({"kind": "accept"})).await;
    let (_, others) = clerk.get(&format!("{review}/grid?key=number")).await;
    assert_eq!(others["items"][0]["locked_by"], "other");
    let (_, names) = clerk.get(&format!("{review}/grid?key=name")).await;
    assert_eq!(pages(&names), [2, 3, 4, 5]);
    for wrong in ["", "key=name&type=name", "key=name&limit=0", "key=name&limit=201"] {
        assert_eq!(
            clerk.get(&format!("{review}/grid?{wrong}")).await.0,
            422,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn many_decisions_are_made_and_each_that_came_too_late_says_so() {
    let office = Office::open().await;
    let job = office.read_sheets(5).await;
    let (clerk, colleague) = people(&office);
    let review = format!("/v1/jobs/{job}/review");
    let (_, grid) = clerk.get(&format!("{review}/grid?key=name")).await;
    // Meanwhile a colleague takes sheet 1, decides about sheet 2 and gives it back.
    let (_, first) = colleague.post(&format!("{review}/next"), None).await;
    assert_eq!(first["page"], 1);
    let (_, second) = colleague.get(&format!("{review}/sheets/2")).await;
    let theirs = json!({"kind": "correct", "text": "佐籐"});
    assert_eq!(colleague.decide(&second, "name", theirs).await.0, 200);
    let released = colleague.post(&format!("{review}/sheets/2/release"), None).await;
    assert_eq!(released.0, 204);

    let mut items = all(&grid, &json!({"kind": "accept"}));
    items.push(json!({"page": 3, "key": "number", "version": 0, "decision": {"kind": "accept"}}));
    items.push(json!({"page": 9, "key": "name", "version": 0, "decision": {"kind": "accept"}}));
    items.push(json!({"page": 4, "key": "none", "version": 0, "decision": {"kind": "accept"}}));
    let (status, decided) = decide(clerk, &job, items.clone(), true).await;
    assert_eq!(status, 200, "{decided}");
    let refused = "refused";
    assert_eq!(
        results(&decided),
        [
            refused, refused, "decided", "decided", "decided", "decided", refused, refused
        ]
    );
    let codes: Vec<&Value> = [0, 1, 6, 7]
        .map(|at| &decided["items"][at]["problem"]["code"])
        .into();
    assert_eq!(
        codes,
        ["sheet_locked", "version_changed", "not_found", "conflict"]
    );
    // Sheet 3 had nothing open any more and is finished; nobody has the others.
    let sheets = decided["sheets"].as_array().unwrap();
    let standing: Vec<_> = sheets
        .iter()
        .map(|sheet| (&sheet["page"], &sheet["task"], &sheet["fields_open"]))
        .collect();
    assert_eq!(standing[2], (&json!(3), &json!("done"), &json!(0)));
    assert_eq!(standing[3], (&json!(4), &json!("check"), &json!(1)));
    let (_, heads) = clerk.get(&review).await;
    for page in [1, 3, 4] {
        assert_eq!(heads["sheets"][page]["locked_by"], Value::Null, "{heads}");
    }
    // What the colleague decided stands.
    let (_, second) = clerk.get(&format!("{review}/sheets/2")).await;
    assert_eq!(field(&second, "name")["value"], "佐籐");

    // The same request again decides nothing twice.
    let (_, again) = decide(clerk, &job, items, true).await;
    assert_eq!(results(&again)[2..6], ["unchanged"; 4]);
    assert_eq!(again["sheets"][2]["version"], decided["sheets"][2]["version"]);
    let (_, third) = clerk.get(&format!("{review}/sheets/3")).await;
    assert_eq!(third["version"], 3, "two decisions and the end");
}

#[tokio::test]
async fn decisions_that_make_no_sense_change_nothing() {
    let office = Office::open().await;
    let job = office.read_sheets(1).await;
    let (clerk, _) = people(&office);
    let one = json!({"page": 1, "key": "name", "version": 0, "decision": {"kind": "accept"}});
    let half = json!({"page": 1, "key": "name", "version": 0, "decision": {"kind": "correct"}});
    for items in [Vec::new(), vec![one.clone(), half], vec![one.clone(); 201]] {
        assert_eq!(decide(clerk, &job, items, false).await.0, 422);
    }
    let sheet = json!({"job_id": job, "page": 1});
    let (_, sheet) = clerk.get(&place(&sheet)).await;
    assert_eq!(sheet["version"], 0);
}

/// Two people who decide about the same fields at once: each field is decided once, nothing is lost.
#[tokio::test]
async fn two_grids_at_once_decide_each_field_once() {
    const SHEETS: u32 = 40;
    let office = Office::open().await;
    let job = office.read_sheets(SHEETS).await;
    let (clerk, colleague) = people(&office);
    let path = format!("/v1/jobs/{job}/review/grid?key=name");
    let (_, grid) = clerk.get(&path).await;
    let texts = ["一", "二"];
    let of = |text: &str| all(&grid, &json!({"kind": "correct", "text": text}));
    let ((_, one), (_, other)) = tokio::join!(
        decide(clerk, &job, of(texts[0]), false),
        decide(colleague, &job, of(texts[1]), false)
    );
    let (one, other) = (results(&one), results(&other));
    for page in 0..SHEETS as usize {
        let both = [one[page], other[page]];
        let decided = both.iter().filter(|result| **result == "decided").count();
        assert_eq!(decided, 1, "page {}: {both:?}", page + 1);
        let (_, sheet) = clerk
            .get(&format!("/v1/jobs/{job}/review/sheets/{}", page + 1))
            .await;
        let winner = both.iter().position(|result| *result == "decided").unwrap();
        assert_eq!(
            (&sheet["version"], &field(&sheet, "name")["value"]),
            (&json!(1), &json!(texts[winner]))
        );
    }
}
