//! `dynamoi users link`, `unlink` and `links`: which customer of a payment provider a user is.

use actors::integrations::catalogue;
use clap::Args;
use dynamoi::settings::Settings;
use rows::Table;
use store::{
    Access,
    people::{UserLink, Who, audit},
};

use super::{At, shown, with};
use crate::commands::{Exit, output};

/// A user and a customer, to be linked.
#[derive(Debug, Args)]
pub struct NewLink {
    #[command(flatten)]
    pub link: Link,
    /// Link a customer of whom nothing is stored yet, too: what is read of this customer later is the user's.
    #[arg(long)]
    pub unknown: bool,
}

/// A user and a customer.
#[derive(Debug, Args)]
pub struct Link {
    /// The user's id here.
    pub user: String,
    /// The connection that reads the customer, one of the tenant's.
    #[arg(long, value_name = "CONNECTION")]
    pub connection: String,
    /// The provider's id of the customer, such as `cus_…`, to the letter.
    #[arg(long, value_name = "ID")]
    pub customer: String,
    #[command(flatten)]
    pub at: At,
}

/// A user.
#[derive(Debug, Args)]
pub struct Links {
    /// The user's id here.
    pub user: String,
    #[command(flatten)]
    pub at: At,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

// === impl NewLink ===

impl NewLink {
    /// Links them. A slip in an id would hand somebody what is stored of somebody else: who is not known is not linked unless
    /// that is meant.
    pub async fn make(self) -> Exit {
        let Self { link: Link { user, connection, customer, at }, unknown } = self;
        let Some(link) = UserLink::of(&connection, &customer) else { return no_customer() };
        with(&at, Access::Write, async |room| {
            if let Some(expected) = refused(&room.settings, &room.tenant, &connection) {
                return Ok(Exit::usage(format_args!(
                    "no connection whose customers a user of {} can be\n  --connection: expected {expected}",
                    room.tenant
                )));
            }
            let is_stored = room.people.is_stored(&link).await?;
            let is_known = is_stored || room.people.links(&room.tenant, &user).await?.contains(&link);
            if !is_known && !unknown {
                room.people.refuse_link(&room.tenant, &user, &link).await?;
                return Ok(Exit::failed(format_args!(
                    "nothing was linked: nothing is stored of a customer {customer} of {connection}\n  --customer: expected the \
                     provider's id, to the letter\n  help: --unknown links a customer who is still to be read"
                )));
            }
            room.people.link(&room.tenant, &user, &link).await?;
            let detail = format!("linked with a customer of {connection}");
            room.note_with(audit::Action::Link, &user, detail).await?;
            output::complain(if is_stored {
                "linked: what is stored of this customer is the user's, and `dynamoi privacy export` shows it"
            } else {
                "linked in advance: nothing is stored of this customer; what is read later is the user's"
            });
            Ok(Exit::Done)
        })
        .await
    }
}

// === impl Link ===

impl Link {
    /// Takes the link away. A connection that is configured no more has no new links, but old ones go.
    pub async fn take_away(self) -> Exit {
        let Some(link) = UserLink::of(&self.connection, &self.customer) else { return no_customer() };
        with(&self.at, Access::Write, async |room| {
            let was_there = room.people.unlink(&room.tenant, &self.user, &link).await?;
            let detail = format!("unlinked from a customer of {}", self.connection);
            room.note_with(audit::Action::Link, &self.user, detail).await?;
            output::complain(if was_there {
                "unlinked: what is stored of the customer stays"
            } else {
                "there was no such link"
            });
            Ok(Exit::Done)
        })
        .await
    }
}

// === impl Links ===

impl Links {
    /// Shows them.
    pub async fn run(self) -> Exit {
        with(&self.at, Access::Read, async |room| {
            room.people.find(&room.tenant, &Who::Id(self.user.clone())).await?;
            Ok(shown::links(&room.people.links(&room.tenant, &self.user).await?, self.json))
        })
        .await
    }
}

/// What was expected instead, where this is no connection of the tenant's that reads customers.
fn refused(settings: &Settings, tenant: &str, connection: &str) -> Option<String> {
    let with_customers: Vec<&'static str> = catalogue()
        .iter()
        .filter(|integration| {
            integration.known_streams().iter().any(|stream| stream.tables.contains(&Table::Customers))
        })
        .map(|integration| integration.manifest().id)
        .collect();
    let connections = settings
        .connections
        .iter()
        .filter(|(_, one)| one.tenant == tenant && with_customers.contains(&one.integration.as_str()));
    let names: Vec<&str> = connections.map(|(name, _)| name.as_str()).collect();
    if names.contains(&connection) {
        return None;
    }
    Some(if names.is_empty() {
        format!("one of {}, and tenant {tenant} has none", with_customers.join(", "))
    } else {
        format!("one of {}", names.join(", "))
    })
}

fn no_customer() -> Exit {
    Exit::usage(
        "that is no customer's id\n  --customer: expected a text of at most 8 KiB, such as cus_NffrFeUfNV2Hib",
    )
}
