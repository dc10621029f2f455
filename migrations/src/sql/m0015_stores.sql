CREATE TABLE stores (
    id                {id} NOT NULL,
    shop_id           {id} NOT NULL,
    marketplace       {text} NOT NULL,
    name              {text} NOT NULL,
    display_name      {text} NOT NULL,
    kind              {text} NOT NULL,
    site              {text} NOT NULL,
    expected_id       {text},
    external_id       {text},
    former_id         {text},
    external_name     {text},
    data              {json} NOT NULL,
    told              {json} NOT NULL,
    scopes            {json} NOT NULL,
    legal_subject     {text},
    state             {text} NOT NULL,
    trouble           {text},
    sealed_tokens     {text},
    token_version     {int} NOT NULL,
    tokens_end_at     {time},
    renew_at          {time},
    consent_ends_at   {time},
    renewing_until    {time},
    renewal_failures  INTEGER NOT NULL,
    renewal_rests_until {time},
    authorised_by     {id},
    authorised_at     {time},
    created_at        {time} NOT NULL,
    updated_at        {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, name),
    UNIQUE (marketplace, external_id, site),
    FOREIGN KEY (shop_id) REFERENCES shops (id)
);
CREATE INDEX stores_by_shop_id ON stores (shop_id, id);
CREATE INDEX stores_by_state_renew_at ON stores (state, renew_at);

CREATE TABLE store_consents (
    state_hash  {text} NOT NULL,
    shop_id     {id} NOT NULL,
    store_id    {id} NOT NULL,
    operator_id {id} NOT NULL,
    ends_at     {time} NOT NULL,
    used_at     {time},
    outcome     {text},
    created_at  {time} NOT NULL,
    PRIMARY KEY (state_hash),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);

CREATE INDEX store_consents_by_store ON store_consents (store_id);

CREATE TABLE store_operators (
    store_id    {id} NOT NULL,
    operator_id {id} NOT NULL,
    shop_id     {id} NOT NULL,
    duty        {text} NOT NULL,
    created_at  {time} NOT NULL,
    PRIMARY KEY (store_id, operator_id, duty),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX store_operators_by_operator ON store_operators (operator_id);

CREATE TABLE store_skus (
    id               {id} NOT NULL,
    shop_id          {id} NOT NULL,
    store_id         {id} NOT NULL,
    external_item_id {text} NOT NULL,
    external_sku_id  {text} NOT NULL,
    sku_code         {text},
    barcode          {text},
    title            {text} NOT NULL,
    spec             {text},
    sku_id           {id},
    matched_by       {text},
    on_sale          BOOLEAN NOT NULL,
    shown            {int},
    shown_at         {time},
    extra            {json} NOT NULL,
    stock_id         {text},
    stock_rule       {json},
    stock_state      {text} NOT NULL DEFAULT 'new',
    told             {int},
    sent             {int},
    send_no          {int} NOT NULL DEFAULT 0,
    push_at          {time},
    push_rank        INTEGER NOT NULL DEFAULT 1,
    push_marks       BIGINT NOT NULL DEFAULT 0,
    push_attempts    INTEGER NOT NULL DEFAULT 0,
    push_error       {text},
    sold_since       {int} NOT NULL DEFAULT 0,
    unpulled         {int} NOT NULL DEFAULT 0,
    unpulled_until   {time},
    created_at       {time} NOT NULL,
    updated_at       {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (store_id, external_item_id, external_sku_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX store_skus_by_sku ON store_skus (sku_id);
CREATE INDEX store_skus_by_shop_code ON store_skus (shop_id, sku_code);
CREATE INDEX store_skus_by_store_id ON store_skus (store_id, id);
CREATE INDEX store_skus_by_stock ON store_skus (store_id, stock_id) WHERE stock_id IS NOT NULL;
CREATE INDEX store_skus_by_store_push ON store_skus (store_id, push_rank, push_at) WHERE push_at IS NOT NULL;
