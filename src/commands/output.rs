//! What commands print.

use std::{
    fmt::Display,
    io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write},
    panic,
    sync::atomic::{AtomicBool, Ordering},
};

use dynamoi::{settings::LogFormat, terminal};
use rows::{Clock, clock::SystemClock};

use super::Exit;

/// Whether whoever reads stderr takes it for JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// What is said on stderr from now on has the form of the log: where that is JSON, each line is an object, a panic's too.
pub fn write_as(format: LogFormat) {
    if format == LogFormat::Json && !JSON.swap(true, Ordering::Relaxed) {
        panic::set_hook(Box::new(|panic| say("ERROR", panic)));
    }
}

/// Prints a command's result for people. A reader that stops reading (`| head`) is no failure.
pub fn print(text: &str) -> Exit {
    write(&terminal::lines(text))
}

/// Prints a command's result for programs: to the letter, but on a terminal.
pub fn print_data(text: &str) -> Exit {
    if io::stdout().is_terminal() { print(text) } else { write(text) }
}

fn write(text: &str) -> Exit {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Exit::Done,
        Err(error) => refused(&error),
    }
}

/// How a command ends whose output nobody takes. A reader that stops reading (`| head`) is no failure.
pub fn refused(error: &io::Error) -> Exit {
    match error.kind() {
        ErrorKind::BrokenPipe => Exit::Done,
        _ => Exit::failed(format_args!("cannot write the output: {error}")),
    }
}

/// A result that is printed while it is made, because it may be larger than memory should be.
pub struct Pieces {
    stdout: BufWriter<Stdout>,
    /// What acts on a terminal is not printed to the letter.
    is_for_people: bool,
}

// === impl Pieces ===

impl Pieces {
    /// For people, or for programs: those get it to the letter, but on a terminal.
    pub fn new(is_for_people: bool) -> Self {
        let stdout = io::stdout();
        let is_for_people = is_for_people || stdout.is_terminal();
        Self { stdout: BufWriter::new(stdout), is_for_people }
    }

    /// Prints the next piece.
    pub fn print(&mut self, piece: &str) -> io::Result<()> {
        if self.is_for_people {
            self.stdout.write_all(terminal::lines(piece).as_bytes())
        } else {
            self.stdout.write_all(piece.as_bytes())
        }
    }

    /// After the last one.
    pub fn end(mut self) -> Exit {
        match self.stdout.flush() {
            Ok(()) => Exit::Done,
            Err(error) => refused(&error),
        }
    }
}

/// Says on stderr what is wrong.
pub fn complain(message: impl Display) {
    say("ERROR", message);
}

/// Says on stderr what is doubtful.
pub fn warn(message: impl Display) {
    say("WARN", message);
}

/// When even stderr is closed, there is nobody left to tell.
fn say(level: &str, message: impl Display) {
    let message = message.to_string();
    let text = if JSON.load(Ordering::Relaxed) {
        let timestamp = SystemClock::new().now().to_string();
        let (message, target) = (message.trim(), "dynamoi");
        serde_json::json!({ "timestamp": timestamp, "level": level, "message": message, "target": target })
            .to_string()
    } else {
        terminal::lines(&message).into_owned()
    };
    let _ = writeln!(io::stderr().lock(), "{text}");
}
