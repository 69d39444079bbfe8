//! What each collection offers: the operation matrix of the API as one table.

/// A collection and its operations.
#[derive(Debug)]
pub(super) struct Spec {
    /// Path segment, also the key of a wrapped list.
    pub(super) name: &'static str,
    /// Class name in events and webhooks.
    pub(super) class: &'static str,
    /// Field that identifies a record.
    pub(super) key: &'static str,
    /// Prefix of generated ids.
    pub(super) prefix: &'static str,
    /// L list, G get one, C create, U update, D delete.
    pub(super) operations: &'static str,
    /// `PUT /{name}/{id}/{action}`.
    pub(super) actions: &'static [&'static str],
    /// Parameters compared for equality.
    pub(super) filters: &'static [&'static str],
}

impl Spec {
    pub(super) fn offers(&self, operation: char) -> bool {
        self.operations.contains(operation)
    }

    /// Whether a list comes as `{"usages":[…],"total":n}`.
    pub(super) fn is_wrapped(&self) -> bool {
        self.name == "usages"
    }
}

const fn spec(
    name: &'static str,
    class: &'static str,
    prefix: &'static str,
    operations: &'static str,
    actions: &'static [&'static str],
    filters: &'static [&'static str],
) -> Spec {
    Spec { name, class, key: "id", prefix, operations, actions, filters }
}

const fn keyed(
    name: &'static str,
    class: &'static str,
    key: &'static str,
    prefix: &'static str,
    operations: &'static str,
) -> Spec {
    Spec { name, class, key, prefix, operations, actions: &[], filters: &[] }
}

/// Every top-level collection. `/notifications` is not one: it is a single settings document.
pub(super) const SPECS: &[Spec] = &[
    spec("customers", "Customer", "C-", "LGCUD", &[], &["name", "status"]),
    spec("products", "Product", "P-", "LGCUD", &[], &["name", "status"]),
    spec("plans", "Plan", "PLN-", "LGCUD", &[], &["name"]),
    spec(
        "subscriptions",
        "Subscription",
        "S-",
        "LGCUD",
        &["activate", "cancel", "change", "renew", "pause", "resume", "revert", "reactivate"],
        &["customer_id", "status"],
    ),
    spec("orders", "Order", "ORD-", "LGCU", &["cancel"], &[]),
    spec("usages", "Usage", "U-", "LGCD", &[], &[]),
    spec(
        "invoices",
        "Invoice",
        "INV-",
        "LGCU",
        &["reverse", "refund", "post"],
        &["customer_id", "date", "status"],
    ),
    spec("credits", "Credit", "CR-", "LGC", &["reverse", "refund"], &[]),
    spec("debit_memos", "DebitMemo", "DM-", "LG", &[], &[]),
    spec("payments", "Payment", "PMT-", "LGC", &["reverse", "refund"], &[]),
    spec("refunds", "Refund", "REF-", "LGC", &[], &[]),
    spec("payment_runs", "PaymentRun", "PR-", "LGC", &["reverse"], &[]),
    spec("billing_runs", "BillingRun", "BR-", "LGCD", &[], &[]),
    spec("billing_schedules", "BillingSchedule", "BS-", "LGU", &["manage_prepayment_lines"], &[]),
    spec("revenue_schedules", "RevenueSchedule", "RS-", "LG", &[], &[]),
    spec("revenue_rules", "RevenueRule", "PR-", "LGCUD", &[], &[]),
    spec("journal_entries", "JournalEntry", "JE-", "LGC", &[], &[]),
    keyed("chart_of_accounts", "ChartOfAccount", "code", "", "LGC"),
    spec("coupons", "Coupon", "CPN-", "LGCU", &[], &[]),
    keyed("statements", "Statement", "statement_id", "STM-", "LG"),
    keyed("webhooks", "Webhook", "name", "Webhook ", "LGCUD"),
];

/// Lists below a customer that are stored on their own, under the path as name.
pub(super) const PAYMENT_METHODS: Spec =
    keyed("payment_methods", "PaymentMethod", "payment_method_id", "PM-", "LGCD");
/// Notes of a customer.
pub(super) const CUSTOMER_NOTES: Spec = keyed("customer_notes", "CustomerNote", "id", "", "L");

/// The table row of a collection name; nested names (`customers/C-1/payment_methods`) by their last part.
pub(super) fn find(name: &str) -> Option<&'static Spec> {
    match name.rsplit_once('/') {
        Some((_, "payment_methods")) => Some(&PAYMENT_METHODS),
        Some((_, "customer_notes")) => Some(&CUSTOMER_NOTES),
        Some(_) => None,
        None => SPECS.iter().find(|spec| spec.name == name),
    }
}
