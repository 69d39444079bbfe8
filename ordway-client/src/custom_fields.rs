//! Custom fields: the tenant's own members.

use ordway_anrok_http::json::{Object, is_empty_form};
use serde_json::Value;

/// The custom field `name`: Ordway writes it into `custom_fields` and repeats it at top level.
pub(crate) fn find<'a>(custom_fields: &'a Object, extra: &'a Object, name: &str) -> Option<&'a Value> {
    custom_fields.get(name).or_else(|| extra.get(name)).filter(|value| !is_empty_form(value))
}

/// Gives a record its accessors for custom fields.
macro_rules! custom_fields {
    ($($name:ident),+ $(,)?) => { $(
        impl $name {
            /// The custom field of this API name (case matters): from `custom_fields`, else from the copy at
            /// top level. `None` where it is missing or empty.
            pub fn custom_field(&self, name: &str) -> Option<&serde_json::Value> {
                $crate::custom_fields::find(&self.custom_fields, &self.extra, name)
            }

            /// The same where it is text.
            pub fn custom_text(&self, name: &str) -> Option<&str> {
                self.custom_field(name)?.as_str()
            }
        }
    )+ };
}
pub(crate) use custom_fields;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::customers::Customer;

    #[test]
    fn both_places_are_looked_at() {
        let customer: Customer = serde_json::from_value(json!({
            "id": "C-1", "custom_fields": {"tax_id": "GB1", "blank": "", "Type": "-"}, "Type": "x", "salesforce_id": "sf", "n": 1
        }))
        .unwrap();
        assert_eq!(customer.custom_text("tax_id"), Some("GB1"));
        assert_eq!(customer.custom_text("salesforce_id"), Some("sf"));
        assert_eq!(customer.custom_text("blank"), None);
        assert_eq!(customer.custom_text("Type"), None);
        assert_eq!(customer.custom_text("n"), None);
        assert_eq!(customer.custom_field("n"), Some(&json!(1)));
    }
}
