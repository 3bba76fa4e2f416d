//! The review desk on a real stack: pictures of pages with the number hidden, one field over all sheets decided at
//! once, and the figures that come of it.

use image::GrayImage;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{Api, Office, answered, sample, text};

/// What a mask is painted with, and how far a JPEG may be from it.
const MASK: i32 = 0x80;
const JPEG_SLACK: i32 = 8;

async fn picture(api: &Api, path: &str, reason: Option<&str>) -> GrayImage {
    let request = match reason {
        None => api.request(Method::GET, path),
        Some(reason) => api
            .request(Method::POST, &format!("{path}/reveal"))
            .json(&json!({ "reason": reason })),
    };
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    let bytes = answer.bytes().await.expect("bytes");
    let image = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg);
    image.expect("a JPEG").into_luma8()
}

/// The pixels well inside of a quad, which lies nearly straight.
fn inside(image: &GrayImage, quad: &Value) -> Vec<i32> {
    let corner = |at: usize, axis: usize| quad[at][axis].as_f64().expect("a number");
    let bounds = |axis: usize| {
        let mut all: Vec<f64> = (0..4).map(|at| corner(at, axis)).collect();
        all.sort_by(f64::total_cmp);
        (all[1] as u32 + 2, all[2] as u32 - 2)
    };
    let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
    let mut pixels = Vec::new();
    for y in top..bottom {
        for x in left..right {
            pixels.push(i32::from(image.get_pixel(x, y).0[0]));
        }
    }
    assert!(pixels.len() > 100, "{quad}");
    pixels
}

fn is_hidden(pixels: &[i32]) -> bool {
    pixels.iter().all(|pixel| (pixel - MASK).abs() <= JPEG_SLACK)
}

/// Looks at every sheet's picture; how many hid a number.
async fn look_at_pages(api: &Api, job: &str, heads: &Value) -> usize {
    let mut hidden = 0;
    for head in heads["sheets"].as_array().expect("a list") {
        let page = format!("/v1/jobs/{job}/pages/{}", head["page"]);
        let places = api.get(&format!("{page}/places")).await;
        let masked = picture(api, &format!("{page}/image"), None).await;
        let whole = picture(api, &format!("{page}/image"), Some("照合")).await;
        assert_eq!(masked.dimensions(), whole.dimensions());
        for field in places["fields"].as_array().expect("a list") {
            let seen = inside(&masked, &field["quad"]);
            let key = &field["key"];
            if field["masked"] == true {
                assert!(is_hidden(&seen), "{page} {key}");
                assert!(!is_hidden(&inside(&whole, &field["quad"])), "{page} {key}");
                hidden += 1;
            } else {
                assert!(!is_hidden(&seen), "{page} {key}");
            }
        }
    }
    hidden
}

/// Decides about every open field of one kind after the other; how many.
async fn decide_in_grids(api: &Api, job: &str) -> usize {
    let review = format!("/v1/jobs/{job}/review");
    let mut decided = 0;
    let fields = api.get(&format!("{review}/fields")).await;
    for field in fields.as_array().expect("a list") {
        let (form, key) = (text(&field["form"]), text(&field["key"]));
        let grid = api
            .get(&format!("{review}/grid?form={form}&key={key}&limit=200"))
            .await;
        let items = grid["items"].as_array().expect("a list");
        assert_eq!(field["open"], items.len(), "{form}/{key}");
        let decisions: Vec<Value> = items
            .iter()
            .map(|item| {
                let kind = if item["state"] == "unreadable" { "unreadable" } else { "accept" };
                json!({"page": item["page"], "key": key, "version": item["version"], "decision": {"kind": kind}})
            })
            .collect();
        let body = json!({"items": decisions, "finish": true});
        let asked = api
            .request(Method::POST, &format!("{review}/decisions"))
            .json(&body);
        let done = answered(asked.send().await.expect("an answer"), StatusCode::OK).await;
        for item in done["items"].as_array().expect("a list") {
            assert_eq!(item["result"], "decided", "{item}");
        }
        decided += items.len();
    }
    decided
}

#[tokio::test]
async fn a_stack_is_looked_at_and_decided_field_by_field() {
    let office = Office::open();
    let mut server = office.start();
    server.ready().await;
    let api = office.client();
    let demo = std::fs::read(sample("demo.pdf")).expect("the sample stack");
    let (_, job) = api.submit("demo.pdf", demo).await;
    assert_eq!(api.finished(&job).await["state"], "succeeded");
    let review = format!("/v1/jobs/{job}/review");
    let heads = api.get(&review).await;
    assert!(
        look_at_pages(&api, &job, &heads).await > 0,
        "no page hides a number"
    );
    let stranger = office.stranger();
    let asked = stranger.request(Method::GET, &format!("/v1/jobs/{job}/pages/1/image"));
    assert_eq!(
        asked.send().await.expect("an answer").status(),
        StatusCode::NOT_FOUND
    );

    let decided = decide_in_grids(&api, &job).await;
    assert_eq!(heads["fields_open"], decided);
    let after = api.get(&review).await;
    assert_eq!(after["sheets_done"], heads["sheets_total"], "{after}");
    assert_eq!(after["fields_open"], 0);
    let figures = api.get("/v1/kpi/review?by=all").await;
    assert_eq!(figures["sheets"], heads["sheets_total"]);
    let of_job = api.get(&format!("{review}/figures")).await;
    assert_eq!(figures["all"], of_job["all"], "one job is all jobs here");
    server.kill();
}
