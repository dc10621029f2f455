CREATE TABLE shipping_uploads (
    id              {id} NOT NULL,
    shop_id         {id} NOT NULL,
    order_id        {id},
    recharge_id     {id},
    payment_id      {id} NOT NULL,
    transaction_id  {text} NOT NULL,
    kind            {text} NOT NULL,
    state           {text} NOT NULL,
    logistics       {text} NOT NULL,
    request_body    {text},
    request_lines   {json} NOT NULL,
    request_is_last BOOLEAN NOT NULL,
    recorded_body   {text},
    recorded_lines  {json} NOT NULL,
    attempts        INTEGER NOT NULL,
    unknown_answers INTEGER NOT NULL,
    errcode         {int},
    errmsg          {text},
    next_try_at     {time},
    uploaded_at     {time},
    recorded_at     {time},
    created_at      {time} NOT NULL,
    updated_at      {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (payment_id, kind),
    FOREIGN KEY (payment_id) REFERENCES payments (id),
    CHECK ((order_id IS NULL) <> (recharge_id IS NULL))
);
CREATE INDEX shipping_uploads_by_order ON shipping_uploads (order_id);

CREATE TABLE shipping_holds (
    payment_id                {id} NOT NULL,
    shop_id                   {id} NOT NULL,
    order_id                  {id},
    recharge_id               {id},
    transaction_id            {text} NOT NULL,
    platform_state            {int},
    shipped_time              {int},
    estimated_settlement_time {int},
    confirm_receive_method    {int},
    confirm_receive_time      {int},
    settlement_time           {int},
    received_at               {time},
    settled_at                {time},
    remind_at                 {time},
    reminded_at               {time},
    next_query_at             {time},
    queries                   INTEGER NOT NULL,
    created_at                {time} NOT NULL,
    updated_at                {time} NOT NULL,
    PRIMARY KEY (payment_id),
    FOREIGN KEY (payment_id) REFERENCES payments (id),
    CHECK ((order_id IS NULL) <> (recharge_id IS NULL))
);
CREATE INDEX shipping_holds_by_order ON shipping_holds (order_id);
CREATE INDEX shipping_holds_by_next_query_at ON shipping_holds (next_query_at);
CREATE INDEX shipping_holds_by_remind_at ON shipping_holds (remind_at);

CREATE TABLE trade_managements (
    shop_id     {id} NOT NULL,
    managed     BOOLEAN NOT NULL,
    asked_at    {time} NOT NULL,
    listed_at   {time} NOT NULL,
    carriers    {json} NOT NULL,
    carriers_at {time},
    PRIMARY KEY (shop_id)
);
