//! Queries over a small table.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Map, json};

use super::table::{Bounds, Database, Row, Visit};
use super::value::{Value, moment};
use super::{Output, Refusal, Setting, parse, run};

/// Names and numbers; the table `numbers` has the numbers from 0 to 299.
struct Shelf;

struct Item(&'static str, Option<&'static str>, i64, &'static str);

const ITEMS: [Item; 5] = [
    Item("a", Some("x"), 1, "2026-11-01T10:00:00Z"),
    Item("b", None, 2, "2026-11-01T23:30:00Z"),
    Item("c", Some("x"), 3, "2026-11-02T10:00:00Z"),
    Item("d", Some("y"), 4, "2026-11-02T11:00:00Z"),
    Item("e", None, 5, "2026-11-03T00:00:00Z"),
];

struct Number(i64);

impl Row for Number {
    fn field(&self, _chain: &[String]) -> Value {
        Value::Int(self.0)
    }
}

impl Row for Item {
    fn field(&self, chain: &[String]) -> Value {
        match chain[0].as_str() {
            "name" => Value::text(self.0),
            "$tag" => self.1.map_or(Value::Null, Value::text),
            "number" => Value::Int(self.2),
            _ => Value::Moment(moment(self.3, &TimeZone::UTC).unwrap(), TimeZone::UTC),
        }
    }
}

impl Database for Shelf {
    fn has(&self, table: &str) -> bool {
        ["items", "numbers"].contains(&table)
    }
    fn knows(&self, table: &str, chain: &[String]) -> bool {
        let fields: &[&str] =
            if table == "numbers" { &["number"] } else { &["name", "$tag", "number", "at"] };
        chain.len() == 1 && fields.contains(&chain[0].as_str())
    }
    fn time_field(&self, _table: &str) -> &'static str {
        "at"
    }
    fn scan(&self, table: &str, bounds: &Bounds, visit: &mut Visit<'_>) -> Result<(), Refusal> {
        if table == "numbers" {
            return (0..300).try_for_each(|number| visit(&Number(number)));
        }
        let inside = |item: &&Item| bounds.own.holds(moment(item.3, &TimeZone::UTC).unwrap());
        ITEMS.iter().filter(inside).try_for_each(|item| visit(item))
    }
}

fn values() -> Map<String, serde_json::Value> {
    json!({ "from": "2026-11-02", "tags": ["x", "z"], "c": "x", "n": 1 }).as_object().unwrap().clone()
}

fn ask(text: &str) -> Result<Output, Refusal> {
    let zone = TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
    run(&parse(text, &values())?, &Shelf, &Setting { zone, now: Timestamp::UNIX_EPOCH })
}

fn rows(text: &str) -> String {
    let output = ask(text).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    let rows = output
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.to_json(false)).collect::<serde_json::Value>());
    rows.collect::<serde_json::Value>().to_string()
}

#[test]
fn selections_filter_sort_and_cut() {
    assert_eq!(rows("select name from items where number > 3 order by name desc"), r#"[["e"],["d"]]"#);
    assert_eq!(
        rows("SELECT i.name n FROM items AS i WHERE n IN ('a','z') OR i.$tag = 'y'"),
        r#"[["a"],["d"]]"#
    );
    assert_eq!(rows("select name from items where $tag is null order by 1 limit 1 offset 1"), r#"[["e"]]"#);
    assert_eq!(rows("select name from items where $tag in {tags} and name not like 'a%'"), r#"[["c"]]"#);
    assert_eq!(rows("select $tag from items order by $tag desc"), r#"[["y"],["x"],["x"],[null],[null]]"#);
    assert_eq!(rows("select distinct coalesce($tag, '') t from items order by t"), r#"[[""],["x"],["y"]]"#);
    assert_eq!(
        rows(
            "select name from items where at >= toDateTime({from}) and at < toDateTime({from}) + interval 1 day"
        ),
        r#"[["b"],["c"],["d"]]"#,
        "midnight of the project's zone"
    );
}

#[test]
fn groups_have_keys_aggregates_and_conditions() {
    assert_eq!(
        rows(
            "select ifNull($tag,'') as tag, count() c, sum(number) s, avg(number) from items group by tag order by tag"
        ),
        r#"[["",2,7,3.5],["x",2,4,2.0],["y",1,4,4.0]]"#
    );
    assert_eq!(
        rows(
            "select ifNull($tag,'') as tag from items group by tag having (tag, count()) > ({c}, {n}) order by tag"
        ),
        r#"[["x"],["y"]]"#,
    );
    assert_eq!(
        rows("select countIf(number > 3), uniq($tag), max(at), min(name) from items"),
        r#"[[2,2,"2026-11-03T00:00:00Z","a"]]"#
    );
    assert_eq!(rows("select sum(number), count() from items where name = 'none'"), "[[0,0]]");
    assert_eq!(
        rows("select toDate(at) d, count(distinct $tag) from items group by 1 order by d"),
        r#"[["2026-11-01",1],["2026-11-02",2],["2026-11-03",0]]"#
    );
    assert_eq!(rows("select sum(toFloat($tag)) from items"), "[[null]]", "nothing but NULLs");
    assert_eq!(rows("select toString(sum(toDecimal(toString(number / 10), 6))) from items"), r#"[["1.5"]]"#);
}

#[test]
fn selections_stand_in_selections() {
    assert_eq!(
        rows(
            "select t, n from (select ifNull($tag,'') t, count() n from items group by t) where n > 1 order by n, t"
        ),
        r#"[["",2],["x",2]]"#
    );
    assert_eq!(
        rows("with big as (select name from items where number > 3) select * from big"),
        r#"[["d"],["e"]]"#
    );
    assert_eq!(
        rows("select name from items where name in (select name from items where number = 2)"),
        r#"[["b"]]"#
    );
    assert_eq!(
        rows("select 'a', count() from items union all select name, number from items where number = 5"),
        r#"[["a",5],["e",5]]"#
    );
}

#[test]
fn days_can_be_counted_from() {
    assert_eq!(
        rows(
            "select name from items where at < addDays(toDateTime({from}), 1) and at >= subtractDays(dateTrunc('day', toDateTime({from})), 0) order by name asc nulls last"
        ),
        r#"[["b"],["c"],["d"]]"#
    );
    assert_eq!(rows("select greatest(1, number), least(number, 2) from items where number = 4"), "[[4,2]]");
}

#[test]
fn rows_are_cut_at_a_hundred_without_a_limit() {
    let output = ask("select number from numbers").unwrap();
    assert_eq!((output.rows.len(), output.more, output.own_limit), (100, true, false));
    let output = ask("select number from numbers limit 300").unwrap();
    assert_eq!((output.rows.len(), output.more), (300, false));
    let output = ask("select number from numbers limit 1000000").unwrap();
    assert_eq!((output.rows.len(), output.limit), (300, 50_000));
    let output = ask("select number from (select number from numbers) where number >= 200").unwrap();
    assert_eq!((output.rows.len(), output.more), (100, false), "only the outermost selection is cut");
}

#[test]
fn what_is_not_understood_is_refused() {
    for (text, message) in [
        ("select nothing from items", "Unable to resolve field: nothing"),
        ("select name from elsewhere", "Unknown table `elsewhere`."),
        ("select wonder(name) from items", "Unsupported function call 'wonder(...)'"),
        (
            "select name, count() from items",
            "Column 'name' is not under aggregate function and not in GROUP BY",
        ),
        ("select name from items where number > {missing}", "Unresolved placeholder: {missing}"),
        (
            "select name from items where name > 1",
            "Illegal types of arguments (String, UInt64) of function greater",
        ),
        ("select name from items limit", "Syntax error: mismatched input at end of query"),
        ("select name from items where count() > 1", "Aggregate function found in WHERE"),
        ("select if(name) from items", "Function 'if' expects at least 3 arguments, found 1"),
        ("select name from items join numbers", "Syntax error: mismatched input at 'join numbers'"),
    ] {
        assert_eq!(ask(text).unwrap_err().message, message);
    }
    let deep = format!("select {}1{} from items", "(".repeat(100), ")".repeat(100));
    assert_eq!(ask(&deep).unwrap_err().message, "The query is nested too deeply.");
}
