//! Which pictures are accepted, and the names they are kept under.

use kernel::crypto::random;
use serde::{Deserialize, Serialize};

/// Characters of a file's name before its ending: 190 bits, so that nobody finds one by trying.
const NAME_LENGTH: usize = 32;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum PictureKind {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

impl PictureKind {
    const ALL: [PictureKind; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The ending of a file's name.
    fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// The kind with this content type.
    pub fn of_content_type(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.content_type() == text)
    }

    /// The kind of the file with this name; `None` unless the name is one of ours. A path in it, or
    /// anything else but letters, digits and one known ending, makes it none.
    pub fn of_name(name: &str) -> Option<Self> {
        let (stem, ending) = name.split_once('.')?;
        let plain = stem.len() == NAME_LENGTH && stem.bytes().all(|b| b.is_ascii_alphanumeric());
        Self::ALL.into_iter().find(|kind| plain && kind.ending() == ending)
    }

    /// A new file's name.
    pub fn new_name(self) -> String {
        format!("{}.{}", random::nonce(NAME_LENGTH), self.ending())
    }

    /// The kind of the picture that begins so.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.begins(bytes))
    }

    /// Whether `bytes` begin as such a picture does.
    pub fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::Jpeg => bytes.starts_with(&[0xFF, 0xD8, 0xFF]),
            Self::Png => bytes.starts_with(&[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A]),
            Self::Webp => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_of_ours_is_known_and_a_path_is_not() {
        for kind in PictureKind::ALL {
            assert_eq!(PictureKind::of_name(&kind.new_name()), Some(kind));
            assert_eq!(PictureKind::of_content_type(kind.content_type()), Some(kind));
        }
        let stem = "a".repeat(NAME_LENGTH);
        for name in [
            "../../etc/passwd",
            "..",
            "",
            ".jpg",
            &format!("{stem}.html"),
            &format!("{stem}.jpg.html"),
            &format!("../{}.jpg", "a".repeat(NAME_LENGTH - 3)),
            &format!("{}é.jpg", "a".repeat(NAME_LENGTH - 2)),
            &format!("{}/.jpg", "a".repeat(NAME_LENGTH - 1)),
        ] {
            assert_eq!(PictureKind::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn the_first_bytes_tell_the_kind() {
        assert!(PictureKind::Jpeg.begins(&[0xFF, 0xD8, 0xFF, 0xE0]));
        assert!(PictureKind::Png.begins(b"\x89PNG\r\n\x1a\nrest"));
        assert!(PictureKind::Webp.begins(b"RIFF\0\0\0\0WEBPVP8 "));
        assert_eq!(PictureKind::of_bytes(&[0xFF, 0xD8, 0xFF, 0xE0]), Some(PictureKind::Jpeg));
        assert_eq!(PictureKind::of_bytes(b"<svg>"), None);
        assert!(
            !PictureKind::Png.begins(b"<html>") && !PictureKind::Webp.begins(b"RIFF") && !PictureKind::Jpeg.begins(b"")
        );
    }
}
