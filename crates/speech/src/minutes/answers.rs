//! Questions and their answers.
//!
//! Promise: an answer is another speaker's, directly behind the question. Never: a question that leads the
//! meeting (ご質問はありますか).

use super::phrases::is_procedure;
use super::sentences::Sentence;

/// Sentences of an answer at most.
const LONGEST: usize = 3;

/// A question and what was answered.
pub(super) struct Exchange {
    /// The question.
    pub(super) question: usize,
    /// Its answers; empty where nobody answered.
    pub(super) answers: Vec<usize>,
}

/// All of them, in order.
pub(super) fn all(sentences: &[Sentence]) -> Vec<Exchange> {
    let asks = |at: &usize| sentences[*at].asks && !is_procedure(&sentences[*at].plain);
    (0..sentences.len())
        .filter(asks)
        .map(|question| Exchange {
            question,
            answers: answers(sentences, question),
        })
        .collect()
}

/// What the next speaker says to it.
fn answers(sentences: &[Sentence], question: usize) -> Vec<usize> {
    let who = sentences[question].who;
    let mut behind =
        (question + 1..sentences.len()).skip_while(|&at| sentences[at].who == who && !sentences[at].asks);
    let Some(first) = behind.next().filter(|&at| sentences[at].who != who) else {
        return Vec::new();
    };
    (first..sentences.len())
        .take_while(|&at| sentences[at].who == sentences[first].who)
        .filter(|&at| !is_procedure(&sentences[at].plain) && !sentences[at].plain.is_empty())
        .take(LONGEST)
        .collect()
}
