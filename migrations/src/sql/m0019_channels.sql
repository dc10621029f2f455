CREATE TABLE stock_news (
    id      {id} NOT NULL,
    shop_id {id} NOT NULL,
    sku_id  {id} NOT NULL,
    at      {time} NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE store_channels (
    store_id              {id} NOT NULL,
    shop_id               {id} NOT NULL,
    rule                  {json} NOT NULL,
    lease_until           {time},
    rest_until            {time},
    rested_at             {time},
    failures              INTEGER NOT NULL,
    last_error            {text},
    check_at              {time} NOT NULL,
    checked_to            {id},
    reconcile_at          {time} NOT NULL,
    reconcile_lease_until {time},
    reconcile_began_at    {time},
    reconcile_cursor      {text},
    reconcile_failures    INTEGER NOT NULL,
    reconcile_error       {text},
    reconciled_at         {time},
    goods_read            {int} NOT NULL,
    drifted               {int} NOT NULL,
    created_at            {time} NOT NULL,
    updated_at            {time} NOT NULL,
    PRIMARY KEY (store_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX store_channels_by_reconcile_at ON store_channels (reconcile_at);

CREATE TABLE stock_drifts (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    store_id     {id} NOT NULL,
    store_sku_id {id} NOT NULL,
    sku_id       {id} NOT NULL,
    run_at       {time} NOT NULL,
    shown        {int} NOT NULL,
    wanted       {int} NOT NULL,
    mending      {text} NOT NULL,
    at           {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX stock_drifts_by_store_id ON stock_drifts (store_id, id);
