//! Blind audits over HTTP: the reading stays hidden, a difference is decided by somebody else, errors stop the
//! field, outputs do not wait.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use shoki_core::access::Role;

use crate::office::Office;

/// What the machine read in every sheet of the form.
const READ: [&str; 2] = ["佐藤", "123456789018"];

struct Desk {
    office: Office,
}

impl Desk {
    async fn send(&self, role: Role, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self
            .office
            .request(method, path)
            .bearer_auth(self.office.tax.token(role));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Role::Clerk, Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// The next audit; `None`: there is none for this person.
    async fn next(&self, role: Role) -> Option<Value> {
        let (status, body) = self.send(role, Method::POST, "/v1/blind-audits/next", None).await;
        (status == StatusCode::OK).then_some(body)
    }

    async fn answer(&self, role: Role, audit: &Value, text: &str) -> (StatusCode, Value) {
        let part = |key: &str| audit[key].to_string().trim_matches('"').to_owned();
        let path = format!(
            "/v1/blind-audits/{}/{}/{}",
            part("job_id"),
            part("page"),
            part("key")
        );
        self.send(role, Method::PUT, &path, Some(json!({"text": text})))
            .await
    }

    /// The clerk writes another name than was read, the administrator confirms it; other fields are clean.
    async fn wrong_names(&self) {
        while let Some(audit) = self.next(Role::Clerk).await {
            let text = if audit["key"] == "name" { "佐籐" } else { READ[1] };
            let (status, said) = self.answer(Role::Clerk, &audit, text).await;
            assert_eq!(status, StatusCode::OK, "{said}");
            if said["outcome"] == "disputed" {
                let (status, said) = self.answer(Role::DepartmentAdmin, &audit, "佐籐").await;
                assert_eq!(
                    (status, &said["outcome"]),
                    (StatusCode::OK, &json!("wrong")),
                    "{said}"
                );
            }
        }
    }

    async fn field(&self, key: &str) -> Value {
        let forms = self.get("/v1/acceptance").await;
        let forms = forms.as_array().unwrap();
        let notice = forms.iter().find(|form| form["form"] == "notice").unwrap();
        let fields = notice["fields"].as_array().unwrap();
        fields.iter().find(|field| field["key"] == key).unwrap().clone()
    }
}

fn shows_nothing(what: &Value) {
    let text = what.to_string();
    assert!(!READ.iter().any(|read| text.contains(read)), "{text}");
}

fn field<'a>(sheet: &'a Value, key: &str) -> &'a Value {
    let fields = sheet["fields"].as_array().unwrap();
    fields.iter().find(|field| field["key"] == key).unwrap()
}

#[tokio::test]
async fn the_reading_stays_hidden_until_somebody_else_has_decided() {
    let desk = Desk {
        office: Office::open().await,
    };
    let job = desk.office.read_notices(1).await;
    // Before anybody begins the review, too.
    let page = format!("/v1/jobs/{job}/pages/1");
    shows_nothing(&desk.get(&page).await);
    let review = desk.get(&format!("/v1/jobs/{job}/review")).await;
    assert_eq!(
        (&review["audits_open"], &review["sheets_done"]),
        (&json!(2), &json!(1))
    );
    let place = format!("/v1/jobs/{job}/review/sheets/1");
    let sheet = desk.get(&place).await;
    shows_nothing(&sheet);
    shows_nothing(&desk.get(&page).await);
    assert_eq!(field(&sheet, "name")["under_audit"], true);
    let reveal = format!("{place}/fields/number/reveal");
    let asked = desk
        .send(
            Role::Clerk,
            Method::POST,
            &reveal,
            Some(json!({"reason": "照合"})),
        )
        .await;
    assert_eq!(asked.0, StatusCode::CONFLICT);
    assert!(asked.1["detail"].as_str().unwrap().contains("抜き取り確認中"));

    let mine = desk.next(Role::Clerk).await.unwrap();
    shows_nothing(&mine);
    assert_eq!(
        (&mine["key"], &mine["task"], &mine["label"]),
        (&json!("name"), &json!("write"), &json!("name"))
    );
    let crop = desk.office.get(mine["crop"].as_str().unwrap()).await;
    assert_eq!(crop.bytes().await.unwrap(), b"png of the name"[..]);
    let theirs = desk.next(Role::DepartmentAdmin).await.unwrap();
    assert_eq!(theirs["key"], "number", "two people never have the same");
    let taken = desk.answer(Role::DepartmentAdmin, &mine, "佐藤").await;
    assert_eq!(taken.0, StatusCode::CONFLICT);
    let (_, disputed) = desk.answer(Role::Clerk, &mine, "佐籐").await;
    assert_eq!(disputed["outcome"], "disputed");
    shows_nothing(&disputed);
    shows_nothing(&desk.get(&place).await);
    let own = desk.answer(Role::Clerk, &mine, "佐藤").await;
    assert_eq!(own.0, StatusCode::CONFLICT);
    assert!(own.1["detail"].as_str().unwrap().contains("別の人"));
    // However it is written, the same number is the same.
    let (_, clean) = desk
        .answer(Role::DepartmentAdmin, &theirs, "1234-5678-9018")
        .await;
    assert_eq!(
        (&clean["outcome"], &clean["acceptance"]["audited"]),
        (&json!("clean"), &json!(1))
    );
    let decide = desk.next(Role::DepartmentAdmin).await.unwrap();
    assert_eq!(
        (&decide["task"], &decide["values"]),
        (&json!("decide"), &json!(["佐籐", "佐藤"]))
    );
    let (_, wrong) = desk.answer(Role::DepartmentAdmin, &decide, "佐籐").await;
    assert_eq!(
        (&wrong["outcome"], &wrong["acceptance"]["wrong"]),
        (&json!("wrong"), &json!(1))
    );
    let ended = desk.answer(Role::DepartmentAdmin, &decide, "佐籐").await;
    assert_eq!(ended.0, StatusCode::CONFLICT);
    // The value that goes out is right, and what was read is to be seen again.
    let sheet = desk.get(&place).await;
    let name = field(&sheet, "name");
    assert_eq!(
        (&name["value"], &name["read"], &name["under_audit"]),
        (&json!("佐籐"), &json!("佐藤"), &json!(false))
    );
    let figures = desk.get(&format!("/v1/jobs/{job}/review/figures")).await;
    assert_eq!(figures["all"]["fields_corrected"], 1);
}

#[tokio::test]
async fn outputs_do_not_wait_and_whoever_has_them_is_not_asked() {
    let desk = Desk {
        office: Office::open().await,
    };
    let job = desk.office.read_notices(1).await;
    let list = desk.get(&format!("/v1/jobs/{job}/artifacts")).await;
    let path = format!("/v1/jobs/{job}/artifacts/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(desk.office.get(&path).await.status(), StatusCode::OK);
    assert_eq!(desk.next(Role::Clerk).await, None, "the clerk has the readings");
    let audit = desk.next(Role::DepartmentAdmin).await.unwrap();
    assert_eq!(audit["job_id"], json!(job), "the audits were drawn before");
    let path = format!("/v1/jobs/{job}/outputs/notice/rpa");
    let output = desk.send(Role::DepartmentAdmin, Method::GET, &path, None).await;
    assert_eq!(output.0, StatusCode::OK);
    let (status, problem) = desk.answer(Role::DepartmentAdmin, &audit, "佐藤").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        problem["detail"].as_str().unwrap().contains("すでに見ている"),
        "{problem}"
    );
    assert_eq!(desk.next(Role::DepartmentAdmin).await, None);
}

#[tokio::test]
async fn errors_stop_a_field_say_so_and_flag_its_open_sheets() {
    let desk = Desk {
        office: Office::open().await,
    };
    let before = desk.field("name").await;
    assert_eq!(
        (&before["state"], &before["bound"]),
        (&json!("proving"), &json!(1.0))
    );
    let mut done = String::new();
    for _ in 0..2 {
        done = desk.office.read_notices(1).await;
        desk.get(&format!("/v1/jobs/{done}/review")).await;
    }
    let open = desk.office.read_notices(1).await;
    let place = format!("/v1/jobs/{open}/review/sheets/1");
    desk.get(&place).await;
    let reopen = desk.office.clerk(Method::POST, &format!("{place}/reopen"));
    let reopened = reopen.header("if-match", "\"0\"").send().await.unwrap();
    assert_eq!(reopened.status(), StatusCode::OK);
    desk.wrong_names().await;

    let stopped = desk.field("name").await;
    assert_eq!(
        (&stopped["state"], &stopped["state_label"], &stopped["cause"]),
        (&json!("off"), &json!("停止中"), &json!("errors_shown"))
    );
    let sentence = stopped["sentence"].as_str().unwrap();
    assert!(
        sentence.contains("2 件のうち誤りは 2 件") && sentence.contains("全部「要確認」になります"),
        "{sentence}"
    );
    assert_eq!(desk.field("number").await["state"], "proving", "only that field");
    // The open sheet's reading is for a person now; a sheet that is done stays done.
    let sheet = desk.get(&place).await;
    assert_eq!(
        (&field(&sheet, "name")["open"], &sheet["task"]),
        (&json!(true), &json!("check"))
    );
    let finish = desk.office.clerk(Method::POST, &format!("{place}/finish"));
    let refused = finish.header("if-match", "\"1\"").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let closed = desk.get(&format!("/v1/jobs/{done}/review")).await;
    assert_eq!(closed["sheets_done"], 1);
    // So is every later one.
    let later = desk.office.read_notices(1).await;
    let review = desk.get(&format!("/v1/jobs/{later}/review")).await;
    assert_eq!(
        (&review["fields_open"], &review["audits_open"]),
        (&json!(1), &json!(1))
    );
    let log = desk.office.store.audit_chain(0, 1000).await.unwrap();
    let moves = log.iter().filter(|event| event.action == "acceptance.off");
    assert_eq!(
        moves.map(|event| event.subject.as_str()).collect::<Vec<_>>(),
        ["notice/name"]
    );
    let path = "/v1/acceptance/history?form=notice&field=name";
    let history = desk.get(path).await;
    assert_eq!(
        (
            &history["changes"][0]["from"],
            &history["changes"][0]["to"],
            &history["changes"][0]["wrong"]
        ),
        (&json!("proving"), &json!("off"), &json!(2))
    );
    // Only whoever is responsible for the 課 switches it on, and it is proven anew.
    let on = json!({"form": "notice", "field": "name", "on": true});
    let switch = "/v1/acceptance/switch";
    let (status, _) = desk
        .send(Role::Clerk, Method::POST, switch, Some(on.clone()))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, now) = desk
        .send(Role::DepartmentAdmin, Method::POST, switch, Some(on))
        .await;
    assert_eq!(
        (&now["state"], &now["audited"], &now["audited_ever"]),
        (&json!("proving"), &json!(0), &json!(2))
    );
    for (form, name, status) in [
        ("transfer", "name", StatusCode::CONFLICT),
        ("notice", "none", StatusCode::NOT_FOUND),
        ("none", "name", StatusCode::NOT_FOUND),
    ] {
        let body = json!({"form": form, "field": name, "on": false});
        let refused = desk
            .send(Role::DepartmentAdmin, Method::POST, switch, Some(body))
            .await;
        assert_eq!(refused.0, status, "{form}/{name}");
    }
}
