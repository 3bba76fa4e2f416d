//! Which accepted fields are audited.

use crate::digest::Sha256;
use crate::id::JobId;

/// Whether a field of a page is among the `share` (0–1) that is audited. The draw is the same whenever and
/// wherever it is asked for, does not depend on what was read, and keeps what a smaller share drew.
#[must_use]
pub fn is_drawn(job: JobId, page: u32, field: &str, share: f64) -> bool {
    let digest = Sha256::of(format!("shoki audit/{job}/{page}/{field}").as_bytes());
    let (head, _) = digest
        .as_bytes()
        .split_first_chunk::<8>()
        .expect("a digest has 32 bytes");
    // 53 bits: what a double holds.
    let place = (u64::from_be_bytes(*head) >> 11) as f64 / (1_u64 << 53) as f64;
    place < share
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_share_is_drawn_again_and_a_smaller_one_is_part_of_it() {
        let job = JobId::from_uuid(Uuid::from_u128(7));
        let drawn = |share: f64| -> Vec<u32> {
            let pages = 0..20_000;
            pages.filter(|page| is_drawn(job, *page, "name", share)).collect()
        };
        let (tenth, fiftieth) = (drawn(0.1), drawn(0.02));
        // Four standard deviations of a binomial count.
        assert!(tenth.len().abs_diff(2_000) < 170, "{}", tenth.len());
        assert!(fiftieth.len().abs_diff(400) < 80, "{}", fiftieth.len());
        assert!(fiftieth.iter().all(|page| tenth.contains(page)));
        assert_eq!(tenth, drawn(0.1));
        assert_eq!((drawn(0.0).len(), drawn(1.0).len()), (0, 20_000));
        let other: Vec<u32> = (0..20_000)
            .filter(|page| is_drawn(job, *page, "kana", 0.1))
            .collect();
        assert_ne!(tenth, other);
    }
}
