//! A tenant's data stays in its region, with the program as it is run.

use crate::{
    people::{expect, run},
    support::{Bench, PATIENCE, program::until_state, until},
};

const BOUND: &str =
    "[tenants.label-a]\nname = \"Label A\"\ndata_region = \"EU\"\n[tenants.label-b]\nname = \"Label B\"\n";
/// Everything through which data goes, stated, in either case.
const STATED: &str = "worker.data_region = \"eu\"\ndatabase.data_region = \"Eu\"\nintegrations.meta_ads.data_region = \"eu\"\n\
    integrations.stripe.data_region = \"eu\"\n";

/// It is refused, and nothing was made or sent.
#[track_caller]
fn expect_nothing_done(bench: &Bench) {
    for provider in ["meta_ads", "stripe"] {
        assert_eq!(bench.sandbox.request_count(provider), 0, "{provider}");
    }
    assert!(!bench.dir.path().join("dynamoi.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_known_to_be_in_the_tenants_region_is_refused() {
    let mut bench = Bench::new(171);
    bench.more = BOUND.to_owned();
    let told = |bench: &Bench, command: &[&str]| expect(&run(bench, command, ""), 2).1;
    for command in [&["run"][..], &["run", "--once"], &["check"], &["users", "list", "--tenant", "label-b"]] {
        let err = told(&bench, command);
        for key in [
            "worker.data_region",
            "database.data_region",
            "connections.label-a-meta.data_region",
            "connections.label-a-stripe.data_region",
        ] {
            assert!(err.contains(&format!("key {key}: expected \"eu\"")), "{key}: {err}");
        }
        assert!(err.contains("4 mistakes") && err.contains("say where it is"), "{err}");
        expect_nothing_done(&bench);
    }

    // One that is elsewhere is enough, and it is named.
    let elsewhere = [
        ("worker.data_region = \"us\"", "worker.data_region"),
        ("database.data_region = \"eu-west\"", "database.data_region"),
        ("cache = { url = \"redis://127.0.0.1:1\" }", "cache.data_region"),
        ("privacy.keys = \"elsewhere.keys\"", "privacy.data_region"),
        ("connections.label-a-stripe.data_region = \"us\"", "connections.label-a-stripe.data_region"),
    ];
    for (change, key) in elsewhere {
        let before = change.split(" = ").next().unwrap();
        let kept: Vec<&str> = STATED.lines().filter(|line| !line.starts_with(before)).collect();
        bench.layer = format!("{}\n{change}\n", kept.join("\n"));
        let err = told(&bench, &["run", "--once"]);
        assert!(err.contains(&format!("key {key}: ")) && err.contains("1 mistake "), "{change}: {err}");
        assert!(err.contains("data of tenant label-a"), "{err}");
        expect_nothing_done(&bench);
    }
    bench.layer = format!("{STATED}tenants.label-b.data_region = \"us\"\n");
    let err = told(&bench, &["run", "--once"]);
    assert!(err.contains("data of tenant label-b") && err.contains("of its own in that region"), "{err}");
    bench.layer = "worker.data_region = \"e u\"\n".to_owned();
    assert!(told(&bench, &["run", "--once"]).contains("a region such as \"eu\""));
    expect_nothing_done(&bench);

    // What is switched off talks to nobody; another tenant's is bound to nothing.
    bench.layer = format!("{STATED}connections.label-a-meta.tenant = \"label-b\"\n")
        .replace(
            "integrations.meta_ads.data_region = \"eu\"\n",
            "connections.label-a-stripe.enabled = false\n",
        )
        .replace("integrations.stripe.data_region = \"eu\"\n", "");
    let checked = run(&bench, &["check"], "");
    let (out, _) = expect(&checked, 0);
    assert!(out.contains("regions") && out.contains("label-a in eu"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_takes_no_data_out_of_its_region() {
    let mut bench = Bench::new(172);
    bench.more = BOUND.to_owned();
    bench.layer = STATED.to_owned();
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    for connection in ["label-a-meta", "label-a-stripe"] {
        until_state(address, connection, "idle").await;
    }
    let reload = async |bench: &Bench, said: &str| {
        bench.config();
        daemon.signal("HUP").await;
        until(said, async || daemon.err().contains(said).then_some(())).await;
    };

    bench.layer = format!("{STATED}connections.label-a-stripe.data_region = \"us\"\n");
    reload(&bench, "the new configuration is refused: everything goes on as before").await;
    assert!(
        daemon
            .err()
            .contains("data of tenant label-a outside its region: stripe of connection label-a-stripe")
    );

    // Right in itself, but what runs is another database than it names.
    let other = bench.dir.path().join("other.db").display().to_string();
    bench.layer = STATED.to_lowercase().replace("\"eu\"", "\"us\"")
        + &format!("database.url = \"sqlite://{other}\"\ntenants.label-a.data_region = \"us\"\n");
    let requests = bench.sandbox.request_count("meta_ads");
    reload(&bench, "takes effect after a restart only; until then everything goes on as before").await;
    assert_eq!(bench.sandbox.request_count("meta_ads"), requests, "nothing was started anew");
    until_state(address, "label-a-stripe", "idle").await;
    assert!(!std::path::Path::new(&other).exists());

    bench.layer = STATED.to_owned();
    reload(&bench, "configuration reloaded").await;
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);
}
