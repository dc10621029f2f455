CREATE TABLE suppliers (
    id                {id} NOT NULL,
    shop_id           {id} NOT NULL,
    name              {text} NOT NULL,
    contact           {text},
    sealed_phone      {text},
    phone_mask        {text},
    state             {text} NOT NULL,
    independent       BOOLEAN NOT NULL,
    terms             {text} NOT NULL,
    service_fee_bp    INTEGER NOT NULL,
    settlement_days   INTEGER NOT NULL,
    payout            {text} NOT NULL,
    sub_mchid         {text},
    receiver          {json},
    receiver_added_at {time},
    created_at        {time} NOT NULL,
    updated_at        {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, name),
    CHECK (service_fee_bp >= 0 AND service_fee_bp <= 10000),
    CHECK (settlement_days > 0),
    FOREIGN KEY (shop_id) REFERENCES shops (id)
);
CREATE INDEX suppliers_by_shop_id ON suppliers (shop_id, id);
CREATE INDEX suppliers_by_shop_state_id ON suppliers (shop_id, state, id);

CREATE TABLE receiver_removals (
    id            {id} NOT NULL,
    shop_id       {id} NOT NULL,
    receiver_type {text} NOT NULL,
    account       {text} NOT NULL,
    outcome       {text},
    created_at    {time} NOT NULL,
    finished_at   {time},
    PRIMARY KEY (id),
    FOREIGN KEY (shop_id) REFERENCES shops (id)
);
CREATE INDEX receiver_removals_by_shop_id ON receiver_removals (shop_id, id);
