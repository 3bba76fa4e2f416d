//! 練習: what to do next, step by step, from the first sheet to the file.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use shoki_core::code::ErrorCode;
use shoki_core::pipeline::{FORMS, MINUTES};
use shoki_core::review::Standing;

use super::frame::{Frame, Here};
use super::{go_to, page};
use crate::acceptance;
use crate::extract::signed::{ReadContents, WriteContents};
use crate::extract::{Ids, Visitor};
use crate::practice::{self, Step};
use crate::problem::Problem;
use crate::reviews;
use crate::routes::outputs;
use crate::state::Shared;
use crate::wire::job::JobBody;
use crate::wire::output::OutputBody;

/// Questions that the fictional ordinances decide.
const QUESTIONS: [&str; 3] = [
    "子どもの通院でいくら払えばいいですか",
    "県外の病院で全額立て替えたとき、いつまでに申請すれば払い戻せますか",
    "生活支援資金はいくらまで借りられますか",
];

/// How a step stands: its word, and its look.
#[derive(Clone, Copy)]
struct Mark {
    word: &'static str,
    look: &'static str,
}

const TODO: Mark = Mark {
    word: "これから",
    look: "wait",
};
const NOW: Mark = Mark {
    word: "次にすること",
    look: "check",
};
const WORKING: Mark = Mark {
    word: "読んでいます",
    look: "run",
};
impl Mark {
    fn is(&self, look: &str) -> bool {
        self.look == look
    }
}

const DONE: Mark = Mark {
    word: "できました",
    look: "done",
};
const FAILED: Mark = Mark {
    word: "うまくいきませんでした",
    look: "stop",
};

#[derive(Template)]
#[template(path = "practice.html")]
struct PracticePage {
    frame: Frame,
    /// 読み取る, 確かめる, 出力する, 会議, 法令.
    marks: [Mark; 5],
    is_live: bool,
    has_begun: bool,
    sheets: Option<String>,
    progress: Option<(u32, u32)>,
    left: usize,
    outputs: Vec<OutputBody>,
    meeting: Option<String>,
    meeting_reason: Option<String>,
    has_law: bool,
    law_is_coming: bool,
    questions: [&'static str; 3],
}

fn mark_of(job: Option<&JobBody>) -> Mark {
    match job.map(|job| job.standing.state) {
        None => TODO,
        Some("succeeded") => DONE,
        Some("failed" | "cancelled") => FAILED,
        Some(_) => WORKING,
    }
}

/// The steps.
pub(super) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor<ReadContents>,
) -> Result<Response, Problem> {
    let actor = &visitor.actor;
    let jobs = practice::jobs(&shared, actor).await?;
    let of = |pipeline: &str| jobs.iter().find(|job| job.pipeline == pipeline);
    let (sheets, meeting) = (of(FORMS), of(MINUTES));
    let (mut left, mut total) = (0, 0);
    let mut offered = Vec::new();
    let read = mark_of(sheets);
    if let Some(job) = sheets.filter(|_| read.look == DONE.look) {
        let mut by_form: BTreeMap<String, u32> = BTreeMap::new();
        for sheet in reviews::sheets(&shared, actor, job.id).await? {
            total += 1;
            left += usize::from(sheet.standing != Standing::Done);
            *by_form.entry(sheet.form).or_insert(0) += 1;
        }
        let record = shared.api.store.job(actor, job.id).await?;
        offered = outputs::offered(&acceptance::forms_of(&shared, &record), &by_form);
        offered.retain(|output| output.profile == "standard");
    }
    let is_checked = total > 0 && left == 0;
    let has_law = practice::has_law(&shared, actor).await?;
    let law_is_coming = jobs.iter().any(|job| {
        job.pipeline != FORMS && job.pipeline != MINUTES && mark_of(Some(job)).look == WORKING.look
    });
    let checked = if is_checked { DONE } else { TODO };
    let mut marks = [
        read,
        checked,
        if is_checked { NOW } else { TODO },
        mark_of(meeting),
        TODO,
    ];
    // One thing at a time: the first that is open.
    if let Some(next) = marks
        .iter_mut()
        .find(|mark| mark.word == TODO.word || mark.word == NOW.word)
    {
        *next = NOW;
    }
    let is_at_work = |mark: &Mark| mark.look == WORKING.look;
    page(&PracticePage {
        frame: Frame::of(&visitor, Here::Home, "練習"),
        is_live: marks.iter().any(is_at_work) || law_is_coming,
        marks,
        has_begun: !jobs.is_empty(),
        sheets: sheets.map(|job| job.id.to_string()),
        progress: sheets.and_then(|job| {
            let progress = job.standing.progress.as_ref()?;
            Some((progress.done + progress.failed, progress.total))
        }),
        left,
        outputs: offered,
        meeting: meeting.map(|job| job.id.to_string()),
        meeting_reason: meeting.and_then(|job| {
            let why = job.standing.failure.as_ref().or(job.waiting_for.as_ref())?;
            Some(format!("{}{}", why.title, why.action))
        }),
        has_law,
        law_is_coming,
        questions: QUESTIONS,
    })
}

/// Begins a step.
pub(super) async fn begin(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
    Ids(step): Ids<String>,
) -> Result<Response, Problem> {
    let step = Step::parse(&step).ok_or(Problem::new(ErrorCode::NotFound))?;
    practice::begin(&shared, &visitor.actor, step).await?;
    Ok(go_to("/practice"))
}

/// Ends the practice and removes what was made.
pub(super) async fn end(
    State(shared): State<Shared>,
    visitor: Visitor<WriteContents>,
) -> Result<Response, Problem> {
    practice::end(&shared, &visitor.actor).await?;
    Ok(go_to("/"))
}
