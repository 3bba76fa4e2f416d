//! What the operations are asked for, made where an operation changes it.

use reqwest::Method;
use serde_json::{Value, json};
use shoki_core::access::Role;
use shoki_core::corpus::Visibility;
use shoki_store::corpus_model::CorpusImport;
use uuid::Uuid;

use super::{Asker, Row, sheet};
use crate::law_desk::{import, text};
use crate::meeting;
use crate::office::{Office, PNG};
use crate::office_forms;
use crate::resumable;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) document: String,
    pub(super) job: String,
    pub(super) meeting: String,
    pub(super) sheets: String,
    pub(super) voice: String,
    pub(super) artifact: String,
    pub(super) live: String,
    pub(super) source: String,
    pub(super) revision: String,
    pub(super) question: String,
    pub(super) faq: String,
    pub(super) favourite: String,
    pub(super) form: String,
    pub(super) upload: String,
    pub(super) certificate: String,
}

/// Words that only the tax section may read.
pub(super) const SECRETS: [&str; 3] = ["内部秘", "だけの問い", "だけの答え"];

impl Target {
    pub(super) fn that_never_was() -> Self {
        let id = || Uuid::now_v7().to_string();
        Self {
            document: id(),
            job: id(),
            meeting: id(),
            sheets: id(),
            voice: id(),
            artifact: id(),
            live: id(),
            source: id(),
            revision: id(),
            question: id(),
            faq: id(),
            favourite: id(),
            form: "f0123456789abcdef".to_owned(),
            upload: id(),
            certificate: id(),
        }
    }

    /// What exists, or for what changes things and what is a person's own one of its own.
    pub(super) async fn fresh(
        office: &Office,
        (method, path, _): Row,
        asker: Asker,
        finished: &Self,
    ) -> Self {
        let mut target = finished.clone();
        match (method, path) {
            ("delete", "/v1/documents/{id}") | (_, "/v1/jobs/{id}/cancel") => {
                target.document = office.document(PNG).await;
                target.job = office.job(&target.document).await;
                target.artifact = Uuid::now_v7().to_string();
            }
            ("post" | "patch", path) if meeting::is_of_one(path) => {
                target.meeting = meeting::to_be_changed(office, path).await;
            }
            (_, path) if sheet::is_of_one(path) => {
                target.sheets = sheet::to_be_changed(office, asker.in_the_tax_section(), path).await;
            }
            (_, "/v1/blind-audits/{id}/{page}/{key}") => {
                target.sheets = sheet::to_be_audited(office, asker.in_the_tax_section()).await;
            }
            (method, path) if method != "get" && office_forms::is_of_one(path) => {
                target.form = office_forms::made(office).await;
                if path.ends_with("/use") {
                    office_forms::publish(office, &target.form, 2).await;
                }
            }
            (_, "/v1/uploads/{id}") => {
                target.upload = resumable::begun(office, asker.in_the_tax_section()).await;
            }
            (_, "/v1/voice-prints/{id}") => target.voice = voice(office, finished).await,
            (_, "/v1/sources/{id}") => {
                let change = import(office, secret("また別の通知")).await;
                target.source = change.source.to_string();
                target.revision = change.revision.to_string();
            }
            (_, "/v1/questions/{id}/feedback" | "/v1/questions/{id}/draft") => {
                target.question = question_of(office, asker.in_the_tax_section()).await;
            }
            (_, "/v1/faq/{id}") => target.faq = faq(office, finished).await,
            (_, "/v1/favourites/{id}") => {
                target.favourite = favourite_of(office, asker.in_the_tax_section(), finished).await;
            }
            _ => {}
        }
        target
    }

    pub(super) fn path(&self, template: &str) -> String {
        let id = match template.split('/').nth(2) {
            Some("documents") => &self.document,
            Some("live") => &self.live,
            Some("sources") => &self.source,
            Some("questions") => &self.question,
            Some("faq") => &self.faq,
            Some("favourites") => &self.favourite,
            Some("voice-prints") => &self.voice,
            Some("office-forms") => &self.form,
            Some("uploads") => &self.upload,
            Some("deletion-certificates") => &self.certificate,
            Some("blind-audits") => &self.sheets,
            _ if meeting::is_of_one(template) => &self.meeting,
            _ if sheet::is_of_one(template) => &self.sheets,
            _ if template.ends_with("/sorting") => &self.sheets,
            _ if template.contains("/outputs") || template.ends_with("/searchable-pdf") => &self.sheets,
            _ => &self.job,
        };
        let path = template
            .replace("{id}", id)
            .replace("{artifact}", &self.artifact)
            .replace("{page}", "1")
            .replace("{form}", "transfer")
            .replace("{profile}", "rpa")
            .replace("{key}", "name")
            .replace("{step}", "sheets");
        let path = meeting::filled_in(&path);
        if template.ends_with("/review/grid") {
            return format!("{path}?key=name");
        }
        if template.ends_with("/difference") {
            return format!("{path}?from={0}&to={0}", self.revision);
        }
        path
    }

    pub(super) fn passage(&self) -> Value {
        json!({"revision": self.revision, "ordinal": 0})
    }
}

impl Asker {
    /// Whose things are made for this asker: the own ones where the asker can have any.
    pub(super) const fn in_the_tax_section(self) -> Role {
        match self {
            Self::Own(Role::DepartmentAdmin) => Role::DepartmentAdmin,
            _ => Role::Clerk,
        }
    }
}

pub(super) fn secret(title: &str) -> CorpusImport {
    text(title, Visibility::Department, None, &["内部秘の取扱い"])
}

pub(super) async fn made(office: &Office, role: Role, path: &str, body: &Value) -> String {
    let request = office
        .request(Method::POST, path)
        .bearer_auth(office.tax.token(role));
    let answer: Value = request.json(body).send().await.unwrap().json().await.unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

pub(super) async fn question_of(office: &Office, role: Role) -> String {
    made(
        office,
        role,
        "/v1/questions",
        &json!({"text": "市民税課だけの問い"}),
    )
    .await
}

pub(super) async fn faq(office: &Office, target: &Target) -> String {
    let body = json!({"question": "市民税課だけの問い", "answer": "市民税課だけの答え", "citing": [target.passage()]});
    made(office, Role::Clerk, "/v1/faq", &body).await
}

/// A voice under a name of its own.
pub(super) fn new_voice(target: &Target) -> Value {
    json!({"name": Uuid::now_v7(), "consent": true, "job": target.meeting, "speaker": "S1"})
}

pub(super) async fn voice(office: &Office, target: &Target) -> String {
    made(office, Role::Clerk, "/v1/voice-prints", &new_voice(target)).await
}

pub(super) async fn favourite_of(office: &Office, role: Role, target: &Target) -> String {
    made(
        office,
        role,
        "/v1/favourites",
        &json!({"passage": target.passage()}),
    )
    .await
}

/// The number of the certificate of a document that was deleted.
pub(super) async fn certificate(office: &Office) -> String {
    let document = office.document(PNG).await;
    let deleted = office.clerk(Method::DELETE, &format!("/v1/documents/{document}"));
    assert_eq!(deleted.send().await.unwrap().status(), 204);
    let listed = office
        .request(Method::GET, "/v1/deletion-certificates")
        .bearer_auth(office.tax.token(Role::DepartmentAdmin));
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    listed["items"][0]["id"].as_str().unwrap().to_owned()
}
