//! Who runs a command, as the system knows.

use std::fs;

/// The system's own accounts.
const ACCOUNTS: &str = "/etc/passwd";
/// Of an account's name.
const NAME_CHARS_MAX: usize = 64;

/// Who does it, for the audit log: this program, and the account that it runs under. No variable of the environment is asked:
/// anybody can set those.
pub fn actor() -> String {
    // Where it cannot be read, the number says as much.
    let accounts = fs::read(ACCOUNTS).unwrap_or_default();
    called(&String::from_utf8_lossy(&accounts), rustix::process::geteuid().as_raw())
}

/// As the audit log has it. An account of a directory service stands in no file: it is called by its number.
fn called(accounts: &str, uid: u32) -> String {
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then_some(name)
    });
    let is_name = |name: &&str| {
        (1..=NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    name.filter(is_name).map_or_else(|| format!("cli:uid:{uid}"), |name| format!("cli:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_called_by_its_name_or_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n# none\nada:x:1000:100::/home/ada:\nodd name:x:7:7::/:\n\nnone:x::1::/:\n";
        for (uid, expected) in
            [(0, "cli:root"), (1000, "cli:ada"), (100, "cli:uid:100"), (7, "cli:uid:7"), (1, "cli:uid:1")]
        {
            assert_eq!(called(accounts, uid), expected);
        }
        assert_eq!(called("", 65_534), "cli:uid:65534");
    }
}
