//! Who may ask, and how refusals look.

use super::*;

fn path() -> String {
    format!("/api/projects/{EU_PROJECT}/query/")
}

fn body() -> Value {
    json!({ "query": { "kind": "HogQLQuery", "query": "select 1 as one" } })
}

#[test]
fn keys_open_their_own_project_only() {
    let mut world = world();
    let mut ask = |path: &str, key: &str| {
        let answer = world.answer(&request("POST", path, key, &body()));
        (answer.status, read(&answer)["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask(&path(), EU_KEY), (200, String::new()));
    assert_eq!(ask(&path(), US_KEY), (404, "not_found".to_owned()), "a foreign project");
    assert_eq!(ask(&path(), "phx_other"), (401, "authentication_failed".to_owned()));
    assert_eq!(ask("/api/projects/1/query/", EU_KEY), (404, "not_found".to_owned()));
    assert_eq!(ask("/api/elsewhere/", EU_KEY).0, 404);
    world.set_scopes(EU_PROJECT, &["project:read"]);
    let answer = world.answer(&request("POST", &path(), EU_KEY, &body()));
    assert_eq!((answer.status, read(&answer)["code"].clone()), (403, json!("permission_denied")));
    assert_eq!(read(&answer)["detail"], "API key missing required scope 'query:read'");
    let project =
        world.answer(&request("GET", &format!("/api/projects/{EU_PROJECT}/"), EU_KEY, &Value::Null));
    assert_eq!(read(&project)["timezone"], "Europe/Berlin");
    let projects = read(&world.answer(&request("GET", "/api/projects/", EU_KEY, &Value::Null)));
    assert_eq!(
        (projects["count"].clone(), projects["results"][0]["id"].clone()),
        (json!(1), json!(EU_PROJECT))
    );
    world.expire_key(EU_PROJECT);
    assert_eq!(world.answer(&request("POST", &path(), EU_KEY, &body())).status, 401);
    world.set_key(EU_PROJECT, "phx_new");
    world.set_scopes(EU_PROJECT, &["query:read"]);
    assert_eq!(world.answer(&request("POST", &path(), "phx_new", &body())).status, 200);
    let mut bare = request("POST", &path(), "phx_new", &body());
    bare.headers.clear();
    assert_eq!(read(&world.answer(&bare))["code"], "not_authenticated");
}

#[test]
fn a_path_without_its_slash_is_sent_on_and_leads_a_get_nowhere() {
    let mut world = world();
    let answer = world.answer(&request("POST", path().trim_end_matches('/'), EU_KEY, &body()));
    let location = answer.headers.iter().find(|(name, _)| name == "Location").unwrap();
    assert_eq!((answer.status, location.1.clone()), (301, format!("http://sandbox/posthog{}", path())));
    assert_eq!(world.answer(&request("GET", &path(), EU_KEY, &Value::Null)).status, 405);
}

#[test]
fn refusals_speak_the_provider_s_words() {
    let mut world = world();
    let refused = |answer: Answer| {
        let retry =
            answer.headers.iter().find(|(name, _)| name == "Retry-After").map(|(_, value)| value.clone());
        (answer.status, read(&answer)["type"].as_str().unwrap().to_owned(), retry)
    };
    let any = request("POST", &path(), EU_KEY, &body());
    let limited = world.limited(&any, 100.0, std::time::Duration::from_millis(1_200));
    assert_eq!(read(&limited)["detail"], "Request was throttled. Expected available in 2 seconds.");
    assert_eq!(refused(limited), (429, "throttled_error".to_owned(), Some("2".to_owned())));
    world.fail_next(vec![
        PostHogError::too_many_concurrent(),
        PostHogError::server_error(),
        PostHogError::too_many_simultaneous_queries(),
        PostHogError::gateway_timeout(),
    ]);
    assert_eq!(refused(world.answer(&any)), (429, "throttled_error".to_owned(), None));
    assert_eq!(refused(world.answer(&any)), (500, "server_error".to_owned(), None));
    assert_eq!(read(&world.answer(&any))["code"], "too_many_simultaneous_queries");
    let gateway = world.answer(&any);
    assert_eq!(gateway.status, 504);
    assert!(serde_json::from_slice::<Value>(&gateway.body).is_err(), "the proxy's page");
    let (status, refusal) = ask(&mut world, "select nonsense from sessions", &Value::Null, "blocking");
    assert_eq!((status, refusal["type"].clone()), (400, json!("validation_error")));
    assert_eq!(refusal["detail"], "Unable to resolve field: nonsense");
    let (status, _) = ask(&mut world, "select 1", &Value::Null, "sometimes");
    assert_eq!(status, 400);
    let trends = json!({ "query": { "kind": "TrendsQuery" } });
    assert_eq!(world.answer(&request("POST", &path(), EU_KEY, &trends)).status, 400);
}
