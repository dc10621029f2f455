CREATE TABLE bill_runs (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    day         {text} NOT NULL,
    kind        {text} NOT NULL,
    state       {text} NOT NULL,
    hash        {text},
    lines       {int} NOT NULL,
    judged      {int} NOT NULL,
    matched     {int} NOT NULL,
    cases       {int} NOT NULL,
    failures    INTEGER NOT NULL,
    last_error  {text},
    next_at     {time} NOT NULL,
    created_at  {time} NOT NULL,
    finished_at {time},
    PRIMARY KEY (id),
    UNIQUE (shop_id, day, kind)
);
CREATE INDEX bill_runs_by_shop_id ON bill_runs (shop_id, id);

CREATE TABLE bill_lines (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    run_id      {id} NOT NULL,
    no          {int} NOT NULL,
    day         {text} NOT NULL,
    kind        {text} NOT NULL,
    subject     {text} NOT NULL,
    our_no      {text},
    platform_no {text},
    receiver    {text},
    at          {time},
    amount_fen  {int} NOT NULL,
    net_fen     {int},
    settled_fen {int},
    fee_exact   {int},
    standing    {text} NOT NULL,
    words       {text} NOT NULL,
    verdict     {text} NOT NULL,
    subject_id  {id},
    fee_fen     {int},
    PRIMARY KEY (id),
    UNIQUE (run_id, no),
    FOREIGN KEY (run_id) REFERENCES bill_runs (id)
);
CREATE INDEX bill_lines_by_shop_subject_id ON bill_lines (shop_id, subject_id);
CREATE INDEX bill_lines_by_shop_platform_no ON bill_lines (shop_id, platform_no);
CREATE INDEX bill_lines_by_shop_day ON bill_lines (shop_id, day);
-- Lines whose fee is not booked, few beside all others.
CREATE INDEX bill_lines_fee_due ON bill_lines (shop_id, id) WHERE fee_fen IS NULL AND fee_exact IS NOT NULL;

CREATE TABLE bill_cases (
    id          {id} NOT NULL,
    shop_id     {id} NOT NULL,
    run_id      {id} NOT NULL,
    line_id     {id},
    day         {text} NOT NULL,
    kind        {text} NOT NULL,
    subject     {text} NOT NULL,
    subject_key {text} NOT NULL,
    subject_id  {id},
    class       {text} NOT NULL,
    cause       {text} NOT NULL,
    our_no      {text},
    platform_no {text},
    ours_fen    {int},
    theirs_fen  {int},
    detail      {text},
    state       {text} NOT NULL,
    note        {text},
    resolved_by {id},
    created_at  {time} NOT NULL,
    resolved_at {time},
    PRIMARY KEY (id),
    UNIQUE (shop_id, subject, subject_key),
    FOREIGN KEY (run_id) REFERENCES bill_runs (id)
);
CREATE INDEX bill_cases_by_shop_id ON bill_cases (shop_id, id);
CREATE INDEX bill_cases_by_shop_state_id ON bill_cases (shop_id, state, id);
CREATE INDEX bill_cases_by_shop_day ON bill_cases (shop_id, day);

CREATE TABLE bill_fees (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    subject    {text} NOT NULL,
    subject_id {id} NOT NULL,
    day        {text} NOT NULL,
    fee_fen    {int} NOT NULL,
    at         {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX bill_fees_by_shop_subject ON bill_fees (shop_id, subject_id);
