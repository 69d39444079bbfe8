//! A fake seller account with a virtual clock and a short way to call it.
#![allow(clippy::needless_pass_by_value)] // `json!` at the call reads best without a borrow

use std::sync::Arc;

use bytes::Bytes;
use ordway_anrok_http::VirtualClock;
use ordway_anrok_sandbox::anrok::{AnrokConfig, FakeAnrok};
use serde_json::{Value, json};

/// One answer of the fake.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<String>,
    /// The JSON body; a plain text body as a JSON string.
    pub body: Value,
}

impl Answer {
    /// The body of a 200.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The reason of a 409.
    pub fn reason(self) -> String {
        assert_eq!(self.status, 409, "{}", self.body);
        self.body["type"].as_str().unwrap().to_owned()
    }

    /// The text of a 400.
    pub fn fault(self) -> String {
        assert_eq!(self.status, 400, "{}", self.body);
        self.body.as_str().unwrap().to_owned()
    }
}

pub struct Desk {
    pub anrok: FakeAnrok,
    pub clock: VirtualClock,
}

impl Desk {
    /// An account without a rate limit on 15 August 2026, with one product per category, named after it.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut AnrokConfig)) -> Self {
        let mut config = AnrokConfig { rate_limit: None, ..AnrokConfig::default() };
        change(&mut config);
        let clock = VirtualClock::starting_at("2026-08-15T12:00:00Z".parse().unwrap());
        let anrok = FakeAnrok::with_config(Arc::new(clock.clone()), config);
        for category in [
            "saasBusiness",
            "saasPersonal",
            "digitalGoods",
            "physicalGoods",
            "professionalServices",
            "nonTaxable",
        ] {
            assert!(anrok.add_product(category, category));
        }
        Self { anrok, clock }
    }

    pub fn send(&self, method: &str, path: &str, auth: Option<&str>, body: &str) -> Answer {
        let mut request = http::Request::builder().method(method).uri(format!("https://api.anrok.com{path}"));
        if let Some(auth) = auth {
            request = request.header("Authorization", auth);
        }
        let response = self.anrok.handle(&request.body(Bytes::from(body.to_owned())).unwrap());
        let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let content_type = header("content-type").unwrap();
        let body = if content_type.starts_with("application/json") {
            serde_json::from_slice(response.body()).unwrap()
        } else {
            Value::String(String::from_utf8(response.body().to_vec()).unwrap())
        };
        Answer { status: response.status().as_u16(), retry_after: header("retry-after"), content_type, body }
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let auth = format!("Bearer {}", self.anrok.api_key());
        self.send("POST", path, Some(&auth), &body.to_string())
    }

    pub fn seller(&self, call: &str, body: &Value) -> Answer {
        self.post(&format!("/v1/seller/{call}"), body)
    }

    pub fn ephemeral(&self, body: &Value) -> Answer {
        self.seller("transactions/createEphemeral", body)
    }

    pub fn record(&self, id: &str, mut body: Value) -> Answer {
        body["id"] = json!(id);
        self.seller("transactions/createOrUpdate", &body)
    }

    pub fn void(&self, id: &str, body: &Value) -> Answer {
        self.seller(&format!("transactions/id:{id}/void"), body)
    }

    pub fn negate(&self, original: &str, new: &str) -> Answer {
        let body = json!({ "originalTransactionId": original, "newTransactionId": new });
        self.seller("transactions/createNegation", &body)
    }
}

/// A sale of 10,000 minor units of a product to an address, dated 1 August 2026.
pub fn sale(product: &str, address: Value) -> Value {
    json!({
        "currencyCode": "USD",
        "accountingDate": "2026-08-01",
        "lineItems": [{ "id": "1", "productExternalId": product, "amount": 10_000 }],
        "customerAddress": address,
    })
}

/// A sale to New York City: 8.875 %.
pub fn new_york() -> Value {
    sale(
        "saasBusiness",
        json!({ "country": "US", "city": "New York", "region": "NY", "postalCode": "10001" }),
    )
}

/// `body` with one key changed, or removed by null. The pointer's parent must exist.
pub fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match (parent, key.parse::<usize>()) {
        (Value::Array(items), Ok(at)) => items[at] = value,
        (Value::Object(map), _) if value.is_null() => {
            map.remove(key);
        }
        (Value::Object(map), _) => {
            map.insert(key.to_owned(), value);
        }
        _ => panic!("{pointer}"),
    }
    body
}

/// `body` with an explicit null.
pub fn with_null(mut body: Value, pointer: &str) -> Value {
    *body.pointer_mut(pointer).unwrap() = Value::Null;
    body
}
