//! Reads keys as people paste them: PEM with any line ends, PEM squeezed into one environment
//! variable with literal `\n`, or the bare Base64 of the DER.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::CryptoError;

/// One decoded block: its label (`None` for bare Base64) and the DER inside.
pub(super) struct Block {
    pub label: Option<String>,
    pub der: Vec<u8>,
}

/// Decodes the first PEM block of `text`, or the whole text as Base64 when it has no armour.
pub(super) fn read(text: &str) -> Result<Block, CryptoError> {
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let Some((_, after)) = text.split_once("-----BEGIN ") else {
        return Ok(Block { label: None, der: decode(&text)? });
    };
    let (label, rest) = after.split_once("-----").ok_or(CryptoError::Key("a complete PEM block"))?;
    let (body, _) = rest.split_once("-----END ").ok_or(CryptoError::Key("a complete PEM block"))?;
    Ok(Block { label: Some(label.to_owned()), der: decode(body)? })
}

fn decode(body: &str) -> Result<Vec<u8>, CryptoError> {
    let joined: String = body.split_whitespace().collect();
    if joined.is_empty() {
        return Err(CryptoError::Key("a key, not an empty text"));
    }
    STANDARD.decode(joined).map_err(|_| CryptoError::Key("PEM, or DER in base64"))
}

/// Wraps `der` into PEM with lines of 64 characters.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}
