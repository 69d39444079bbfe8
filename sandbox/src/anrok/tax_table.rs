//! A small, readable tax table. Enough places and oddities to exercise a tax sync; not tax advice.
//!
//! It covers taxes of US states and, below them, of counties, cities and districts, home-rule cities that are jurisdictions of their
//! own, taxes on a part of the price (Texas), value added taxes, GST with and without a provincial tax, and places without any. What
//! a sale is free of or pays otherwise comes from the account and the sale: exemption by certificate, reverse charge, tax inside the
//! price, tax that the seller bears. Amounts are exact decimals until a line's amount to collect is rounded.
//!
//! ```
//! use ordway_anrok_sandbox::anrok::tax_table;
//!
//! println!("{}", tax_table::describe());
//! assert!(tax_table::describe().contains("| `us-NY` | New York City | Tax | 4.5 % |"));
//! ```
//!
//! Rates are in millionths. Local rates are those of one address in the place, not of the whole of it.
// rule: tax-table-is-a-sample

mod describe;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::address::{Address, Place, in_locality};

pub use describe::describe;

/// A product tax category: type, id, name, and how it is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Category {
    pub(super) kind: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    BusinessSoftware,
    PersonalSoftware,
    DigitalGoods,
    Goods,
    Services,
    NeverTaxed,
}

/// The categories a seller can choose from. `saasBusiness` and the custom one are those of the document's
/// samples; the other ids are assumed.
// rule: category-ids
pub(super) const CATEGORIES: &[Category] = &[
    category("standard", "saasBusiness", "SaaS - General, B2B", Class::BusinessSoftware),
    category("standard", "saasPersonal", "SaaS - General, B2C", Class::PersonalSoftware),
    category("standard", "digitalGoods", "Digital goods - General", Class::DigitalGoods),
    category("standard", "physicalGoods", "Physical goods - General", Class::Goods),
    category("standard", "professionalServices", "Professional services - General", Class::Services),
    category("standard", "nonTaxable", "Not taxable", Class::NeverTaxed),
    category("custom", "sptc95hf85bdcd", "Custom Professional Services", Class::Services),
];

const fn category(kind: &'static str, id: &'static str, name: &'static str, class: Class) -> Category {
    Category { kind, id, name, class }
}

/// How much of the price of software and digital goods is taxed, in percent. Goods are taxed whole, services
/// not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taxed {
    business: u32,
    personal: u32,
    digital: u32,
}

const ALL: Taxed = Taxed { business: 100, personal: 100, digital: 100 };
const GOODS_ONLY: Taxed = Taxed { business: 0, personal: 0, digital: 0 };
const DIGITAL_GOODS: Taxed = Taxed { business: 0, personal: 0, digital: 100 };
/// Texas: software as a service is data processing, of which 80 % is taxed.
const TEXAS: Taxed = Taxed { business: 80, personal: 80, digital: 100 };
const BUSINESS_ONLY: Taxed = Taxed { business: 100, personal: 0, digital: 100 };
const PERSONAL_ONLY: Taxed = Taxed { business: 0, personal: 100, digital: 100 };

/// A state, district or territory of the United States.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UsState {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// Has an ISO country code of its own.
    pub(super) territory: bool,
    /// The id under which the API knows it.
    pub(super) juris_id: &'static str,
    tax: StateTax,
    locals: &'static [Local],
}

#[derive(Debug, PartialEq, Eq)]
enum StateTax {
    /// No sales tax at state level.
    None,
    /// The table has no rate: the fake's seller is not registered there.
    Unlisted,
    Rate(u32, Taxed),
}

/// A tax below the state.
#[derive(Debug, PartialEq, Eq)]
struct Local {
    /// A home-rule place is a jurisdiction of its own (`Denver (local)`); others are rows of the state's.
    juris_id: Option<&'static str>,
    region_id: &'static str,
    name: &'static str,
    city: &'static str,
    zip_prefixes: &'static [&'static str],
    rate: u32,
    taxed: Taxed,
}

macro_rules! states {
    ($($code:literal $name:literal $tax:expr, $locals:expr;)*) => {
        /// Every state, DC and the territories that the certificate list of the document names.
        pub(super) const US_STATES: &[UsState] = &[$(UsState {
            code: $code,
            name: $name,
            territory: matches!($code.as_bytes(), b"AS" | b"GU" | b"MP" | b"PR" | b"VI"),
            juris_id: concat!("us-", $code),
            tax: $tax,
            locals: $locals,
        }),*];
    };
}

use StateTax::{None as NoTax, Rate, Unlisted};

states! {
    "AK" "Alaska" NoTax, &[];
    "AL" "Alabama" Unlisted, &[];
    "AR" "Arkansas" Unlisted, &[];
    "AS" "American Samoa" Unlisted, &[];
    "AZ" "Arizona" Rate(56_000, ALL), &[row("AZ-PHX", "Phoenix", "Phoenix", &["850"], 23_000, ALL)];
    "CA" "California" Rate(72_500, GOODS_ONLY),
        &[row("CA-LA", "Los Angeles County", "Los Angeles", &["900"], 25_000, GOODS_ONLY)];
    "CO" "Colorado" Rate(29_000, GOODS_ONLY), &[Local { juris_id: Some("us-CO-denver"),
        ..row("us-CO-denver", "Denver (local)", "Denver", &["802"], 48_100, ALL) }];
    "CT" "Connecticut" Rate(10_000, ALL), &[];
    "DC" "District of Columbia" Rate(60_000, ALL), &[];
    "DE" "Delaware" NoTax, &[];
    "FL" "Florida" Rate(60_000, GOODS_ONLY), &[];
    "GA" "Georgia" Rate(40_000, DIGITAL_GOODS), &[];
    "GU" "Guam" Unlisted, &[];
    "HI" "Hawaii" Rate(40_000, ALL), &[];
    "IA" "Iowa" Rate(60_000, PERSONAL_ONLY), &[];
    "ID" "Idaho" Unlisted, &[];
    "IL" "Illinois" Rate(62_500, GOODS_ONLY), &[Local { juris_id: Some("us-IL-chicago"),
        ..row("us-IL-chicago", "Chicago (local)", "Chicago", &["606"], 90_000, ALL) }];
    "IN" "Indiana" Rate(70_000, DIGITAL_GOODS), &[];
    "KS" "Kansas" Unlisted, &[];
    "KY" "Kentucky" Rate(60_000, ALL), &[];
    "LA" "Louisiana" Unlisted, &[];
    "MA" "Massachusetts" Rate(62_500, ALL), &[];
    "MD" "Maryland" Rate(60_000, PERSONAL_ONLY), &[];
    "ME" "Maine" Unlisted, &[];
    "MI" "Michigan" Rate(60_000, GOODS_ONLY), &[];
    "MN" "Minnesota" Rate(68_750, DIGITAL_GOODS), &[];
    "MO" "Missouri" Unlisted, &[];
    "MP" "Northern Mariana Islands" Unlisted, &[];
    "MS" "Mississippi" Unlisted, &[];
    "MT" "Montana" NoTax, &[];
    "NC" "North Carolina" Rate(47_500, DIGITAL_GOODS), &[];
    "ND" "North Dakota" Unlisted, &[];
    "NE" "Nebraska" Unlisted, &[];
    "NH" "New Hampshire" NoTax, &[];
    "NJ" "New Jersey" Rate(66_250, DIGITAL_GOODS), &[];
    "NM" "New Mexico" Unlisted, &[];
    "NV" "Nevada" Unlisted, &[];
    "NY" "New York" Rate(40_000, ALL), &[
        row("NY-NYC", "New York City", "New York", &["100", "101", "102"], 45_000, ALL),
        row("NY-MCTD", "Metropolitan Commuter Transportation District", "New York",
            &["100", "101", "102"], 3_750, ALL),
        row("NY-WC", "Westchester County", "White Plains", &["106"], 43_750, ALL),
    ];
    "OH" "Ohio" Rate(57_500, BUSINESS_ONLY), &[];
    "OK" "Oklahoma" Unlisted, &[];
    "OR" "Oregon" NoTax, &[];
    "PA" "Pennsylvania" Rate(60_000, ALL),
        &[row("PA-PHL", "Philadelphia", "Philadelphia", &["191"], 20_000, ALL)];
    "PR" "Puerto Rico" Unlisted, &[];
    "RI" "Rhode Island" Rate(70_000, ALL), &[];
    "SC" "South Carolina" Rate(60_000, ALL), &[];
    "SD" "South Dakota" Unlisted, &[];
    "TN" "Tennessee" Rate(70_000, ALL), &[];
    "TX" "Texas" Rate(62_500, TEXAS), &[
        row("4109000", "Hill County", "Aquilla", &["76622"], 5_000, TEXAS),
        row("2109108", "Aquilla", "Aquilla", &["76622"], 10_000, TEXAS),
        row("2227016", "Austin", "Austin", &["787"], 10_000, TEXAS),
        row("3227999", "Austin MTA", "Austin", &["787"], 10_000, TEXAS),
        row("2101017", "Houston", "Houston", &["770"], 10_000, TEXAS),
        row("3101990", "Houston MTA", "Houston", &["770"], 10_000, TEXAS),
    ];
    "UT" "Utah" Rate(48_500, ALL), &[row("UT-SLC", "Salt Lake City", "Salt Lake City", &["841"], 29_000, ALL)];
    "VA" "Virginia" Rate(43_000, GOODS_ONLY), &[];
    "VI" "U.S. Virgin Islands" Unlisted, &[];
    "VT" "Vermont" Rate(60_000, DIGITAL_GOODS), &[];
    "WA" "Washington" Rate(65_000, ALL), &[row("WA-SEA", "Seattle", "Seattle", &["981"], 38_500, ALL)];
    "WI" "Wisconsin" Rate(50_000, DIGITAL_GOODS), &[];
    "WV" "West Virginia" Rate(60_000, ALL), &[];
    "WY" "Wyoming" Unlisted, &[];
}

const fn row(
    region_id: &'static str,
    name: &'static str,
    city: &'static str,
    zip_prefixes: &'static [&'static str],
    rate: u32,
    taxed: Taxed,
) -> Local {
    Local { juris_id: None, region_id, name, city, zip_prefixes, rate, taxed }
}

/// Rates by the day they began, oldest first.
type Rates = &'static [(Date, u32)];

const fn day(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

/// From before any date the API accepts.
const ALWAYS: Date = day(1999, 1, 1);

/// A province or territory of Canada.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Province {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// First letters of its postal codes.
    pub(super) postal_letters: &'static str,
    juris_id: &'static str,
    /// GST or HST, levied by the federation.
    federal: (&'static str, Rates),
    /// QST or PST, levied by the province.
    own: Option<(&'static str, Rates)>,
}

const GST: (&str, Rates) = ("GST", &[(ALWAYS, 50_000)]);
const HST_15: (&str, Rates) = ("HST", &[(ALWAYS, 150_000)]);
const PST_7: Option<(&str, Rates)> = Some(("PST", &[(ALWAYS, 70_000)]));

macro_rules! provinces {
    ($($code:literal $name:literal $letters:literal $federal:expr, $own:expr;)*) => {
        /// Canada by province.
        pub(super) const PROVINCES: &[Province] = &[$(Province {
            code: $code, name: $name, postal_letters: $letters, juris_id: concat!("ca-", $code),
            federal: $federal, own: $own,
        }),*];
    };
}

provinces! {
    "AB" "Alberta" "T" GST, None;
    "BC" "British Columbia" "V" GST, PST_7;
    "MB" "Manitoba" "R" GST, PST_7;
    "NB" "New Brunswick" "E" HST_15, None;
    "NL" "Newfoundland and Labrador" "A" HST_15, None;
    "NS" "Nova Scotia" "B" ("HST", &[(ALWAYS, 150_000), (day(2025, 4, 1), 140_000)]), None;
    "NT" "Northwest Territories" "X" GST, None;
    "NU" "Nunavut" "" GST, None;
    "ON" "Ontario" "KLMNP" ("HST", &[(ALWAYS, 130_000)]), None;
    "PE" "Prince Edward Island" "C" HST_15, None;
    "QC" "Quebec" "GHJ" GST, Some(("QST", &[(ALWAYS, 99_750)]));
    "SK" "Saskatchewan" "S" GST, Some(("PST", &[(ALWAYS, 60_000)]));
    "YT" "Yukon" "Y" GST, None;
}

/// A country with one value added tax.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct VatCountry {
    pub(super) code: &'static str,
    pub(super) juris_id: &'static str,
    pub(super) name: &'static str,
    pub(super) tax: &'static str,
    rates: Rates,
    /// Filed through the One Stop Shop.
    pub(super) eu: bool,
}

macro_rules! countries {
    ($($eu:literal $code:literal $id:literal $name:literal $tax:literal [$($from:expr => $rate:literal),*];)*) => {
        /// Countries with one rate per day for everything taxable.
        pub(super) const VAT_COUNTRIES: &[VatCountry] = &[$(VatCountry {
            code: $code, juris_id: $id, name: $name, tax: $tax, rates: &[$(($from, $rate)),*], eu: $eu,
        }),*];
    };
}

countries! {
    true "AT" "at" "Austria" "VAT" [ALWAYS => 200_000];
    true "BE" "be" "Belgium" "VAT" [ALWAYS => 210_000];
    true "BG" "bg" "Bulgaria" "VAT" [ALWAYS => 200_000];
    true "CY" "cy" "Cyprus" "VAT" [ALWAYS => 190_000];
    true "CZ" "cz" "Czechia" "VAT" [ALWAYS => 210_000];
    true "DE" "de" "Germany" "VAT" [ALWAYS => 190_000];
    true "DK" "dk" "Denmark" "VAT" [ALWAYS => 250_000];
    true "EE" "ee" "Estonia" "VAT" [ALWAYS => 220_000, day(2025, 7, 1) => 240_000];
    true "ES" "es" "Spain" "VAT" [ALWAYS => 210_000];
    true "FI" "fi" "Finland" "VAT" [ALWAYS => 240_000, day(2024, 9, 1) => 255_000];
    true "FR" "fr" "France" "VAT" [ALWAYS => 200_000];
    true "GR" "gr" "Greece" "VAT" [ALWAYS => 240_000];
    true "HR" "hr" "Croatia" "VAT" [ALWAYS => 250_000];
    true "HU" "hu" "Hungary" "VAT" [ALWAYS => 270_000];
    true "IE" "ie" "Ireland" "VAT" [ALWAYS => 230_000];
    true "IT" "it" "Italy" "VAT" [ALWAYS => 220_000];
    true "LT" "lt" "Lithuania" "VAT" [ALWAYS => 210_000];
    true "LU" "lu" "Luxembourg" "VAT" [ALWAYS => 170_000];
    true "LV" "lv" "Latvia" "VAT" [ALWAYS => 210_000];
    true "MT" "mt" "Malta" "VAT" [ALWAYS => 180_000];
    true "NL" "nl" "Netherlands" "VAT" [ALWAYS => 210_000];
    true "PL" "pl" "Poland" "VAT" [ALWAYS => 230_000];
    true "PT" "pt" "Portugal" "VAT" [ALWAYS => 230_000];
    true "RO" "ro" "Romania" "VAT" [ALWAYS => 190_000, day(2025, 8, 1) => 210_000];
    true "SE" "se" "Sweden" "VAT" [ALWAYS => 250_000];
    true "SI" "si" "Slovenia" "VAT" [ALWAYS => 220_000];
    true "SK" "sk" "Slovakia" "VAT" [ALWAYS => 200_000, day(2025, 1, 1) => 230_000];
    false "AE" "ae" "United Arab Emirates" "VAT" [ALWAYS => 50_000];
    false "AU" "au" "Australia" "GST" [ALWAYS => 100_000];
    false "CH" "ch" "Switzerland" "VAT" [ALWAYS => 77_000, day(2024, 1, 1) => 81_000];
    false "GB" "gb" "United Kingdom" "VAT" [ALWAYS => 200_000];
    false "IN" "in" "India" "IGST" [ALWAYS => 180_000];
    false "JP" "jp" "Japan" "JCT" [ALWAYS => 80_000, day(2019, 10, 1) => 100_000];
    false "KR" "kr" "South Korea" "VAT" [ALWAYS => 100_000];
    false "NO" "no" "Norway" "VAT" [ALWAYS => 250_000];
    false "NZ" "nz" "New Zealand" "GST" [ALWAYS => 150_000];
    false "SA" "sa" "Saudi Arabia" "VAT" [ALWAYS => 150_000];
    false "SG" "sg" "Singapore" "GST" [ALWAYS => 80_000, day(2024, 1, 1) => 90_000];
    false "ZA" "za" "South Africa" "VAT" [ALWAYS => 150_000];
}

/// Countries without a sales tax or value added tax: ISO code, jurisdiction id.
pub(super) const NO_TAX_COUNTRIES: &[(&str, &str)] =
    &[("BM", "bm"), ("HK", "hk"), ("KW", "kw"), ("KY", "ky"), ("MO", "mo"), ("QA", "qa")];

/// Places on no tax authority's map.
const NO_JURISDICTION: &[&str] = &["AQ", "BV", "HM", "TF", "UM"];

/// What a jurisdiction says about a sale.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Levies {
    pub(super) juris_id: String,
    pub(super) juris_name: &'static str,
    pub(super) kind: LevyKind,
    /// Certificates are for US states; a local tax follows its state's certificate.
    pub(super) certificate_juris: Option<&'static str>,
    /// Buyers with a tax id account for the tax themselves when the sale crosses a border.
    pub(super) reverse_charge: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum LevyKind {
    /// There is no such tax.
    NoTax,
    /// The table has no rate; the fake's seller is not registered there.
    Unlisted,
    /// The taxes, which may all be zero percent of the amount: product not taxed.
    Taxes(Vec<Levy>),
}

/// One tax: `percent` of the amount is taxed at `rate`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Levy {
    pub(super) region_id: &'static str,
    pub(super) region_name: &'static str,
    pub(super) tax_name: &'static str,
    pub(super) rate: Decimal,
    pub(super) percent: u32,
}

fn percent(class: Class, taxed: Taxed) -> u32 {
    match class {
        Class::BusinessSoftware => taxed.business,
        Class::PersonalSoftware => taxed.personal,
        Class::DigitalGoods => taxed.digital,
        Class::Goods => 100,
        Class::Services | Class::NeverTaxed => 0,
    }
}

fn millionths(rate: u32) -> Decimal {
    Decimal::new(i64::from(rate), 6).normalize()
}

fn rate_on(rates: Rates, on: Date) -> Decimal {
    let current = rates.iter().rev().find(|(from, _)| *from <= on).or_else(|| rates.first());
    current.map_or(Decimal::ZERO, |(_, rate)| millionths(*rate))
}

/// Everyone with a say in a sale, top level first; none where no jurisdiction covers the place.
// rule: juris-not-found
pub(super) fn levies(place: Place, address: &Address, category: Category, on: Date) -> Option<Vec<Levies>> {
    match place {
        Place::State(state) => Some(us_levies(state, address, category.class)),
        Place::Canada(province) => Some(canada_levies(province, category.class, on)),
        Place::Country { code, .. } if NO_JURISDICTION.contains(&code) => None,
        Place::Country { code, name } => Some(vec![country_levies(code, name, category.class, on)]),
    }
}

fn us_levies(state: &'static UsState, address: &Address, class: Class) -> Vec<Levies> {
    let levies = |id: &str, name, kind| Levies {
        juris_id: id.to_owned(),
        juris_name: name,
        kind,
        certificate_juris: Some(state.juris_id),
        reverse_charge: false,
    };
    let locals = state.locals.iter().filter(|l| in_locality(address, l.city, l.zip_prefixes));
    let (rate, taxed) = match state.tax {
        NoTax => return vec![levies(state.juris_id, state.name, LevyKind::NoTax)],
        Unlisted => return vec![levies(state.juris_id, state.name, LevyKind::Unlisted)],
        Rate(rate, taxed) => (rate, taxed),
    };
    // In the list answer the state's own row has an empty id.
    let mut of_state = vec![Levy {
        region_id: "",
        region_name: state.name,
        tax_name: "Tax",
        rate: millionths(rate),
        percent: percent(class, taxed),
    }];
    let mut home_rule = Vec::new();
    for local in locals {
        let levy = Levy {
            region_id: local.region_id,
            region_name: local.name,
            tax_name: "Tax",
            rate: millionths(local.rate),
            percent: percent(class, local.taxed),
        };
        match local.juris_id {
            // rule: home-rule-only-when-taxing
            Some(_) if levy.percent == 0 => {}
            Some(id) => home_rule.push(levies(id, local.name, LevyKind::Taxes(vec![levy]))),
            None => of_state.push(levy),
        }
    }
    let mut all = vec![levies(state.juris_id, state.name, LevyKind::Taxes(of_state))];
    all.append(&mut home_rule);
    all
}

fn canada_levies(province: Option<&'static Province>, class: Class, on: Date) -> Vec<Levies> {
    let federal = province.map_or(GST, |p| p.federal);
    let one = |id: &str, name, (tax, rates): (&'static str, Rates)| Levies {
        juris_id: id.to_owned(),
        juris_name: name,
        kind: LevyKind::Taxes(vec![vat(name, tax, rate_on(rates, on), class)]),
        certificate_juris: None,
        reverse_charge: true,
    };
    let mut all = vec![one("ca", "Canada (federal)", federal)];
    if let Some(province) = province
        && let Some(own) = province.own
    {
        all.push(one(province.juris_id, province.name, own));
    }
    all
}

fn country_levies(code: &'static str, name: &'static str, class: Class, on: Date) -> Levies {
    let (juris_name, kind) = if let Some(country) = VAT_COUNTRIES.iter().find(|c| c.code == code) {
        let levy = vat(country.name, country.tax, rate_on(country.rates, on), class);
        (country.name, LevyKind::Taxes(vec![levy]))
    } else if NO_TAX_COUNTRIES.iter().any(|(c, _)| *c == code) {
        (name, LevyKind::NoTax)
    } else {
        (name, LevyKind::Unlisted)
    };
    Levies {
        juris_id: code.to_ascii_lowercase(),
        juris_name,
        kind,
        certificate_juris: None,
        reverse_charge: true,
    }
}

/// Value added taxes take in services, unlike US sales taxes.
fn vat(name: &'static str, tax_name: &'static str, rate: Decimal, class: Class) -> Levy {
    let percent = if class == Class::NeverTaxed { 0 } else { 100 };
    Levy { region_id: "", region_name: name, tax_name, rate, percent }
}

/// Whether the API knows a jurisdiction by this id (filters of the list calls).
pub(super) fn is_juris_id(id: &str) -> bool {
    id == "eu-oss"
        || id == "ca"
        || US_STATES.iter().any(|s| s.juris_id == id || s.locals.iter().any(|l| l.juris_id == Some(id)))
        || PROVINCES.iter().any(|p| p.juris_id == id)
        || VAT_COUNTRIES.iter().any(|c| c.juris_id == id)
        || NO_TAX_COUNTRIES.iter().any(|(_, juris)| *juris == id)
}

/// The jurisdiction to which a return is sent: EU countries share one.
// rule: eu-oss-filing
pub(super) fn filing_juris(id: &str) -> &str {
    if VAT_COUNTRIES.iter().any(|c| c.eu && c.juris_id == id) { "eu-oss" } else { id }
}

/// ISO 4217 codes that money is made of (funds, metals and test codes are left out).
// rule: currency-list
pub(super) const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND \
    BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD \
    FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF \
    KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD \
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE \
    SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF \
    XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// The currencies left under `Quirk::FewCurrencies`.
pub(super) const FEW_CURRENCIES: &str = "AUD CAD EUR GBP JPY USD";

impl Category {
    /// Taxed as a service.
    pub(super) fn is_service(&self) -> bool {
        self.class == Class::Services
    }
}

/// Rates that a seed or a test gave to a jurisdiction: its first tax has them.
pub(super) fn replace_rates(levies: &mut [Levies], rates: &BTreeMap<String, Decimal>) {
    for levies in levies {
        if let (Some(rate), LevyKind::Taxes(taxes)) = (rates.get(&levies.juris_id), &mut levies.kind)
            && let Some(first) = taxes.first_mut()
        {
            first.rate = *rate;
        }
    }
}

/// One percentage point more on every rate, for `Quirk::EveryRateAPointHigher`.
pub(super) fn raise(levies: &mut [Levies]) {
    for levies in levies {
        if let LevyKind::Taxes(taxes) = &mut levies.kind {
            for levy in taxes {
                levy.rate += Decimal::new(1, 2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use iso_currency::{Currency, IntoEnumIterator};

    use super::*;

    // covers: currency-list
    #[test]
    fn currencies_are_those_of_iso_4217() {
        let ours: BTreeSet<&str> = CURRENCIES.split(' ').collect();
        // Funds, metals, test codes, and codes that were withdrawn or are not yet in every list.
        let left_out = [
            "BOV", "CHE", "CHW", "CLF", "COU", "CUC", "HRK", "MXV", "SLL", "USN", "UYI", "UYW", "VED", "XAG",
            "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX", "ZWL",
        ];
        let theirs: BTreeSet<&str> = Currency::iter().map(|c| c.code()).collect();
        let missing: Vec<_> = theirs.difference(&ours).filter(|c| !left_out.contains(c)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let invented: Vec<_> = ours.difference(&theirs).collect();
        assert!(invented.is_empty(), "{invented:?}");
    }

    #[test]
    fn rows_are_consistent() {
        assert_eq!(US_STATES.len(), 56, "as in the certificate list of the document");
        for country in VAT_COUNTRIES {
            assert!(rust_iso3166::from_alpha2(country.code).is_some(), "{}", country.name);
            assert_eq!(country.juris_id, country.code.to_lowercase());
            assert!(country.rates.windows(2).all(|pair| pair[0].0 < pair[1].0), "{}", country.name);
        }
        for (code, juris) in NO_TAX_COUNTRIES {
            assert!(rust_iso3166::from_alpha2(code).is_some());
            assert_eq!(*juris, code.to_lowercase());
        }
        assert_eq!(VAT_COUNTRIES.iter().filter(|c| c.eu).count(), 27);
    }

    #[test]
    fn rates_are_exact() {
        const LATE: Rates = &[(day(2000, 1, 1), 1)];
        assert_eq!(millionths(48_100).to_string(), "0.0481");
        assert_eq!(millionths(99_750).to_string(), "0.09975");
        assert_eq!(rate_on(LATE, day(1999, 1, 1)), millionths(1), "no gap before the first rate");
    }
}
