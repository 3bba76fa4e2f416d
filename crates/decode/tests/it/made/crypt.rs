//! The standard security handler, revision 2 (ISO 32000-1, 7.6.3): enough to lock a PDF of ours.

use md5::{Digest, Md5};

use super::pdf;

/// The string that fills passwords up (algorithm 2, step a).
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e,
    0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];
const FILE_ID: [u8; 16] = *b"shoki made this.";
/// Everything permitted.
const PERMISSIONS: i32 = -4;

/// A one-page PDF that draws a black sheet, its content encrypted with 40-bit RC4.
pub(crate) fn locked(user_password: &str) -> Vec<u8> {
    let owner = rc4(&digest(&padded("owner"))[..5], &padded(user_password));
    let seed = [
        &padded(user_password)[..],
        &owner,
        &PERMISSIONS.to_le_bytes(),
        &FILE_ID,
    ]
    .concat();
    let key = digest(&seed)[..5].to_vec();
    let user = rc4(&key, &PADDING);
    // Object 4's own key (algorithm 1): number in three bytes, generation in two.
    let object_key = digest(&[&key[..], &[4, 0, 0, 0, 0]].concat());
    let content = rc4(&object_key[..10], b"0 g 0 0 595 842 re f");
    let encrypt = format!(
        "<< /Filter /Standard /V 1 /R 2 /O <{}> /U <{}> /P {PERMISSIONS} >>",
        hex(&owner),
        hex(&user)
    );
    pdf::Pdf::new(vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>".to_vec(),
        pdf::stream("", &content),
        encrypt.into_bytes(),
    ])
    .trailer(&format!("/Encrypt 5 0 R /ID [<{0}> <{0}>]", hex(&FILE_ID)))
    .bytes()
}

fn padded(password: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (target, source) in bytes.iter_mut().zip(password.bytes().chain(PADDING)) {
        *target = source;
    }
    bytes
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Md5::digest(bytes).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut j = 0_u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    data.iter()
        .map(|byte| {
            i = i.wrapping_add(1);
            j = j.wrapping_add(state[usize::from(i)]);
            state.swap(usize::from(i), usize::from(j));
            byte ^ state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
        })
        .collect()
}
