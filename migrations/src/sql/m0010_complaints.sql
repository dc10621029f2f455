CREATE TABLE complaints (
    id                  {id} NOT NULL,
    shop_id             {id} NOT NULL,
    complaint_no        {text} NOT NULL,
    state               {text} NOT NULL,
    detail              {text} NOT NULL,
    problem_type        {text},
    problem_description {text},
    sealed_phone        {text},
    phone_mask          {text},
    order_id            {id},
    payment_id          {id},
    merchant_no         {text},
    payments            {json} NOT NULL,
    pictures            {json} NOT NULL,
    apply_refund_fen    {int},
    full_refunded       BOOLEAN NOT NULL,
    awaits_answer       BOOLEAN NOT NULL,
    times               INTEGER NOT NULL,
    complained_at       {time} NOT NULL,
    deadline_at         {time} NOT NULL,
    answered_at         {time},
    completed_at        {time},
    refreshed_at        {time},
    created_at          {time} NOT NULL,
    updated_at          {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, complaint_no)
);
CREATE INDEX complaints_by_shop_id ON complaints (shop_id, id);
CREATE INDEX complaints_by_shop_state_id ON complaints (shop_id, state, id);

CREATE TABLE complaint_actions (
    id           {id} NOT NULL,
    shop_id      {id} NOT NULL,
    complaint_id {id} NOT NULL,
    kind         {text} NOT NULL,
    content      {text},
    refund_days  INTEGER,
    pictures     {json} NOT NULL,
    media_ids    {json} NOT NULL,
    state        {text} NOT NULL,
    error        {text},
    operator_id  {id} NOT NULL,
    sent_at      {time},
    done_at      {time},
    created_at   {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (complaint_id) REFERENCES complaints (id)
);
CREATE INDEX complaint_actions_by_complaint ON complaint_actions (complaint_id, id);

CREATE TABLE complaint_watches (
    shop_id {id} NOT NULL,
    url     {text},
    next_at {time} NOT NULL,
    PRIMARY KEY (shop_id)
);
