//! Why a document is held, and what a person does about it.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::map::grouping::TooManyLines;

/// What has to happen before a document can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Disposition {
    /// Nothing: the same again later.
    RetryLater,
    /// Somebody corrects the document or the customer in Ordway, or the product in Anrok.
    FixData,
    /// Somebody changes a setting or has a feature enabled.
    FixConfiguration,
    /// Another document has to be settled first.
    WaitForOther,
    /// A person looks at both systems and decides.
    Review,
}

impl Disposition {
    /// The word in reports: `fix_data`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetryLater => "retry_later",
            Self::FixData => "fix_data",
            Self::FixConfiguration => "fix_configuration",
            Self::WaitForOther => "wait_for_other",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The code of [`Hold::NotDueYet`].
/// The code of a record that cannot be read.
pub(crate) const UNREADABLE: &str = "unreadable";
/// The code of what is dated too far ahead.
pub(crate) const NOT_DUE_YET: &str = "not-due-yet";

/// Why a document is neither calculated nor recorded. `Display` is the reason, [`Hold::remedy`] what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hold {
    /// A status this version does not know.
    UnknownStatus(String),
    /// No usable date.
    NoDate,
    /// Dated further ahead than Anrok takes.
    NotDueYet {
        /// The document's date.
        date: Date,
        /// From when on it can go.
        from: Date,
    },
    /// Dated before Anrok's first day.
    TooOld(Date),
    /// No currency, or one that is not in ISO 4217.
    Currency(Option<String>),
    /// No lines.
    NoLines,
    /// A line without amount.
    LineWithoutAmount(String),
    /// A line without product.
    LineWithoutProduct(String),
    /// Lines of a draft without number, or with the same one: tax could land on the wrong line.
    LineNumbers,
    /// A product id that Anrok cannot have.
    ProductId {
        /// The line.
        line: String,
        /// The id.
        product: String,
    },
    /// The lines do not add up to the subtotal.
    DoesNotAddUp {
        /// Sum of the lines.
        lines: Decimal,
        /// The subtotal.
        subtotal: Decimal,
        /// The currency.
        currency: String,
    },
    /// The subtotal has more decimals than the currency.
    TooFine {
        /// The subtotal.
        subtotal: Decimal,
        /// The currency.
        currency: String,
    },
    /// An amount beyond Anrok's limit.
    TooLarge(Decimal),
    /// More lines than the configured limit, even after grouping them.
    TooManyLines(TooManyLines),
    /// No address at all.
    NoAddress,
    /// The address that is taxed is not enough.
    IncompleteAddress {
        /// Which address.
        which: String,
        /// What is missing.
        missing: String,
    },
    /// No customer id.
    NoCustomer,
    /// A credit whose invoice is not recorded yet.
    WaitsForInvoice {
        /// The invoice.
        invoice: String,
        /// Why it is not recorded.
        because: String,
    },
    /// A credit of an invoice of which nothing is on record, and nothing will be: outside tax, no problem.
    NothingToCredit {
        /// The invoice.
        invoice: String,
    },
    /// A credit in another currency than the invoice it is applied to.
    CreditCurrency {
        /// The invoice.
        invoice: String,
        /// Its currency.
        of_invoice: String,
        /// The credit's.
        of_credit: String,
    },
    /// Credits would take back more than was recorded.
    CreditsExceed {
        /// The invoice.
        invoice: String,
        /// What is on record of it, in its currency.
        recorded: String,
        /// What other credits have taken back.
        credited: String,
        /// This credit.
        credit: String,
        /// The currency.
        currency: String,
    },
    /// The date of a delta falls into a locked period.
    DeltaLocked {
        /// The delta.
        transaction: String,
        /// Its accounting date.
        date: Date,
    },
    /// A transaction that is to be undone was changed by others.
    ChangedOutside {
        /// The transaction.
        transaction: String,
        /// The version of our last write.
        version: Option<i64>,
    },
    /// Something changed after a plan was made.
    PlanOutdated {
        /// What.
        what: String,
    },
    /// A credit that an invoice shows as applied, but that cannot be read.
    CreditUnreadable {
        /// The invoice that shows it.
        invoice: String,
    },
    /// Recorded, but Ordway shows a draft again.
    DraftAgain {
        /// The live transaction.
        transaction: String,
    },
    /// Its period is closed, and nothing of ours is known to be recorded: somebody else recorded it, or nobody did.
    FrozenWithoutRecord {
        /// The transaction.
        transaction: String,
        /// What was negated to make room for it: as long as it is not recorded, the document does not count.
        negated: Option<String>,
    },
    /// Changed after its period was closed, and the policy is to report only.
    FrozenByPolicy {
        /// The live transaction.
        transaction: String,
    },
    /// Anrok says no.
    Refused {
        /// Anrok's word.
        code: String,
        /// What else it said.
        said: Option<String>,
        /// What to do, from the client's table.
        remedy: String,
        /// Who has to act.
        disposition: Disposition,
    },
    /// Recorded, but Ordway no longer has it.
    Deleted {
        /// The transaction.
        transaction: String,
    },
    /// The engine taxes what Ordway calls exempt, and the policy is to hold.
    TaxedThoughExempt(String),
    /// The record cannot be read.
    Unreadable {
        /// Where.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl Hold {
    /// A stable word for machines: `incomplete-address`.
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownStatus(_) => "unknown-status",
            Self::NoDate => "no-date",
            Self::NotDueYet { .. } => NOT_DUE_YET,
            Self::TooOld(_) => "too-old",
            Self::Currency(_) => "currency",
            Self::NoLines => "no-lines",
            Self::LineWithoutAmount(_) => "line-without-amount",
            Self::LineWithoutProduct(_) => "line-without-product",
            Self::LineNumbers => "line-numbers",
            Self::ProductId { .. } => "product-id",
            Self::DoesNotAddUp { .. } => "does-not-add-up",
            Self::TooFine { .. } => "too-many-decimals",
            Self::TooLarge(_) => "amount-too-large",
            Self::TooManyLines(_) => "too-many-lines",
            Self::NoAddress => "no-address",
            Self::IncompleteAddress { .. } => "incomplete-address",
            Self::NoCustomer => "no-customer",
            Self::WaitsForInvoice { .. } => "waits-for-invoice",
            Self::NothingToCredit { .. } => "nothing-to-credit",
            Self::CreditsExceed { .. } => "credits-exceed",
            Self::CreditCurrency { .. } => "credit-currency",
            Self::DeltaLocked { .. } => "delta-locked",
            Self::ChangedOutside { .. } => "changed-outside",
            Self::PlanOutdated { .. } => "plan-outdated",
            Self::CreditUnreadable { .. } => "credit-unreadable",
            Self::DraftAgain { .. } => "draft-again",
            Self::FrozenWithoutRecord { .. } => "frozen-without-record",
            Self::FrozenByPolicy { .. } => "frozen",
            Self::Refused { code, .. } => code,
            Self::Deleted { .. } => "deleted",
            Self::TaxedThoughExempt(_) => "taxed-though-exempt",
            Self::Unreadable { .. } => UNREADABLE,
        }
    }

    /// Who has to act, and on what.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::NotDueYet { .. } => Disposition::RetryLater,
            Self::WaitsForInvoice { .. } => Disposition::WaitForOther,
            Self::Refused { disposition, .. } => *disposition,
            Self::UnknownStatus(_) | Self::TooManyLines(_) | Self::DeltaLocked { .. } => {
                Disposition::FixConfiguration
            }
            Self::DraftAgain { .. }
            | Self::ChangedOutside { .. }
            | Self::PlanOutdated { .. }
            | Self::NothingToCredit { .. }
            | Self::FrozenWithoutRecord { .. }
            | Self::FrozenByPolicy { .. }
            | Self::Deleted { .. } => Disposition::Review,
            _ => Disposition::FixData,
        }
    }

    /// Whether it is no problem at all: the document has no part in tax, and says so.
    pub fn is_outside_tax(&self) -> bool {
        matches!(self, Self::NothingToCredit { .. })
    }

    /// What a person does about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::UnknownStatus(status) => format!(
                "Check in Ordway what the status {status:?} means. If it is in force, report it so that it can be \
                 added; until then record the document by hand in Anrok."
            ),
            Self::NoDate => "Set the document's date in Ordway.".to_owned(),
            Self::NotDueYet { from, .. } => {
                format!("Nothing to do: it is taken up again by itself from {from} on. Correct the date if it is wrong.")
            }
            Self::TooOld(_) => "Correct the date in Ordway; Anrok takes dates from 1999-01-01 on.".to_owned(),
            Self::Currency(_) => {
                "Set the document's currency in Ordway to an ISO 4217 code such as USD or EUR.".to_owned()
            }
            Self::NoLines => {
                "Add the lines in Ordway, or delete or reverse it: without lines there is nothing to tax.".to_owned()
            }
            Self::LineWithoutAmount(line) => format!("Set the price of line {line} in Ordway."),
            Self::LineWithoutProduct(line) => {
                format!("Give line {line} a product in Ordway: the product decides how it is taxed.")
            }
            Self::LineNumbers => "Give every line of the draft a number of its own in Ordway (regenerate the draft), so that the \
                                  tax can be written to the right line."
                .to_owned(),
            Self::ProductId { product, .. } => format!(
                "Anrok product ids take letters, digits, single spaces and . - _ : only. Map the Ordway product \
                 {product:?} to an Anrok product id in the product map."
            ),
            Self::DoesNotAddUp { .. } => "Open the document in Ordway and save it again so that the subtotal is \
                                          recomputed, or correct the line that is off; nothing is sent until they agree."
                .to_owned(),
            Self::TooFine { currency, .. } => {
                format!("Correct the amounts in Ordway to whole minor units of {currency}.")
            }
            Self::TooLarge(_) => {
                "Split the line in Ordway: Anrok takes at most 100,000,000,000 minor units a line (cents, for instance: 1,000,000,000.00).".to_owned()
            }
            Self::TooManyLines(TooManyLines { limit, .. }) => format!(
                "Split the document in Ordway, raise the line limit ({limit}; MappingRules::line_limit), or take products \
                 without a tax cap off the list of those that are never grouped (MappingRules::never_group)."
            ),
            Self::NoAddress => "Enter the customer's shipping or billing address in Ordway (country; for the US also \
                                state or zip) and regenerate the document so that it carries it."
                .to_owned(),
            Self::IncompleteAddress { which, missing } => format!(
                "Complete the {which} in Ordway: add the {missing}. The other address is not used in its place, because \
                 a guessed jurisdiction is a wrong tax; the address policy can allow it."
            ),
            Self::NoCustomer => "Assign the document to a customer in Ordway.".to_owned(),
            Self::WaitsForInvoice { .. }
            | Self::NothingToCredit { .. }
            | Self::CreditsExceed { .. }
            | Self::CreditCurrency { .. }
            | Self::CreditUnreadable { .. } => self.remedy_of_credit(),
            Self::DeltaLocked { .. } => "Let deltas be dated on the day they are recorded (DeltaDate::Today), or let locked \
                                         documents be negated and recorded anew (FrozenPolicy::NegateAndRecreate)."
                .to_owned(),
            Self::ChangedOutside { transaction, .. } => format!(
                "Look at {transaction} in Anrok. To undo it whatever it has become, allow it (OutsideChanges::Override); to \
                 keep it, restore the document in Ordway; or void or negate it in Anrok by hand."
            ),
            Self::PlanOutdated { .. } => {
                "Plan again and apply the new plan: nothing of this step was sent.".to_owned()
            }
            Self::DraftAgain { transaction } => format!(
                "Find out in Ordway why a recorded invoice is a draft again. Void {transaction} in Anrok if it must not count."
            ),
            Self::FrozenWithoutRecord { transaction, negated } => refused_by_a_locked_return(transaction, negated.is_some()),
            Self::FrozenByPolicy { transaction } => format!(
                "Its tax return is locked. Set the correction policy to negate and re-create, or correct {transaction} in Anrok."
            ),
            Self::Deleted { transaction } => format!(
                "Find out why it is gone from Ordway. If it must not count, void {transaction} in Anrok; if it was moved to \
                 another id, record that and void this one."
            ),
            Self::Refused { remedy, .. } => remedy.clone(),
            Self::TaxedThoughExempt(line) => format!(
                "Add the exemption certificate in Anrok, or give the product of {line} a category that is not taxed, or \
                 mark it taxable in Ordway."
            ),
            Self::Unreadable { .. } => {
                "Look at the record in Ordway; report it if it looks fine there, so that it can be read.".to_owned()
            }
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStatus(status) => {
                write!(f, "its status {status:?} is not known to mean in force or undone")
            }
            Self::NoDate => f.write_str("it has no date that can be read"),
            Self::NotDueYet { date, .. } => {
                write!(f, "it is dated {date}, more than 31 days ahead, which Anrok does not take yet")
            }
            Self::TooOld(date) => write!(f, "it is dated {date}, which is too far in the past for Anrok"),
            Self::Currency(None) => f.write_str("it has no currency"),
            Self::Currency(Some(code)) => write!(f, "its currency {code:?} is not an ISO 4217 currency"),
            Self::NoLines => f.write_str("it has no lines"),
            Self::LineWithoutAmount(line) => write!(f, "line {line} has no amount"),
            Self::LineWithoutProduct(line) => write!(f, "line {line} has no product"),
            Self::LineNumbers => f.write_str("some of its lines have no number or the same one"),
            Self::ProductId { line, product } => {
                write!(f, "line {line} has the product id {product:?}, which Anrok cannot have")
            }
            Self::DoesNotAddUp { lines, subtotal, currency } => {
                write!(f, "its lines add up to {lines} {currency}, its subtotal is {subtotal} {currency}")
            }
            Self::TooFine { subtotal, currency } => {
                write!(f, "its subtotal {subtotal} has more decimals than {currency} allows")
            }
            Self::TooLarge(amount) => write!(f, "the amount {amount} is too large for Anrok"),
            Self::TooManyLines(TooManyLines { lines, sent, limit }) => write!(
                f,
                "it has {lines} lines, which can be sent as {sent} and not as the {limit} of the limit"
            ),
            Self::NoAddress => f.write_str("neither its shipping nor its billing address is filled"),
            Self::IncompleteAddress { which, missing } => write!(f, "its {which} lacks the {missing}"),
            Self::NoCustomer => f.write_str("it has no customer"),
            Self::WaitsForInvoice { invoice, because } => {
                write!(f, "the credited invoice {invoice} is not recorded: {because}")
            }
            Self::NothingToCredit { invoice } => {
                write!(f, "outside tax: its invoice {invoice} is reversed and nothing of it is on record")
            }
            Self::CreditsExceed { invoice, recorded, credited, credit, currency } => write!(
                f,
                "it would take back more than was recorded of {invoice}: {recorded} {currency} recorded, {credited} credited \
                 already, {credit} by this one"
            ),
            Self::CreditCurrency { invoice, of_invoice, of_credit } => {
                write!(
                    f,
                    "it is in {of_credit}, and invoice {invoice}, to which it is applied, in {of_invoice}"
                )
            }
            Self::DeltaLocked { transaction, date } => {
                write!(
                    f,
                    "the period of {date}, on which {transaction} would be dated, is locked in Anrok too"
                )
            }
            Self::ChangedOutside { transaction, version } => {
                write!(f, "{transaction} was changed in Anrok since our last write")?;
                version.map_or(Ok(()), |version| write!(f, " (version {version})"))
            }
            Self::PlanOutdated { what } => write!(f, "{what} since the plan was made"),
            Self::CreditUnreadable { invoice } => {
                write!(f, "invoice {invoice} shows it as applied, but it cannot be read from Ordway")
            }
            Self::DraftAgain { transaction } => {
                write!(f, "it is a draft in Ordway although it is recorded in Anrok as {transaction}")
            }
            Self::FrozenWithoutRecord { transaction, negated: Some(negated) } => write!(
                f,
                "{negated} was negated because its return is locked, and Anrok takes nothing new into that return: {transaction} \
                 is refused, so the document does not count at present"
            ),
            Self::FrozenWithoutRecord { transaction, .. } => write!(
                f,
                "Anrok says that the return of {transaction} is locked, and nothing that this ledger sent is known to be in it"
            ),
            Self::FrozenByPolicy { transaction } => {
                write!(f, "it was changed in Ordway after the return of {transaction} was locked in Anrok")
            }
            Self::Refused { code, said: None, .. } => write!(f, "Anrok refused it: {code}"),
            Self::Refused { said: Some(said), .. } => write!(f, "Anrok refused it: {said}"),
            Self::Deleted { transaction } => {
                write!(f, "Ordway no longer has it, but it is recorded in Anrok as {transaction}")
            }
            Self::TaxedThoughExempt(line) => {
                write!(f, "Anrok taxes {line}, which Ordway calls not taxable or exempt")
            }
            Self::Unreadable { path, reason } => write!(f, "it cannot be read at {path}: {reason}"),
        }
    }
}

impl Hold {
    /// [`Hold::remedy`] of what is wrong between a credit and its invoice.
    fn remedy_of_credit(&self) -> String {
        match self {
            Self::WaitsForInvoice { invoice, .. } => {
                format!(
                    "Put right what keeps invoice {invoice} from being recorded; the credit follows by itself. If the invoice never counted, reverse the credit."
                )
            }
            Self::NothingToCredit { invoice } => format!(
                "Nothing to do: no tax of {invoice} is on record, so there is none to take back. Should the invoice be posted \
                 again, the credit follows by itself."
            ),
            Self::CreditsExceed { invoice, .. } => format!(
                "Compare the credits of {invoice} in Ordway with the invoice: reverse the one that is too much, or apply it \
                 to the invoice it belongs to. If the invoice was reduced, reverse the credits given before."
            ),
            Self::CreditCurrency { invoice, of_invoice, .. } => format!(
                "Credit {invoice} in its own currency, {of_invoice}, in Ordway, or apply the credit to an invoice of its currency."
            ),
            Self::CreditUnreadable { invoice } => format!(
                "Invoice {invoice} shows this credit, but Ordway does not return it. Check that the API user may read \
                 credits and that the credit still exists; its lines are needed to record it."
            ),
            _ => String::new(),
        }
    }
}

fn refused_by_a_locked_return(transaction: &str, was_negated: bool) -> String {
    if was_negated {
        return "Unlock the return in Anrok until the next run has recorded it, or let it be dated into an open period \
                (Redating::OpenPeriod; where that is refused too, the present period is locked as well)."
            .to_owned();
    }
    format!(
        "Look for {transaction} in Anrok. If it is there and agrees with the document, nothing is to be done; if it \
         differs, negate it there and record the document under a new id. If it is not there, Anrok takes nothing new \
         into the locked period: unlock the return, or date the document into an open one."
    )
}

#[cfg(test)]
impl Hold {
    /// One of each kind, for the table of errors and remedies.
    pub(crate) fn examples() -> Vec<Self> {
        let word = |text: &str| text.to_owned();
        let date = jiff::civil::date;
        let transaction = || word("ordway:INV-00042");
        let mut all = crate::errors_and_remedies::every!(Hold:
            Hold::UnknownStatus(_) => Hold::UnknownStatus(word("Parked")),
            Hold::NoDate => Hold::NoDate,
            Hold::NotDueYet { .. } => Hold::NotDueYet { date: date(2026, 12, 31), from: date(2026, 11, 30) },
            Hold::TooOld(_) => Hold::TooOld(date(1998, 12, 31)),
            Hold::Currency(_) => Hold::Currency(Some(word("US$"))),
            Hold::NoLines => Hold::NoLines,
            Hold::LineWithoutAmount(_) => Hold::LineWithoutAmount(word("2")),
            Hold::LineWithoutProduct(_) => Hold::LineWithoutProduct(word("2")),
            Hold::LineNumbers => Hold::LineNumbers,
            Hold::ProductId { .. } => Hold::ProductId { line: word("2"), product: word("P~1") },
            Hold::DoesNotAddUp { .. } => Hold::DoesNotAddUp {
                lines: Decimal::new(9_999, 2),
                subtotal: Decimal::new(10_000, 2),
                currency: word("USD"),
            },
            Hold::TooFine { .. } => Hold::TooFine { subtotal: Decimal::new(100_005, 3), currency: word("USD") },
            Hold::TooLarge(_) => Hold::TooLarge(Decimal::from(2_000_000_000_i64)),
            Hold::TooManyLines(_) => Hold::TooManyLines(TooManyLines { lines: 1_201, sent: 1_100, limit: 1_000 }),
            Hold::NoAddress => Hold::NoAddress,
            Hold::IncompleteAddress { .. } => {
                Hold::IncompleteAddress { which: word("shipping address"), missing: word("state or zip") }
            },
            Hold::NoCustomer => Hold::NoCustomer,
            Hold::WaitsForInvoice { .. } => {
                Hold::WaitsForInvoice { invoice: word("INV-00042"), because: word("it has no date") }
            },
            Hold::NothingToCredit { .. } => Hold::NothingToCredit { invoice: word("INV-00042") },
            Hold::CreditsExceed { .. } => Hold::CreditsExceed {
                invoice: word("INV-00042"),
                recorded: word("100.00"),
                credited: word("90.00"),
                credit: word("30.00"),
                currency: word("USD"),
            },
            Hold::CreditCurrency { .. } => Hold::CreditCurrency {
                invoice: word("INV-00042"),
                of_invoice: word("USD"),
                of_credit: word("EUR"),
            },
            Hold::DeltaLocked { .. } => {
                Hold::DeltaLocked { transaction: word("ordway:INV-00042:d1"), date: date(2026, 2, 27) }
            },
            Hold::ChangedOutside { .. } => Hold::ChangedOutside { transaction: transaction(), version: Some(1) },
            Hold::PlanOutdated { .. } => Hold::PlanOutdated { what: word("it was changed in Ordway") },
            Hold::CreditUnreadable { .. } => Hold::CreditUnreadable { invoice: word("INV-00042") },
            Hold::DraftAgain { .. } => Hold::DraftAgain { transaction: transaction() },
            Hold::FrozenWithoutRecord { .. } => {
                Hold::FrozenWithoutRecord { transaction: transaction(), negated: None }
            },
            Hold::FrozenByPolicy { .. } => Hold::FrozenByPolicy { transaction: transaction() },
            Hold::Refused { .. } => Hold::Refused {
                code: word("(Anrok's reason)"),
                said: None,
                remedy: word("What stands with the reason under \"Reasons of Anrok\"."),
                disposition: Disposition::Review,
            },
            Hold::Deleted { .. } => Hold::Deleted { transaction: transaction() },
            Hold::TaxedThoughExempt(_) => Hold::TaxedThoughExempt(word("line 2")),
            Hold::Unreadable { .. } => {
                Hold::Unreadable { path: word("line_items[0].quantity"), reason: word("not a number") }
            },
        );
        all.push(Hold::FrozenWithoutRecord {
            transaction: word("ordway:INV-00042:r1"),
            negated: Some(transaction()),
        });
        all
    }
}
