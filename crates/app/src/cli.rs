//! The command line: what may be typed. What it does lies in `command`.

pub mod law;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use shoki_core::speakers::SpeakerCount;

use crate::config::ReadingsSetting;
pub use law::{
    Ask, CorpusCommand, CorpusPlace, SearchBank, SearchCommand, SearchEval, SearchRun, SearchSynonyms,
};

/// 書記(Shoki): 帳票を読み取る庁内サービス
#[derive(Debug, Parser)]
#[command(name = "shoki", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// 設定ファイル(TOML)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// サービスを動かす
    Serve,
    /// 設定の誤りを確かめ、有効な設定を表示する
    CheckConfig,
    /// モデルの一覧・取得・検証・持ち出し・取り込み
    #[command(subcommand)]
    Models(ModelsCommand),
    /// 帳票定義の検査と、サーバーなしでの読み取り
    #[command(subcommand)]
    Forms(FormsCommand),
    /// フォルダを見張り、置かれたスキャンを読み取って出力を書く
    Watch(Watch),
    /// 録音を書き起こし、話者を分け、会議録を作る
    Transcribe(Transcribe),
    /// 法令・通知・問答の取り込みと索引
    #[command(subcommand)]
    Corpus(CorpusCommand),
    /// 法令・通知に質問し、根拠を表示する
    Ask(Ask),
    /// 検索の評価
    #[command(subcommand)]
    Search(SearchCommand),
    /// 課・職員・トークンの管理
    #[command(subcommand)]
    Admin(AdminCommand),
    /// 監査記録の検証
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Internal: opens one document in a sandbox, started by the service itself.
    #[command(hide = true, disable_help_flag = true)]
    DecodeChild {
        /// Passed on as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

/// `shoki models …`
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// モデルの一覧と状態を表示する
    List,
    /// 足りないモデルを取得する(パッケージの取得元に接続できる環境で使う)
    Pull,
    /// すべてのモデルのファイルを確かめる
    Verify,
    /// モデルのファイルを持ち出し用のディレクトリに書き出す
    Export {
        /// 書き出し先
        dir: PathBuf,
    },
    /// 持ち込んだディレクトリからモデルのファイルを取り込む
    Import {
        /// 取り込み元
        dir: PathBuf,
    },
}

/// `shoki forms …`
#[derive(Debug, Subcommand)]
pub enum FormsCommand {
    /// 帳票定義の誤りを行番号つきで報告する
    Check {
        /// 帳票定義(TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// スキャンした帳票を読み取り、JSON と CSV を書く
    Read(FormsRead),
    /// 課の訂正と抜き取り確認から、読み誤りの見込みを学び直す(何も付けなければ比べるだけ)
    Learn(FormsLearn),
}

/// `shoki forms learn …`
#[derive(Debug, Args)]
pub struct FormsLearn {
    /// 課の名前
    #[arg(long, value_name = "DEPARTMENT")]
    pub department: String,
    /// 学び直したものに替える。取っておいた訂正で今より良いときだけ替わる
    #[arg(long, conflicts_with = "back")]
    pub apply: bool,
    /// 一つ前のものに戻す
    #[arg(long)]
    pub back: bool,
}

/// `shoki forms read …`
#[derive(Debug, Args)]
pub struct FormsRead {
    /// 帳票定義のあるディレクトリ
    #[arg(long, value_name = "DIR")]
    pub forms: PathBuf,
    /// 結果を書くディレクトリ
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// 一つの欄を読む回数(省略時は設定に従う)
    #[arg(long, value_enum)]
    pub readings: Option<ReadingsSetting>,
    /// 同時に読み取るページの数(0 はコア数、省略時は設定に従う)
    #[arg(long, value_name = "N")]
    pub workers: Option<u32>,
    /// 帳票定義の出力([[output]])の id。書いた分だけファイルを作る(何度でも書ける)
    #[arg(long = "output", value_name = "PROFILE")]
    pub outputs: Vec<String>,
    /// PDF・TIFF・JPEG・PNG
    #[arg(required = true, value_name = "SCAN")]
    pub scans: Vec<PathBuf>,
}

/// `shoki watch …`
#[derive(Clone, Debug, Args)]
pub struct Watch {
    /// 帳票定義のあるディレクトリ
    #[arg(long, value_name = "DIR")]
    pub forms: PathBuf,
    /// スキャンが置かれるフォルダ。読み取ったものは中の「読取済」、読めないものは「読取不可」に移る
    #[arg(long = "in", value_name = "DIR")]
    pub inbox: PathBuf,
    /// 出力を書くフォルダ。全部書けたら「.done」、だめなら理由を書いた「.error」ができる
    #[arg(long = "out", value_name = "DIR")]
    pub outbox: PathBuf,
    /// 帳票定義の出力([[output]])の id(何度でも書ける、省略時は標準の CSV)
    #[arg(long = "output", value_name = "PROFILE", default_value = shoki_core::output_profile::STANDARD)]
    pub outputs: Vec<String>,
    /// フォルダを見る間隔(秒)。大きさと時刻が二度続けて変わらなかったファイルを読み取る
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub every: u32,
    /// いまフォルダにあるものを読み終えたら終わる
    #[arg(long)]
    pub once: bool,
    /// 一つの欄を読む回数(省略時は設定に従う)
    #[arg(long, value_enum)]
    pub readings: Option<ReadingsSetting>,
    /// 同時に読み取るページの数(0 はコア数、省略時は設定に従う)
    #[arg(long, value_name = "N")]
    pub workers: Option<u32>,
}

/// `shoki transcribe …`
#[derive(Debug, Args)]
pub struct Transcribe {
    /// 話者の人数(3)または範囲(2-5)。省略すると自動で判断します
    #[arg(long, value_name = "N|A-B")]
    pub speakers: Option<SpeakerCount>,
    /// 単語帳: 1行に1語、読みはタブかコンマの後ろに
    #[arg(long, value_name = "FILE")]
    pub terms: Option<PathBuf>,
    /// 出席者: 1行に1人
    #[arg(long, value_name = "FILE")]
    pub attendees: Option<PathBuf>,
    /// 会議の名前(省略時はファイルの名前)
    #[arg(long)]
    pub title: Option<String>,
    /// 開催日
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub held_on: Option<jiff::civil::Date>,
    /// 場所
    #[arg(long)]
    pub place: Option<String>,
    /// 会議録の様式(省略時は既定の様式)
    #[arg(long, value_name = "ID")]
    pub style: Option<String>,
    /// すべてのファイルを、順に続く一つの会議として扱う
    #[arg(long)]
    pub one_meeting: bool,
    /// 同時に聞き取る区間の数(0 はコア数、省略時は設定に従う)
    #[arg(long, value_name = "N")]
    pub workers: Option<u32>,
    /// 結果を書くディレクトリ
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// 録音・録画のファイル
    #[arg(required = true, value_name = "FILE")]
    pub recordings: Vec<PathBuf>,
}

/// `shoki admin …`
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// 課
    #[command(subcommand)]
    Department(DepartmentCommand),
    /// 職員
    #[command(subcommand)]
    User(UserCommand),
    /// API のトークン
    #[command(subcommand)]
    Token(TokenCommand),
    /// ブラウザーでサインインするアカウント
    #[command(subcommand)]
    Account(AccountCommand),
    /// 保存期間を過ぎたものを今消し、削除証明書を書く(サービスは毎晩行う)
    Retention {
        /// 消さずに、消えるものの一覧を表示する(サービスが動いていても使える)
        #[arg(long)]
        dry_run: bool,
    },
}

/// `shoki admin account …`
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// 職員のアカウントを作る。パスワードは標準入力の1行目から読む
    Add {
        /// 課の名前
        #[arg(long)]
        department: String,
        /// 職員の名前
        #[arg(long)]
        user: String,
        /// サインインするときの名前(省略時は職員の名前)
        name: Option<String>,
    },
    /// アカウントを、別の課の職員としても使えるようにする
    Join {
        /// 課の名前
        #[arg(long)]
        department: String,
        /// その課での職員の名前
        #[arg(long)]
        user: String,
        /// サインインするときの名前
        name: String,
    },
    /// パスワードを変える。標準入力の1行目から読む。サインイン中の画面はすべて切れる
    Password {
        /// サインインするときの名前
        name: String,
    },
    /// アカウントを使えないようにする。サインイン中の画面はすべて切れる
    Disable {
        /// サインインするときの名前
        name: String,
        /// アカウントの出どころ(local、ldap、oidc)
        #[arg(long, default_value = "local")]
        source: String,
    },
    /// 使えないようにしたアカウントを、また使えるようにする
    Enable {
        /// サインインするときの名前
        name: String,
        /// アカウントの出どころ(local、ldap、oidc)
        #[arg(long, default_value = "local")]
        source: String,
    },
    /// アカウントの一覧
    List,
}

/// `shoki admin department …`
#[derive(Debug, Subcommand)]
pub enum DepartmentCommand {
    /// 課を作る
    Add {
        /// 課の名前
        name: String,
    },
    /// 課の一覧
    List,
}

/// `shoki admin user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// 職員を作る
    Add {
        /// 課の名前
        #[arg(long)]
        department: String,
        /// 役割: clerk 担当者、department_admin 課管理者、system_admin システム管理者、auditor 監査者
        #[arg(long, value_parser = ["clerk", "department_admin", "system_admin", "auditor"])]
        role: String,
        /// 職員の名前
        name: String,
    },
    /// 職員の一覧
    List {
        /// 課の名前
        #[arg(long)]
        department: String,
    },
}

/// `shoki admin token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// トークンを作り、秘密の値を一度だけ表示する
    Create {
        /// 課の名前
        #[arg(long)]
        department: String,
        /// 職員の名前
        #[arg(long)]
        user: String,
        /// 何に使うか
        #[arg(long)]
        label: String,
        /// 何日で無効にするか(省略時は無期限)
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        expires_days: Option<u16>,
    },
    /// トークンの一覧
    List {
        /// 課の名前
        #[arg(long)]
        department: String,
        /// 職員の名前
        #[arg(long)]
        user: String,
    },
    /// トークンを無効にする
    Revoke {
        /// トークンの番号(`token list` の左の列)
        id: String,
    },
}

/// `shoki audit …`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// 監査記録のつながりと検証点を確かめ、最初の食い違いを示す
    Verify,
    /// 署名付きの検証点を今書く
    Checkpoint,
    /// 削除証明書(署名付き JSON)を、鍵と監査記録で確かめる
    VerifyCertificate {
        /// 削除証明書
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
