CREATE TABLE shops (
    id             {id} NOT NULL,
    code           {text} NOT NULL,
    name           {text} NOT NULL,
    appid          {text} NOT NULL,
    mchid          {text},
    sub_mchid      {text} NOT NULL,
    profile        {json} NOT NULL,
    sealed_secrets {text} NOT NULL,
    settings       {json} NOT NULL,
    version        {int} NOT NULL,
    created_at     {time} NOT NULL,
    updated_at     {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code),
    UNIQUE (appid),
    UNIQUE (mchid, sub_mchid)
);

CREATE TABLE wechat_tokens (
    shop_id      {id} NOT NULL,
    sealed_token {text} NOT NULL,
    expires_at   {time} NOT NULL,
    fetched_at   {time} NOT NULL,
    forced_at    {time},
    PRIMARY KEY (shop_id)
);

CREATE TABLE operators (
    id            {id} NOT NULL,
    shop_id       {id} NOT NULL,
    username      {text} NOT NULL,
    password_hash {text} NOT NULL,
    totp_secret   {text},
    role          {text} NOT NULL,
    supplier_id   {id},
    disabled_at   {time},
    created_at    {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (username),
    FOREIGN KEY (shop_id) REFERENCES shops (id)
);
CREATE INDEX operators_by_shop ON operators (shop_id);

CREATE TABLE operator_sessions (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    operator_id {id} NOT NULL,
    token_hash  {text} NOT NULL,
    csrf_token  {text} NOT NULL,
    expires_at  {time} NOT NULL,
    created_at  {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (token_hash),
    FOREIGN KEY (operator_id) REFERENCES operators (id)
);
CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator_id);

CREATE TABLE audit_entries (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    operator_id {id},
    action      {text} NOT NULL,
    subject     {text} NOT NULL,
    detail      {json} NOT NULL,
    at          {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX audit_entries_by_shop_at ON audit_entries (shop_id, at);

CREATE TABLE outbox (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    kind        {text} NOT NULL,
    payload     {json} NOT NULL,
    dedupe_key  {text},
    state       {text} NOT NULL,
    attempts    INTEGER NOT NULL,
    run_at      {time} NOT NULL,
    lease_until {time},
    last_error  {text},
    created_at  {time} NOT NULL,
    done_at     {time},
    PRIMARY KEY (id),
    UNIQUE (dedupe_key)
);
CREATE INDEX outbox_by_state_run_at ON outbox (state, run_at);
CREATE INDEX outbox_by_shop_state_id ON outbox (shop_id, state, id);

CREATE TABLE request_keys (
    shop_id    {id} NOT NULL,
    caller     {text} NOT NULL,
    route      {text} NOT NULL,
    key        {text} NOT NULL,
    body_hash  {text} NOT NULL,
    status     INTEGER NOT NULL,
    answer     {text} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (shop_id, caller, route, key)
);
CREATE INDEX request_keys_by_created_at ON request_keys (created_at);

CREATE TABLE leases (
    name   {text} NOT NULL,
    holder {text} NOT NULL,
    until  {time} NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE facts (
    name  {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (name)
);
