//! Which person each window is of, when a change of speaker has its price.
//!
//! The best path through the windows of one channel (Viterbi): a window alone is unsure, and speakers change
//! at pauses far more often than in the middle of a breath.

/// The best path: `likeness[window][person]`, `begins[window]` whether it begins a region.
pub(super) fn smooth(likeness: &[Vec<f32>], begins: &[bool], within: f32, between: f32) -> Vec<usize> {
    let Some(first) = likeness.first() else {
        return Vec::new();
    };
    let mut scores = first.clone();
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(likeness.len());
    for (row, &begins) in likeness.iter().zip(begins).skip(1) {
        let price = if begins { between } else { within };
        let best = best_of(&scores);
        let from: Vec<usize> = (0..row.len())
            .map(|person| {
                if scores[person] >= scores[best] - price {
                    person
                } else {
                    best
                }
            })
            .collect();
        scores = row
            .iter()
            .enumerate()
            .map(|(person, likeness)| likeness + scores[person].max(scores[best] - price))
            .collect();
        came_from.push(from);
    }
    let mut person = best_of(&scores);
    let mut path = vec![person];
    for from in came_from.iter().rev() {
        person = from[person];
        path.push(person);
    }
    path.reverse();
    path
}

/// The first of the highest.
pub(super) fn best_of(scores: &[f32]) -> usize {
    (0..scores.len())
        .rev()
        .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_doubtful_window_is_no_change_but_a_sure_one_after_a_pause_is() {
        let row = |first: f32| vec![first, 1.0 - first];
        let likeness = [row(0.9), row(0.45), row(0.9), row(0.1), row(0.1)];
        let begins = [true, false, false, true, false];
        assert_eq!(smooth(&likeness, &begins, 0.3, 0.05), [0, 0, 0, 1, 1]);
        assert_eq!(smooth(&likeness, &begins, 0.0, 0.0), [0, 1, 0, 1, 1]);
        assert_eq!(smooth(&[], &[], 0.3, 0.05), [0_usize; 0]);
    }
}
