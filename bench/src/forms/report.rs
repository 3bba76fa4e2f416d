//! The report of `shoki-bench forms` as Markdown; the README quotes it and nothing else.

use std::fmt::Write as _;

use shoki_core::form::FieldType;

use super::{Findings, Run, System};
use crate::report::machine;
use crate::score::{Score, wilson};

/// The whole report.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::new();
    head(&mut text, findings).expect("a string grows");
    speed(&mut text, findings).expect("a string grows");
    accuracy(&mut text, findings).expect("a string grows");
    larger(&mut text, findings).expect("a string grows");
    text
}

fn head(text: &mut String, findings: &Findings) -> std::fmt::Result {
    let blocks = findings
        .runs
        .iter()
        .map(|run| run.block)
        .max()
        .map_or(0, |last| last + 1);
    let pages = findings.runs.first().map_or(0, |run| run.pages);
    writeln!(text, "# Reading forms: Shoki beside RapidOCR 3.10\n")?;
    writeln!(
        text,
        "Written by `shoki-bench forms` (seed {}). {blocks} stacks of {pages} made pages in the {} hands, scan \
         defects of all three levels, blank backs and unknown pages among them; each stack is read by every \
         system in turn, the order reversed from stack to stack. Made pages are easier than real ones: the \
         figures compare, they do not promise. {}.\n",
        findings.seed,
        findings.hands,
        machine()
    )?;
    writeln!(
        text,
        "Both read the same PDF from disk at 200 dpi with the same ONNX files (PP-OCRv6 small), each run a fresh \
         process with its start included, one thread per worker. RapidOCR reads full pages with its default \
         settings. In its favour: it is told each page's form, orientation and exact position, its lines are \
         assigned to fields for free ({}, the better of two ways), and digit fields keep only its digits.\n",
        findings.assignment.to_lowercase()
    )
}

fn speed(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## Speed\n")?;
    writeln!(
        text,
        "| system | workers | pages/s | CPU s/page | peak memory |\n|---|---:|---:|---:|---:|"
    )?;
    for workers in [1, 2] {
        for system in System::ALL {
            let own = |run: &&Run| run.system == system && run.workers == workers;
            let runs: Vec<&Run> = findings.runs.iter().filter(own).collect();
            let pages: f64 = runs.iter().map(|run| f64::from(run.pages)).sum();
            let wall: f64 = runs.iter().map(|run| run.cost.wall_seconds).sum();
            let cpu: f64 = runs.iter().map(|run| run.cost.cpu_seconds).sum();
            let peak = runs.iter().map(|run| run.cost.peak_bytes).max().unwrap_or(0) / (1024 * 1024);
            let name = system.name();
            writeln!(
                text,
                "| {name} | {workers} | {:.2} | {:.2} | {peak} MiB |",
                pages / wall,
                cpu / pages
            )?;
        }
    }
    writeln!(
        text,
        "\nPages per CPU second, Shoki over RapidOCR (geometric mean over stacks, 95 % interval):\n"
    )?;
    for (system, workers, ratio) in &findings.speed_ratios {
        let name = system.name();
        writeln!(
            text,
            "- {name}, {workers} worker(s): **{:.1} ×** ({:.1}–{:.1})",
            ratio.value, ratio.low, ratio.high
        )?;
    }
    writeln!(text)
}

fn accuracy(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(text, "## Accuracy on the same pages\n")?;
    writeln!(
        text,
        "Written fields (marks apart, which RapidOCR does not read): characters / exact fields.\n"
    )?;
    write!(text, "| type | fields |")?;
    for (system, _) in &findings.written {
        write!(text, " {} |", system.name())?;
    }
    writeln!(text, "\n|---|---:|---:|---:|---:|")?;
    let Some((_, first)) = findings.written.first() else {
        return Ok(());
    };
    for kind in first.by_type.keys() {
        let fields = first.by_type[kind].fields;
        write!(text, "| {} | {fields} |", name_of(*kind))?;
        for (_, score) in &findings.written {
            let tally = score.by_type.get(kind).copied().unwrap_or_default();
            write!(
                text,
                " {:.3} / {:.3} |",
                tally.character_accuracy(),
                tally.exact_share()
            )?;
        }
        writeln!(text)?;
    }
    write!(text, "| **all** | {} |", first.total.fields)?;
    for (_, score) in &findings.written {
        write!(
            text,
            " **{:.3} / {:.3}** |",
            score.total.character_accuracy(),
            score.total.exact_share()
        )?;
    }
    writeln!(
        text,
        "\n\nExact fields, Shoki minus RapidOCR (95 % interval, bootstrap over pages):\n"
    )?;
    for (system, gain) in &findings.exact_gains {
        let [value, low, high] = [gain.value, gain.low, gain.high].map(|share| share * 100.0);
        writeln!(
            text,
            "- {}: **{value:+.1} points** ({low:+.1} to {high:+.1})",
            system.name()
        )?;
    }
    writeln!(text)
}

fn larger(text: &mut String, findings: &Findings) -> std::fmt::Result {
    let Some((pages, score)) = &findings.larger else {
        return Ok(());
    };
    let total = score.total;
    writeln!(
        text,
        "## Shoki alone on {pages} pages (four readings, all fields)\n"
    )?;
    writeln!(
        text,
        "| type | fields | characters | exact | accepted unseen | exact among them |\n|---|---:|---:|---:|---:|---:|"
    )?;
    let rows = score
        .by_type
        .iter()
        .map(|(kind, tally)| (name_of(*kind).to_owned(), tally));
    for (name, tally) in rows.chain([("**all**".to_owned(), &total)]) {
        let characters = if tally.characters == 0 {
            "–".to_owned()
        } else {
            format!("{:.4}", tally.character_accuracy())
        };
        writeln!(
            text,
            "| {name} | {} | {characters} | {:.3} | {:.3} | {:.4} |",
            tally.fields,
            tally.exact_share(),
            tally.accepted_share(),
            tally.accepted_exact()
        )?;
    }
    writeln!(text)?;
    sentence(text, score)
}

fn sentence(text: &mut String, score: &Score) -> std::fmt::Result {
    let total = score.total;
    let (low, high) = wilson(total.sure_exact, total.sure);
    writeln!(
        text,
        "Pages sorted rightly {}/{}, to a wrong form {}. Exact among accepted fields {}/{} (95 % interval \
         {low:.4}–{high:.4}, Wilson). Empty fields left empty {}/{}; given a value unseen {}.",
        score.pages_right,
        score.pages,
        score.pages_wrong_form,
        total.sure_exact,
        total.sure,
        total.empty_right,
        total.empty,
        total.empty_wrong_sure
    )
}

const fn name_of(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Number => "number 数字",
        FieldType::Amount => "amount 金額",
        FieldType::WarekiDate => "date 和暦日付",
        FieldType::Kana => "kana カナ",
        FieldType::Name => "name 氏名",
        FieldType::Address => "address 住所",
        FieldType::PostalCode => "postal code 郵便番号",
        FieldType::Phone => "phone 電話",
        FieldType::Account => "account 口座",
        FieldType::IndividualNumber => "個人番号",
        FieldType::CorporateNumber => "法人番号",
        FieldType::Check => "check チェック",
        FieldType::Circle => "circle 丸囲み",
        FieldType::FreeText => "free text 自由記述",
    }
}
