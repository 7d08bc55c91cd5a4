//! `dynamoi users policy`: versions of what users agree to.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Access, people::NewPolicy};

use super::{At, shown, with};
use crate::commands::{Exit, output};

/// Keeps versions of the policy. One that is there never changes.
#[derive(Debug, Args)]
pub struct Policy {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a version: of its text the SHA-256 is kept, so keep the text.
    Add(Add),
    /// List a tenant's versions, the earliest first.
    List {
        #[command(flatten)]
        at: At,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// A version to add.
#[derive(Debug, Args)]
pub struct Add {
    /// Its name, such as 2026-11.
    pub version: String,
    /// The file with the text that people see.
    #[arg(long, value_name = "FILE")]
    pub text: PathBuf,
    /// What it names data for. Repeat it for several.
    #[arg(long = "purpose", value_name = "PURPOSE", required = true)]
    pub purposes: Vec<String>,
    /// From when it holds, such as 2026-12-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    pub effective_at: Timestamp,
    /// Who agreed to an earlier version must agree anew: what rests on that stops when this one becomes effective.
    #[arg(long)]
    pub requires_consent: bool,
    #[command(flatten)]
    pub at: At,
}

/// Longest name of a version or purpose.
const NAME_LENGTH_MAX: usize = 64;

// === impl Policy ===

impl Policy {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::Add(add) => add.run().await,
            Action::List { at, json } => {
                with(&at, Access::Read, async |room| {
                    let policies = room.people.policies(&room.tenant).await?;
                    Ok(list(&policies, json))
                })
                .await
            }
        }
    }
}

// === impl Add ===

impl Add {
    async fn run(self) -> Exit {
        let Self { version, text, mut purposes, effective_at, requires_consent, at } = self;
        let is_name = |name: &String| {
            (1..=NAME_LENGTH_MAX).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !is_name(&version) || !purposes.iter().all(is_name) {
            return Exit::usage(format_args!(
                "a name that cannot be used\n  VERSION, --purpose: expected up to {NAME_LENGTH_MAX} letters, digits, `-`, `_` and `.`"
            ));
        }
        purposes.sort();
        purposes.dedup();
        let content = match std::fs::read(&text) {
            Ok(content) if !content.is_empty() => content,
            Ok(_) => return Exit::failed(format_args!("{} is empty", text.display())),
            Err(error) => return Exit::failed(format_args!("{} cannot be read: {error}", text.display())),
        };
        let policy = NewPolicy {
            version,
            text_sha256: hex::encode(Sha256::digest(&content)),
            purposes,
            effective_at: Timestamp::from_second(effective_at.as_second()).unwrap_or(effective_at),
            requires_consent,
        };
        with(&at, Access::Make, async |room| {
            room.people.add_policy(&room.tenant, &policy).await?;
            output::complain(format_args!(
                "policy version {} of {}: SHA-256 {}, effective at {}",
                policy.version, room.tenant, policy.text_sha256, policy.effective_at
            ));
            Ok(Exit::Done)
        })
        .await
    }
}

fn list(policies: &[NewPolicy], json: bool) -> Exit {
    if json {
        let policies: Vec<Value> = policies
            .iter()
            .map(|policy| {
                json!({
                    "version": policy.version, "text_sha256": policy.text_sha256, "purposes": policy.purposes,
                    "effective_at": policy.effective_at.to_string(), "requires_consent": policy.requires_consent,
                })
            })
            .collect();
        return output::print_data(&format!("{:#}\n", json!({ "policy_versions": policies })));
    }
    let mut table = shown::table(&["VERSION", "EFFECTIVE", "PURPOSES", "CONSENT", "SHA-256"]);
    for policy in policies {
        let consent = if policy.requires_consent { "demanded" } else { "-" };
        let (at, purposes) = (policy.effective_at.to_string(), policy.purposes.join(", "));
        table.add_row([&policy.version, &at, &purposes, consent, &policy.text_sha256]);
    }
    output::print(&format!("{table}\n"))
}
