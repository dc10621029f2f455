CREATE TABLE commissions (
    id            {id} NOT NULL,
    shop_id       {id} NOT NULL,
    order_id      {id} NOT NULL,
    line_id       {id} NOT NULL,
    leader_id     {id} NOT NULL,
    kind          {text} NOT NULL,
    rank          INTEGER NOT NULL,
    base_fen      {int} NOT NULL,
    rate_bp       INTEGER,
    fixed_fen     {int},
    multiplier_bp INTEGER NOT NULL,
    rule          {text} NOT NULL,
    amount_fen    {int} NOT NULL,
    reversed_fen  {int} NOT NULL,
    state         {text} NOT NULL,
    taken_over    BOOLEAN NOT NULL,
    created_at    {time} NOT NULL,
    released_at   {time},
    PRIMARY KEY (id),
    CHECK (amount_fen >= 0),
    CHECK (reversed_fen >= 0 AND reversed_fen <= amount_fen),
    FOREIGN KEY (line_id) REFERENCES order_lines (id),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);
CREATE UNIQUE INDEX commissions_once_a_line ON commissions (line_id, kind, rank) WHERE NOT taken_over;
CREATE INDEX commissions_by_shop_leader_id ON commissions (shop_id, leader_id, id);
CREATE INDEX commissions_by_order ON commissions (order_id);

CREATE TABLE withdrawals (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    leader_id   {id} NOT NULL,
    channel     {text} NOT NULL,
    amount_fen  {int} NOT NULL,
    fee_fen     {int} NOT NULL,
    fee_bp      INTEGER NOT NULL,
    tax_fen     {int} NOT NULL,
    net_fen     {int} NOT NULL,
    month_gross_fen {int} NOT NULL,
    month_tax_fen   {int} NOT NULL,
    sealed_payee {text},
    payee_mask  {text},
    batch_id    {id},
    state       {text} NOT NULL,
    day         {text} NOT NULL,
    reason      {text},
    decided_by  {id},
    decided_at  {time},
    created_at  {time} NOT NULL,
    finished_at {time},
    PRIMARY KEY (id),
    CHECK (amount_fen > 0),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);
CREATE INDEX withdrawals_by_shop_leader_id ON withdrawals (shop_id, leader_id, id);
CREATE INDEX withdrawals_by_shop_state_id ON withdrawals (shop_id, state, id);
CREATE INDEX withdrawals_by_batch ON withdrawals (batch_id);

CREATE TABLE withdrawal_counters (
    leader_id {id} NOT NULL,
    day       {text} NOT NULL,
    shop_id   {id} NOT NULL,
    count     INTEGER NOT NULL,
    sum_fen   {int} NOT NULL,
    PRIMARY KEY (leader_id, day)
);

CREATE TABLE transfers (
    id               {id} NOT NULL,
    shop_id          {id} NOT NULL,
    withdrawal_id    {id},
    statement_id     {id},
    mchid            {text} NOT NULL,
    state            {text} NOT NULL,
    amount_fen       {int} NOT NULL,
    openid           {text} NOT NULL,
    request_body     {text},
    unanswered_at    {time},
    platform_bill_no {text},
    package_info     {text},
    fail_reason      {text},
    next_query_at    {time},
    queries          INTEGER NOT NULL,
    created_at       {time} NOT NULL,
    finished_at      {time},
    PRIMARY KEY (id),
    FOREIGN KEY (withdrawal_id) REFERENCES withdrawals (id),
    CHECK ((withdrawal_id IS NULL) <> (statement_id IS NULL))
);
CREATE INDEX transfers_by_withdrawal ON transfers (withdrawal_id);
CREATE INDEX transfers_by_statement ON transfers (statement_id);
CREATE UNIQUE INDEX transfers_open_by_statement ON transfers (statement_id) WHERE state NOT IN ('failed', 'cancelled');
CREATE INDEX transfers_by_shop_openid ON transfers (shop_id, openid);
CREATE INDEX transfers_by_state_next_query_at ON transfers (state, next_query_at);

CREATE TABLE sharings (
    id                {id} NOT NULL,
    shop_id           {id} NOT NULL,
    order_id          {id} NOT NULL,
    payment_id        {id} NOT NULL,
    transaction_id    {text} NOT NULL,
    kind              {text} NOT NULL,
    state             {text} NOT NULL,
    amount_fen        {int} NOT NULL,
    request_body      {text},
    platform_order_id {text},
    fail_reason       {text},
    next_query_at     {time},
    queries           INTEGER NOT NULL,
    created_at        {time} NOT NULL,
    finished_at       {time},
    PRIMARY KEY (id),
    FOREIGN KEY (payment_id) REFERENCES payments (id)
);
CREATE INDEX sharings_by_order ON sharings (order_id);
CREATE INDEX sharings_by_state_next_query_at ON sharings (state, next_query_at);

CREATE TABLE sharing_parts (
    id            {id} NOT NULL,
    sharing_id    {id} NOT NULL,
    shop_id       {id} NOT NULL,
    party_kind    {text} NOT NULL,
    party_id      {id} NOT NULL,
    receiver_type {text} NOT NULL,
    account       {text} NOT NULL,
    amount_fen    {int} NOT NULL,
    result        {text} NOT NULL,
    fail_reason   {text},
    PRIMARY KEY (id),
    FOREIGN KEY (sharing_id) REFERENCES sharings (id)
);
CREATE INDEX sharing_parts_by_sharing ON sharing_parts (sharing_id);
CREATE INDEX sharing_parts_by_shop_party_result ON sharing_parts (shop_id, party_id, result);

CREATE TABLE sharing_returns (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    part_id            {id} NOT NULL,
    sharing_id         {id} NOT NULL,
    refund_id          {id} NOT NULL,
    party_id           {id} NOT NULL,
    return_mchid       {text} NOT NULL,
    amount_fen         {int} NOT NULL,
    netted_fen         {int} NOT NULL,
    state              {text} NOT NULL,
    platform_return_id {text},
    fail_reason        {text},
    next_query_at      {time},
    queries            INTEGER NOT NULL,
    created_at         {time} NOT NULL,
    finished_at        {time},
    PRIMARY KEY (id),
    FOREIGN KEY (part_id) REFERENCES sharing_parts (id),
    FOREIGN KEY (refund_id) REFERENCES refunds (id),
    CHECK (netted_fen >= 0 AND netted_fen <= amount_fen)
);
CREATE INDEX sharing_returns_by_part ON sharing_returns (part_id);
CREATE INDEX sharing_returns_by_refund ON sharing_returns (refund_id);
CREATE INDEX sharing_returns_by_state_next_query_at ON sharing_returns (state, next_query_at);
CREATE INDEX sharing_returns_by_shop_party_state ON sharing_returns (shop_id, party_id, state);

CREATE TABLE ledger_journals (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    cause_kind {text} NOT NULL,
    cause_id   {id} NOT NULL,
    note       {text},
    at         {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, cause_kind, cause_id)
);
CREATE INDEX ledger_journals_by_shop_id ON ledger_journals (shop_id, id);

CREATE TABLE ledger_entries (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    journal_id {id} NOT NULL,
    account    {text} NOT NULL,
    party      {id},
    unit       {text} NOT NULL,
    amount     {int} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (journal_id) REFERENCES ledger_journals (id)
);
CREATE INDEX ledger_entries_by_journal ON ledger_entries (journal_id);
CREATE INDEX ledger_entries_by_shop_account_party_id ON ledger_entries (shop_id, account, party, id);

CREATE TABLE party_accounts (
    shop_id {id} NOT NULL,
    account {text} NOT NULL,
    party   {id} NOT NULL,
    unit    {text} NOT NULL,
    balance {int} NOT NULL,
    PRIMARY KEY (shop_id, account, party)
);
