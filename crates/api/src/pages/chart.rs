//! A small chart, drawn by the server: what its SVG needs, in its own units.
//!
//! Promise: it shows what a table beside it says too; nothing is told by colour or place alone. Never: a script.

/// Width and height of the drawing, its units.
pub(super) const WIDTH: f64 = 720.0;
pub(super) const HEIGHT: f64 = 200.0;
/// Room for the values of the axis, and for the names of periods.
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 22.0;

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Bars from zero: amounts.
    Bars,
    /// Points joined by a line: shares, whose axis need not begin at zero.
    Points,
}

/// A value of one period.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Middle.
    pub(super) x: f64,
    /// Top of the bar or middle of the point.
    pub(super) y: f64,
    /// Of a bar.
    pub(super) left: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// The value in words.
    pub(super) shown: String,
}

/// A line across.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) y: f64,
    pub(super) shown: String,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// What it says, in a sentence.
    pub(super) title: String,
    pub(super) look: Look,
    pub(super) marks: Vec<Mark>,
    /// Where each period is, and its name.
    pub(super) periods: Vec<(f64, String)>,
    pub(super) levels: Vec<Level>,
    /// What is aimed at.
    pub(super) target: Option<Level>,
    /// The points of the line that joins them.
    pub(super) line: String,
}

/// What a chart is drawn of.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) title: String,
    pub(super) look: Look,
    /// Name and value of each period; nothing where nothing was counted.
    pub(super) values: Vec<(String, Option<f64>)>,
    /// Lowest and highest of the axis at the least.
    pub(super) floor: f64,
    pub(super) ceiling: f64,
    pub(super) target: Option<f64>,
    /// Written behind each value.
    pub(super) unit: &'static str,
    /// Digits behind the point.
    pub(super) digits: usize,
}

impl Chart {
    /// Draws values; `None` where there is none.
    pub(super) fn of(series: Series) -> Option<Self> {
        let known: Vec<f64> = series.values.iter().filter_map(|(_, value)| *value).collect();
        if known.is_empty() {
            return None;
        }
        let all = || known.iter().copied().chain(series.target);
        let low = all().fold(series.floor, f64::min);
        let high = all().fold(series.ceiling, f64::max);
        let (low, step) = nice(low, high);
        let steps = ((high - low) / step).ceil().max(1.0);
        let high = low + steps * step;
        let place = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value - low) / (high - low));
        let written = |value: f64| format!("{value:.*}{}", series.digits, series.unit);
        let count = f64::from(u32::try_from(series.values.len()).unwrap_or(u32::MAX));
        let slot = (WIDTH - LEFT) / count;
        let middle = |nth: u32| LEFT + slot * (f64::from(nth) + 0.5);
        let width = (slot * 0.5).min(48.0);
        let marks: Vec<Mark> = (0..)
            .zip(&series.values)
            .filter_map(|(nth, (_, value))| {
                let value = (*value)?;
                Some(Mark {
                    x: middle(nth),
                    y: place(value),
                    left: middle(nth) - width / 2.0,
                    width,
                    height: place(low) - place(value),
                    shown: written(value),
                })
            })
            .collect();
        let levels = (0..=u32::try_from(step_count(steps)).unwrap_or(1)).map(|nth| {
            let value = low + step * f64::from(nth);
            Level {
                y: place(value),
                shown: written(value),
            }
        });
        Some(Self {
            line: marks
                .iter()
                .map(|mark| format!("{:.1},{:.1}", mark.x, mark.y))
                .collect::<Vec<_>>()
                .join(" "),
            levels: levels.collect(),
            target: series.target.map(|value| Level {
                y: place(value),
                shown: format!("目標 {}", written(value)),
            }),
            periods: (0..)
                .zip(&series.values)
                .map(|(nth, (name, _))| (middle(nth), name.clone()))
                .collect(),
            title: series.title,
            look: series.look,
            marks,
        })
    }

    /// Whether it has bars.
    pub(super) fn is_of_bars(&self) -> bool {
        self.look == Look::Bars
    }

    /// Left end of the lines across.
    pub(super) const fn left(&self) -> f64 {
        LEFT
    }

    /// Where the names of periods stand.
    pub(super) const fn foot(&self) -> f64 {
        HEIGHT - 8.0
    }
}

/// A few steps that people count in (1, 2 or 5 times a power of ten), and the axis' beginning on one of them.
fn nice(low: f64, high: f64) -> (f64, f64) {
    let rough = ((high - low) / 4.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|times| times * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * power);
    ((low / step).floor() * step, step)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a handful of steps, never negative"
)]
fn step_count(steps: f64) -> u64 {
    steps as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(look: Look, values: &[Option<f64>], floor: f64, ceiling: f64) -> Series {
        Series {
            title: "試験".to_owned(),
            look,
            values: values.iter().map(|value| ("4月".to_owned(), *value)).collect(),
            floor,
            ceiling,
            target: None,
            unit: "%",
            digits: 0,
        }
    }

    #[test]
    fn bars_stand_on_zero_and_reach_their_value() {
        let chart = Chart::of(series(Look::Bars, &[Some(50.0), None, Some(100.0)], 0.0, 1.0)).unwrap();
        let [half, whole] = chart.marks.as_slice() else {
            panic!("{:?}", chart.marks)
        };
        let ground = chart.levels[0].y;
        assert_eq!(chart.levels[0].shown, "0%");
        assert!((half.y + half.height - ground).abs() < 1e-9);
        assert!((whole.height - 2.0 * half.height).abs() < 1e-9);
        assert!((whole.y - chart.levels.last().unwrap().y).abs() < 1e-9);
        assert_eq!((chart.periods.len(), chart.marks.len()), (3, 2));
        assert!(whole.x > half.x && whole.left + whole.width <= WIDTH);
    }

    #[test]
    fn an_axis_counts_in_steps_that_people_use_and_holds_the_target() {
        let of = Series {
            target: Some(95.0),
            ..series(Look::Points, &[Some(98.2), Some(99.1)], 96.0, 100.0)
        };
        let chart = Chart::of(of).unwrap();
        let shown: Vec<&str> = chart.levels.iter().map(|level| level.shown.as_str()).collect();
        assert_eq!(shown, ["94%", "96%", "98%", "100%"]);
        let target = chart.target.unwrap();
        assert_eq!(target.shown, "目標 95%");
        assert!(target.y < chart.levels[0].y && target.y > chart.levels[1].y);
    }

    #[test]
    fn nothing_counted_is_no_chart() {
        assert!(Chart::of(series(Look::Bars, &[None, None], 0.0, 1.0)).is_none());
    }

    #[test]
    fn alike_values_have_an_axis_all_the_same() {
        let chart = Chart::of(series(Look::Bars, &[Some(0.0)], 0.0, 0.0)).unwrap();
        assert!(chart.marks[0].y.is_finite() && chart.marks[0].height.abs() < 1e-9);
    }
}
