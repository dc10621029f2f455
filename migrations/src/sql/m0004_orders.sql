CREATE TABLE stock_movements (
    id              {id} NOT NULL,
    shop_id         {id} NOT NULL,
    sku_id          {id} NOT NULL,
    delta           {int} NOT NULL,
    kind            {text} NOT NULL,
    reason          {text} NOT NULL,
    order_id        {id},
    market_order_id {id},
    operator_id     {id},
    at              {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX stock_movements_by_shop_sku_id ON stock_movements (shop_id, sku_id, id);

CREATE TABLE purchase_counters (
    member_id {id} NOT NULL,
    goods_id  {id} NOT NULL,
    period    {text} NOT NULL,
    shop_id   {id} NOT NULL,
    used      {int} NOT NULL,
    PRIMARY KEY (member_id, goods_id, period),
    CHECK (used >= 0)
);

CREATE TABLE cart_items (
    member_id  {id} NOT NULL,
    sku_id     {id} NOT NULL,
    shop_id    {id} NOT NULL,
    quantity   {int} NOT NULL,
    selected   BOOLEAN NOT NULL,
    added_at   {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (member_id, sku_id),
    CHECK (quantity > 0),
    FOREIGN KEY (member_id) REFERENCES members (id)
);

CREATE TABLE orders (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    member_id          {id} NOT NULL,
    status             {text} NOT NULL,
    closed_reason      {text},
    fulfilment         {text} NOT NULL,
    pickup_point_id    {id},
    leader_id          {id},
    address            {json},
    checkout_id        {id},
    merchant_id        {id},
    merchant_no        {text},
    goods_fen          {int} NOT NULL,
    spend_and_save_fen {int} NOT NULL,
    coupon_fen         {int} NOT NULL,
    points_used        {int} NOT NULL,
    points_fen         {int} NOT NULL,
    shipping_fen       {int} NOT NULL,
    packing_fen        {int} NOT NULL,
    balance_fen        {int} NOT NULL,
    balance_gift_fen   {int} NOT NULL,
    payable_fen        {int} NOT NULL,
    refunded_fen       {int} NOT NULL,
    refund_status      {text} NOT NULL,
    remark             {text},
    coupon_id          {id},
    profit_sharing     BOOLEAN NOT NULL,
    for_new_buyers     BOOLEAN NOT NULL,
    pickup_code        {text},
    expires_at         {time} NOT NULL,
    next_close_at      {time},
    paid_at            {time},
    shipped_at         {time},
    arrived_at         {time},
    received_at        {time},
    completed_at       {time},
    closed_at          {time},
    created_at         {time} NOT NULL,
    updated_at         {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, pickup_code),
    CHECK (payable_fen >= 0),
    CHECK (refunded_fen >= 0),
    FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE INDEX orders_by_shop_member_id ON orders (shop_id, member_id, id);
CREATE INDEX orders_by_shop_member_status_id ON orders (shop_id, member_id, status, id);
CREATE INDEX orders_by_shop_status_id ON orders (shop_id, status, id);
CREATE INDEX orders_by_shop_leader_status_id ON orders (shop_id, leader_id, status, id);
CREATE INDEX orders_by_status_expires_at ON orders (status, expires_at);
CREATE INDEX orders_by_status_arrived_at ON orders (status, arrived_at);
CREATE INDEX orders_by_status_shipped_at ON orders (status, shipped_at);
CREATE INDEX orders_shared_by_shop_paid_at ON orders (shop_id, paid_at) WHERE profit_sharing;

CREATE TABLE stock_holds (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    order_id   {id} NOT NULL,
    sku_id     {id} NOT NULL,
    quantity   {int} NOT NULL,
    returned   {int} NOT NULL,
    unlimited  BOOLEAN NOT NULL,
    state      {text} NOT NULL,
    until      {time} NOT NULL,
    created_at {time} NOT NULL,
    settled_at {time},
    PRIMARY KEY (id),
    UNIQUE (order_id, sku_id),
    CHECK (quantity > 0),
    CHECK (returned >= 0 AND returned <= quantity),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (sku_id) REFERENCES skus (id)
);
CREATE INDEX stock_holds_by_shop_sku_state ON stock_holds (shop_id, sku_id, state);

CREATE TABLE stock_warnings (
    id        {id} NOT NULL,
    shop_id   {id} NOT NULL,
    sku_id    {id} NOT NULL,
    free      {int} NOT NULL,
    threshold {int} NOT NULL,
    at        {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (sku_id) REFERENCES skus (id)
);
CREATE INDEX stock_warnings_by_shop_id ON stock_warnings (shop_id, id);

CREATE TABLE order_lines (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    order_id           {id} NOT NULL,
    position           INTEGER NOT NULL,
    goods_id           {id} NOT NULL,
    sku_id             {id} NOT NULL,
    supplier_id        {id},
    title              {text} NOT NULL,
    specs              {json} NOT NULL,
    picture            {text},
    expected_pickup    {text},
    unit_price_fen     {int} NOT NULL,
    quantity           {int} NOT NULL,
    goods_fen          {int} NOT NULL,
    spend_and_save_fen {int} NOT NULL,
    coupon_fen         {int} NOT NULL,
    points_fen         {int} NOT NULL,
    shipping_fen       {int} NOT NULL,
    packing_fen        {int} NOT NULL,
    commission_rule    {json},
    supplier_rule      {json},
    shipped_at         {time},
    arrived_at         {time},
    redeemed           {int} NOT NULL,
    received_at        {time},
    after_sale_until   {time},
    settled_at         {time},
    refunded_quantity  {int} NOT NULL,
    refunded_fen       {int} NOT NULL,
    carrier            {text},
    tracking_no        {text},
    PRIMARY KEY (id),
    CHECK (refunded_quantity >= 0 AND refunded_quantity <= quantity),
    CHECK (refunded_fen >= 0),
    CHECK (redeemed >= 0 AND redeemed <= quantity),
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_lines_by_order_position ON order_lines (order_id, position);
CREATE INDEX order_lines_by_settled_at_after_sale_until ON order_lines (settled_at, after_sale_until);

CREATE TABLE order_events (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    order_id    {id} NOT NULL,
    event       {text} NOT NULL,
    from_status {text},
    to_status   {text} NOT NULL,
    actor       {text} NOT NULL,
    note        {text},
    at          {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_events_by_order_id ON order_events (order_id, id);

CREATE TABLE payments (
    id               {id} NOT NULL,
    shop_id          {id} NOT NULL,
    order_id         {id},
    recharge_id      {id},
    combination_id   {id},
    merchant_no      {text},
    state            {text} NOT NULL,
    amount_fen       {int} NOT NULL,
    payer_openid     {text} NOT NULL,
    request_body     {text},
    prepay_id        {text},
    prepaid_at       {time},
    transaction_id   {text},
    paid_at          {time},
    platform_paid_at {time},
    payer_total_fen  {int},
    late             BOOLEAN NOT NULL,
    next_query_at    {time},
    queries          INTEGER NOT NULL,
    created_at       {time} NOT NULL,
    updated_at       {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    CHECK ((order_id IS NULL) <> (recharge_id IS NULL))
);
CREATE INDEX payments_by_recharge ON payments (recharge_id);
CREATE UNIQUE INDEX payments_open_by_recharge ON payments (recharge_id) WHERE state NOT IN ('succeeded', 'closed');
CREATE INDEX payments_by_order ON payments (order_id);
CREATE UNIQUE INDEX payments_open_by_order ON payments (order_id) WHERE state NOT IN ('succeeded', 'closed');
CREATE INDEX payments_by_state_next_query_at ON payments (state, next_query_at);
CREATE INDEX payments_by_shop_transaction ON payments (shop_id, transaction_id);

CREATE TABLE notices (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    kind        {text} NOT NULL,
    dedupe_key  {text} NOT NULL,
    platform_id {text} NOT NULL,
    outcome     {text} NOT NULL,
    detail      {text},
    received_at {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, kind, dedupe_key)
);
CREATE INDEX notices_by_shop_outcome_id ON notices (shop_id, outcome, id);

CREATE TABLE refunds (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    order_id           {id},
    recharge_id        {id},
    payment_id         {id},
    ticket_id          {id},
    state              {text} NOT NULL,
    cause              {text} NOT NULL,
    amount_fen         {int} NOT NULL,
    wechat_fen         {int} NOT NULL,
    balance_fen        {int} NOT NULL,
    balance_gift_fen   {int} NOT NULL,
    points_back        {int} NOT NULL,
    restock            BOOLEAN NOT NULL,
    reason             {text} NOT NULL,
    request_body       {text},
    platform_refund_id {text},
    fail_reason        {text},
    next_query_at      {time},
    queries            INTEGER NOT NULL,
    created_at         {time} NOT NULL,
    finished_at        {time},
    PRIMARY KEY (id),
    CHECK (amount_fen >= 0),
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX refunds_by_shop_order_id ON refunds (shop_id, order_id, id);
CREATE INDEX refunds_by_state_next_query_at ON refunds (state, next_query_at);
CREATE INDEX refunds_by_shop_state_id ON refunds (shop_id, state, id);

CREATE TABLE refund_lines (
    refund_id    {id} NOT NULL,
    line_id      {id} NOT NULL,
    shop_id      {id} NOT NULL,
    quantity     {int} NOT NULL,
    amount_fen   {int} NOT NULL,
    shipping_fen {int} NOT NULL,
    PRIMARY KEY (refund_id, line_id),
    FOREIGN KEY (refund_id) REFERENCES refunds (id),
    FOREIGN KEY (line_id) REFERENCES order_lines (id)
);

CREATE INDEX refund_lines_by_line ON refund_lines (line_id);

CREATE TABLE tickets (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    order_id    {id} NOT NULL,
    member_id   {id} NOT NULL,
    kind        {text} NOT NULL,
    state       {text} NOT NULL,
    reason      {text} NOT NULL,
    photos      {json} NOT NULL,
    answer      {text},
    answer_photos {json} NOT NULL,
    refund_id   {id},
    carrier     {text},
    tracking_no {text},
    return_shipped_at {time},
    deadline_at {time},
    escalated_at {time},
    created_at  {time} NOT NULL,
    updated_at  {time} NOT NULL,
    closed_at   {time},
    PRIMARY KEY (id),
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX tickets_by_deadline_at ON tickets (deadline_at);
CREATE INDEX tickets_by_shop_member_id ON tickets (shop_id, member_id, id);
CREATE INDEX tickets_by_shop_state_id ON tickets (shop_id, state, id);
CREATE INDEX tickets_by_order_id ON tickets (order_id, id);

CREATE TABLE ticket_lines (
    ticket_id  {id} NOT NULL,
    line_id    {id} NOT NULL,
    shop_id    {id} NOT NULL,
    quantity   {int} NOT NULL,
    amount_fen {int} NOT NULL,
    open_line  {id},
    PRIMARY KEY (ticket_id, line_id),
    UNIQUE (open_line),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id)
);

CREATE TABLE delivery_lists (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    leader_id    {id} NOT NULL,
    state        {text} NOT NULL,
    until        {time} NOT NULL,
    created_at   {time} NOT NULL,
    departed_at  {time},
    delivered_at {time},
    received_at  {time},
    note         {text},
    PRIMARY KEY (id)
);
CREATE INDEX delivery_lists_by_shop_leader_id ON delivery_lists (shop_id, leader_id, id);
CREATE INDEX delivery_lists_by_shop_state_id ON delivery_lists (shop_id, state, id);

CREATE TABLE delivery_lines (
    list_id   {id} NOT NULL,
    line_id   {id} NOT NULL,
    shop_id   {id} NOT NULL,
    order_id  {id} NOT NULL,
    sku_id    {id} NOT NULL,
    quantity  {int} NOT NULL,
    short     {int} NOT NULL,
    open_line {id},
    PRIMARY KEY (list_id, line_id),
    UNIQUE (open_line),
    FOREIGN KEY (list_id) REFERENCES delivery_lists (id)
);
CREATE INDEX delivery_lines_by_order ON delivery_lines (order_id);
