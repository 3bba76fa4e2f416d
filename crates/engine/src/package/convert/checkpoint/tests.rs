//! Checkpoints of a few values, whole and broken.

use super::*;

/// A checkpoint of one tensor of two rows and three columns at offset 1, as PyTorch 1.5 writes it.
pub(crate) fn sample() -> Vec<u8> {
    let mut bytes = [[0x80, 2, 0x8a, 10].as_slice(), &MAGIC, b"."].concat();
    bytes.extend(b"\x80\x02M\xe9\x03.");
    bytes.extend(b"\x80\x02}q\x00X\x0d\x00\x00\x00little_endianq\x01\x88s.");
    bytes.extend(b"\x80\x02}q\x00(X\x04\x00\x00\x00stepq\x01K\x07X\x05\x00\x00\x00stateq\x02");
    bytes.extend(b"ccollections\nOrderedDict\nq\x03)Rq\x04X\x01\x00\x00\x00wq\x05");
    bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\nq\x06((X\x07\x00\x00\x00storageq\x07");
    bytes
        .extend(b"ctorch\nFloatStorage\nq\x08X\x02\x00\x00\x0042q\x09X\x03\x00\x00\x00cpuq\x0aK\x08Ntq\x0bQ");
    bytes.extend(b"K\x01K\x02K\x03\x86q\x0cK\x03K\x01\x86q\x0d\x89h\x03)Rq\x0etq\x0fRq\x10su.");
    bytes.extend(b"\x80\x02]q\x00X\x02\x00\x00\x0042q\x01a.");
    bytes.extend(8_u64.to_le_bytes());
    bytes.extend((0..8).flat_map(|n| (n as f32 / 2.0).to_le_bytes()));
    bytes
}

#[test]
fn a_tensor_is_read_at_its_place() {
    let tensors = tensors(&sample(), "state").unwrap();
    let expected = Tensor {
        shape: vec![2, 3],
        values: vec![0.5, 1.0, 1.5, 2.0, 2.5, 3.0],
    };
    assert_eq!(tensors["w"], expected);
    assert_eq!(tensors.len(), 1);
}

#[test]
fn what_is_cut_off_or_asks_for_more_is_refused() {
    let whole = sample();
    for length in 0..whole.len() {
        assert!(tensors(&whole[..length], "state").is_err(), "{length} bytes");
    }
    assert!(tensors(&whole, "step").is_err());
    let replaced = |from: &[u8], to: &[u8]| {
        let at = whole
            .windows(from.len())
            .position(|window| window == from)
            .unwrap();
        let changed = [&whole[..at], to, &whole[at + from.len()..]].concat();
        tensors(&changed, "state").unwrap_err()
    };
    assert!(replaced(b"ccollections\nOrderedDict", b"cposix\nsystem").contains("call"));
    assert!(replaced(b"FloatStorage", b"HalfStorage").contains("f32"));
    assert!(replaced(b"K\x01K\x02K\x03\x86", b"K\x03K\x02K\x03\x86").contains("outside"));
    assert!(replaced(b"K\x03K\x01\x86q\x0d", b"K\x01K\x02\x86q\x0d").contains("row by row"));
    assert!(replaced(b"\x89h\x03", b"\x8ch\x03").contains("opcode"));
}
