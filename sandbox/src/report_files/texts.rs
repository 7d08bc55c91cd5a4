//! The files, as their senders write them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;

use super::world::{ARTISTS, COUNTRIES, Line, STORES, TITLES, World};

/// Every file, by its path.
pub(super) fn files(world: &World) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (artist, (id, _)) in ARTISTS.iter().enumerate() {
        files.insert(format!("spotify-for-artists/{id}-audience-timeline.csv"), audience(world, artist));
    }
    for (track, (title, ..)) in TITLES.iter().enumerate() {
        files.insert(format!("spotify-for-artists/{title}-timeline.csv"), song(world, track));
    }
    let statements = world.statements();
    for month in &statements {
        let is_last = statements.last() == Some(month);
        let number = if is_last && world.corrections > 0 {
            // As browsers call a second download.
            format!(" ({})", world.corrections)
        } else {
            String::new()
        };
        files.insert(
            format!("believe/{}{number}.csv", shown_month(*month)),
            believe(&world.statement(*month), *month),
        );
    }
    files.insert(
        "distrokid/DistroKid_1764288000123.tsv".to_owned(),
        distrokid(&world.lifetime(), world.month),
    );
    files
}

/// Of Spotify for Artists: with a byte order mark.
fn audience(world: &World, artist: usize) -> Vec<u8> {
    let mut text = "\u{feff}date,listeners,monthly listeners,monthly active listeners,super listeners,streams,playlist adds,saves,followers\n".to_owned();
    for date in world.dates() {
        let day = world.artist_day(artist, date);
        let _ = writeln!(
            text,
            "{date},{},{},{},{},\"{}\",{},{},{}",
            day.listeners,
            day.monthly_listeners,
            day.monthly_listeners / 3,
            day.monthly_listeners / 50,
            with_thousands(day.streams),
            day.streams / 100,
            day.streams / 70,
            day.followers
        );
    }
    text.into_bytes()
}

/// The song is named by the file alone.
fn song(world: &World, track: usize) -> Vec<u8> {
    let mut text = "date,streams\n".to_owned();
    for date in world.dates() {
        let _ = writeln!(text, "{date},{}", world.track_day(track, date));
    }
    text.into_bytes()
}

fn believe(lines: &[Line], statement: Date) -> Vec<u8> {
    let mut text = "\"Reporting month\";\"Sales Month\";\"Platform\";\"Country / Region\";\"Label Name\";\"Artist Name\";\"Release title\";\"Track title\";\"UPC\";\"ISRC\";\"Release Catalog nb\";\"Streaming Subscription Type\";\"Release type\";\"Sales Type\";\"Quantity\";\"Client Payment Currency\";\"Unit Price\";\"Mechanical Fee\";\"Gross Revenue\";\"Client share rate\";\"Net Revenue\"\r\n".to_owned();
    for line in lines {
        let (store, _, kind, price) = STORES[line.store];
        let (title, isrc, upc, artist) = TITLES[line.track];
        let cells = [
            slashed(statement),
            slashed(line.month),
            store.to_owned(),
            COUNTRIES[line.country].0.to_owned(),
            "Night Shift".to_owned(),
            ARTISTS[artist].1.to_owned(),
            format!("{title} (Album)"),
            title.to_owned(),
            upc.to_owned(),
            isrc.to_owned(),
            "NS1".to_owned(),
            "Premium".to_owned(),
            "Single".to_owned(),
            if kind == "stream" { "Streaming" } else { "Creation" }.to_owned(),
            line.quantity.to_string(),
            "EUR".to_owned(),
            amount(price),
            "0.00".to_owned(),
            amount(line.revenue + line.revenue / 4),
            "80%".to_owned(),
            amount(line.revenue),
        ];
        let _ = write!(text, "\"{}\"\r\n", cells.join("\";\""));
    }
    text.into_bytes()
}

/// The third form: every line ends in a bare carriage return.
fn distrokid(lines: &[Line], statement: Date) -> Vec<u8> {
    let mut text = "Date Inserted\tReporting Date\tSale Month\tStore\tArtist\tTitle\tISRC\tUPC\tQuantity\tTeam Percentage\tSource Type\tCountry of Sale\tSongwriter Royalties Withheld (USD)\tEarnings (USD)\tRecoup (USD)\r".to_owned();
    for line in lines {
        let (store, _, kind, _) = STORES[line.store];
        let (title, isrc, upc, artist) = TITLES[line.track];
        let country = match COUNTRIES[line.country].1 {
            "ZZ" => "",
            code => code,
        };
        let source = if kind == "stream" { "Streaming" } else { "UGC" };
        let _ = write!(
            text,
            "{statement}\t{statement}\t{}\t{store}\t{}\t{title}\t{isrc}\t{upc}\t{}\t100\t{source}\t{country}\t0\t{}\t0\r",
            shown_month(line.month),
            ARTISTS[artist].1,
            line.quantity,
            amount(line.revenue)
        );
    }
    text.into_bytes()
}

/// Of 10⁻⁸: eight decimals.
fn amount(units: u64) -> String {
    format!("{}.{:08}", units / 100_000_000, units % 100_000_000)
}

fn with_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn shown_month(month: Date) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}

fn slashed(month: Date) -> String {
    format!("{:04}/{:02}/01", month.year(), month.month())
}
