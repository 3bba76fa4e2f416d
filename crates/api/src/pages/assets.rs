//! Styles and scripts, part of the binary. Their address names their contents, so a browser keeps them for ever and
//! never uses an old one; modules import each other relatively, so one version stands for all of them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shoki_core::digest::Sha256;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// The one style sheet, in parts.
const STYLES: &[&str] = &[
    include_str!("../../assets/tokens.css"),
    include_str!("../../assets/base.css"),
    include_str!("../../assets/frame.css"),
    include_str!("../../assets/parts.css"),
    include_str!("../../assets/review.css"),
    include_str!("../../assets/outputs.css"),
    include_str!("../../assets/tray.css"),
    include_str!("../../assets/audits.css"),
    include_str!("../../assets/law.css"),
    include_str!("../../assets/law_desk.css"),
    include_str!("../../assets/meeting.css"),
    include_str!("../../assets/results.css"),
    include_str!("../../assets/live.css"),
    include_str!("../../assets/forms.css"),
    include_str!("../../assets/zoom.css"),
    include_str!("../../assets/forced.css"),
];

macro_rules! scripts {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../assets/", $name)))),+]
    };
}

const SCRIPTS: &[(&str, &str)] = &scripts![
    "desk.js",
    "api.js",
    "keys.js",
    "jobs.js",
    "upload.js",
    "review/grid.js",
    "review/model.js",
    "review/pictures.js",
    "review/screen.js",
    "review/view.js",
    "tray.js",
    "audits.js",
    "reason.js",
    "law.js",
    "live/captions.js",
    "live/microphone.js",
    "live/screen.js",
    "live/sound.js",
    "meeting/draft.js",
    "meeting/editor.js",
    "meeting/holds.js",
    "meeting/others.js",
    "meeting/regroup.js",
    "meeting/screen.js",
    "meeting/tools.js",
    "meeting/transcript.js",
    "forms/canvas.js",
    "forms/draft.js",
    "forms/editor.js",
    "forms/fields.js",
    "forms/panels.js",
    "forms/rules.js",
    "pieces.js",
    "kept.js",
    "practice.js",
    "scrollers.js",
    "tus.js",
    "unfinished.js",
];

const PICTURE: &str = include_str!("../../assets/icon.svg");

static STYLE: LazyLock<String> = LazyLock::new(|| STYLES.concat());

/// The version of everything, hexadecimal.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let scripts = SCRIPTS.iter().flat_map(|(name, text)| [*name, *text]);
    let all: Vec<&str> = scripts.chain([STYLE.as_str(), PICTURE]).collect();
    Sha256::of(all.concat().as_bytes())
        .to_string()
        .chars()
        .take(16)
        .collect()
});

/// A file. Another version than this binary's is the same file, but not kept.
pub(super) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let found: Option<(&'static str, &'static str)> = match name.as_str() {
        "desk.css" => Some((CSS, STYLE.as_str())),
        "icon.svg" => Some((ICON, PICTURE)),
        other => SCRIPTS
            .iter()
            .find(|(name, _)| *name == other)
            .map(|(_, text)| (SCRIPT, *text)),
    };
    let Some((media_type, text)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (head, text).into_response()
}
