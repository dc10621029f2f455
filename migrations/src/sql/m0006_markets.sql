CREATE TABLE import_runs (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    marketplace {text} NOT NULL,
    account     {text},
    store_id    {id},
    listing     {text} NOT NULL,
    renewal     BOOLEAN NOT NULL,
    query       {json} NOT NULL,
    state       {text} NOT NULL,
    cursor      {text},
    fetched     {int} NOT NULL,
    created     {int} NOT NULL,
    updated     {int} NOT NULL,
    linked      {int} NOT NULL,
    refused     {int} NOT NULL,
    last_error  {text},
    refusals    {json} NOT NULL,
    lease_until {time},
    resume_at   {time},
    waits_for_store BOOLEAN NOT NULL,
    failures    INTEGER NOT NULL,
    created_at  {time} NOT NULL,
    updated_at  {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX import_runs_by_shop_id ON import_runs (shop_id, id);
CREATE INDEX import_runs_by_shop_marketplace_renewal_id ON import_runs (shop_id, marketplace, renewal, id);
CREATE INDEX import_runs_by_state_lease_until ON import_runs (state, lease_until);

CREATE TABLE remote_goods (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    marketplace {text} NOT NULL,
    account     {text} NOT NULL,
    external_id {text} NOT NULL,
    listing     {text} NOT NULL,
    goods_id    {id} NOT NULL,
    snapshot    {json} NOT NULL,
    look_at     {time} NOT NULL,
    created_at  {time} NOT NULL,
    updated_at  {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, marketplace, account, external_id, listing)
);
CREATE INDEX remote_goods_by_shop_marketplace_look_at ON remote_goods (shop_id, marketplace, look_at);

CREATE TABLE quota_usages (
    scope {text} NOT NULL,
    day   {text} NOT NULL,
    used  {int} NOT NULL,
    PRIMARY KEY (scope, day)
);

CREATE TABLE uploads (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    member_id    {id},
    purpose      {text} NOT NULL,
    content_type {text} NOT NULL,
    size         {int} NOT NULL,
    state        {text} NOT NULL,
    path         {text},
    created_at   {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX uploads_by_shop_id ON uploads (shop_id, id);
