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
    payee_member_id   {id},
    sealed_payee_name {text},
    created_at        {time} NOT NULL,
    updated_at        {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, name),
    CHECK (service_fee_bp >= 0 AND service_fee_bp <= 10000),
    CHECK (settlement_days > 0),
    FOREIGN KEY (shop_id) REFERENCES shops (id),
    FOREIGN KEY (payee_member_id) REFERENCES members (id)
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

CREATE TABLE supplier_statements (
    id            {id} NOT NULL,
    shop_id       {id} NOT NULL,
    supplier_id   {id} NOT NULL,
    no            INTEGER NOT NULL,
    from_at       {time},
    until_at      {time} NOT NULL,
    opening_fen   {int} NOT NULL,
    closing_fen   {int} NOT NULL,
    due_fen       {int} NOT NULL,
    paid_fen      {int} NOT NULL,
    state         {text} NOT NULL,
    payout        {text} NOT NULL,
    confirmed_by  {id},
    confirmed_at  {time},
    paid_by       {id},
    paid_at       {time},
    reference     {text},
    proof         {text},
    fail_reason   {text},
    created_at    {time} NOT NULL,
    updated_at    {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (supplier_id, no),
    CHECK (due_fen >= 0),
    CHECK (paid_fen >= 0 AND paid_fen <= due_fen),
    FOREIGN KEY (supplier_id) REFERENCES suppliers (id)
);
CREATE INDEX supplier_statements_by_shop_id ON supplier_statements (shop_id, id);

CREATE TABLE supplier_parts (
    id             {id} NOT NULL,
    shop_id        {id} NOT NULL,
    order_id       {id} NOT NULL,
    line_id        {id} NOT NULL,
    supplier_id    {id} NOT NULL,
    fee_bp         INTEGER,
    price_fen      {int},
    base_fen       {int} NOT NULL,
    fee_fen        {int} NOT NULL,
    commission_fen {int} NOT NULL,
    referral_fen   {int} NOT NULL,
    shipping_fen   {int} NOT NULL,
    amount_fen     {int} NOT NULL,
    loss_fen       {int} NOT NULL,
    reversed_fen   {int} NOT NULL,
    state          {text} NOT NULL,
    created_at     {time} NOT NULL,
    released_at    {time},
    PRIMARY KEY (id),
    UNIQUE (line_id),
    CHECK (amount_fen >= 0),
    CHECK (loss_fen >= 0),
    CHECK (shipping_fen >= 0 AND shipping_fen <= amount_fen),
    CHECK (reversed_fen >= 0 AND reversed_fen <= amount_fen),
    FOREIGN KEY (line_id) REFERENCES order_lines (id),
    FOREIGN KEY (supplier_id) REFERENCES suppliers (id)
);
CREATE INDEX supplier_parts_by_shop_supplier_id ON supplier_parts (shop_id, supplier_id, id);
CREATE INDEX supplier_parts_by_order ON supplier_parts (order_id);

CREATE TABLE supplier_movements (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    supplier_id  {id} NOT NULL,
    kind         {text} NOT NULL,
    amount_fen   {int} NOT NULL,
    order_id     {id},
    line_id      {id},
    cause_id     {id} NOT NULL,
    statement_id {id},
    at           {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (supplier_id) REFERENCES suppliers (id),
    FOREIGN KEY (statement_id) REFERENCES supplier_statements (id)
);
CREATE INDEX supplier_movements_by_shop_supplier_statement ON supplier_movements (shop_id, supplier_id, statement_id);
CREATE INDEX supplier_movements_by_line ON supplier_movements (line_id);
CREATE INDEX supplier_movements_by_order ON supplier_movements (order_id);
