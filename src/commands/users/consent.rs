//! `dynamoi users consent`: what a user agreed to, or took back.

use clap::{ArgGroup, Args};
use store::{
    Access,
    people::{NewConsent, PeopleError, RestsOn, Who},
};

use super::{At, Room, shown, with};
use crate::commands::{Exit, output};

/// A user's word.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("word").args(["grant", "withdraw"]))]
pub struct Consent {
    /// The user's id here.
    pub user: String,
    /// Agreed to this purpose.
    #[arg(long, value_name = "PURPOSE")]
    pub grant: Option<String>,
    /// Took back what was agreed to this purpose.
    #[arg(long, value_name = "PURPOSE")]
    pub withdraw: Option<String>,
    /// By which policy version; the one that holds now unless given.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Where it was said: a form, a letter. Not a name.
    #[arg(long, default_value = "operator")]
    pub source: String,
    #[command(flatten)]
    pub at: At,
    /// For programs.
    #[arg(long)]
    pub json: bool,
}

// === impl Consent ===

impl Consent {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        let Self { user, grant, withdraw, version, source, at, json } = self;
        let granted = grant.is_some();
        let Some(purpose) = grant.or(withdraw) else {
            return with(&at, Access::Read, async |room| {
                room.people.find(&room.tenant, &Who::Id(user.clone())).await?;
                Ok(shown::consents(&room.people.consents(&room.tenant, &user).await?, json))
            })
            .await;
        };
        let word = NewConsent { version, purpose, granted, source };
        with(&at, Access::Write, async |room| {
            let version = room.people.consent(&room.tenant, &user, &word).await?;
            output::complain(follows(room, &user, &word, &version).await?);
            Ok(Exit::Done)
        })
        .await
    }
}

/// What was noted, and what follows from it: a word by a version that does not hold now may change nothing.
async fn follows(room: &Room, user: &str, word: &NewConsent, version: &str) -> Result<String, PeopleError> {
    let acts = "a running worker acts on it within seconds";
    let now = room.people.policy_now(&room.tenant).await?.map(|policy| policy.version);
    let (tenant, purpose) = (room.tenant.clone(), word.purpose.clone());
    let on = RestsOn { tenant, user: user.to_owned(), purpose };
    let withheld = if word.granted { room.store.withheld(&on).await? } else { None };
    Ok(match (now, withheld) {
        (Some(now), None) if now == version => format!("noted, by policy version {version}: {acts}"),
        (now, withheld) => {
            let holds = now.map_or_else(|| "none holds yet".to_owned(), |now| format!("{now} holds now"));
            let follows = match withheld {
                Some(reason) => format!("what rests on it stays stopped ({reason})"),
                None if word.granted => {
                    format!("it counts, since no version since demands a new consent; {acts}")
                }
                None => acts.to_owned(),
            };
            format!("noted, by policy version {version}, and {holds}: {follows}")
        }
    })
}
