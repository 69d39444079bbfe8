//! One trait per handle, for code that wants to be tested without a client.
//!
//! The handles implement them; a test's own struct may too, and writes only the methods its test needs: the others
//! fail and name themselves. A list in a mock is made with [`Pager::new`](crate::Pager::new). For whole clients without a network see `Client::stubbed` (feature `testing`).
//!
//! ```
//! use ordway_client::invoices::Invoice;
//! use ordway_client::traits::InvoicesApi;
//! use ordway_client::{InvoiceId, Result};
//!
//! async fn is_taxed(invoices: &impl InvoicesApi, id: &InvoiceId) -> Result<bool> {
//!     let invoice: Invoice = invoices.get(id).await?;
//!     Ok(invoice.invoice_tax.is_some_and(|tax| !tax.is_zero()))
//! }
//! ```

use crate::contacts::{Contact, ContactInput, ContactPatch, Contacts};
use crate::credits::{Credit, Credits, NewCredit};
use crate::customers::{Customer, Customers, ListCustomers, NewCustomer, UpdateCustomer};
use crate::debit_memos::{DebitMemo, DebitMemos};
use crate::error::Result;
use crate::ids::{ContactId, CreditId, CustomerId, DebitMemoId, InvoiceId, ProductId};
use crate::invoices::{
    Invoice, Invoices, ListInvoices, NewInvoice, RefundRequest, Reversal, TaxWrite, UpdateInvoice,
};
use crate::list::{List, ListQuery};
use crate::products::{ListProducts, NewProduct, Product, Products, UpdateProduct};

// The traits of the other resources stand next to their handles.
pub use crate::billing_runs::BillingRunsApi;
pub use crate::billing_schedules::BillingSchedulesApi;
pub use crate::charges::ChargesApi;
pub use crate::chart_of_accounts::ChartOfAccountsApi;
pub use crate::coupons::CouponsApi;
pub use crate::customer_notes::CustomerNotesApi;
pub use crate::journal_entries::JournalEntriesApi;
pub use crate::notifications::NotificationsApi;
pub use crate::orders::OrdersApi;
pub use crate::payment_methods::PaymentMethodsApi;
pub use crate::payment_runs::PaymentRunsApi;
pub use crate::payments::PaymentsApi;
pub use crate::plans::PlansApi;
pub use crate::refunds::RefundsApi;
pub use crate::revenue_rules::RevenueRulesApi;
pub use crate::revenue_schedules::RevenueSchedulesApi;
pub use crate::statements::StatementsApi;
pub use crate::subscriptions::SubscriptionsApi;
pub use crate::usages::UsagesApi;
pub use crate::webhooks::WebhooksApi;

/// Makes a trait with the methods of a handle, and implements it for the handle.
macro_rules! api {
    (
        $(#[$meta:meta])*
        pub trait $name:ident for $handle:ident {
            lists { $( $list:ident($query:ident: $query_ty:ty) -> $list_ty:ty; )* }
            calls { $( $call:ident($( $arg:ident: $arg_ty:ty ),*) -> $answer:ty; )* }
        }
    ) => {
        $(#[$meta])*
        #[async_trait::async_trait]
        pub trait $name: Send + Sync {
            $(
                #[doc = concat!("See [`", stringify!($handle), "::", stringify!($list), "`].")]
                fn $list(&self, $query: $query_ty) -> $list_ty {
                    const METHOD: &str = concat!(stringify!($name), "::", stringify!($list));
                    let _ = $query;
                    $crate::Pager::failing(METHOD, || $crate::traits::not_mocked(METHOD))
                }
            )*
            $(
                #[doc = concat!("See [`", stringify!($handle), "::", stringify!($call), "`].")]
                async fn $call(&self, $( $arg: $arg_ty ),*) -> $answer {
                    $( let _ = $arg; )*
                    Err($crate::traits::not_mocked(concat!(stringify!($name), "::", stringify!($call))))
                }
            )*
        }

        #[async_trait::async_trait]
        impl $name for $handle {
            $(
                fn $list(&self, $query: $query_ty) -> $list_ty {
                    $handle::$list(self, $query)
                }
            )*
            $(
                async fn $call(&self, $( $arg: $arg_ty ),*) -> $answer {
                    $handle::$call(self, $( $arg ),*).await
                }
            )*
        }
    };
}
pub(crate) use api;

pub(crate) fn not_mocked(method: &'static str) -> crate::error::Error {
    crate::error::Error::not_mocked("ordway", method)
}

api! {
    /// What [`Customers`] does.
    pub trait CustomersApi for Customers {
        lists { list(query: ListCustomers) -> List<Customer>; }
        calls {
            get(id: &CustomerId) -> Result<Customer>;
            verbose(id: &CustomerId) -> Result<Customer>;
            create(customer: &NewCustomer) -> Result<Customer>;
            update(id: &CustomerId, change: &UpdateCustomer) -> Result<Customer>;
            delete(id: &CustomerId) -> Result<()>;
        }
    }
}

api! {
    /// What [`Contacts`] does.
    pub trait ContactsApi for Contacts {
        lists { list(query: ListQuery) -> List<Contact>; }
        calls {
            get(id: &ContactId) -> Result<Contact>;
            create(contact: &ContactInput) -> Result<Option<Contact>>;
            update(id: &ContactId, change: &ContactPatch) -> Result<Option<Contact>>;
        }
    }
}

api! {
    /// What [`Products`] does.
    pub trait ProductsApi for Products {
        lists { list(query: ListProducts) -> List<Product>; }
        calls {
            get(id: &ProductId) -> Result<Product>;
            create(product: &NewProduct) -> Result<Option<Product>>;
            update(id: &ProductId, change: &UpdateProduct) -> Result<Option<Product>>;
            delete(id: &ProductId) -> Result<()>;
        }
    }
}

api! {
    /// What [`Invoices`] does.
    pub trait InvoicesApi for Invoices {
        lists { list(query: ListInvoices) -> List<Invoice>; }
        calls {
            get(id: &InvoiceId) -> Result<Invoice>;
            reverse(id: &InvoiceId, reversal: &Reversal) -> Result<Option<Invoice>>;
            refund(id: &InvoiceId, refund: &RefundRequest) -> Result<Option<Invoice>>;
            create(invoice: &NewInvoice) -> Result<Option<Invoice>>;
            update(id: &InvoiceId, change: &UpdateInvoice) -> Result<Option<Invoice>>;
            write_tax(id: &InvoiceId, tax: &TaxWrite) -> Result<Option<Invoice>>;
            post(id: &InvoiceId) -> Result<Option<Invoice>>;
        }
    }
}

api! {
    /// What [`Credits`] does.
    pub trait CreditsApi for Credits {
        lists { list(query: ListQuery) -> List<Credit>; }
        calls {
            get(id: &CreditId) -> Result<Credit>;
            create(credit: &NewCredit) -> Result<Option<Credit>>;
            reverse(id: &CreditId, reversal: &Reversal) -> Result<Option<Credit>>;
            refund(id: &CreditId, refund: &RefundRequest) -> Result<Option<Credit>>;
        }
    }
}

api! {
    /// What [`DebitMemos`] does.
    pub trait DebitMemosApi for DebitMemos {
        lists { list(query: ListQuery) -> List<DebitMemo>; }
        calls { get(id: &DebitMemoId) -> Result<DebitMemo>; }
    }
}
