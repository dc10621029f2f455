//! The part of the store's schema that is played: which fields a type has, what they give, what they take.

/// What a field gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    Scalar,
    /// An object of that type, or nothing.
    One(&'static str),
    /// A plain list of them.
    List(&'static str),
    /// A list in parts, by cursor.
    Parts(&'static str),
}

/// A field: its name, what it gives, the arguments it takes beside those of lists in parts.
pub(super) struct FieldOf(pub(super) &'static str, pub(super) Gives, pub(super) &'static [&'static str]);

use Gives::{List, One, Parts, Scalar};

const fn text(name: &'static str) -> FieldOf {
    FieldOf(name, Scalar, &[])
}

const fn one(name: &'static str, kind: &'static str) -> FieldOf {
    FieldOf(name, One(kind), &[])
}

const fn parts(name: &'static str, kind: &'static str) -> FieldOf {
    FieldOf(name, Parts(kind), &[])
}

/// Arguments of every list in parts.
pub(super) const OF_PARTS: &[&str] = &["first", "last", "after", "before", "reverse"];

/// The types and their fields.
const TYPES: &[(&str, &[FieldOf])] = &[
    (
        "QueryRoot",
        &[
            one("shop", "Shop"),
            FieldOf("location", One("Location"), &["id"]),
            parts("locations", "Location"),
            FieldOf("products", Parts("Product"), &["query", "sortKey"]),
            FieldOf("product", One("Product"), &["id"]),
            FieldOf("orders", Parts("Order"), &["query", "sortKey"]),
            FieldOf("order", One("Order"), &["id"]),
        ],
    ),
    (
        "Mutation",
        &[
            FieldOf("inventorySetQuantities", One("InventorySetQuantitiesPayload"), &["input"]),
            FieldOf("fulfillmentCreate", One("FulfillmentCreatePayload"), &["fulfillment", "message"]),
        ],
    ),
    (
        "Shop",
        &[text("id"), text("name"), text("email"), text("myshopifyDomain"), text("currencyCode"), text("ianaTimezone")],
    ),
    ("Location", &[text("id"), text("name"), text("isActive")]),
    (
        "Product",
        &[
            text("id"),
            text("title"),
            text("handle"),
            text("status"),
            text("vendor"),
            text("productType"),
            text("createdAt"),
            text("updatedAt"),
            one("featuredMedia", "Media"),
            parts("variants", "ProductVariant"),
        ],
    ),
    ("Media", &[text("id"), text("alt"), one("preview", "MediaPreviewImage")]),
    ("MediaPreviewImage", &[text("status"), one("image", "Image")]),
    ("Image", &[text("url"), text("altText"), text("width"), text("height")]),
    (
        "ProductVariant",
        &[
            text("id"),
            text("title"),
            text("sku"),
            text("barcode"),
            text("price"),
            text("compareAtPrice"),
            text("inventoryQuantity"),
            text("updatedAt"),
            FieldOf("selectedOptions", List("SelectedOption"), &[]),
            one("inventoryItem", "InventoryItem"),
        ],
    ),
    ("SelectedOption", &[text("name"), text("value")]),
    ("InventoryItem", &[text("id"), text("sku"), text("tracked"), parts("inventoryLevels", "InventoryLevel")]),
    (
        "InventoryLevel",
        &[text("id"), one("location", "Location"), FieldOf("quantities", List("InventoryQuantity"), &["names"])],
    ),
    ("InventoryQuantity", &[text("name"), text("quantity")]),
    (
        "Order",
        &[
            text("id"),
            text("name"),
            text("note"),
            text("email"),
            text("createdAt"),
            text("processedAt"),
            text("updatedAt"),
            text("cancelledAt"),
            text("cancelReason"),
            text("displayFinancialStatus"),
            text("displayFulfillmentStatus"),
            text("currencyCode"),
            text("presentmentCurrencyCode"),
            one("totalPriceSet", "MoneyBag"),
            one("currentTotalPriceSet", "MoneyBag"),
            one("totalShippingPriceSet", "MoneyBag"),
            one("shippingAddress", "MailingAddress"),
            parts("lineItems", "LineItem"),
            parts("fulfillmentOrders", "FulfillmentOrder"),
            FieldOf("fulfillments", List("Fulfillment"), &["first"]),
        ],
    ),
    ("MoneyBag", &[one("shopMoney", "MoneyV2"), one("presentmentMoney", "MoneyV2")]),
    ("MoneyV2", &[text("amount"), text("currencyCode")]),
    (
        "MailingAddress",
        &[
            text("name"),
            text("phone"),
            text("countryCodeV2"),
            text("country"),
            text("province"),
            text("provinceCode"),
            text("city"),
            text("address1"),
            text("address2"),
            text("zip"),
        ],
    ),
    (
        "LineItem",
        &[
            text("id"),
            text("name"),
            text("sku"),
            text("title"),
            text("variantTitle"),
            text("quantity"),
            text("currentQuantity"),
            text("unfulfilledQuantity"),
            one("product", "Product"),
            one("variant", "ProductVariant"),
            one("originalUnitPriceSet", "MoneyBag"),
            one("discountedTotalSet", "MoneyBag"),
        ],
    ),
    (
        "FulfillmentOrder",
        &[text("id"), text("status"), text("requestStatus"), parts("lineItems", "FulfillmentOrderLineItem")],
    ),
    (
        "FulfillmentOrderLineItem",
        &[text("id"), text("totalQuantity"), text("remainingQuantity"), one("lineItem", "LineItem")],
    ),
    (
        "Fulfillment",
        &[text("id"), text("status"), text("createdAt"), FieldOf("trackingInfo", List("TrackingInfo"), &["first"])],
    ),
    ("TrackingInfo", &[text("company"), text("number"), text("url")]),
    (
        "InventorySetQuantitiesPayload",
        &[
            one("inventoryAdjustmentGroup", "InventoryAdjustmentGroup"),
            FieldOf("userErrors", List("InventorySetQuantitiesUserError"), &[]),
        ],
    ),
    (
        "InventoryAdjustmentGroup",
        &[text("id"), text("reason"), text("createdAt"), FieldOf("changes", List("InventoryChange"), &[])],
    ),
    ("InventoryChange", &[text("name"), text("delta"), text("quantityAfterChange")]),
    ("InventorySetQuantitiesUserError", &[text("code"), text("field"), text("message")]),
    ("FulfillmentCreatePayload", &[one("fulfillment", "Fulfillment"), FieldOf("userErrors", List("UserError"), &[])]),
    ("UserError", &[text("field"), text("message")]),
    ("PageInfo", &[text("hasNextPage"), text("hasPreviousPage"), text("startCursor"), text("endCursor")]),
];

/// The field `name` of type `kind`.
pub(super) fn field(kind: &str, name: &str) -> Option<&'static FieldOf> {
    let (_, fields) = TYPES.iter().find(|(known, _)| *known == kind)?;
    fields.iter().find(|field| field.0 == name)
}
