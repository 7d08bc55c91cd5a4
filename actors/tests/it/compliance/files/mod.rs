//! Rules for streams of files: what every integration that reads files keeps, whatever its files look like. Where others have
//! limits and refusals, these have fingerprint, replacement and sums.

pub mod bench;
pub mod case;
mod engine;
mod rules;
pub mod scripted;

/// Every rule for one kind of files: `scripted` = the module of its case, and of its tests.
macro_rules! every_file_rule {
    ($name:ident, $case:expr) => {
        mod $name {
            every_file_rule! { $case =>
                the_sums_are_those_of_the_file,
                the_same_content_changes_nothing_under_any_name,
                a_corrected_file_replaces_exactly_its_unit,
                files_are_loaded_in_the_order_of_their_days,
                a_file_that_lacks_something_waits_for_a_person,
                a_person_adds_replaces_and_rejects,
                what_is_no_whole_report_changes_nothing,
                one_bad_file_stops_no_other,
                a_kill_loses_and_doubles_nothing,
                a_file_that_grows_is_left_alone,
            }
        }
    };
    ($case:expr => $($rule:ident,)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $rule() {
            super::rules::$rule(&$case).await;
        }
    )*};
}

every_file_rule!(amazon_music, crate::compliance::cases::one_service::AMAZON_MUSIC);
every_file_rule!(pandora, crate::compliance::cases::one_service::PANDORA);
every_file_rule!(report_files, crate::compliance::cases::report_files::CASE);
every_file_rule!(scripted_files, super::scripted::CASE);
