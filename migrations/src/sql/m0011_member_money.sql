CREATE TABLE balance_adjustments (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    member_id   {id} NOT NULL,
    operator_id {id} NOT NULL,
    gift_fen    {int} NOT NULL,
    points      {int} NOT NULL,
    reason      {text} NOT NULL,
    created_at  {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE INDEX balance_adjustments_by_member ON balance_adjustments (member_id, id);

CREATE TABLE point_grants (
    order_id   {id} NOT NULL,
    shop_id    {id} NOT NULL,
    member_id  {id} NOT NULL,
    points     {int} NOT NULL,
    cash_fen   {int} NOT NULL,
    taken_back {int} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (order_id),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    CHECK (taken_back >= 0 AND taken_back <= points)
);

CREATE TABLE recharge_plans (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    amount_fen {int} NOT NULL,
    gift_fen   {int} NOT NULL,
    enabled    BOOLEAN NOT NULL,
    position   INTEGER NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (id),
    CHECK (amount_fen > 0 AND gift_fen >= 0)
);
CREATE INDEX recharge_plans_by_shop_position ON recharge_plans (shop_id, position, id);

CREATE TABLE recharges (
    id            {id} NOT NULL,
    shop_id       {id} NOT NULL,
    member_id     {id} NOT NULL,
    plan_id       {id},
    state         {text} NOT NULL,
    amount_fen    {int} NOT NULL,
    gift_fen      {int} NOT NULL,
    refunded_fen  {int} NOT NULL,
    gift_back_fen {int} NOT NULL,
    expires_at    {time} NOT NULL,
    next_close_at {time},
    paid_at       {time},
    closed_at     {time},
    created_at    {time} NOT NULL,
    updated_at    {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (member_id) REFERENCES members (id),
    CHECK (refunded_fen >= 0 AND refunded_fen <= amount_fen),
    CHECK (gift_back_fen >= 0 AND gift_back_fen <= gift_fen)
);
CREATE INDEX recharges_by_shop_id ON recharges (shop_id, id);
CREATE INDEX recharges_by_member ON recharges (member_id, id);
CREATE INDEX recharges_by_state_expires_at ON recharges (state, expires_at);
