//! The channels of a file to the channels that are handed out: 1, or 2 where there are 2.
//!
//! Who comes later decides whether two channels are separate people. More than two are microphones of
//! one room (a table system, a surround recording) and become their mean.

use symphonia::core::audio::GenericAudioBufferRef;

/// Loudest sample that is let through; floating-point files may hold anything.
const LOUDEST: f32 = 4.0;

/// Channels handed out for a file that has `channels`.
pub(crate) const fn channels_out(channels: usize) -> u8 {
    if channels == 2 { 2 } else { 1 }
}

/// Decoded packets in the shape of the first one.
pub(crate) struct Shape {
    decoded: Vec<Vec<f32>>,
    shaped: Vec<Vec<f32>>,
}

impl Shape {
    /// For so many channels handed out.
    pub(crate) fn new(channels: u8) -> Self {
        Self {
            decoded: Vec::new(),
            shaped: vec![Vec::new(); usize::from(channels)],
        }
    }

    /// One vector of samples per channel handed out.
    pub(crate) fn apply(&mut self, packet: &GenericAudioBufferRef<'_>) -> &[Vec<f32>] {
        packet.copy_to_vecs_planar(&mut self.decoded);
        for sample in self.decoded.iter_mut().flatten() {
            *sample = if sample.is_finite() {
                sample.clamp(-LOUDEST, LOUDEST)
            } else {
                0.0
            };
        }
        self.shape();
        &self.shaped
    }

    /// So many samples of silence.
    pub(crate) fn silence(&mut self, samples: usize) -> &[Vec<f32>] {
        for plane in &mut self.shaped {
            plane.clear();
            plane.resize(samples, 0.0);
        }
        &self.shaped
    }

    fn shape(&mut self) {
        match (self.decoded.as_mut_slice(), self.shaped.as_mut_slice()) {
            ([], _) => self.shaped.iter_mut().for_each(Vec::clear),
            (decoded, shaped) if decoded.len() == shaped.len() => decoded.swap_with_slice(shaped),
            (decoded, [first, others @ ..]) => {
                let (mean, rest) = decoded.split_first_mut().expect("a channel");
                for plane in rest.iter() {
                    for (sum, sample) in mean.iter_mut().zip(plane) {
                        *sum += sample;
                    }
                }
                #[expect(clippy::cast_precision_loss, reason = "a handful of channels")]
                let share = 1.0 / (rest.len() + 1) as f32;
                mean.iter_mut().for_each(|sample| *sample *= share);
                std::mem::swap(mean, first);
                for plane in others {
                    plane.clone_from(first);
                }
            }
            (_, []) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(channels: u8, decoded: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let mut shape = Shape::new(channels);
        shape.decoded = decoded;
        shape.shape();
        shape.shaped
    }

    #[test]
    fn channels_take_the_shape_of_the_first_packet() {
        let (left, right) = (vec![0.5, 1.0], vec![-0.5, 0.0]);
        let both = || vec![left.clone(), right.clone()];
        assert_eq!(shaped(2, both()), both());
        assert_eq!(shaped(1, both()), [[0.0, 0.5]]);
        assert_eq!(shaped(2, vec![left.clone()]), [left.clone(), left.clone()]);
        assert_eq!(shaped(1, vec![left.clone(); 6])[0].len(), 2);
        assert_eq!([1, 2, 6].map(channels_out), [1, 2, 1]);
    }
}
