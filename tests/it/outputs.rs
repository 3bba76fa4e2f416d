//! Output profiles as their users meet them: over HTTP and on the command line, the same bytes.

use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::service::{Office, PATIENCE, repository, sample, text};

/// Text of a PDF as poppler reads it, in the order in which it was written: lines of a value that goes on below
/// would else be mixed with its neighbours'.
fn text_of(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), pdf).expect("written");
    let output = Command::new("pdftotext")
        .arg("-raw")
        .arg(file.path())
        .arg("-")
        .output();
    let output = output.expect("poppler-utils is installed by set-up");
    assert!(output.status.success());
    without_blanks(&String::from_utf8(output.stdout).expect("UTF-8"))
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn a_jobs_outputs_are_those_of_the_command_line() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample stack");
    let (_, job) = api.submit("demo.pdf", demo).await;
    assert_eq!(api.finished(&job).await["state"], "succeeded");
    let list = api.get(&format!("/v1/jobs/{job}/outputs")).await;
    let list = list.as_array().expect("a list");
    assert_eq!(
        list.len(),
        12,
        "three forms, each standard and three declared: {list:#?}"
    );

    let out = office.data().join("cli");
    let forms = repository().join("pipelines/forms");
    let mut arguments = vec!["forms", "read", "--forms", forms.to_str().expect("UTF-8")];
    for profile in ["standard", "kikan", "rpa", "excel", "json", "kensaku"] {
        arguments.extend(["--output", profile]);
    }
    let (out_dir, scan) = (
        out.display().to_string(),
        sample("demo.pdf").display().to_string(),
    );
    arguments.extend(["--out", &out_dir, &scan]);
    let said = office.run(&arguments);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();

    let mut ready = Vec::new();
    for output in list {
        let (form, profile) = (text(&output["form"]), text(&output["profile"]));
        let place = format!("/v1/jobs/{job}/outputs/{form}/{profile}");
        let preview = api.get(&format!("{place}/preview")).await;
        let answer = api.request(Method::GET, &place).timeout(PATIENCE).send().await;
        let answer = answer.expect("an answer");
        let by_command = std::fs::read(out.join(format!("demo.{}", text(&output["file_name"])))).ok();
        if preview["ready"] == true {
            assert_eq!(answer.status(), StatusCode::OK, "{place}");
            let tag = answer.headers()["etag"].to_str().expect("ASCII").to_owned();
            assert_eq!(tag, format!("\"{}\"", text(&preview["sha256"])));
            let bytes = answer.bytes().await.expect("bytes");
            assert!(
                by_command.is_some_and(|by_command| by_command == bytes),
                "{place} differs"
            );
            ready.push((profile, bytes));
        } else {
            let problem: Value = answer.json().await.expect("JSON");
            assert_eq!(problem["code"], "output_stopped", "{place}");
            let sentence = text(&preview["findings"][0]["sentence"]);
            assert!(
                problem["detail"].as_str().is_some_and(|d| d.contains(&sentence)),
                "{problem}"
            );
            assert!(by_command.is_none() && said.contains(&sentence), "{said}");
        }
    }
    for profile in ["standard", "rpa", "excel", "json", "kensaku"] {
        assert!(ready.iter().any(|(id, _)| id == profile), "{profile} is stopped");
    }

    let fields = api.artifacts(&job).await;
    let fields: Value = serde_json::from_slice(&fields["fields.json"]).expect("JSON");
    let page = api.request(Method::GET, &format!("/v1/jobs/{job}/searchable-pdf"));
    let pdf = page.timeout(PATIENCE).send().await.expect("an answer");
    assert_eq!(pdf.status(), StatusCode::OK);
    let words = text_of(&pdf.bytes().await.expect("bytes"));
    let mut searched = 0;
    for page in fields["pages"].as_array().expect("pages") {
        for field in page["fields"].as_object().expect("fields").values() {
            let value = without_blanks(&text(&field["text"]));
            let plain = !value.is_empty() && !value.contains('|');
            assert!(
                !plain || words.contains(&value),
                "{value} is not found in the PDF"
            );
            searched += usize::from(plain);
        }
    }
    assert!(searched > 50, "only {searched} values");
}
