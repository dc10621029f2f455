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
