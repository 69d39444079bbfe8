//! How far this machine's clock is off, by the `Date` header of answers.

use http::header::{AGE, DATE, HeaderMap};
use jiff::{SignedDuration, Timestamp};

/// How far the service's clock is ahead of this machine's (negative: behind), from an answer that came `received`
/// to a request that left `sent`. `None` where the answer does not tell: no readable `Date`, or one out of a cache.
///
/// A `Date` is a whole second, stamped at an unknown moment between sending and receiving. Of all differences that
/// explain it, this is the smallest: a slow answer is no skew.
pub(crate) fn clock_skew(
    headers: &HeaderMap,
    sent: Timestamp,
    received: Timestamp,
) -> Option<SignedDuration> {
    if headers.contains_key(AGE) {
        return None;
    }
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(date.trim()).ok()?.timestamp();
    let end_of_second = date.checked_add(SignedDuration::from_secs(1)).ok()?;
    Some(if date > received {
        date.duration_since(received)
    } else if end_of_second < sent {
        end_of_second.duration_since(sent)
    } else {
        SignedDuration::ZERO
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn skew(date: &str, sent: &str, received: &str) -> Option<SignedDuration> {
        let headers = HeaderMap::from_iter([(DATE, HeaderValue::from_str(date).unwrap())]);
        clock_skew(&headers, sent.parse().unwrap(), received.parse().unwrap())
    }

    #[test]
    fn the_smallest_difference_that_explains_the_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let at = |second: &str| format!("1994-11-06T08:49:{second}Z");
        let seconds = |sent, received| {
            let found = skew(date, &at(sent), &at(received)).unwrap();
            found.as_millis()
        };
        // Anywhere within the second, and anywhere within a slow answer.
        assert_eq!(seconds("37.000", "37.100"), 0);
        assert_eq!(seconds("37.999", "38.100"), 0);
        assert_eq!(seconds("10.000", "58.000"), 0);
        // This clock is behind.
        assert_eq!(seconds("06.900", "07.000"), 30_000);
        // This clock is ahead.
        assert_eq!(seconds("50.500", "51.000"), -12_500);
    }

    #[test]
    fn what_does_not_tell() {
        let now: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(clock_skew(&HeaderMap::new(), now, now), None);
        for text in ["", "soon", "1994-11-06", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(skew(text, "1994-11-06T08:49:37Z", "1994-11-06T08:49:37Z"), None, "{text}");
        }
        let cached = HeaderMap::from_iter([
            (DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT")),
            (AGE, HeaderValue::from_static("60")),
        ]);
        assert_eq!(clock_skew(&cached, now, now), None);
    }

    proptest! {
        #[test]
        fn a_date_never_panics(text in "[ -~]{0,40}") {
            let _ = skew(&text, "1994-11-06T08:49:37Z", "1994-11-06T08:49:38Z");
        }
    }
}
