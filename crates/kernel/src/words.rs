//! What went wrong in words: states as the contract spells them, and the Chinese details.
//!
//! English details are written beside each error. The Chinese ones are made here from what an error
//! tells anyway: its code's title, the faulty fields and the facts in `extra`.

use serde::Serialize;
use serde_json::Value;

use crate::{Code, FieldFault};

/// A state or event as the contract spells it: `pending_payment`.
pub fn wire(word: &impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Facts of `extra` that are told to people, with their Chinese names; the others are for programs.
const FACTS: [(&str, &str); 17] = [
    ("status", "当前状态"),
    ("state", "当前状态"),
    ("reason", "原因"),
    ("version", "最新版本"),
    ("goods", "商品数"),
    ("categories", "下级分类数"),
    ("limit", "上限"),
    ("period", "周期"),
    ("opens_at", "恢复营业时间"),
    ("redeemed_at", "核销时间"),
    ("retry_after_s", "需等待秒数"),
    ("minimum_spend_fen", "起购金额（分）"),
    ("min_fen", "最低金额（分）"),
    ("max_fen", "最高金额（分）"),
    ("daily_count", "每日次数上限"),
    ("daily_fen", "每日金额上限（分）"),
    ("offered", "可用方式"),
];

/// The Chinese detail of an error: its title, then the faulty fields and the facts.
pub fn detail_zh(code: Code, fields: &[FieldFault], extra: Option<&Value>) -> String {
    let fields = fields.iter().map(|fault| format!("{} {}", fault.field, fault_zh(fault)));
    let facts = FACTS.iter().filter_map(|(key, name)| Some(format!("{name} {}", plain(extra?.get(key)?)?)));
    let told: Vec<String> = fields.chain(facts).collect();
    if told.is_empty() { code.title_zh().to_owned() } else { format!("{}：{}", code.title_zh(), told.join("，")) }
}

fn plain(fact: &Value) -> Option<String> {
    match fact {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What is wrong with a field, in Chinese. Limits are taken from the English detail, which has them.
pub fn fault_zh(fault: &FieldFault) -> String {
    limit_zh(&fault.detail).unwrap_or_else(|| word_zh(&fault.code).to_owned())
}

/// `at most 32 characters`, `at least 8 characters`, `1 to 9999`, `… add up to 10001, over 10000`, perhaps
/// those of `goods` with an id.
fn limit_zh(detail: &str) -> Option<String> {
    if let Some((what, sum)) = detail.split_once(" add up to ") {
        let goods = what.split_once(" goods ").and_then(|(_, named)| named.split(',').next());
        let whose = goods.map(|goods| format!("商品 {goods} ")).unwrap_or_default();
        return Some(format!("{whose}合计 {}", sum.replace(", over ", "，超过 ")));
    }
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    match detail.split(' ').collect::<Vec<_>>().as_slice() {
        ["at", "most", number, thing] if is_number(number) => Some(format!("最多 {number} {}", unit_zh(thing))),
        ["at", "least", number, thing] if is_number(number) => Some(format!("至少 {number} {}", unit_zh(thing))),
        [least, "to", most, ..] if is_number(least) && is_number(most) => Some(format!("应为 {least} 到 {most}")),
        _ => None,
    }
}

fn unit_zh(thing: &str) -> &'static str {
    match thing {
        "characters" => "个字符",
        "pictures" => "张图片",
        _ => "项",
    }
}

fn word_zh(code: &str) -> &'static str {
    match code {
        "required" => "必填",
        "unknown" => "不是可用的字段",
        "too_short" => "太短",
        "too_long" => "太长",
        "out_of_range" => "超出范围",
        "duplicate" => "重复",
        "too_few" => "太少",
        "too_many" => "太多",
        _ => "不正确",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        PendingPayment,
    }

    #[test]
    fn a_state_is_spelled_as_on_the_wire() {
        assert_eq!(wire(&Status::PendingPayment), "pending_payment");
    }

    #[test]
    fn the_chinese_detail_tells_the_state_and_the_limits() {
        let extra = json!({"status": Status::PendingPayment, "sku_id": "sku_1", "max_fen": 5});
        let detail = detail_zh(Code::OrderWrongState, &[], Some(&extra));
        assert_eq!(detail, "订单当前状态不支持此操作：当前状态 pending_payment，最高金额（分） 5");
        assert_eq!(detail_zh(Code::OrderNotFound, &[], None), "订单不存在");
        let faults = [
            FieldFault::new("name", "too_long", "at most 32 characters"),
            FieldFault::new("quantity", "out_of_range", "1 to 9999"),
            FieldFault::new("rate_bp", "out_of_range", "all rates add up to 10001, over 10000"),
            FieldFault::new("fee_bp", "out_of_range", "what goods gds_1, and others give add up to 10002, over 10000"),
            FieldFault::new("code", "required", "missing field `code`"),
        ];
        let detail = detail_zh(Code::ValidationFailed, &faults, None);
        let limits = "name 最多 32 个字符，quantity 应为 1 到 9999，rate_bp 合计 10001，超过 10000";
        assert_eq!(detail, format!("请求内容有误：{limits}，fee_bp 商品 gds_1 合计 10002，超过 10000，code 必填"));
    }
}
