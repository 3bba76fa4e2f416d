//! Entries of the reader's own FAQ that ask, nearly word for word, what is asked now.
//!
//! Promise: another number is another question. Never: an entry that only is about the same subject; those
//! take part in the ranking as every known question does.

use shoki_core::id::FaqId;

use super::bank::QuestionBank;
use crate::text::normalise;

/// Cosine from which two questions count as the same. Another particle or politeness keeps .8; another
/// noun in a question of twenty characters does not.
const SAME: f32 = 0.75;
/// Entries given at most.
const MAX: usize = 3;
/// Neighbours looked at: an entry that cites several places stands there as often.
const DEPTH: usize = 30;

/// The entries, best first.
#[must_use]
pub fn same_question(own: &QuestionBank, question: &str) -> Vec<FaqId> {
    let text = normalise(question);
    let asked = numbers(&text);
    let mut found: Vec<FaqId> = Vec::new();
    for near in own.nearest(&text, DEPTH) {
        if near.similarity < SAME || found.len() == MAX {
            break;
        }
        if let Some(id) = near.question.faq
            && !found.contains(&id)
            && numbers(&near.question.text) == asked
        {
            found.push(id);
        }
    }
    found
}

/// The numbers of a text, in order of size.
fn numbers(text: &str) -> Vec<&str> {
    let mut numbers: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::super::bank::{BankedQuestion, Known};
    use super::*;

    const WORK: &str = "働いていることを隠していた場合の返還は、どの条文によりますか";

    fn own(texts: &[&str]) -> (QuestionBank, Vec<FaqId>) {
        let ids: Vec<FaqId> = texts.iter().map(|_| FaqId::generate()).collect();
        let questions = texts.iter().zip(&ids).map(|(text, id)| BankedQuestion {
            text: normalise(text),
            known: Known::Office,
            seen: None,
            faq: Some(*id),
        });
        (QuestionBank::shipped().beside(questions.collect()), ids)
    }

    #[test]
    fn the_same_question_in_nearly_the_same_words_is_found() {
        let (bank, ids) = own(&[WORK, "冬季加算は何月から何月まで出ますか"]);
        for asked in [
            WORK,
            "働いていることを隠していたときの返還はどの条文によりますか？",
            "働いているのを隠していた場合の返還は、どの条文によるのか",
        ] {
            assert_eq!(same_question(&bank, asked), [ids[0]], "{asked}");
        }
        for asked in [
            "働いていることを隠していた場合の停止は、どの手順によりますか",
            "返還の条文",
            "引っ越しの費用は出ますか",
            "",
        ] {
            assert_eq!(same_question(&bank, asked), [], "{asked}");
        }
    }

    #[test]
    fn another_number_is_another_question() {
        let (bank, ids) = own(&["65歳になった人の介護保険料はどう扱いますか"]);
        assert_eq!(
            same_question(&bank, "６５歳になった人の介護保険料はどう扱いますか？"),
            ids
        );
        assert_eq!(
            same_question(&bank, "40歳になった人の介護保険料はどう扱いますか"),
            []
        );
    }
}
