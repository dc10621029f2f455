-- Where leaders are paid outside WeChat, who they are to the tax office, and the sheets that pay them;
-- what happened to after-sale tickets, and what operators did about refunds that could not go the way they came.

CREATE TABLE payout_accounts (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    leader_id  {id} NOT NULL,
    channel    {text} NOT NULL,
    sealed     {text} NOT NULL,
    mask       {text} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (leader_id, channel),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);

CREATE TABLE leader_identities (
    leader_id  {id} NOT NULL,
    shop_id    {id} NOT NULL,
    sealed     {text} NOT NULL,
    id_index   {text} NOT NULL,
    name_mask  {text} NOT NULL,
    id_mask    {text} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (leader_id),
    UNIQUE (shop_id, id_index),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);

CREATE TABLE payout_batches (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    channel    {text} NOT NULL,
    state      {text} NOT NULL,
    rows_count INTEGER NOT NULL,
    net_fen    {int} NOT NULL,
    created_by {id} NOT NULL,
    created_at {time} NOT NULL,
    settled_at {time},
    PRIMARY KEY (id),
    CHECK (rows_count > 0)
);
CREATE INDEX payout_batches_by_shop_id ON payout_batches (shop_id, id);

CREATE TABLE ticket_events (
    id        {id} NOT NULL,
    shop_id   {id} NOT NULL,
    ticket_id {id} NOT NULL,
    what      {text} NOT NULL,
    state     {text} NOT NULL,
    actor     {text} NOT NULL,
    note      {text},
    at        {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (ticket_id) REFERENCES tickets (id)
);
CREATE INDEX ticket_events_by_ticket_id ON ticket_events (ticket_id, id);

CREATE TABLE refund_remedies (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    refund_id   {id} NOT NULL,
    way         {text} NOT NULL,
    state       {text} NOT NULL,
    open_refund {id},
    body        {text},
    serial      {text},
    note        {text} NOT NULL,
    proof       {text},
    operator_id {id} NOT NULL,
    sent_at     {time},
    error       {text},
    created_at  {time} NOT NULL,
    ended_at    {time},
    PRIMARY KEY (id),
    UNIQUE (open_refund),
    FOREIGN KEY (refund_id) REFERENCES refunds (id)
);
CREATE INDEX refund_remedies_by_refund_id ON refund_remedies (refund_id, id);
