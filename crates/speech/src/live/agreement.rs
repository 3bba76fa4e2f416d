//! LocalAgreement-2: what two successive hearings of a growing utterance agree on from its beginning.
//!
//! Promises: marks (、。 and spaces) do not break an agreement, because recognisers move them about as a
//! sentence grows; what was firm stays firm until the sound that comes refutes it, or ends for a moment, which is heard
//! with more right than a word's middle. Never: a token boundary — texts are
//! compared by characters, since the same words may be cut into other tokens; the firm text is known as pieces too, so
//! that the next hearing begins with it instead of contradicting it.

use shoki_core::audio::Millis;
use shoki_core::transcript::text_of;

use crate::recognise::transcribe::{Heard, Piece};

/// A token that was told, and that the sound which has come since makes less likely than this, was wrong: the end of a
/// sound in the middle of a sentence is guessed at, twice the same now and then. On fifteen made meetings 95 of 100
/// characters are firm 0.15 s sooner for it; at twice as much nothing is gained.
const REFUTED: f32 = 0.1;

/// The agreement so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreement {
    previous: String,
    firm: String,
    tentative: String,
    /// What the firm text was written with, as far as its last whole token, and when each ends.
    pieces: Vec<(Millis, Piece)>,
}

impl Agreement {
    /// Takes the next hearing of the utterance.
    pub(super) fn add(&mut self, heard: &Heard) {
        let text = text_of(&heard.tokens);
        let firm = agreed(&self.previous, &text);
        // A hearing that takes back what was firm is left out: the final text decides.
        if starts_with(firm, &self.firm) {
            firm.clone_into(&mut self.firm);
            self.pieces = pieces_within(heard, firm.len());
        }
        self.tentative = rest(&text, &self.firm).unwrap_or_default().to_owned();
        self.previous = text;
    }

    /// Takes back what is firm from the first token on that a hearing, which was told it, finds less likely than
    /// [`REFUTED`]; whether there is one.
    pub(super) fn retract(&mut self, heard: &Heard) -> bool {
        let mut end = 0;
        let refuted = heard.tokens.iter().position(|token| {
            let is_refuted = token.probability < REFUTED && token.text.chars().any(is_said);
            end += if is_refuted { 0 } else { token.text.len() };
            is_refuted
        });
        // Marks may differ from those of the firm text: what is kept is looked for by what was said.
        let Some(kept) = refuted.and_then(|count| said_in(&self.firm, &text_of(&heard.tokens[..count])))
        else {
            return false;
        };
        self.firm.truncate(kept);
        self.pieces = pieces_within(heard, end);
        true
    }

    /// Takes a hearing of the utterance up to a pause: all of it is firm, whatever was before.
    pub(super) fn settle(&mut self, heard: &Heard) {
        let text = text_of(&heard.tokens);
        agreed(&text, &text).clone_into(&mut self.firm);
        self.pieces = pieces_within(heard, self.firm.len());
        self.tentative = rest(&text, &self.firm).unwrap_or_default().to_owned();
        self.previous = text;
    }

    /// What is firm.
    pub(super) fn firm(&self) -> &str {
        &self.firm
    }

    /// What the firm text was written with that was said in the first `sound` of the utterance; none of a recogniser
    /// that cannot begin with it.
    pub(super) fn pieces(&self, sound: Millis) -> Vec<Piece> {
        let within = self.pieces.iter().take_while(|(end, _)| *end <= sound);
        within.map(|(_, piece)| *piece).collect()
    }

    /// What the last hearing adds to it.
    pub(super) fn tentative(&self) -> &str {
        &self.tentative
    }
}

/// What the tokens were written with that lie within the first `bytes` of the text, and when each ends.
fn pieces_within(heard: &Heard, bytes: usize) -> Vec<(Millis, Piece)> {
    let (mut length, mut within) = (0, Vec::new());
    for (token, pieces) in heard.tokens.iter().zip(&heard.pieces) {
        length += token.text.len();
        if length > bytes {
            break;
        }
        within.extend(pieces.iter().map(|&piece| (token.end, piece)));
    }
    within
}

/// Whether a character carries sound.
fn is_said(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, 'ー' | '々' | '〆' | '%' | '％')
}

/// The beginning of `now` that `before` has too, marks aside. A mark belongs to it only when more follows
/// that is agreed: the last one may still become another.
fn agreed<'a>(before: &str, now: &'a str) -> &'a str {
    let mut others = before.chars().filter(|&c| is_said(c));
    let mut end = 0;
    for (at, c) in now.char_indices().filter(|&(_, c)| is_said(c)) {
        if others.next() != Some(c) {
            break;
        }
        end = at + c.len_utf8();
    }
    &now[..end]
}

/// Whether `text` begins with what `beginning` says, marks aside.
fn starts_with(text: &str, beginning: &str) -> bool {
    rest(text, beginning).is_some()
}

/// What `text` says after `beginning`, marks aside; `None` when it does not begin so.
fn rest<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let mut wanted = beginning.chars().filter(|&c| is_said(c)).peekable();
    let mut end = 0;
    for (at, c) in text.char_indices().filter(|&(_, c)| is_said(c)) {
        let Some(next) = wanted.next_if(|_| true) else {
            break;
        };
        if next != c {
            return None;
        }
        end = at + c.len_utf8();
    }
    wanted.peek().is_none().then(|| &text[end..])
}

/// Bytes of the proper beginning of `firm` that says what `beginning` does, marks aside; `None` when it is all of it, or
/// another.
fn said_in(firm: &str, beginning: &str) -> Option<usize> {
    let left = rest(firm, beginning)?;
    left.chars().any(is_said).then(|| firm.len() - left.len())
}

#[cfg(test)]
mod tests {
    use shoki_core::transcript::Token;

    use super::*;

    /// A token of two characters each, and a piece of each character.
    fn heard(text: &str) -> Heard {
        let said: Vec<char> = text.chars().collect();
        let token = |pair: &[char]| Token {
            text: pair.iter().collect(),
            start: Millis(0),
            end: Millis(0),
            probability: 1.0,
        };
        let piece = |&c: &char| Piece(i32::try_from(u32::from(c)).unwrap());
        Heard {
            tokens: said.chunks(2).map(token).collect(),
            pieces: said
                .chunks(2)
                .map(|pair| pair.iter().map(piece).collect())
                .collect(),
            ..Heard::default()
        }
    }

    fn after(hearings: &[&str]) -> (String, String) {
        let mut agreement = Agreement::default();
        for hearing in hearings {
            agreement.add(&heard(hearing));
        }
        (agreement.firm().to_owned(), agreement.tentative().to_owned())
    }

    fn pair(firm: &str, tentative: &str) -> (String, String) {
        (firm.to_owned(), tentative.to_owned())
    }

    #[test]
    fn what_two_hearings_agree_on_is_firm() {
        assert_eq!(after(&["本日の"]), pair("", "本日の"));
        assert_eq!(after(&["本日の", "本日の議題"]), pair("本日の", "議題"));
        // It changed its mind about 擬態.
        assert_eq!(
            after(&["本日の", "本日の擬態", "本日の議題は予算"]),
            pair("本日の", "議題は予算")
        );
    }

    #[test]
    fn marks_do_not_break_an_agreement_and_the_last_one_may_still_change() {
        assert_eq!(
            after(&["はい。それでは。", "はい、それでは始め"]),
            pair("はい、それでは", "始め")
        );
        assert_eq!(
            after(&[
                "はい。それでは。",
                "はい、それでは、始め",
                "はい。それでは始めます。"
            ]),
            pair("はい。それでは始め", "ます。")
        );
    }

    #[test]
    fn the_next_hearing_begins_with_whole_tokens_of_the_firm_text() {
        let mut agreement = Agreement::default();
        let begins = |agreement: &Agreement| -> String {
            let pieces = agreement.pieces(Millis(0)).into_iter();
            pieces
                .map(|piece| char::from_u32(piece.0.cast_unsigned()).unwrap())
                .collect()
        };
        agreement.add(&heard("本日の議"));
        assert_eq!(begins(&agreement), "");
        agreement.add(&heard("本日の擬態"));
        assert_eq!(
            (agreement.firm(), begins(&agreement).as_str()),
            ("本日の", "本日")
        );
        // What contradicts the firm text changes nothing.
        agreement.add(&heard("明日の議題"));
        assert_eq!(begins(&agreement), "本日");
    }

    #[test]
    fn a_pause_decides_what_was_said_and_the_next_hearing_goes_on_from_it() {
        let mut agreement = Agreement::default();
        for hearing in ["保護者から", "保護者から、ご意見", "保護者から、ご意見"] {
            agreement.add(&heard(hearing));
        }
        agreement.settle(&heard("栄養科としては、"));
        assert_eq!(
            (agreement.firm(), agreement.tentative()),
            ("栄養科としては", "、")
        );
        agreement.add(&heard("栄養科としては、特に"));
        agreement.add(&heard("栄養科としては、特にあ"));
        assert_eq!(
            (agreement.firm(), agreement.tentative()),
            ("栄養科としては、特に", "あ")
        );
    }

    #[test]
    fn a_told_token_that_the_sound_refutes_is_taken_back_with_all_behind_it() {
        let mut agreement = Agreement::default();
        agreement.add(&heard("体制の原因は何"));
        agreement.add(&heard("体制の原因は何です"));
        assert_eq!(agreement.firm(), "体制の原因は何");
        let mut told = heard("体制、の原因は何です");
        assert!(!agreement.retract(&told), "all of it is likely");
        told.tokens[1].probability = 0.01;
        assert_eq!(told.tokens[1].text, "、の");
        assert!(agreement.retract(&told));
        assert_eq!(agreement.firm(), "体制");
        assert_eq!(agreement.pieces(Millis(0)).len(), 2);
        // What is not firm is not told.
        let mut told = heard("体制の評価は");
        told.tokens[1].probability = 0.01;
        assert!(!agreement.retract(&told));
        agreement.add(&heard("体制の評価は"));
        agreement.add(&heard("体制の評価は藤"));
        assert_eq!(agreement.firm(), "体制の評価は");
    }

    #[test]
    fn what_was_firm_stays_when_a_hearing_takes_it_back() {
        assert_eq!(
            after(&["賛成です", "賛成です。", "酸性です。", "賛成ですが"]),
            pair("賛成です", "が")
        );
        // Nothing tentative is shown behind a firm text that the hearing contradicts.
        assert_eq!(after(&["賛成", "賛成", "酸性です"]), pair("賛成", ""));
        // Shorter than what was firm: the firm text stays.
        assert_eq!(after(&["賛成です", "賛成です", "賛成"]), pair("賛成です", ""));
    }
}
