CREATE TABLE categories (
    id         {id} NOT NULL,
    shop_id    {id} NOT NULL,
    parent_id  {id},
    name       {text} NOT NULL,
    icon       {text},
    position   INTEGER NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX categories_by_shop_position_id ON categories (shop_id, position, id);

CREATE TABLE goods (
    id                  {id} NOT NULL,
    shop_id             {id} NOT NULL,
    category_id         {id},
    kind                {text} NOT NULL,
    title               {text} NOT NULL,
    subtitle            {text},
    pictures            {json} NOT NULL,
    video               {text},
    detail              {text} NOT NULL,
    tags                {json} NOT NULL,
    on_shelf            BOOLEAN NOT NULL,
    sale_from           {time},
    sale_until          {time},
    pickup              {json},
    purchase_limit      {json},
    commission          {json},
    supplier_id         {id},
    express_only        BOOLEAN NOT NULL,
    new_buyer_only      BOOLEAN NOT NULL,
    region_limited      BOOLEAN NOT NULL,
    freight_template_id {id},
    source              {json},
    price_from_fen      {int} NOT NULL,
    position            INTEGER NOT NULL,
    version             {int} NOT NULL,
    created_at          {time} NOT NULL,
    updated_at          {time} NOT NULL,
    deleted_at          {time},
    PRIMARY KEY (id),
    FOREIGN KEY (category_id) REFERENCES categories (id)
);
CREATE INDEX goods_by_shop_on_shelf_position_id ON goods (shop_id, on_shelf, position, id);
CREATE INDEX goods_by_shop_on_shelf_category_position_id ON goods (shop_id, on_shelf, category_id, position, id);
CREATE INDEX goods_by_shop_on_shelf_price_from_fen_id ON goods (shop_id, on_shelf, price_from_fen, id);
CREATE INDEX goods_by_shop_id ON goods (shop_id, id);
CREATE INDEX goods_by_category ON goods (category_id);

CREATE TABLE goods_words (
    shop_id  {id} NOT NULL,
    word     {word} NOT NULL,
    goods_id {id} NOT NULL,
    PRIMARY KEY (shop_id, word, goods_id),
    FOREIGN KEY (goods_id) REFERENCES goods (id)
);
CREATE INDEX goods_words_by_goods ON goods_words (goods_id);

CREATE TABLE goods_regions (
    goods_id        {id} NOT NULL,
    pickup_point_id {id} NOT NULL,
    shop_id         {id} NOT NULL,
    PRIMARY KEY (goods_id, pickup_point_id),
    FOREIGN KEY (goods_id) REFERENCES goods (id)
);

CREATE TABLE skus (
    id                 {id} NOT NULL,
    shop_id            {id} NOT NULL,
    goods_id           {id} NOT NULL,
    specs              {json} NOT NULL,
    specs_key          {text} NOT NULL,
    price_fen          {int} NOT NULL,
    original_price_fen {int},
    cost_fen           {int},
    member_price_fen   {int},
    settlement_price_fen {int},
    free               {int},
    weight_g           {int},
    barcode            {text},
    picture            {text},
    position           INTEGER NOT NULL,
    removed_at         {time},
    created_at         {time} NOT NULL,
    updated_at         {time} NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (goods_id, specs_key),
    CHECK (free >= 0),
    CHECK (price_fen >= 0),
    CHECK (settlement_price_fen >= 0),
    FOREIGN KEY (goods_id) REFERENCES goods (id)
);
CREATE INDEX skus_by_shop_barcode ON skus (shop_id, barcode);
