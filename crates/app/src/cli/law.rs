//! What may be typed about the law desk: importing, asking, judging.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which law desk a command works on.
#[derive(Debug, Args)]
pub struct CorpusPlace {
    /// 法令検索のデータを置くディレクトリ(省略時は設定の storage.data_dir)
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// 課の名前(課が一つだけなら省略できます)
    #[arg(long, value_name = "NAME")]
    pub department: Option<String>,
}

/// `shoki corpus …`
#[derive(Debug, Subcommand)]
pub enum CorpusCommand {
    /// 法令XML・通知・問答・計画、またはコーパス定義(TOML)を取り込む
    Import {
        /// Where.
        #[command(flatten)]
        place: CorpusPlace,
        /// 取り込んだ課だけで使う(省略時は全庁で使う)
        #[arg(long)]
        only_department: bool,
        /// 施行日(ファイルに書かれていないとき)
        #[arg(long, value_name = "YYYY-MM-DD")]
        valid_from: Option<jiff::civil::Date>,
        /// 通知・問答の中で「法」とだけ書いたときに指す法令の名前(省略時は文書の名前から判断する)
        #[arg(long, value_name = "NAME")]
        default_law: Option<String>,
        /// 取り込むファイル
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// 取り込んだ文書と施行日の一覧
    List {
        /// Where.
        #[command(flatten)]
        place: CorpusPlace,
    },
    /// 索引をデータベースから作り直す
    Reindex {
        /// Where.
        #[command(flatten)]
        place: CorpusPlace,
    },
}

/// `shoki ask …`
#[derive(Debug, Args)]
pub struct Ask {
    /// Where.
    #[command(flatten)]
    pub place: CorpusPlace,
    /// いつの時点の法令で答えるか(省略時は今日)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    /// 法・令・規則とだけ書いたときに指す法令の名前
    #[arg(long, value_name = "NAME")]
    pub scope: Option<String>,
    /// 附則も探す
    #[arg(long)]
    pub supplementary: bool,
    /// 表示する件数
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub limit: u32,
    /// 根拠だけを使った回答の下書きも作る(設定の「drafting」が必要)
    #[arg(long)]
    pub draft: bool,
    /// JSON で出力する
    #[arg(long)]
    pub json: bool,
    /// 質問
    pub question: String,
}

/// `shoki search …`
#[derive(Debug, Subcommand)]
pub enum SearchCommand {
    /// 質問の一覧(JSONL)を検索し、結果を JSONL に書く
    Run(SearchRun),
    /// 正解のある質問で評価する。以前の結果より悪くなるときは終了コード 1
    Eval(SearchEval),
    /// 問いの手本(答えの分かっている質問)が今の条文と合っているかを確かめ、合わないものを表示する
    Bank(SearchBank),
    /// 言い換え表を新しい版に替える。根拠の分かっている質問の答えが悪くなるときは替えない
    Synonyms(SearchSynonyms),
}

/// `shoki search bank …`
#[derive(Debug, Args)]
pub struct SearchBank {
    /// Where.
    #[command(flatten)]
    pub place: CorpusPlace,
    /// いつの時点の条文と比べるか(省略時は今日)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    /// 今の条文の指紋を書き出すファイル(手本を作るとき)
    #[arg(long, value_name = "FILE")]
    pub sketches: Option<PathBuf>,
}

/// `shoki search synonyms …`
#[derive(Debug, Args)]
pub struct SearchSynonyms {
    /// Where.
    #[command(flatten)]
    pub place: CorpusPlace,
    /// 課の FAQ と「これが根拠」のほかに確かめる、正解のある質問(search eval と同じ形)
    #[arg(long, value_name = "FILE")]
    pub queries: Option<PathBuf>,
    /// 答えが悪くなっても替える理由(監査記録に残る)
    #[arg(long, value_name = "REASON")]
    pub despite: Option<String>,
    /// 言い換え表(TOML)
    pub file: PathBuf,
}

/// `shoki search run …`
#[derive(Debug, Args)]
pub struct SearchRun {
    /// Where.
    #[command(flatten)]
    pub place: CorpusPlace,
    /// 法・令・規則とだけ書いたときに指し、優先する法令の名前
    #[arg(long, value_name = "NAME")]
    pub scope: Option<String>,
    /// いつの時点の法令で答えるか(省略時は今日)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    /// 質問: 一行に {"qid", "query"}
    #[arg(long, value_name = "FILE")]
    pub queries: PathBuf,
    /// 結果: 一行に {"qid", "results", "no_basis"}
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `shoki search eval …`
#[derive(Debug, Args)]
pub struct SearchEval {
    /// 正解のある質問: 一行に {"qid", "gold": [{"law", "article", "grade"}]}
    #[arg(long, value_name = "FILE")]
    pub queries: PathBuf,
    /// これまでの結果(search run の出力)
    #[arg(long, value_name = "FILE")]
    pub before: PathBuf,
    /// 切り替えた後の結果(search run の出力)
    #[arg(long, value_name = "FILE")]
    pub after: PathBuf,
}
