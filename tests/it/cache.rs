//! The cache by itself: both implementations, passwords, TLS, tokens, parts of a limit, what stands in Redis.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::AsyncCommands;
use actors::session::tokens::{Grant, Tokens};
use dynamoi::{cache, settings::Settings};
use rows::{
    Cache, Clock, Seal,
    cache::{Announcement, Claim, Claims, Hold, Lock},
    clock::SystemClock,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    redis::{PASSWORD, Redis, SlowWay, connect},
    support::{PATIENCE, child, instant, pause, until},
};

fn settings(text: &str) -> Settings {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.toml");
    std::fs::write(&path, text).unwrap();
    Settings::load(&[path], std::iter::empty(), &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn open(section: &str) -> Arc<dyn Cache> {
    let settings = settings(&format!("[cache]\n{section}\n"));
    cache::open(&settings.cache, Arc::new(SystemClock::new()), Arc::new(|_, _| {})).unwrap()
}

fn at(url: &str) -> Arc<dyn Cache> {
    open(&format!("url = \"{url}\""))
}

const LONG: Duration = Duration::from_mins(1);

async fn keeps_and_locks(cache: &dyn Cache) {
    assert_eq!(cache.get("a").await, None);
    assert!(cache.put("a", b"one".to_vec(), LONG).await);
    assert!(cache.put("b", b"two".to_vec(), Duration::from_millis(60)).await);
    assert_eq!(cache.get("a").await, Some(b"one".to_vec()));
    assert_eq!(cache.lock("l", "x", LONG).await, Lock::Taken);
    assert_eq!(cache.lock("l", "y", LONG).await, Lock::Busy);
    cache.unlock("l", "y").await;
    assert_eq!(cache.lock("l", "y", LONG).await, Lock::Busy, "another's token gives nothing back");
    cache.unlock("l", "x").await;
    assert_eq!(cache.lock("l", "y", Duration::from_millis(60)).await, Lock::Taken);
    pause(Duration::from_millis(120)).await;
    assert_eq!(cache.get("b").await, None, "it expires");
    assert_eq!(cache.lock("l", "z", LONG).await, Lock::Taken, "a lock expires, too");
}

#[tokio::test]
async fn both_caches_keep_and_lock() {
    keeps_and_locks(&*at("memory://")).await;
    let redis = Redis::start();
    keeps_and_locks(&*at(&redis.url())).await;
    let mut eyes = connect(&redis.url()).await;
    let keys: Vec<String> = eyes.keys("*").await.unwrap();
    assert!(keys.iter().all(|key| key.starts_with("dynamoi:")), "{keys:?}");
}

#[tokio::test]
async fn a_password_a_database_and_tls_are_used() {
    let guarded = Redis::with_password();
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}/3", guarded.port);
    let cache = at(&url);
    assert!(cache.put("a", b"one".to_vec(), LONG).await);
    assert!(connect(&url).await.exists::<_, bool>("dynamoi:a").await.unwrap());
    assert!(!at(&guarded.url()).put("a", b"two".to_vec(), LONG).await, "not without the password");

    let secure = Redis::with_tls();
    let url = format!("rediss://127.0.0.1:{}/0", secure.port);
    let section = format!("url = \"{url}\"\nca_file = \"{}\"\ntimeout = \"5s\"", secure.ca_file().display());
    let cache = open(&section);
    assert!(cache.put("a", b"one".to_vec(), LONG).await);
    assert_eq!(cache.get("a").await, Some(b"one".to_vec()));
    assert!(!open(&format!("url = \"{url}\"\ntimeout = \"2s\"")).put("a", b"two".to_vec(), LONG).await);
}

#[tokio::test]
async fn tls_leaves_the_hosts_default_alone() {
    child::run("cache::alone_with_tls", PATIENCE).await;
}

#[tokio::test]
#[ignore = "in a process of its own: see `tls_leaves_the_hosts_default_alone`"]
async fn alone_with_tls() {
    if !child::is_alone() {
        return;
    }
    let secure = Redis::with_tls();
    let url = format!("rediss://127.0.0.1:{}/0", secure.port);
    let authorities = secure.ca_file();
    let cache = open(&format!("url = \"{url}\"\nca_file = \"{}\"\ntimeout = \"5s\"", authorities.display()));
    assert!(cache.put("a", b"one".to_vec(), LONG).await);
    let public = open(&format!("url = \"{url}\"\ntimeout = \"2s\""));
    assert!(!public.put("a", b"two".to_vec(), LONG).await, "its authority is not a public one");
    assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "a default for TLS was set");
}

#[tokio::test]
async fn check_says_what_is_wrong_and_no_secret() {
    let guarded = Redis::with_password();
    let clock = || -> Arc<dyn Clock> { Arc::new(SystemClock::new()) };
    let check = async |url: &str| {
        let settings = settings(&format!("[cache]\nurl = \"{url}\"\n"));
        cache::check(&settings.cache, clock()).await.map_err(|error| error.to_string())
    };
    let port = guarded.port;
    let fine = check(&format!("redis://:{PASSWORD}@127.0.0.1:{port}")).await.unwrap();
    assert!(fine.starts_with("Redis ") && fine.ends_with("answers"), "{fine}");
    assert_eq!(check("memory://").await.unwrap(), "in this process");
    for url in [
        format!("redis://:{PASSWORD}x@127.0.0.1:{port}"),
        format!("redis://planted-user:{PASSWORD}@127.0.0.1:{port}"),
        format!("redis://127.0.0.1:{port}"),
        format!("redis://:{PASSWORD}@127.0.0.1:1"),
        format!("rediss://:{PASSWORD}@127.0.0.1:{port}"),
    ] {
        let error = check(&url).await.unwrap_err();
        assert!(!error.contains(PASSWORD) && !error.contains("planted"), "{error}");
        println!("{error}");
    }
}

/// Every request ends in time, and most are not even sent.
#[tokio::test]
async fn a_slow_or_dead_redis_is_a_miss_at_once() {
    let mut redis = Redis::start();
    let way = SlowWay::to(redis.port).await;
    let cache = at(&way.url());
    assert!(cache.put("a", b"one".to_vec(), LONG).await);
    way.delay(Duration::from_secs(2));
    let began = instant();
    for _ in 0..1_000 {
        assert_eq!(cache.get("a").await, None);
    }
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    way.delay(Duration::ZERO);
    until("it is asked again", async || cache.get("a").await).await;
    redis.kill();
    let began = instant();
    for _ in 0..1_000 {
        assert_eq!(cache.get("a").await, None);
    }
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    redis.run();
    until("it is back", async || cache.put("a", b"two".to_vec(), LONG).await.then_some(())).await;
}

#[tokio::test]
async fn announcements_are_seen_whole() {
    let redis = Redis::start();
    let cache = at(&redis.url());
    let announcement = Announcement {
        index: "set".to_owned(),
        values: vec![("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())],
        ttl: LONG,
        channel: "news".to_owned(),
        ..Announcement::default()
    };
    assert!(cache.announce(announcement.clone()).await);
    let members = cache.members("set").await.unwrap();
    assert_eq!(members.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    let removal = Announcement { values: Vec::new(), removed: vec!["a".to_owned()], ..announcement };
    assert!(cache.announce(removal).await);
    assert_eq!(cache.members("set").await.unwrap().into_iter().collect::<Vec<_>>(), ["b"]);
    assert_eq!((cache.get("a").await, cache.get("b").await), (None, Some(b"2".to_vec())));
    let mut eyes = connect(&redis.url()).await;
    assert!(eyes.ttl::<_, i64>("dynamoi:b").await.unwrap() > 0);
    assert!(eyes.ttl::<_, i64>("dynamoi:set").await.unwrap() > 0);
}

fn claims(worker: &str, scopes: &[&str]) -> Claims {
    let claim = |scope: &&str| Claim { scope: (*scope).to_owned(), hold: None, lifted: None, learned: None };
    Claims {
        worker: worker.to_owned(),
        workers_min: 1,
        share_max: 1.0,
        ttl: Duration::from_millis(300),
        silence: Duration::from_millis(900),
        hold_max: Duration::from_hours(24),
        scopes: scopes.iter().map(claim).collect(),
    }
}

async fn parts(cache: &dyn Cache, worker: &str, scopes: &[&str]) -> Vec<f64> {
    let shares = cache.share(claims(worker, scopes)).await.unwrap();
    shares.scopes.iter().map(|share| (share.part * 100.0).round() / 100.0).collect()
}

/// All parts together are never more than the whole, whoever comes and goes.
#[tokio::test]
async fn parts_of_a_limit_are_at_most_the_whole() {
    let redis = Redis::start();
    let cache = at(&redis.url());
    assert_eq!(parts(&*cache, "a", &["x", "y"]).await, [1.0, 1.0]);
    assert_eq!(parts(&*cache, "b", &["x"]).await, [0.0], "a has all of it");
    assert_eq!(parts(&*cache, "a", &["x", "y"]).await, [0.5, 1.0], "only x is shared");
    assert_eq!(parts(&*cache, "b", &["x"]).await, [0.5]);
    // b falls silent: its lease ends, and its part is left alone, of every scope, until it is thought gone.
    pause(Duration::from_millis(400)).await;
    assert_eq!(parts(&*cache, "a", &["x", "y"]).await, [0.5, 0.5]);
    pause(Duration::from_millis(600)).await;
    assert_eq!(parts(&*cache, "a", &["x", "y"]).await, [1.0, 1.0]);
    // One that says goodbye is not waited for.
    assert_eq!(parts(&*cache, "b", &["z"]).await, [1.0]);
    cache.leave("b").await;
    pause(Duration::from_millis(400)).await;
    assert_eq!(parts(&*cache, "a", &["x", "z"]).await, [1.0, 1.0]);
    // Workers that must be there and are not seen have their part.
    let four = Claims { workers_min: 4, ..claims("a", &["x"]) };
    assert!((cache.share(four).await.unwrap().scopes[0].part - 0.25).abs() < 0.01);
}

#[tokio::test]
async fn holds_and_learned_paces_are_told_to_the_others() {
    let redis = Redis::start();
    let cache = at(&redis.url());
    let mut told = claims("a", &["x"]);
    told.scopes[0].hold = Some(Hold { left: Duration::from_secs(40), age: Duration::ZERO });
    told.scopes[0].learned = Some(12.5);
    cache.share(told).await.unwrap();
    let heard = cache.share(claims("b", &["x", "y"])).await.unwrap();
    assert_eq!(heard.workers, 2);
    assert!(heard.scopes[0].hold.is_some_and(|hold| hold.left > Duration::from_secs(39)), "{heard:?}");
    let (pace, number) = heard.scopes[0].learned.unwrap();
    assert!((pace - 12.5).abs() < 1e-9);
    assert_eq!((heard.scopes[1].hold, heard.scopes[1].learned), (None, None));
    let again = cache.share(claims("b", &["x"])).await.unwrap();
    assert_eq!(again.scopes[0].learned.unwrap().1, number, "no news");
}

/// However long a provider said to wait, Redis keeps a day of it, also of what an earlier version kept; a person's word ends it
/// for all workers, and whoever has not heard of it yet cannot bring it back.
#[tokio::test]
async fn a_hold_is_a_day_at_most_and_can_be_lifted() {
    let redis = Redis::start();
    let cache = at(&redis.url());
    let mut eyes = connect(&redis.url()).await;
    let (day, decades) = (Duration::from_hours(24), Duration::from_hours(24 * 365 * 57));
    let key = |scope: &str| format!("dynamoi:{{quota}}:scope:{scope}");
    // As it was kept before: without its beginning, and for ever.
    let far = i64::try_from(decades.as_millis()).unwrap() * 2;
    eyes.hset::<_, _, _, ()>(key("old"), "@hold", far).await.unwrap();
    let mut told = claims("a", &["x", "old"]);
    told.scopes[0].hold = Some(Hold { left: decades, age: Duration::from_secs(5) });
    let heard = cache.share(told.clone()).await.unwrap();
    for (scope, share) in ["x", "old"].iter().zip(&heard.scopes) {
        let left = share.hold.unwrap().left;
        assert!(left <= day && left + Duration::from_secs(9) > day, "{scope}: {left:?}");
        let ttl = eyes.pttl::<_, i64>(key(scope)).await.unwrap();
        assert!(ttl > 0 && ttl <= i64::try_from(day.as_millis()).unwrap(), "{scope}: {ttl}");
    }
    let mut lifts = claims("b", &["x", "old"]);
    lifts.scopes.iter_mut().for_each(|claim| claim.lifted = Some(Duration::from_secs(1)));
    let lifted = cache.share(lifts).await.unwrap();
    assert!(lifted.scopes.iter().all(|share| share.hold.is_none()), "{lifted:?}");
    let heard = cache.share(told).await.unwrap();
    assert!(heard.scopes[0].hold.is_none(), "what was told before it came again: {heard:?}");
    assert!(heard.scopes[0].lifted.is_some_and(|age| age < Duration::from_secs(9)), "{heard:?}");
    let mut again = claims("a", &["x"]);
    again.scopes[0].hold = Some(Hold { left: Duration::from_mins(1), age: Duration::ZERO });
    assert!(cache.share(again).await.unwrap().scopes[0].hold.is_some(), "the provider said it again");
}

/// A cipher for tests: nothing is readable, and a place opens only its own.
struct Scramble;

impl Seal for Scramble {
    fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut sealed: Vec<u8> = plain.iter().map(|byte| byte ^ 0x5a).collect();
        sealed.extend(context.bytes().rev());
        sealed
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let place: Vec<u8> = context.bytes().rev().collect();
        let plain = sealed.strip_suffix(&*place)?;
        Some(plain.iter().map(|byte| byte ^ 0x5a).collect())
    }
}

fn tokens(cache: Arc<dyn Cache>) -> Arc<Tokens> {
    Arc::new(Tokens::new(cache, Arc::new(Scramble), Arc::new(SystemClock::new())))
}

/// A provider that gives a new token each time.
#[derive(Clone, Default)]
struct Issuer(Arc<AtomicU64>);

impl Issuer {
    async fn token(&self, tokens: &Tokens, valid_for: Duration) -> String {
        let issued = self.0.clone();
        let refresh = async || {
            pause(Duration::from_millis(150)).await;
            let number = issued.fetch_add(1, Ordering::Relaxed);
            Ok::<_, ()>(Grant { token: SecretString::from(format!("planted-token-{number}")), valid_for })
        };
        tokens.get("label-a", refresh).await.unwrap().token.expose_secret().to_owned()
    }

    fn issued(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refresh_serves_everybody() {
    let redis = Redis::start();
    let issuer = Issuer::default();
    let processes: Vec<_> = (0..3).map(|_| tokens(at(&redis.url()))).collect();
    let mut asked = Vec::new();
    for number in 0..30 {
        let (issuer, tokens) = (issuer.clone(), processes[number % 3].clone());
        asked.push(tokio::spawn(async move { issuer.token(&tokens, HOUR).await }));
    }
    for token in asked {
        assert_eq!(token.await.unwrap(), "planted-token-0");
    }
    assert_eq!(issuer.issued(), 1);
    let dump = redis.dump(&redis.url()).await;
    assert!(!String::from_utf8_lossy(&dump).contains("planted-token"), "it is sealed");

    // A refused one is fetched anew, once; whoever is told so later of the one before does not lose the new one.
    let refused = SecretString::from("planted-token-0");
    processes[0].forget("label-a", &refused).await;
    assert_eq!(issuer.token(&processes[0], HOUR).await, "planted-token-1");
    processes[0].forget("label-a", &refused).await;
    processes[1].forget("label-a", &refused).await;
    assert_eq!(issuer.token(&processes[0], HOUR).await, "planted-token-1");
    assert_eq!(issuer.token(&processes[1], HOUR).await, "planted-token-1", "another process has it");
    // Near its end, in the last tenth of its life, it is not used any more.
    let short = tokens(at("memory://"));
    let second = Duration::from_secs(1);
    assert_eq!(issuer.token(&short, second).await, "planted-token-2");
    assert_eq!(issuer.token(&short, second).await, "planted-token-2");
    pause(Duration::from_millis(920)).await;
    assert_eq!(issuer.token(&short, second).await, "planted-token-3");
}

#[tokio::test]
async fn a_dead_winner_is_waited_out_and_a_dead_redis_is_not() {
    let mut redis = Redis::start();
    let issuer = Issuer::default();
    let mut eyes = connect(&redis.url()).await;
    eyes.pset_ex::<_, _, ()>("dynamoi:token-lock:label-a", "somebody dead", 700).await.unwrap();
    let here = tokens(at(&redis.url()));
    let began = instant();
    assert_eq!(issuer.token(&here, HOUR).await, "planted-token-0");
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    redis.kill();
    assert_eq!(issuer.token(&here, HOUR).await, "planted-token-0", "what is held needs no cache");
    let new = tokens(at(&redis.url()));
    let (first, second) = tokio::join!(issuer.token(&new, HOUR), issuer.token(&new, HOUR));
    assert_eq!((first.as_str(), second.as_str()), ("planted-token-1", "planted-token-1"));
}
