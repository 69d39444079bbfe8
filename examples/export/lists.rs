//! Every list of an Ordway company that stands on its own, by the name of its path.

use jiff::Timestamp;
use ordway_client::customers::ListCustomers;
use ordway_client::invoices::ListInvoices;
use ordway_client::plans::ListPlans;
use ordway_client::products::ListProducts;
use ordway_client::subscriptions::ListSubscriptions;
use ordway_client::{Client, ListQuery};

use crate::copy::{Copied, Failure, Job, copy};

macro_rules! lists {
    ($($name:ident: $query:ident),* $(,)?) => {
        /// The names, in the order of export.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Exports the list of this name.
        pub(crate) async fn export(client: &Client, since: Option<Timestamp>, job: Job) -> Result<Copied, Failure> {
            match job.name {
                $(stringify!($name) => {
                    let query = $query { updated_since: since, ..$query::default() };
                    Box::pin(copy(client.$name().list(query), job)).await
                })*
                _ => Err(Failure::unknown_list()),
            }
        }
    };
}

lists! {
    customers: ListCustomers,
    products: ListProducts,
    plans: ListPlans,
    subscriptions: ListSubscriptions,
    orders: ListQuery,
    usages: ListQuery,
    invoices: ListInvoices,
    credits: ListQuery,
    debit_memos: ListQuery,
    payments: ListQuery,
    refunds: ListQuery,
    payment_runs: ListQuery,
    billing_runs: ListQuery,
    billing_schedules: ListQuery,
    revenue_schedules: ListQuery,
    revenue_rules: ListQuery,
    journal_entries: ListQuery,
    chart_of_accounts: ListQuery,
    coupons: ListQuery,
    statements: ListQuery,
    webhooks: ListQuery,
}
