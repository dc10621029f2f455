//! What the demo's shop sells.

/// One kind of goods: category, title, what it says, price in fen, stock, specs.
pub(super) struct Offer {
    pub(super) category: &'static str,
    pub(super) title: &'static str,
    pub(super) subtitle: &'static str,
    /// Spec values with their prices in fen.
    pub(super) skus: &'static [(&'static str, i64)],
    pub(super) stock: i64,
}

const fn offer(
    category: &'static str,
    title: &'static str,
    subtitle: &'static str,
    skus: &'static [(&'static str, i64)],
    stock: i64,
) -> Offer {
    Offer { category, title, subtitle, skus, stock }
}

/// The categories, in order.
pub(super) const CATEGORIES: [&str; 6] = ["水果", "蔬菜", "肉禽蛋", "乳品烘焙", "粮油调味", "日用百货"];

/// The goods, in the shop's own order.
pub(super) const OFFERS: [Offer; 24] = [
    offer("水果", "赣南脐橙", "产地直发，皮薄多汁", &[("2.5 kg", 1_990), ("5 kg", 3_590)], 200),
    offer("水果", "洛川红富士苹果", "果径 80 mm 以上", &[("2.5 kg", 2_290), ("5 kg", 4_190)], 150),
    offer("水果", "库尔勒香梨", "脆甜无渣", &[("2 kg", 1_880)], 120),
    offer("水果", "蜜柚", "红心，约 1 kg 一个", &[("2 个", 1_590)], 80),
    offer("蔬菜", "西红柿", "自然熟", &[("1 kg", 690)], 300),
    offer("蔬菜", "土豆", "黄心，沙面", &[("2.5 kg", 890)], 300),
    offer("蔬菜", "上海青", "当天采收", &[("500 g", 390)], 100),
    offer("蔬菜", "西兰花", "两颗装", &[("2 颗", 890)], 100),
    offer("肉禽蛋", "谷饲土鸡蛋", "现货，破损包赔", &[("30 枚", 2_990)], 90),
    offer("肉禽蛋", "前腿肉", "冷鲜，早上到点", &[("500 g", 1_690)], 60),
    offer("肉禽蛋", "三黄鸡", "净膛一只，约 1 kg", &[("1 只", 3_290)], 40),
    offer("肉禽蛋", "牛腩", "原切，不注水", &[("500 g", 3_990)], 50),
    offer("乳品烘焙", "鲜牛奶", "低温，保质 7 天", &[("950 ml", 1_490)], 120),
    offer("乳品烘焙", "原味酸奶", "无添加糖", &[("12 杯", 3_590)], 80),
    offer("乳品烘焙", "全麦吐司", "当日现烤", &[("400 g", 1_290)], 60),
    offer("乳品烘焙", "蛋黄酥", "手工，独立包装", &[("6 枚", 2_590)], 70),
    offer("粮油调味", "五常大米", "当年新米", &[("5 kg", 4_990), ("10 kg", 9_590)], 100),
    offer("粮油调味", "压榨花生油", "一级", &[("5 L", 10_990)], 60),
    offer("粮油调味", "酿造酱油", "头道", &[("500 ml", 1_190)], 150),
    offer("粮油调味", "手工挂面", "晾晒三天", &[("1 kg", 990)], 150),
    offer("日用百货", "原木抽纸", "3 层 100 抽", &[("24 包", 3_990)], 100),
    offer("日用百货", "洗衣液", "低泡易漂", &[("3 kg", 3_290)], 80),
    offer("日用百货", "加厚垃圾袋", "手提式", &[("100 只", 1_290)], 200),
    offer("日用百货", "洗洁精", "食品用", &[("1 kg", 990)], 120),
];
