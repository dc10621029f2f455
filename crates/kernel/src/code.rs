//! The stable error codes of the API: one failure, one code. Add, never rename.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $zh:literal, $en:literal;)*) => {
        /// What went wrong, as a stable word of the public contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $en] $name,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code's text, as sent.
            pub const fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The title for Chinese readers.
            pub const fn title_zh(self) -> &'static str {
                match self { $(Code::$name => $zh,)* }
            }

            /// The title for English readers.
            pub const fn title_en(self) -> &'static str {
                match self { $(Code::$name => $en,)* }
            }
        }
    };
}

codes! {
    Internal = "internal", "系统出错，请稍后再试", "Something went wrong on our side; try again later";
    NotFound = "not_found", "没有找到", "Not found";
    MethodNotAllowed = "method_not_allowed", "不支持的请求方法", "This method is not offered here";
    NotAcceptable = "not_acceptable", "无法按 Accept-Encoding 应答", "No answer is acceptable to Accept-Encoding";
    BodyTooLarge = "body.too_large", "请求内容过大", "The request body is too large";
    UnsupportedMediaType = "body.unsupported_media_type", "不支持的内容类型", "Send application/json";
    ValidationFailed = "validation.failed", "请求内容有误", "The request is not valid";
    AmountOutOfRange = "amount.out_of_range", "金额超出范围", "An amount is out of range";
    RateLimited = "rate.limited", "请求太频繁，请稍后再试", "Too many requests; try again later";
    Busy = "busy", "系统繁忙，请稍后再试", "The system is busy; try again shortly";

    IdempotencyKeyRequired = "idempotency.key_required", "缺少 Idempotency-Key", "An Idempotency-Key header is required";
    IdempotencyKeyReused = "idempotency.key_reused", "Idempotency-Key 已用于其他请求", "The Idempotency-Key was used for another request";
    IdempotencyInProgress = "idempotency.in_progress", "相同的请求正在处理", "The same request is still being processed";

    ShopRequired = "shop.required", "请用 X-App-Id 指明店铺", "Name the shop with X-App-Id";
    ShopUnknown = "shop.unknown", "店铺不存在", "No shop has this app id";
    ShopClosed = "shop.closed", "店铺休市中", "The shop is closed at this time";

    AuthRequired = "auth.required", "请先登录", "Sign in first";
    AuthExpired = "auth.expired", "登录已过期", "The access token has expired";
    AuthInvalid = "auth.invalid", "登录凭证无效", "The token is not valid";
    AuthForbidden = "auth.forbidden", "没有权限", "This is not allowed for you";
    AuthCsrf = "auth.csrf", "缺少或错误的 X-CSRF-Token", "The X-CSRF-Token header is missing or wrong";
    OperatorLastOwner = "operator.last_owner", "店铺至少保留一名所有者", "A shop keeps at least one owner";
    AuthBadCredentials = "auth.bad_credentials", "用户名或密码错误", "The user name or password is wrong";
    LoginCodeInvalid = "login.code_invalid", "登录码无效，请重新登录", "The login code is invalid or used; call wx.login again";
    LoginRefused = "login.refused", "微信拒绝了此次登录", "WeChat refused this sign-in";
    LoginUnavailable = "login.unavailable", "微信登录暂不可用，请稍后再试", "WeChat's sign-in is unavailable; try again shortly";
    PhoneCodeInvalid = "phone.code_invalid", "手机号验证码无效", "The phone code is invalid or used";
    PhoneUnavailable = "phone.unavailable", "微信手机号服务暂不可用，请稍后再试", "WeChat's phone number service is unavailable; try again shortly";
    MemberBanned = "member.banned", "账号已被停用", "This account is suspended";

    AddressNotFound = "address.not_found", "地址不存在", "The address does not exist";
    AddressTooMany = "address.too_many", "地址数量已达上限", "The address book is full";
    PickupPointNotFound = "pickup_point.not_found", "自提点不存在", "The pickup point does not exist";
    PickupPointClosed = "pickup_point.closed", "自提点暂停服务", "The pickup point takes no orders now";
    PickupPointRequired = "pickup_point.required", "请先选择自提点", "Choose a pickup point first";

    CategoryNotFound = "category.not_found", "分类不存在", "The category does not exist";
    CategoryInUse = "category.in_use", "分类下还有商品", "The category still holds goods";
    GoodsNotFound = "goods.not_found", "商品不存在", "The goods do not exist";
    GoodsChanged = "goods.changed", "商品已被他人修改，请刷新", "The goods were changed by somebody else; read them again";
    SkuNotFound = "sku.not_found", "规格不存在", "The SKU does not exist";
    GoodsNotOnSale = "goods.not_on_sale", "商品不在售", "The goods are not on sale";
    GoodsNotInRegion = "goods.not_in_region", "商品不在此区域销售", "The goods are not sold at this place";
    GoodsAffiliateOnly = "goods.affiliate_only", "该商品需到原平台购买", "These goods are bought on their own platform";
    GoodsNotAffiliate = "goods.not_affiliate", "该商品在本店购买", "These goods are bought in this shop";
    GoodsExpressOnly = "goods.express_only", "快递商品需单独下单", "Express-only goods are ordered apart and by express";
    StockShort = "stock.short", "库存不足", "Not enough stock";
    StockNegative = "stock.negative", "库存不能为负", "Stock cannot become negative";
    StockUnlimited = "stock.unlimited", "该规格不限库存", "This SKU has unlimited stock";
    PurchaseLimit = "purchase.limit", "超过限购数量", "The purchase limit is reached";
    PurchaseMinimum = "purchase.minimum_quantity", "未达到起购数量", "The minimum quantity is not reached";
    MinimumSpend = "checkout.minimum_spend", "未达到起购金额", "The minimum spend is not reached";
    NewBuyerOnly = "purchase.new_buyer_only", "仅限新人购买", "Only for members without an earlier order";
    SeveralMerchants = "checkout.several_merchants", "商品由多个商户收款，请合并结算", "Several merchants collect this basket; place it with POST /api/v1/checkouts";
    WechatPayAlone = "checkout.wechat_pay_alone", "由供应商收款的商品只能用微信支付", "What a supplier collects itself is paid by WeChat Pay alone";
    CheckoutNotFound = "checkout.not_found", "结算单不存在", "The checkout does not exist";
    PaidTogether = "order.paid_together", "该订单与其他订单合并支付", "The order is paid together with the others of its checkout";
    CheckoutEmpty = "checkout.empty", "没有可下单的商品", "There is nothing to order";
    PriceChanged = "checkout.price_changed", "价格已变化，请确认", "The price has changed; look at the new quote";
    CouponNotUsable = "coupon.not_usable", "优惠券不可用", "The coupon cannot be used here";
    PointsNotEnough = "points.not_enough", "积分不足或超过可用上限", "Not enough points, or more than may be used";
    BalanceNotEnough = "balance.not_enough", "余额不足", "Not enough balance";
    BalanceAboveCeiling = "balance.above_ceiling", "超过账户余额上限", "More than a member may have as balance";
    RechargeNotFound = "recharge.not_found", "充值单不存在", "The recharge does not exist";
    RechargePlanNotFound = "recharge.plan_not_found", "充值方案不存在", "The recharge plan does not exist";
    RechargeNotOffered = "recharge.not_offered", "不支持该充值", "This recharge is not offered";
    RechargeWrongState = "recharge.wrong_state", "充值单当前状态不允许此操作", "The recharge's state does not allow this";
    CartFull = "cart.full", "购物车已满", "The cart is full";

    OrderNotFound = "order.not_found", "订单不存在", "The order does not exist";
    OrderWrongState = "order.wrong_state", "订单当前状态不支持此操作", "The order's state does not allow this";
    OrderExpired = "order.expired", "订单已超时", "The time to pay this order is over";
    PaymentNotNeeded = "payment.not_needed", "订单无需支付", "There is nothing to pay";
    PaymentUnavailable = "payment.unavailable", "支付暂不可用，请稍后再试", "The payment service is unavailable; try again shortly";
    PaymentRefused = "payment.refused", "支付渠道拒绝了请求", "The payment service refused the request";
    PaymentNotConfigured = "payment.not_configured", "店铺未配置支付", "The shop has no payment account";
    PaymentClosing = "payment.closing", "订单正在关闭", "The order is being closed";

    RefundNotFound = "refund.not_found", "退款不存在", "The refund does not exist";
    RefundTooMuch = "refund.too_much", "超过可退数量或金额", "More than can still be refunded";
    ComplaintNotFound = "complaint.not_found", "投诉单不存在", "The complaint does not exist";
    ComplaintWrongState = "complaint.wrong_state", "投诉单当前状态不支持此操作", "The complaint's state does not allow this";
    ReceiptNotConfirmed = "order.receipt_not_confirmed", "请先在微信确认收货", "Confirm receipt at WeChat first";
    ShippingUploadNotFound = "shipping_upload.not_found", "没有该笔支付的发货信息", "This payment has no shipping information";
    ShippingUploadWrongState = "shipping_upload.wrong_state", "发货信息当前不能重新上传", "The shipping information cannot be told again now";
    AfterSaleNotFound = "after_sale.not_found", "售后单不存在", "The after-sale ticket does not exist";
    AfterSaleWrongState = "after_sale.wrong_state", "售后单当前状态不支持此操作", "The ticket's state does not allow this";
    AfterSaleWindowOver = "after_sale.window_over", "已过售后期", "The after-sale window is over";
    AfterSaleNotEscalable = "after_sale.not_escalable", "不能再申请平台介入", "The platform's judgment cannot be asked for any more";
    AfterSaleOpen = "after_sale.open", "该商品已有进行中的售后", "A ticket is already open for this line";

    LeaderNotFound = "leader.not_found", "团长不存在", "The leader does not exist";
    LeaderFrozen = "leader.frozen", "团长已被冻结", "The leader is frozen";
    LeaderCycle = "leader.recommendation_cycle", "推荐关系不能成环", "Recommendations cannot run in a circle";
    LeaderRequired = "leader.required", "仅限团长", "Only a leader may do this";
    ApplicationPending = "application.pending", "申请审核中", "An application is already waiting";
    ApplicationNotFound = "application.not_found", "申请不存在", "The application does not exist";
    ApplicationDecided = "application.decided", "申请已处理", "The application was already decided";
    PickupCodeUnknown = "pickup.code_unknown", "取货码无效", "The pickup code is not valid here";
    PickupAlreadyRedeemed = "pickup.already_redeemed", "取货码已核销", "The pickup code was already redeemed";
    PickupNotArrived = "pickup.not_arrived", "商品尚未到达自提点", "The goods have not arrived yet";
    VerifierNotFound = "verifier.not_found", "核销员不存在", "The verifier does not exist";
    VerifierExists = "verifier.exists", "已是核销员", "This member is a verifier already";
    DeliveryNotFound = "delivery.not_found", "清单不存在", "The delivery list does not exist";
    DeliveryWrongState = "delivery.wrong_state", "清单当前状态不支持此操作", "The delivery list's state does not allow this";
    DeliveryEmpty = "delivery.empty", "没有待配送的订单", "No order is waiting to be delivered";

    WithdrawalNotFound = "withdrawal.not_found", "提现不存在", "The withdrawal does not exist";
    WithdrawalWrongState = "withdrawal.wrong_state", "提现当前状态不支持此操作", "The withdrawal's state does not allow this";
    WithdrawalTooSmall = "withdrawal.too_small", "低于最低提现金额", "Below the least amount of a withdrawal";
    WithdrawalTooLarge = "withdrawal.too_large", "超过单笔提现上限", "Above the limit of one withdrawal";
    WithdrawalDailyLimit = "withdrawal.daily_limit", "超过每日提现限制", "The daily limit of withdrawals is reached";
    WithdrawalChannel = "withdrawal.channel_not_offered", "该提现方式不可用", "This way of withdrawing is not offered";
    TransferNotFound = "transfer.not_found", "转账不存在", "The transfer does not exist";
    TransferUndecided = "transfer.undecided", "转账结果尚不明确，请稍后再试", "Whether the transfer was made is not known yet; try again later";
    PayoutAccountNotFound = "payout_account.not_found", "收款账户不存在", "The payout account does not exist";
    IdentityRequired = "identity.required", "请先填写实名信息", "Give your real name and ID number first";
    IdentityTaken = "identity.taken", "该证件号已属于其他团长", "This ID number belongs to another leader";
    IdentityFixed = "identity.fixed", "已按该实名信息代扣税款，不能修改", "Tax was withheld under this identity; it cannot be changed";
    PayoutBatchNotFound = "payout_batch.not_found", "付款批次不存在", "The payout batch does not exist";
    PayoutBatchEmpty = "payout_batch.empty", "没有待付款的提现", "No approved withdrawal is waiting for this channel";
    PayoutResultsRefused = "payout_batch.results_refused", "付款结果有误，未作任何变更", "The results do not fit the batch; nothing was changed";
    FundsNotEnough = "funds.not_enough", "可提现金额不足", "Not enough available money";
    ReceiverInvalid = "sharing.receiver_invalid", "分账接收方无效", "The sharing receiver is not valid";
    SharingNotDue = "sharing.not_due", "尚未到分账时间", "It is too early to share this order";
    SharingNotOffered = "sharing.not_offered", "该订单不支持分账", "This order cannot be shared";

    UploadNotFound = "upload.not_found", "上传不存在或已过期", "The upload does not exist or has expired";
    UploadInvalid = "upload.invalid", "图片无效", "The file is not an accepted picture";
    ImportNotFound = "import.not_found", "导入任务不存在", "The import does not exist";
    ImportWrongState = "import.wrong_state", "导入任务当前状态不支持此操作", "The import's state does not allow this";
    AffiliateOrderNotFound = "affiliate_order.not_found", "联盟订单不存在", "The affiliate order does not exist";
    MarketChannelTaken = "market_channel.taken", "该渠道编号已属于其他团长", "This channel id belongs to another leader";
    MarketplaceUnknown = "marketplace.unknown", "不支持的平台", "This marketplace is not known";
    MarketplaceNotConfigured = "marketplace.not_configured", "店铺未配置该平台", "The shop has no account on this marketplace";
    MarketplaceListing = "marketplace.listing_not_offered", "该平台不支持此类商品", "This marketplace does not offer this kind of listing";
    MarketplaceUnavailable = "marketplace.unavailable", "平台暂不可用，请稍后再试", "The marketplace is unavailable; try again shortly";
    CodeImageUnavailable = "poster.unavailable", "小程序码暂不可用", "The mini-program code is unavailable; try again shortly";

    StoreNotFound = "store.not_found", "店铺不存在", "The store does not exist";
    StoreNoticeNotFound = "store_notice.not_found", "平台消息不存在", "The platform's message does not exist";
    StoreBound = "store.bound", "该店铺已被绑定", "The store is bound already";
    StoreWrongState = "store.wrong_state", "店铺当前状态不支持此操作", "The store's state does not allow this";
    ChannelLineNotFound = "channel.line_not_found", "渠道商品不存在", "The store lists no such variant";
    ChannelNoStock = "channel.no_stock", "该平台不接收库存", "This marketplace takes no stock from us";
    StoreReauthorize = "store.reauthorize", "店铺需要重新授权", "The merchant must authorise the store again";
    StoreOtherAccount = "store.other_account", "授权的商家或站点与所选不一致", "Another merchant or site has authorised than the one chosen";
    StoreRefused = "store.refused", "平台拒绝了该店铺的请求", "The platform refused the request for this store";
    MarketOrderNotFound = "market_order.not_found", "平台订单不存在", "The marketplace order does not exist";
    MarketOrderWrongState = "market_order.wrong_state", "平台订单当前状态不支持此操作", "The marketplace order's state does not allow this";
    MarketOrderUnmatched = "market_order.unmatched", "平台订单有未匹配的商品", "The marketplace order has lines that match no SKU";
    MarketOrderShort = "market_order.short", "平台订单的库存不足", "The marketplace order has lines without stock";
    MarketOneParcel = "market_order.one_parcel", "该平台的一个订单只能发一个包裹", "The marketplace takes an order in one parcel";
    MarketCarrierUnknown = "market_order.carrier_unknown", "平台没有该快递公司", "The marketplace does not know the carrier";
    SupplierNotFound = "supplier.not_found", "供应商不存在", "The supplier does not exist";
    SupplierFrozen = "supplier.frozen", "供应商已被冻结", "The supplier is frozen";
    SupplierStatementNotFound = "supplier_statement.not_found", "供应商结算单不存在", "The supplier's statement does not exist";
    SupplierStatementWrongState = "supplier_statement.wrong_state", "结算单当前状态不支持此操作", "The statement's state does not allow this";
    SupplierStatementNotTransferable = "supplier_statement.not_transferable", "该结算单不能用商家转账支付", "The statement cannot be paid by transfer";
    SupplierStatementEmpty = "supplier_statement.empty", "没有待结算的明细", "Nothing moved since the last statement";
    EffectNotFound = "outbox.not_found", "任务不存在", "The outbox entry does not exist";
    EffectNotDead = "outbox.not_dead", "仅可重放失败的任务", "Only a dead outbox entry can be replayed";
    LedgerRefUnknown = "ledger.reference_unknown", "没有这笔金额", "No amount has this reference";
    BillNotFound = "bill.not_found", "没有该日的账单", "No bill of this day has been read";
    BillCaseNotFound = "bill_case.not_found", "差异不存在", "The case does not exist";
    BillCaseResolved = "bill_case.resolved", "差异已处理", "The case is resolved already";
    NameTaken = "name.taken", "名称已被使用", "The name is taken";

    NoticeRefused = "notice.refused", "通知校验失败", "The notification was refused";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|c| c.text()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
    }
}
