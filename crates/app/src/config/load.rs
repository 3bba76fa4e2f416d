//! Reads the configuration: default, then file, then environment; then checks ranges.

use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};

use super::mistake::Mistake;
use super::{Config, DEFAULT_TOML, Place};
use crate::drafting::Server;
use crate::sign_in;

/// Prefix of the environment variables; the rest is `<SECTION>__<KEY>`.
const ENVIRONMENT_PREFIX: &str = "SHOKI_";

/// The effective configuration.
///
/// # Errors
/// Every mistake that could be found, at least one.
pub fn load(file: Option<&Path>) -> Result<Config, Vec<Mistake>> {
    let environment = Env::prefixed(ENVIRONMENT_PREFIX)
        .filter(|key| key.as_str().contains("__"))
        .split("__");
    let mut figment = Figment::from(Toml::string(DEFAULT_TOML));
    if let Some(path) = file {
        if !path.is_file() {
            return Err(vec![Mistake {
                key: String::new(),
                source: format!("設定ファイル {}", path.display()),
                sentence_ja: "ファイルがありません。--config の指定を確かめてください。".to_owned(),
            }]);
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    extract(&figment.merge(environment)).map_err(|mut mistakes| {
        if let Some(path) = file {
            // A file that is gone by now has no lines to point at.
            let text = std::fs::read_to_string(path).unwrap_or_default();
            for mistake in &mut mistakes {
                mistake.place_in(path, &text);
            }
        }
        mistakes
    })
}

fn extract(figment: &Figment) -> Result<Config, Vec<Mistake>> {
    let config: Config = figment.extract().map_err(|error| {
        error
            .into_iter()
            .map(|error| Mistake::from_figment(&error))
            .collect::<Vec<_>>()
    })?;
    let mut mistakes = out_of_range(&config);
    if let Err(fault) = Server::of(&config.drafting) {
        mistakes.push(Mistake::out_of_range(
            &format!("drafting.{}", fault.key),
            fault.sentence_ja,
        ));
    }
    mistakes.extend(sign_in_mistakes(&config));
    if mistakes.is_empty() {
        Ok(config)
    } else {
        Err(mistakes)
    }
}

/// What is wrong with the directory that is used; its addresses and files are looked at when the rest is right.
fn sign_in_mistakes(config: &Config) -> Vec<Mistake> {
    let faults = config.sign_in.faults();
    if faults.is_empty()
        && let Err(fault) = sign_in::OfficeDirectory::of(&config.sign_in)
    {
        return vec![Mistake::out_of_range(&fault.key, fault.sentence_ja)];
    }
    let faults = faults.into_iter();
    faults
        .map(|(key, sentence)| Mistake::out_of_range(key, sentence))
        .collect()
}

/// The configuration as TOML with the default's explanations.
#[must_use]
pub fn effective_toml(config: &Config) -> String {
    let tree = toml::Table::try_from(config).expect("every field of the configuration is TOML");
    let mut section = "";
    let mut lines = Vec::new();
    for line in DEFAULT_TOML.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let key = line
            .split_once(" = ")
            .map(|(key, _)| key)
            .filter(|key| !key.starts_with('#'));
        let mut tables = section.split('.');
        let first = tables.next().and_then(|name| tree.get(name));
        let table = tables.fold(first, |table, name| table?.get(name));
        let value = key.and_then(|key| Some((key, table?.get(key)?)));
        lines.push(value.map_or_else(|| line.to_owned(), |(key, value)| format!("{key} = {value}")));
    }
    lines.join("\n")
}

fn out_of_range(config: &Config) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut require = |ok: bool, key: &str, sentence: &str| {
        if !ok {
            mistakes.push(Mistake::out_of_range(key, sentence));
        }
    };
    let lease = &config.lease;
    require(
        lease.heartbeat_seconds > 0 && lease.heartbeat_seconds * 2 <= lease.lease_seconds,
        "lease.heartbeat_seconds",
        "1 以上で、lease_seconds の半分以下にしてください。",
    );
    require(
        lease.reap_seconds > 0,
        "lease.reap_seconds",
        "1 以上にしてください。",
    );
    require(
        config.retry.max_weight >= 2,
        "retry.max_weight",
        "2 以上にしてください(1 では一度の失敗で見合わせます)。",
    );
    require(
        config.retry.base_delay_ms <= config.retry.max_delay_ms,
        "retry.base_delay_ms",
        "max_delay_ms 以下にしてください。",
    );
    require(
        config.server.max_connections > 0,
        "server.max_connections",
        "1 以上にしてください。",
    );
    require(
        config.workers.threads <= 256,
        "workers.threads",
        "256 以下にしてください(0 は自動)。",
    );
    require(
        config.workers.per_recording > 0,
        "workers.per_recording",
        "1 以上にしてください。",
    );
    require(
        config.models.recheck_seconds > 0,
        "models.recheck_seconds",
        "1 以上にしてください。",
    );
    if let Some((key, sentence_ja)) = config.search.fault() {
        require(false, key, sentence_ja);
    }
    let drafting = &config.drafting;
    require(
        (1..=600).contains(&drafting.timeout_seconds),
        "drafting.timeout_seconds",
        "1 以上 600 以下にしてください。",
    );
    require(
        (16..=32_768).contains(&drafting.max_tokens),
        "drafting.max_tokens",
        "16 以上 32768 以下にしてください。",
    );
    require(
        (1..=1_000).contains(&drafting.waiting),
        "drafting.waiting",
        "1 以上 1000 以下にしてください。",
    );
    require(
        (1..=64).contains(&drafting.concurrent),
        "drafting.concurrent",
        "1 以上 64 以下にしてください。",
    );
    require(
        config.audit.checkpoint_seconds > 0,
        "audit.checkpoint_seconds",
        "1 以上にしてください。",
    );
    require(
        config.audit.checkpoint_dir != Place::Auto,
        "audit.checkpoint_dir",
        "\"off\" または別の場所のパスにしてください。",
    );
    for (key, place) in [
        ("models.catalogue_dir", &config.models.catalogue_dir),
        ("models.store_dir", &config.models.store_dir),
        ("pipelines.dir", &config.pipelines.dir),
    ] {
        require(
            *place != Place::Off,
            key,
            "\"off\" にはできません。\"auto\" またはパスにしてください。",
        );
    }
    require(
        !config.storage.data_dir.as_os_str().is_empty(),
        "storage.data_dir",
        "データの置き場所を書いてください。",
    );
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(file: &str) -> Result<Config, Vec<Mistake>> {
        extract(&Figment::from(Toml::string(DEFAULT_TOML)).merge(Toml::string(file)))
    }

    #[test]
    fn the_default_is_complete_and_right() {
        let config = with("").expect("the default");
        let again: Config = toml::from_str(&effective_toml(&config)).expect("round trip");
        assert_eq!(again, config);
        let changed = with("[workers]\nthreads = 7").expect("right");
        let shown = effective_toml(&changed);
        assert!(
            shown.contains("\nthreads = 7\n") && shown.contains("# "),
            "{shown}"
        );
        assert_eq!(toml::from_str::<Config>(&shown).expect("round trip"), changed);
        assert_eq!(config.retry, shoki_core::unit::RetryPolicy::default());
        assert_eq!(
            config.storage.disk_reserve_bytes(),
            shoki_core::limits::DISK_RESERVE_BYTES
        );
        assert_eq!(
            u64::from(config.lease.lease_seconds),
            shoki_core::limits::LEASE.as_secs()
        );
        assert_eq!(config.lease.heartbeat(), shoki_core::limits::HEARTBEAT);
        assert_eq!(config.lease.reap_every(), shoki_core::limits::REAP_EVERY);
    }

    #[test]
    fn mistakes_name_the_key_and_say_what_to_do() {
        let cases = [
            ("[server]\nlisten_on = \"x\"", "server", "「listen」のことですか"),
            (
                "[server]\nlisten = \"nowhere\"",
                "server.listen",
                "127.0.0.1:8080",
            ),
            (
                "[server]\ndrain_seconds = \"ten\"",
                "server.drain_seconds",
                "0 以上の整数",
            ),
            (
                "[workers]\nreadings = \"three\"",
                "workers.readings",
                "\"one\"、\"four\"",
            ),
            ("[metrics]\nlisten = \"nowhere\"", "metrics.listen", "off"),
            (
                "[lease]\nheartbeat_seconds = 59",
                "lease.heartbeat_seconds",
                "半分以下",
            ),
            (
                "[drafting]\nbase_url = \"http://llm/v1\"",
                "drafting.model",
                "モデルの名前",
            ),
            (
                "[drafting]\ntimeout_seconds = 0",
                "drafting.timeout_seconds",
                "1 以上",
            ),
            (
                "[sign_in]\ndirectory = \"ad\"",
                "sign_in.directory",
                "\"local\"、\"ldap\"、\"oidc\"",
            ),
            (
                "[sign_in.ldap]\nbind_password = \"x\"",
                "sign_in.ldap",
                "「bind_password_file」のことですか",
            ),
            (
                "[[sign_in.oidc.group]]\nname = \"tax\"\ndepartment = \"市民税課\"\nrole = \"chief\"",
                "sign_in.oidc.group",
                "clerk",
            ),
            ("[server\n", "", "書き方"),
        ];
        for (file, key, words) in cases {
            let mistakes = with(file).expect_err(file);
            assert_eq!(mistakes.len(), 1, "{file}: {mistakes:?}");
            assert!(mistakes[0].key.starts_with(key), "{file}: {}", mistakes[0]);
            assert!(mistakes[0].to_string().contains(words), "{file}: {}", mistakes[0]);
        }
    }

    #[test]
    fn a_mistake_in_a_file_has_its_line() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("shoki.toml");
        std::fs::write(
            &file,
            "[log]\nlevel = \"info\"\n\n[drafting]\nbase_url = \"ftp://llm\"\nmodel = \"m\"\n",
        )
        .expect("written");
        let mistakes = load(Some(&file)).expect_err("ftp");
        let said = mistakes[0].to_string();
        assert!(
            said.contains("shoki.toml の 5 行目: drafting.base_url: ") && said.contains("http または https"),
            "{said}"
        );
    }

    #[test]
    fn groups_of_a_directory_are_a_table_and_shown_again() {
        let file = "[sign_in]\ndirectory = \"ldap\"\n[sign_in.ldap]\nurl = \"ldap://127.0.0.1\"\n\
            base_dn = \"dc=a\"\ngroup_base_dn = \"dc=b\"\n\
            [[sign_in.ldap.group]]\ndn = \"cn=tax,dc=b\"\ndepartment = \"市民税課\"\nrole = \"clerk\"\n\
            [[sign_in.ldap.group]]\ndn = \"cn=chief,dc=b\"\ndepartment = \"市民税課\"\nrole = \"department_admin\"\n";
        let config = with(file).expect("right");
        let groups = &config.sign_in.ldap.group;
        assert_eq!((groups.len(), groups[0].group.as_str()), (2, "cn=tax,dc=b"));
        let shown = effective_toml(&config);
        assert_eq!(toml::from_str::<Config>(&shown).expect("round trip"), config);

        let without_groups =
            with(file.split("[[").next().expect("a part")).expect_err("nobody could sign in");
        assert_eq!(without_groups.len(), 1, "{without_groups:?}");
        assert_eq!(without_groups[0].key, "sign_in.ldap.group");
        let mut elsewhere = Mistake::out_of_range("sign_in.ldap.base_dn", "x");
        elsewhere.place_in(Path::new("shoki.toml"), file);
        assert!(elsewhere.to_string().contains("の 5 行目"), "{elsewhere}");
    }

    #[test]
    fn a_missing_file_is_said() {
        let mistakes = load(Some(Path::new("/nonexistent/shoki.toml"))).expect_err("no such file");
        assert!(
            mistakes[0].to_string().contains("ファイルがありません"),
            "{}",
            mistakes[0]
        );
    }
}
