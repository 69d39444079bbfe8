//! Listening on the loopback interface and answering with hyper.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ordway_anrok_http::{Exchange, FailureKind, Transport, TransportError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Largest request that is read.
const MAX_REQUEST_BYTES: usize = 64 << 20;
/// How long a fault may keep a caller waiting; callers give up long before.
const PATIENCE: Duration = Duration::from_secs(600);

/// Opens a port of 127.0.0.1; 0 takes a free one.
pub(crate) async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

/// Accepts until aborted; the connections end with it.
pub(crate) async fn serve<H, F, B>(socket: TcpListener, handler: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, TransportError>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, handler.clone()));
                }
                // Out of file handles, most likely: let some connections end.
                Err(error) => {
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of one connection. A transport failure closes it without an answer.
async fn connection<H, F, B>(stream: TcpStream, handler: H)
where
    H: Fn(Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Result<Response<B>, TransportError>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(handler));
    if let Err(error) = served.await {
        tracing::debug!(%error, "a sandbox connection ended early");
    }
}

/// Hands a request to a transport.
pub(crate) async fn answer(
    request: Request<Incoming>,
    transport: Arc<dyn Transport>,
) -> Result<Response<Full<Bytes>>, TransportError> {
    let mut exchange = Exchange::new(whole(request).await?);
    exchange.timeout = PATIENCE;
    exchange.max_response_bytes = usize::MAX;
    Ok(transport.send(exchange).await?.map(Full::new))
}

/// The request with its body read to the end.
pub(crate) async fn whole(request: Request<Incoming>) -> Result<Request<Bytes>, TransportError> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BYTES)
        .collect()
        .await
        .map_err(|cause| TransportError::with_source(FailureKind::Interrupted, cause))?
        .to_bytes();
    Ok(Request::from_parts(parts, body))
}
