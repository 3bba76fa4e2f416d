//! The router: one file per group of routes. A route exists once it is in [`described`], and then it is
//! in the OpenAPI document and in the access test too.

pub mod acceptance;
pub mod artifacts;
pub mod audit;
pub mod batches;
pub mod blind_audits;
pub mod catalogue;
pub mod corrections;
pub mod documents;
pub mod drafts;
pub mod events;
pub mod faq;
pub mod favourites;
pub mod figures;
pub mod form_shares;
pub mod health;
pub mod jobs;
pub mod line_holds;
pub mod live;
pub mod live_sound;
pub mod meeting_figures;
pub mod minutes;
pub mod minutes_draft;
pub mod office_form_versions;
pub mod office_forms;
pub mod openai;
pub mod outputs;
pub mod page_pictures;
pub mod pages;
pub mod people;
pub mod practice;
pub mod question_bank;
pub mod questions;
pub mod resumable;
pub mod retention;
pub mod review;
pub mod review_figures;
pub mod review_grid;
pub mod sorting;
pub mod sources;
pub mod speakers;
pub mod synonyms;
pub mod transcript;
pub mod voice_prints;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use shoki_core::code::ErrorCode;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::layers::{after_panic, observe::observe, pace::pace, security::security};
use crate::pages as desk;
use crate::problem::Problem;
use crate::state::{ApiState, Shared};

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(documents::upload))
        .routes(routes!(documents::show, documents::delete))
        .routes(routes!(jobs::submit, jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::cancel))
        .routes(routes!(events::stream))
        .routes(routes!(live::open, live::list))
        .routes(routes!(live::show))
        .routes(routes!(live::correct))
        .routes(routes!(live::end))
        .routes(routes!(live::follow))
        .routes(routes!(live_sound::receive))
        .merge(
            OpenApiRouter::default()
                .routes(routes!(openai::transcribe))
                .layer(from_fn(openai::errors)),
        )
        .merge(
            OpenApiRouter::default()
                .routes(routes!(resumable::describe, resumable::begin))
                .routes(routes!(resumable::show, resumable::go_on, resumable::end))
                .layer(from_fn(resumable::protocol)),
        )
        .routes(routes!(transcript::show))
        .routes(routes!(transcript::edit))
        .routes(routes!(transcript::split))
        .routes(routes!(transcript::join))
        .routes(routes!(transcript::revert))
        .routes(routes!(line_holds::hold, line_holds::release))
        .routes(routes!(corrections::replace))
        .routes(routes!(corrections::occurrences))
        .routes(routes!(corrections::undo))
        .routes(routes!(corrections::history))
        .routes(routes!(corrections::finish))
        .routes(routes!(corrections::reopen))
        .routes(routes!(corrections::activity))
        .routes(routes!(speakers::add))
        .routes(routes!(speakers::rename))
        .routes(routes!(speakers::merge))
        .routes(routes!(speakers::recluster))
        .routes(routes!(minutes::show))
        .routes(routes!(minutes::export))
        .routes(routes!(minutes::audio_report))
        .routes(routes!(minutes_draft::draft, minutes_draft::discard))
        .routes(routes!(voice_prints::keep, voice_prints::list))
        .routes(routes!(voice_prints::delete))
        .routes(routes!(artifacts::list))
        .routes(routes!(artifacts::download))
        .routes(routes!(outputs::list))
        .routes(routes!(outputs::download))
        .routes(routes!(outputs::preview))
        .routes(routes!(outputs::searchable_pdf))
        .routes(routes!(pages::show))
        .routes(routes!(pages::crop))
        .routes(routes!(page_pictures::places))
        .routes(routes!(page_pictures::image))
        .routes(routes!(page_pictures::reveal_image))
        .routes(routes!(page_pictures::reveal_crop))
        .routes(routes!(sorting::show, sorting::sort))
        .routes(routes!(review::show))
        .routes(routes!(review::next))
        .routes(routes!(review::sheet))
        .routes(routes!(review::decide))
        .routes(routes!(review::undo))
        .routes(routes!(review::finish))
        .routes(routes!(review::reopen))
        .routes(routes!(review::release))
        .routes(routes!(review::reveal))
        .routes(routes!(review::show_figures))
        .routes(routes!(review::keep))
        .routes(routes!(review_grid::fields))
        .routes(routes!(review_grid::grid))
        .routes(routes!(review_grid::decide))
        .routes(routes!(office_forms::list, office_forms::create))
        .routes(routes!(
            office_forms::show,
            office_forms::save,
            office_forms::delete
        ))
        .routes(routes!(office_forms::blank))
        .routes(routes!(office_forms::suggestions))
        .routes(routes!(office_forms::trial))
        .routes(routes!(office_form_versions::publish))
        .routes(routes!(office_form_versions::take_into_use))
        .routes(routes!(office_form_versions::history))
        .routes(routes!(form_shares::show, form_shares::share))
        .routes(routes!(practice::show, practice::end))
        .routes(routes!(practice::begin))
        .routes(routes!(acceptance::show))
        .routes(routes!(acceptance::history))
        .routes(routes!(acceptance::switch))
        .routes(routes!(acceptance::calibration))
        .routes(routes!(blind_audits::next))
        .routes(routes!(blind_audits::answer))
        .routes(routes!(batches::submit))
        .routes(routes!(catalogue::pipelines))
        .routes(routes!(catalogue::models))
        .routes(routes!(catalogue::check_models))
        .routes(routes!(catalogue::document))
        .routes(routes!(questions::ask, questions::list))
        .routes(routes!(questions::feedback, questions::withdraw))
        .routes(routes!(drafts::draft))
        .routes(routes!(sources::list))
        .routes(routes!(sources::delete))
        .routes(routes!(sources::revisions))
        .routes(routes!(sources::text))
        .routes(routes!(sources::show_difference))
        .routes(routes!(synonyms::show, synonyms::put))
        .routes(routes!(synonyms::try_out))
        .routes(routes!(question_bank::list, question_bank::edit))
        .routes(routes!(faq::add, faq::list))
        .routes(routes!(faq::show, faq::change, faq::delete))
        .routes(routes!(faq::history))
        .routes(routes!(favourites::add, favourites::list))
        .routes(routes!(favourites::delete))
        .routes(routes!(figures::questions))
        .routes(routes!(review_figures::show))
        .routes(routes!(meeting_figures::show))
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify))
        .routes(routes!(retention::show, retention::set))
        .routes(routes!(retention::preview))
        .routes(routes!(retention::hold, retention::release))
        .routes(routes!(retention::certificates))
        .routes(routes!(retention::certificate))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::add_account))
        .routes(routes!(people::add_department))
        .routes(routes!(people::set_password))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
}

/// The service.
pub fn router(state: ApiState) -> Router {
    let shared = Shared::new(state);
    let (routes, _) = described().split_for_parts();
    let routes = routes
        .merge(desk::router())
        .fallback(desk::nowhere)
        .method_not_allowed_fallback(async || Problem::new(ErrorCode::MethodNotAllowed))
        .layer(from_fn_with_state(shared.clone(), pace));
    surround(routes).with_state(shared)
}

/// Puts the outer layers around `routes`.
fn surround<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(security))
        .layer(from_fn(observe))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn broken() {
        panic!("a name that must not get out");
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_without_the_panics_words() {
        let router = surround(Router::new().route("/broken", get(broken)));
        let request = Request::get("/broken").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal");
        assert_eq!(body["request_id"], id);
        assert!(!body.to_string().contains("name that"));
    }
}
