//! Who calls, and what each call sends beside its own parameters.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, Required, Type};

use super::operations_mut;

/// Every call may name its shop, and what may be read without signing in may be read signed in.
pub fn storefront(document: &mut OpenApi) {
    for (method, _, operation) in operations_mut(document) {
        let shop = "The mini-program's own appid: names the shop. May be left out with a token, which carries its \
            shop, and where the installation serves one shop alone.";
        add_header(operation, "X-App-Id", shop);
        if operation.security.is_some() {
            continue;
        }
        let nobody = SecurityRequirement::default();
        operation.security = Some(match method {
            "get" => vec![nobody, needs("bearer")],
            _ => vec![nobody],
        });
    }
}

/// A write proves that the console's own page makes it.
pub fn console(document: &mut OpenApi) {
    for (method, _, operation) in operations_mut(document) {
        match &operation.security {
            None => operation.security = Some(vec![SecurityRequirement::default()]),
            Some(_) if method != "get" => {
                operation.security = Some(vec![needs("session").add("csrf", [""; 0])]);
            }
            Some(_) => {}
        }
    }
}

fn needs(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, [""; 0])
}

/// Adds an optional header to what the call is sent with.
pub fn add_header(operation: &mut Operation, name: &str, description: &str) {
    let header: Parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(header));
}
