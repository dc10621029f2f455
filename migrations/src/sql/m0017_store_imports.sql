CREATE TABLE import_refusals (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    run_id      {id} NOT NULL,
    external_id {text},
    title       {text},
    reason      {text} NOT NULL,
    at          {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (run_id) REFERENCES import_runs (id)
);
CREATE INDEX import_refusals_by_run_id ON import_refusals (run_id, id);

CREATE TABLE store_price_rules (
    store_id   {id} NOT NULL,
    shop_id    {id} NOT NULL,
    rule       {json} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (store_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);

CREATE TABLE exchange_rates (
    shop_id     {id} NOT NULL,
    currency    {text} NOT NULL,
    day         {text} NOT NULL,
    micro_cny   {int} NOT NULL,
    operator_id {id},
    created_at  {time} NOT NULL,
    updated_at  {time} NOT NULL,
    PRIMARY KEY (shop_id, currency, day),
    CHECK (micro_cny > 0)
);

CREATE TABLE category_mappings (
    shop_id           {id} NOT NULL,
    marketplace       {text} NOT NULL,
    external_category {text} NOT NULL,
    category_id       {id} NOT NULL,
    created_at        {time} NOT NULL,
    PRIMARY KEY (shop_id, marketplace, external_category)
);

CREATE TABLE picture_copies (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    run_id      {id} NOT NULL,
    goods_id    {id} NOT NULL,
    address     {text} NOT NULL,
    state       {text} NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      {time} NOT NULL,
    stored      {text},
    trouble     {text},
    created_at  {time} NOT NULL,
    updated_at  {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (goods_id, address),
    FOREIGN KEY (goods_id) REFERENCES goods (id)
);
CREATE INDEX picture_copies_by_state_due_at ON picture_copies (state, due_at);
CREATE INDEX picture_copies_by_run_state_id ON picture_copies (run_id, state, id);
