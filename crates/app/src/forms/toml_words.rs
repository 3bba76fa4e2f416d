//! The TOML reader's English complaints in Japanese, for people who write form definitions.

/// The sentence for a complaint of the TOML reader; what is not known is quoted as it is.
#[must_use]
pub fn sentence_ja(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let known = || {
        quoted[1..]
            .iter()
            .map(|name| format!("「{name}」"))
            .collect::<Vec<_>>()
            .join("、")
    };
    let first = quoted.first().copied().unwrap_or_default();
    if message.starts_with("unknown field") && quoted.len() > 1 {
        format!(
            "「{first}」という項目はありません。ここに書ける項目は {} です。",
            known()
        )
    } else if message.starts_with("unknown variant") && quoted.len() > 1 {
        format!("「{first}」は選べません。{} のいずれかにしてください。", known())
    } else if message.starts_with("missing field") {
        format!("「{first}」がありません。書き足してください。")
    } else if message.starts_with("duplicate key") {
        "同じ項目が二度書かれています。一つにしてください。".to_owned()
    } else if message.starts_with("invalid type") || message.starts_with("invalid value") {
        format!("値の種類が正しくありません。({message})")
    } else if message.starts_with("invalid length") {
        format!("値の数が正しくありません。枠は [左, 上, 幅, 高さ] の四つの数です。({message})")
    } else {
        format!(
            "TOML として読めません。書き方を確かめてください。({})",
            message.replace('\n', " ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_complaints_are_understood() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sample {
            #[expect(dead_code, reason = "only parsed")]
            kind: shoki_core::form::FieldType,
        }
        let said = |text: &str| sentence_ja(toml::from_str::<Sample>(text).expect_err("a mistake").message());
        assert!(
            said("kind = \"numer\"").starts_with("「numer」は選べません。「number」"),
            "{}",
            said("kind = \"numer\"")
        );
        assert!(said("kidn = \"number\"").starts_with("「kidn」という項目はありません。"));
        assert!(said("").starts_with("「kind」がありません。"));
        assert!(said("kind = \"number\"\nkind = \"name\"").starts_with("同じ項目が二度"));
        assert!(said("kind = ").starts_with("TOML として読めません。"));
    }
}
