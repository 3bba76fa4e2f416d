//! The law desk's pages: two versions side by side, references as links, a sheet to print, what is kept.

use serde_json::json;
use shoki_core::access::Role;
use shoki_core::corpus::{CitationEdge, Relation, Visibility};

use super::visitor::{Visitor, account};
use crate::law_desk::{asked, import, text};
use crate::office::Office;

async fn html(visitor: &Visitor, path: &str) -> String {
    let page = visitor.get(path).await;
    assert_eq!(page.status(), 200, "{path}");
    page.text().await.unwrap()
}

#[tokio::test]
async fn two_versions_stand_side_by_side_with_their_differences_marked() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let version = |day, articles: &[&str]| text("見本法", Visibility::Office, Some(day), articles);
    import(&office, version("2023-04-01", &["目的", "月額四百円とする。"])).await;
    let newer = version("2025-04-01", &["目的", "月額二百円とする。", "新しい条"]);
    let change = import(&office, newer).await;
    let visitor = Visitor::enter(&office).await;
    let page = html(&visitor, &format!("/law/difference/{}", change.source)).await;
    assert!(
        page.contains("<del>四</del>") && page.contains("<ins>二</ins>"),
        "{page}"
    );
    assert!(page.contains("<ins>新しい条</ins>") && page.contains("令和5年4月1日施行"));
    assert!(page.contains("同じ条・項目 1"), "{page}");
    let text = html(
        &visitor,
        &format!("/law/sources/{}?as_of=2026-04-01", change.source),
    )
    .await;
    assert!(text.contains("新旧対照") && text.contains("as_of=2023-04-01"));
    let never = visitor
        .get(&format!("/law/difference/{}", uuid::Uuid::now_v7()))
        .await;
    assert_eq!(never.status(), 404);
}

#[tokio::test]
async fn a_reference_in_a_text_is_a_link_to_where_it_points() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let other = import(
        &office,
        text("見本規則", Visibility::Office, None, &["様式", "期間"]),
    )
    .await;
    let said = "第1条の規定と見本規則第2条による。";
    let mut law = text("見本法", Visibility::Office, None, &["目的", said]);
    let edge = |part: &str, source: &str, item: &str| {
        let start = said.find(part).unwrap();
        CitationEdge {
            from: 1,
            span: start..start + part.len(),
            source: source.to_owned(),
            item: item.to_owned(),
            paragraph: None,
            relation: Relation::Mentions,
        }
    };
    law.edges = vec![
        edge("第1条", "見本法", "1"),
        edge("見本規則第2条", "見本規則", "2"),
    ];
    let change = import(&office, law).await;
    let visitor = Visitor::enter(&office).await;
    let page = html(
        &visitor,
        &format!("/law/sources/{}?as_of=2026-04-01", change.source),
    )
    .await;
    assert!(page.contains("<a href=\"#p0\">第1条</a>"), "{page}");
    let path = format!("/law/sources/{}?as_of=2026-04-01&item=%32", other.source);
    assert!(
        page.contains(&path.replace('&', "&#38;")) || page.contains(&path),
        "{page}"
    );
    let led = visitor.get(&path).await;
    assert_eq!(led.status(), 303);
    let place = format!("/law/sources/{}?as_of=2026-04-01&at=1#p1", other.source);
    assert_eq!(led.headers()["location"].to_str().unwrap(), place);
    let gone = html(&visitor, &path.replace("%32", "9")).await;
    assert!(gone.contains("この時点のこの法令にはありません"));
}

#[tokio::test]
async fn a_question_is_printed_kept_and_asked_again() {
    let office = Office::open().await;
    account(&office, Role::Clerk).await;
    let change = import(
        &office,
        text(
            "見本法",
            Visibility::Office,
            Some("2024-04-01"),
            &["目的", "収入の届出"],
        ),
    )
    .await;
    let answer = asked(&office, json!({"text": "届出", "as_of": "2026-04-01"})).await;
    let question = answer["id"].as_str().unwrap();
    let visitor = Visitor::enter(&office).await;

    let slip = html(&visitor, &format!("/law/questions/{question}/slip")).await;
    for part in [
        "根拠票",
        "見本法",
        "第2条",
        "収入の届出",
        "令和6年4月1日から施行",
        "令和8年4月1日",
        "係長",
    ] {
        assert!(slip.contains(part), "{part}: {slip}");
    }
    let other = html(&visitor, &format!("/law/questions/{question}/slip?pick=9")).await;
    assert!(other.contains("選ばれた根拠がありません"));
    let stranger = Visitor::of_welfare(&office).await;
    let foreign = stranger.get(&format!("/law/questions/{question}/slip")).await;
    assert_eq!(foreign.status(), 404);

    let cite = format!("{}:1", change.revision);
    let (q, as_of) = (("q", "届出"), ("as_of", "2026-04-01"));
    let fields = [
        q,
        as_of,
        ("question", "届出はどの条"),
        ("answer", "第2条です"),
        ("cite", &cite),
    ];
    let kept = visitor
        .post(&format!("/law/questions/{question}/faq"), &fields)
        .await;
    assert_eq!(kept.status(), 303);
    assert!(
        kept.headers()["location"]
            .to_str()
            .unwrap()
            .ends_with("&marked=faq")
    );
    let faq = html(&visitor, "/law/faq").await;
    assert!(faq.contains("第2条です") && faq.contains("見本法 第2条"), "{faq}");
    let none = [q, as_of, ("question", "届出"), ("answer", " ")];
    let empty = visitor
        .post(&format!("/law/questions/{question}/faq"), &none)
        .await;
    assert_eq!(empty.status(), 422);
    let id = faq
        .split("/law/faq/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let path = format!("/law/faq/{id}/change");
    let said = [
        ("version", "1"),
        ("act", "save"),
        ("question", "届出はどの条か"),
        ("answer", "第2条による"),
    ];
    assert_eq!(visitor.post(&path, &said).await.status(), 303);
    let late = visitor
        .post(&path, &[&said[..3], &[("answer", "遅れて打った文字")]].concat())
        .await;
    assert_eq!(late.status(), 412);
    let both = late.text().await.unwrap();
    assert!(
        both.contains("遅れて打った文字") && both.contains("第2条による") && both.contains("value=\"2\""),
        "both texts, on the present version: {both}"
    );
    let foreign = stranger.post(&path, &said).await;
    assert_eq!(foreign.status(), 404);
    let withdrawn = visitor
        .post(&path, &[("version", "2"), ("act", "withdraw")])
        .await;
    assert_eq!(withdrawn.status(), 303);
    assert!(html(&visitor, "/law/faq").await.contains("取り下げ中"));
    let entry = html(&visitor, &format!("/law/faq/{id}")).await;
    assert!(
        entry.contains("第2条です") && entry.contains("id=\"restore\""),
        "{entry}"
    );
    let odd = visitor.post(&path, &[("version", "3"), ("act", "burn")]).await;
    assert_eq!(odd.status(), 400);
    let foreign = stranger.post(&format!("/law/faq/{id}/remove"), &[]).await;
    assert_eq!(foreign.status(), 404);
    let removed = visitor.post(&format!("/law/faq/{id}/remove"), &[]).await;
    assert_eq!(removed.status(), 303);
    assert!(!html(&visitor, "/law/faq").await.contains("第2条による"));

    let revision = change.revision.to_string();
    let fields = [q, as_of, ("revision", &revision), ("ordinal", "1")];
    let kept = visitor.post("/law/favourites", &fields).await;
    assert_eq!(kept.status(), 303);
    let mine = html(&visitor, "/law/favourites").await;
    assert!(mine.contains("見本法 第2条"), "{mine}");
    let id = mine
        .split("/law/favourites/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let removed = visitor.post(&format!("/law/favourites/{id}/remove"), &[]).await;
    assert_eq!(removed.status(), 303);
    assert!(!html(&visitor, "/law/favourites").await.contains("見本法 第2条"));

    let history = html(&visitor, "/law/history").await;
    assert!(
        history.contains("/law?q=%E5%B1%8A%E5%87%BA") && history.contains("届出"),
        "{history}"
    );
    let nothing = visitor.get("/law/history?before=x").await;
    assert_eq!(nothing.status(), 404);
}
