"""The cases of prometheus/compliance, ``remotewrite/sender`` (of 2026), and the tests that cover them.

A case is named as there: the file without ``_test.go``, and the name. A test is a function in one of the files below.
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]

FILES = {
    "v1": "unit/wire/test_specification_1_0.py",
    "v2": "unit/wire/test_specification_2_0.py",
    "negotiation": "unit/outputs/test_negotiation.py",
    "writer": "unit/outputs/test_remote_write.py",
    "answer": "unit/delivery/test_answer.py",
    "retry": "unit/delivery/test_retry.py",
    "sender": "unit/delivery/test_sender.py",
    "http": "unit/delivery/test_http.py",
    "exact": "real/test_exactness.py",
}

CASES = """
protocol/content_type_protobuf                  v2:test_protocol_reserved_headers
protocol/content_type_with_proto_param          v2:test_protocol_reserved_headers
protocol/content_encoding_snappy                v2:test_protocol_reserved_headers
protocol/version_header_present                 v2:test_protocol_reserved_headers
protocol/version_header_value                   v2:test_protocol_reserved_headers
protocol/user_agent_present                     http:test_a_request_as_the_protocol_wants_it
protocol/snappy_block_format                    v2:test_protocol_compression_is_snappys_block_format
protocol/protobuf_parseable                     v2:test_symbols_references_point_into_the_table
protocol/TestHTTPMethod                         writer:test_a_payload_is_posted
labels/label_lexicographic_ordering             v2:test_series_labels_are_sorted_and_neither_repeated_nor_empty
labels/metric_name_label_present                v2:test_series_labels_are_complete_in_every_request
labels/metric_name_format_valid                 v2:test_series_labels_names_are_those_of_the_data_model
labels/label_name_format_valid                  v2:test_series_labels_names_are_those_of_the_data_model
labels/no_duplicate_label_names                 v2:test_series_labels_are_sorted_and_neither_repeated_nor_empty
labels/label_names_not_empty                    v2:test_series_labels_are_sorted_and_neither_repeated_nor_empty
labels/label_values_may_be_empty                v2:test_series_labels_are_sorted_and_neither_repeated_nor_empty
labels/reserved_label_prefix                    v2:test_series_labels_names_are_those_of_the_data_model
labels/unicode_in_label_values                  v2:test_series_labels_values_are_any_utf_8
labels/special_chars_in_label_values            v2:test_series_labels_values_are_any_utf_8
labels/very_long_label_names                    v2:test_series_labels_a_name_may_be_long_or_hold_colons
labels/very_long_label_values                   v2:test_series_labels_values_are_any_utf_8
labels/many_labels_per_series                   v2:test_series_labels_may_be_many
samples/float_value_encoding                    v2:test_request_timestamps_are_milliseconds_and_values_doubles
samples/integer_value_encoding                  v2:test_request_every_value_comes_back
samples/zero_value_encoding                     v2:test_request_every_value_comes_back
samples/negative_value_encoding                 v2:test_request_every_value_comes_back
samples/positive_infinity_encoding              v2:test_request_every_value_comes_back
samples/negative_infinity_encoding              v2:test_request_every_value_comes_back
samples/nan_encoding                            v2:test_samples_an_ordinary_nan_is_no_stale_marker
samples/timestamp_milliseconds_format           v2:test_request_timestamps_are_milliseconds_and_values_doubles
samples/timestamp_recent                        exact:test_a_distributed_run_is_stored_to_the_request
samples/multiple_samples_same_series            v2:test_samples_of_a_series_are_in_order_of_time
samples/large_float_values                      v2:test_request_timestamps_are_milliseconds_and_values_doubles
samples/small_float_values                      v2:test_request_timestamps_are_milliseconds_and_values_doubles
samples/scientific_notation                     v2:test_request_every_value_comes_back
samples/precision_preservation                  v2:test_request_timestamps_are_milliseconds_and_values_doubles
samples/job_instance_labels_present             v2:test_series_labels_are_complete_in_every_request
samples/TestSampleOrdering                      v2:test_samples_of_a_series_are_in_order_of_time
symbols/empty_string_at_index_zero              v2:test_symbols_open_with_the_empty_string
symbols/string_deduplication                    v2:test_symbols_are_deduplicated
symbols/labels_refs_valid_indices               v2:test_symbols_references_point_into_the_table
symbols/labels_refs_even_length                 v2:test_request_labels_refs_are_provided
symbols/TestSymbolTableEfficiency               v2:test_symbols_are_deduplicated
metadata/metadata_type_counter                  v2:test_metadata_is_with_every_series
metadata/metadata_type_gauge                    v2:test_metadata_is_with_every_series
metadata/metadata_type_histogram                v2:test_metadata_is_with_every_series
metadata/metadata_type_summary                  v2:test_metadata_is_with_every_series
metadata/metadata_help_text                     v2:test_metadata_is_with_every_series
metadata/metadata_unit                          v2:test_metadata_is_with_every_series
metadata/metadata_help_with_newlines            v2:test_metadata_help_is_any_text
metadata/metadata_help_with_special_chars       v2:test_metadata_help_is_any_text
metadata/metadata_help_refs_valid               v2:test_symbols_references_point_into_the_table
metadata/metadata_consistent_across_series      v2:test_metadata_is_the_same_for_all_series_of_a_family
metadata/metadata_empty_help_allowed            v2:test_metadata_help_is_any_text
exemplars/exemplar_with_trace_id                v2:test_request_exemplars_are_provided_where_they_exist
exemplars/exemplar_with_span_id                 v2:test_request_exemplars_are_provided_where_they_exist
exemplars/exemplar_value_valid                  v2:test_exemplars_have_value_timestamp_and_sorted_labels
exemplars/exemplar_timestamp_valid              v2:test_exemplars_have_value_timestamp_and_sorted_labels
exemplars/exemplar_labels_valid_refs            v2:test_symbols_references_point_into_the_table
exemplars/exemplar_custom_labels                v2:test_exemplars_have_value_timestamp_and_sorted_labels
exemplars/exemplar_on_histogram                 v2:test_exemplars_have_value_timestamp_and_sorted_labels
exemplars/exemplar_labels_even_length           v2:test_exemplars_have_value_timestamp_and_sorted_labels
exemplars/multiple_exemplars_per_series         v2:test_exemplars_may_be_on_many_requests
histograms/native_histogram_structure           v2:test_histograms_are_whole
histograms/histogram_count_present              v2:test_histograms_are_whole
histograms/histogram_sum_present                v2:test_histograms_are_whole
histograms/histogram_buckets_ordered            v2:test_histograms_are_whole
histograms/histogram_positive_buckets           v2:test_histograms_are_whole
histograms/histogram_negative_buckets           v2:test_histograms_are_whole
histograms/histogram_zero_bucket                v2:test_histograms_are_whole
histograms/histogram_schema                     v2:test_histograms_are_whole
histograms/histogram_timestamp                  v2:test_samples_of_native_histograms_have_a_start_timestamp
histograms/histogram_no_mixed_with_samples      v2:test_request_a_series_has_samples_or_histograms
histograms/histogram_empty_buckets              v2:test_histograms_are_whole
histograms/histogram_large_counts               v2:test_histograms_are_whole
timestamps/timestamp_int64_milliseconds         v2:test_request_timestamps_are_milliseconds_and_values_doubles
timestamps/timestamp_ordering_within_series     v2:test_samples_of_a_series_are_in_order_of_time
timestamps/start_timestamp_for_counters         v2:test_samples_of_cumulative_series_have_a_start_timestamp
timestamps/start_timestamp_for_histograms       v2:test_samples_of_native_histograms_have_a_start_timestamp
timestamps/start_timestamp_zero_handling        v2:test_samples_a_start_at_the_epoch_is_not_taken_for_none
timestamps/timestamp_precision                  v2:test_request_timestamps_are_milliseconds_and_values_doubles
timestamps/timestamp_future_values              v2:test_samples_may_be_of_any_time
timestamps/start_timestamp_before_sample_timestamp v2:test_samples_of_cumulative_series_have_a_start_timestamp
batching/multiple_series_per_request            v2:test_partial_write_many_series_share_a_request
batching/batch_size_reasonable                  v2:test_partial_write_many_series_share_a_request
batching/handles_varying_cardinality            v2:test_symbols_references_point_into_the_table
batching/efficient_symbol_reuse                 v2:test_symbols_that_only_an_exemplar_needs_do_not_pile_up
batching/metadata_batching                      v2:test_all_types_go_together
batching/TestConcurrentRequests                 sender:test_delivers_in_order
combined/samples_with_metadata                  v2:test_metadata_is_with_every_series
combined/samples_with_exemplars                 v2:test_request_exemplars_are_provided_where_they_exist
combined/histogram_with_metadata_and_exemplars  v2:test_exemplars_have_value_timestamp_and_sorted_labels
combined/multiple_metric_types                  v2:test_all_types_go_together
combined/high_cardinality_labels                v2:test_exemplars_may_be_on_many_requests
combined/complete_metric_family                 v2:test_all_types_go_together
combined/mixed_labels_and_metadata              v2:test_metadata_is_with_every_series
combined/real_world_scenario                    exact:test_a_distributed_run_is_stored_to_the_request
edge_cases/empty_scrape                         v2:test_nothing_to_send_makes_no_request
edge_cases/huge_label_values                    v2:test_series_labels_values_are_any_utf_8
edge_cases/unicode_in_labels                    v2:test_series_labels_values_are_any_utf_8
edge_cases/many_timeseries                      v2:test_partial_write_many_series_share_a_request
edge_cases/high_cardinality                     v2:test_partial_write_many_series_share_a_request
edge_cases/very_long_metric_name                v2:test_series_labels_a_name_may_be_long_or_hold_colons
edge_cases/special_float_combinations           v2:test_request_every_value_comes_back
edge_cases/zero_timestamp                       v2:test_samples_may_be_of_any_time
edge_cases/future_timestamp                     v2:test_samples_may_be_of_any_time
edge_cases/metric_name_with_colons              v2:test_series_labels_a_name_may_be_long_or_hold_colons
edge_cases/stale_marker                         v2:test_samples_that_end_a_series_are_stale_markers
edge_cases/mixed_sample_and_histogram_families  v2:test_request_a_series_has_samples_or_histograms
edge_cases/TestRobustnessUnderLoad              exact:test_a_distributed_run_is_stored_to_the_request
rw1_compat/rw1_version_header                   v1:test_protocol_headers
rw1_compat/rw1_content_type                     v1:test_protocol_headers
rw1_compat/rw1_samples_encoding                 v1:test_protocol_timestamps_are_milliseconds_and_values_doubles
rw1_compat/rw1_labels_encoding                  v1:test_labels_are_complete_in_every_request
rw1_compat/rw1_no_native_histograms             v1:test_native_histograms_are_not_among_numbers
rw1_compat/rw1_no_start_timestamp               v1:test_protocol_what_only_2_0_has_is_not_sent
rw1_compat/rw1_metadata_handling                v1:test_metadata_has_type_help_and_unit_of_each_family
rw1_compat/rw1_symbol_table_not_used            v1:test_protocol_the_message_is_a_write_request
rw1_compat/TestRemoteWrite1Configuration        negotiation:test_1_0_can_be_fixed
fallback/fallback_on_415_unsupported_media_type negotiation:test_a_receiver_of_1_x_gets_1_0
fallback/retry_with_different_version           negotiation:test_a_receiver_of_1_x_gets_1_0
fallback/fallback_header_changes                negotiation:test_a_receiver_of_1_x_gets_1_0
fallback/accept_success_after_fallback          negotiation:test_a_receiver_of_1_x_gets_1_0
fallback/persistent_fallback_choice             negotiation:test_1_0_is_for_good
fallback/TestNoFallbackOn2xx                    negotiation:test_a_receiver_of_2_0_gets_2_0
retry/no_retry_on_400                           answer:test_what_is_about_the_data_is_final
retry/no_retry_on_401                           retry:test_what_somebody_has_to_change_is_tried_seldom
retry/no_retry_on_404                           retry:test_what_somebody_has_to_change_is_tried_seldom
retry/may_retry_on_429                          answer:test_passing_trouble_is_retried
retry/retry_on_500                              answer:test_passing_trouble_is_retried
retry/retry_on_503                              answer:test_passing_trouble_is_retried
retry/retry_on_502                              answer:test_passing_trouble_is_retried
retry/retry_on_504                              answer:test_passing_trouble_is_retried
retry/no_retry_on_413                           writer:test_one_series_that_is_too_large_is_refused
backoff/exponential_backoff_on_retries          retry:test_doubles_up_to_the_cap
backoff/backoff_required                        sender:test_retries_the_same_payload_with_backoff
backoff/backoff_max_delay                       retry:test_doubles_up_to_the_cap
backoff/backoff_with_jitter                     retry:test_jitter_is_full
error_handling/handle_connection_refused        http:test_nobody_listens
error_handling/handle_timeout                   http:test_a_server_that_hangs_is_a_timeout
error_handling/handle_partial_write             negotiation:test_a_partial_write_is_counted
error_handling/handle_malformed_response        http:test_something_that_is_not_http
error_handling/sender_continues_after_errors    sender:test_backoff_starts_afresh_after_success
error_handling/handle_invalid_status_code       answer:test_anything_else_is_about_the_way
error_handling/handle_empty_response            http:test_a_broken_connection_is_retried
error_handling/handle_large_error_response      http:test_a_long_answer_is_not_read_to_its_end
error_handling/dns_resolution_failure           http:test_an_unknown_host
error_handling/invalid_url_scheme               http:test_a_url_that_cannot_be_used
response/ignore_response_body_on_success        negotiation:test_the_body_of_success_is_ignored
response/process_written_count_headers          negotiation:test_success_for_a_part_is_no_success
response/handle_partial_write_response          negotiation:test_a_partial_write_is_counted
response/handle_missing_written_headers         negotiation:test_a_refusal_without_headers_is_of_all
response/log_error_messages_verbatim            sender:test_a_kind_of_refusal_is_logged_once
response/handle_large_error_body                http:test_a_long_answer_is_not_read_to_its_end
response/handle_204_no_content                  negotiation:test_the_body_of_success_is_ignored
response/handle_200_ok                          negotiation:test_the_body_of_success_is_ignored
response/TestContentTypeNegotiation             negotiation:test_a_receiver_of_2_0_gets_2_0
"""

ROWS = [line.split() for line in CASES.strip().splitlines()]


def functions(file: str) -> set[str]:
    """Return the tests in a file."""
    nodes = ast.walk(ast.parse((TESTS / FILES[file]).read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("case", "test"), ROWS, ids=[case for case, _ in ROWS])
def test_every_case_has_a_test(case: str, test: str) -> None:
    """Every case of the compliance suite has a test here."""
    file, name = test.split(":")
    assert name in functions(file), case


def test_no_case_is_listed_twice() -> None:
    """The list equals that of the suite: each case once, for all its files."""
    cases = [case for case, _ in ROWS]
    assert len(cases) == len(set(cases))
    assert len({case.partition("/")[0] for case in cases}) == 17
