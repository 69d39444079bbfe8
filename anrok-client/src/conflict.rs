//! The reasons of a 409, what class each is of, and what a person should do about it.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

/// What to do about a [`Conflict`], for programs. The text for persons is [`Conflict::remedy`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// The same request later: a passing fault on Anrok's side (the client has already repeated it).
    Retry,
    /// The caller's data is wrong at this field or id: correct it, then send again.
    FixData(Cow<'static, str>),
    /// A setting or feature of the Anrok account: a person changes it, then the same request works.
    FixConfig,
    /// This call cannot do it; the named operation can.
    Alternate(&'static str),
    /// What the caller knows is out of date: read again, then decide.
    Refresh,
    /// Probably done before: verify, then go on.
    AlreadyDone,
    /// A programming error: stop.
    Bug,
    /// A reason that this version of the SDK does not know: hold the work and show the reason.
    Unknown,
}

/// What is said about a reason, whichever call it answers.
struct Facts {
    code: &'static str,
    disposition: fn(&Conflict) -> Disposition,
    remedy: &'static str,
}

macro_rules! conflicts {
    ($(
        $(#[$doc:meta])*
        $name:ident = $code:literal, $disposition:expr, $remedy:literal;
    )*) => {
        /// Why Anrok answered 409: every reason of the API 1.1 document (grade A), one that only third parties
        /// have met, and any other kept verbatim.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Conflict {
            $($(#[$doc])* #[doc = concat!("\n\nOn the wire: `", $code, "`. ", $remedy)] $name,)*
            /// A line names a product that Anrok does not know (one per answer, although more may be unknown).
            ///
            /// On the wire: `productExternalIdUnknown`.
            ProductExternalIdUnknown {
                /// The id, where the answer named it.
                product_external_id: Option<String>,
            },
            /// The external id of a new product has characters that are not allowed.
            ///
            /// On the wire: `externalIdInvalid`.
            ExternalIdInvalid {
                /// Anrok's sentence about what is wrong.
                message: Option<String>,
            },
            /// A reason that this version of the SDK does not know.
            Other {
                /// `type` as it came; empty where the answer had none.
                code: String,
            },
        }

        /// A variant beside the table does not compile here; it goes into [`Conflict::all_known`] as well.
        #[cfg(test)]
        fn is_in_the_table(conflict: &Conflict) -> bool {
            match conflict {
                $(Conflict::$name => true,)*
                Conflict::ProductExternalIdUnknown { .. }
                | Conflict::ExternalIdInvalid { .. }
                | Conflict::Other { .. } => false,
            }
        }

        const PLAIN: &[(Conflict, Facts)] = &[
            $((Conflict::$name, Facts { code: $code, disposition: $disposition, remedy: $remedy }),)*
        ];
    };
}

fn fix(field: &'static str) -> Disposition {
    Disposition::FixData(Cow::Borrowed(field))
}

conflicts! {
    /// The seller has no accounting time zone and the request had only a time.
    AccountingTimeZoneNotSetForSeller = "accountingTimeZoneNotSetForSeller", |_| Disposition::FixConfig,
        "Send an accounting date instead of a time, or set the time zone in Anrok under Settings > Accounting.";
    /// The seller's or the request's time zone is not one that Anrok computes in.
    AccountingTimeZoneNotSupported = "accountingTimeZoneNotSupported", |_| Disposition::FixConfig,
        "Send an accounting date instead of a time, or choose one of the time zones that Anrok supports.";
    /// Anrok has no such certificate.
    CertificateIdNotFound = "certificateIdNotFound", |_| fix("certificateId"),
        "Check the certificate id and that the API key belongs to the right Anrok account.";
    /// The currency is unknown to Anrok.
    CurrencyCodeNotSupported = "currencyCodeNotSupported", |_| fix("currencyCode"),
        "Use a currency that Anrok supports, or ask Anrok support to add this one.";
    /// Seen by third parties only (grade C): no tax calculation for the address's country.
    CustomerAddressCountryNotSupported = "customerAddressCountryNotSupported",
        |_| fix("customerAddress.country"),
        "Anrok does not calculate for this country: check the country of the address, or leave this document out.";
    /// The address does not settle the top-level jurisdiction.
    CustomerAddressCouldNotResolve = "customerAddressCouldNotResolve", |_| fix("customerAddress"),
        "Complete the customer's address: country, and for the US at least state or ZIP code.";
    /// The customer does not exist and the request had no name to create it with.
    CustomerIdNotFound = "customerIdNotFound", |_| fix("customerId"),
        "Send the customer's name together with the id so that Anrok creates it, or correct the id.";
    /// One certificate names a jurisdiction twice.
    DuplicateJurisIds = "duplicateJurisIds", |_| fix("jurises"),
        "Name every jurisdiction of the certificate once.";
    /// A transaction of this id exists. With derived ids: an earlier try won.
    DuplicateTransactionId = "duplicateTransactionId", |_| Disposition::AlreadyDone,
        "A transaction with this id exists already: verify that it is the negation meant, then go on.";
    /// A product of this id exists.
    ExternalIdAlreadyExists = "externalIdAlreadyExists", |_| Disposition::AlreadyDone,
        "The product exists already: compare its tax category with the one meant, then go on.";
    /// A service behind Anrok failed.
    ExternalServiceError = "externalServiceError", |_| Disposition::Retry,
        "A service behind Anrok is failing at the moment: try again in some minutes.";
    /// A premium feature is off.
    FeatureNotEnabled = "featureNotEnabled", |_| Disposition::FixConfig,
        "Ask Anrok (hello@anrok.com) to enable the exemption certificate portal for this account.";
    /// The certificate's file is of a type that Anrok does not take.
    FileTypeNotSupported = "fileTypeNotSupported", |_| fix("certificateFile.name"),
        "Send the certificate as a PDF or an image file with a matching file name.";
    /// Anrok has no such integration.
    IntegrationIdNotFound = "integrationIdNotFound", |_| fix("integrationId"),
        "Check the integration id (it begins with si): it is part of the data source's address in Anrok.";
    /// The cursor of a list is no longer valid.
    InvalidCursor = "invalidCursor", |_| Disposition::Refresh,
        "Start the list again from its last watermark: the cursor is no longer valid.";
    /// Not an e-mail address.
    InvalidEmailAddress = "invalidEmailAddress", |_| fix("emailAddress"),
        "Correct the e-mail address of the customer's contact.";
    /// The address or the certificate points at a jurisdiction that Anrok does not have.
    JurisNotFound = "jurisNotFound", |_| fix("jurisdiction"),
        "Check the customer's address, or the jurisdiction ids of the certificate.";
    /// A premium feature is off.
    ListFilingsApiNotEnabled = "listFilingsApiNotEnabled", |_| Disposition::FixConfig,
        "Ask Anrok (hello@anrok.com) to enable the filings endpoint for this account.";
    /// A premium feature is off.
    ListTransactionsApiNotEnabled = "listTransactionsApiNotEnabled", |_| Disposition::FixConfig,
        "Ask Anrok (hello@anrok.com) to enable the list transactions endpoint for this account.";
    /// Anrok has no product of this id. [`Products::get`](crate::products::Products::get) answers `None`.
    ProductExternalIdNotFound = "productExternalIdNotFound", |_| fix("productExternalId"),
        "Create the product in Anrok, or correct its id.";
    /// The product's tax category has no rules for the jurisdiction.
    ProductTaxCategoryNotSupportedForJuris = "productTaxCategoryNotSupportedForJuris",
        |_| Disposition::FixConfig,
        "Choose another tax category for the product in Anrok, or ask Anrok support to add this jurisdiction.";
    /// The source product has a mapping already.
    SourceIdAlreadyMapped = "sourceIdAlreadyMapped", |_| Disposition::AlreadyDone,
        "The product is mapped already: compare the target, or send again with overwriting allowed.";
    /// The target product of a mapping does not exist.
    TargetIdNotFound = "targetIdNotFound", |_| fix("targetId"),
        "Create the target product in Anrok first, or correct its id.";
    /// The tax category does not exist in this account.
    TaxCategoryIdNotFound = "taxCategoryIdNotFound", |_| fix("taxCategoryId"),
        "Choose one of the categories that productTaxCategories/list returns for this account.";
    /// More than 31 days ahead.
    TaxDateTooFarInFuture = "taxDateTooFarInFuture", |_| fix("taxDate"),
        "Anrok takes dates up to 31 days ahead: hold the document until its date is within reach.";
    /// Before 1999-01-01.
    TaxDateTooFarInPast = "taxDateTooFarInPast", |_| fix("taxDate"),
        "Anrok takes dates from 1999-01-01 on: correct the date of the document.";
    /// The transaction is not at the version that the request expected.
    TransactionExpectedVersionMismatch = "transactionExpectedVersionMismatch", |_| Disposition::Refresh,
        "Anrok holds a newer version of this transaction: read it again, then decide.";
    /// The return that holds the transaction is locked.
    TransactionFrozenForFiling = "transactionFrozenForFiling",
        |_| Disposition::Alternate("transactions.createNegation"),
        "The tax return with this transaction is locked: negate the transaction and record the new state under a new id.";
    /// Anrok has no such transaction: never recorded, or already gone.
    TransactionIdNotFound = "transactionIdNotFound", |_| Disposition::AlreadyDone,
        "Anrok has no transaction with this id: if it was never recorded nothing is to do, else check the id and the account.";
    /// The original is itself a negation.
    TransactionIsAlreadyANegation = "transactionIsAlreadyANegation", |_| Disposition::Bug,
        "A negation cannot be negated: record a new transaction instead.";
    /// A premium feature is off.
    ValidationNotEnabled = "validationNotEnabled", |_| Disposition::FixConfig,
        "Ask Anrok (hello@anrok.com) to enable tax id validation for this account.";
    /// Tax ids of this country cannot be checked: treat them as not checked, not as wrong.
    ValidationNotSupportedForCountry = "validationNotSupportedForCountry",
        |_| Disposition::FixData(Cow::Borrowed("customerAddress.country")),
        "Anrok cannot check tax ids of this country: treat the id as not checked.";
}

impl Conflict {
    /// Every reason that this version of the SDK knows, without the details that an answer may add: for tables, and for
    /// tests that want to meet each of them. [`Conflict::Other`] is not among them.
    pub fn all_known() -> Vec<Self> {
        let detailed = [
            Self::ProductExternalIdUnknown { product_external_id: None },
            Self::ExternalIdInvalid { message: None },
        ];
        PLAIN.iter().map(|(conflict, _)| conflict.clone()).chain(detailed).collect()
    }

    /// Reads the body of a 409. Never fails; a body without a reason gives [`Conflict::Other`].
    pub fn from_body(body: &Map<String, Value>) -> Self {
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        // A reason is one word. A gateway's sentence may quote what was sent, and this text is kept and shown.
        let code = text("type").filter(|code| is_word(code)).unwrap_or_default();
        match code.as_str() {
            "productExternalIdUnknown" => {
                Self::ProductExternalIdUnknown { product_external_id: text("productExternalId") }
            }
            "externalIdInvalid" => Self::ExternalIdInvalid { message: text("message") },
            known => PLAIN
                .iter()
                .find(|(_, facts)| facts.code == known)
                .map_or(Self::Other { code: code.clone() }, |(conflict, _)| conflict.clone()),
        }
    }

    fn facts(&self) -> Option<&'static Facts> {
        PLAIN.iter().find(|(conflict, _)| conflict == self).map(|(_, facts)| facts)
    }

    /// The reason as Anrok writes it.
    pub fn code(&self) -> &str {
        match self {
            Self::ProductExternalIdUnknown { .. } => "productExternalIdUnknown",
            Self::ExternalIdInvalid { .. } => "externalIdInvalid",
            Self::Other { code } => code,
            plain => plain.facts().map_or("", |facts| facts.code),
        }
    }

    /// Whether this version of the SDK knows the reason.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other { .. })
    }

    /// What to do, for programs.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::ProductExternalIdUnknown { product_external_id: Some(id) } => {
                Disposition::FixData(Cow::Owned(id.clone()))
            }
            Self::ProductExternalIdUnknown { product_external_id: None } => fix("productExternalId"),
            Self::ExternalIdInvalid { .. } => fix("externalId"),
            Self::Other { .. } => Disposition::Unknown,
            plain => plain.facts().map_or(Disposition::Unknown, |facts| (facts.disposition)(plain)),
        }
    }

    /// What to do, one sentence for a person.
    pub fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::ProductExternalIdUnknown { product_external_id: Some(id) } => {
                format!("Create the product \"{id}\" in Anrok under Product IDs, or map it to an existing one.").into()
            }
            Self::ProductExternalIdUnknown { product_external_id: None } => {
                "Create the document's products in Anrok under Product IDs, or map them to existing ones.".into()
            }
            Self::ExternalIdInvalid { .. } => {
                "Use only letters, digits, single spaces and . - _ : in the product's external id.".into()
            }
            Self::Other { .. } => {
                "Anrok refused for a reason this SDK does not know: look it up in Anrok's API reference, or ask Anrok support.".into()
            }
            plain => plain.facts().map_or("", |facts| facts.remedy).into(),
        }
    }
}

fn is_word(code: &str) -> bool {
    code.len() <= 80 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// The reason, with the product it is about where Anrok names one.
impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProductExternalIdUnknown { product_external_id: Some(id) } => {
                write!(f, "{} \"{id}\"", self.code())
            }
            Self::Other { code } if code.is_empty() => f.write_str("a conflict without a reason"),
            _ => f.write_str(self.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Conflict {
        Conflict::from_body(body.as_object().unwrap())
    }

    #[test]
    fn every_known_reason_reads_back_and_has_a_remedy() {
        for conflict in Conflict::all_known() {
            assert_eq!(read(&json!({"type": conflict.code()})), conflict);
            assert!(conflict.is_known());
            assert_eq!(is_in_the_table(&conflict), conflict.facts().is_some(), "{conflict}");
        }
        for (conflict, facts) in PLAIN {
            assert_eq!(&read(&json!({"type": facts.code})), conflict);
            assert_eq!(conflict.code(), facts.code);
            assert!(conflict.remedy().ends_with('.') && conflict.is_known());
            assert_ne!(conflict.disposition(), Disposition::Unknown);
        }
    }

    #[test]
    fn a_sentence_is_no_reason() {
        assert_eq!(read(&json!({"type": "someNewReason"})).code(), "someNewReason");
        for told in ["Bearer s1/sa1/secret.x was refused", "a@b.example", &"long".repeat(30)] {
            let conflict = read(&json!({"type": told}));
            assert_eq!((conflict.code(), conflict.is_known()), ("", false), "{told}");
        }
    }

    #[test]
    fn the_classes_are_those_of_the_behaviour_reference() {
        let classes: &[(&str, &[&str])] = &[
            ("Retry", &["externalServiceError"]),
            (
                "FixConfig",
                &[
                    "accountingTimeZoneNotSetForSeller",
                    "accountingTimeZoneNotSupported",
                    "featureNotEnabled",
                    "listFilingsApiNotEnabled",
                    "listTransactionsApiNotEnabled",
                    "productTaxCategoryNotSupportedForJuris",
                    "validationNotEnabled",
                ],
            ),
            ("Alternate", &["transactionFrozenForFiling"]),
            ("Refresh", &["invalidCursor", "transactionExpectedVersionMismatch"]),
            (
                "AlreadyDone",
                &[
                    "duplicateTransactionId",
                    "externalIdAlreadyExists",
                    "sourceIdAlreadyMapped",
                    "transactionIdNotFound",
                ],
            ),
            ("Bug", &["transactionIsAlreadyANegation"]),
        ];
        for (_, facts) in PLAIN {
            let class =
                classes.iter().find(|(_, codes)| codes.contains(&facts.code)).map_or("FixData", |c| c.0);
            let disposition = format!("{:?}", read(&json!({"type": facts.code})).disposition());
            assert!(disposition.starts_with(class), "{}: {disposition}", facts.code);
        }
    }

    #[test]
    fn the_product_that_is_missing_is_named() {
        let conflict = read(&json!({"type": "productExternalIdUnknown", "productExternalId": "P-9"}));
        assert_eq!(conflict.disposition(), Disposition::FixData("P-9".into()));
        assert!(conflict.remedy().contains("P-9"));
        assert_eq!(conflict.to_string(), "productExternalIdUnknown \"P-9\"");
    }

    #[test]
    fn unknown_reasons_stay_as_they_came() {
        let conflict = read(&json!({"type": "moonPhaseWrong"}));
        assert_eq!(conflict, Conflict::Other { code: "moonPhaseWrong".to_owned() });
        assert_eq!(conflict.disposition(), Disposition::Unknown);
        assert_eq!(read(&json!({})).to_string(), "a conflict without a reason");
        assert_eq!(read(&json!({"type": 5})).code(), "");
    }
}
