//! `dynamoi completions`: for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, output};

/// Prints completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dynamoi completions bash > ~/.local/share/bash-completion/completions/dynamoi
  dynamoi completions zsh > \"${fpath[1]}/_dynamoi\"
  dynamoi completions fish > ~/.config/fish/completions/dynamoi.fish")]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

// === impl Completions ===

impl Completions {
    /// Runs it to its end.
    pub fn run(self) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "dynamoi", &mut script);
        output::print_data(&String::from_utf8_lossy(&script))
    }
}
