//! What the fake does and how that is known.

use super::FakeOrdway;
use crate::rule::Evidence::{Assumed, Documented, Observed};
use crate::rule::Rule;

impl FakeOrdway {
    /// Every rule of the fake with its evidence. Assumed ones can be changed where [`Quirk`](super::Quirk) or
    /// [`OrdwayConfig`](super::OrdwayConfig) has a switch.
    pub const RULES: &[Rule] = &[
        Rule::new("bad-user-is-401", Observed, "wrong e-mail or token: 401 with error.title"),
        Rule::new("bad-company-is-401", Assumed, "wrong company: the same 401"),
        Rule::new(
            "bad-api-key-is-403",
            Assumed,
            "wrong X-API-KEY: the gateway's 403; ApiKeyNotEnforced turns it off",
        ),
        Rule::new("credentials-come-first", Assumed, "credentials are checked before path and body"),
        Rule::new("rate-limit-is-429", Assumed, "above rate_limit: 429 without Retry-After; off by default"),
        Rule::new("page-cap", Documented, "size is cut to 50, 500 for revenue schedules"),
        Rule::new("default-page-size", Assumed, "20 records where no size is asked for"),
        Rule::new("empty-page-past-the-end", Observed, "a page past the end is []"),
        Rule::new("empty-sort-is-500", Observed, "sort= makes the server fail"),
        Rule::new(
            "sort-direction-suffix",
            Observed,
            "a trailing ' desc' or ' asc' holds for all sort fields",
        ),
        Rule::new("sort-is-exact", Assumed, "a sorted list is in order; InexactOrder swaps neighbours"),
        Rule::new("unsorted-is-arrival-order", Assumed, "without sort, records come in order of arrival"),
        Rule::new("updated-filter-inclusive", Observed, "updated_date>= holds for the very timestamp too"),
        Rule::new("bad-filter-date-is-400", Assumed, "a filter value that is no date: 400"),
        Rule::new("equality-filters", Observed, "name, status, customer_id, date where the table lists them"),
        Rule::new("unknown-parameters-ignored", Assumed, "other query parameters change nothing"),
        Rule::new("drafts-are-listed", Assumed, "lists hold drafts; DraftsHidden asks for status=Draft"),
        Rule::new("usages-are-wrapped", Observed, "{\"usages\":[…],\"total\":n}"),
        Rule::new("no-nulls", Observed, "empties are \"\" or \"-\", never null"),
        Rule::new("custom-fields-twice", Observed, "custom fields are repeated at top level"),
        Rule::new("writes-answer-200", Observed, "POST and PUT answer 200 with the whole resource"),
        Rule::new("put-answers-with-body", Assumed, "EmptyPutAnswer makes it an empty 200"),
        Rule::new("delete-answers-empty-object", Assumed, "DELETE answers 200 {}"),
        Rule::new("given-id-is-kept", Observed, "an id in a create is honoured; a taken one is 422"),
        Rule::new("customer-defaults", Observed, "terms, cycle day, currency, batch, balance and the rest"),
        Rule::new("auto-contact", Observed, "a customer without contacts gets one with its name"),
        Rule::new(
            "contact-edit-moves-customer",
            Assumed,
            "a contact's change moves the customer's updated_date",
        ),
        Rule::new("no-route-is-404", Assumed, "operations outside the matrix: 404"),
        Rule::new("broken-json-is-400", Documented, "a malformed body: 400"),
        Rule::new("broken-rule-is-422", Documented, "a well-formed body that breaks a rule: 422"),
        Rule::new("error-shape", Observed, "{\"errors\":{\"status\",\"source\",\"details\"}}"),
        Rule::new("invoice-create", Assumed, "POST /invoices makes a draft"),
        Rule::new(
            "tax-write-on-invoice",
            Assumed,
            "PUT /invoices/{id} with lines by line_no; TaxWrite moves it",
        ),
        Rule::new("tax-write-takes-effect", Assumed, "TaxWriteIgnored answers 200 and changes nothing"),
        Rule::new(
            "tax-moves-header-totals",
            Assumed,
            "tax, amount, balance, subtotals; HeaderTotalsStale keeps them",
        ),
        Rule::new("tax-decimals-checked", Assumed, "more decimals than the currency has: 422"),
        Rule::new("draft-only-edit", Documented, "posted invoices are closed; PostedTaxEditable opens them"),
        Rule::new("reverse-needs-date", Observed, "reverse takes {\"reversed_on\":\"YYYY-MM-DD\"}"),
        Rule::new("reverse-only-posted", Assumed, "drafts and reversed documents cannot be reversed: 422"),
        Rule::new("reversed-balance-is-zero", Assumed, "a reversed invoice has balance 0"),
        Rule::new("reversed-credit-reopens", Assumed, "its applications are undone"),
        Rule::new("payment-settles", Assumed, "Posted, Partially paid or Paid follow from the balance"),
        Rule::new("refund-makes-record", Documented, "a refund action creates a refund"),
        Rule::new("refund-body", Assumed, "refund_amount, refund_date, notes"),
        Rule::new(
            "write-bumps-updated-date",
            Assumed,
            "every change, our own tax write too, in milliseconds, unique; CoarseTimestamps ties",
        ),
        Rule::new("billing-run-makes-no-invoice", Assumed, "a billing run is recorded and bills nothing"),
        Rule::new("webhook-payload", Assumed, "{\"object\",\"event\",\"record\"}, like the Kafka feed"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rules_have_distinct_names() {
        let names: HashSet<_> = FakeOrdway::RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), FakeOrdway::RULES.len());
    }

    #[test]
    fn every_rule_is_named_where_it_is_kept() {
        let code = [
            include_str!("action.rs"),
            include_str!("customer.rs"),
            include_str!("event.rs"),
            include_str!("invoice.rs"),
            include_str!("mod.rs"),
            include_str!("query.rs"),
            include_str!("refusal.rs"),
            include_str!("render.rs"),
            include_str!("route.rs"),
            include_str!("settlement.rs"),
            include_str!("store.rs"),
            include_str!("work.rs"),
        ];
        let plain = |text: &str| -> String {
            let words: Vec<_> =
                text.split_whitespace().filter(|word| !matches!(*word, "///" | "//")).collect();
            words.join(" ")
        };
        let code = code.map(plain);
        for rule in FakeOrdway::RULES {
            let tag = format!("rule {}", rule.name);
            assert!(code.iter().any(|text| text.contains(&tag)), "{} is not named in the code", rule.name);
        }
    }
}
