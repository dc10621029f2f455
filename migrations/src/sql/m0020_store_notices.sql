CREATE TABLE store_notices (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    store_id     {id} NOT NULL,
    kind         {text} NOT NULL,
    topic        {text} NOT NULL,
    dedupe_key   {text} NOT NULL,
    external_ids {json} NOT NULL,
    is_task      BOOLEAN NOT NULL,
    erases       {json},
    erased       {int},
    done_at      {time},
    done_by      {id},
    received_at  {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (store_id, dedupe_key),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX store_notices_by_shop_id ON store_notices (shop_id, id);
CREATE INDEX store_notices_by_received ON store_notices (received_at);
CREATE INDEX store_notices_to_erase ON store_notices (id) WHERE erases IS NOT NULL;

CREATE TABLE store_hints (
    store_id    {id} NOT NULL,
    kind        {text} NOT NULL,
    external_id {text} NOT NULL,
    shop_id     {id} NOT NULL,
    trusted     BOOLEAN NOT NULL,
    seq         {int} NOT NULL,
    due_at      {time} NOT NULL,
    created_at  {time} NOT NULL,
    PRIMARY KEY (store_id, kind, external_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX store_hints_by_kind_due ON store_hints (kind, due_at);
