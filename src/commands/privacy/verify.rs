//! `dynamoi privacy verify`.

use clap::Args;
use store::{Access, people::audit::Verified};

use super::super::{Exit, output, source::ConfigFiles, users};

/// Reads the whole audit log, of all tenants.
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub source: ConfigFiles,
    /// Changes nothing: the log is one for all tenants.
    #[arg(long, value_name = "TENANT", hide = true)]
    pub tenant: Option<String>,
}

// === impl Verify ===

impl Verify {
    /// Runs it to its end: 0 when every line is as it was written, else 1.
    pub async fn run(self) -> Exit {
        let settings = match self.source.load_with_key_only() {
            Ok(settings) => settings,
            Err(exit) => return exit,
        };
        let room = match users::enter(settings, Access::Read, String::new()).await {
            Ok(room) => room,
            Err(exit) => return exit,
        };
        let verified = room.people.verify().await;
        room.leave().await;
        verified.map_or_else(Exit::failed, |verified| told(&verified))
    }
}

fn told(verified: &Verified) -> Exit {
    if verified.findings.is_empty() {
        let others = match verified.logs {
            0 | 1 => String::new(),
            logs => {
                format!("the key store has the last lines of {logs} databases' logs, of which this is one\n")
            }
        };
        return output::print(&format!("{} lines, each as it was written\n{others}", verified.lines));
    }
    for finding in &verified.findings {
        output::complain(finding);
    }
    Exit::failed(format_args!(
        "the audit log ({} lines) is not as it was written: keep the database, the key store and their backups as they are, and \
         compare them; docs/privacy.md#audit says what each finding can mean",
        verified.lines
    ))
}
