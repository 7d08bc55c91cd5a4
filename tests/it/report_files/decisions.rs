//! What people decide about files that wait, from the command line.

use std::fmt::Write as _;

use super::*;

/// A statement of June as Believe writes it, with these units sold in these countries.
fn june(units: &[(&str, u32)]) -> String {
    let mut text = "\"Reporting month\";\"Sales Month\";\"Platform\";\"Country / Region\";\"Label Name\";\"Artist Name\";\"Release title\";\"Track title\";\"UPC\";\"ISRC\";\"Release Catalog nb\";\"Streaming Subscription Type\";\"Release type\";\"Sales Type\";\"Quantity\";\"Client Payment Currency\";\"Unit Price\";\"Mechanical Fee\";\"Gross Revenue\";\"Client share rate\";\"Net Revenue\"\n".to_owned();
    for (country, units) in units {
        let _ = writeln!(
            text,
            "\"2026/06/01\";\"2026/04/01\";\"Spotify\";\"{country}\";\"Vale\";\"Nora Vale\";\"Harbour\";\"Night Ferry\";\"5012345678900\";\"QZAB12600001\";\"C1\";\"Premium\";\"Single\";\"Streaming\";\"{units}\";\"EUR\";\"0.003\";\"0\";\"1\";\"70%\";\"{units}.5\""
        );
    }
    text
}

async fn sold(shelf: &Shelf) -> i64 {
    let sum = "SELECT CAST(coalesce(sum(revenue_micros), 0) AS bigint) AS sum FROM royalty_statements";
    shelf.eyes().await.number(sum).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_that_lacks_something_waits_for_a_word() {
    let shelf = Shelf::new();
    shelf.put("june.csv", june(&[("Germany", 10), ("France", 20)]));
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 31_000_000);
    // All of it and more: it corrects the first by itself.
    shelf.put("june-2.csv", june(&[("Germany", 11), ("France", 20), ("Spain", 5)]));
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 37_500_000);
    assert_eq!(shelf.standing("june.csv").await.0, "superseded");
    // Less than the second has.
    shelf.put("june-3.csv", june(&[("Germany", 12)]));
    let said = shelf.once(3).await;
    assert!(said.err.contains("june-3.csv"), "{}", said.err);
    let (state, reason) = shelf.standing("june-3.csv").await;
    assert_eq!(state, "quarantined");
    assert!(reason.contains("--replace") && reason.contains("--add"), "{reason}");
    assert_eq!(sold(&shelf).await, 37_500_000);
    let shown = shelf.run(&["files", "list"]).await.expect(0);
    assert!(shown.out.contains("june-3.csv") && shown.out.contains("--replace"), "{}", shown.out);

    // Without a word how, it is refused; beside the second, it counts too.
    let problem = shelf.run(&["files", "accept", "june-3.csv"]).await.expect(2);
    assert!(problem.err.contains("june-2.csv") && problem.err.contains("--add"), "{}", problem.err);
    shelf.run(&["files", "accept", "june-3.csv", "--add"]).await.expect(0);
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 50_000_000);
    // Another one, in the place of the second.
    shelf.put("june-4.csv", june(&[("Spain", 1)]));
    shelf.once(3).await;
    shelf.run(&["files", "accept", "june-4.csv", "--replace", "june-2.csv"]).await.expect(0);
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 14_000_000);
    assert_eq!(shelf.standing("june-2.csv").await.0, "superseded");
    // One that is rejected is left out until somebody changes their mind.
    shelf.put("june-5.csv", june(&[("Spain", 7)]));
    shelf.once(3).await;
    shelf.run(&["files", "reject", "june-5.csv"]).await.expect(0);
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 14_000_000);
    let problem = shelf.run(&["files", "reject", "june-5.csv"]).await;
    assert_ne!(problem.code, Some(0), "{}", problem.out);
    let problem = shelf.run(&["files", "accept", "nothing.csv", "--add"]).await.expect(2);
    assert!(problem.err.contains("no file is called"), "{}", problem.err);
}

/// The same with the lines of July's statement behind it.
fn june_and_july(in_june: &[(&str, u32)], in_july: &[(&str, u32)]) -> String {
    let july = june(in_july).replace("\"2026/06/01\";", "\"2026/07/01\";");
    june(in_june) + july.split_once('\n').unwrap().1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_counts_once_beside_files_of_several() {
    let shelf = Shelf::new();
    shelf.put("both.csv", june_and_july(&[("Germany", 10)], &[("Germany", 20)]));
    shelf.once(0).await;
    shelf.put("july.csv", june_and_july(&[], &[("Germany", 20), ("Spain", 5)]));
    shelf.once(3).await;
    let (state, reason) = shelf.standing("july.csv").await;
    assert!(state == "quarantined" && reason.contains("statement 2026-07, too, and of 2026-06"), "{reason}");
    let problem = shelf.run(&["files", "accept", "july.csv"]).await.expect(2);
    assert!(problem.err.contains("both.csv"), "{}", problem.err);
    assert_eq!(sold(&shelf).await, 31_000_000);

    let shelf = Shelf::new();
    shelf.put("june.csv", june(&[("Germany", 10)]));
    shelf.put("july.csv", june_and_july(&[], &[("France", 20)]));
    shelf.once(0).await;
    shelf.put("both.csv", june_and_july(&[("Germany", 10)], &[("France", 20), ("Spain", 5)]));
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 36_500_000);
    for replaced in ["june.csv", "july.csv"] {
        assert_eq!(shelf.standing(replaced).await.0, "superseded", "{replaced}");
    }
}

/// Sales at Bandcamp on one day: transaction and amount.
fn sales(day: &str, sales: &[(u32, &str)]) -> String {
    let mut text = "date,item type,item name,artist,currency,quantity,net amount,bandcamp transaction id,upc,isrc,country code\n".to_owned();
    for (transaction, amount) in sales {
        let _ = writeln!(text, "{day} 5:21pm,track,Night Ferry,Nora Vale,EUR,1,{amount},{transaction},,,DE");
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_are_told_apart_however_alike_they_are() {
    let shelf = Shelf::new();
    shelf.put("morning.csv", sales("6/1/26", &[(1001, "1.00")]));
    shelf.once(0).await;
    shelf.put("evening.csv", sales("6/1/26", &[(1002, "7.00")]));
    shelf.put("july.csv", sales("7/1/26", &[(1003, "4.00")]));
    shelf.once(0).await;
    assert_eq!(sold(&shelf).await, 12_000_000);
    // One that has some of theirs waits; one that has all of two takes their place.
    shelf.put("part.csv", sales("7/1/26", &[(1003, "4.00"), (1004, "8.00")]).replace("1003,", "1002,"));
    shelf.put("again.csv", sales("6/1/26", &[(1001, "1.00"), (1002, "7.00"), (1005, "2.00")]));
    shelf.once(3).await;
    let (state, reason) = shelf.standing("part.csv").await;
    assert!(state == "quarantined" && reason.contains("again.csv"), "{reason}");
    assert_eq!(sold(&shelf).await, 14_000_000);
    for replaced in ["morning.csv", "evening.csv"] {
        assert_eq!(shelf.standing(replaced).await.0, "superseded", "{replaced}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_layout_that_is_taught_is_read() {
    let mut shelf = Shelf::new();
    let own =
        "Day;Song;ISRC;Shop;Land;Units;Amount\n01.06.2026;Night Ferry;QZAB12600001;Spotify;DE;10;1,50\n";
    shelf.put("own.csv", own);
    let said = shelf.once(3).await;
    assert!(said.err.contains("dynamoi files learn"), "{}", said.err);
    // Nobody's word makes it readable.
    let problem = shelf.run(&["files", "accept", "own.csv", "--add"]).await.expect(2);
    assert!(
        problem.err.contains("cannot be loaded as it is") && problem.err.contains("dynamoi files learn"),
        "{}",
        problem.err
    );
    let path = shelf.reports().join("own.csv").display().to_string();
    let arguments = ["files", "learn", &path, "--connection", "label-a-files"].map(str::to_owned);
    let learned = Program::start(shelf.dir.path(), &arguments, &[]);
    let learned = learned.ended(PATIENCE).await.expect(0);
    assert!(learned.out.contains("[connections.label-a-files.settings.layouts.own"), "{}", learned.out);
    shelf.more = learned.out;
    shelf.once(0).await;
    assert_eq!(shelf.standing("own.csv").await.0, "loaded");
    assert_eq!(sold(&shelf).await, 1_500_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_wrongly_says_what_was_expected() {
    let shelf = Shelf::new();
    for (command, code, expected) in [
        (&["files", "list"][..], 0, "no file was seen"),
        (&["files", "accept", "x.csv"], 2, "no database yet"),
        (&["files", "accept", "x.csv", "--add", "--replace", "y"], 2, "--replace"),
        (&["files", "accept", "x.csv", "--from", "2026-06-01"], 2, "--to"),
        (&["files", "accept", "x.csv", "--from", "2026-06-30", "--to", "2026-06-01"], 2, "--from"),
        (&["files", "list", "--connection", "none"], 2, "no connection `none`"),
    ] {
        let ended = shelf.run(command).await.expect(code);
        assert!(
            format!("{}{}", ended.out, ended.err).contains(expected),
            "{command:?}: {}{}",
            ended.out,
            ended.err
        );
    }
}
