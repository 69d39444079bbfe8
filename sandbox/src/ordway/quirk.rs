//! What the real Ordway may do where the fake's rule is an assumption.

use crate::rule::quirks;

quirks! {
    WrongCompanyIs403 "bad-company-is-401" "forbidden" "a wrong company is a 403 in the general error shape";
    ApiKeyNotEnforced "bad-api-key-is-403" "not-enforced" "a wrong or missing X-API-KEY is not noticed";
    WrongApiKeyIs401 "bad-api-key-is-403" "unauthorized" "a wrong or missing X-API-KEY is the 401 of a wrong user";
    PathComesFirst "credentials-come-first" "path-first" "an unknown path is a 404 whoever asks";
    LimitNamesDelay "rate-limit-is-429" "retry-after" "a 429 says Retry-After: 1";
    LimitIs503 "rate-limit-is-429" "unavailable" "one request too many is a 503";
    WholePageByDefault "default-page-size" "whole-page" "the largest page where no size is asked for";
    InexactOrder "sort-is-exact" "inexact" "neighbours of a sorted list change places, as in some recordings";
    UnsortedIsNewestFirst "unsorted-is-arrival-order" "newest-first" "without sort, the newest record comes first";
    BadFilterDateIgnored "bad-filter-date-is-400" "ignored" "a filter value that is no date filters nothing";
    UnknownParametersRefused "unknown-parameters-ignored" "refused" "an unknown query parameter is a 400";
    DraftsHidden "drafts-are-listed" "hidden" "a list of invoices holds drafts only when status=Draft is asked for";
    EmptyPutAnswer "put-answers-with-body" "empty" "a successful PUT answers 200 with an empty body";
    DeleteAnswersNothing "delete-answers-empty-object" "no-content" "DELETE answers 204 with an empty body";
    ContactEditLeavesCustomer "contact-edit-moves-customer" "leaves-it" "the customer's updated_date stays when a contact of it changes";
    NoRouteIs405 "no-route-is-404" "method-not-allowed" "an operation that a known collection does not offer is a 405";
    InvoiceCreateRefused "invoice-create" "refused" "invoices come from billing runs only: POST /invoices is a 404";
    InvoicePostNowhere "invoice-post" "nowhere" "invoices are posted in Ordway's own pages only: PUT /invoices/{id}/post is a 404";
    CreditsBeginAsDraft "credits-are-processed" "draft-first" "a credit is a Draft, listed and not applied, until somebody processes it";
    TaxWriteNowhere "tax-write-on-invoice" "nowhere" "nothing accepts a tax write: PUT /invoices/{id} is a 404";
    TaxWriteOwnPath "tax-write-on-invoice" "own-path" "tax is written with PUT /invoices/{id}/taxes; PUT /invoices/{id} is a 404";
    TaxWriteOnHeader "tax-write-by-line-no" "header-only" "line taxes are ignored; only a header invoice_tax is taken";
    TaxWriteNeedsProduct "tax-write-by-line-no" "needs-product" "a line of a tax write without product_id is a 422";
    TaxWriteReplacesLines "tax-write-by-line-no" "replaces-lines" "the lines sent are the invoice's lines from then on: what is not sent is gone";
    TaxWriteIgnored "tax-write-takes-effect" "ignored" "a tax write is answered with 200 and the unchanged invoice";
    TaxWriteKeepsUpdatedDate "tax-write-moves-updated-date" "keeps-it" "a tax write leaves updated_date as it was";
    HeaderTotalsStale "tax-moves-header-totals" "stale" "a tax write changes the lines, but invoice_tax, invoice_amount, balance and subtotals stay";
    TaxDecimalsKept "tax-decimals-checked" "kept" "further decimals of a tax are stored as they are";
    TaxDecimalsRounded "tax-decimals-checked" "rounded" "further decimals of a tax are rounded away without a word";
    TwoDecimalsAtMost "tax-decimals-of-currency" "two-at-most" "a tax has at most two decimals in every currency, so dinars with three are a 422";
    CutToTwoDecimals "tax-decimals-of-currency" "cut-to-two" "a tax is cut to two decimals in every currency without a word";
    PostedTaxEditable "draft-only-edit" "posted-editable" "tax may be written to a posted invoice, as where \"edit posted invoices\" is switched on in the settings";
    ClosedWriteIgnored "closed-write-is-422" "ignored" "a write to an invoice that is closed is answered with 200 and changes nothing";
    ClosedWriteIs403 "closed-write-is-422" "forbidden" "a write to an invoice that is closed is a 403";
    DraftsReversible "reverse-only-posted" "drafts-too" "a draft can be reversed";
    ReversedBalanceStays "reversed-balance-is-zero" "stays" "a reversed invoice keeps its balance";
    ReversedCreditStaysApplied "reversed-credit-reopens" "stays-applied" "a reversed credit keeps its applications, and its invoices stay as they are";
    PaymentLeavesStatus "payment-settles" "status-stays" "a payment moves the balance and leaves the status Posted";
    RefundCreateNowhere "refund-create" "nowhere" "refunds are made by refund actions only: POST /refunds is a 404";
    SubscriptionUndoNowhere "subscription-undo" "nowhere" "there is no revert and no reactivate: both are a 404";
    RefundAmountIsAmount "refund-body" "amount" "the amount of a refund is called amount; refund_amount is ignored";
    CoarseTimestamps "write-bumps-updated-date" "whole-seconds" "changes are stamped to the whole second, so that many records share one updated_date";
    BillingRunPostsDrafts "billing-run-makes-no-invoice" "posts-drafts" "a billing run posts every draft";
    WebhookNamesRecord "webhook-payload" "id-only" "a webhook names the record and does not show it";
}
