CREATE TABLE checkouts (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    member_id  {id} NOT NULL,
    expires_at {time} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE INDEX orders_by_checkout ON orders (checkout_id);
CREATE INDEX orders_by_shop_merchant_paid_at ON orders (shop_id, merchant_no, paid_at) WHERE merchant_no IS NOT NULL;

CREATE TABLE combinations (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    checkout_id  {id} NOT NULL,
    request_body {text} NOT NULL,
    prepay_id    {text},
    prepaid_at   {time},
    created_at   {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (checkout_id) REFERENCES checkouts (id)
);
CREATE INDEX payments_by_combination ON payments (combination_id);
