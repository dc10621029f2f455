CREATE TABLE market_order_feeds (
    store_id       {id} NOT NULL,
    shop_id        {id} NOT NULL,
    watermark      {time} NOT NULL,
    window_from    {time},
    window_until   {time},
    cursor         {text},
    next_at        {time} NOT NULL,
    reread_at      {time} NOT NULL,
    lease_until    {time},
    failures       INTEGER NOT NULL,
    last_error     {text},
    asked_at       {time},
    began_at       {time},
    finished_at    {time},
    seen_new       {int} NOT NULL,
    seen_changed   {int} NOT NULL,
    oversold       {text} NOT NULL,
    push_shipments BOOLEAN NOT NULL,
    created_at     {time} NOT NULL,
    PRIMARY KEY (store_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX market_order_feeds_by_next_at ON market_order_feeds (next_at);
CREATE INDEX market_order_feeds_by_reread_at ON market_order_feeds (reread_at);

CREATE TABLE store_carriers (
    store_id {id} NOT NULL,
    shop_id  {id} NOT NULL,
    carriers {json} NOT NULL,
    read_at  {time} NOT NULL,
    PRIMARY KEY (store_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);

CREATE TABLE market_orders (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    store_id           {id} NOT NULL,
    external_id        {text} NOT NULL,
    origin             {text},
    state              {text} NOT NULL,
    remote_state       {text} NOT NULL,
    wire_state         {text} NOT NULL,
    held               BOOLEAN NOT NULL,
    refunding          BOOLEAN NOT NULL,
    ended_by           {text},
    total_minor        {int} NOT NULL,
    shipping_minor     {int},
    currency           {text} NOT NULL,
    buyer              {text},
    buyer_note         {text},
    note               {text},
    receiver           {json} NOT NULL,
    sealed_receiver    {text},
    receiver_erased_at {time},
    parcels            {json} NOT NULL,
    extra              {json} NOT NULL,
    placed_at          {time},
    paid_at            {time},
    sent_at            {time},
    over_at            {time},
    ship_before        {time},
    modified_at        {time},
    fingerprint        {text} NOT NULL,
    is_open            BOOLEAN NOT NULL,
    read_at            {time} NOT NULL,
    confirmed_at       {time},
    shipped_at         {time},
    ended_at           {time},
    created_at         {time} NOT NULL,
    updated_at         {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (store_id, external_id),
    FOREIGN KEY (store_id) REFERENCES stores (id)
);
CREATE INDEX market_orders_by_shop_id ON market_orders (shop_id, id);
CREATE INDEX market_orders_by_shop_state_id ON market_orders (shop_id, state, id);
CREATE INDEX market_orders_by_store_id ON market_orders (store_id, id);
CREATE INDEX market_orders_by_buyer ON market_orders (store_id, buyer) WHERE buyer IS NOT NULL;
CREATE INDEX market_orders_open_by_store_read_at ON market_orders (store_id, read_at) WHERE is_open;
CREATE INDEX market_orders_sealed_by_shop_ended_at ON market_orders (shop_id, ended_at) WHERE sealed_receiver IS NOT NULL;

CREATE TABLE market_order_lines (
    id               {id} NOT NULL,
    shop_id          {id} NOT NULL,
    store_id         {id} NOT NULL,
    order_id         {id} NOT NULL,
    position         INTEGER NOT NULL,
    line_key         {text} NOT NULL,
    external_item_id {text},
    external_sku_id  {text},
    sku_code         {text},
    title            {text} NOT NULL,
    spec             {text},
    quantity         {int} NOT NULL,
    unit_minor       {int},
    paid_minor       {int},
    remote_state     {text},
    sku_id           {id},
    matched_by       {text},
    wants            {int} NOT NULL,
    taken            {int} NOT NULL,
    given_back       {int} NOT NULL,
    shipped          {int} NOT NULL,
    unlimited        BOOLEAN NOT NULL,
    shortage         {text},
    created_at       {time} NOT NULL,
    updated_at       {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (order_id, line_key),
    CHECK (quantity >= 0 AND wants >= 0 AND shipped >= 0),
    CHECK (given_back >= 0 AND given_back <= taken),
    FOREIGN KEY (order_id) REFERENCES market_orders (id),
    FOREIGN KEY (sku_id) REFERENCES skus (id)
);
CREATE INDEX market_order_lines_short ON market_order_lines (shop_id, sku_id, id) WHERE shortage IS NOT NULL;
CREATE INDEX market_order_lines_unmatched ON market_order_lines (store_id, id) WHERE sku_id IS NULL;

CREATE TABLE market_order_events (
    id       {id} NOT NULL,
    shop_id  {id} NOT NULL,
    order_id {id} NOT NULL,
    kind     {text} NOT NULL,
    actor    {text} NOT NULL,
    detail   {json} NOT NULL,
    at       {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (order_id) REFERENCES market_orders (id)
);
CREATE INDEX market_order_events_by_order ON market_order_events (order_id, id);

CREATE TABLE market_shipments (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    store_id     {id} NOT NULL,
    order_id     {id} NOT NULL,
    carrier_id   {text} NOT NULL,
    carrier_code {text},
    carrier_name {text} NOT NULL,
    tracking_no  {text} NOT NULL,
    lines        {json} NOT NULL,
    completes    BOOLEAN NOT NULL,
    corrects     {id},
    state        {text} NOT NULL,
    asked_at     {time},
    external_id  {text},
    error        {text},
    operator_id  {id} NOT NULL,
    created_at   {time} NOT NULL,
    updated_at   {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (order_id) REFERENCES market_orders (id)
);
CREATE INDEX market_shipments_by_order ON market_shipments (order_id, id);
