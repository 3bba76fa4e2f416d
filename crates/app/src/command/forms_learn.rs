//! `shoki forms learn`: the calibration of risks from a 課's own corrections, compared before it is used.
//!
//! Works beside a running service. Promises: nothing leaves the machine; nothing changes without `--apply` or
//! `--back`; a calibration that is not better on held-back corrections is not applied.

use std::sync::Arc;

use shoki_core::acceptance::AcceptTerms;
use shoki_core::calibration::{Calibration, Comparison, Example, Provenance, Quality};
use shoki_core::id::DepartmentId;
use shoki_ocr::calibrate::{FitError, Hold, fit};
use shoki_store::acceptance_model::CalibrationVersion;
use shoki_store::{AcceptanceStore, Blobs, JobStore, SqliteStore, StoreError};

use super::Refusal;
use crate::cli::FormsLearn;
use crate::config::Config;
use crate::forms::corrections::{CorrectionsError, Sources};
use crate::forms::load;
use crate::{output, place};

/// Runs the command.
///
/// # Errors
/// [`Refusal`]: what to say on standard error.
pub async fn run(config: &Config, args: &FormsLearn) -> Result<(), Refusal> {
    let store = super::open_store(config).await?;
    let done = learn(config, args, &store).await;
    store.close().await;
    done
}

async fn learn(config: &Config, args: &FormsLearn, store: &Arc<SqliteStore>) -> Result<(), Refusal> {
    let department = department_named(&**store, &args.department).await?;
    if args.back {
        return back(&**store, department).await;
    }
    let versions = store.calibrations(department).await?;
    let last = versions.last().map_or(0, |last| last.version);
    let counts = versions.into_iter().rfind(|one| one.withdrawn_at.is_none());
    let (learnt, comparison) = compared(config, store, department, counts.as_ref()).await?;
    say(counts.as_ref(), &comparison);
    let limit = AcceptTerms::default().limit;
    if !comparison.is_better(limit) {
        let why = "取っておいた訂正で、今のものより良くありません。替えません。訂正と抜き取り確認が増えてからやり直してください。";
        if args.apply {
            return Err(Refusal::said(why));
        }
        output::line(why);
        return Ok(());
    }
    if !args.apply {
        output::line("替えるには「--apply」を付けて実行してください。");
        return Ok(());
    }
    let kept = store
        .keep_calibration(department, last, &learnt, &comparison)
        .await?;
    output::line(format!(
        "第 {} 版に替えました。自動で通す欄は、実績を初めから確かめ直します。戻すには「--back」を付けて実行してください。",
        kept.version
    ));
    Ok(())
}

async fn department_named(store: &dyn JobStore, name: &str) -> Result<DepartmentId, Refusal> {
    let departments = store.departments().await?;
    let found = departments.into_iter().find(|department| department.name == name);
    found.map(|department| department.id).ok_or_else(|| {
        Refusal::said(format!(
            "課「{name}」はありません。「shoki admin department list」で確かめてください。"
        ))
    })
}

async fn back(store: &dyn AcceptanceStore, department: DepartmentId) -> Result<(), Refusal> {
    match store.withdraw_calibration(department).await {
        Ok(withdrawn) => {
            let versions = store.calibrations(department).await?;
            let counts = versions.iter().rfind(|one| one.withdrawn_at.is_none());
            output::line(format!(
                "第 {} 版をやめて、{}に戻しました。自動で通す欄は、実績を初めから確かめ直します。",
                withdrawn.version,
                name_of(counts)
            ));
            Ok(())
        }
        Err(StoreError::NotFound) => Err(Refusal::said(
            "出荷時のものを使っています。戻すものはありません。",
        )),
        Err(error) => Err(error.into()),
    }
}

/// The calibration that the corrections give, and how it does on those held back.
async fn compared(
    config: &Config,
    store: &Arc<SqliteStore>,
    department: DepartmentId,
    counts: Option<&CalibrationVersion>,
) -> Result<(Calibration, Comparison), Refusal> {
    let forms_dir = place::pipelines_dir(config)?.join("forms");
    let pipeline = load::definitions(&forms_dir, config.workers.readings)?;
    let blobs = Blobs::open(&place::blobs_dir(config), config.storage.disk_reserve_bytes())?;
    let sources = Sources {
        jobs: &**store,
        acceptance: &**store,
        blobs: &blobs,
        forms: &pipeline.forms,
    };
    let corrections = sources.gather(department).await?;
    let now = counts.map_or_else(|| Calibration::shipped().clone(), |one| one.calibration.clone());
    let wrong = |examples: &[Example]| {
        let wrong = examples.iter().filter(|example| example.is_wrong);
        u32::try_from(wrong.count()).unwrap_or(u32::MAX)
    };
    let size = |examples: &[Example]| u32::try_from(examples.len()).unwrap_or(u32::MAX);
    let provenance = Provenance {
        data: "訂正と抜き取り確認".to_owned(),
        command: "shoki forms learn".to_owned(),
        readings: size(&corrections.to_fit),
        wrong: wrong(&corrections.to_fit),
    };
    // Always near the shipped one: what one city's corrections said twice is not said twice as loudly.
    let learnt = fit(
        &corrections.to_fit,
        Calibration::shipped(),
        Hold::LEARNT,
        provenance,
    )
    .map_err(refused)?;
    let limit = AcceptTerms::default().limit;
    let quality = |calibration: &Calibration| Quality::of(calibration, &corrections.held_back, limit);
    let (Some(before), Some(after)) = (quality(&now), quality(&learnt)) else {
        return Err(Refusal::said(TOO_FEW));
    };
    let comparison = Comparison {
        fitted_on: size(&corrections.to_fit),
        held_back: size(&corrections.held_back),
        wrong: wrong(&corrections.held_back),
        now: before,
        learnt: after,
    };
    Ok((learnt, comparison))
}

const TOO_FEW: &str =
    "訂正と抜き取り確認がまだ足りません。確認を続けてからやり直してください。今のものを使い続けます。";

fn refused(error: FitError) -> Refusal {
    match error {
        FitError::OneKindOnly => Refusal::said(TOO_FEW),
        FitError::Diverges => {
            tracing::error!(error = &error as &dyn std::error::Error, "no calibration");
            Refusal::said("計算がまとまりませんでした。今のものを使い続けます。")
        }
    }
}

impl From<CorrectionsError> for Refusal {
    fn from(error: CorrectionsError) -> Self {
        match error {
            CorrectionsError::Store(error) => error.into(),
            CorrectionsError::Torn(job) => Self::said(format!(
                "ジョブ {job} の読み取り結果か確認の記録を読めません。システム管理者に連絡してください。"
            )),
        }
    }
}

fn name_of(counts: Option<&CalibrationVersion>) -> String {
    counts.map_or_else(
        || "出荷時のもの".to_owned(),
        |one| format!("第 {} 版", one.version),
    )
}

fn say(counts: Option<&CalibrationVersion>, comparison: &Comparison) {
    output::line(format!(
        "学んだ欄 {} 個、取っておいた欄 {} 個(うち誤り {} 個)で比べました。数は小さいほど、通す割合は大きいほど良いものです。",
        comparison.fitted_on, comparison.held_back, comparison.wrong
    ));
    let row = |name: String, quality: &Quality| {
        vec![
            name,
            format!("{:.4}", quality.log_loss),
            format!("{:.4}", quality.ece),
            format!("{:.1}%", quality.accepted * 100.0),
            format!("{:.2}%", quality.missed * 100.0),
        ]
    };
    let now = format!("今({})", name_of(counts));
    output::table(
        &[
            "",
            "対数損失",
            "見込みのずれ",
            "見ずに通す割合",
            "通したうちの誤り",
        ],
        &[
            row(now, &comparison.now),
            row("学び直し".to_owned(), &comparison.learnt),
        ],
    );
}
