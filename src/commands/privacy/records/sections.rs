//! The parts of the record.

use std::collections::BTreeSet;

use actors::integrations::catalogue;
use dynamoi::settings::Connection;
use rows::Table;
use secrecy::ExposeSecret;
use serde_json::json;
use store::people::{Category, Erasure, PLACES};

use super::{Ground, Section, measures, place::Place};
use crate::commands::privacy::kept;

/// Every part, in the order in which the law names them.
pub fn all(ground: &Ground<'_>) -> Vec<Section> {
    vec![
        controllers(ground),
        purposes(ground),
        subjects(ground),
        data(ground),
        connections(ground),
        recipients(ground),
        processors(ground),
        transfers(ground),
        Section {
            name: "measures",
            title: "Measures",
            columns: &["measure", "in_force", "by"],
            rows: measures::all(ground.settings),
        },
    ]
}

fn controllers(ground: &Ground<'_>) -> Section {
    let tenants = ground.settings.tenants.iter();
    Section {
        name: "controllers",
        title: "Whose data it is",
        columns: &["tenant", "name", "data_region", "time_zone"],
        rows: tenants
            .map(|(id, tenant)| {
                vec![json!(id), json!(tenant.name), json!(tenant.data_region), json!(tenant.time_zone)]
            })
            .collect(),
    }
}

/// What data is used for, and by what that is said.
fn purposes(ground: &Ground<'_>) -> Section {
    let mut found: BTreeSet<(String, String, String)> = BTreeSet::new();
    for (tenant, policies) in &ground.policies {
        for policy in policies {
            let said = format!("policy version {}, effective at {}", policy.version, policy.effective_at);
            found.extend(
                policy.purposes.iter().map(|purpose| (tenant.clone(), purpose.clone(), said.clone())),
            );
        }
    }
    for (name, connection) in &ground.settings.connections {
        if let Some(on) = &connection.rests_on {
            let said = format!("connection {name} rests on a consent to it");
            found.insert((connection.tenant.clone(), on.purpose.clone(), said));
        }
    }
    for (name, recipient) in &ground.settings.privacy.recipients {
        let tenant = recipient.tenant.clone().unwrap_or_else(|| "every tenant".to_owned());
        found.insert((tenant, recipient.purpose.clone(), format!("recipient {name}")));
    }
    Section {
        name: "purposes",
        title: "Purposes",
        columns: &["tenant", "purpose", "said_by"],
        rows: found
            .into_iter()
            .map(|(tenant, purpose, said)| vec![json!(tenant), json!(purpose), json!(said)])
            .collect(),
    }
}

fn subjects(ground: &Ground<'_>) -> Section {
    let mut rows = Vec::new();
    if ground.settings.encryption.keyring.is_some() && !ground.settings.tenants.is_empty() {
        let what = [Category::Identity, Category::Consents, Category::Handling].map(Category::as_str);
        rows.push(vec![
            json!("users whom a tenant's platform hands over"),
            json!(what),
            json!("`dynamoi users`"),
        ]);
    }
    for (name, connection) in ground.settings.connections.iter().filter(|(_, connection)| connection.enabled)
    {
        if reads(connection, Table::Customers) {
            let mut what = vec![Category::Payments.as_str()];
            if !connection.personal.is_empty() {
                what.insert(0, Category::Billing.as_str());
            }
            rows.push(vec![
                json!("customers of a payment provider"),
                json!(what),
                json!(format!("connection {name}")),
            ]);
        }
    }
    Section { name: "subjects", title: "Of whom", columns: &["subjects", "categories", "read_by"], rows }
}

fn data(ground: &Ground<'_>) -> Section {
    let erased = |erasure: Erasure| match erasure {
        Erasure::Deleted => "deleted".to_owned(),
        Erasure::Emptied(columns) => format!("stays without {}", columns.join(", ")),
        Erasure::Blanked(column) => format!("stays without {column}"),
        Erasure::Kept => "stays: nothing in it leads to the person any more".to_owned(),
    };
    Section {
        name: "data",
        title: "Data, why it is kept, and how long",
        columns: &["table", "category", "why", "kept", "when_erased"],
        rows: PLACES
            .iter()
            .map(|place| {
                vec![
                    json!(place.shown),
                    json!(place.category.as_str()),
                    json!(place.why),
                    json!(kept(place, &ground.settings.retention)),
                    json!(erased(place.erasure)),
                ]
            })
            .collect(),
    }
}

/// What is read from whom.
fn connections(ground: &Ground<'_>) -> Section {
    let row = |(name, connection): (&String, &Connection)| {
        let personal = match (connection.enabled, reads(connection, Table::Customers)) {
            (false, _) => "nothing: it is switched off".to_owned(),
            (true, false) => "nothing".to_owned(),
            (true, true) if connection.personal.is_empty() => {
                "ids of customers, and what they paid".to_owned()
            }
            (true, true) => {
                format!(
                    "ids of customers, what they paid, and whom bills go to ({})",
                    connection.personal.join(", ")
                )
            }
        };
        let rests_on = connection.rests_on.as_ref().map(|on| format!("{} of {}", on.purpose, on.user));
        vec![
            json!(name),
            json!(connection.tenant),
            json!(connection.integration),
            json!(connection.origins),
            json!(personal),
            json!(rests_on.unwrap_or_else(|| "no consent".to_owned())),
        ]
    };
    Section {
        name: "connections",
        title: "What is read from whom",
        columns: &["connection", "tenant", "provider", "addresses", "personal_data", "rests_on"],
        rows: ground.settings.connections.iter().map(row).collect(),
    }
}

fn recipients(ground: &Ground<'_>) -> Section {
    let row = |(name, recipient): (&String, &dynamoi::settings::Recipient)| {
        let categories: Vec<&str> = recipient.categories.iter().map(|category| category.as_str()).collect();
        vec![
            json!(name),
            json!(recipient.tenant.as_deref().unwrap_or("every tenant")),
            json!(recipient.purpose),
            json!(categories),
            json!(recipient.region),
            json!(recipient.contact),
            json!(recipient.rests_on_consent),
            json!(recipient.standing),
        ]
    };
    Section {
        name: "recipients",
        title: "Recipients",
        columns: &[
            "recipient",
            "tenant",
            "purpose",
            "categories",
            "region",
            "contact",
            "only_with_consent",
            "gets_everybodys_data",
        ],
        rows: ground.settings.privacy.recipients.iter().map(row).collect(),
    }
}

/// Who keeps or carries data for the worker: each is somebody's machine.
fn processors(ground: &Ground<'_>) -> Section {
    let settings = ground.settings;
    let region = Some(settings.worker.data_region.clone()).filter(|region| !region.is_empty());
    let mut rows =
        vec![vec![json!("worker"), json!(settings.worker.name), json!("everything"), json!(region)]];
    let mut stored = |role: &str, address: &str, what: &str, stated: Option<&String>| {
        let place = Place::of(address);
        // What is on this machine is where the worker is.
        let region = stated.or(region.as_ref().filter(|_| place.is_local));
        rows.push(vec![
            json!(role),
            json!(format!("{}: {}", place.scheme, place.at)),
            json!(what),
            json!(region),
        ]);
    };
    stored(
        "database",
        settings.database.url.expose_secret(),
        "every table; personal columns sealed",
        settings.database.data_region.as_ref(),
    );
    stored(
        "cache",
        settings.cache.url.expose_secret(),
        "figures of campaigns, sealed access tokens; nothing personal",
        settings.cache.data_region.as_ref(),
    );
    let apart = settings.privacy.data_region.as_ref();
    if let Some(keys) = settings.key_store() {
        stored("key store", keys.expose_secret(), "users' data keys, sealed", apart);
    }
    if let Some(journal) = settings.erasure_journal() {
        stored("erasure journal", journal.expose_secret(), "digests of who was erased", apart);
    }
    Section { name: "processors", title: "Who keeps it", columns: &["role", "place", "what", "region"], rows }
}

/// What leaves a tenant's region, or may: a region that is not stated is not taken to be the right one.
fn transfers(ground: &Ground<'_>) -> Section {
    let mut rows = Vec::new();
    for (id, tenant) in &ground.settings.tenants {
        let own = tenant.data_region.as_ref().map(|region| region.to_lowercase());
        let through = ground.settings.locations();
        for location in through.iter().filter(|location| location.tenant.as_ref() == Some(id)) {
            if own.is_none() || location.region != own {
                rows.push(vec![
                    json!(id),
                    json!(tenant.data_region),
                    json!(location.what),
                    json!(location.region),
                ]);
            }
        }
        for (name, recipient) in ground.settings.recipients_of(id) {
            let same = |own: &String| {
                recipient.region.as_ref().is_some_and(|region| region.eq_ignore_ascii_case(own))
            };
            if !tenant.data_region.as_ref().is_some_and(same) {
                rows.push(vec![
                    json!(id),
                    json!(tenant.data_region),
                    json!(format!("recipient {name}")),
                    json!(recipient.region),
                ]);
            }
        }
    }
    Section {
        name: "transfers",
        title: "Transfers to other regions, and to places whose region is not stated",
        columns: &["tenant", "tenant_region", "to", "region"],
        rows,
    }
}

/// Whether a connection's integration fills this table.
fn reads(connection: &Connection, table: Table) -> bool {
    let integration = catalogue().into_iter().find(|one| one.manifest().id == connection.integration);
    integration.is_some_and(|one| one.known_streams().iter().any(|stream| stream.tables.contains(&table)))
}
