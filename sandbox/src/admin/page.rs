//! The page: three files embedded in the binary, nothing from elsewhere.

use super::Answer;

/// `GET /`.
pub(super) fn index() -> Answer {
    Answer::File("text/html; charset=utf-8", include_str!("../page/index.html"))
}

/// `GET /page.css`.
pub(super) fn style() -> Answer {
    Answer::File("text/css; charset=utf-8", include_str!("../page/page.css"))
}

/// `GET /page.js`.
pub(super) fn script() -> Answer {
    Answer::File("text/javascript; charset=utf-8", include_str!("../page/page.js"))
}
