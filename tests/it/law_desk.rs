//! The law desk as its users meet it: the shipped ordinances imported at the command line, asked there and
//! over HTTP, as of two days, by the 課 that may see a text and by one that may not.

use serde_json::Value;

use crate::service::Office;

const VISIT: &str = "子どもの通院でいくら払えばいいですか";

fn asked(office: &Office, arguments: &[&str]) -> Value {
    let answered = office.run(&[&["ask", "--json"], arguments].concat());
    assert!(answered.status.success(), "{answered:?}");
    serde_json::from_slice(&answered.stdout).expect("JSON")
}

#[test]
fn an_answer_is_of_its_day() {
    let office = Office::with_ordinances();
    let fee = |day: &str| {
        let evidence = asked(&office, &["--as-of", day, VISIT]);
        assert_eq!(evidence["no_basis"], Value::Null, "{evidence}");
        let hit = &evidence["hits"][0];
        assert_eq!(hit["item"], "別表", "{hit}");
        hit["text"].as_str().expect("text").to_owned()
    };
    assert!(fee("2025-04-01").contains("一回につき二百円"));
    assert!(fee("2025-03-31").contains("一回につき三百円"));
}

#[test]
fn a_citation_goes_straight_to_its_place_and_a_missing_article_is_said() {
    let office = Office::with_ordinances();
    let evidence = asked(&office, &["情報公開条例第三条第1項"]);
    assert_eq!(evidence["hits"][0]["reason"], "cited", "{evidence}");
    assert_eq!(evidence["hits"][0]["title"], "あさひ野市情報公開条例");
    assert_eq!(evidence["hits"][0]["item"], "3");
    let missing = asked(&office, &["情報公開条例第999条"]);
    assert!(
        missing["remarks"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|remark| remark["kind"] == "no_such_item"),
        "{missing}"
    );
}

#[test]
fn what_cannot_be_imported_or_asked_is_said_and_the_rest_stays() {
    let office = Office::with_ordinances();
    let broken = office.data().with_file_name("broken.xml");
    std::fs::write(&broken, "<Law><LawNum>x</LawNum>\n<LawBody></Law>").expect("written");
    let refused = office.run(&["corpus", "import", broken.to_str().expect("UTF-8")]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("2行目で書式が壊れています"), "{said}");
    for question in ["", "　\n", &"あ".repeat(10_001)] {
        assert_eq!(
            office.run(&["ask", question]).status.code(),
            Some(1),
            "{}",
            question.len()
        );
    }
    assert_eq!(asked(&office, &[VISIT])["hits"][0]["item"], "別表");
    let again = office.run(&["corpus", "reindex"]);
    assert!(again.status.success(), "{again:?}");
    assert_eq!(asked(&office, &[VISIT])["hits"][0]["item"], "別表");
}

#[tokio::test]
async fn the_service_answers_and_keeps_a_department_s_text_in_it() {
    let office = Office::with_ordinances();
    let secret = office.data().with_file_name("naiki.txt");
    std::fs::write(
        &secret,
        "秘密の内規\n\n第1　星型の水晶玉の取扱い\n1　星型の水晶玉は金庫に保管する。\n",
    )
    .expect("written");
    office.run(&["admin", "department", "add", "別の課"]);
    let done = office.run(&[
        "corpus",
        "import",
        "--department",
        "別の課",
        "--only-department",
        secret.to_str().expect("UTF-8"),
    ]);
    assert!(done.status.success(), "{done:?}");

    let mut server = office.start();
    server.ready().await;
    let client = office.client();
    assert_eq!(client.asks(VISIT).await["hits"][0]["item"], "別表");
    let other = client.asks("星型の水晶玉の取扱い").await;
    assert!(!other["hits"].to_string().contains("水晶玉"), "{other}");
    server.kill();
    let own = asked(&office, &["--department", "別の課", "星型の水晶玉の取扱い"]);
    assert!(own["hits"].to_string().contains("水晶玉"), "{own}");
}
