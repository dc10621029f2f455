//! The invitation poster of a leader: his mini-program code on a card. It shows no text yet: a font
//! with Chinese letters would be larger than the product.

use std::path::{Path, PathBuf};

use actix_web::web;
use gateways::wechat::{CodeRequest, ReleaseStage, WechatError};
use kernel::id::LeaderId;
use kernel::{Code, Coded, Failure};

use super::wechat_tokens;
use crate::app::App;
use crate::areas::shops::query::Shop;

const WIDTH: usize = 750;
const HEIGHT: usize = 1000;
/// The code's own width, in the platform's range of 280 to 1280.
const CODE_WIDTH: u32 = 430;
/// The card on the poster: left, top, right, bottom.
const CARD: [usize; 4] = [75, 170, 675, 830];
/// The colours of ground, card and band.
const GROUND: [u8; 3] = [0xe8, 0x4a, 0x3c];
const PAPER: [u8; 3] = [0xff, 0xff, 0xff];
const BAND: [u8; 3] = [0xff, 0xc9, 0x4d];
const BAND_HEIGHT: usize = 24;

/// No poster can be made now.
#[derive(Debug, thiserror::Error)]
pub enum PosterError {
    /// WeChat drew no code.
    #[error("WeChat drew no mini-program code")]
    NoCode(#[from] WechatError),
    /// What came is not a picture that can be read.
    #[error("the mini-program code cannot be read: {0}")]
    Unreadable(String),
    /// The picture could not be made or kept.
    #[error("the poster could not be made or kept: {0}")]
    Io(#[from] std::io::Error),
}

impl Coded for PosterError {
    fn code(&self) -> Code {
        match self {
            PosterError::NoCode(_) | PosterError::Unreadable(_) => Code::CodeImageUnavailable,
            PosterError::Io(_) => Code::Internal,
        }
    }
}

/// A leader's invitation poster as PNG. Codes never expire, so it is drawn once and kept as a file.
///
/// The code's scene is the leader's id: the mini-program sends it back as `invited_by` at sign-in.
#[tracing::instrument(skip_all, fields(shop = %shop.id, leader = %leader))]
pub async fn invitation(app: &App, shop: &Shop, leader: LeaderId) -> Result<Vec<u8>, Failure> {
    let file = PathBuf::from(&app.config.storage.folder).join("posters").join(format!("{}-{leader}.png", shop.appid));
    if let Ok(kept) = tokio::fs::read(&file).await {
        return Ok(kept);
    }
    let request = CodeRequest {
        scene: leader.to_string(),
        page: None,
        check_page: false,
        stage: ReleaseStage::Release,
        width: CODE_WIDTH,
        // An opaque code comes as JPEG, a transparent one as PNG, which is what we can read.
        transparent: true,
    };
    let clients = app.clients.of(shop);
    let code = wechat_tokens::with_token(app, shop, async |token: String| {
        clients.miniprogram.unlimited_code(&token, &request).await
    })
    .await
    .map_err(PosterError::from)?;
    let poster = web::block(move || drawn(&code.bytes)).await.map_err(|_| PosterError::Io(interrupted()))??;
    keep(&file, &poster).await.map_err(PosterError::from)?;
    Ok(poster)
}

fn interrupted() -> std::io::Error {
    std::io::ErrorKind::Interrupted.into()
}

/// Writes beside and renames, so that nobody reads half a file.
async fn keep(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    tokio::fs::create_dir_all(folder).await?;
    let fresh = folder.join(format!("{}.part", uuid::Uuid::new_v4()));
    tokio::fs::write(&fresh, bytes).await?;
    tokio::fs::rename(&fresh, file).await
}

/// The poster around a code.
fn drawn(code: &[u8]) -> Result<Vec<u8>, PosterError> {
    let code = Picture::read(code)?;
    let [left, top, right, bottom] = CARD;
    let mut poster: Vec<u8> = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        let card = match y {
            _ if !(top..bottom).contains(&y) => GROUND,
            _ if y < top + BAND_HEIGHT || y >= bottom - BAND_HEIGHT => BAND,
            _ => PAPER,
        };
        poster.extend(GROUND.repeat(left));
        poster.extend(card.repeat(right - left));
        poster.extend(GROUND.repeat(WIDTH - right));
    }
    let (from_left, from_top) = ((WIDTH - code.width) / 2, (HEIGHT - code.height) / 2);
    for y in 0..code.height {
        let start = ((from_top + y) * WIDTH + from_left) * 3;
        let row = poster.iter_mut().skip(start).take(code.width * 3);
        let pixels = (0..code.width).flat_map(|x| over(code.at(x, y).unwrap_or_default(), PAPER));
        row.zip(pixels).for_each(|(below, pixel)| *below = pixel);
    }
    written(&poster)
}

/// A pixel with its transparency over an opaque ground.
fn over([r, g, b, alpha]: [u8; 4], ground: [u8; 3]) -> [u8; 3] {
    let mix = |top: u8, below: u8| {
        let sum = u32::from(top) * u32::from(alpha) + u32::from(below) * (255 - u32::from(alpha));
        u8::try_from(sum / 255).unwrap_or(u8::MAX)
    };
    [mix(r, ground[0]), mix(g, ground[1]), mix(b, ground[2])]
}

fn written(pixels: &[u8]) -> Result<Vec<u8>, PosterError> {
    let failed = |error: png::EncodingError| PosterError::Io(std::io::Error::other(error));
    let mut file = Vec::new();
    // Both sides are constants that fit.
    let mut encoder = png::Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// A picture of eight bits a channel, whatever channels it has.
struct Picture {
    width: usize,
    height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// Reads a PNG that fits the card.
    fn read(bytes: &[u8]) -> Result<Self, PosterError> {
        let unreadable = |error: png::DecodingError| PosterError::Unreadable(error.to_string());
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(unreadable)?;
        let (width, height) = reader.info().size();
        // Both fit a usize: 32 bits are the least this server runs on.
        let (width, height) = (width as usize, height as usize);
        let [left, top, right, bottom] = CARD;
        if width > right - left || height > bottom - top {
            return Err(PosterError::Unreadable(format!("{width} by {height} pixels do not fit the card")));
        }
        let size = reader.output_buffer_size().ok_or_else(|| PosterError::Unreadable("too large".to_owned()))?;
        let mut pixels = vec![0; size];
        let frame = reader.next_frame(&mut pixels).map_err(unreadable)?;
        Ok(Self { width, height, channels: frame.color_type.samples(), pixels })
    }

    /// Red, green, blue and opacity of a pixel; `None` outside.
    fn at(&self, x: usize, y: usize) -> Option<[u8; 4]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let start = (y * self.width + x) * self.channels;
        match *self.pixels.get(start..start + self.channels)? {
            [grey] => Some([grey, grey, grey, 255]),
            [grey, alpha] => Some([grey, grey, grey, alpha]),
            [r, g, b] => Some([r, g, b, 255]),
            [r, g, b, alpha] => Some([r, g, b, alpha]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn code_of(color: png::ColorType, pixel: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 300, 300);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixel.repeat(300 * 300)).unwrap();
        writer.finish().unwrap();
        file
    }

    fn middle_of(code: &[u8]) -> [u8; 3] {
        let poster = drawn(code).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(poster)).read_info().unwrap();
        assert_eq!(reader.info().size(), (750, 1000));
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels[..3], GROUND);
        let middle = ((HEIGHT / 2) * WIDTH + WIDTH / 2) * 3;
        pixels[middle..middle + 3].try_into().unwrap()
    }

    #[test]
    fn every_kind_of_png_lies_on_the_card() {
        use png::ColorType as C;
        assert_eq!(middle_of(&code_of(C::Grayscale, &[9])), [9, 9, 9]);
        assert_eq!(middle_of(&code_of(C::Rgb, &[1, 2, 3])), [1, 2, 3]);
        assert_eq!(middle_of(&code_of(C::GrayscaleAlpha, &[9, 0])), [255, 255, 255]);
        assert_eq!(middle_of(&code_of(C::Rgba, &[0, 0, 0, 51])), [204, 204, 204]);
    }

    #[test]
    fn what_is_no_png_is_refused() {
        assert!(matches!(drawn(b"\xff\xd8\xff"), Err(PosterError::Unreadable(_))));
        let whole = code_of(png::ColorType::Rgb, &[1, 2, 3]);
        assert!(matches!(drawn(&whole[..whole.len() / 2]), Err(PosterError::Unreadable(_))));
        let mut huge = whole.clone();
        huge[16..20].copy_from_slice(&2_000_000_u32.to_be_bytes());
        assert!(matches!(drawn(&huge), Err(PosterError::Unreadable(_))));
    }
}
