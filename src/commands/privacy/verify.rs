//! `dynamoi privacy verify`.

use clap::Args;
use store::Access;

use super::super::{Exit, output, users};

/// Reads the whole audit log.
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub at: users::At,
}

// === impl Verify ===

impl Verify {
    /// Runs it to its end: 0 when every line is as it was written, else 1.
    pub async fn run(self) -> Exit {
        users::with(&self.at, Access::Read, async |room| {
            let verified = room.people.verify().await?;
            if verified.findings.is_empty() {
                return Ok(output::print(&format!("{} lines, each as it was written\n", verified.lines)));
            }
            for finding in &verified.findings {
                output::complain(finding);
            }
            Ok(Exit::failed(format_args!(
                "the audit log ({} lines) is not as it was written: see docs/privacy.md#audit",
                verified.lines
            )))
        })
        .await
    }
}
