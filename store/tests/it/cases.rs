//! What must hold on every engine.

use futures::future::BoxFuture;

use crate::{
    budgets::*, changes::*, claiming::*, customers::*, erasing::*, files::*, months::*, music::*,
    narrowing::*, newcomers::*, people::*, privacy::*, reading::*, refusing::*, retention::*, royalties::*,
    sealing::*, storing::*, support::Bench, tables::*, texts::*, vanishing::*, web::*, windows::*,
};

/// A case, ready to run.
type Case = for<'a> fn(&'a Bench) -> BoxFuture<'a, ()>;

/// Runs each case on SQLite as a test of its own, and lists them for PostgreSQL.
macro_rules! cases {
    ($($name:ident)*) => {
        mod sqlite {
            use crate::support::Bench;
            $(
                #[tokio::test]
                async fn $name() {
                    let directory = tempfile::tempdir().unwrap();
                    let path = directory.path().join("made/on/demand.db");
                    let bench = Bench::open(&format!("sqlite://{}", path.display())).await;
                    super::$name(&bench).await;
                    bench.store.close().await;
                }
            )*
        }

        /// Every case on a database of its own, made by `url`.
        pub async fn all<F: AsyncFnMut(&'static str) -> String>(mut url: F) {
            // On the heap, each made by a function of its own: all of them together are too large for a thread's stack.
            let cases: Vec<(&'static str, Case)> =
                vec![$((stringify!($name), |bench| Box::pin($name(bench)))),*];
            for (name, case) in cases {
                println!("case {name}");
                let bench = Bench::open(&url(name).await).await;
                case(&bench).await;
                bench.store.close().await;
            }
        }
    };
}

cases! {
    a_second_identical_commit_changes_nothing
    a_changed_value_is_a_restatement
    what_the_page_before_was_like_changes_no_outcome
    what_the_page_before_was_like_changes_no_outcome_for_objects
    unknown_and_zero_stay_apart
    a_key_twice_in_a_commit_counts_once
    what_was_not_seen_is_deleted_within_its_window_only
    a_shrunken_window_deletes_nothing_until_confirmed
    every_table_of_the_registry_is_stored_as_it_says
    what_a_window_did_not_see_leaves_every_daily_table
    what_could_not_be_read_is_spared
    a_window_over_several_tables_loses_from_each_or_from_none
    what_no_table_can_lose_is_refused
    lines_are_shown_while_their_file_is_loaded
    a_file_is_seen_when_it_is_published_and_not_before
    a_corrected_file_takes_the_place_of_its_unit
    a_file_that_lacks_something_waits_and_takes_nothing_away
    a_file_of_several_statements_takes_the_place_of_each
    what_a_person_decided_about_a_file_is_done
    what_is_done_with_is_not_begun_again
    loading_that_was_killed_is_begun_again_and_doubles_nothing
    an_outdated_worker_cannot_touch_files
    daily_rows_go_with_the_file_that_they_came_from
    a_timeline_takes_no_file_away
    what_no_file_can_bring_is_refused
    an_account_that_is_forgotten_takes_its_files_along
    streams_per_month_are_sums_over_loaded_statements
    royalty_lines_come_in_the_order_of_their_keys
    royalties_of_the_newest_month_that_is_over_are_summed
    a_file_that_waits_pays_nothing
    links_are_marked_and_come_back
    unseen_objects_are_marked_removed
    what_was_marked_removed_comes_back_as_it_was
    tombstones_delete_by_id
    an_outdated_worker_cannot_write
    an_outdated_worker_cannot_write_objects
    what_the_database_refuses_does_not_hurt_its_group
    rows_and_checkpoint_are_stored_both_or_neither
    facts_are_provisional_until_settled
    quarantined_rows_are_kept_once
    payments_read_back_through_the_views
    an_account_can_be_forgotten_and_read_again
    a_checkpoint_of_another_shape_is_an_error
    many_rows_and_large_ids_survive
    campaigns_are_summed_over_account_days
    a_whole_life_is_summed_or_unknown
    a_campaign_window_is_absent_until_it_was_read
    what_is_younger_than_a_window_is_whole
    what_a_tenant_is_shown_is_the_sum_of_days
    an_account_without_numbers_is_known_when_every_stream_was_read
    a_sum_with_an_unknown_part_is_unknown
    numbers_that_do_not_fit_hide_only_themselves
    a_budget_of_nothing_is_none
    money_is_whole_or_absent
    money_that_failed_later_is_taken_back
    what_was_set_aside_is_counted_by_stream
    a_history_tells_what_was_read_of_each_day
    visits_are_summed_by_the_campaign_of_their_links
    a_series_has_gaps_where_nothing_was_read
    money_is_summed_by_category_and_zone
    connections_tell_their_condition
    the_last_success_survives_a_restart
    a_request_that_cannot_be_read_ends_with_its_reason
    any_number_of_connections_can_be_configured
    a_living_worker_keeps_its_database
    a_killed_worker_is_known_to_be_gone_at_once
    without_a_lock_signs_of_life_decide
    a_sign_of_life_is_written
    of_two_that_start_together_one_enters
    only_requests_are_brought_and_in_the_order_of_names
    operators_ask_through_the_database
    marketing_campaigns_are_kept
    a_budget_is_not_refilled_by_a_restart
    two_writers_never_exceed_a_budget
    what_was_used_long_ago_is_purged
    what_is_exactly_as_old_as_it_is_kept_stays
    a_hold_keeps_the_rows_of_a_user_and_of_the_users_customers
    what_is_left_of_erased_users_goes_with_their_consents
    what_a_provider_wants_deleted_goes_in_time
    what_a_rule_takes_of_a_user_who_is_due_is_told_once
    what_is_past_its_time_is_counted
    a_listing_does_not_go_on_behind_who_was_erased
    a_key_that_is_not_there_is_not_told_to_be_destroyed
    a_purge_beside_a_busy_worker_loses_nothing_of_it
    visits_and_goals_read_back_through_the_views
    a_web_window_loses_only_its_own_streams_days
    web_windows_are_sums_of_totals
    web_windows_are_whole_or_absent
    objects_of_services_are_marked_and_come_back
    numbers_of_services_read_back_through_the_views
    a_counter_differs_from_the_day_before_or_says_nothing
    placements_that_were_not_seen_leave_the_day
    music_is_shown_as_last_read
    a_list_that_was_set_aside_makes_the_others_a_part
    streams_are_summed_over_days_that_were_read
    a_code_that_leads_elsewhere_is_noted_once
    what_changed_about_a_forgotten_account_is_noted_with_it
    billing_profiles_are_sealed_and_the_most_trusted_answer_counts
    a_cell_that_was_moved_or_has_no_key_is_an_error
    a_rotation_seals_everything_anew_and_changes_nothing_else
    secrets_are_sealed_under_their_names
    refresh_tokens_are_kept_for_what_was_configured
    users_are_sealed_each_under_a_key_of_its_own
    a_rotation_seals_data_keys_anew_and_digests_outlive_it
    data_keys_are_sealed_again_with_the_newest_key
    nobody_under_thirteen_leaves_anything
    who_is_found_too_young_is_not_served_under_a_hold_either
    a_correction_that_changes_nothing_leaves_no_trace
    consents_are_added_to_and_decide_what_rests_on_them
    tenants_follow_the_configuration_unless_somebody_is_of_them
    every_table_has_its_place_or_nobody_in_it
    a_changed_or_missing_line_of_the_audit_log_is_found
    a_customer_is_one_users_only
    the_plain_hash_of_what_was_set_aside_is_nowhere
    whatever_is_a_customers_id_is_linked_handed_out_and_erased
    where_consents_were_said_is_emptied
    many_are_imported_at_once_and_each_line_by_itself
    keys_of_nobody_go_and_no_others
    of_many_who_add_one_user_one_does_and_the_others_are_refused
    who_was_told_of_a_person_is_told_of_corrections
    who_got_nothing_of_what_was_corrected_is_not_told
    an_erasure_hits_one_person_wherever_and_nobody_else
    a_link_to_a_connection_that_never_ran_hides_nobody
    what_is_told_of_an_erased_person_later_is_stored_without_the_person
    what_an_erasure_has_emptied_is_not_restated
    a_writer_that_cannot_know_erased_people_stores_nobody
    a_backup_without_the_user_brings_no_customer_back
    tombstones_that_are_gone_are_put_again
    logs_of_databases_that_share_a_key_store_are_told_apart
    an_older_database_is_given_a_name_by_its_log
    an_erasure_in_one_database_reaches_another
    an_erasure_is_finished_where_it_was_begun
    who_follows_the_journal_is_in_nobodys_way
    a_journal_that_is_shorter_than_either_knows_is_refused
    an_erasure_that_breaks_off_at_any_step_is_finished
    keys_are_what_is_left_without_u0000
    keys_are_kept_whole_and_told_apart_at_any_length
    a_key_beyond_all_measure_is_set_aside_alone
    any_text_in_any_field_of_any_row_takes_nothing_with_it
    rows_that_the_database_refuses_are_set_aside_alone
    a_page_of_nothing_but_refused_rows_is_done
    narrowing_ends_and_keeps_nothing_when_a_database_refuses_everything
    what_was_refused_counts_as_seen
    what_is_no_fault_of_a_row_sets_none_aside
}
