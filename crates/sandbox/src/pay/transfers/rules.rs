//! Field rules of a transfer and what each scene asks for.

use super::Create;
use crate::pay::answer::Refusal;
use crate::pay::{Call, fields};

/// From 2000 yuan on the real name must be given.
const NAME_FROM_FEN: i64 = 200_000;

/// The least amount.
const LEAST_FEN: i64 = 10;

/// A scene: its id, the report entries it asks for (none named: any), the perceptions it allows.
struct Scene {
    id: &'static str,
    report: &'static [&'static str],
    perceptions: &'static [&'static str],
}

const SCENES: [Scene; 4] = [
    Scene { id: "1000", report: &["活动名称", "奖励说明"], perceptions: &["现金奖励", "活动奖励"] },
    Scene {
        id: "1005",
        report: &["岗位类型", "报酬说明"],
        perceptions: &["劳务报酬", "报销款", "企业补贴", "开工利是"],
    },
    Scene { id: "1006", report: &[], perceptions: &["报销款", "企业补贴"] },
    Scene { id: "1011", report: &["赔付原因"], perceptions: &["退款", "商家赔付"] },
];

/// Checks every field of `body`; `user_name` is the opened name.
pub(super) fn judge(call: &Call<'_>, body: &Create, user_name: Option<&str>) -> Result<(), Refusal> {
    if !call.account.binds(&body.appid) {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"));
    }
    fields::number("/out_bill_no", &body.out_bill_no, 1, 32, "")?;
    if !crate::wechat::openid_belongs(&body.appid, &body.openid) {
        return Err(Refusal::param("/openid", "openid与appid不匹配"));
    }
    if body.transfer_amount < LEAST_FEN {
        return Err(Refusal::param("/transfer_amount", "转账金额最低10分"));
    }
    if body.transfer_amount > call.state.config().transfer_max_fen {
        return Err(Refusal::new(403, "RULE_LIMIT", "转账金额超过单笔限额"));
    }
    if body.transfer_amount >= NAME_FROM_FEN && user_name.is_none() {
        return Err(Refusal::param("/user_name", "转账金额大于等于2000元时必填"));
    }
    fields::text("/transfer_remark", &body.transfer_remark, 32)?;
    if let Some(url) = &body.notify_url {
        fields::notify_url(url, 256)?;
    }
    judge_scene(body)
}

fn judge_scene(body: &Create) -> Result<(), Refusal> {
    let known = SCENES.iter().find(|scene| scene.id == body.transfer_scene_id);
    let scene = known.ok_or_else(|| Refusal::new(403, "NO_AUTH", "商户未开通该转账场景"))?;
    let infos = &body.transfer_scene_report_infos;
    for info in infos {
        fields::text("/transfer_scene_report_infos/info_type", &info.info_type, 15)?;
        fields::text("/transfer_scene_report_infos/info_content", &info.info_content, 32)?;
    }
    let all = scene.report.iter().all(|wanted| infos.iter().any(|info| info.info_type == *wanted));
    if infos.is_empty() {
        return Err(Refusal::new(400, "PARAM_ERROR", "需传入转账场景报备信息，请检查"));
    }
    if !all || (!scene.report.is_empty() && infos.len() != scene.report.len()) {
        return Err(Refusal::new(400, "PARAM_ERROR", "未传入完整且对应的转账场景报备信息"));
    }
    match body.user_recv_perception.as_deref() {
        None => Ok(()),
        Some(perception) if scene.perceptions.contains(&perception) => Ok(()),
        Some(_) => Err(Refusal::invalid("暂不支持展示当前传入的用户收款感知")),
    }
}
