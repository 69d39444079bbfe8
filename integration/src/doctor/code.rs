//! Every kind of finding: its stable word, what it means, and what a person does about it.

use anrok_client::{AnrokError, Conflict};

use crate::connect::ConnectError;

/// What was found, with what its remedy has to name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Code<'a> {
    Accounts,
    CheckFailed,
    ClockSkew,
    ClockUnknown,
    Connection(&'a ConnectError),
    CurrencyNotIso,
    CurrencyUnsupported,
    CustomerAddress,
    CustomerContactsUnseen,
    CustomersLimit,
    DebitMemosUnreadable,
    EnvironmentMismatch,
    FeatureOff(&'a Conflict),
    IntegrationUnreadable(Option<&'a AnrokError>),
    LedgerInUse,
    LedgerOpenProblems,
    LedgerUnfinished,
    LedgerUnusable,
    MappingDiffers,
    MappingMissing,
    OfficialIntegration,
    ProductIdUnusable(&'a str),
    ProductUnmapped { id: &'a str, external: &'a str },
    ProductsLimit,
    RecordUnreadable,
    TaxIdField,
    WebhookMissing,
}

impl Code<'_> {
    /// The word for machines.
    pub(super) fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// What it means, for the table of all of them.
    #[cfg(test)]
    fn meaning(self) -> &'static str {
        self.facts().1
    }

    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::Accounts => ("accounts", "which accounts were looked at"),
            Self::CheckFailed => ("check-failed", "one check could not be made; the others went on"),
            Self::ClockSkew => ("clock-skew", "this machine's clock is off"),
            Self::ClockUnknown => ("clock-unknown", "the clock could not be compared"),
            Self::Connection(_) => ("connection", "an account cannot be used, or not in full"),
            Self::CurrencyNotIso => ("currency-not-iso", "invoices without currency, or in none of ISO 4217"),
            Self::CurrencyUnsupported => ("currency-unsupported", "a currency that Anrok does not take"),
            Self::CustomerAddress => ("customer-address", "customers whose address settles no jurisdiction"),
            Self::CustomerContactsUnseen => {
                ("customer-contacts-unseen", "customers whose addresses Ordway's list does not show")
            }
            Self::CustomersLimit => ("customers-limit", "more customers than were looked at"),
            Self::DebitMemosUnreadable => {
                ("debit-memos-unreadable", "debit memos cannot be read, so none is recorded")
            }
            Self::EnvironmentMismatch => {
                ("environment-mismatch", "production and test accounts may be mixed up")
            }
            Self::FeatureOff(_) => ("feature-off", "a premium feature of Anrok is not enabled"),
            Self::IntegrationUnreadable(_) => {
                ("integration-unreadable", "the named Anrok integration cannot be read")
            }
            Self::LedgerInUse => ("ledger-in-use", "a sync is at work"),
            Self::LedgerOpenProblems => {
                ("ledger-open-problems", "earlier runs left documents held or failed")
            }
            Self::LedgerUnfinished => ("ledger-unfinished", "an earlier run ended amid a write"),
            Self::LedgerUnusable => ("ledger-unusable", "the ledger cannot be used"),
            Self::MappingDiffers => ("mapping-differs", "the Anrok integration maps products differently"),
            Self::MappingMissing => {
                ("mapping-missing", "the Anrok integration maps products that ours does not")
            }
            Self::OfficialIntegration => {
                ("official-integration", "the vendors' own integration may record every invoice once more")
            }
            Self::ProductIdUnusable(_) => {
                ("product-id-unusable", "an Ordway product id that Anrok cannot have")
            }
            Self::ProductUnmapped { .. } => ("product-unmapped", "a product that Anrok does not know"),
            Self::ProductsLimit => ("products-limit", "more products than were looked at"),
            Self::RecordUnreadable => ("record-unreadable", "records of Ordway that cannot be read"),
            Self::TaxIdField => ("tax-id-field", "no customer carries a tax id"),
            Self::WebhookMissing => ("webhook-missing", "no webhook reports changes of invoices"),
        }
    }

    /// What to do; empty where nothing is to be done.
    pub(super) fn remedy(self) -> String {
        let text = match self {
            Self::Connection(ConnectError::Refused { remedy, .. }) => remedy,
            Self::Connection(ConnectError::Forbidden { what, .. }) => {
                return format!("Give the API user a role that may read {what}, best the Admin role.");
            }
            Self::Connection(ConnectError::Unavailable { .. }) => {
                "Check the service's status page and the network, then run the checkup again."
            }
            Self::Connection(ConnectError::Unexpected { service, .. }) => {
                return format!("Check {}_BASE_URL.", service.to_uppercase());
            }
            Self::CurrencyUnsupported => return Conflict::CurrencyCodeNotSupported.remedy().into_owned(),
            Self::FeatureOff(conflict) => return conflict.remedy().into_owned(),
            Self::IntegrationUnreadable(answer) => {
                return answer
                    .map_or_else(|| Self::CheckFailed.remedy(), |answer| answer.remedy().into_owned());
            }
            Self::ProductIdUnusable(id) => {
                return format!("Map the Ordway product {id:?} to an Anrok product id in the product map.");
            }
            Self::ProductUnmapped { id, external } => {
                return format!(
                    "Create the product {external} in Anrok (Product IDs) with a tax category, or map {id} to an existing \
                     one in the product map; held documents go on by themselves with the next run."
                );
            }
            Self::Accounts => "Compare the seller and the addresses with the accounts that are meant.",
            Self::CheckFailed => {
                "Run the checkup again. If it lasts, check the permissions of the API user and the service's status."
            }
            Self::ClockSkew => "Let a time server set this machine's clock.",
            Self::ClockUnknown => "Make sure that this machine keeps its time by a time server.",
            Self::CurrencyNotIso => {
                "Set the currency of these invoices in Ordway to an ISO 4217 code such as USD or EUR."
            }
            Self::CustomerAddress => {
                "Complete the shipping or billing contact of these customers in Ordway: country, and for the US state or zip."
            }
            Self::CustomerContactsUnseen => {
                "Check in Ordway that these customers have a billing and a shipping contact with an address."
            }
            Self::CustomersLimit => "Raise the limit of customers to look at all of them.",
            Self::DebitMemosUnreadable => {
                "Give the API user a role that may read debit memos. If the company has none, say so (DebitMemos::Ignore), and \
                 nobody has to wonder."
            }
            Self::EnvironmentMismatch => {
                "Use the base URL and the credentials of the environment that is meant, or correct the label."
            }
            Self::LedgerInUse => "",
            Self::LedgerOpenProblems => "Run a sync: its report says for each of them what to do.",
            Self::LedgerUnfinished => "Run a sync: it finishes or re-checks them.",
            Self::LedgerUnusable => {
                "Do what the message says before the next sync; a sync does not run without its ledger."
            }
            Self::MappingDiffers => {
                "Make sure that the product map is right: another product may be taxed differently."
            }
            Self::MappingMissing => {
                "Take these mappings over into the product map (ids that begin with sp are internal to Anrok: use the \
                 product's external id), or create products with the Ordway ids in Anrok."
            }
            Self::OfficialIntegration => {
                "Switch the official integration off in Anrok (Data sources), and its webhook in Ordway, on the day this sync \
                 takes over. Until then use it with dry runs only."
            }
            Self::ProductsLimit => "Raise the limit of products to look at all of them.",
            Self::RecordUnreadable => {
                "Look at the records in Ordway; report them if they look fine there, so that they can be read."
            }
            Self::TaxIdField => {
                "Create a customer custom field with the API name tax_id in Ordway, and an inherited invoice custom field that \
                 shows it on invoices; then enter the customers' VAT numbers."
            }
            Self::WebhookMissing => {
                "For taxes within seconds, register a webhook in Ordway for Invoice and Credit events that wakes the sync."
            }
        };
        text.to_owned()
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use super::Code;
    use crate::connect::ConnectError;
    use crate::errors_and_remedies::every;
    use anrok_client::Conflict;

    /// Code, meaning and remedy of every kind of finding.
    pub(crate) fn findings() -> Vec<[String; 3]> {
        let refused = ConnectError::Refused {
            service: "Ordway",
            credential: String::new(),
            remedy: "The remedy of the refused credential; see \"Connecting\".".to_owned(),
            said: String::new(),
        };
        let all = every!(Code<'_>:
            Code::Accounts => Code::Accounts,
            Code::CheckFailed => Code::CheckFailed,
            Code::ClockSkew => Code::ClockSkew,
            Code::ClockUnknown => Code::ClockUnknown,
            Code::Connection(_) => Code::Connection(&refused),
            Code::CurrencyNotIso => Code::CurrencyNotIso,
            Code::CurrencyUnsupported => Code::CurrencyUnsupported,
            Code::CustomerAddress => Code::CustomerAddress,
            Code::CustomerContactsUnseen => Code::CustomerContactsUnseen,
            Code::CustomersLimit => Code::CustomersLimit,
            Code::DebitMemosUnreadable => Code::DebitMemosUnreadable,
            Code::EnvironmentMismatch => Code::EnvironmentMismatch,
            Code::FeatureOff(_) => Code::FeatureOff(&Conflict::ListFilingsApiNotEnabled),
            Code::IntegrationUnreadable(_) => Code::IntegrationUnreadable(None),
            Code::LedgerInUse => Code::LedgerInUse,
            Code::LedgerOpenProblems => Code::LedgerOpenProblems,
            Code::LedgerUnfinished => Code::LedgerUnfinished,
            Code::LedgerUnusable => Code::LedgerUnusable,
            Code::MappingDiffers => Code::MappingDiffers,
            Code::MappingMissing => Code::MappingMissing,
            Code::OfficialIntegration => Code::OfficialIntegration,
            Code::ProductIdUnusable(_) => Code::ProductIdUnusable("P~1"),
            Code::ProductUnmapped { .. } => Code::ProductUnmapped { id: "P-00006", external: "P-00006" },
            Code::ProductsLimit => Code::ProductsLimit,
            Code::RecordUnreadable => Code::RecordUnreadable,
            Code::TaxIdField => Code::TaxIdField,
            Code::WebhookMissing => Code::WebhookMissing,
        );
        all.into_iter()
            .map(|code| [code.as_str().to_owned(), code.meaning().to_owned(), code.remedy()])
            .collect()
    }
}
