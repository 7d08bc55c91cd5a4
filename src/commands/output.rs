//! What commands print.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use super::Exit;

/// Prints a command's result. A reader that stops reading (`| head`) is no failure.
pub fn print(text: &str) -> Exit {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => Exit::failed(format_args!("cannot write the output: {error}")),
    }
}

/// Prints one message on stderr. When even that is closed, there is nobody left to tell.
pub fn complain(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{message}");
}
