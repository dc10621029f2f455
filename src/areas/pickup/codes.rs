//! Pickup codes: ten random digits a shopper shows and a leader scans, and their picture.

use kernel::{Code, Coded};
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use rand::RngExt as _;

/// How many digits a code has: a guess hits one of a million open codes once in ten thousand tries,
/// and a code is good at its own leader's alone.
const DIGITS: usize = 10;
/// Pixels a module.
const MODULE_PX: usize = 8;
/// The margin readers need, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// A code could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum CodeImageError {
    /// As a QR code.
    #[error("the pickup code cannot be drawn")]
    Qr(#[from] qrcode::types::QrError),
    /// As a PNG file.
    #[error("the pickup code's picture cannot be written")]
    Png(#[from] png::EncodingError),
    /// Too large for a picture.
    #[error("the pickup code's picture is too large")]
    Size(#[from] std::num::TryFromIntError),
}

impl Coded for CodeImageError {
    fn code(&self) -> Code {
        Code::Internal
    }
}

/// Ten random digits.
pub fn new_code() -> String {
    let mut rng = rand::rng();
    (0..DIGITS).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect()
}

/// The QR code of `text` as a PNG file, black on white.
pub fn png(text: &str) -> Result<Vec<u8>, CodeImageError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let modules = code.width();
    let colors = code.to_colors();
    let side = (modules + 2 * QUIET) * MODULE_PX;
    let mut pixels = vec![u8::MAX; side * side];
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let module = |px: usize| (px / MODULE_PX).checked_sub(QUIET).filter(|module| *module < modules);
        if let (Some(x), Some(y)) = (module(at % side), module(at / side))
            && colors.get(y * modules + x) == Some(&Color::Dark)
        {
            *pixel = 0;
        }
    }
    let mut file = Vec::new();
    let side = u32::try_from(side)?;
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn codes_are_ten_digits_and_differ() {
        let codes: std::collections::HashSet<String> = (0..200).map(|_| new_code()).collect();
        assert_eq!(codes.len(), 200);
        assert!(codes.iter().all(|code| code.len() == 10 && code.bytes().all(|b| b.is_ascii_digit())));
    }

    #[test]
    fn the_picture_is_a_png_with_a_white_margin_and_a_finder_pattern() {
        let file = png("0123456789").unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let side = usize::try_from(info.width).unwrap();
        assert_eq!((info.width, info.height), ((21 + 8) * 8, (21 + 8) * 8));
        assert!(pixels[..side * QUIET * MODULE_PX].iter().all(|p| *p == u8::MAX), "the margin is white");
        // Along the top edge of the left finder pattern: seven dark modules, then a light one.
        let row = side * QUIET * MODULE_PX;
        let module = |x: usize| pixels[row + (QUIET + x) * MODULE_PX];
        assert!((0..7).all(|x| module(x) == 0) && module(7) == u8::MAX);
    }
}
