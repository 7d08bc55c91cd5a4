//! Lines of loaded statements for reports, and the newest settled month of each connection.

use std::ops::ControlFlow;

use jiff::civil::date;
use rows::{
    Currency, Day, DayRange, Decimal,
    files::{FileFacts, Published},
    royalties::{RoyaltyKind, RoyaltyStatement},
};
use store::read::{RoyaltyLine, RoyaltyMemory};

use crate::{
    files::{LABEL, begun, facts, line, loaded, staged},
    support::{Bench, at},
};

const SEPTEMBER: (Day, Day) = (date(2026, 9, 1), date(2026, 9, 30));
const OCTOBER: (Day, Day) = (date(2026, 10, 1), date(2026, 10, 31));
const NOVEMBER: (Day, Day) = (date(2026, 11, 1), date(2026, 11, 30));

/// Streams at Spotify in Germany, in euro.
fn sold(file: &str, (first, last): (Day, Day), revenue: Option<&str>) -> RoyaltyStatement {
    RoyaltyStatement {
        service: "spotify".into(),
        store: "Spotify".into(),
        country: "DE".into(),
        period_start: first,
        period_end: last,
        kind: RoyaltyKind::Stream,
        currency: Currency::parse("EUR").ok(),
        revenue: revenue.and_then(|text| Decimal::parse(text).unwrap().micros()),
        revenue_exact: revenue.map(str::to_owned),
        lines: 1,
        ..line(file, "isrc:1")
    }
}

/// A file of its own, that speaks until this day.
fn statement(file: &str, (first, last): (Day, Day)) -> FileFacts {
    FileFacts { unit: file.into(), period: DayRange::new(first, last), ..facts(file) }
}

async fn lines(bench: &Bench, first: Day, last: Day, tenant: Option<&str>) -> Vec<RoyaltyLine> {
    let mut lines = Vec::new();
    let days = DayRange::new(first, last).unwrap();
    let read = bench.store.royalty_lines(days, tenant, |line| {
        lines.push(line);
        ControlFlow::<()>::Continue(())
    });
    assert_eq!(read.await.unwrap(), ControlFlow::Continue(()));
    lines
}

pub async fn royalty_lines_come_in_the_order_of_their_keys(bench: &Bench) {
    assert_eq!(bench.store.newest_sale(None).await.unwrap(), None);
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let track = |track: &str, line: RoyaltyStatement| RoyaltyStatement { track_id: track.into(), ..line };
    let one = vec![
        track("isrc:2", sold("one", OCTOBER, None)),
        RoyaltyStatement {
            service: "apple_music".into(),
            ..sold("one", SEPTEMBER, Some("0.00000000000000001"))
        },
        sold("one", OCTOBER, Some("1.5")),
    ];
    loaded(bench, epoch, statement("one", OCTOBER), one.clone()).await;
    let two = sold("two", OCTOBER, Some("-0.5"));
    loaded(bench, epoch, statement("two", OCTOBER), vec![two.clone()]).await;
    begun(bench, epoch, &statement("half", OCTOBER)).await;
    bench.commit(staged(epoch, vec![sold("half", OCTOBER, Some("9"))])).await;

    let all = lines(bench, SEPTEMBER.0, OCTOBER.1, None).await;
    let found: Vec<&RoyaltyStatement> = all.iter().map(|line| &line.line).collect();
    assert_eq!(found, [&one[1], &one[2], &two, &one[0]]);
    assert_eq!(all[0].revenue, Decimal::parse("0.00000000000000001").ok());
    assert_eq!((all[2].revenue, all[3].revenue), (Decimal::parse("-0.5").ok(), None));
    assert!(all.iter().all(|line| line.tenant == "label-a"));
    assert_eq!(lines(bench, SEPTEMBER.0, SEPTEMBER.1, None).await.len(), 1, "by the end of the period");
    assert_eq!(lines(bench, OCTOBER.1, OCTOBER.1, Some("label-a")).await.len(), 3);
    assert_eq!(lines(bench, SEPTEMBER.0, OCTOBER.1, Some("label-b")).await, []);
    assert_eq!(bench.store.newest_sale(Some("label-a")).await.unwrap(), Some(OCTOBER.1));
    assert_eq!(bench.store.newest_sale(Some("label-b")).await.unwrap(), None);
    assert_eq!(bench.store.tenants_with_royalties().await.unwrap(), ["label-a"]);
    let mut seen = 0;
    let days = DayRange::new(SEPTEMBER.0, OCTOBER.1).unwrap();
    let broken = bench.store.royalty_lines(days, None, |_| {
        seen += 1;
        ControlFlow::Break("enough")
    });
    assert_eq!((broken.await.unwrap(), seen), (ControlFlow::Break("enough"), 1));
}

/// `connection month service currency micros`.
async fn settled(bench: &Bench, memory: &mut RoyaltyMemory, now: &str) -> Vec<String> {
    let all = bench.store.settled_royalties(memory, at(now)).await.unwrap();
    let of = |figures: &rows::figures::RoyaltyFigures| -> Vec<String> {
        let head = format!("{} {}", figures.connection, figures.month);
        let paid = figures.revenue.iter();
        let paid = paid.map(|paid| format!("{head} {} {} {}", paid.service, paid.currency, paid.revenue.0));
        if figures.revenue.is_empty() { vec![head] } else { paid.collect() }
    };
    all.iter().flat_map(of).collect()
}

pub async fn royalties_of_the_newest_month_that_is_over_are_summed(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let mut memory = RoyaltyMemory::default();
    let now = "2026-11-24T10:00:00Z";
    assert_eq!(settled(bench, &mut memory, now).await, [""; 0]);
    let of = |service: &str, line: RoyaltyStatement| RoyaltyStatement { service: service.into(), ..line };
    let dollars = |line| RoyaltyStatement { currency: Currency::parse("USD").ok(), ..line };
    let one = vec![
        sold("one", OCTOBER, Some("1.0000004")),
        // A day, a quarter: what counts is where the period ends.
        RoyaltyStatement { store: "a day".into(), ..sold("one", (OCTOBER.1, OCTOBER.1), Some("0.0000001")) },
        RoyaltyStatement { store: "long".into(), ..sold("one", (date(2026, 8, 1), OCTOBER.1), Some("2")) },
        RoyaltyStatement { kind: RoyaltyKind::Adjustment, ..sold("one", OCTOBER, Some("-0.25")) },
        dollars(sold("one", OCTOBER, Some("7"))),
        sold("one", SEPTEMBER, Some("100")),
        sold("one", NOVEMBER, Some("1000")),
        // One part is unknown; of another service the money is stated in whole; one has no currency.
        of("deezer", sold("one", OCTOBER, Some("3"))),
        of("deezer", RoyaltyStatement { country: "FR".into(), ..sold("one", OCTOBER, None) }),
        of("wave", sold("one", OCTOBER, None)),
        of("wave", RoyaltyStatement { track_id: String::new(), ..sold("one", OCTOBER, Some("4")) }),
        RoyaltyStatement { currency: None, ..sold("one", OCTOBER, Some("5")) },
    ];
    loaded(bench, epoch, statement("one", (date(2026, 8, 1), NOVEMBER.1)), one).await;
    // Another statement has late lines of the same month.
    loaded(bench, epoch, statement("two", OCTOBER), vec![sold("two", OCTOBER, Some("0.0000001"))]).await;
    loaded(bench, epoch, statement("old", SEPTEMBER), vec![sold("old", SEPTEMBER, Some("50"))]).await;
    bench.commit(staged(epoch, vec![sold("half", OCTOBER, Some("9"))])).await;
    let october = [
        // 1.0000004 + 0.0000001 + 2 - 0.25 + 0.0000001, rounded once.
        "label-a-files 2026-10-01 spotify EUR 2750001",
        "label-a-files 2026-10-01 spotify USD 7000000",
        "label-a-files 2026-10-01 wave EUR 4000000",
    ];
    assert_eq!(settled(bench, &mut memory, now).await, october);

    // What is remembered is not read again, and nothing else is what readers of a new memory see.
    bench.execute("UPDATE royalty_statement_rows SET revenue_exact = '11' WHERE currency = 'USD'").await;
    assert_eq!(settled(bench, &mut memory, now).await, october);
    assert_eq!(
        settled(bench, &mut RoyaltyMemory::default(), now).await[1],
        "label-a-files 2026-10-01 spotify USD 11000000"
    );

    // In December, November is over.
    let november = ["label-a-files 2026-11-01 spotify EUR 1000000000"];
    assert_eq!(settled(bench, &mut memory, "2026-11-30T23:59:59Z").await, october);
    assert_eq!(settled(bench, &mut memory, "2026-12-01T00:00:00Z").await, november);

    // A correction without November takes it away.
    let corrected = FileFacts { unit: "one".into(), ..statement("three", OCTOBER) };
    bench.execute("UPDATE report_files SET state = 'superseded' WHERE sha256 = 'one'").await;
    loaded(bench, epoch, corrected, vec![sold("three", OCTOBER, Some("6"))]).await;
    let later = "2026-12-01T00:15:00Z";
    assert_eq!(settled(bench, &mut memory, later).await, ["label-a-files 2026-10-01 spotify EUR 6000000"]);
    bench.execute("UPDATE connections SET removed = TRUE").await;
    assert_eq!(settled(bench, &mut memory, later).await, [""; 0]);
}

pub async fn a_file_that_waits_pays_nothing(bench: &Bench) {
    let epoch = bench.register(LABEL, "report_files").await.epoch;
    let mut memory = RoyaltyMemory::default();
    let now = "2026-11-24T10:00:00Z";
    loaded(bench, epoch, statement("one", OCTOBER), vec![sold("one", OCTOBER, Some("1"))]).await;
    let one = ["label-a-files 2026-10-01 spotify EUR 1000000"];
    assert_eq!(settled(bench, &mut memory, now).await, one);
    // A later file of the same unit that lacks what is there waits for a person.
    let other = RoyaltyStatement { track_id: "isrc:9".into(), ..sold("other", OCTOBER, Some("8")) };
    let waits = FileFacts { unit: "one".into(), ..statement("other", OCTOBER) };
    let published = loaded(bench, epoch, waits, vec![other]).await;
    assert!(matches!(published, Published::Waits { .. }), "{published:?}");
    assert_eq!(settled(bench, &mut memory, now).await, one);
    let whole = FileFacts { unit: "one".into(), ..statement("whole", OCTOBER) };
    let late = sold("whole", OCTOBER, Some("2.5"));
    loaded(bench, epoch, whole, vec![late]).await;
    assert_eq!(settled(bench, &mut memory, now).await, ["label-a-files 2026-10-01 spotify EUR 2500000"]);
    assert_eq!(bench.store.newest_sale(None).await.unwrap(), Some(OCTOBER.1));
}
