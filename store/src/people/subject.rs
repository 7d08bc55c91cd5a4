//! By what a person's rows are found, place by place.

use super::places::{Found, Place, Through};
use crate::{convert::shortened, sql::Sql};

/// Whose rows are looked for.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// The user's id here.
    pub user: String,
    /// The keyed digest that stands for the user.
    pub digest: Vec<u8>,
    /// Customers of payment providers that the user is linked with.
    pub customers: Vec<Customer>,
}

/// A customer whose connection has stored something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "as the columns are called")]
pub(super) struct Customer {
    /// The connection's id here.
    pub connection_id: i64,
    /// Its name.
    pub connection: String,
    /// The provider's id of the customer, as it stands in keys.
    pub customer_id: String,
    /// The same, whole: another one where it is very long, on PostgreSQL.
    pub whole: String,
}

/// By what some of a person's rows of a place are found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    place: &'a Place,
    by: By<'a>,
}

#[derive(Debug, Clone, Copy)]
enum By<'a> {
    User(&'static str, &'a str),
    Subject(&'static str, &'a [u8]),
    Customer(&'static str, &'a Customer),
    Named(&'static str, &'a Customer),
    Through(&'static [Through], &'a Customer),
}

// === impl Subject ===

impl Subject {
    /// By what the rows of this place are found, in a fixed order. No row is found by two of them.
    pub fn keys<'a>(&'a self, place: &'a Place) -> Vec<Key<'a>> {
        let by = match place.found {
            Found::User(column) => vec![By::User(column, &self.user)],
            Found::Subject(column) => vec![By::Subject(column, &self.digest)],
            Found::Customer(_) | Found::Named(_) | Found::Through(_) => {
                self.customers.iter().filter_map(|customer| By::of(place.found, customer)).collect()
            }
        };
        by.into_iter().map(|by| Key { place, by }).collect()
    }
}

impl Customer {
    /// The forms in which the id may stand somewhere: mostly one.
    pub fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.customer_id.clone()];
        for form in [self.whole.clone(), shortened(&self.whole)] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms
    }
}

impl<'a> By<'a> {
    fn of(found: Found, customer: &'a Customer) -> Option<Self> {
        match found {
            Found::User(_) | Found::Subject(_) => None,
            Found::Customer(column) => Some(Self::Customer(column, customer)),
            Found::Named(column) => Some(Self::Named(column, customer)),
            Found::Through(ways) => Some(Self::Through(ways, customer)),
        }
    }
}

// === impl Key ===

impl Key<'_> {
    /// Goes on with the condition for these rows in what is shown of the place.
    pub fn shown(self, sql: Sql) -> Sql {
        match self.by {
            By::Customer(column, customer) if self.place.shown != self.place.table => {
                one_of(within(sql, customer), column, customer)
            }
            By::Through(ways, customer) => {
                let mut sql = within(sql, customer).text(" AND (");
                for (number, way) in ways.iter().enumerate() {
                    let (or, Through { column, place, key }) = (if number > 0 { " OR " } else { "" }, way);
                    let Some(by) = By::of(place.found, customer) else { continue };
                    sql = sql.text(&format!("{or}{column} IN (SELECT {key} FROM {} WHERE ", place.shown));
                    sql = Key { place, by }.shown(sql).text(")");
                }
                sql.text(")")
            }
            _ => self.stored(sql),
        }
    }

    /// Goes on with the condition for these rows in the table itself; no row of those that are found through others: an erasure
    /// leaves them as they are.
    pub fn stored(self, sql: Sql) -> Sql {
        match self.by {
            By::User(column, user) => sql.text(&format!("{column} = ")).bind(user),
            By::Subject(column, digest) => sql.text(&format!("{column} = ")).bind(digest.to_vec()),
            By::Customer(column, customer) => {
                one_of(sql.text("connection_id = ").bind(customer.connection_id), column, customer)
            }
            By::Named(column, customer) => {
                let position = if sql.is_postgres() { "strpos" } else { "instr" };
                let mut sql = within(sql, customer).text(" AND (");
                for (number, form) in customer.forms().into_iter().enumerate() {
                    // As JSON has it, in quotes: no id is taken for one that begins with it.
                    sql = sql
                        .text(&format!("{}{position}({column}, ", if number > 0 { " OR " } else { "" }))
                        .bind(serde_json::Value::from(form).to_string())
                        .text(") > 0");
                }
                sql.text(")")
            }
            By::Through(..) => sql.text("1 = 0"),
        }
    }
}

/// And this column has the customer's id.
fn one_of(sql: Sql, column: &str, customer: &Customer) -> Sql {
    let mut sql = sql.text(&format!(" AND {column} IN ("));
    for (number, form) in customer.forms().into_iter().enumerate() {
        sql = sql.text(if number > 0 { ", " } else { "" }).bind(form);
    }
    sql.text(")")
}

/// Only this customer's connection, by its name.
fn within(sql: Sql, customer: &Customer) -> Sql {
    sql.text("connection = ").bind(&*customer.connection)
}
