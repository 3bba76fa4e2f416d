//! Auto-accept from the upload to the switch: a stack is read, two people audit it blind, an error they agree on
//! stops the field, the output has the right value, and later readings of the field are for a person.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, answered, copy, repository, sample, text};

/// Everything that passes is audited, and two errors in two audits are too many.
const ACCEPT: &str = "\n[accept]\nlimit = 0.2\nproving_share = 1.0\nproven_share = 1.0\n";

async fn next(api: &Api) -> Option<Value> {
    let asked = api.request(Method::POST, "/v1/blind-audits/next");
    let answer = asked.send().await.expect("an answer");
    match answer.status() {
        StatusCode::NO_CONTENT => None,
        StatusCode::OK => Some(answer.json().await.expect("JSON")),
        other => panic!("{other}"),
    }
}

async fn answer(api: &Api, audit: &Value, value: &str) -> Value {
    let (job, key) = (text(&audit["job_id"]), text(&audit["key"]));
    let path = format!("/v1/blind-audits/{job}/{}/{key}", audit["page"]);
    let request = api.request(Method::PUT, &path).json(&json!({"text": value}));
    answered(request.send().await.expect("an answer"), StatusCode::OK).await
}

/// Where the fields of a form stand, by key.
async fn standings(api: &Api, form: &str) -> BTreeMap<String, Value> {
    let forms = api.get("/v1/acceptance").await;
    let forms = forms.as_array().expect("a list");
    let found = forms
        .iter()
        .find(|known| known["form"] == form)
        .expect("the form");
    let fields = found["fields"].as_array().expect("a list").iter();
    fields.map(|field| (text(&field["key"]), field.clone())).collect()
}

/// The subjects of the audit log's events of an action.
async fn subjects(admin: &Api, action: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/v1/audit?limit=100{cursor}")).await;
        for event in page["items"].as_array().expect("a list") {
            if event["action"] == action {
                found.push(text(&event["subject"]));
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// What was read, by page and key.
fn values(fields_json: &[u8]) -> BTreeMap<(u64, String), String> {
    let read: Value = serde_json::from_slice(fields_json).expect("JSON");
    let mut values = BTreeMap::new();
    for page in read["pages"].as_array().expect("pages") {
        let number = page["page"].as_u64().expect("a number");
        for (key, field) in page["fields"].as_object().expect("fields") {
            values.insert((number, key.clone()), text(&field["text"]));
        }
    }
    values
}

#[tokio::test]
async fn errors_found_blind_stop_a_field_and_put_the_output_right() {
    const FORM: &str = "kyuyo_idou";
    let mut office = Office::open();
    let pipelines = office.data().with_file_name("pipelines");
    copy(&repository().join("pipelines"), &pipelines);
    for entry in std::fs::read_dir(pipelines.join("forms")).expect("a directory") {
        let file = entry.expect("an entry").path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            let definition = std::fs::read_to_string(&file).expect("a definition");
            std::fs::write(&file, definition + ACCEPT).expect("written");
        }
    }
    office.set("PIPELINES__DIR", &pipelines.display().to_string());
    let mut server = office.start();
    server.ready().await;
    let clerk = office.client();
    let colleague = clerk.signed_as(&office.token_of("department_admin", "鈴木"));
    // Takes the results out and is therefore never asked.
    let robot = clerk.signed_as(&office.token_of("clerk", "RPA"));
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample stack");
    let (_, job) = clerk.submit("demo.pdf", demo.clone()).await;
    assert_eq!(clerk.finished(&job).await["state"], "succeeded");

    let read = values(&robot.artifacts(&job).await["fields.json"]);
    let drawn = clerk.get(&format!("/v1/jobs/{job}/review")).await;
    let waiting = drawn["audits_open"].as_u64().expect("a number");
    assert!(waiting > 50, "{drawn}");
    assert_eq!(next(&robot).await, None);
    // A number that is audited on two sheets at least.
    let before = standings(&clerk, FORM).await;
    let target = "designated_number";
    assert!(
        before[target]["audits_open"].as_u64() >= Some(2),
        "{}",
        before[target]
    );
    assert_eq!(before[target]["state"], "proving");

    let mut wrong = Vec::new();
    while let Some(audit) = next(&clerk).await {
        let place = (audit["page"].as_u64().expect("a number"), text(&audit["key"]));
        let value = &read[&place];
        let shown = audit.to_string();
        assert!(
            value.chars().count() < 3 || !shown.contains(value.as_str()),
            "{shown}"
        );
        let is_wrong = audit["form"] == FORM && audit["key"] == target;
        let written = if is_wrong {
            format!("{value}9")
        } else {
            value.clone()
        };
        let said = answer(&clerk, &audit, &written).await;
        assert_eq!(
            said["outcome"],
            if is_wrong { "disputed" } else { "clean" },
            "{said}"
        );
        if is_wrong {
            let dispute = next(&colleague).await.expect("the dispute");
            assert_eq!(
                (&dispute["task"], &dispute["key"]),
                (&json!("decide"), &json!(target))
            );
            let said = answer(&colleague, &dispute, &written).await;
            assert_eq!(said["outcome"], "wrong");
            wrong.push((place, written));
        }
    }
    assert_eq!(
        wrong.len(),
        2,
        "the second error stops the field: no more is asked"
    );
    let stopped = &standings(&clerk, FORM).await[target];
    let sentence = text(&stopped["sentence"]);
    assert_eq!(
        (&stopped["state"], &stopped["cause"]),
        (&json!("off"), &json!("errors_shown"))
    );
    assert!(
        sentence.contains("自動で通すのを止めています") && sentence.contains("2 件のうち誤りは 2 件"),
        "{sentence}"
    );
    let told = subjects(&colleague, "acceptance.off").await;
    assert_eq!(told, [format!("{FORM}/{target}")]);

    // The output has what people found; it never waited for them.
    let output = robot.request(Method::GET, &format!("/v1/jobs/{job}/outputs/{FORM}/standard"));
    let output = output
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    for (_, value) in &wrong {
        assert!(output.contains(value.as_str()), "{value} is not in\n{output}");
    }

    // A later stack: the field is for a person on every sheet, and is not audited.
    let (_, later) = clerk.submit("demo.pdf", demo).await;
    assert_eq!(clerk.finished(&later).await["state"], "succeeded");
    let sheet = clerk.get(&format!("/v1/jobs/{later}/review/sheets/1")).await;
    let fields = sheet["fields"].as_array().expect("a list");
    let field = fields
        .iter()
        .find(|field| field["key"] == target)
        .expect("the field");
    assert_eq!(
        (&field["open"], &field["under_audit"], &field["state"]),
        (&json!(true), &json!(false), &json!("sure"))
    );
    assert!(
        field["explanations"].to_string().contains("読み誤りの見込み"),
        "{field}"
    );
    server.kill();
}
