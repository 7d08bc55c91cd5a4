//! Files that no honest sender sends, or that broke on the way: refused with the reason, and nothing stored changes.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of one sheet.
fn workbook(dimension: &str, cells: &str, shared: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let sheet = format!(
        "<worksheet xmlns=\"{main}\"><dimension ref=\"{dimension}\"/><sheetData>{cells}</sheetData></worksheet>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"rId2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let first = format!(
        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    zipped(&[
        (
            "[Content_Types].xml",
            b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>",
        ),
        ("_rels/.rels", first.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// Name, content, and what is said of it.
fn files(world: &ReportFiles) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let statement = world.files()["believe/2026-10.csv"].clone();
    let packed = gzip(&statement);
    let columns = vec!["a"; 10_000_000].join(",");
    let text =
        |place: &str, text: &str| format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let header = format!("<row r=\"1\">{}{}</row>", text("A1", "Date"), text("B1", "Plays"));
    let day = format!("<row r=\"2\">{}<c r=\"B2\"><f>1+1</f><v>2</v></c></row>", text("A2", "2026-06-01"));
    let formula = workbook("A1:B2", &[header.clone(), day].concat(), "<sst></sst>");
    let far = format!("{header}<row r=\"99999999\"><c r=\"ZZZZZ99999999\"><v>1</v></c></row>");
    let absurd =
        workbook("A1:ZZZZZ99999999", &far, "<sst count=\"4000000000\" uniqueCount=\"4000000000\"></sst>");
    let mut mis_encoded = world.files()["distrokid/DistroKid_1764288000123.tsv"].clone();
    let place = mis_encoded.len() / 2;
    mis_encoded[place] = 0xff;
    vec![
        ("bomb.csv.gz", gzip(&vec![b'a'; 60 << 20]), "unpacks to more than"),
        ("truncated.csv.gz", packed[..packed.len() - 9].to_vec(), "download it again"),
        ("truncated.csv", statement[..statement.len() - 40].to_vec(), "ends in the middle"),
        ("mis-encoded.csv", mis_encoded, "is not readable"),
        ("columns.csv", columns.into_bytes(), ""),
        ("formula.xlsx", formula, "formula"),
        ("absurd.xlsx", absurd, ""),
        (
            "path.zip",
            zipped(&[("../../outside.csv", &statement), ("inside.csv", &statement)]),
            "leads out of it",
        ),
        ("broken.zip", b"PK\x03\x04 and no more".to_vec(), "archive"),
        ("note.txt", b"just a sentence, that is all".to_vec(), "no known layout"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "save it as .xlsx"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_says_why_and_changes_nothing() {
    let shelf = Shelf::new();
    let world = world(9);
    world.write_to(&shelf.reports()).unwrap();
    shelf.once(0).await;
    let eyes = shelf.eyes().await;
    let before = eyes.dump_observed().await;

    let hostile = files(&world);
    for (name, bytes, _) in &hostile {
        shelf.put(name, bytes);
    }
    // Columns in another order are the same statement, with other bytes: it takes the place of the first.
    let said = shelf.once(3).await;
    for (name, _, reason) in &hostile {
        let (state, said_of_it) = shelf.standing(name).await;
        assert_eq!(state, "quarantined", "{name}: {said_of_it}");
        assert!(said_of_it.contains(reason) && !said_of_it.is_empty(), "{name}: {said_of_it}");
    }
    assert!(hostile.iter().any(|(name, ..)| said.err.contains(name)), "{}", said.err);
    assert_eq!(eyes.dump_observed().await, before);

    // Still so, without reading them again; and no more once they are rejected.
    shelf.once(3).await;
    for (name, ..) in &hostile {
        shelf.run(&["files", "reject", name]).await.expect(0);
    }
    shelf.once(0).await;
    assert_eq!(eyes.dump_observed().await, before);
    truth::assert_equal(&world, &eyes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_in_another_order_are_the_same_statement() {
    let shelf = Shelf::new();
    let world = world(9);
    let files = world.files();
    let statement = String::from_utf8(files["believe/2026-10.csv"].clone()).unwrap();
    let turned: Vec<String> = statement
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(';').collect();
            cells.reverse();
            cells.join(";")
        })
        .collect();
    world.write_to(&shelf.reports()).unwrap();
    shelf.put("believe/2026-10.csv", turned.join("\r\n") + "\r\n");
    shelf.once(0).await;
    truth::assert_equal(&world, &shelf.eyes().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_is_gone_takes_nothing_away() {
    let shelf = Shelf::new();
    let world = world(9);
    world.write_to(&shelf.reports()).unwrap();
    shelf.once(0).await;
    let eyes = shelf.eyes().await;
    let before = eyes.dump_observed().await;
    let elsewhere = shelf.dir.path().join("unmounted");
    fs::rename(shelf.reports(), &elsewhere).unwrap();
    let said = shelf.once(3).await;
    assert!(said.err.contains("is not there"), "{}", said.err);
    let checked = shelf.run(&["check"]).await;
    assert!(checked.code != Some(0) && format!("{}{}", checked.out, checked.err).contains("is not there"));
    assert_eq!(eyes.dump_observed().await, before);
    fs::create_dir(shelf.reports()).unwrap();
    shelf.once(0).await;
    assert_eq!(eyes.dump_observed().await, before, "an empty directory takes nothing away");
}
