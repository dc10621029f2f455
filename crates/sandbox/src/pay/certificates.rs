//! The platform's certificates, for merchants that have not moved to the public key.

use chrono::DateTime;
use serde_json::{Value, json};

use super::Call;
use super::answer::{Answer, Refusal, Reply};
use crate::clock::rfc3339;
use crate::crypto::{self, CryptoError, PrivateKey};
use crate::platform::PlatformKey;

/// `GET /v3/certificates`.
pub(super) fn list(call: &Call<'_>) -> Reply {
    let certificates = call.state.0.platform.certificates();
    if certificates.is_empty() {
        return Err(Refusal::new(
            404,
            "RESOURCE_NOT_EXISTS",
            "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥",
        ));
    }
    let listed = certificates.iter().map(|certificate| entry(call, certificate)).collect::<Result<Vec<_>, _>>();
    let listed = listed.map_err(|error| Refusal::new(500, "SYSTEM_ERROR", &error.to_string()))?;
    Ok(Answer::Body(json!({"data": listed})))
}

fn entry(call: &Call<'_>, certificate: &PlatformKey) -> Result<Value, CryptoError> {
    let (begins, ends) = certificate.life.ok_or(CryptoError("certificate life"))?;
    let pem = certificate_pem(&certificate.key, &certificate.serial, (begins, ends))?;
    let nonce = crypto::random_text(12);
    let ciphertext = crypto::seal_aes_gcm(&call.account.api_v3_key, &nonce, "certificate", pem.as_bytes())?;
    Ok(json!({"serial_no": certificate.serial, "effective_time": rfc3339(begins), "expire_time": rfc3339(ends),
        "encrypt_certificate": {"algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "certificate",
            "ciphertext": ciphertext}}))
}

/// A self-signed X.509 certificate over the platform's key, as PEM.
fn certificate_pem(key: &PrivateKey, serial: &str, (begins, ends): (i64, i64)) -> Result<String, CryptoError> {
    let serial = hex::decode(serial).map_err(|_| CryptoError("certificate serial"))?;
    let name =
        der(0x30, &[der(0x31, &[der(0x30, &[der(0x06, &[vec![0x55, 4, 3]]), der(0x0c, &[b"Sandbox".to_vec()])])])]);
    let algorithm = der(0x30, &[der(0x06, &[vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]]), der(0x05, &[])]);
    let moment = |at: i64| {
        let at = DateTime::from_timestamp(at, 0).ok_or(CryptoError("certificate time"))?;
        Ok::<_, CryptoError>(der(0x17, &[at.format("%y%m%d%H%M%SZ").to_string().into_bytes()]))
    };
    let validity = der(0x30, &[moment(begins)?, moment(ends)?]);
    let version = der(0xa0, &[der(0x02, &[vec![2]])]);
    let public = key.public_der().to_vec();
    let body = der(0x30, &[version, der(0x02, &[serial]), algorithm.clone(), name.clone(), validity, name, public]);
    let signature = [vec![0], key.sign_raw(&body)?].concat();
    let certificate = der(0x30, &[body, algorithm, der(0x03, &[signature])]);
    Ok(crate::keys::pem("CERTIFICATE", &certificate))
}

/// One DER element.
fn der(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let content = parts.concat();
    let mut element = vec![tag];
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    match digits.as_slice() {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        long => {
            element.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            element.extend(long);
        }
    }
    element.extend(content);
    element
}
