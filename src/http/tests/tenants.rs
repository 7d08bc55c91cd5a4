//! What a tenant's token sees, and what it does not.

use rows::{
    figures::{CampaignWindow, Windows},
    markup::Percent,
    money::Spend,
};
use serde_json::{Value, json};

use super::{
    super::routes,
    api::{campaign, status},
    *,
};

const A: &str = "Authorization: Bearer token-a\r\n";
const B: &str = "Authorization: Bearer token-b\r\n";
const OPERATOR: &str = "Authorization: Bearer token\r\n";

/// A campaign that has spent 5.00 today, which its tenant is shown as 6.25.
fn marked_up(id: &str, tenant: &str) -> ShownCampaign {
    let mut shown = campaign(id, tenant);
    shown.snapshot.connection = format!("{tenant}-meta");
    let day = jiff::civil::date(2026, 11, 24);
    let markup = Markup::new(vec![(day, Percent::parse("25").unwrap())]).unwrap();
    let spend = shown.snapshot.windows.today.and_then(|today: CampaignWindow| today.spend).unwrap();
    shown.snapshot.display_spend = Windows { today: markup.shown(spend, day), ..Windows::default() };
    assert_eq!(shown.snapshot.display_spend.today.unwrap().micros(), Micros(6_250_000));
    shown
}

/// Two tenants with a connection and a campaign each.
fn two_tenants() -> (Server, Arc<World>) {
    let (server, world) = started_with_authentication();
    world.more.lock().push(status("label-b-meta", "label-b", State::Idle));
    *world.campaigns.lock() = vec![marked_up("11", "label-a"), marked_up("22", "label-b")];
    (server, world)
}

async fn json(address: SocketAddr, path: &str, token: &str) -> Value {
    let answer = ask(address, "GET", path, token).await;
    assert_eq!(answer.status(), "200", "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn spend_is_of_the_kind_that_is_for_who_asks() {
    let (server, _) = two_tenants();
    let campaigns = |answer: &Value| {
        let of = |campaign: &Value| campaign["campaign_id"].as_str().unwrap().to_owned();
        answer["campaigns"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let raw = json(server.address, "/api/v1/campaigns", OPERATOR).await;
    assert_eq!((&raw["spend_basis"], campaigns(&raw)), (&json!("raw"), vec!["11".into(), "22".into()]));
    let today = &raw["campaigns"][0]["windows"]["today"];
    assert_eq!((&today["spend_micros"], &today["cpc_micros"]), (&json!(5_000_000), &json!(250_000)));
    assert_eq!(raw["campaigns"][0]["pacing"], 0.5);

    let shown = json(server.address, "/api/v1/campaigns", A).await;
    assert_eq!((&shown["spend_basis"], campaigns(&shown)), (&json!("display"), vec!["11".to_owned()]));
    assert_eq!(shown["total"], 1);
    let today = &shown["campaigns"][0]["windows"]["today"];
    assert_eq!((&today["spend_micros"], &today["cpc_micros"]), (&json!(6_250_000), &json!(312_500)));
    assert_eq!(today["cost_per_conversion_micros"], 2_500_000, "prices are of what is shown");
    for hidden in ["daily_budget_micros", "lifetime_budget_micros", "pacing"] {
        assert_eq!(shown["campaigns"][0][hidden], Value::Null, "{hidden}");
    }
    let page = ask(server.address, "GET", "/", A).await.text().to_owned();
    assert!(page.contains("6.25") && !page.contains("5.00") && !page.contains("Budget"), "{page}");
    let page = ask(server.address, "GET", "/", OPERATOR).await.text().to_owned();
    assert!(page.contains("5.00") && !page.contains("6.25") && page.contains("Budget"), "{page}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_tenant_sees_its_own_and_nothing_of_others() {
    let (server, world) = two_tenants();
    world.missing.lock().push("label-b-meta has not started".to_owned());
    for (token, own, other) in [(A, "label-a", "label-b"), (B, "label-b", "label-a")] {
        let filters = ["", "?tenant=label-a", "?tenant=label-b", "?tenant="];
        for path in ["/", "/metrics", "/readyz", "/api/v1/connections", "/api/v1/campaigns"] {
            for filter in filters {
                let answer = ask(server.address, "GET", &format!("{path}{filter}"), token).await;
                let expected = if path == "/readyz" { "503" } else { "200" };
                assert_eq!(answer.status(), expected, "{path}{filter}");
                // What was asked for stands in the form again.
                let text = answer.text().replace(&format!("value=\"{other}\" selected>{other}<"), "");
                assert!(!text.contains(other), "{path}{filter} as {own}: {text}");
            }
        }
        let filtered = json(server.address, &format!("/api/v1/connections?tenant={other}"), token).await;
        assert_eq!(filtered["total"], 0);
        let all = json(server.address, "/api/v1/connections", token).await;
        assert_eq!((&all["total"], &all["connections"][0]["tenant"]), (&json!(1), &json!(own)));
        assert_eq!(all["connections"][0]["quota"], Value::Null, "others share the allowance");
    }
    let page = ask(server.address, "GET", "/", A).await.text().to_owned();
    assert!(page.contains("renew it"), "what is wrong with its own connection");
    assert!(!page.contains("worker-1") && !page.contains("http.authentication"), "{page}");
    assert!(!page.contains("<form method=\"post\""), "no buttons");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_for_operators_is_closed_whether_it_is_there_or_not() {
    let (server, world) = two_tenants();
    // What is open is said here once more: a slip in the table must not open anything.
    let open: Vec<_> =
        routes().into_iter().filter(|route| route.for_tenants).map(|route| route.path).collect();
    let expected = [
        "/",
        "/metrics",
        "/healthz",
        "/readyz",
        "/style.css",
        "/icon.svg",
        "/api/v1/connections",
        "/api/v1/campaigns",
        "/api/v1/users",
        "/api/v1/users/import",
        "/api/v1/users/find",
        "/api/v1/users/{user}",
        "/api/v1/users/{user}/withdraw",
        "/api/v1/users/{user}/consents",
        "/api/v1/openapi.json",
    ];
    assert_eq!(open, expected);
    let closed: Vec<_> = routes().into_iter().filter(|route| !route.for_tenants).collect();
    for route in closed {
        for connection in ["label-a-meta", "label-a-stripe", "label-b-meta", "nobody"] {
            let path = route.path.replace("{connection}", connection).replace("{action}", "pause");
            let path = path.replace("{integration}", "stripe");
            for method in ["GET", "POST", "DELETE"] {
                let answer = ask(server.address, method, &path, A).await;
                assert_eq!(answer.status(), "403", "{method} {path}: {}", answer.text());
            }
        }
    }
    assert!(world.asked.lock().is_empty());
    assert_eq!(ask(server.address, "GET", "/nowhere", A).await.status(), "404");
    let counted = ask(server.address, "GET", "/metrics", OPERATOR).await.text().to_owned();
    assert!(counted.contains("dynamoi_http_refused_total{reason=\"not_for_tenants\"} "), "{counted}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_of_the_wrong_kind_does_not_leave() {
    let (server, world) = two_tenants();
    let right = ask(server.address, "GET", "/metrics", A).await;
    assert_eq!((right.status(), right.text()), ("200", "spend{tenant=\"label-a\"} 7\n"));
    *world.wrong_series.lock() = true;
    let wrong = ask(server.address, "GET", "/metrics", A).await;
    assert_eq!(wrong.status(), "500");
    assert!(
        !wrong.text().contains('7') && wrong.text().contains("the worker's log says why"),
        "{}",
        wrong.text()
    );
    assert_eq!(wrong.header("content-type"), Some("application/json"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn tokens_come_and_go_while_the_server_runs() {
    let (server, _) = two_tenants();
    let token = Token { tenant: "label-b".to_owned(), secret: "token-c".into() };
    server.use_tokens(&[("c".to_owned(), token)].into());
    assert_eq!(ask(server.address, "GET", "/api/v1/campaigns", A).await.status(), "401");
    let shown = json(server.address, "/api/v1/campaigns", "Authorization: Bearer token-c\r\n").await;
    assert_eq!(shown["campaigns"][0]["tenant"], "label-b");
    assert_eq!(ask(server.address, "GET", "/", OPERATOR).await.status(), "200", "that one needs a restart");
    server.stop().await.unwrap();
}
