//! The status page: one table, readable without scripts.

use std::fmt::Write;

use jiff::Timestamp;

use super::connections::{ConnectionStatus, Connections};

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width\">\n<title>dynamoi</title>\n<style>\n\
    :root { color-scheme: light dark }\n\
    body { font: 1rem/1.4 system-ui, sans-serif; margin: 2rem }\n\
    div { overflow-x: auto }\n\
    table { border-collapse: collapse }\n\
    caption { text-align: start; padding-block: .5rem }\n\
    th, td { text-align: start; padding: .3rem .8rem; border-bottom: 1px solid GrayText; vertical-align: top }\n\
    </style>\n</head>\n<body>\n<main>\n<h1>dynamoi</h1>\n";

const COLUMNS: [&str; 8] = [
    "Connection",
    "Integration",
    "Tenant",
    "State",
    "Last success",
    "Data through",
    "Next poll",
    "What is wrong",
];

/// The whole page.
pub(super) fn page(status: &Connections) -> String {
    let mut html = HEAD.to_owned();
    if status.connections.is_empty() {
        html.push_str("<p>No connections yet.</p>\n");
    } else {
        html.push_str("<div tabindex=\"0\" role=\"region\" aria-label=\"Connections\">\n<table>\n");
        // Writing to a string cannot fail.
        let _ =
            writeln!(html, "<caption>Connections at {}, times in UTC</caption>", instant(Some(status.at)));
        html.push_str("<thead><tr>");
        for column in COLUMNS {
            let _ = write!(html, "<th scope=\"col\">{column}</th>");
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for connection in &status.connections {
            row(&mut html, connection);
        }
        html.push_str("</tbody>\n</table>\n</div>\n");
    }
    html.push_str("<p><a href=\"/metrics\">Metrics</a> · <a href=\"/api/v1/connections\">JSON</a></p>\n");
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn row(html: &mut String, status: &ConnectionStatus) {
    let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escaped(&status.connection));
    for cell in [
        escaped(&status.integration),
        escaped(&status.tenant),
        status.state.as_str().to_owned(),
        instant(status.last_success_at),
        instant(status.data_through),
        instant(status.next_poll_at),
        escaped(status.error.as_deref().unwrap_or_default()),
    ] {
        let _ = write!(html, "<td>{cell}</td>");
    }
    html.push_str("</tr>\n");
}

/// To the second; a dash for what is unknown.
fn instant(at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "–".to_owned(),
        |at| {
            let text = at.strftime("%Y-%m-%d %H:%M:%S");
            format!("<time datetime=\"{}\">{text}</time>", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        },
    )
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use rows::state::State;

    use super::*;

    #[test]
    fn names_and_errors_cannot_become_markup() {
        let connection = ConnectionStatus {
            connection: "<script>alert(1)</script>".to_owned(),
            integration: "meta_ads".to_owned(),
            tenant: "a & b".to_owned(),
            state: State::Idle,
            last_success_at: Some(Timestamp::UNIX_EPOCH),
            data_through: None,
            lag_seconds: None,
            next_poll_at: None,
            error: Some("\"quoted\"".to_owned()),
            streams: Vec::new(),
        };
        let html = page(&Connections { at: Timestamp::UNIX_EPOCH, connections: vec![connection] });
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !html.contains("<script"));
        assert!(html.contains("a &amp; b") && html.contains("&quot;quoted&quot;"));
        assert!(html.contains("<time datetime=\"1970-01-01T00:00:00Z\">1970-01-01 00:00:00</time>"));
    }

    #[test]
    fn without_connections_it_says_so() {
        let html = page(&Connections { at: Timestamp::UNIX_EPOCH, connections: Vec::new() });
        assert!(html.contains("No connections yet") && !html.contains("<table"));
    }
}
