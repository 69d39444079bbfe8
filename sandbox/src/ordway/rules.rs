//! What the fake does and how that is known.

use super::FakeOrdway;
use crate::rule::Evidence::{Assumed, Documented, Observed};
use crate::rule::Rule;

impl FakeOrdway {
    /// Every rule of the fake with its evidence. Each assumed one has alternatives: [`Quirk`](super::Quirk).
    pub const RULES: &[Rule] = &[
        Rule::new(
            "bad-user-is-401",
            Observed,
            "A, recorded traffic",
            "wrong e-mail or token: 401 with error.title",
        ),
        Rule::new("bad-company-is-401", Assumed, "D", "wrong company: the same 401"),
        Rule::new("bad-api-key-is-403", Assumed, "D", "wrong X-API-KEY: the gateway's 403"),
        Rule::new("credentials-come-first", Assumed, "D", "credentials are checked before path and body"),
        Rule::new(
            "rate-limit-is-429",
            Assumed,
            "D",
            "above rate_limit: 429 without Retry-After; off by default",
        ),
        Rule::new(
            "page-cap",
            Documented,
            "B, support articles",
            "size is cut to 50, 500 for revenue schedules",
        ),
        Rule::new("default-page-size", Assumed, "D", "20 records where no size is asked for"),
        Rule::new("empty-page-past-the-end", Observed, "A, recorded traffic", "a page past the end is []"),
        Rule::new("empty-sort-is-500", Observed, "A, recorded traffic", "sort= makes the server fail"),
        Rule::new(
            "sort-direction-suffix",
            Observed,
            "A, recorded traffic",
            "a trailing ' desc' or ' asc' holds for all sort fields",
        ),
        Rule::new("sort-is-exact", Assumed, "D", "a sorted list is in order"),
        Rule::new(
            "unsorted-is-arrival-order",
            Assumed,
            "D",
            "without sort, records come in order of arrival",
        ),
        Rule::new(
            "updated-filter-inclusive",
            Observed,
            "A, the official tap",
            "updated_date>= holds for the very timestamp too",
        ),
        Rule::new("bad-filter-date-is-400", Assumed, "D", "a filter value that is no date: 400"),
        Rule::new(
            "equality-filters",
            Observed,
            "B, independent clients",
            "name, status, customer_id, date where the table lists them",
        ),
        Rule::new("unknown-parameters-ignored", Assumed, "D", "other query parameters change nothing"),
        Rule::new(
            "drafts-are-listed",
            Assumed,
            "D",
            "lists of invoices hold drafts whatever status is asked for",
        ),
        Rule::new("usages-are-wrapped", Observed, "B, an independent client", "{\"usages\":[…],\"total\":n}"),
        Rule::new("no-nulls", Observed, "A, recorded traffic", "empties are \"\" or \"-\", never null"),
        Rule::new(
            "custom-fields-twice",
            Observed,
            "A, recorded traffic",
            "custom fields are repeated at top level",
        ),
        Rule::new(
            "writes-answer-200",
            Observed,
            "A, recorded traffic",
            "POST and PUT answer 200 with the whole resource",
        ),
        Rule::new(
            "put-answers-with-body",
            Assumed,
            "D",
            "a PUT answers with the whole resource, as a POST was seen to",
        ),
        Rule::new("delete-answers-empty-object", Assumed, "D", "DELETE answers 200 {}"),
        Rule::new(
            "given-id-is-kept",
            Observed,
            "B, independent clients",
            "an id in a create is honoured; a taken one is 422",
        ),
        Rule::new(
            "customer-defaults",
            Observed,
            "A, recorded traffic",
            "terms, cycle day, currency, batch, balance and the rest",
        ),
        Rule::new(
            "auto-contact",
            Observed,
            "A, recorded traffic",
            "a customer without contacts gets one with its name",
        ),
        Rule::new(
            "contact-edit-moves-customer",
            Assumed,
            "D",
            "a contact's change moves the customer's updated_date",
        ),
        Rule::new("no-route-is-404", Assumed, "D", "operations outside the matrix: 404"),
        Rule::new("broken-json-is-400", Documented, "B, support articles", "a malformed body: 400"),
        Rule::new(
            "broken-rule-is-422",
            Documented,
            "B, support articles",
            "a well-formed body that breaks a rule: 422",
        ),
        Rule::new(
            "error-shape",
            Observed,
            "B, an independent client",
            "{\"errors\":{\"status\",\"source\",\"details\"}}",
        ),
        Rule::new("invoice-create", Assumed, "D", "POST /invoices makes a draft"),
        Rule::new(
            "tax-write-on-invoice",
            Assumed,
            "D",
            "tax is written with PUT /invoices/{id}; OrdwayConfig::tax_write moves it anywhere",
        ),
        Rule::new(
            "tax-write-by-line-no",
            Assumed,
            "D",
            "a tax write names lines by line_no and changes their line_tax and tax_lines; the rest stays",
        ),
        Rule::new(
            "tax-write-moves-updated-date",
            Assumed,
            "D",
            "a tax write is a change like any other: it moves updated_date",
        ),
        Rule::new(
            "tax-write-takes-effect",
            Assumed,
            "D",
            "a tax write answered with 200 has changed the invoice",
        ),
        Rule::new(
            "tax-moves-header-totals",
            Assumed,
            "D",
            "a tax write makes tax, amount, balance and subtotals anew",
        ),
        Rule::new("tax-decimals-checked", Assumed, "D", "a tax with more decimals than allowed: 422"),
        Rule::new(
            "tax-decimals-of-currency",
            Assumed,
            "D",
            "a tax has the decimals of its currency: none in yen, three in dinars",
        ),
        Rule::new("closed-write-is-422", Assumed, "D", "a write to an invoice that is closed: 422"),
        Rule::new(
            "draft-only-edit",
            Documented,
            "B, support articles",
            "only drafts can be edited; a setting opens posted invoices too",
        ),
        Rule::new(
            "reverse-needs-date",
            Observed,
            "B, an independent client",
            "reverse takes {\"reversed_on\":\"YYYY-MM-DD\"}",
        ),
        Rule::new(
            "reverse-only-posted",
            Assumed,
            "D",
            "drafts and reversed documents cannot be reversed: 422",
        ),
        Rule::new("reversed-balance-is-zero", Assumed, "D", "a reversed invoice has balance 0"),
        Rule::new("reversed-credit-reopens", Assumed, "D", "its applications are undone"),
        Rule::new("payment-settles", Assumed, "D", "Posted, Partially paid or Paid follow from the balance"),
        Rule::new("invoice-post", Assumed, "D", "PUT /invoices/{id}/post posts a draft"),
        Rule::new(
            "refund-create",
            Assumed,
            "C, a catalogue",
            "POST /refunds makes a refund of what it names",
        ),
        Rule::new(
            "subscription-undo",
            Assumed,
            "D",
            "reactivate makes a cancelled subscription active, revert goes back one version",
        ),
        Rule::new(
            "credits-are-processed",
            Assumed,
            "D",
            "a new credit is Processed at once; /credits shows no drafts",
        ),
        Rule::new("refund-makes-record", Documented, "B, release notes", "a refund action creates a refund"),
        Rule::new("refund-body", Assumed, "D", "refund_amount, refund_date, notes"),
        Rule::new(
            "write-bumps-updated-date",
            Assumed,
            "D",
            "every change stamps updated_date, in milliseconds, no two alike",
        ),
        Rule::new(
            "billing-run-makes-no-invoice",
            Assumed,
            "D",
            "a billing run is recorded and bills nothing",
        ),
        Rule::new("webhook-payload", Assumed, "D", "{\"object\",\"event\",\"record\"}, like the Kafka feed"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rules_have_distinct_names() {
        let names: HashSet<_> = FakeOrdway::RULES.iter().map(|rule| rule.id).collect();
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
            let tag = format!("rule {}", rule.id);
            assert!(code.iter().any(|text| text.contains(&tag)), "{} is not named in the code", rule.id);
        }
    }
}
