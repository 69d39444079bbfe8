//! The rules of the fake, and what each of them rests on.

use crate::rule::Evidence::{Assumed, Documented, Observed};
use crate::rule::Rule;

/// In the order of a request's way through the fake.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "routing-before-auth",
        Observed,
        "an unknown path and a method other than POST are refused before the credentials are looked at, with 400 and plain text",
    ),
    Rule::new("double-slash-tolerated", Observed, "doubled slashes in the path are read as one"),
    Rule::new("auth-faults-are-400", Observed, "missing or malformed credentials are a 400 with plain text"),
    Rule::new(
        "wrong-key-status",
        Assumed,
        "a well-formed but wrong or revoked key is a 401 (switch: 400, 403)",
    ),
    Rule::new(
        "limit-after-auth",
        Assumed,
        "requests without good credentials do not count against the limit",
    ),
    Rule::new(
        "rate-limit-sliding-second",
        Assumed,
        "the documented 10 requests a second are counted in any second; the 429 is plain text and says Retry-After: 1",
    ),
    Rule::new(
        "refused-requests-do-not-count",
        Assumed,
        "a request refused with 429 uses up no slot (switch: it does)",
    ),
    Rule::new("body-must-be-json", Assumed, "a body that is no JSON is a 400 `Request body: Invalid JSON.`"),
    Rule::new(
        "bad-request-text",
        Documented,
        "a 400 about the body reads `Request body: \"field\": message.` and names the first fault; texts beyond the document's examples are assumed, in the style of the zod library",
    ),
    Rule::new(
        "bad-request-content-type",
        Documented,
        "the 400 is a JSON string on some operations and plain text on others; where none is documented, plain text",
    ),
    Rule::new(
        "unknown-keys-refused",
        Assumed,
        "keys that the document does not name are refused everywhere, as documented for addresses (switch: ignored)",
    ),
    Rule::new("empty-line-items-refused", Observed, "an empty list of line items is a 400"),
    Rule::new(
        "line-limit",
        Observed,
        "more than 1200 line items are refused (a third party's report, perhaps of a system between; switch: other or none)",
    ),
    Rule::new("amount-range", Documented, "line amounts are whole and at most 10^11 minor units either way"),
    Rule::new("empty-address-strings-refused", Documented, "address fields may be absent or null, not empty"),
    Rule::new(
        "legacy-us-address",
        Documented,
        "the form with state and zipCode is taken with country `us` only, else its keys are unrecognized",
    ),
    Rule::new(
        "accounting-date-or-time",
        Documented,
        "accountingDate excludes accountingTimeZone, and one of accountingDate and accountingTime is needed",
    ),
    Rule::new(
        "time-zone-of-seller",
        Documented,
        "accountingTime without a zone takes the seller's; none set, or a zone off the list, is a 409",
    ),
    Rule::new("tax-date-range", Documented, "tax dates from 1999-01-01 to 31 days ahead"),
    Rule::new("today-is-utc", Assumed, "the server's day is the UTC day"),
    Rule::new(
        "conflict-order",
        Assumed,
        "dates, frozen, customer, currency, products, external service, address, jurisdiction, category: the first fault is the answer",
    ),
    Rule::new(
        "currency-list",
        Assumed,
        "every ISO 4217 currency in use is supported, in its smallest unit; funds, metals and test codes are not",
    ),
    Rule::new(
        "unknown-product-names-one",
        Documented,
        "productExternalIdUnknown names one product at a time",
    ),
    Rule::new(
        "external-service-error",
        Documented,
        "calculations and tax id checks may answer externalServiceError; here when the test says so",
    ),
    Rule::new(
        "customer-created-by-name",
        Documented,
        "an unknown customerId needs a customerName, which creates it",
    ),
    Rule::new(
        "ephemeral-new-customer",
        Assumed,
        "createEphemeral takes a new customerId with a name and stores nothing (switch: customerIdNotFound)",
    ),
    Rule::new("ephemeral-not-stored", Documented, "createEphemeral leaves no trace in the account"),
    Rule::new(
        "country-by-name-or-code",
        Documented,
        "countries by full name or two-letter code in any case; which variants of names are known is assumed",
    ),
    Rule::new(
        "us-needs-state-or-zip",
        Assumed,
        "a US address resolves by state name, state code or ZIP; the state wins where they disagree",
    ),
    Rule::new(
        "juris-not-found",
        Assumed,
        "jurisNotFound is the answer for places without any tax authority, such as Antarctica",
    ),
    Rule::new(
        "category-not-supported",
        Assumed,
        "productTaxCategoryNotSupportedForJuris comes for the pairs that the test names",
    ),
    Rule::new(
        "tax-table-is-a-sample",
        Assumed,
        "rates and taxability are a small sample, right in kind, not tax advice",
    ),
    Rule::new(
        "category-ids",
        Assumed,
        "besides saasBusiness and the custom category of the document, the ids of categories are made up",
    ),
    Rule::new(
        "home-rule-only-when-taxing",
        Documented,
        "a home-rule city is a jurisdiction of its own and is left out where it does not tax the product (sample)",
    ),
    Rule::new(
        "partial-taxable-base",
        Documented,
        "a tax may be on a part of the line: Texas taxes 80 % of data processing (sample)",
    ),
    Rule::new(
        "seller-not-registered",
        Documented,
        "notCollecting where the seller has no registration, jurisHasNoTax where there is no tax",
    ),
    Rule::new(
        "not-taxed-reasons",
        Documented,
        "jurisHasNoTax, notCollecting, productNotTaxed, exempt with reverseCharge or customerExempt; transactionExempt cannot be caused by a request",
    ),
    Rule::new(
        "origin-of-sale",
        Assumed,
        "a sale crosses a border when the ship-from country, else the seller's, is not the customer's",
    ),
    Rule::new(
        "reverse-charge",
        Assumed,
        "a tax id valid in the jurisdiction makes a cross-border sale reverse charge",
    ),
    Rule::new(
        "tax-id-by-format-only",
        Assumed,
        "a tax id is valid when it has the shape of its country and is not all zeros; no authority is asked",
    ),
    Rule::new(
        "certificate-exempts",
        Assumed,
        "a certificate in force on the tax date exempts from the tax of the state and its localities",
    ),
    Rule::new(
        "inclusive-lines",
        Documented,
        "a tax-inclusive line has its tax inside, four decimals, and nothing to collect",
    ),
    Rule::new(
        "paid-by-seller",
        Documented,
        "where the seller bears the tax it is in the breakdown and not in taxAmountToCollect",
    ),
    Rule::new(
        "line-rounding",
        Assumed,
        "a line's taxAmountToCollect is its exact sum rounded half away from zero (switch: half to even)",
    ),
    Rule::new(
        "total-is-sum-of-lines",
        Assumed,
        "the total to collect is the sum of the lines' (switch: a cent more)",
    ),
    Rule::new("response-shape", Documented, "answers have exactly the keys of the document"),
    Rule::new(
        "version-rises",
        Documented,
        "the same id replaces the transaction and raises its version, even with the same body",
    ),
    Rule::new(
        "update-after-void",
        Assumed,
        "createOrUpdate revives a voided id (switch: transactionFrozenForFiling)",
    ),
    Rule::new(
        "update-of-negation",
        Assumed,
        "createOrUpdate with the id of a negation makes a normal transaction of it",
    ),
    Rule::new(
        "frozen-by-accounting-date",
        Assumed,
        "a return holds the transactions of its days, whenever they were recorded; a new id in a locked period is accepted",
    ),
    Rule::new(
        "frozen-refuses-update",
        Documented,
        "createOrUpdate of a frozen transaction is transactionFrozenForFiling",
    ),
    Rule::new(
        "frozen-refuses-void",
        Documented,
        "void of a frozen transaction is transactionFrozenForFiling",
    ),
    Rule::new(
        "expected-version",
        Documented,
        "void and createNegation fail when the expected version is not the newest",
    ),
    Rule::new("void-makes-a-version", Assumed, "a void raises the version"),
    Rule::new(
        "void-twice",
        Assumed,
        "a second void answers 200 and changes nothing (switch: transactionIdNotFound)",
    ),
    Rule::new(
        "negation-is-the-inverse",
        Documented,
        "a negation has every amount and tax of its original with the other sign",
    ),
    Rule::new("negation-of-void", Assumed, "a voided transaction cannot be negated: transactionIdNotFound"),
    Rule::new("negation-not-negated", Documented, "a negation cannot be negated"),
    Rule::new(
        "negation-twice",
        Assumed,
        "a second negation under another id is accepted, so it credits twice; under a known id it is duplicateTransactionId (documented), before the version is compared",
    ),
    Rule::new("negation-date", Assumed, "a negation's accounting date is today (switch: its original's)"),
    Rule::new("engine-reprocesses", Documented, "the engine makes new versions by itself"),
    Rule::new(
        "engine-reprocesses-frozen",
        Documented,
        "the engine negates a frozen transaction and makes a new one in the open period; the ids are assumed",
    ),
    Rule::new(
        "certificate-reprocesses",
        Documented,
        "a certificate makes the engine reprocess the customer's open transactions",
    ),
    Rule::new(
        "list-limits",
        Documented,
        "limits are 1 to 20 (transactions) or 100, by default 10 (certificates 25)",
    ),
    Rule::new("cursor-or-filter", Documented, "a list takes a cursor or a filter, never both"),
    Rule::new("invalid-cursor", Documented, "a cursor that this list did not give is invalidCursor"),
    Rule::new(
        "list-order",
        Assumed,
        "transactions come in the order of their last change, oldest first (switch: newest first)",
    ),
    Rule::new(
        "list-item-shape",
        Documented,
        "list items have exactly the keys of the document; a void has no body",
    ),
    Rule::new("list-source-is-null", Assumed, "sourceBillingSystem of transactions made by the API is null"),
    Rule::new(
        "last-modified-needs-milliseconds",
        Documented,
        "lastModifiedAfter must have milliseconds and Z",
    ),
    Rule::new(
        "filing-info-filter",
        Assumed,
        "filingInfo finds what counts in the jurisdiction in that month",
    ),
    Rule::new("juris-id-in-filter", Documented, "an unknown jurisdiction in a filter is a 400"),
    Rule::new(
        "next-cursor-absent-at-the-end",
        Assumed,
        "nextCursor of transactions and filings is absent at the end; that of certificates is null (documented)",
    ),
    Rule::new("filings-are-monthly", Assumed, "every return covers a calendar month"),
    Rule::new("eu-oss-filing", Assumed, "the EU countries share the returns of eu-oss"),
    Rule::new("filing-locked-means-filed", Assumed, "a frozen return is no longer updated and is filed"),
    Rule::new(
        "filing-period-range",
        Documented,
        "periodEndDateRangeInclusive is a year, month, day or two of them with `..`",
    ),
    Rule::new(
        "external-id-format",
        Documented,
        "external ids have letters, digits, spaces and .-_: and no stray spaces",
    ),
    Rule::new(
        "mapping-target-either-id",
        Assumed,
        "a mapping's target may be the external or the internal id of a product",
    ),
    Rule::new("mapping-overwrite", Documented, "a mapped source id needs shouldOverwrite"),
    Rule::new(
        "certificate-jurisdictions",
        Documented,
        "certificates are for US jurisdictions, each at most once",
    ),
    Rule::new("certificate-file-types", Assumed, "certificate files end in pdf, png, jpg or jpeg"),
    Rule::new("certificate-not-idempotent", Documented, "creating a certificate twice makes two"),
    Rule::new(
        "certificate-status",
        Documented,
        "expired where it is in every jurisdiction, expiringSoon within 60 days in one",
    ),
    Rule::new("effective-date-endi", Documented, "the expiry date has the misspelt key effectiveDateEndi"),
    Rule::new("archive-twice", Assumed, "archiving an archived certificate answers 200"),
    Rule::new(
        "certificate-request-emails",
        Documented,
        "a certificate request sends an e-mail unless sendEmail is false",
    ),
    Rule::new("email-shape", Assumed, "an e-mail address needs a user, an @ and a host with a dot"),
    Rule::new("premium-switches", Documented, "premium calls of an account without them are a 409"),
    Rule::new(
        "tax-id-answer",
        Documented,
        "tax id validation tells which ids to collect and which of those sent are valid where",
    ),
    Rule::new("minted-ids", Documented, "ids made by the engine have the prefixes of the document's samples"),
];
