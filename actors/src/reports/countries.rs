//! Countries as reports write them: ISO codes, names, or "worldwide".

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::country_names::TRANSLATED;

/// ISO 3166-1 alpha-2 in upper case, `ZZ` for unknown, `""` for everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

// === impl Country ===

impl Country {
    /// The source does not say, or says something that no country is.
    pub const UNKNOWN: Self = Self(*b"ZZ");
    /// Everywhere.
    pub const WORLD: Self = Self([0; 2]);

    /// Reads a code of two or three letters or a name in English, Russian or Japanese. What is no country is [`Country::UNKNOWN`].
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        if let &[a, b] = text.as_bytes() {
            let code = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
            return match &code {
                b"WW" => Self::WORLD,
                b"UK" => Self(*b"GB"),
                b"EL" => Self(*b"GR"),
                _ if CODES.contains(&code) => Self(code),
                _ => Self::UNKNOWN,
            };
        }
        if text.is_empty() || text.len() > NAME_BYTES_MAX {
            return Self::UNKNOWN;
        }
        NAMES.get(&plain(text)).copied().unwrap_or(Self::UNKNOWN)
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        if *self == Self::WORLD {
            return "";
        }
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

/// No name is longer.
const NAME_BYTES_MAX: usize = 120;

/// A name in lower case, its words separated by one space, without punctuation and without `the`.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase().replace('&', " and ").replace(['\'', '’', '.'], "").replace('ё', "е");
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && *word != "the");
    words.collect::<Vec<_>>().join(" ")
}

static CODES: LazyLock<HashSet<[u8; 2]>> = LazyLock::new(|| {
    let codes = TABLE.split('|').filter_map(|entry| entry.split(' ').next()?.as_bytes().try_into().ok());
    codes.collect()
});

static NAMES: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for entry in TABLE.split('|') {
        let Some((codes, all)) = entry.split_once(' ') else { continue };
        let Some((alpha3, all)) = all.split_once(' ') else { continue };
        let Ok(code) = <[u8; 2]>::try_from(codes.as_bytes()) else { continue };
        for name in all.split('/').chain([alpha3]) {
            names.insert(plain(name), Country(code));
        }
    }
    for entry in TRANSLATED.into_iter().flat_map(|table| table.split('|')) {
        let Some((code, all)) = entry.split_once(' ') else { continue };
        let Ok(code) = <[u8; 2]>::try_from(code.as_bytes()) else { continue };
        for name in all.split('/') {
            names.insert(plain(name), Country(code));
        }
    }
    for name in ["весь мир", "全世界", "世界"] {
        names.insert(name.to_owned(), Country::WORLD);
    }
    for name in
        ["worldwide", "world", "global", "all territories", "all countries", "rest of world", "international"]
    {
        names
            .insert(name.to_owned(), if name == "rest of world" { Country::UNKNOWN } else { Country::WORLD });
    }
    names
});

/// ISO 3166-1 (<https://www.iso.org/iso-3166-country-codes.html>) with names that reports use, and Kosovo's usual code.
const TABLE: &str = "AD AND Andorra|AE ARE United Arab Emirates/UAE|AF AFG Afghanistan|AG ATG Antigua and Barbuda|\
AI AIA Anguilla|AL ALB Albania|AM ARM Armenia|AO AGO Angola|AQ ATA Antarctica|AR ARG Argentina|AS ASM American Samoa|\
AT AUT Austria|AU AUS Australia|AW ABW Aruba|AX ALA Åland Islands/Aland Islands|AZ AZE Azerbaijan|\
BA BIH Bosnia and Herzegovina/Bosnia Herzegovina/Bosnia|BB BRB Barbados|BD BGD Bangladesh|BE BEL Belgium|\
BF BFA Burkina Faso|BG BGR Bulgaria|BH BHR Bahrain|BI BDI Burundi|BJ BEN Benin|BL BLM Saint Barthélemy/Saint Barthelemy/St Barthelemy|\
BM BMU Bermuda|BN BRN Brunei Darussalam/Brunei|BO BOL Bolivia/Bolivia, Plurinational State of|\
BQ BES Bonaire, Sint Eustatius and Saba/Bonaire/Caribbean Netherlands|BR BRA Brazil|BS BHS Bahamas|BT BTN Bhutan|\
BV BVT Bouvet Island|BW BWA Botswana|BY BLR Belarus|BZ BLZ Belize|CA CAN Canada|CC CCK Cocos (Keeling) Islands/Cocos Islands|\
CD COD Congo, The Democratic Republic of the/Democratic Republic of the Congo/Congo, Democratic Republic of the/Congo (Kinshasa)/DR Congo|\
CF CAF Central African Republic|CG COG Congo/Republic of the Congo/Congo (Brazzaville)|CH CHE Switzerland|\
CI CIV Côte d'Ivoire/Cote d'Ivoire/Ivory Coast|CK COK Cook Islands|CL CHL Chile|CM CMR Cameroon|CN CHN China|CO COL Colombia|\
CR CRI Costa Rica|CU CUB Cuba|CV CPV Cabo Verde/Cape Verde|CW CUW Curaçao/Curacao|CX CXR Christmas Island|CY CYP Cyprus|\
CZ CZE Czechia/Czech Republic|DE DEU Germany|DJ DJI Djibouti|DK DNK Denmark|DM DMA Dominica|DO DOM Dominican Republic|\
DZ DZA Algeria|EC ECU Ecuador|EE EST Estonia|EG EGY Egypt|EH ESH Western Sahara|ER ERI Eritrea|ES ESP Spain|ET ETH Ethiopia|\
FI FIN Finland|FJ FJI Fiji|FK FLK Falkland Islands (Malvinas)/Falkland Islands|FM FSM Micronesia, Federated States of/Micronesia|\
FO FRO Faroe Islands|FR FRA France|GA GAB Gabon|GB GBR United Kingdom/Great Britain/UK/United Kingdom of Great Britain and Northern Ireland|\
GD GRD Grenada|GE GEO Georgia|GF GUF French Guiana|GG GGY Guernsey|GH GHA Ghana|GI GIB Gibraltar|GL GRL Greenland|GM GMB Gambia|\
GN GIN Guinea|GP GLP Guadeloupe|GQ GNQ Equatorial Guinea|GR GRC Greece|GS SGS South Georgia and the South Sandwich Islands|\
GT GTM Guatemala|GU GUM Guam|GW GNB Guinea-Bissau|GY GUY Guyana|HK HKG Hong Kong/Hong Kong SAR China|\
HM HMD Heard Island and McDonald Islands|HN HND Honduras|HR HRV Croatia|HT HTI Haiti|HU HUN Hungary|ID IDN Indonesia|IE IRL Ireland|\
IL ISR Israel|IM IMN Isle of Man|IN IND India|IO IOT British Indian Ocean Territory|IQ IRQ Iraq|IR IRN Iran, Islamic Republic of/Iran|\
IS ISL Iceland|IT ITA Italy|JE JEY Jersey|JM JAM Jamaica|JO JOR Jordan|JP JPN Japan|KE KEN Kenya|KG KGZ Kyrgyzstan|KH KHM Cambodia|\
KI KIR Kiribati|KM COM Comoros|KN KNA Saint Kitts and Nevis/St Kitts and Nevis|KP PRK Korea, Democratic People's Republic of/North Korea|\
KR KOR Korea, Republic of/South Korea/Republic of Korea/Korea|KW KWT Kuwait|KY CYM Cayman Islands|KZ KAZ Kazakhstan|\
LA LAO Lao People's Democratic Republic/Laos|LB LBN Lebanon|LC LCA Saint Lucia/St Lucia|LI LIE Liechtenstein|LK LKA Sri Lanka|\
LR LBR Liberia|LS LSO Lesotho|LT LTU Lithuania|LU LUX Luxembourg|LV LVA Latvia|LY LBY Libya|MA MAR Morocco|MC MCO Monaco|\
MD MDA Moldova, Republic of/Moldova|ME MNE Montenegro|MF MAF Saint Martin (French part)/Saint Martin|MG MDG Madagascar|\
MH MHL Marshall Islands|MK MKD North Macedonia/Macedonia|ML MLI Mali|MM MMR Myanmar/Burma|MN MNG Mongolia|MO MAC Macao/Macau|\
MP MNP Northern Mariana Islands|MQ MTQ Martinique|MR MRT Mauritania|MS MSR Montserrat|MT MLT Malta|MU MUS Mauritius|MV MDV Maldives|\
MW MWI Malawi|MX MEX Mexico|MY MYS Malaysia|MZ MOZ Mozambique|NA NAM Namibia|NC NCL New Caledonia|NE NER Niger|NF NFK Norfolk Island|\
NG NGA Nigeria|NI NIC Nicaragua|NL NLD Netherlands/Holland|NO NOR Norway|NP NPL Nepal|NR NRU Nauru|NU NIU Niue|NZ NZL New Zealand|\
OM OMN Oman|PA PAN Panama|PE PER Peru|PF PYF French Polynesia|PG PNG Papua New Guinea|PH PHL Philippines|PK PAK Pakistan|PL POL Poland|\
PM SPM Saint Pierre and Miquelon/St Pierre and Miquelon|PN PCN Pitcairn|PR PRI Puerto Rico|PS PSE Palestine, State of/Palestine/Palestinian Territories|\
PT PRT Portugal|PW PLW Palau|PY PRY Paraguay|QA QAT Qatar|RE REU Réunion/Reunion|RO ROU Romania|RS SRB Serbia|\
RU RUS Russian Federation/Russia|RW RWA Rwanda|SA SAU Saudi Arabia|SB SLB Solomon Islands|SC SYC Seychelles|SD SDN Sudan|SE SWE Sweden|\
SG SGP Singapore|SH SHN Saint Helena, Ascension and Tristan da Cunha/Saint Helena|SI SVN Slovenia|SJ SJM Svalbard and Jan Mayen|\
SK SVK Slovakia/Slovak Republic|SL SLE Sierra Leone|SM SMR San Marino|SN SEN Senegal|SO SOM Somalia|SR SUR Suriname|SS SSD South Sudan|\
ST STP Sao Tome and Principe/São Tomé and Príncipe|SV SLV El Salvador|SX SXM Sint Maarten (Dutch part)/Sint Maarten|\
SY SYR Syrian Arab Republic/Syria|SZ SWZ Eswatini/Swaziland|TC TCA Turks and Caicos Islands|TD TCD Chad|TF ATF French Southern Territories|\
TG TGO Togo|TH THA Thailand|TJ TJK Tajikistan|TK TKL Tokelau|TL TLS Timor-Leste/East Timor|TM TKM Turkmenistan|TN TUN Tunisia|TO TON Tonga|\
TR TUR Türkiye/Turkey/Turkiye|TT TTO Trinidad and Tobago|TV TUV Tuvalu|TW TWN Taiwan/Taiwan, Province of China|\
TZ TZA Tanzania, United Republic of/Tanzania|UA UKR Ukraine|UG UGA Uganda|UM UMI United States Minor Outlying Islands|\
US USA United States/United States of America/U.S.A.|UY URY Uruguay|UZ UZB Uzbekistan|VA VAT Holy See/Vatican City/Holy See (Vatican City State)|\
VC VCT Saint Vincent and the Grenadines/St Vincent and the Grenadines|VE VEN Venezuela/Venezuela, Bolivarian Republic of|\
VG VGB Virgin Islands, British/British Virgin Islands|VI VIR Virgin Islands, U.S./U.S. Virgin Islands/US Virgin Islands|\
VN VNM Viet Nam/Vietnam|VU VUT Vanuatu|WF WLF Wallis and Futuna|WS WSM Samoa|XK XKX Kosovo|YE YEM Yemen|YT MYT Mayotte|\
ZA ZAF South Africa|ZM ZMB Zambia|ZW ZWE Zimbabwe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_names_and_the_world_are_told_apart() {
        for (text, expected) in [
            ("us", "US"),
            ("USA", "US"),
            ("United States", "US"),
            ("u.s.a.", "US"),
            ("UK", "GB"),
            ("Korea, Republic of", "KR"),
            ("Côte d’Ivoire", "CI"),
            ("Bosnia & Herzegovina", "BA"),
            ("The Netherlands", "NL"),
            ("WW", ""),
            ("Worldwide", ""),
            ("", "ZZ"),
            ("OU", "ZZ"),
            ("XX", "ZZ"),
            ("--", "ZZ"),
            ("Rest of World", "ZZ"),
            ("Atlantis", "ZZ"),
            ("é", "ZZ"),
            ("Россия", "RU"),
            ("ГЕРМАНИЯ", "DE"),
            ("Кот-д’Ивуар", "CI"),
            ("Объединённые Арабские Эмираты", "AE"),
            ("日本", "JP"),
            ("アンティグア・バーブーダ", "AG"),
            ("全世界", ""),
        ] {
            assert_eq!(Country::read(text).as_str(), expected, "{text}");
        }
        assert_eq!(CODES.len(), 250);
    }

    #[test]
    fn every_translated_name_is_of_one_country() {
        let mut seen = HashMap::new();
        for entry in TRANSLATED.into_iter().flat_map(|table| table.split('|')) {
            let (code, all) = entry.split_once(' ').unwrap();
            assert!(CODES.contains(&<[u8; 2]>::try_from(code.as_bytes()).unwrap()), "{entry}");
            for name in all.split('/') {
                assert!(name.len() <= NAME_BYTES_MAX, "{name}");
                assert_eq!(Country::read(name).as_str(), code, "{name}");
                assert_eq!(*seen.entry(plain(name)).or_insert(code), code, "{name}");
            }
        }
    }
}
