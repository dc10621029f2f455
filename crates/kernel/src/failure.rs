//! Errors with stable codes. Each area has its own enum; [`Failure`] carries any of them up to
//! the one place that knows HTTP.

use crate::{Code, MoneyError};

/// One field of a request that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// Where in the request, as a path: `lines[0].quantity`.
    pub field: String,
    /// Stable word for what is wrong: `required`, `too_long`, `out_of_range`, …
    pub code: String,
    /// For people.
    pub detail: String,
}

impl FieldFault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.to_owned(), detail: detail.into() }
    }
}

/// An error that names its stable code.
pub trait Coded: std::error::Error + Send + Sync + 'static {
    /// The stable code.
    fn code(&self) -> Code;

    /// The faulty fields, for a validation error.
    fn fields(&self) -> Vec<FieldFault> {
        Vec::new()
    }

    /// What the caller may see beyond the code's own text: states, limits, a new quote. Never
    /// another member's data.
    fn extra(&self) -> Option<serde_json::Value> {
        None
    }

    /// What happened, for Chinese readers; `Display` is for English ones and for the log.
    fn detail_zh(&self) -> String {
        crate::words::detail_zh(self.code(), &self.fields(), self.extra().as_ref())
    }
}

/// Any coded error, on its way up.
pub struct Failure {
    inner: Box<dyn Coded>,
}

impl Failure {
    /// The stable code.
    pub fn code(&self) -> Code {
        self.inner.code()
    }

    /// The error itself.
    pub fn coded(&self) -> &dyn Coded {
        &*self.inner
    }
}

impl<E: Coded> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { inner: Box::new(error) }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&*self.inner, f)
    }
}

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code(), self.inner)
    }
}

impl Coded for sea_orm::DbErr {
    fn code(&self) -> Code {
        Code::Internal
    }
}

impl Coded for MoneyError {
    fn code(&self) -> Code {
        Code::AmountOutOfRange
    }
}

/// A request that cannot be accepted as it is: which fields, and why.
#[derive(Debug, thiserror::Error)]
#[error("the request is not valid: {}", .0.iter().map(|f| format!("{} {}", f.field, f.code)).collect::<Vec<_>>().join(", "))]
pub struct Invalid(pub Vec<FieldFault>);

impl Invalid {
    /// One faulty field.
    pub fn field(field: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self(vec![FieldFault::new(field, code, detail)])
    }

    /// An error when there is any fault.
    pub fn unless_empty(faults: Vec<FieldFault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }
}

impl Coded for Invalid {
    fn code(&self) -> Code {
        Code::ValidationFailed
    }

    fn fields(&self) -> Vec<FieldFault> {
        self.0.clone()
    }
}

impl Coded for crate::page::BadCursor {
    fn code(&self) -> Code {
        Code::ValidationFailed
    }

    fn fields(&self) -> Vec<FieldFault> {
        vec![FieldFault::new("cursor", "invalid", self.to_string())]
    }
}
