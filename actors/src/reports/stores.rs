//! Stores by the names that reports give them, and the services that they are.

use std::collections::BTreeMap;

use super::kind::Kind;

/// Beginnings of store names, as [`slug`] writes them, with the service, and what a line of a layout without types is
/// there: the longest that fits counts.
const STORES: &[(&str, &str, Kind)] = &[
    ("7digital", "7digital", Kind::Download),
    ("amazon", "amazon_music", Kind::Stream),
    ("amazon_downloads", "amazon_music", Kind::Download),
    ("amazon_mp3", "amazon_music", Kind::Download),
    ("anghami", "anghami", Kind::Stream),
    ("apple_music", "apple_music", Kind::Stream),
    ("audiomack", "audiomack", Kind::Stream),
    ("beatport", "beatport", Kind::Download),
    ("boomplay", "boomplay", Kind::Stream),
    ("deezer", "deezer", Kind::Stream),
    ("facebook", "meta", Kind::Ugc),
    ("google_play", "google_play", Kind::Other),
    ("iheart", "iheartradio", Kind::Stream),
    ("instagram", "meta", Kind::Ugc),
    ("itunes", "itunes", Kind::Download),
    ("itunes_match", "itunes", Kind::Other),
    ("jiosaavn", "jiosaavn", Kind::Stream),
    ("kkbox", "kkbox", Kind::Stream),
    ("line_music", "line_music", Kind::Stream),
    ("meta", "meta", Kind::Ugc),
    ("napster", "napster", Kind::Stream),
    ("netease", "netease", Kind::Stream),
    ("pandora", "pandora", Kind::Stream),
    ("qobuz", "qobuz", Kind::Other),
    ("resso", "resso", Kind::Stream),
    ("snap", "snapchat", Kind::Ugc),
    ("soundcloud", "soundcloud", Kind::Stream),
    ("spotify", "spotify", Kind::Stream),
    ("tencent", "tencent", Kind::Stream),
    ("tidal", "tidal", Kind::Stream),
    ("tiktok", "tiktok", Kind::Ugc),
    ("yandex", "yandex_music", Kind::Stream),
    ("youtube", "youtube", Kind::Other),
    ("youtube_content_id", "youtube", Kind::Ugc),
    ("youtube_music", "youtube_music", Kind::Stream),
    ("youtube_premium", "youtube_music", Kind::Stream),
    ("youtube_red", "youtube_music", Kind::Stream),
];

/// The service of a store: as set, else by its beginning, else its slug. `stores` has names in lower case.
pub fn service(store: &str, stores: &BTreeMap<String, String>) -> String {
    if let Some(service) = stores.get(&store.to_lowercase()) {
        return service.clone();
    }
    let slug = slug(store);
    known(&slug).map_or(slug.clone(), |(service, _)| service.to_owned())
}

/// What a line is that is sold there, where the layout has no types.
pub fn usual_kind(store: &str) -> Kind {
    known(&slug(store)).map_or(Kind::Other, |(_, kind)| kind)
}

fn known(slug: &str) -> Option<(&'static str, Kind)> {
    let fits =
        |name: &str| slug.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let best = STORES.iter().filter(|(name, ..)| fits(name)).max_by_key(|(name, ..)| name.len());
    best.map(|(_, service, kind)| (*service, *kind))
}

/// Lower case, with `_` for all that is neither letter nor digit: `YouTube (Red)` is `youtube_red`.
pub fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_known_by_their_beginning_or_keep_their_slug() {
        let own = BTreeMap::from([("my shop".to_owned(), "bandcamp".to_owned())]);
        for (store, expected) in [
            ("Spotify", "spotify"),
            ("YouTube (Red)", "youtube_music"),
            ("Amazon Unlimited (Streaming)", "amazon_music"),
            ("iTunes", "itunes"),
            ("Apple Music", "apple_music"),
            ("My Shop", "bandcamp"),
            ("Metal Store", "metal_store"),
            ("Ünbekannt 1", "ünbekannt_1"),
            ("", ""),
        ] {
            assert_eq!(service(store, &own), expected, "{store}");
        }
        assert_eq!(usual_kind("Amazon MP3"), Kind::Download);
        assert_eq!(usual_kind("Corner shop"), Kind::Other);
    }
}
