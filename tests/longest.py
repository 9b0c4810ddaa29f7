"""The files that take longest, longest first: handed out first, so that no process ends with one.

By the seconds of whole runs, in short counts and in full; what is not named here is short.
"""

LONGEST = tuple(
    f"tests/{file}.py"
    for file in (
        "acceptance/test_t1_matrix",
        "login/test_battery_login",
        "registry/test_no_leaks",
        "jobs/test_jobs_workers",
        "login/test_battery_floor",
        "access/test_matrix",
        "pages/test_look",
        "faults/test_migrations",
        "registry/test_backup",
        "faults/test_database_restarts",
        "acceptance/test_t2_of_province",
        "acceptance/test_t2_of_auditor",
        "acceptance/test_t2_of_other_city",
        "acceptance/test_t2_of_city",
        "acceptance/test_t2_of_county",
        "acceptance/test_t2_crawl",
        "demo/test_demo_spring",
        "faults/test_many_at_once",
        "access/test_hostile_words",
        "jobs/test_jobs_inprocess",
        "login/test_floor",
        "test_on_sqlite",
        "audit/test_append_only",
        "operations/test_refusals",
        "acceptance/test_t6_downloads",
        "access/test_repeats",
        "login/test_guessing",
        "bench/test_bench_runs",
        "story/test_notice_loop",
        "story/test_first_loop",
        "demo/test_demo_archives",
        "registry/test_key_rotation",
        "tooling/test_serve",
        "pages/test_frame",
        "pages/test_lists",
        "notices/test_quarter",
        "federation/test_unit_change_pages",
        "tooling/test_services",
        "faults/test_edges_of_time",
        "tooling/test_guards",
        "access/test_body_ids",
        "access/test_grant_life",
    )
)
