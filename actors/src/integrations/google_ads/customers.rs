//! Which customers there are, and through which account each is reached. The credentials see some accounts by themselves;
//! below each of these is a tree of managers and customers, and whoever asks for one of them names the account at its top.

use std::collections::{BTreeMap, BTreeSet};

use ::rows::{Currency, quarantine::Quarantined};
use parking_lot::Mutex;

use super::{
    endpoint,
    gaql::{self, Object},
    mapping::{self, CALLED},
    search::{self, Listed, Target},
    settings::{is_customer_id, undashed},
    wire,
};
use crate::{
    failure::Failure,
    integration::{Account, Accounts, ConnectionSpec},
    reading::{
        accounts::{CURRENCY, TIME_ZONE},
        elements::Unreadable,
    },
    session::{Call, Session},
};

/// Google's word for a customer that can be read.
const ENABLED: &str = "ENABLED";

/// The customers of a connection.
#[derive(Debug)]
pub struct Customers {
    version: String,
    /// The account at the top, where the settings name it.
    login: Option<String>,
    /// Those to read; empty = all that are enabled and no managers.
    wanted: BTreeSet<String>,
    known: Mutex<Known>,
}

/// What was found out last.
#[derive(Debug, Default)]
struct Known {
    /// Through which account each customer was found.
    roots: BTreeMap<String, String>,
    /// Accounts at the top that are not enabled.
    closed: BTreeSet<String>,
    /// Every account at the top has said what is below it.
    is_whole: bool,
}

/// A customer as the account above it describes it.
#[derive(Debug)]
struct Client {
    id: String,
    name: String,
    currency: Option<Currency>,
    time_zone: Option<String>,
    is_manager: bool,
    is_enabled: bool,
}

/// What the accounts at the top say.
#[derive(Default)]
struct Trees {
    clients: BTreeMap<String, Client>,
    /// Customers whose description cannot be read, and why.
    unread: BTreeMap<String, Failure>,
    roots: BTreeMap<String, String>,
    /// Accounts at the top that do not say what is below them now.
    silent: BTreeMap<String, Failure>,
    /// Accounts at the top that are cancelled, or not set up to their end.
    closed: BTreeSet<String>,
}

// === impl Customers ===

impl Customers {
    /// Of a connection with this account at the top.
    pub fn new(spec: &ConnectionSpec, login: Option<String>) -> Self {
        let wanted = spec.accounts.iter().map(|id| undashed(id)).collect();
        Self { version: spec.api_version.clone(), login, wanted, known: Mutex::default() }
    }

    /// How a customer is asked.
    pub fn target<'a>(&'a self, customer: &'a str, root: &'a str) -> Target<'a> {
        Target { version: &self.version, customer, login: root }
    }

    /// The account through which a customer is reached.
    pub fn root_of(&self, customer: &str) -> Result<String, Failure> {
        if let Some(login) = &self.login {
            return Ok(login.clone());
        }
        let known = self.known.lock();
        match known.roots.get(customer) {
            Some(root) => Ok(root.clone()),
            None if known.closed.contains(customer) => Err(closed(customer)),
            None if known.is_whole => Err(unseen(customer)),
            None => Err(Failure::Transient {
                reason: format!(
                    "customer {customer}: Google has not told yet through which account it is reached"
                ),
            }),
        }
    }

    /// The customers to read. One that cannot be read, and an account at the top that does not answer, stop no other.
    pub async fn check(&self, session: &Session) -> Result<Accounts, Failure> {
        let tops = match &self.login {
            Some(login) => BTreeSet::from([login.clone()]),
            None => self.accessible(session).await?,
        };
        let mut trees = Trees::default();
        for root in tops {
            match self.below(session, &root).await {
                Ok(listed) => trees.plant(&root, listed),
                Err(failure @ Failure::NeedsReauth { .. }) => return Err(failure),
                Err(Failure::Gone { .. }) if self.login.is_none() => _ = trees.closed.insert(root),
                Err(failure) => _ = trees.silent.insert(root, failure),
            }
        }
        let accounts = self.choose(&trees);
        self.remember(trees);
        accounts
    }

    /// The accounts that the credentials see by themselves, cancelled ones too.
    async fn accessible(&self, session: &Session) -> Result<BTreeSet<String>, Failure> {
        let call = Call::get_at(&[&self.version, "customers:listAccessibleCustomers"], endpoint::HIERARCHY);
        let listed: wire::Accessible = session.json(call).await?;
        let ids = listed.resource_names.iter().filter_map(|name| name.as_str()?.strip_prefix("customers/"));
        Ok(ids.filter(|id| is_customer_id(id)).map(str::to_owned).collect())
    }

    /// The account itself and all that is below it.
    async fn below(&self, session: &Session, root: &str) -> Result<Listed<Client>, Failure> {
        let target = self.target(root, root);
        let query = gaql::hierarchy();
        let mut listed = search::all(session, target, &query, |row| client(row.customer_client)).await?;
        // A customer without a manager may have no list of its own.
        if !listed.read.iter().any(|client| client.id == root) {
            let query = Object::Customer.query();
            listed.add(search::all(session, target, &query, |row| client(row.customer)).await?);
        }
        Ok(listed)
    }

    fn choose(&self, trees: &Trees) -> Result<Accounts, Failure> {
        let Trees { clients, unread, silent, .. } = trees;
        let mut accounts =
            Accounts { listed: self.wanted.is_empty() && silent.is_empty(), ..Accounts::default() };
        if self.wanted.is_empty() {
            for client in clients.values().filter(|client| client.is_enabled && !client.is_manager) {
                accounts.add(&client.id, client.account());
            }
            // What was found below it before goes on.
            let known = self.known.lock();
            let mut hidden = unread.clone();
            for (root, failure) in silent {
                let below = known.roots.iter().filter(|(_, top)| *top == root).map(|(id, _)| id);
                hidden.extend(below.chain([root]).map(|id| (id.clone(), failure.clone())));
            }
            hidden.retain(|id, _| !clients.contains_key(id));
            for (id, failure) in hidden {
                accounts.add(&id, Err(failure));
            }
        }
        for id in &self.wanted {
            let found = clients.get(id).map(Client::account);
            accounts.add(id, found.unwrap_or_else(|| Err(trees.lacks(id))));
        }
        // Where no account at the top says anything, there is nothing to be said of any.
        match silent.values().next() {
            Some(failure) if clients.is_empty() && unread.is_empty() => Err(failure.clone()),
            _ if accounts.usable.is_empty() && accounts.unusable.is_empty() => Err(Failure::Forbidden {
                advice: "the credentials see no enabled customer that is no manager: grant their user read access to a \
                         manager account (Admin > Access and security), or set `login_customer_id`"
                    .to_owned(),
            }),
            _ => Ok(accounts),
        }
    }

    fn remember(&self, trees: Trees) {
        let mut known = self.known.lock();
        // Of what an account that is silent now said before, nothing is forgotten.
        known.roots.retain(|_, root| trees.silent.contains_key(root));
        known.roots.extend(trees.roots);
        known.closed = trees.closed;
        known.is_whole = trees.silent.is_empty();
    }
}

fn unseen(id: &str) -> Failure {
    Failure::Forbidden {
        advice: format!(
            "the credentials do not see customer {id}: grant their user read access to it or to its manager (Admin > Access \
             and security), set `login_customer_id`, or correct `accounts`"
        ),
    }
}

fn closed(id: &str) -> Failure {
    Failure::Forbidden {
        advice: format!(
            "customer {id} is cancelled, suspended or closed: reactivate it in Google Ads, take it out of `accounts`, or \
             name it in `accounts_exclude`"
        ),
    }
}

fn client(wire: Option<wire::Customer>) -> Result<Client, Unreadable> {
    let wire = wire.ok_or(Unreadable::Missing("customer"))?;
    Ok(Client {
        id: mapping::id("customer.id", wire.id.as_ref())?,
        name: wire.descriptive_name.unwrap_or_default(),
        currency: wire.currency_code.and_then(|code| Currency::parse(&code).ok()),
        time_zone: wire.time_zone.filter(|zone| !zone.is_empty()),
        is_manager: wire.manager.unwrap_or_default(),
        is_enabled: wire.status.as_deref() == Some(ENABLED),
    })
}

// === impl Trees ===

impl Trees {
    /// Whoever stands in several trees is reached through the first.
    fn plant(&mut self, root: &str, listed: Listed<Client>) {
        for Quarantined { fields, place, detail, .. } in listed.quarantined {
            let id = fields.into_iter().next().map_or_else(|| place.clone(), |(_, id)| id);
            let reason = format!("customer {id}: its description cannot be read ({place}: {detail})");
            self.roots.entry(id.clone()).or_insert_with(|| root.to_owned());
            self.unread.insert(id, Failure::Transient { reason });
        }
        for client in listed.read {
            if !self.clients.contains_key(&client.id) {
                self.roots.insert(client.id.clone(), root.to_owned());
                self.clients.insert(client.id.clone(), client);
            }
        }
    }

    /// Why a customer that is named in the configuration is not read.
    fn lacks(&self, id: &str) -> Failure {
        if self.closed.contains(id) {
            return closed(id);
        }
        if let Some(failure) = self.unread.get(id) {
            return failure.clone();
        }
        if let Some((root, failure)) = self.silent.first_key_value() {
            let reason = format!(
                "customer {id} was not found, and account {root} does not say what is below it: {failure}"
            );
            return Failure::Transient { reason };
        }
        unseen(id)
    }
}

// === impl Client ===

impl Client {
    /// Refuses what has no numbers, and what would make every number wrong.
    fn account(&self) -> Result<Account, Failure> {
        let id = &self.id;
        if self.is_manager {
            return Err(Failure::Permanent {
                reason: format!(
                    "customer {id} is a manager account, which has no numbers: name the customers below it in `accounts`"
                ),
            });
        }
        if !self.is_enabled {
            return Err(closed(id));
        }
        Ok(Account {
            id: id.clone(),
            name: self.name.clone(),
            currency: Some(self.currency.ok_or_else(|| CALLED.unsaid(id, CURRENCY))?),
            time_zone: self.time_zone.clone().ok_or_else(|| CALLED.unsaid(id, TIME_ZONE))?,
        })
    }
}
