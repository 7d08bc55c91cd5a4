//! Archives whose members repeat each other's amounts.

use super::{container::Member, refusal::Refusal, report::Facts};

/// Names of archives' members that hold all amounts; the others of the same archive repeat them in other groupings.
const WHOLE: &[&str] = &["royalty_extended"];

/// For each member: why it is not to be read, when another one is known to hold the same amounts.
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

/// For each report of one delivery, with its name: why it is not to be loaded, when another one has the same amounts for
/// the same time in more rows (a summary beside the lines, the same statement as text and as spreadsheet). Of equal ones
/// the first stays.
pub fn repeats_amounts(reports: &[(&str, &Facts)]) -> Vec<Option<Refusal>> {
    let amounts = |facts: &Facts| {
        let said = facts.totals.iter().filter(|(currency, _)| currency.is_some());
        said.map(|(currency, total)| (*currency, total.revenue)).collect::<Vec<_>>()
    };
    let is_same = |one: &Facts, other: &Facts| {
        let own = amounts(one);
        !own.is_empty()
            && own == amounts(other)
            && own.iter().any(|(_, revenue)| *revenue != super::numbers::Exact::ZERO)
            && one.period == other.period
    };
    let goes_before = |(at, one): (usize, &Facts), (other_at, other): (usize, &Facts)| {
        (one.rows, std::cmp::Reverse(at)) > (other.rows, std::cmp::Reverse(other_at))
    };
    let refusal = |(at, (_, facts)): (usize, &(&str, &Facts))| {
        let others = reports.iter().enumerate().filter(|(other, _)| *other != at);
        let mut better = others.filter(|(other_at, (_, other))| {
            is_same(facts, other) && goes_before((*other_at, other), (at, facts))
        });
        better.next().map(|(_, (name, _))| Refusal::Repeats((*name).to_owned()))
    };
    reports.iter().enumerate().map(refusal).collect()
}
