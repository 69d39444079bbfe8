//! A seek against a server whose data changes while it is read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::struct_excessive_bools)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ordway_anrok_http::bytes::Bytes;
use ordway_anrok_http::http::{Request, Response};
use ordway_anrok_http::{Exchange, Pacer, Transport, TransportError};
use ordway_client::{Client, Credentials, SeekFrom};
use proptest::prelude::*;
use serde_json::json;

/// How a simulated server misbehaves.
#[derive(Clone, Copy, Debug, Default)]
struct Habits {
    ignores_filter: bool,
    ignores_page: bool,
    /// Sorted by id in place of the time of change.
    sorted_by_id: bool,
    /// Gives half of what it is asked for.
    short_pages: bool,
    /// Changes at every request, of which kind the digits say; 0 is none.
    changes: u64,
}

#[derive(Debug)]
struct World {
    habits: Habits,
    /// id -> milliseconds of the last change.
    rows: BTreeMap<u32, i64>,
    now: i64,
    requests: Vec<(Option<i64>, usize)>,
    /// A server that changes faster than it is read is never read to its end.
    changes_left: u32,
}

#[derive(Clone, Debug)]
struct Server(Arc<Mutex<World>>);

const BASE: i64 = 1_700_000_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(BASE + ms).unwrap()
}

impl World {
    fn change(&mut self) {
        if self.changes_left == 0 || self.habits.changes == 0 {
            return;
        }
        self.changes_left -= 1;
        // A small linear congruence: repeatable, and enough chance for this.
        self.habits.changes = self.habits.changes.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let draw = self.habits.changes >> 33;
        self.now += i64::try_from(draw % 3).unwrap();
        let ids: Vec<u32> = self.rows.keys().copied().collect();
        let id = ids.get(usize::try_from(draw / 8).unwrap() % ids.len().max(1)).copied();
        match (draw % 8, id) {
            (0..=2, Some(id)) => {
                self.rows.insert(id, self.now);
            }
            (3, Some(id)) => {
                self.rows.remove(&id);
            }
            (4 | 5, _) => {
                let id = self.rows.keys().next_back().map_or(0, |last| last + 1);
                self.rows.insert(id, self.now);
            }
            _ => {}
        }
    }

    fn answer(&mut self, query: &BTreeMap<String, String>) -> serde_json::Value {
        let filter =
            query.get("updated_date>").map(|text| text.parse::<Timestamp>().unwrap().as_millisecond() - BASE);
        let size: usize = query["size"].parse().unwrap();
        let size = if self.habits.short_pages { size.div_ceil(2) } else { size };
        let page: usize = query["page"].parse().unwrap();
        assert_eq!(query["sort"], "updated_date,id");
        self.requests.push((filter, page));
        let keep = |ms: i64| self.habits.ignores_filter || filter.is_none_or(|from| ms >= from);
        let mut rows: Vec<(i64, u32)> =
            self.rows.iter().filter(|(_, ms)| keep(**ms)).map(|(id, ms)| (*ms, *id)).collect();
        if self.habits.sorted_by_id {
            rows.sort_by_key(|(_, id)| *id);
        } else {
            rows.sort_unstable();
        }
        let first = if self.habits.ignores_page { 0 } else { (page - 1) * size };
        rows.iter()
            .skip(first)
            .take(size)
            .map(|(ms, id)| json!({"id": format!("INV-{id}"), "updated_date": at(*ms).to_string()}))
            .collect()
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let request: Request<Bytes> = exchange.request;
        let query = request.uri().query().unwrap_or_default();
        let query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.replace("%3E", ">"), v.replace("%3A", ":").replace("%2B", "+")))
            .collect();
        let mut world = self.0.lock().unwrap();
        let body = world.answer(&query).to_string();
        world.change();
        Ok(Response::new(Bytes::from(body)))
    }
}

impl Server {
    fn new(habits: Habits, stamps: &[i64]) -> Self {
        let rows = (0u32..).zip(stamps.iter().copied()).collect();
        let now = stamps.iter().max().copied().unwrap_or(0) + 1;
        Self(Arc::new(Mutex::new(World { habits, rows, now, requests: Vec::new(), changes_left: 60 })))
    }

    fn client(&self) -> Client {
        Client::builder(Credentials::new("c", "e@example.com", "token".into(), "key".into()))
            .base_url("http://localhost/api/v1")
            .transport(Arc::new(self.clone()))
            .pacer(Pacer::unlimited())
            .build()
            .unwrap()
    }

    fn rows(&self) -> BTreeMap<u32, i64> {
        self.0.lock().unwrap().rows.clone()
    }

    fn requests(&self) -> Vec<(Option<i64>, usize)> {
        std::mem::take(&mut self.0.lock().unwrap().requests)
    }

    /// Reads to the end: the (id, milliseconds) delivered, in order, and the checkpoint.
    async fn read(&self, from: SeekFrom) -> (Vec<(u32, i64)>, Option<Timestamp>) {
        let mut reader = self.client().invoices().seek(from);
        let (mut delivered, mut checkpoint) = (Vec::new(), None);
        for _ in 0..5_000 {
            let Some(page) = reader.next_page().await.unwrap() else {
                assert_eq!(checkpoint.max(reader.checkpoint()), reader.checkpoint());
                return (delivered, reader.checkpoint());
            };
            assert!(page.checkpoint >= checkpoint, "the checkpoint went back");
            checkpoint = page.checkpoint;
            for item in page.items {
                let id = item.id.as_str().strip_prefix("INV-").unwrap().parse().unwrap();
                let ms = item.updated_date.unwrap().timestamp().unwrap().as_millisecond() - BASE;
                delivered.push((id, ms));
            }
        }
        panic!("the seek does not end")
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn habits() -> impl Strategy<Value = Habits> {
    (any::<bool>(), any::<bool>(), any::<bool>(), prop_oneof![Just(0), any::<u64>()]).prop_map(
        |(ignores_filter, sorted_by_id, short_pages, changes)| Habits {
            ignores_filter,
            ignores_page: false,
            sorted_by_id,
            short_pages,
            changes,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever happens meanwhile: the first run and a second one from its checkpoint deliver the last version of
    /// every row that still exists.
    #[test]
    fn nothing_is_lost(
        habits in habits(),
        stamps in proptest::collection::vec(0i64..12, 0..40),
        size in 1u32..8,
    ) {
        // Without any order, a page that looks ordered by chance cannot be told from one that is: such pages must
        // be long enough to make that chance nil.
        let size = if habits.sorted_by_id { size + 24 } else { size };
        run(async {
            let server = Server::new(habits, &stamps);
            let (first, checkpoint) = server.read(SeekFrom::start().size(size)).await;
            server.0.lock().unwrap().changes_left = 0;
            let again = SeekFrom::new(checkpoint, Duration::from_millis(50)).size(size);
            let (second, _) = server.read(again).await;
            let delivered: BTreeSet<_> = first.iter().chain(&second).copied().collect();
            for (id, ms) in server.rows() {
                assert!(delivered.contains(&(id, ms)), "INV-{id} at {ms} was lost; {habits:?}");
            }
        });
    }

    /// On a quiet server every row comes once, in order, and the checkpoint is the newest.
    #[test]
    fn a_quiet_set_comes_once(stamps in proptest::collection::vec(0i64..9, 0..40), size in 1u32..8) {
        run(async {
            let server = Server::new(Habits::default(), &stamps);
            let (delivered, checkpoint) = server.read(SeekFrom::start().size(size)).await;
            let mut expected: Vec<_> = server.rows().into_iter().collect();
            expected.sort_by_key(|(id, ms)| (*ms, *id));
            prop_assert_eq!(delivered, expected);
            prop_assert_eq!(checkpoint, stamps.iter().max().map(|ms| at(*ms)));
            Ok(())
        })?;
    }

    /// A row committed late, within the look-back, is met by the next run.
    #[test]
    fn late_rows_within_the_look_back_are_found(
        stamps in proptest::collection::vec(0i64..500, 1..30),
        late in 0i64..100,
    ) {
        run(async {
            let server = Server::new(Habits::default(), &stamps);
            let (_, checkpoint) = server.read(SeekFrom::start().size(5)).await;
            let newest = stamps.iter().max().unwrap();
            server.0.lock().unwrap().rows.insert(9_999, newest - late);
            let again = SeekFrom::new(checkpoint, Duration::from_millis(100)).size(5);
            let (second, _) = server.read(again).await;
            assert!(second.contains(&(9_999, newest - late)));
        });
    }
}

#[test]
fn a_steady_state_costs_little() {
    run(async {
        let server = Server::new(Habits::default(), &[1, 2, 3]);
        server.read(SeekFrom::new(Some(at(3)), Duration::from_millis(1))).await;
        assert_eq!(server.requests(), [(Some(2), 1), (Some(2), 2)]);
        server.read(SeekFrom::new(Some(at(9)), Duration::from_millis(1))).await;
        assert_eq!(server.requests(), [(Some(8), 1)]);
    });
}

#[test]
fn a_long_read_costs_a_tenth_more_than_its_pages() {
    run(async {
        let stamps: Vec<i64> = (0..2_000).collect();
        let server = Server::new(Habits::default(), &stamps);
        let (delivered, checkpoint) = server.read(SeekFrom::start()).await;
        assert_eq!((delivered.len(), checkpoint), (2_000, Some(at(1_999))));
        let requests = server.requests();
        assert!(requests.len() <= 40 * 12 / 10, "{}", requests.len());
        assert_eq!(requests.iter().filter(|(_, page)| *page > 1).count(), 1);
    });
}

#[test]
fn higher_pages_are_asked_for_only_inside_a_tie() {
    run(async {
        let mut stamps: Vec<i64> = (0..200).collect();
        stamps.extend([100; 45]);
        let server = Server::new(Habits::default(), &stamps);
        let (delivered, _) = server.read(SeekFrom::start().size(20)).await;
        assert_eq!(delivered.len(), 245);
        let higher: BTreeSet<_> =
            server.requests().into_iter().filter(|(_, page)| *page > 1).map(|(filter, _)| filter).collect();
        assert_eq!(higher.len(), 2, "{higher:?}");
        assert!(higher.contains(&Some(100)));
    });
}

#[test]
fn one_outlier_at_the_end_of_a_page_skips_nothing() {
    run(async {
        // Sorted by id, edited once: the page looks ordered, and its last row is far ahead.
        let mut stamps: Vec<i64> = (0..200).collect();
        stamps[49] = 1_000;
        let habits = Habits { sorted_by_id: true, ..Habits::default() };
        let server = Server::new(habits, &stamps);
        let (delivered, _) = server.read(SeekFrom::start()).await;
        let ids: BTreeSet<_> = delivered.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), 200);
    });
}

#[test]
fn a_server_that_ignores_the_filter_is_walked() {
    run(async {
        let habits = Habits { ignores_filter: true, ..Habits::default() };
        let stamps: Vec<i64> = (0..20).collect();
        let server = Server::new(habits, &stamps);
        let (delivered, checkpoint) = server.read(SeekFrom::start().size(6)).await;
        assert_eq!(delivered.len(), 20);
        assert_eq!(checkpoint, Some(at(19)));
    });
}

#[test]
fn a_server_that_ignores_the_page_ends() {
    run(async {
        let habits = Habits { ignores_page: true, ..Habits::default() };
        let server = Server::new(habits, &[5; 9]);
        let (delivered, _) = server.read(SeekFrom::start().size(4)).await;
        assert_eq!(delivered.len(), 4);
    });
}

#[test]
fn the_checkpoint_waits_for_the_end_of_a_walk() {
    run(async {
        let habits = Habits { sorted_by_id: true, ..Habits::default() };
        let server = Server::new(habits, &[9, 1, 8, 2, 7, 3]);
        let mut reader = server.client().invoices().seek(SeekFrom::new(Some(at(1)), Duration::ZERO).size(2));
        let mut told = Vec::new();
        while let Some(page) = reader.next_page().await.unwrap() {
            told.push((page.items.len(), page.checkpoint));
        }
        assert_eq!(told.last(), Some(&(0, Some(at(9)))));
        assert!(told.iter().rev().skip(1).all(|(n, checkpoint)| *n > 0 && *checkpoint == Some(at(1))));
    });
}

#[test]
fn a_page_ceiling_is_an_error_and_not_an_end() {
    run(async {
        let server = Server::new(Habits::default(), &[5; 30]);
        let mut from = SeekFrom::start().size(2);
        from.page_ceiling = Some(3);
        let mut reader = server.client().invoices().seek(from);
        let error = loop {
            match reader.next_page().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("ended"),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("page ceiling"), "{error}");
        assert_eq!(error.attempts(), 0);
    });
}
