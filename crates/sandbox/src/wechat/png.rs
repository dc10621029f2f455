//! PNGs written by hand: enough to stand for a mini-program code and for photographs of goods.

use crate::crypto;

/// Fields of the pattern along one side.
const FIELDS: usize = 29;

/// A square picture of `width` pixels whose black fields are made of `text`.
pub(crate) fn pattern(text: &str, width: u32) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::with_capacity(FIELDS * FIELDS);
    let mut round = 0;
    while bits.len() < FIELDS * FIELDS {
        let hash = crypto::sha256_hex(&format!("{text}/{round}"));
        bits.extend(hash.chars().filter_map(|c| c.to_digit(16)).flat_map(|digit| [digit & 1 == 1, digit & 2 == 2]));
        round += 1;
    }
    let side = usize::try_from(width).unwrap_or(FIELDS);
    let mut rows = Vec::with_capacity((side + 1) * side);
    for y in 0..side {
        rows.push(0);
        rows.extend((0..side).map(|x| {
            let field = (y * FIELDS / side) * FIELDS + x * FIELDS / side;
            if bits.get(field).copied().unwrap_or(false) { 0 } else { 255 }
        }));
    }
    file(width, 0, &stored(&rows))
}

/// A square picture in colour: `colour_of(column, row)` is red, green and blue.
pub(crate) fn painted(width: u32, colour_of: impl Fn(i64, i64) -> [u8; 3]) -> Vec<u8> {
    let side = i64::from(width);
    let mut rows = Vec::new();
    for row in 0..side {
        rows.push(0);
        rows.extend((0..side).flat_map(|column| colour_of(column, row)));
    }
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing into memory does not fail; a picture that did would only look broken.
    let _ = std::io::Write::write_all(&mut packed, &rows);
    file(width, 2, &packed.finish().unwrap_or_default())
}

/// A square PNG of eight bits a part; kind 0 is grey, 2 is red, green and blue.
fn file(width: u32, kind: u8, packed: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(width.to_be_bytes());
    header.extend([8, kind, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", packed);
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(name);
    file.extend(data);
    file.extend(crc32(name.iter().chain(data)).to_be_bytes());
}

/// A zlib stream of stored blocks: no compression, hence no code for it.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn adler32(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

fn crc32<'a>(data: impl Iterator<Item = &'a u8>) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| (0..8).fold(byte, |value, _| if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 }))
        .collect();
    let step = |crc: u32, byte: &u8| {
        let place = usize::try_from((crc ^ u32::from(*byte)) & 0xff).unwrap_or(0);
        table.get(place).copied().unwrap_or(0) ^ (crc >> 8)
    };
    !data.fold(u32::MAX, step)
}
