//! Users as people and programs see them.

use comfy_table::{Table, presets};
use serde_json::{Value, json};
use store::people::{Consent, Listed, Person, UserLink};

use crate::commands::{Exit, output};

/// A tenant's users.
pub fn list(tenant: &str, users: &[Listed], json: bool) -> Exit {
    if json {
        let users: Vec<Value> = users
            .iter()
            .map(|user| {
                json!({
                    "id": user.id, "external_id": user.external_id, "status": user.status.as_str(),
                    "created_at": user.created_at.to_string(), "updated_at": user.updated_at.to_string(),
                })
            })
            .collect();
        return output::print_data(&format!("{:#}\n", json!({ "tenant": tenant, "users": users })));
    }
    let mut table = table(&["ID", "EXTERNAL ID", "STATUS", "SINCE"]);
    for user in users {
        let external_id = user.external_id.as_deref().unwrap_or("-");
        table.add_row([&user.id, external_id, user.status.as_str(), &user.created_at.to_string()]);
    }
    output::print(&format!("{table}\n"))
}

/// One user, opened, and which customers the user is.
pub fn person(person: &Person, links: &[UserLink], json: bool) -> Exit {
    let fields = person.fields();
    if json {
        let mut fields: serde_json::Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        fields.insert("links".to_owned(), links.iter().map(link).collect());
        return output::print_data(&format!("{:#}\n", Value::Object(fields)));
    }
    let mut table = table(&[]);
    for (name, value) in fields {
        table.add_row([name, value.as_deref().unwrap_or("-")]);
    }
    for UserLink { connection, customer_id } in links {
        table.add_row(["customer", &format!("{customer_id} of {connection}")]);
    }
    output::print(&format!("{table}\n"))
}

/// Which customers a user is.
pub fn links(links: &[UserLink], json: bool) -> Exit {
    if json {
        let links: Vec<Value> = links.iter().map(link).collect();
        return output::print_data(&format!("{:#}\n", json!({ "links": links })));
    }
    let mut table = table(&["CONNECTION", "CUSTOMER"]);
    for UserLink { connection, customer_id } in links {
        table.add_row([connection, customer_id]);
    }
    output::print(&format!("{table}\n"))
}

fn link(link: &UserLink) -> Value {
    json!({ "connection": link.connection, "customer_id": link.customer_id })
}

/// All that a user ever said.
pub fn consents(consents: &[Consent], json: bool) -> Exit {
    if json {
        let consents: Vec<Value> = consents
            .iter()
            .map(|one| {
                json!({
                    "policy_version": one.version, "purpose": one.purpose, "granted": one.granted,
                    "given_at": one.given_at.to_string(), "source": one.source,
                })
            })
            .collect();
        return output::print_data(&format!("{:#}\n", json!({ "consents": consents })));
    }
    let mut table = table(&["WHEN", "PURPOSE", "WORD", "VERSION", "SOURCE"]);
    for one in consents {
        let word = if one.granted { "agreed" } else { "taken back" };
        table.add_row([&one.given_at.to_string(), &one.purpose, word, &one.version, &one.source]);
    }
    output::print(&format!("{table}\n"))
}

/// An empty table with these headings.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    if !headings.is_empty() {
        table.set_header(headings);
    }
    table
}
