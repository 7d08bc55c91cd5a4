//! `dynamoi privacy`: what somebody may ask of us who is in these tables, and what an auditor may.

mod verify;

use clap::{Args, Subcommand};

use super::Exit;

/// Answers people's requests about their data, and shows an auditor what was done. Needs `[encryption] key` and `[tenants.<id>]`.
#[derive(Debug, Args)]
pub struct Privacy {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Check the audit log: whether a line was changed or removed.
    Verify(verify::Verify),
}

/// Who does it, for the audit log: this program, and the account that it runs under.
pub fn actor() -> String {
    let account = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let account: String = account
        .unwrap_or_default()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter))
        .take(ACCOUNT_CHARS_MAX)
        .collect();
    if account.is_empty() { "cli".to_owned() } else { format!("cli:{account}") }
}

/// Of an account's name.
const ACCOUNT_CHARS_MAX: usize = 64;

// === impl Privacy ===

impl Privacy {
    /// Runs it to its end.
    pub async fn run(self) -> Exit {
        match self.action {
            Action::Verify(verify) => verify.run().await,
        }
    }
}
