//! People at work in the fakes, so that a watch without accounts has something to see.

use std::time::Duration;

use ordway_anrok::Intake;
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::ordway::{FakeOrdway, Line};
use ordway_client::webhook_receiver::WebhookReceiver;

/// Between two things that people do.
const PAUSE: Duration = Duration::from_secs(3);

/// Works until it is aborted: the demo's second act, then an invoice every few seconds, drafted and posted. Every other
/// webhook is lost on the way, as happens.
pub async fn work(ordway: FakeOrdway, anrok: FakeAnrok, intake: Intake) {
    let mut told = ordway.events().len();
    tokio::time::sleep(PAUSE).await;
    if let Err(refusal) = Demo::second_act(&ordway, &anrok) {
        eprintln!("the demo's second act: {refusal:?}");
    }
    loop {
        told = deliver(&ordway, &intake, told);
        tokio::time::sleep(PAUSE).await;
        let Some(customer) =
            ordway.all("customers").first().and_then(|c| c["id"].as_str().map(str::to_owned))
        else {
            return;
        };
        let Some(product) = anrok.products().into_iter().next() else { return };
        let draft = ordway.invoice(&customer).line(Line::new(&product.external_id, "49.00")).create();
        told = deliver(&ordway, &intake, told);
        tokio::time::sleep(PAUSE).await;
        if let Ok(id) = draft
            && let Err(refusal) = ordway.post_invoice(&id)
        {
            eprintln!("{id} could not be posted: {refusal:?}");
        }
    }
}

/// What happened since `told`, as a webhook would bring it.
fn deliver(ordway: &FakeOrdway, intake: &Intake, told: usize) -> usize {
    const SECRET: &str = "only-for-this-demo";
    let events = ordway.events();
    let Ok(receiver) = WebhookReceiver::new("X-Webhook-Secret", SECRET.into()) else { return events.len() };
    for event in events.iter().skip(told).step_by(2) {
        let headers = [("X-Webhook-Secret", SECRET.as_bytes())];
        if let Ok(delivery) = receiver.receive(headers, event.payload().to_string().as_bytes()) {
            intake.deliver(&delivery);
        }
    }
    events.len()
}
