//! Which pictures there are, and how their files begin.

use serde::{Deserialize, Serialize};

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
    use super::*;

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
