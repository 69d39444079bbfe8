//! The registry: what the fakes do, what each rule rests on, and how it may be otherwise.
//!
//! A rule that is only assumed has alternatives, and each of them can be had:
//!
//! ```
//! use ordway_anrok_sandbox::rule::{self, Assumption};
//!
//! for (service, rule) in rule::all() {
//!     println!("{service:?} {rule}");
//!     for alternative in rule::alternatives(rule.id) {
//!         println!("    or {}: {}", alternative.name, alternative.sentence);
//!     }
//! }
//! let assumption: Assumption = "void-twice=not-found".parse()?;
//! assert_eq!(assumption.rule(), "void-twice");
//! # Ok::<(), rule::UnknownAssumption>(())
//! ```

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use thiserror::Error;

use crate::anrok::{self, FakeAnrok};
use crate::fault::Service;
use crate::ordway::{self, FakeOrdway};

/// How a rule of a fake is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The vendor documents it.
    Documented,
    /// It was seen on the wire, or a third party saw it and wrote it down.
    Observed,
    /// Nobody outside the vendor knows; the fake has to do something.
    Assumed,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Assumed => "assumed",
        })
    }
}

/// One behaviour of a fake and what it rests on. Listed by `FakeAnrok::RULES`, `FakeOrdway::RULES` and [`all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Stable and unique over both fakes, for instance `frozen-refuses-update`.
    pub id: &'static str,
    /// What that rests on.
    pub evidence: Evidence,
    /// Where it is known from, with its grade: A recorded or specified, B prose or an independent client, C a third
    /// party's report, D inferred.
    pub source: &'static str,
    /// What the fake does.
    pub sentence: &'static str,
}

impl Rule {
    /// A rule.
    pub const fn new(
        id: &'static str,
        evidence: Evidence,
        source: &'static str,
        sentence: &'static str,
    ) -> Self {
        Self { id, evidence, source, sentence }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}, {})", self.id, self.sentence, self.evidence, self.source)
    }
}

/// Another thing that the real system may do where a rule is only assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alternative {
    /// Id of the rule that it stands in for.
    pub rule: &'static str,
    /// Its name among the alternatives of that rule.
    pub name: &'static str,
    /// What the fake does then.
    pub sentence: &'static str,
}

impl Alternative {
    pub(crate) const fn new(rule: &'static str, name: &'static str, sentence: &'static str) -> Self {
        Self { rule, name, sentence }
    }
}

/// An enum of alternatives: variant, rule, name, sentence. The sentence is the documentation of the variant as well.
macro_rules! quirks {
    ($($variant:ident $rule:literal $name:literal $sentence:literal;)*) => {
        /// Another behaviour than the default one, for a rule that is assumed (or a setting of the real system). Switch
        /// one on to see whether a client copes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[allow(clippy::doc_markdown)] // the sentences are shown as they are, too
        pub enum Quirk {
            $(#[doc = $sentence] $variant,)*
        }

        impl Quirk {
            /// All of them, in the order of their rules.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The rule, the name and what it does.
            pub const fn alternative(self) -> $crate::rule::Alternative {
                match self {
                    $(Self::$variant => $crate::rule::Alternative::new($rule, $name, $sentence),)*
                }
            }
        }

        impl ::std::fmt::Display for Quirk {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let alternative = self.alternative();
                write!(f, "{}={}", alternative.rule, alternative.name)
            }
        }
    };
}
pub(crate) use quirks;

/// An alternative of either fake, chosen. Read from and written as `RULE=NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Assumption {
    /// About Ordway.
    Ordway(ordway::Quirk),
    /// About Anrok.
    Anrok(anrok::Quirk),
}

/// No rule has that alternative.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnknownAssumption {
    /// The text is not `RULE=NAME`.
    #[error("an assumption is written RULE=NAME, for instance void-twice=not-found")]
    NoPair,
    /// There is no such rule.
    #[error("no rule is called {rule:?}; the README of the sandbox lists them")]
    NoRule {
        /// The rule asked for.
        rule: String,
    },
    /// The rule has other alternatives, or none.
    #[error("{rule} has no alternative {name:?}; it has: {known}")]
    NoAlternative {
        /// The rule.
        rule: String,
        /// The alternative asked for.
        name: String,
        /// Those that there are, or why there are none.
        known: String,
    },
}

impl Assumption {
    /// Every alternative of both fakes.
    pub fn all() -> impl Iterator<Item = Self> {
        let ordway = ordway::Quirk::ALL.iter().copied().map(Self::Ordway);
        ordway.chain(anrok::Quirk::ALL.iter().copied().map(Self::Anrok))
    }

    /// What the fake does then.
    pub fn alternative(self) -> Alternative {
        match self {
            Self::Ordway(quirk) => quirk.alternative(),
            Self::Anrok(quirk) => quirk.alternative(),
        }
    }

    /// Id of the rule that it stands in for.
    pub fn rule(self) -> &'static str {
        self.alternative().rule
    }

    /// Tells the fake that it is about.
    pub fn apply(self, ordway: &FakeOrdway, anrok: &FakeAnrok) {
        match self {
            Self::Ordway(quirk) => ordway.assume(quirk),
            Self::Anrok(quirk) => anrok.assume(quirk),
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordway(quirk) => quirk.fmt(f),
            Self::Anrok(quirk) => quirk.fmt(f),
        }
    }
}

impl FromStr for Assumption {
    type Err = UnknownAssumption;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rule, name) = text.split_once('=').ok_or(UnknownAssumption::NoPair)?;
        let (rule, name) = (rule.trim(), name.trim());
        let is_meant = |assumption: &Self| assumption.rule() == rule && assumption.alternative().name == name;
        Self::all().find(is_meant).ok_or_else(|| {
            let rule = rule.to_owned();
            if !all().any(|(_, known)| known.id == rule) {
                return UnknownAssumption::NoRule { rule };
            }
            let names: Vec<&str> = alternatives(&rule).map(|alternative| alternative.name).collect();
            let known = if names.is_empty() { "none, for it is known".to_owned() } else { names.join(", ") };
            UnknownAssumption::NoAlternative { rule, name: name.to_owned(), known }
        })
    }
}

/// Every rule of both fakes.
pub fn all() -> impl Iterator<Item = (Service, &'static Rule)> {
    let ordway = FakeOrdway::RULES.iter().map(|rule| (Service::Ordway, rule));
    ordway.chain(FakeAnrok::RULES.iter().map(|rule| (Service::Anrok, rule)))
}

/// The alternatives of a rule; none where it is known.
pub fn alternatives(rule: &str) -> impl Iterator<Item = Alternative> {
    Assumption::all().map(Assumption::alternative).filter(move |alternative| alternative.rule == rule)
}

/// All rules of one fake as a Markdown table, the alternatives of each below its sentence.
pub fn table(service: Service) -> String {
    let mut text =
        "| Rule | Evidence | What the fake does | It may also be |\n|---|---|---|---|\n".to_owned();
    for (_, rule) in all().filter(|(of, _)| *of == service) {
        let cell = |text: &str| marked(text).replace('|', "\\|");
        let others: Vec<String> = alternatives(rule.id)
            .map(|other| format!("`{}`: {}", other.name, cell(other.sentence)))
            .collect();
        let (evidence, source) = (rule.evidence, cell(rule.source));
        let _ = writeln!(
            text,
            "| `{}` | {evidence}, {source} | {} | {} |",
            rule.id,
            cell(rule.sentence),
            others.join("; ")
        );
    }
    text
}

/// Identifiers, paths and JSON in backticks.
fn marked(sentence: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| matches!(c, ',' | ';' | ':' | '.' | '(' | ')' | '`'));
        let camel = bare.as_bytes().windows(2).any(|two| matches!(two, [b'a'..=b'z', b'A'..=b'Z']));
        let is_code = camel || bare.contains(['_', '{', '[', '/', '=']) || bare.contains("::");
        if is_code && !word.contains('`') {
            word.replace(bare, &format!("`{bare}`"))
        } else {
            word.to_owned()
        }
    };
    sentence.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_over_both_fakes() {
        let ids: HashSet<&str> = all().map(|(_, rule)| rule.id).collect();
        assert_eq!(ids.len(), all().count());
        let names: HashSet<String> = Assumption::all().map(|assumption| assumption.to_string()).collect();
        assert_eq!(names.len(), Assumption::all().count());
    }

    #[test]
    fn every_assumed_rule_can_be_flipped() {
        let rigid: Vec<&str> = all()
            .filter(|(_, rule)| rule.evidence == Evidence::Assumed && alternatives(rule.id).next().is_none())
            .map(|(_, rule)| rule.id)
            .collect();
        assert!(rigid.is_empty(), "assumed, without an alternative: {rigid:?}");
        for assumption in Assumption::all() {
            let rule = all().find(|(_, rule)| rule.id == assumption.rule());
            let (service, rule) = rule.unwrap_or_else(|| panic!("{assumption} is about no rule"));
            assert_eq!(service == Service::Ordway, matches!(assumption, Assumption::Ordway(_)), "{rule}");
        }
    }

    #[test]
    fn evidence_and_grade_agree() {
        for (_, rule) in all() {
            let grade = rule.source.chars().next().unwrap();
            let fits = match rule.evidence {
                Evidence::Documented => matches!(grade, 'A' | 'B'),
                Evidence::Observed => matches!(grade, 'A' | 'B' | 'C'),
                Evidence::Assumed => matches!(grade, 'C' | 'D'),
            };
            assert!(fits, "{rule}");
        }
    }

    #[test]
    fn an_assumption_is_read_back_and_a_wrong_one_says_what_there_is() {
        for assumption in Assumption::all() {
            assert_eq!(assumption.to_string().parse(), Ok(assumption));
        }
        let error = |text: &str| text.parse::<Assumption>().unwrap_err().to_string();
        assert!(error("void-twice").contains("RULE=NAME"));
        assert!(error("void-thrice=x").contains("void-thrice"));
        assert!(error("void-twice=x").contains("not-found"));
        assert!(error("version-rises=x").contains("none, for it is known"));
    }

    #[test]
    fn the_readme_has_both_tables() {
        crate::readme::holds("rules of Ordway", &table(Service::Ordway));
        crate::readme::holds("rules of Anrok", &table(Service::Anrok));
    }
}
