//! The company behind a store and the one behind the mini-program, and what follows when they differ.

use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;

/// Something that follows from two companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// A stable word.
    pub code: &'static str,
    /// For Chinese readers.
    pub zh: &'static str,
    /// For English ones.
    pub en: &'static str,
}

/// Both companies, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The mini-program's, as the shop file says.
    pub shop: Option<String>,
    /// The store's, as an operator entered it.
    pub store: Option<String>,
    /// Whether they are one; `None` while one of them is not known.
    pub same: Option<bool>,
    /// What follows; empty when they are one.
    pub consequences: Vec<Consequence>,
}

const UNKNOWN: Consequence = Consequence {
    code: "unknown",
    zh: "尚未登记双方主体，无法比较：请填写店铺主体，并在店铺文件 [miniprogram] legal_subject 中填写小程序主体。",
    en: "A company is not recorded yet, so nothing can be compared: enter the store's, and the mini-program's under \
         [miniprogram] legal_subject of the shop file.",
};

/// What follows from two companies, for an own store.
const DIFFERENT: [Consequence; 4] = [
    Consequence {
        code: "cross_subject_authorisation",
        zh: "跨主体授权：店铺主体须书面授权小程序主体使用其商品、图片、商标并代为处理订单；平台可能要求服务商类应用，\
             自用型（自研）应用通常只能授权同一主体的店铺。",
        en: "Authorisation across companies: the store's company must allow the mini-program's in writing to use its \
             goods, pictures and marks and to handle its orders. A platform may want an app of the service-provider \
             kind; apps for one's own use usually reach stores of the same company alone.",
    },
    Consequence {
        code: "split_of_money",
        zh: "资金分属两方：小程序内的货款进入小程序主体的商户号，平台上的货款进入店铺主体；两者之间须按合同结算或分账，\
             可把店铺主体登记为供应商或分账接收方。",
        en: "Money of two parties: what is paid in the mini-program arrives at its company's merchant account, what is \
             paid on the platform at the store's. The two settle by contract or by profit sharing; enter the store's \
             company as a supplier or as a sharing receiver.",
    },
    Consequence {
        code: "invoices_and_qualifications",
        zh: "发票与资质：小程序内的销售方是小程序主体，由其开具发票并具备经营所需资质（如食品经营许可）。",
        en: "Invoices and licences: in the mini-program its own company sells, writes the invoice and needs the \
             licences for the goods, as for food.",
    },
    Consequence {
        code: "personal_data",
        zh: "个人信息：把小程序订单的收货信息推送给店铺主体属于向第三方提供，须在隐私政策中告知并取得同意。",
        en: "Personal data: telling the store's company a receiver of a mini-program order passes data to a third \
             party, which the privacy policy must say and the shopper must agree to.",
    },
];

/// Compares the company behind `row` with the shop's.
pub fn compared(shop: &Shop, row: &store::Model) -> Subject {
    let (ours, theirs) = (shop.profile.legal_subject.clone(), row.legal_subject.clone());
    let same = ours.as_deref().zip(theirs.as_deref()).map(|(ours, theirs)| plain(ours) == plain(theirs));
    let consequences = match same {
        Some(true) => Vec::new(),
        Some(false) => DIFFERENT.to_vec(),
        None => vec![UNKNOWN],
    };
    Subject { shop: ours, store: theirs, same, consequences }
}

/// A company's name as far as it tells two apart: brackets are written both ways, blanks mean nothing.
fn plain(name: &str) -> String {
    let bracket = |sign| match sign {
        '（' => '(',
        '）' => ')',
        other => other,
    };
    name.chars().filter(|sign| !sign.is_whitespace()).map(bracket).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_blanks_make_no_other_company() {
        assert_eq!(plain("团桥（广州）科技有限公司"), plain("团桥(广州) 科技有限公司 "));
        assert_ne!(plain("团桥科技"), plain("团桥商贸"));
    }
}
