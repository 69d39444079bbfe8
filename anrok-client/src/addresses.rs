//! Address resolution. Third parties mention the call; its path and answer are assumed (grade D): optional.

use ordway_anrok_http::{Call, Endpoint, EndpointInfo, Grade, Method, Safety, decode};
use serde::Serialize;
use serde_json::Value;

use crate::address::Address;
use crate::client::Client;
use crate::error::Result;
use crate::newer::Available;
use crate::wire::{debug_hiding, handle_trait};

/// Resolves an address. The path is assumed; replace it with
/// [`ClientBuilder::route`](crate::ClientBuilder::route) and this operation's name.
pub const RESOLVE: Endpoint<ResolveAddress, Value> = Endpoint::decoded_by(
    "addresses.resolve",
    Method::Post,
    "/v1/seller/addresses/resolve",
    Safety::Read,
    decode::any,
)
.grade(Grade::D);

/// The endpoints of this file. None of them is in the API 1.1 document.
pub const ENDPOINTS: &[EndpointInfo] = &[RESOLVE.info()];

/// The body of the call (grade D). `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ResolveAddress {
    /// The address.
    pub address: Address,
}

debug_hiding!(ResolveAddress {} hides { address });

/// Calls on addresses. From [`Client::addresses`].
#[derive(Clone, Debug)]
pub struct Addresses {
    client: Client,
}

impl Client {
    /// Resolve addresses, where the API offers it (grade D).
    pub fn addresses(&self) -> Addresses {
        Addresses { client: self.clone() }
    }
}

impl Addresses {
    /// Resolves an address; the answer is handed over as it comes.
    ///
    /// A read. The documented way to learn whether an address is good enough is a calculation:
    /// `customerAddressCouldNotResolve`.
    pub async fn resolve(&self, address: &Address) -> Result<Available<Value>> {
        let body = ResolveAddress { address: address.clone() };
        Available::detect(self.client.call(&RESOLVE, Call::new(&body)).await)
    }
}

handle_trait! {
    /// [`Addresses`] as a trait, for mocking.
    trait AddressesApi for Addresses {
        /// See [`Addresses::resolve`].
        async fn resolve(&self, address: &Address) -> Result<Available<Value>>;
    }
}
