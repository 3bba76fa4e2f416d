//! When a spoken character was firm text for whoever follows the captions.
//!
//! Promise: a character counts as firm from the first moment from which on its caption, up to it, was shown as it
//! stayed; spoken characters are found in the captions by the least-edits alignment of all that was said. Never: a
//! delay for a character that was misheard.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use super::characters::compared;
use super::truth::Said;

/// What a follower saw of one caption at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse {
    /// Seconds since the first sample was spoken.
    pub at: f64,
    /// Number of the caption.
    pub caption: u64,
    /// Its firm text; the last glimpse of a caption holds what stayed.
    pub firm: String,
}

/// A character of the captions as it stayed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    character: char,
    firm_at: f64,
}

/// Seconds from the end of a character's sound until it was firm, of all spoken characters that were heard rightly
/// and whose end is known.
#[must_use]
pub fn delays(truth: &[Said], glimpses: &[Glimpse]) -> Vec<f64> {
    let (spoken, shown) = (spoken(truth), shown(glimpses));
    let pairs = aligned(
        &spoken.iter().map(|each| each.0).collect::<Vec<_>>(),
        &shown.iter().map(|each| each.character).collect::<Vec<_>>(),
    );
    pairs
        .into_iter()
        .filter_map(|(own, other)| Some(shown[other].firm_at - spoken[own].1?))
        .collect()
}

/// All that stayed, caption by caption.
#[must_use]
pub fn stayed(glimpses: &[Glimpse]) -> String {
    last(glimpses)
        .into_values()
        .map(|glimpse| glimpse.firm.as_str())
        .collect()
}

/// The value below which a share of the delays lies (nearest rank).
#[must_use]
pub fn percentile(delays: &[f64], share: f64) -> f64 {
    let mut sorted = delays.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn spoken(truth: &[Said]) -> Vec<(char, Option<f64>)> {
    let mut said: Vec<&Said> = truth.iter().collect();
    said.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut characters = Vec::new();
    for each in said {
        for (position, character) in each.text.chars().enumerate() {
            let end = each.ends.get(position).copied().flatten();
            let kept = std::iter::once(character).nfkc().filter(|c| c.is_alphanumeric());
            characters.extend(kept.map(|c| (c, end)));
        }
    }
    characters
}

fn last(glimpses: &[Glimpse]) -> BTreeMap<u64, &Glimpse> {
    glimpses
        .iter()
        .map(|glimpse| (glimpse.caption, glimpse))
        .collect()
}

fn shown(glimpses: &[Glimpse]) -> Vec<Shown> {
    let mut all = Vec::new();
    for (caption, stayed) in last(glimpses) {
        let stayed = compared(&stayed.firm);
        let own: Vec<(f64, usize)> = glimpses
            .iter()
            .filter(|glimpse| glimpse.caption == caption)
            .map(|glimpse| {
                let firm = compared(&glimpse.firm);
                let right = firm.iter().zip(&stayed).take_while(|(a, b)| a == b).count();
                (glimpse.at, right)
            })
            .collect();
        for (position, &character) in stayed.iter().enumerate() {
            // From the end backwards as long as the caption is right up to this character.
            let since = own.iter().rev().take_while(|(_, right)| *right > position).last();
            if let Some(&(firm_at, _)) = since {
                all.push(Shown { character, firm_at });
            }
        }
    }
    all
}

/// Positions that are equal in the cheapest alignment.
fn aligned(own: &[char], other: &[char]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    let mut costs = vec![0_u32; (own.len() + 1) * width];
    for row in 0..=own.len() {
        for column in 0..=other.len() {
            costs[row * width + column] = match (row, column) {
                (0, edits) | (edits, 0) => edits as u32,
                _ => {
                    let change = u32::from(own[row - 1] != other[column - 1]);
                    let (above, left) = (costs[(row - 1) * width + column], costs[row * width + column - 1]);
                    (costs[(row - 1) * width + column - 1] + change)
                        .min(above + 1)
                        .min(left + 1)
                }
            };
        }
    }
    let (mut row, mut column, mut pairs) = (own.len(), other.len(), Vec::new());
    while row > 0 && column > 0 {
        let here = costs[row * width + column];
        let is_same = own[row - 1] == other[column - 1];
        if costs[(row - 1) * width + column - 1] + u32::from(!is_same) == here {
            (row, column) = (row - 1, column - 1);
            if is_same {
                pairs.push((row, column));
            }
        } else if costs[(row - 1) * width + column] + 1 == here {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glimpse(at: f64, caption: u64, firm: &str) -> Glimpse {
        Glimpse {
            at,
            caption,
            firm: firm.to_owned(),
        }
    }

    fn said(text: &str, ends: &[Option<f64>]) -> Said {
        Said {
            start: 0.0,
            end: 9.0,
            speaker: String::new(),
            text: text.to_owned(),
            ends: ends.to_vec(),
        }
    }

    fn close(found: &[f64], wanted: &[f64]) {
        let is_close =
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(is_close, "{found:?}");
    }

    #[test]
    fn each_character_is_counted_from_its_own_end() {
        let truth = [said(
            "次に、予算",
            &[Some(1.0), Some(1.5), None, Some(2.0), Some(3.0)],
        )];
        let glimpses = [
            glimpse(2.0, 1, "次"),
            glimpse(3.5, 1, "次に予"),
            glimpse(4.0, 1, "次に、予算。"),
        ];
        close(&delays(&truth, &glimpses), &[1.0, 2.0, 1.5, 1.0]);
    }

    #[test]
    fn what_was_taken_back_was_not_firm_and_what_is_wrong_has_no_delay() {
        let truth = [said(
            "予算案です",
            &[Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(5.0)],
        )];
        // 余 was shown, then 予; 算 stays wrong.
        let glimpses = [
            glimpse(2.0, 1, "余"),
            glimpse(4.0, 1, "予三案"),
            glimpse(6.0, 1, "予三案です"),
        ];
        close(&delays(&truth, &glimpses), &[3.0, 1.0, 2.0, 1.0]);
        assert_eq!(stayed(&glimpses), "予三案です");
    }

    #[test]
    fn captions_follow_each_other_by_number() {
        let truth = [said(
            "はいどうも",
            &[Some(1.0), Some(1.0), Some(2.0), Some(2.0), Some(2.0)],
        )];
        let glimpses = [glimpse(3.0, 2, "どうも"), glimpse(1.5, 1, "はい")];
        close(&delays(&truth, &glimpses), &[0.5, 0.5, 1.0, 1.0, 1.0]);
        close(&delays(&truth, &[]), &[]);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let delays: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert!((percentile(&delays, 0.5) - 10.0).abs() < 1e-9);
        assert!((percentile(&delays, 0.95) - 19.0).abs() < 1e-9);
        assert!(percentile(&[], 0.5).is_nan());
    }
}
