use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::reading::wire::NumericId;

#[derive(Debug, Deserialize)]
struct Element {
    campaign_id: NumericId,
}

fn body(ids: &[u64], total: u64, pages: u64) -> Value {
    let list: Vec<Value> = ids.iter().map(|id| json!({ "campaign_id": id.to_string() })).collect();
    let info = json!({ "page": 1, "page_size": 2, "total_number": total, "total_page": pages });
    json!({ "code": 0, "message": "OK", "data": { "list": list, "page_info": info } })
}

fn take(cursor: Cursor, body: &Value) -> Result<Read<String>, Failure> {
    cursor.take(body.to_string().as_bytes(), "campaign.get", |element: Element| {
        Ok((element.campaign_id.0.parse().unwrap(), element.campaign_id.0))
    })
}

/// Over the engine, which keeps it as text.
fn kept(cursor: &Cursor) -> Cursor {
    cursor::read(Some(&cursor::write(cursor))).unwrap().unwrap()
}

fn second(first: &Value) -> Cursor {
    kept(&take(Cursor::default(), first).unwrap().next.unwrap())
}

#[test]
fn pages_are_counted_to_the_last() {
    let next = second(&body(&[1, 2], 3, 2));
    assert_eq!(next.page, 2);
    let last = take(next, &body(&[3], 3, 2)).unwrap();
    assert_eq!((last.rows, last.quarantined.len(), last.next.is_none()), (vec!["3".to_owned()], 0, true));
    let empty = take(Cursor::default(), &body(&[], 0, 0)).unwrap();
    assert_eq!((empty.rows.len(), empty.quarantined.len(), empty.next.is_none()), (0, 0, true));
}

#[test]
fn rows_that_moved_are_noticed() {
    let reason = |read: Result<Read<String>, Failure>| match read.unwrap_err() {
        Failure::Transient { reason } => reason,
        other => panic!("{other:?}"),
    };
    let twice = reason(take(second(&body(&[1, 2], 4, 2)), &body(&[2, 4], 4, 2)));
    assert!(twice.contains("came twice"), "{twice}");
    let fewer = reason(take(second(&body(&[1, 2], 4, 2)), &body(&[4], 3, 2)));
    assert!(fewer.contains("number changed"), "{fewer}");
    // Within one answer nothing can have moved: it is there twice.
    assert_eq!(take(Cursor::default(), &body(&[1, 1], 2, 1)).unwrap().rows.len(), 2);
}

#[test]
fn a_page_that_leads_nowhere_is_no_end() {
    assert_eq!(take(Cursor::default(), &body(&[], 4, 2)).unwrap_err().outcome(), "transient");
    let mut without = body(&[1], 1, 1);
    without["data"].as_object_mut().unwrap().remove("page_info");
    assert!(take(Cursor::default(), &without).unwrap_err().to_string().contains("page_info"));
    for nonsense in
        [json!({ "code": 0, "data": {} }), json!({ "code": 0, "data": { "list": null } }), json!([])]
    {
        assert_eq!(take(Cursor::default(), &nonsense).unwrap_err().outcome(), "transient", "{nonsense}");
    }
    assert_eq!(cursor::read::<Cursor>(Some("2")).unwrap_err().outcome(), "transient");
}

#[test]
fn fewer_than_were_told_and_partial_answers_delete_nothing() {
    let short = take(Cursor::default(), &body(&[1, 2], 3, 1)).unwrap();
    assert_eq!(
        (short.rows.len(), short.quarantined[0].reason, short.quarantined[0].day),
        (2, "incomplete", None)
    );
    let mut partial = body(&[1], 1, 1);
    partial["code"] = json!(PARTIAL);
    let read = take(Cursor::default(), &partial).unwrap();
    assert_eq!((read.rows.len(), read.quarantined.len()), (1, 1));
    assert_eq!(read.quarantined[0].hash, short.quarantined[0].hash, "one entry, however often it happens");
}

#[test]
fn one_that_cannot_be_read_counts_as_come() {
    let mut first = body(&[1, 2], 3, 2);
    first["data"]["list"][1]["campaign_id"] = json!(["ada@example.com"]);
    let last = take(second(&first), &body(&[3], 3, 2)).unwrap();
    assert_eq!((last.rows.len(), last.quarantined.len()), (1, 0));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let read = Cursor::default().take(&bytes, "list", |element: Element| Ok((0, element)));
        prop_assert!(read.is_err());
    }

    #[test]
    fn an_undisturbed_list_is_read_whole(count in 0_u64..40, size in 1_usize..7) {
        let ids: Vec<u64> = (0..count).collect();
        let pages: Vec<&[u64]> = ids.chunks(size).collect();
        let (mut cursor, mut came) = (Some(Cursor::default()), 0);
        let mut place = 0;
        while let Some(at) = cursor {
            let page = pages.get(place).copied().unwrap_or_default();
            let read = take(at, &body(page, count, pages.len() as u64)).unwrap();
            prop_assert!(read.quarantined.is_empty());
            (came, place, cursor) = (came + read.rows.len() as u64, place + 1, read.next.as_ref().map(kept));
        }
        prop_assert_eq!(came, count);
    }
}
