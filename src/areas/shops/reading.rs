//! What reading a shop file comes upon: secrets to resolve, and faults that name their key.

use kernel::FieldFault;
use secrecy::{ExposeSecret, SecretString};

/// A reading under way.
pub(super) struct Reading<'a> {
    resolve: &'a dyn Fn(&str) -> Result<SecretString, String>,
    /// What was found so far.
    pub faults: Vec<FieldFault>,
}

impl<'a> Reading<'a> {
    /// `resolve` finds a secret by its reference (`env:NAME`, `file:PATH`).
    pub fn new(resolve: &'a dyn Fn(&str) -> Result<SecretString, String>) -> Self {
        Self { resolve, faults: Vec::new() }
    }

    /// The secret that stands behind `given`; empty with a fault when there is none.
    pub fn secret(&mut self, field: &str, given: &SecretString) -> String {
        match (self.resolve)(given.expose_secret()) {
            Ok(value) => value.expose_secret().to_owned(),
            Err(detail) => {
                self.fault(field, "unresolved", &detail);
                String::new()
            }
        }
    }

    /// A number or an app of the platform; a fault when it is missing or cannot be one.
    pub fn id(&mut self, field: &str, given: Option<&String>) -> Option<String> {
        let Some(id) = given else {
            self.fault(field, "required", "missing");
            return None;
        };
        let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        if !fits {
            self.fault(field, "invalid", "1 to 32 letters and digits");
            return None;
        }
        Some(id.clone())
    }

    /// Notes a fault.
    pub fn fault(&mut self, field: &str, code: &'static str, detail: &str) {
        self.faults.push(FieldFault::new(field, code, detail));
    }

    /// Whether something is wrong with this key already.
    pub fn has_fault(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.field == field)
    }
}
