//! Where a list goes on, as a text that clients hand back and do not look into.
//!
//! Layout, in hexadecimal: version byte · position (16 bytes) · first 8 bytes of SHA-256 over the
//! position and what was listed. A cursor that was changed, or used with other filters or another list,
//! is `invalid_cursor`; it grants nothing, since every row is still filtered by 課.

use serde::Serialize;
use shoki_core::code::ErrorCode;
use shoki_core::digest::Sha256;

use crate::problem::Problem;

const VERSION: u8 = 1;
const POSITION_BYTES: usize = 16;
const CHECK_BYTES: usize = 8;

/// The cursor of the row at `position` in the list that `listed` describes (route and filters).
///
/// # Panics
/// Never: `listed` is made of strings and ids.
#[must_use]
pub fn encode(position: [u8; POSITION_BYTES], listed: &impl Serialize) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&position);
    bytes.extend_from_slice(&check(position, listed));
    hex::encode(bytes)
}

/// The reverse of [`encode`].
///
/// # Errors
/// `invalid_cursor` when it is not one of ours for this list.
pub fn decode(text: &str, listed: &impl Serialize) -> Result<[u8; POSITION_BYTES], Problem> {
    let invalid = || Problem::new(ErrorCode::InvalidCursor);
    let mut bytes = [0; 1 + POSITION_BYTES + CHECK_BYTES];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| invalid())?;
    let (version, rest) = bytes.split_first().ok_or_else(invalid)?;
    let (position, given) = rest.split_first_chunk::<POSITION_BYTES>().ok_or_else(invalid)?;
    if *version != VERSION || given != check(*position, listed) {
        return Err(invalid());
    }
    Ok(*position)
}

fn check(position: [u8; POSITION_BYTES], listed: &impl Serialize) -> [u8; CHECK_BYTES] {
    let canonical =
        serde_json::to_vec(&(VERSION, position, listed)).expect("strings and ids always become JSON");
    let digest = Sha256::of(&canonical);
    *digest.as_bytes().first_chunk().expect("32 bytes hold 8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_character_is_refused() {
        let position = [7; 16];
        let cursor = encode(position, &("jobs", "queued"));
        assert_eq!(decode(&cursor, &("jobs", "queued")).unwrap(), position);
        for place in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(decode(&changed, &("jobs", "queued")).is_err(), "place {place}");
        }
        assert!(decode(&cursor, &("jobs", "running")).is_err());
        assert!(decode("", &("jobs", "queued")).is_err());
        assert!(decode("ん", &("jobs", "queued")).is_err());
    }
}
