//! What a terminal, a log collector and a person in a hurry see of the program.

use sandbox::meta_ads::{MetaAds, MetaError};
use serde_json::Value;

use crate::support::{Bench, PATIENCE, until};

/// Moves the cursor, rings, ends a line, turns the direction: and is a campaign's name.
const NAME: &str = "Night\u{1b}[2J\u{7}\u{9b}31m\u{202e}Drive";

/// Every line is a JSON object with a level and a message; gives the messages.
#[track_caller]
fn messages(stderr: &str) -> Vec<String> {
    let of = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
        line["message"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    stderr.lines().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_do_nothing_to_a_terminal() {
    let bench = Bench::new(93);
    bench
        .sandbox
        .with_world(|meta: &mut MetaAds| {
            let campaign = meta.truth_campaigns().remove(0);
            assert!(meta.rename_campaign(&campaign.account_id, &campaign.campaign_id, NAME));
        })
        .unwrap();
    bench.run(&["run", "--once"]).await.expect(0);
    for command in
        [["discover", "--connection", "label-a-meta"].as_slice(), &["report"], &["status"], &["check"]]
    {
        let ended = bench.run(command).await.expect(0);
        let said = ended.out + &ended.err;
        let acts = said.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(acts, None, "{command:?}:\n{said}");
    }
    let found = bench.run(&["discover", "--connection", "label-a-meta"]).await.out;
    assert!(found.contains("Night\u{fffd}[2J"), "{found}");
}

/// An account whose campaigns cannot be listed takes nothing from the others' list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_be_discovered_is_shown_beside_what_cannot() {
    let bench = Bench::new(95);
    let accounts = bench.sandbox.with_world(|meta: &mut MetaAds| meta.truth_accounts()).unwrap();
    assert!(accounts.len() > 1);
    bench
        .sandbox
        .with_world(|meta: &mut MetaAds| {
            meta.fail_next("campaigns", vec![MetaError::new(403, 200, "(#200) No permission")]);
        })
        .unwrap();
    let found = bench.run(&["discover", "--connection", "label-a-meta"]).await.expect(3);
    let missed =
        accounts.iter().find(|account| found.err.contains(&account.account_id)).expect("one is named");
    let others = accounts.iter().filter(|account| account.account_id != missed.account_id);
    assert!(others.clone().count() > 0 && found.out.contains(&missed.account_id), "{}", found.out);
    let campaigns = found.out.lines().skip_while(|line| !line.contains("objective"));
    let listed: String = campaigns.collect();
    for account in others {
        assert!(listed.contains(&account.account_id), "{}\n{}", found.out, found.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_json_log_is_json_from_the_first_line_to_the_last() {
    let mut bench = Bench::new(94);
    let json = "log.format = \"json\"\n";
    bench.layer = format!("{json}http.listn = \"127.0.0.1:0\"\n");
    let refused = bench.run(&["run"]).await.expect(2);
    assert!(
        messages(&refused.err).iter().any(|message| message.contains("did you mean `listen`?")),
        "{}",
        refused.err
    );

    bench.layer = json.to_owned();
    let mut daemon = bench.start(&["run"]);
    daemon.address().await;
    bench.layer = format!("{json}log.level = \"warning\"\n");
    bench.config();
    daemon.signal("HUP").await;
    until("the refusal", async || daemon.err().contains("did you mean `warn`?").then_some(())).await;
    daemon.signal("TERM").await;
    let ended = daemon.ended(PATIENCE).await.expect(0);
    assert!(messages(&ended.err).len() > 3);

    // An end that is none: the address is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    bench.layer = format!("{json}http.listen = \"{}\"\n", taken.local_addr().unwrap());
    let failed = bench.run(&["run"]).await.expect(1);
    let last = messages(&failed.err).pop().unwrap();
    assert!(last.contains("cannot listen on"), "{last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tries_whether_a_database_can_be_made() {
    let mut bench = Bench::new(95);
    std::fs::write(bench.dir.path().join("file"), "no directory").unwrap();
    bench.database_url = format!("sqlite://{}/file/data/dynamoi.db", bench.dir.path().display());
    let checked = bench.run(&["check"]).await.expect(1);
    let line = checked.out.lines().find(|line| line.starts_with("database")).unwrap();
    assert!(line.contains("FAILED") && line.contains("cannot be made"), "{line}");

    bench.database_url = format!("sqlite://{}/new/data/dynamoi.db", bench.dir.path().display());
    let checked = bench.run(&["check"]).await.expect(0);
    assert!(checked.out.contains("it is made at the start"), "{}", checked.out);
    assert!(!bench.dir.path().join("new").exists(), "nothing is left of the trial");
}
