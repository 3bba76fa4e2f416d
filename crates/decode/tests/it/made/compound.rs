//! Compound files ([MS-CFB], version 3) and the old workbooks in them ([MS-XLS], BIFF8).

const SECTOR: usize = 512;
/// Streams shorter than this would lie in the mini stream; ours are filled up.
const SHORTEST: usize = 4096;
const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
const FAT: u32 = 0xffff_fffd;

/// A compound file with these streams, at most three of together 60 KiB.
pub(crate) fn file(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    // Sector 0 is the allocation table, sector 1 the directory, then the streams.
    let mut table = vec![FAT, END];
    let mut directory = entry("Root Entry", 5, 1, END, 0);
    let mut body = Vec::new();
    for (number, (name, bytes)) in (1_u32..).zip(streams) {
        let sectors = bytes.len().max(SHORTEST).div_ceil(SECTOR);
        let start = u32::try_from(table.len()).unwrap();
        let sibling = if (number as usize) < streams.len() {
            number + 1
        } else {
            FREE
        };
        let mut made = entry(name, 2, FREE, start, u32::try_from(sectors * SECTOR).unwrap());
        made[72..76].copy_from_slice(&sibling.to_le_bytes());
        directory.extend(made);
        table.extend((1..u32::try_from(sectors).unwrap()).map(|next| start + next));
        table.push(END);
        body.extend(bytes);
        body.resize(body.len() + sectors * SECTOR - bytes.len(), 0);
    }
    directory.resize(SECTOR, 0);
    table.resize(SECTOR / 4, FREE);
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.extend([0; 16]);
    for word in [0x3e_u16, 3, 0xfffe, 9, 6] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend([0; 6]);
    let shortest = u32::try_from(SHORTEST).unwrap();
    for word in [0, 1, 1, 0, shortest, END, 0, END, 0, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.resize(SECTOR, 0xff);
    bytes.extend(table.iter().flat_map(|next| next.to_le_bytes()));
    bytes.extend(directory);
    bytes.extend(body);
    bytes
}

fn entry(name: &str, kind: u8, child: u32, start: u32, length: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let named = u16::try_from(bytes.len() + 2).unwrap();
    bytes.resize(64, 0);
    bytes.extend(named.to_le_bytes());
    bytes.extend([kind, 1]);
    for word in [FREE, FREE, child] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.resize(116, 0);
    bytes.extend(start.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// A workbook of Excel 97 with one sheet of text cells: row, column, text.
pub(crate) fn xls(cells: &[(u16, u16, &str)]) -> Vec<u8> {
    file(&[("Workbook", workbook(&[], cells))])
}

/// The same under a password, as far as its head says so.
pub(crate) fn locked_xls() -> Vec<u8> {
    // FILEPASS: RC4 encryption, version 1.1, without the salt's values.
    let pass = [&[1, 0, 1, 0, 1, 0][..], &[0; 48]].concat();
    file(&[("Workbook", workbook(&record(0x2f, &pass), &[(0, 0, "秘")]))])
}

/// A workbook or document of today under a password ([MS-OFFCRYPTO]).
pub(crate) fn locked_package() -> Vec<u8> {
    file(&[
        ("EncryptionInfo", vec![4, 0, 4, 0]),
        ("EncryptedPackage", vec![0; 64]),
    ])
}

fn workbook(after_head: &[u8], cells: &[(u16, u16, &str)]) -> Vec<u8> {
    let begin = |kind: u16| {
        let words = [0x0600, kind, 0x0dbb, 0x07cc, 0, 0, 6, 0];
        record(0x0809, &words.map(u16::to_le_bytes).concat())
    };
    let end = record(0x0a, &[]);
    let name: Vec<u8> = "問答".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let sheet = |at: u32| record(0x85, &[&at.to_le_bytes()[..], &[0, 0, 2, 1], &name].concat());
    let head = [&begin(5)[..], after_head, &record(0x42, &1200_u16.to_le_bytes())].concat();
    let at = u32::try_from(head.len() + sheet(0).len() + end.len()).unwrap();
    let mut bytes = [head, sheet(at), end.clone(), begin(0x10)].concat();
    for (row, column, text) in cells {
        let characters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let count = u16::try_from(characters.len() / 2).unwrap();
        let words = [*row, *column, 0, count].map(u16::to_le_bytes).concat();
        bytes.extend(record(0x0204, &[&words[..], &[1], &characters].concat()));
    }
    bytes.extend(end);
    bytes
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}
