CREATE TABLE affiliate_feeds (
    shop_id      {id} NOT NULL,
    marketplace  {text} NOT NULL,
    watermark    {time} NOT NULL,
    window_from  {time},
    window_until {time},
    cursor       {text},
    next_at      {time} NOT NULL,
    lease_until  {time},
    failures     INTEGER NOT NULL,
    last_error   {text},
    finished_at  {time},
    created_at   {time} NOT NULL,
    PRIMARY KEY (shop_id, marketplace)
);
CREATE INDEX affiliate_feeds_by_next_at ON affiliate_feeds (next_at);

CREATE TABLE affiliate_lines (
    id              {id} NOT NULL,
    shop_id         {id} NOT NULL,
    marketplace     {text} NOT NULL,
    line_key        {text} NOT NULL,
    order_no        {text},
    status          {text} NOT NULL,
    external_id     {text},
    title           {text},
    quantity        {int} NOT NULL,
    pay_fen         {int} NOT NULL,
    commission_fen  {int} NOT NULL,
    service_fee_fen {int} NOT NULL,
    claimed         BOOLEAN NOT NULL,
    mark_person     {text},
    mark_group      {text},
    position        {text},
    member_id       {id},
    leader_id       {id},
    rate_bp         INTEGER NOT NULL,
    net_fen         {int} NOT NULL,
    leader_fen      {int} NOT NULL,
    share           {text} NOT NULL,
    release_at      {time},
    ordered_at      {time},
    paid_at         {time},
    received_at     {time},
    settled_at      {time},
    modified_at     {time},
    extra           {json} NOT NULL,
    created_at      {time} NOT NULL,
    updated_at      {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, marketplace, line_key),
    CHECK (leader_fen >= 0),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);
CREATE INDEX affiliate_lines_by_shop_id ON affiliate_lines (shop_id, id);
CREATE INDEX affiliate_lines_by_shop_leader_id ON affiliate_lines (shop_id, leader_id, id);
CREATE INDEX affiliate_lines_by_share_release_at ON affiliate_lines (share, release_at);

CREATE TABLE affiliate_bookings (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    line_id    {id} NOT NULL,
    kind       {text} NOT NULL,
    net_fen    {int} NOT NULL,
    leader_fen {int} NOT NULL,
    at         {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (line_id) REFERENCES affiliate_lines (id)
);
CREATE INDEX affiliate_bookings_by_line ON affiliate_bookings (line_id, id);

CREATE TABLE affiliate_channels (
    shop_id     {id} NOT NULL,
    marketplace {text} NOT NULL,
    channel_id  {text} NOT NULL,
    leader_id   {id} NOT NULL,
    created_at  {time} NOT NULL,
    PRIMARY KEY (shop_id, marketplace, channel_id),
    UNIQUE (shop_id, marketplace, leader_id),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);
