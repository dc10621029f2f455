//! The crypto half of the published vectors, and cross-checks against an unrelated implementation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use kernel::crypto::aead::AeadKey;
use kernel::crypto::certificate::{Certificate, normal_serial};
use kernel::crypto::push::{PushKey, check_signature, signature};
use kernel::crypto::rsa::{PrivateKey, PublicKey};
use kernel::crypto::{CryptoError, digest, push, random, user_data};
use serde_json::Value;

fn pay() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/wechat-pay.json")).unwrap()
}

fn mini() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/wechat-miniprogram.json")).unwrap()
}

fn list<'a>(set: &'a Value, name: &str) -> &'a Vec<Value> {
    let cases = set[name].as_array().unwrap();
    assert!(!cases.is_empty(), "{name} must hold cases");
    cases
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} missing in {case}"))
}

fn merchant_key(set: &Value) -> PrivateKey {
    PrivateKey::parse(text(&set["merchant"], "test_private_key_der_b64")).unwrap()
}

#[test]
fn request_signatures_match_byte_for_byte() {
    let set = pay();
    let key = merchant_key(&set);
    for case in list(&set, "request_signing") {
        assert_eq!(key.sign(text(case, "message").as_bytes()).unwrap(), text(case, "signature"), "{}", case["name"]);
    }
    for case in list(&set, "pay_sign") {
        assert_eq!(key.sign(text(case, "message").as_bytes()).unwrap(), text(case, "paySign"), "{}", case["name"]);
    }
}

#[test]
fn the_public_half_verifies_and_nothing_else_does() {
    let set = pay();
    let ours = PublicKey::parse(text(&set["merchant"], "test_public_key_der_b64")).unwrap();
    let other = PublicKey::parse(text(&set["platform_public_key"], "test_public_key_der_b64")).unwrap();
    let case = &list(&set, "request_signing")[0];
    let (message, good) = (text(case, "message").as_bytes(), text(case, "signature"));
    assert_eq!(ours.verify(message, good), Ok(()));
    assert_eq!(other.verify(message, good), Err(CryptoError::Signature));
    assert_eq!(ours.verify(b"another message", good), Err(CryptoError::Signature));
    assert_eq!(ours.verify(message, "@@@"), Err(CryptoError::Base64));
    assert_eq!(ours.verify(message, ""), Err(CryptoError::Signature));
    assert_eq!(merchant_key(&set).public_key().unwrap().to_spki_der(), ours.to_spki_der());
}

#[test]
fn sealed_resources_open_or_are_refused() {
    let set = pay();
    let key = AeadKey::new(text(&set, "api_v3_key").as_bytes()).unwrap();
    for case in list(&set, "aes_gcm") {
        let (nonce, aad) = (text(case, "nonce"), text(case, "associated_data"));
        let opened = key.open(nonce, aad, text(case, "ciphertext"));
        if case["expect"]["valid"].as_bool().unwrap() {
            assert_eq!(String::from_utf8(opened.unwrap()).unwrap(), text(case, "plaintext"), "{}", case["name"]);
            let sealed = key.seal(nonce, aad, text(case, "plaintext").as_bytes()).unwrap();
            assert_eq!(sealed, text(case, "ciphertext"), "sealing again gives the same bytes");
        } else {
            assert_eq!(opened, Err(CryptoError::Sealed), "{}", case["name"]);
        }
    }
    assert_eq!(key.open("elevenbytes", "", "AAAA"), Err(CryptoError::Sealed));
    assert_eq!(key.open("twelve_bytes", "", ""), Err(CryptoError::Sealed));
    assert_eq!(key.open("twelve_bytes", "", "%"), Err(CryptoError::Base64));
    for wrong in [31, 33, 0, 64] {
        assert!(AeadKey::new(&vec![b'k'; wrong]).is_err(), "{wrong} bytes are no key");
    }
}

#[test]
fn sensitive_fields_decrypt_only_with_the_right_padding() {
    let set = pay();
    for case in list(&set, "oaep") {
        let key = PrivateKey::parse(text(&set[text(case, "key")], "test_private_key_der_b64")).unwrap();
        let opened = key.oaep_sha1_decrypt(text(case, "ciphertext"));
        if case["expect"]["decrypts"].as_bool().unwrap() {
            assert_eq!(opened.unwrap(), text(case, "plaintext").as_bytes(), "{}", case["name"]);
        } else {
            assert_eq!(opened, Err(CryptoError::Sealed), "{}", case["name"]);
        }
    }
}

#[test]
fn oaep_goes_round_up_to_its_capacity() {
    let set = pay();
    let private = PrivateKey::parse(text(&set["platform_public_key"], "test_private_key_der_b64")).unwrap();
    let public = PublicKey::parse(text(&set["platform_public_key"], "test_public_key_der_b64")).unwrap();
    for length in [0, 1, 6, 214] {
        let plain = vec![b'x'; length];
        let sealed = public.oaep_sha1_encrypt(&plain).unwrap();
        assert_eq!(private.oaep_sha1_decrypt(&sealed).unwrap(), plain);
    }
    assert_eq!(public.oaep_sha1_encrypt(&[0; 215]), Err(CryptoError::TooLong));
    assert_ne!(public.oaep_sha1_encrypt(b"x").unwrap(), public.oaep_sha1_encrypt(b"x").unwrap());
}

#[test]
fn the_platform_certificate_gives_key_serial_and_validity() {
    let set = pay();
    let certificate = Certificate::parse(text(&set["platform_certificate"], "test_certificate_der_b64")).unwrap();
    assert_eq!(certificate.serial(), normal_serial(text(&set["platform_certificate"], "serial_no")));
    assert!(certificate.is_valid_at(set["now"].as_i64().unwrap()));
    assert!(!certificate.is_valid_at(certificate.not_after() + 1));
    assert!(!certificate.is_valid_at(0));
    let private = PrivateKey::parse(text(&set["platform_certificate"], "test_private_key_der_b64")).unwrap();
    assert_eq!(private.public_key().unwrap().to_spki_der(), certificate.public_key().to_spki_der());
    let as_key = PublicKey::parse(text(&set["platform_certificate"], "test_certificate_der_b64")).unwrap();
    assert_eq!(as_key.to_spki_der(), certificate.public_key().to_spki_der());
}

#[test]
fn keys_are_read_in_every_form_people_paste_them() {
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    use rsa::pkcs8::DecodePrivateKey as _;
    let key = PrivateKey::generate().unwrap();
    let wanted = key.sign(b"m").unwrap();
    let pkcs8 = key.to_pkcs8_pem().unwrap();
    let other = rsa::RsaPrivateKey::from_pkcs8_der(&key.to_pkcs8_der().unwrap()).unwrap();
    let pkcs1 = other.to_pkcs1_pem(rsa::pkcs1::LineEnding::CRLF).unwrap().to_string();
    let squeezed = pkcs8.replace('\n', "\\n");
    let windows = pkcs8.replace('\n', "\r\n");
    let bare: String = pkcs8.lines().filter(|l| !l.contains("-----")).collect();
    for form in [&pkcs8, &pkcs1, &squeezed, &windows, &bare] {
        assert_eq!(PrivateKey::parse(form).unwrap().sign(b"m").unwrap(), wanted);
    }
    let cut = pkcs8.get(..pkcs8.len() / 2).unwrap();
    for wrong in ["", "   ", "hello", "-----BEGIN PRIVATE KEY-----", cut, "AAAA"] {
        assert!(matches!(PrivateKey::parse(wrong), Err(CryptoError::Key(_))), "{wrong:.20}");
        assert!(matches!(PublicKey::parse(wrong), Err(CryptoError::Key(_))), "{wrong:.20}");
    }
    let public = key.public_key().unwrap();
    assert_eq!(PublicKey::parse(&public.to_spki_pem()).unwrap().to_spki_der(), public.to_spki_der());
}

#[test]
fn an_unrelated_implementation_agrees_with_our_signatures() {
    use rsa::pkcs8::DecodePrivateKey as _;
    use rsa::sha2::Digest as _;
    let key = PrivateKey::generate().unwrap();
    let other = rsa::RsaPrivateKey::from_pkcs8_der(&key.to_pkcs8_der().unwrap()).unwrap();
    let hashed = rsa::sha2::Sha256::digest(b"a message");
    let theirs = other.sign(rsa::Pkcs1v15Sign::new::<rsa::sha2::Sha256>(), &hashed).unwrap();
    assert_eq!(key.sign(b"a message").unwrap(), kernel::crypto::base64_encode(theirs));
}

#[test]
fn push_signatures_are_judged_as_the_vectors_say() {
    for case in list(&mini(), "push_signature") {
        let parts = [text(case, "token"), text(case, "timestamp"), text(case, "nonce")];
        let judged = check_signature(&parts, text(case, "signature")).is_ok();
        assert_eq!(judged, case["ok"].as_bool().unwrap(), "{}", case["name"]);
    }
}

#[test]
fn an_encoding_aes_key_may_carry_surplus_bits_but_no_other_length() {
    for case in list(&mini(), "encoding_aes_key") {
        let key = PushKey::parse(text(case, "encoding_aes_key"));
        if case["ok"].as_bool().unwrap() {
            assert_eq!(hex::encode(key.unwrap().as_bytes()), text(case, "key_hex"), "{}", case["name"]);
        } else {
            assert!(key.is_err(), "{}", case["name"]);
        }
    }
}

#[test]
fn sealed_pushes_come_out_byte_for_byte_and_open_again() {
    for case in list(&mini(), "push_seal") {
        let key = PushKey::parse(text(case, "encoding_aes_key")).unwrap();
        let random: [u8; 16] = text(case, "random16").as_bytes().try_into().unwrap();
        let (plain, appid) = (text(case, "plaintext"), text(case, "appid"));
        let sealed = key.seal(random, plain.as_bytes(), appid).unwrap();
        assert_eq!(sealed, text(case, "encrypt"), "{}", case["name"]);
        let signed = signature(&[text(case, "token"), text(case, "timestamp"), text(case, "nonce"), &sealed]);
        assert_eq!(signed, text(case, "msg_signature"), "{}", case["name"]);
        assert_eq!(key.open(&sealed, appid).unwrap(), plain.as_bytes());
        assert_eq!(key.open(&sealed, "wxanother"), Err(CryptoError::ForeignApp));
    }
}

#[test]
fn user_data_is_judged_as_the_vectors_say() {
    let set = mini();
    for case in list(&set, "user_data_signature") {
        let judged =
            user_data::check_signature(text(case, "session_key"), text(case, "raw_data"), text(case, "signature"));
        assert_eq!(judged.is_ok(), case["ok"].as_bool().unwrap(), "{}", case["name"]);
    }
    for case in list(&set, "user_data_decrypt") {
        let opened = user_data::open(
            text(case, "session_key"),
            text(case, "iv"),
            text(case, "encrypted_data"),
            text(case, "appid"),
        );
        if case["ok"].as_bool().unwrap() {
            assert_eq!(opened.unwrap(), case["data"], "{}", case["name"]);
        } else {
            assert!(opened.is_err(), "{}", case["name"]);
        }
    }
    for case in list(&set, "session_check") {
        let made = user_data::session_signature(text(case, "session_key"), text(case, "data"));
        assert_eq!(digest::same(made, text(case, "signature")), case["ok"].as_bool().unwrap(), "{}", case["name"]);
    }
}

#[test]
fn known_digests_come_out() {
    assert_eq!(digest::md5_hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(digest::sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(digest::sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 2202 and RFC 4231, the case keyed with "Jefe".
    let (key, message) = (b"Jefe".as_slice(), b"what do ya want for nothing?".as_slice());
    assert_eq!(digest::hmac_md5_hex(key, message).unwrap(), "750c783e6ab0b503eaa86e310a5db738");
    assert_eq!(hex::encode(digest::hmac_sha1(key, message)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_eq!(
        digest::hmac_sha256_hex(key, message),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn nothing_secret_is_printed() {
    let key = PrivateKey::generate().unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey([REDACTED])");
    assert_eq!(format!("{:?}", AeadKey::new(&[7; 32]).unwrap()), "AeadKey([REDACTED])");
    let push_key = PushKey::parse("rLfIm10aMT6GeHUBJr9hEGuoUuNKixFl57cfWhZsG0E").unwrap();
    assert_eq!(format!("{push_key:?}"), "PushKey([REDACTED])");
}

#[test]
fn random_texts_have_their_length_and_alphabet_and_differ() {
    let one = random::nonce(32);
    assert_eq!(one.len(), 32);
    assert!(one.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_ne!(one, random::nonce(32));
    assert_eq!(random::token().len(), 43);
    assert_ne!(random::bytes::<16>(), random::bytes::<16>());
}

proptest::proptest! {
    #[test]
    fn a_push_goes_round_whatever_it_says(message in proptest::collection::vec(0u8..=255, 0..200), random in proptest::array::uniform16(0u8..)) {
        let key = PushKey::parse("rLfIm10aMT6GeHUBJr9hEGuoUuNKixFl57cfWhZsG0E").unwrap();
        let sealed = key.seal(random, &message, "wx1").unwrap();
        proptest::prop_assert_eq!(key.open(&sealed, "wx1").unwrap(), message);
    }

    #[test]
    fn garbage_never_panics(garbage in proptest::collection::vec(0u8..=255, 0..200)) {
        let text = kernel::crypto::base64_encode(&garbage);
        let key = PushKey::parse("rLfIm10aMT6GeHUBJr9hEGuoUuNKixFl57cfWhZsG0E").unwrap();
        proptest::prop_assert!(key.open(&text, "wx1").is_err());
        proptest::prop_assert!(user_data::open("ZCvUNvzcpooABJjgouMOEA==", "9/Q4Xmdmi+Jq5+/MmYoMOg==", &text, "wx1").is_err());
        proptest::prop_assert!(push::check_signature(&[&text], &text).is_err());
        let _ = PrivateKey::from_der(&garbage).is_err();
        proptest::prop_assert!(PublicKey::from_der(&garbage).is_err());
        proptest::prop_assert!(Certificate::from_der(&garbage).is_err());
    }
}
