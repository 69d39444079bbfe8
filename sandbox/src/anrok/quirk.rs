//! What the real Anrok may do where the fake's rule is an assumption.

use crate::rule::quirks;

quirks! {
    WrongKeyIs400 "wrong-key-status" "bad-request" "a wrong or revoked key is a 400, like a malformed one";
    WrongKeyIs403 "wrong-key-status" "forbidden" "a wrong or revoked key is a 403";
    LimitBeforeAuth "limit-after-auth" "before" "requests with bad credentials count against the limit too";
    LimitByCalendarSecond "rate-limit-sliding-second" "calendar-second" "the limit starts anew with every second of the clock";
    RefusedRequestsCount "refused-requests-do-not-count" "they-do" "a request refused with 429 uses up a slot as well";
    EmptyBodyIsObject "body-must-be-json" "empty-is-object" "an empty body is read as {}";
    UnknownKeysIgnored "unknown-keys-refused" "ignored" "keys that the document does not name are ignored";
    TodayIsSellers "today-is-utc" "sellers" "the server's day is the day in the seller's time zone";
    AddressComesFirst "conflict-order" "address-first" "the address is looked at before the products";
    FewCurrencies "currency-list" "few" "only AUD, CAD, EUR, GBP, JPY and USD are supported";
    EphemeralRefusesNewCustomer "ephemeral-new-customer" "refused" "createEphemeral with a new customerId is customerIdNotFound, name or not";
    ZipWins "us-needs-state-or-zip" "zip-wins" "a US address resolves by its ZIP first, then by its state";
    StateAndZipNeeded "us-needs-state-or-zip" "both-needed" "a US address resolves only with both a state and a ZIP";
    NoJurisdictionIsUnresolved "juris-not-found" "unresolved" "places without a tax authority are customerAddressCouldNotResolve";
    ServicesUnsupportedAbroad "category-not-supported" "services-abroad" "professional services are not supported outside the United States";
    EveryRateAPointHigher "tax-table-is-a-sample" "a-point-higher" "every rate of the table is one percentage point higher";
    OtherCategoryIds "category-ids" "snake-case" "standard categories have ids such as saas_business in answers and requests";
    OriginIsSeller "origin-of-sale" "seller-only" "where goods ship from plays no part: a sale begins in the seller's country";
    NoReverseCharge "reverse-charge" "never" "a valid tax id changes nothing";
    TaxIdsNeverValid "tax-id-by-format-only" "never-valid" "the authorities know none of the tax ids";
    CertificatesExemptStateOnly "certificate-exempts" "state-only" "a certificate does not exempt from the tax of a home-rule city";
    HalfToEven "line-rounding" "half-to-even" "half a minor unit goes to the even neighbour";
    TotalACentMore "total-is-sum-of-lines" "a-cent-more" "the total to collect is a minor unit more than the sum of its lines";
    VoidEndsTheId "update-after-void" "id-is-spent" "createOrUpdate with a voided id is transactionFrozenForFiling";
    VoidFreesTheId "update-after-void" "id-is-free" "createOrUpdate with a voided id makes a new transaction, versions from 1 again";
    NegationsAreFinal "update-of-negation" "refused" "createOrUpdate with the id of a negation is transactionFrozenForFiling";
    NewIdsFrozenToo "frozen-by-accounting-date" "new-ids-too" "a new id in a locked period is transactionFrozenForFiling";
    VoidKeepsVersion "void-makes-a-version" "keeps-it" "a void leaves the version as it was";
    VoidTwiceNotFound "void-twice" "not-found" "a second void is transactionIdNotFound";
    VoidsCanBeNegated "negation-of-void" "negated" "a voided transaction can be negated, and the negation counts";
    SecondNegationRefused "negation-twice" "refused" "a second negation under another id is transactionIsAlreadyANegation";
    NegationKeepsDate "negation-date" "original" "a negation's accounting date is its original's";
    ListNewestFirst "list-order" "newest-first" "the newest change comes first";
    ListSourceNamed "list-source-is-null" "named" "sourceBillingSystem of transactions made by the API is {\"name\":\"API\"}";
    FilingInfoListsVoids "filing-info-filter" "voids-too" "filingInfo finds what was voided as well";
    NextCursorNull "next-cursor-absent-at-the-end" "null" "nextCursor is null at the end of every list";
    FilingsAreQuarterly "filings-are-monthly" "quarterly" "every return covers a calendar quarter";
    EuFiledByCountry "eu-oss-filing" "by-country" "every EU country has returns of its own";
    LockedIsNotFiled "filing-locked-means-filed" "not-yet" "a locked return is not updated any more and not yet filed";
    MappingTargetExternalOnly "mapping-target-either-id" "external-only" "a mapping's target is the external id of a product";
    AnyCertificateFile "certificate-file-types" "any" "a certificate file may have any ending";
    ArchiveTwiceNotFound "archive-twice" "not-found" "archiving an archived certificate is certificateIdNotFound";
    AnyEmail "email-shape" "any" "any text is taken as an e-mail address";
}
