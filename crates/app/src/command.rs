//! What the subcommands do. Exit status: 0 done, 1 something was wrong with what was given (said on
//! standard error, in Japanese), 2 wrong command line (clap).

pub mod admin;
pub mod ask;
pub mod audit;
pub mod check_config;
pub mod corpus;
pub mod forms_check;
pub mod forms_learn;
pub mod forms_read;
pub mod models;
pub mod search;
pub mod search_bank;
pub mod transcribe;
pub mod watch;

use std::process::ExitCode;
use std::sync::Arc;

use shoki_store::{SqliteStore, StoreError};

use crate::cli::{Cli, Command, FormsCommand, SearchCommand};
use crate::clock::SystemClock;
use crate::config::{Config, load};
use crate::place::PlaceError;
use crate::{logging, output, place};

/// Why a command did not do what was asked, in Japanese, with what to do.
#[derive(Debug)]
pub struct Refusal(Vec<String>);

impl Refusal {
    /// One sentence.
    #[must_use]
    pub fn said(sentence_ja: impl Into<String>) -> Self {
        Self(vec![sentence_ja.into()])
    }

    /// Several sentences.
    #[must_use]
    pub const fn of(sentences_ja: Vec<String>) -> Self {
        Self(sentences_ja)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the store refused");
        Self::said(error.code().sentence_ja())
    }
}

impl From<PlaceError> for Refusal {
    fn from(error: PlaceError) -> Self {
        Self::said(error.to_string())
    }
}

/// Runs the command line.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let file = cli.config.as_deref();
    // These two need no configuration, and one of them must not even look at the environment.
    match cli.command {
        Command::DecodeChild { args } => return shoki_decode::child_main(args),
        Command::CheckConfig => return check_config::run(file),
        _ => {}
    }
    let done = configuration(file).and_then(|config| {
        logging::start(&config.log);
        match cli.command {
            Command::Forms(FormsCommand::Check { files }) => forms_check::run(&files),
            Command::Models(command) => models::run(&config, command),
            Command::Admin(command) => block_on(admin::run(&config, command)),
            Command::Audit(command) => block_on(audit::run(&config, command)),
            Command::Forms(FormsCommand::Read(args)) => block_on(forms_read::run(&config, args)),
            Command::Forms(FormsCommand::Learn(args)) => block_on(forms_learn::run(&config, &args)),
            Command::Corpus(command) => block_on(corpus::run(&config, command)),
            Command::Ask(args) => block_on(ask::run(&config, args)),
            Command::Search(SearchCommand::Run(args)) => block_on(search::run(&config, args)),
            Command::Search(SearchCommand::Eval(args)) => search::eval(&args),
            Command::Search(SearchCommand::Bank(args)) => block_on(search_bank::run(&config, args)),
            Command::Search(SearchCommand::Synonyms(args)) => block_on(search::synonyms(&config, args)),
            Command::Watch(args) => block_on(watch::run(&config, args)),
            Command::Transcribe(args) => transcribe::run(&config, &args),
            Command::Serve => crate::serve::run(config),
            Command::DecodeChild { .. } | Command::CheckConfig => Ok(()),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal(sentences)) => {
            for sentence in sentences {
                output::complain(sentence);
            }
            ExitCode::FAILURE
        }
    }
}

/// The configuration, or every mistake in it.
pub(crate) fn configuration(file: Option<&std::path::Path>) -> Result<Config, Refusal> {
    load::load(file).map_err(|mistakes| {
        Refusal(
            mistakes
                .iter()
                .map(|mistake| format!("設定の誤り: {mistake}"))
                .collect(),
        )
    })
}

/// A runtime for a command that ends by itself.
fn block_on(work: impl Future<Output = Result<(), Refusal>>) -> Result<(), Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Refusal::said(format!("プログラムを始められません({error})。")))?;
    runtime.block_on(work)
}

/// The database of the data directory, made when it is missing.
pub(crate) async fn open_store(config: &Config) -> Result<Arc<SqliteStore>, Refusal> {
    place::make_private_dir(&config.storage.data_dir)?;
    let path = place::database_file(config);
    let store = SqliteStore::open(&path, Arc::new(SystemClock), config.retry)
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database does not open"
            );
            Refusal::said(format!(
                "データベース {} を開けません。場所と権限、空き容量を確かめてください。",
                path.display()
            ))
        })?;
    Ok(Arc::new(store))
}
