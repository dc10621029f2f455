//! Carriers as the platforms list them: each has a number, a code and a name.

use super::StorePlatform;

/// One carrier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carrier {
    pub(crate) number: u64,
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
}

const fn carrier(number: u64, code: &'static str, name: &'static str) -> Carrier {
    Carrier { number, code, name }
}

/// Those of China.
const CHINESE: &[Carrier] = &[
    carrier(44, "SF", "顺丰快递"),
    carrier(115, "ZTO", "中通快递"),
    carrier(85, "YTO", "圆通快递"),
    carrier(1, "STO", "申通快递"),
    carrier(121, "YUNDA", "韵达快递"),
    carrier(384, "JTSD", "极兔速递"),
    carrier(120, "JD", "京东快递"),
    carrier(118, "EMS", "EMS"),
    carrier(132, "YZXB", "邮政快递包裹"),
    carrier(131, "DBKD", "德邦快递"),
    carrier(117, "UC", "优速快递"),
];

/// Those that carry across borders.
const OVERSEAS: &[Carrier] = &[
    carrier(3, "USPS", "USPS"),
    carrier(4, "UPS", "UPS"),
    carrier(5, "FEDEX", "FedEx"),
    carrier(6, "DHL", "DHL Express"),
    carrier(7, "YANWEN", "Yanwen"),
    carrier(8, "4PX", "4PX"),
    carrier(9, "CHINA_POST", "China Post"),
    carrier(10, "SF", "SF Express"),
];

impl StorePlatform {
    /// The carriers it knows.
    pub(crate) fn carriers(self) -> &'static [Carrier] {
        if self.is_chinese() { CHINESE } else { OVERSEAS }
    }

    /// The carrier with this code, capitals or not.
    pub(crate) fn carrier_by_code(self, code: &str) -> Option<&'static Carrier> {
        self.carriers().iter().find(|carrier| carrier.code.eq_ignore_ascii_case(code))
    }

    /// The carrier with this number.
    pub(crate) fn carrier_by_number(self, number: &str) -> Option<&'static Carrier> {
        self.carriers().iter().find(|carrier| carrier.number.to_string() == number)
    }
}
