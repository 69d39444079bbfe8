//! Filings (tax returns). A premium feature.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use ordway_anrok_http::{Bulk, Endpoint, EndpointInfo, Method, Safety, record};
use serde::{Serialize, Serializer};

use crate::client::Client;
use crate::list::{self, ListRequest, Listable, Listed, Pages};
use crate::wire::{Day, handle_trait, is_blank};

/// Lists filings.
pub const LIST: Endpoint<ListRequest<FilingFilter>, Listed<Filing>> =
    Endpoint::decoded_by("filings.list", Method::Post, "/v1/seller/filings/list", Safety::Read, list::decode)
        .bulk(Bulk::List);

/// The endpoints of this file.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info()];

/// The most filings on a page of the list (grade A; 10 where the limit is left out).
pub const MAX_PAGE: u32 = 100;

/// When the periods of the wanted filings end: `2025`, `2025-01`, `2025-01..2025-03`, `2025-01-01..2025-03-31`.
///
/// ```
/// use anrok_client::filings::PeriodEnds;
///
/// let quarter: PeriodEnds = "2025-01..2025-03".parse()?;
/// assert_eq!(quarter.to_string(), "2025-01..2025-03");
/// assert!("2025-03..2025-01".parse::<PeriodEnds>().is_err());
/// # Ok::<(), anrok_client::filings::PeriodError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeriodEnds(Box<str>);

/// A range of period ends that Anrok does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a range of period ends looks like 2025, 2025-01 or 2025-01..2025-03, and begins before it ends")]
pub struct PeriodError;

impl PeriodEnds {
    /// Ends from `first` to `last`, both included.
    ///
    /// # Errors
    /// [`PeriodError`] where `first` comes after `last`.
    pub fn between(first: Date, last: Date) -> Result<Self, PeriodError> {
        if first > last { Err(PeriodError) } else { Ok(Self(format!("{first}..{last}").into())) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PeriodEnds {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let ordered = first.len() == last.len() && first_day(first)? <= first_day(last)?;
        if ordered { Ok(Self(text.into())) } else { Err(PeriodError) }
    }
}

/// The first day of a year, month or day.
fn first_day(text: &str) -> Result<Date, PeriodError> {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return Err(PeriodError),
    };
    full.parse().map_err(|_| PeriodError)
}

impl fmt::Display for PeriodEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PeriodEnds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Which filings to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilingFilter {
    /// Of this jurisdiction, for instance `us-MA` or `eu-oss`.
    #[serde(skip_serializing_if = "is_blank")]
    pub juris_id: Option<String>,
    /// Whose period ends in this range.
    #[serde(rename = "periodEndDateRangeInclusive", skip_serializing_if = "Option::is_none")]
    pub period_ends: Option<PeriodEnds>,
}

/// Which filings to list, and how many at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilings {
    /// The filter; all where empty.
    pub filter: FilingFilter,
    /// Filings on a page, 1 to [`MAX_PAGE`].
    pub limit: Option<u32>,
}

record! {
    /// A tax return of one jurisdiction and period.
    pub struct Filing {
        /// The jurisdiction, for instance `us-MA`.
        juris_id: Option<String> = "jurisId",
        /// The filing within the jurisdiction, for instance `2025-01`.
        juris_filing_id: Option<String> = "jurisFilingId",
        /// For persons, for instance `January 2025`.
        name: Option<String>,
        /// Whether changed transactions still move in and out by themselves. (The document's last sentence on it
        /// contradicts its first.)
        is_automatically_updated_for_transaction_changes: Option<bool> =
            "isAutomaticallyUpdatedForTransactionChanges",
        /// Whether it has been filed.
        is_filed: Option<bool> = "isFiled",
        /// Its period.
        period: Option<FilingPeriod>,
    }
}

impl Filing {
    /// Whether its transactions are (probably) frozen: filed, or no longer updated. `None` where the answer says
    /// nothing. Negate instead of updating or voiding them.
    pub fn is_locked(&self) -> Option<bool> {
        match (self.is_filed, self.is_automatically_updated_for_transaction_changes) {
            (Some(true), _) | (_, Some(false)) => Some(true),
            (None, None) => None,
            _ => Some(false),
        }
    }
}

impl Listable for Filing {
    const MEMBER: &'static str = "filings";
}

record! {
    /// The period of a filing.
    pub struct FilingPeriod {
        /// First day.
        begin: Option<Day>,
        /// Last day.
        end_inclusive: Option<Day> = "endInclusive",
    }
}

/// Calls on filings. From [`Client::filings`].
#[derive(Clone, Debug)]
pub struct Filings {
    client: Client,
}

impl Client {
    /// List filings. A premium feature.
    pub fn filings(&self) -> Filings {
        Filings { client: self.clone() }
    }
}

impl Filings {
    /// Lists filings.
    ///
    /// `POST filings/list`, a read. Errors: `listFilingsApiNotEnabled`, `invalidCursor` (start again).
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use anrok_client::filings::{FilingFilter, ListFilings};
    ///
    /// let filter = FilingFilter { period_ends: Some("2025".parse()?), ..Default::default() };
    /// let mut filings = anrok.filings().list(ListFilings { filter, limit: Some(100) });
    /// while let Some(filing) = filings.try_next().await? {
    ///     println!("{:?} locked: {:?}", filing.name, filing.is_locked());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, query: ListFilings) -> Pages<Filing> {
        let FilingFilter { juris_id, period_ends } = &query.filter;
        let empty = is_blank(juris_id) && period_ends.is_none();
        let filter = (!empty).then_some(query.filter);
        list::pager(&self.client, LIST, Ok(filter), query.limit, MAX_PAGE)
    }
}

handle_trait! {
    /// [`Filings`] as a trait, for mocking.
    trait FilingsApi for Filings {
        ;
        /// See [`Filings::list`].
        fn list(&self, query: ListFilings) -> Pages<Filing>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_period_ends() {
        for good in ["2025", "2025-01", "2025-01..2025-03", "2025-01-01..2025-03-31", "2024..2025"] {
            assert_eq!(good.parse::<PeriodEnds>().map(|range| range.to_string()), Ok(good.to_owned()));
        }
        for bad in
            ["", "25", "2025-13", "2025-03..2025-01", "2025..2025-01", "2025-01..", "x", "2025-01-01..x"]
        {
            assert_eq!(bad.parse::<PeriodEnds>(), Err(PeriodError), "{bad}");
        }
        let (first, last): (Date, Date) = ("2025-01-01".parse().unwrap(), "2025-03-31".parse().unwrap());
        assert_eq!(PeriodEnds::between(first, last).unwrap().as_str(), "2025-01-01..2025-03-31");
        assert_eq!(PeriodEnds::between(last, first), Err(PeriodError));
    }
}
