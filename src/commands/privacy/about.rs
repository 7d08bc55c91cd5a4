//! What a person is to know about an export beside the data itself: where it comes from, what for, who else gets it, how long
//! it is kept, and where.

use std::io::{self, Write};

use rows::{Clock, clock::SystemClock};
use serde_json::{Value, json};
use store::people::{
    Category, DATA_SUBJECT, LEFT_OUT, NewDisclosure, NewPolicy, PLACES, PeopleError, RestsOn,
};

use super::{super::users::Room, kept};

/// The form of an export; the number changes with what a reader could stumble over.
const SCHEMA: &str = "dynamoi.privacy.export/1";

/// Members of the export's object, in their order.
pub struct About(Vec<(&'static str, Value)>);

/// Puts together what is said of one user's export.
pub async fn of(room: &Room, user: &str, disclosure: &NewDisclosure<'_>) -> Result<About, PeopleError> {
    let tenant = room.settings.tenants.get(&room.tenant);
    let policies = room.people.policies(&room.tenant).await?;
    let categories: Vec<&str> = disclosure.categories.iter().map(|category| category.as_str()).collect();
    let mut about = About(vec![
        ("schema", json!(SCHEMA)),
        ("made_at", json!(SystemClock::new().now().to_string())),
        ("made_for", json!({ "recipient": disclosure.recipient, "purpose": disclosure.purpose })),
        ("tenant", json!({ "id": room.tenant, "name": tenant.map(|tenant| &tenant.name) })),
        ("user", json!(user)),
        ("categories", json!(categories)),
    ]);
    // Of what else is done with the person's data a recipient gets what its categories are about, and nothing.
    let is_own = disclosure.recipient == DATA_SUBJECT;
    let has = |category| is_own || disclosure.categories.contains(&category);
    if has(Category::Billing) || has(Category::Payments) {
        about.0.push(("sources", sources(room, user).await?));
    }
    if has(Category::Consents) {
        about.0.push(("purposes", purposes(room, user, &policies).await?));
        about.0.push(("policy_versions", policies.iter().map(policy).collect()));
    }
    if is_own {
        about.0.push(("recipients", recipients(room)));
    }
    about.0.push(("retention", retention(room, disclosure.categories)));
    if is_own {
        about.0.push(("regions", regions(room)));
    }
    let left_out = LEFT_OUT.iter().map(|(what, why)| json!({ "what": what, "why": why }));
    about.0.push(("not_included", left_out.collect()));
    Ok(about)
}

// === impl About ===

impl About {
    /// Writes the members, a comma after each.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (name, value) in &self.0 {
            let text = format!("{value:#}").replace('\n', "\n  ");
            writeln!(out, "  {}: {text},", Value::from(*name))?;
        }
        Ok(())
    }
}

/// Who told us: the platform that handed the user over, and the payment providers of linked customers.
async fn sources(room: &Room, user: &str) -> Result<Value, PeopleError> {
    let person = room.people.show(&room.tenant, user).await?;
    let mut sources =
        vec![json!({ "source": "the tenant's platform", "since": person.created_at.to_string() })];
    for source in room.people.sources(&room.tenant, user).await? {
        sources.push(json!({
            "source": source.provider, "connection": source.connection, "customer_id": source.customer_id,
            "since": source.since.map(|since| since.to_string()),
        }));
    }
    Ok(sources.into())
}

/// What the data is used for: what any version of the policy names, and what is polled by this user's leave.
async fn purposes(room: &Room, user: &str, policies: &[NewPolicy]) -> Result<Value, PeopleError> {
    let mut names: Vec<&str> =
        policies.iter().flat_map(|policy| &policy.purposes).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let mut purposes = Vec::new();
    for purpose in names {
        let on = RestsOn { tenant: room.tenant.clone(), user: user.to_owned(), purpose: purpose.to_owned() };
        let resting = room.settings.connections.iter().filter(|(_, connection)| {
            connection.rests_on.as_ref().is_some_and(|rests| rests.user == user && rests.purpose == purpose)
        });
        let connections: Vec<&str> = resting.map(|(name, _)| name.as_str()).collect();
        purposes.push(json!({
            "purpose": purpose, "consent_holds": room.store.withheld(&on).await?.is_none(),
            "connections_that_rest_on_it": connections,
        }));
    }
    Ok(purposes.into())
}

fn policy(policy: &NewPolicy) -> Value {
    json!({
        "version": policy.version, "text_sha256": policy.text_sha256, "purposes": policy.purposes,
        "effective_at": policy.effective_at.to_string(), "requires_consent": policy.requires_consent,
    })
}

fn recipients(room: &Room) -> Value {
    let recipients = room.settings.recipients_of(&room.tenant).map(|(name, recipient)| {
        let categories: Vec<&str> = recipient.categories.iter().map(|category| category.as_str()).collect();
        json!({
            "recipient": name, "purpose": recipient.purpose, "categories": categories, "region": recipient.region,
            "contact": recipient.contact, "only_with_consent": recipient.rests_on_consent,
            "gets_everybodys_data": recipient.standing,
        })
    });
    recipients.collect()
}

fn retention(room: &Room, categories: &[Category]) -> Value {
    let places = PLACES.iter().filter(|place| categories.contains(&place.category));
    places
        .map(|place| json!({ "table": place.shown, "kept": kept(place, &room.settings.retention) }))
        .collect()
}

fn regions(room: &Room) -> Value {
    let tenant = room.settings.tenants.get(&room.tenant);
    let locations = room.settings.locations();
    let through =
        locations.iter().filter(|location| location.tenant.as_ref().is_none_or(|id| *id == room.tenant));
    json!({
        "tenant": tenant.and_then(|tenant| tenant.data_region.clone()),
        "through": through
            .map(|location| json!({ "place": location.what, "region": location.region }))
            .collect::<Vec<_>>(),
    })
}
