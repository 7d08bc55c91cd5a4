//! Archives whose members repeat each other's amounts.

use super::{container::Member, refusal::Refusal};

/// Names of archives' members that hold all amounts; the others of the same archive repeat them in other groupings.
const WHOLE: &[&str] = &["royalty_extended"];

/// For each member: why it is not read, when another one of the archive holds the same amounts.
pub fn repeats(members: &[Member]) -> Vec<Option<Refusal>> {
    let is_whole = |member: &Member| {
        let name = member.file_name().to_lowercase();
        WHOLE.iter().any(|word| name.contains(word))
    };
    let whole = members.iter().find(|member| is_whole(member));
    let refusal = |member: &Member| match whole {
        Some(whole) if !is_whole(member) => Some(Refusal::Repeats(whole.name.clone())),
        _ => None,
    };
    members.iter().map(refusal).collect()
}
