//! Which files are accepted, and the names they are kept under: pictures, and PDF where a file proves
//! a payment.

use kernel::crypto::random;
use serde::{Deserialize, Serialize};

use super::pictures::PictureKind;

/// Characters of a file's name before its ending: 190 bits, so that nobody finds one by trying.
const NAME_LENGTH: usize = 32;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum FileKind {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
    /// PDF: banks send their slips so.
    #[serde(rename = "application/pdf")]
    Pdf,
}

impl From<PictureKind> for FileKind {
    fn from(kind: PictureKind) -> Self {
        match kind {
            PictureKind::Jpeg => Self::Jpeg,
            PictureKind::Png => Self::Png,
            PictureKind::Webp => Self::Webp,
        }
    }
}

impl FileKind {
    const ALL: [FileKind; 4] = [Self::Jpeg, Self::Png, Self::Webp, Self::Pdf];

    /// The kind of picture it is; a PDF is none.
    pub fn picture(self) -> Option<PictureKind> {
        match self {
            Self::Jpeg => Some(PictureKind::Jpeg),
            Self::Png => Some(PictureKind::Png),
            Self::Webp => Some(PictureKind::Webp),
            Self::Pdf => None,
        }
    }

    /// The content type.
    pub fn content_type(self) -> &'static str {
        self.picture().map_or("application/pdf", PictureKind::content_type)
    }

    /// The ending of a file's name.
    fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
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

    /// Whether `bytes` begin as such a file does.
    pub fn begins(self, bytes: &[u8]) -> bool {
        self.picture().map_or_else(|| bytes.starts_with(b"%PDF-"), |picture| picture.begins(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_ours_is_known_and_a_path_is_not() {
        for kind in FileKind::ALL {
            assert_eq!(FileKind::of_name(&kind.new_name()), Some(kind));
            assert_eq!(FileKind::of_content_type(kind.content_type()), Some(kind));
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
            assert_eq!(FileKind::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_pdf_is_known_by_its_first_bytes_and_is_no_picture() {
        assert!(FileKind::Pdf.begins(b"%PDF-1.7\n") && !FileKind::Pdf.begins(b"<html>"));
        assert!(!FileKind::Png.begins(b"%PDF-1.7\n") && !FileKind::Pdf.begins(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(FileKind::Pdf.picture(), None);
    }
}
