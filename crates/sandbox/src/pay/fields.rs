//! Rules of single fields, named as in the documentation.

use chrono::DateTime;

use super::answer::Refusal;

/// Day a payment may lie ahead at most.
const LONGEST_EXPIRY_S: i64 = 90 * 86_400;

/// An absent expiry means a week.
const DEFAULT_EXPIRY_S: i64 = 7 * 86_400;

/// `value` has 1 to `most` characters.
pub(super) fn text(field: &str, value: &str, most: usize) -> Result<(), Refusal> {
    let length = value.chars().count();
    if length == 0 {
        return Err(Refusal::param(field, "不能为空"));
    }
    if length > most { Err(Refusal::param(field, &format!("长度超过{most}"))) } else { Ok(()) }
}

/// As [`text`], where the field may be absent.
pub(super) fn optional_text(field: &str, value: Option<&str>, most: usize) -> Result<(), Refusal> {
    value.map_or(Ok(()), |value| text(field, value, most))
}

/// `value` has `least` to `most` bytes, letters, digits and the `extra` characters alone.
pub(super) fn number(field: &str, value: &str, least: usize, most: usize, extra: &str) -> Result<(), Refusal> {
    if value.len() < least || value.len() > most {
        return Err(Refusal::param(field, &format!("长度须为{least}到{most}")));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || extra.contains(c);
    if value.chars().all(legal) { Ok(()) } else { Err(Refusal::param(field, "含有不允许的字符")) }
}

/// 商户订单号: 6 to 32 of `0-9A-Za-z_-|*`.
pub(super) fn out_trade_no(value: &str) -> Result<(), Refusal> {
    number("/out_trade_no", value, 6, 32, "_-|*")
}

/// An amount of at least one fen and at most a hundred million yuan.
pub(super) fn amount(field: &str, fen: i64) -> Result<(), Refusal> {
    if (1..=10_000_000_000).contains(&fen) {
        Ok(())
    } else {
        Err(Refusal::param(field, "金额须为正整数，单位为分"))
    }
}

/// The only currency there is.
pub(super) fn currency(field: &str, value: Option<&str>) -> Result<(), Refusal> {
    match value {
        None | Some("CNY") => Ok(()),
        Some(_) => Err(Refusal::param(field, "仅支持CNY")),
    }
}

/// An absolute URL without query; plain http only towards this machine.
pub(super) fn notify_url(value: &str, most: usize) -> Result<(), Refusal> {
    let wrong = |issue| Err(Refusal::param("/notify_url", issue));
    if value.len() > most {
        return wrong("长度超限");
    }
    let Ok(parsed) = url::Url::parse(value) else {
        return wrong("不是有效的URL");
    };
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return wrong("不能携带参数");
    }
    let loopback = match parsed.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => wrong("必须为https"),
    }
}

/// The last moment to pay for an order made at `now`: RFC 3339 with offset; raised to a minute,
/// cut to 90 days, a week when absent.
pub(super) fn time_expire(value: Option<&str>, now: i64) -> Result<i64, Refusal> {
    let Some(value) = value else {
        return Ok(now + DEFAULT_EXPIRY_S);
    };
    let moment = DateTime::parse_from_rfc3339(value)
        .map_err(|_| Refusal::param("/time_expire", "须遵循rfc3339标准格式"))?
        .timestamp();
    Ok(moment.clamp(now + 60, now + LONGEST_EXPIRY_S))
}

/// Refuses an openid that is not of `appid`.
pub(super) fn openid(appid: &str, openid: &str) -> Result<(), Refusal> {
    if crate::wechat::openid_belongs(appid, openid) {
        return Ok(());
    }
    Err(Refusal::new(500, "OPENID_MISMATCH", "openid和appid不匹配"))
}
