//! Quadrilaterals around text lines: the smallest rectangle of an outline, widened.

/// A quadrilateral: top left, top right, bottom right, bottom left, page pixels.
pub type Quad = [[f32; 2]; 4];

/// The rectangle of the smallest area around `points`, at any angle.
///
/// One side of it lies on a side of the convex hull (Freeman and Shapira 1975); the hull of a line has
/// few sides, so all are tried.
pub(crate) fn smallest_rectangle(points: &[[f32; 2]]) -> Quad {
    let hull = convex_hull(points);
    let mut best = (f32::MAX, around(&hull, [1.0, 0.0]));
    for (index, &from) in hull.iter().enumerate() {
        let to = hull[(index + 1) % hull.len()];
        let length = (to[0] - from[0]).hypot(to[1] - from[1]);
        if length > 0.0 {
            let rectangle = around(&hull, [(to[0] - from[0]) / length, (to[1] - from[1]) / length]);
            let (width, height) = sides(&rectangle);
            if width * height < best.0 {
                best = (width * height, rectangle);
            }
        }
    }
    ordered(best.1)
}

/// The rectangle around `points` with a side in `direction`, a unit vector.
fn around(points: &[[f32; 2]], direction: [f32; 2]) -> Quad {
    let [dx, dy] = direction;
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for &[x, y] in points {
        for (axis, place) in [x * dx + y * dy, y * dx - x * dy].into_iter().enumerate() {
            low[axis] = low[axis].min(place);
            high[axis] = high[axis].max(place);
        }
    }
    [
        [low[0], low[1]],
        [high[0], low[1]],
        [high[0], high[1]],
        [low[0], high[1]],
    ]
    .map(|[along, across]| [along * dx - across * dy, along * dy + across * dx])
}

/// Convex hull, counter-clockwise in a system whose y points up (Andrew 1979).
fn convex_hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let mut hull = half_hull(sorted.iter().copied());
    hull.pop();
    hull.extend(half_hull(sorted.iter().rev().copied()));
    hull.pop();
    hull
}

fn half_hull(points: impl Iterator<Item = [f32; 2]>) -> Vec<[f32; 2]> {
    let mut chain: Vec<[f32; 2]> = Vec::new();
    for point in points {
        while let [.., a, b] = chain.as_slice()
            && (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) <= 0.0
        {
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

/// Top left, top right, bottom right, bottom left.
fn ordered(mut corners: Quad) -> Quad {
    corners.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (mut left, mut right) = ([corners[0], corners[1]], [corners[2], corners[3]]);
    left.sort_by(|a, b| a[1].total_cmp(&b[1]));
    right.sort_by(|a, b| a[1].total_cmp(&b[1]));
    [left[0], right[0], right[1], left[1]]
}

/// Width and height.
pub(crate) fn sides(corners: &Quad) -> (f32, f32) {
    let length = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    (length(corners[0], corners[1]), length(corners[0], corners[3]))
}

/// Moves every side outwards by `distance`.
pub(crate) fn widen(corners: &Quad, distance: f32) -> Quad {
    let unit = |from: [f32; 2], to: [f32; 2]| {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy).max(1e-3);
        [dx / length, dy / length]
    };
    let along = unit(corners[0], corners[1]);
    let down = unit(corners[0], corners[3]);
    let moved = |corner: [f32; 2], a: f32, d: f32| {
        [
            corner[0] + distance * (a * along[0] + d * down[0]),
            corner[1] + distance * (a * along[1] + d * down[1]),
        ]
    };
    [
        moved(corners[0], -1.0, -1.0),
        moved(corners[1], 1.0, -1.0),
        moved(corners[2], 1.0, 1.0),
        moved(corners[3], -1.0, 1.0),
    ]
}

/// Whether the point is on the inner side of all four edges, half a pixel of grace.
pub(crate) fn contains(corners: &Quad, x: f32, y: f32) -> bool {
    (0..4).all(|index| {
        let (a, b) = (corners[index], corners[(index + 1) % 4]);
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= -0.5 * length
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilted_bar_is_found_at_its_angle() {
        let (sine, cosine) = 0.2_f32.sin_cos();
        let mut points = Vec::new();
        for along in 0..=100_u8 {
            for across in 0..=20_u8 {
                let (u, v) = (f32::from(along), f32::from(across));
                points.push([50.0 + u * cosine - v * sine, 50.0 + u * sine + v * cosine]);
            }
        }
        let rectangle = smallest_rectangle(&points);
        let (width, height) = sides(&rectangle);
        assert!(
            (width - 100.0).abs() < 0.01 && (height - 20.0).abs() < 0.01,
            "{rectangle:?}"
        );
        assert!((rectangle[0][0] - 50.0).abs() < 0.01 && (rectangle[0][1] - 50.0).abs() < 0.01);
        let (width, height) = sides(&widen(&rectangle, 5.0));
        assert!((width - 110.0).abs() < 0.01 && (height - 30.0).abs() < 0.01);
        assert!(contains(&rectangle, 90.0, 70.0) && !contains(&rectangle, 140.0, 55.0));
    }

    #[test]
    fn a_dot_and_a_stroke_have_rectangles_too() {
        assert_eq!(sides(&smallest_rectangle(&[[3.0, 4.0]])), (0.0, 0.0));
        let (width, height) = sides(&smallest_rectangle(&[[0.0, 0.0], [3.0, 4.0]]));
        assert!((width.max(height) - 5.0).abs() < 1e-3 && width.min(height).abs() < 1e-3);
    }
}
