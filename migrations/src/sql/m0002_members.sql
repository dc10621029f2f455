CREATE TABLE members (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    openid             {text} NOT NULL,
    unionid            {text},
    sealed_session_key {text},
    nickname           {text} NOT NULL,
    avatar             {text},
    sealed_phone       {text},
    phone_index        {text},
    phone_mask         {text},
    pickup_point_id    {id},
    leader_id          {id},
    invited_by         {text},
    has_paid           BOOLEAN NOT NULL,
    banned_at          {time},
    created_at         {time} NOT NULL,
    updated_at         {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, openid),
    FOREIGN KEY (shop_id) REFERENCES shops (id)
);
CREATE INDEX members_by_shop_leader_id ON members (shop_id, leader_id, id);
CREATE INDEX members_by_shop_phone_index ON members (shop_id, phone_index);
CREATE INDEX members_by_shop_phone_mask ON members (shop_id, phone_mask);
CREATE INDEX members_by_shop_nickname ON members (shop_id, nickname);
CREATE INDEX members_by_shop_id ON members (shop_id, id);
CREATE INDEX members_banned ON members (id) WHERE banned_at IS NOT NULL;

CREATE TABLE member_sessions (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    member_id  {id} NOT NULL,
    generation INTEGER NOT NULL,
    rotations  {json} NOT NULL,
    expires_at {time} NOT NULL,
    revoked_at {time},
    created_at {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE INDEX member_sessions_by_shop_member ON member_sessions (shop_id, member_id);
CREATE INDEX member_sessions_by_revoked_at ON member_sessions (revoked_at);

CREATE TABLE addresses (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    member_id  {id} NOT NULL,
    sealed     {text} NOT NULL,
    province   {text} NOT NULL,
    city       {text} NOT NULL,
    district   {text} NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE INDEX addresses_by_shop_member_id ON addresses (shop_id, member_id, id);

CREATE TABLE leader_bindings (
    member_id {id} NOT NULL,
    bound_at  {time} NOT NULL,
    shop_id   {id} NOT NULL,
    leader_id {id} NOT NULL,
    source    {text} NOT NULL,
    PRIMARY KEY (member_id, bound_at)
);
CREATE INDEX leader_bindings_by_shop_leader ON leader_bindings (shop_id, leader_id);

CREATE TABLE leader_applications (
    id             {id} NOT NULL,
    shop_id        {id} NOT NULL,
    member_id      {id} NOT NULL,
    state          {text} NOT NULL,
    open_member    {id},
    sealed_form    {text} NOT NULL,
    community      {text} NOT NULL,
    lat            DOUBLE PRECISION NOT NULL,
    lng            DOUBLE PRECISION NOT NULL,
    recommender_id {id},
    picture        {text},
    reason         {text},
    decided_by     {id},
    decided_at     {time},
    created_at     {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (open_member)
);
CREATE INDEX leader_applications_by_shop_state_id ON leader_applications (shop_id, state, id);
CREATE INDEX leader_applications_by_shop_member_id ON leader_applications (shop_id, member_id, id);

CREATE TABLE leaders (
    id                {id} NOT NULL,
    shop_id           {id} NOT NULL,
    member_id         {id} NOT NULL,
    name              {text} NOT NULL,
    sealed_phone      {text},
    phone_mask        {text},
    state             {text} NOT NULL,
    resting           BOOLEAN NOT NULL,
    pickup_only       BOOLEAN NOT NULL,
    level_id          {id},
    recommender_id    {id},
    multiplier_bp     INTEGER NOT NULL,
    receiver          {json},
    receiver_added_at {time},
    created_at        {time} NOT NULL,
    updated_at        {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, member_id),
    FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE INDEX leaders_by_shop_id ON leaders (shop_id, id);
CREATE INDEX leaders_by_shop_state_id ON leaders (shop_id, state, id);
CREATE INDEX leaders_by_shop_recommender ON leaders (shop_id, recommender_id);

CREATE TABLE leader_levels (
    id             {id} NOT NULL,
    shop_id        {id} NOT NULL,
    name           {text} NOT NULL,
    rank           INTEGER NOT NULL,
    rate_bp        INTEGER NOT NULL,
    from_sales_fen {int},
    from_members   {int},
    from_orders    {int},
    created_at     {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (shop_id, rank)
);

CREATE TABLE pickup_points (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    leader_id  {id} NOT NULL,
    name       {text} NOT NULL,
    community  {text} NOT NULL,
    region     {text},
    address    {text} NOT NULL,
    lat        DOUBLE PRECISION NOT NULL,
    lng        DOUBLE PRECISION NOT NULL,
    picture    {text},
    hours      {text},
    enabled    BOOLEAN NOT NULL,
    open       BOOLEAN NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);
CREATE INDEX pickup_points_by_shop_open_lat ON pickup_points (shop_id, open, lat);
CREATE INDEX pickup_points_by_shop_open_id ON pickup_points (shop_id, open, id);
CREATE INDEX pickup_points_by_shop_leader ON pickup_points (shop_id, leader_id);

CREATE TABLE verifiers (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    leader_id  {id} NOT NULL,
    member_id  {id} NOT NULL,
    name       {text} NOT NULL,
    removed_at {time},
    created_at {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (leader_id, member_id),
    FOREIGN KEY (leader_id) REFERENCES leaders (id)
);
CREATE UNIQUE INDEX verifiers_by_shop_member ON verifiers (shop_id, member_id) WHERE removed_at IS NULL;

CREATE TABLE redemptions (
    id        {id} NOT NULL,
    shop_id   {id} NOT NULL,
    order_id  {id} NOT NULL,
    leader_id {id} NOT NULL,
    member_id {id} NOT NULL,
    lines     {json} NOT NULL,
    at        {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX redemptions_by_order_id ON redemptions (order_id, id);
CREATE INDEX redemptions_by_shop_leader_id ON redemptions (shop_id, leader_id, id);
