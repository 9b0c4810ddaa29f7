"""The 28 dated or periodic rules of the five notices against days reckoned by hand."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices import due_rules, working_days
from notices.due_rules import DueRuleError, checked, next_for_record, occurrences, words
from notices.spans import Cycle

YEAR_2014 = (dt.date(2014, 1, 1), dt.date(2014, 12, 31))
YEARS = (dt.date(2014, 1, 1), dt.date(2016, 12, 31))
IN_2026 = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
END_OF_PERIOD = {"kind": "end_of_period"}


def due_days(data, cycle, window, **more):
    return [
        f"{each.span.code}:{each.due_on:%Y-%m-%d}" if each.due_on else f"{each.span.code}:—"
        for each in occurrences(data, cycle=cycle, window=window, **more)
    ]


def ends_of_months(year):
    return [
        f"{year}-{month:02}:{year}-{month:02}-{day}"
        for month, day in enumerate(
            (31, 29 if year in (2016, 2020) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1
        )
    ]


# One line a rule of the calendar: number, phrase, rule, cycle, window, covers, what is expected.
CALENDAR = [
    (1, "5月25日前", {"kind": "on_date", "date": "2014-05-25"}, Cycle.ONCE, YEAR_2014, None,
     ["2014:2014-05-25"]),
    (2, "每月一次联系沟通", END_OF_PERIOD, Cycle.MONTH, YEAR_2014, None, ends_of_months(2014)),
    (2, "每月一次联系沟通", END_OF_PERIOD, Cycle.MONTH, (dt.date(2016, 1, 1), dt.date(2016, 12, 31)),
     None, ends_of_months(2016)),
    (2, "每月一次联系沟通", END_OF_PERIOD, Cycle.MONTH, IN_2026, None, ends_of_months(2026)),
    (3, "每半年一次联络互访", END_OF_PERIOD, Cycle.HALF_YEAR, YEARS, None,
     ["2014H1:2014-06-30", "2014H2:2014-12-31", "2015H1:2015-06-30", "2015H2:2015-12-31",
      "2016H1:2016-06-30", "2016H2:2016-12-31"]),
    (4, "每年一件以上实事", END_OF_PERIOD, Cycle.YEAR, YEARS, None,
     ["2014:2014-12-31", "2015:2015-12-31", "2016:2016-12-31"]),
    (5, "落实1-2个帮扶项目", END_OF_PERIOD, Cycle.YEAR, IN_2026, None, ["2026:2026-12-31"]),
    (6, "每年至少开展1－2场", END_OF_PERIOD, Cycle.YEAR, YEAR_2014, None, ["2014:2014-12-31"]),
    (7, "定时限", {"kind": "on_date", "date": "2014-09-30"}, Cycle.ONCE, YEAR_2014, None,
     ["2014:2014-09-30"]),
    (8, "2014年4月—8月", END_OF_PERIOD, Cycle.ONCE, (dt.date(2014, 4, 1), dt.date(2014, 8, 31)),
     None, ["20140401:2014-08-31"]),
    (9, "4月份…妇女需求调研月", {"kind": "month_window", "month": 4}, Cycle.YEAR, YEARS, None,
     ["2014:2014-04-30", "2015:2015-04-30", "2016:2016-04-30"]),
    (10, "5月10日前", {"kind": "month_day", "month": 5, "day": 10}, Cycle.YEAR, YEARS, None,
     ["2014:2014-05-10", "2015:2015-05-10", "2016:2016-05-10"]),
    (11, "8月30日前", {"kind": "on_date", "date": "2014-08-30"}, Cycle.ONCE,
     (dt.date(2014, 4, 1), dt.date(2014, 8, 31)), YEAR_2014, ["2014:2014-08-30"]),
    (12, "9月份省妇联评选", {"kind": "month_window", "month": 9}, Cycle.YEAR, YEAR_2014, None,
     ["2014:2014-09-30"]),
    (13, "不少于一周", {"kind": "no_date"}, Cycle.ONCE, (dt.date(2014, 4, 1), dt.date(2014, 8, 31)),
     None, ["20140401:—"]),
    (14, "每年…不少于60天", END_OF_PERIOD, Cycle.YEAR, YEARS, None,
     ["2014:2014-12-31", "2015:2015-12-31", "2016:2016-12-31"]),
    (15, "2016年至2020年", END_OF_PERIOD, Cycle.YEAR, (dt.date(2016, 1, 1), dt.date(2020, 12, 31)),
     None, [f"{year}:{year}-12-31" for year in range(2016, 2021)]),
    (16, "年培训妇女不少于300人次", END_OF_PERIOD, Cycle.YEAR, IN_2026, None, ["2026:2026-12-31"]),
    (17, "每年至少自办或联办1期", END_OF_PERIOD, Cycle.YEAR,
     (dt.date(2016, 1, 1), dt.date(2016, 12, 31)), None, ["2016:2016-12-31"]),
    (18, "三年内", END_OF_PERIOD, Cycle.ONCE, (dt.date(2016, 1, 1), dt.date(2018, 12, 31)), None,
     ["20160101:2018-12-31"]),
    (19, "定期或不定期召开专门会议", {"kind": "no_date"}, Cycle.YEAR, YEARS, None,
     ["2014:—", "2015:—", "2016:—"]),
    (20, "每季末 10 日前", {"kind": "quarter_end"}, Cycle.QUARTER, YEARS, None,
     [f"{y}Q{q}:{y}-{q * 3:02}-10" for y in (2014, 2015, 2016) for q in (1, 2, 3, 4)]),
    (20, "每季末 10 日前", {"kind": "quarter_end", "reading": "before_end"}, Cycle.QUARTER, YEARS,
     None,
     [f"{y}Q{q}:{y}-{day}" for y in (2014, 2015, 2016)
      for q, day in enumerate(("03-21", "06-20", "09-20", "12-21"), 1)]),
    (20, "每季末 10 日前", {"kind": "quarter_end", "reading": "after_end"}, Cycle.QUARTER,
     IN_2026, None,
     ["2026Q1:2026-04-10", "2026Q2:2026-07-10", "2026Q3:2026-10-10", "2026Q4:2027-01-10"]),
    (21, "11月 20 日前", {"kind": "month_day", "month": 11, "day": 20}, Cycle.YEAR, YEARS, None,
     ["2014:2014-11-20", "2015:2015-11-20", "2016:2016-11-20"]),
    (22, "季度对账", END_OF_PERIOD, Cycle.QUARTER, YEAR_2014, None,
     ["2014Q1:2014-03-31", "2014Q2:2014-06-30", "2014Q3:2014-09-30", "2014Q4:2014-12-31"]),
    (22, "年中检查", {"kind": "month_window", "month": 6, "to_month": 7}, Cycle.YEAR, YEAR_2014,
     None, ["2014:2014-07-31"]),
    (22, "年末总结", END_OF_PERIOD, Cycle.YEAR, YEAR_2014, None, ["2014:2014-12-31"]),
    (23, "每年开展一至两次“冰城巧女”培训", END_OF_PERIOD, Cycle.YEAR, YEARS, None,
     ["2014:2014-12-31", "2015:2015-12-31", "2016:2016-12-31"]),
    (24, "两年一次的“两癌”检查", {"kind": "months_after_record", "months": 24}, Cycle.ONCE,
     YEAR_2014, None, ["2014:—"]),
    (25, "每年3月为巾帼志愿服务月", {"kind": "month_window", "month": 3}, Cycle.YEAR, YEARS, None,
     ["2014:2014-03-31", "2015:2015-03-31", "2016:2016-03-31"]),
    (26, "六一儿童节", {"kind": "month_day", "month": 6, "day": 1}, Cycle.YEAR, YEARS, None,
     ["2014:2014-06-01", "2015:2015-06-01", "2016:2016-06-01"]),
    (27, "每年围绕 1-2 项…调研", END_OF_PERIOD, Cycle.YEAR, IN_2026, None, ["2026:2026-12-31"]),
    (28, "定期…交流沟通", END_OF_PERIOD, Cycle.MONTH, YEAR_2014, None, ends_of_months(2014)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "phrase", "data", "cycle", "window", "covers", "expected"),
    CALENDAR,
    ids=[f"{line[0]}-{line[1]}-{index}" for index, line in enumerate(CALENDAR)],
)
def test_each_rule_of_the_calendar_falls_on_the_days_reckoned_by_hand(
    number, phrase, data, cycle, window, covers, expected
):
    assert due_days(data, cycle, window, covers=covers) == expected


def test_all_28_rules_of_the_calendar_are_in_the_table():
    assert {line[0] for line in CALENDAR} == set(range(1, 29))


def test_a_month_window_opens_on_its_first_day_and_a_period_with_itself_or_the_campaign():
    (survey,) = occurrences(
        {"kind": "month_window", "month": 4}, cycle=Cycle.YEAR, window=YEAR_2014
    )
    assert (survey.opens_on, survey.due_on) == (dt.date(2014, 4, 1), dt.date(2014, 4, 30))
    campaign = (dt.date(2014, 4, 24), dt.date(2014, 6, 30))
    opens = [
        each.opens_on for each in occurrences(END_OF_PERIOD, cycle=Cycle.MONTH, window=campaign)
    ]
    assert opens == [dt.date(2014, 4, 24), dt.date(2014, 5, 1), dt.date(2014, 6, 1)]


@pytest.mark.parametrize(
    ("due", "days", "expected"),
    [
        # 2014-05-25 is a Sunday; 5 working days before it, no holiday between.
        ("2014-05-25", 5, "2014-05-19"),
        # Before 2014-05-06: 4 May (Sunday) was worked for the 1 May holiday, 1–3 May were not.
        ("2014-05-06", 2, "2014-05-04"),
        ("2014-05-06", 3, "2014-04-30"),
        # Over the National Day of 2014: 1–7 October off, 28 September and 11 October worked.
        ("2014-10-09", 2, "2014-09-30"),
        ("2014-10-13", 1, "2014-10-11"),
        ("2014-10-08", 3, "2014-09-28"),
        # Spring Festival 2016: 7–13 February off, 6 and 14 February worked.
        ("2016-02-15", 2, "2016-02-06"),
        # 2026: 1–7 October off, 20 September and 10 October worked.
        ("2026-10-12", 1, "2026-10-10"),
        ("2026-10-08", 2, "2026-09-29"),
    ],
)
def test_working_days_before_another_duty_follow_the_state_councils_calendar(due, days, expected):
    rule = {"kind": "working_days_before", "days": days, "duty": "附件2"}
    (own,) = occurrences(
        rule, cycle=Cycle.ONCE, window=YEAR_2014, others={"附件2": dt.date.fromisoformat(due)}
    )
    assert own.due_on == dt.date.fromisoformat(expected)


def test_a_year_nobody_has_announced_counts_monday_to_friday_and_says_so():
    assert not working_days.known(2031)
    assert not working_days.is_working_day(dt.date(2031, 1, 4))  # a Saturday
    assert working_days.is_working_day(dt.date(2031, 1, 1))


def test_a_file_extends_the_calendar_by_a_year(tmp_path, monkeypatch):
    (tmp_path / "2031.csv").write_text("# 国办通知\n2031-01-01,休\n2031-01-04,班\n", "utf-8")
    monkeypatch.setattr(working_days, "FOLDER", tmp_path)
    working_days._file_of.cache_clear()
    try:
        assert working_days.known(2031)
        assert not working_days.is_working_day(dt.date(2031, 1, 1))
        assert working_days.is_working_day(dt.date(2031, 1, 4))
        assert working_days.shifted(dt.date(2031, 1, 1), 0) == dt.date(2030, 12, 31)
    finally:
        working_days._file_of.cache_clear()


@pytest.mark.parametrize("line", ["2030-01-01,休", "2031-13-01,休", "2031-01-01,假", "2031-01-01"])
def test_a_bad_line_of_a_holiday_file_is_named(tmp_path, monkeypatch, line):
    (tmp_path / "2031.csv").write_text(f"2031-01-01,休\n{line}\n", "utf-8")
    monkeypatch.setattr(working_days, "FOLDER", tmp_path)
    working_days._file_of.cache_clear()
    try:
        with pytest.raises(working_days.CalendarFileError, match=r"2031\.csv 第 2 行"):
            working_days.known(2031)
    finally:
        working_days._file_of.cache_clear()


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ("2014-03-31", "2016-03-31"),
        ("2014-02-28", "2016-02-28"),
        ("2016-02-29", "2018-02-28"),
        ("2014-12-05", "2016-12-05"),
    ],
)
def test_each_womans_next_check_is_24_months_after_her_last(last, due):
    rule = {"kind": "months_after_record", "months": 24}
    assert next_for_record(rule, dt.date.fromisoformat(last)) == dt.date.fromisoformat(due)
    assert next_for_record(END_OF_PERIOD, dt.date.fromisoformat(last)) is None


def test_the_29th_of_february_falls_on_the_28th_of_a_common_year():
    rule = {"kind": "month_day", "month": 2, "day": 29}
    assert due_days(rule, Cycle.YEAR, YEARS) == [
        "2014:2014-02-28",
        "2015:2015-02-28",
        "2016:2016-02-29",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "须为以下之一"),
        ({"kind": "whenever"}, "须为以下之一"),
        ({"kind": "on_date", "date": "5月25日"}, "不是日期"),
        ({"kind": "on_date"}, "不是日期"),
        ({"kind": "month_day", "month": 13, "day": 1}, "月份须为 1 至 12"),
        ({"kind": "month_day", "month": 2, "day": 30}, "2月没有30日"),
        ({"kind": "month_day", "month": True, "day": 3}, "月份须为"),
        ({"kind": "month_window", "month": 7, "to_month": 6}, "早于开始月份"),
        ({"kind": "quarter_end", "reading": "someday"}, "请选择“每季末10日前”的理解"),
        ({"kind": "working_days_before", "days": 5}, "请选择依据的任务"),
        ({"kind": "working_days_before", "days": -1, "duty": "a"}, "工作日数须为"),
        ({"kind": "end_of_period", "day": 3}, "不认识：day"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(DueRuleError, match=sentence):
        checked(data)


def test_a_rule_that_leans_on_an_unknown_or_dateless_duty_says_which():
    rule = {"kind": "working_days_before", "days": 5, "duty": "附件2"}
    with pytest.raises(DueRuleError, match="“附件2”不在本通知中"):
        list(occurrences(rule, cycle=Cycle.ONCE, window=YEAR_2014))
    with pytest.raises(DueRuleError, match="“附件2”没有截止日期"):
        list(occurrences(rule, cycle=Cycle.ONCE, window=YEAR_2014, others={"附件2": None}))


def test_every_kind_can_be_said_in_words():
    said = [
        words({"kind": "on_date", "date": "2014-05-25"}),
        words({"kind": "month_day", "month": 11, "day": 20}),
        words({"kind": "quarter_end"}),
        words({"kind": "month_window", "month": 4}),
        words({"kind": "month_window", "month": 6, "to_month": 7}),
        words({"kind": "months_after_record"}),
        words(END_OF_PERIOD),
        words({"kind": "no_date"}),
    ]
    assert said[:3] == ["2014年5月25日前（含当日）", "每年11月20日前（含当日）",
                        "每季：季末月10日前（3、6、9、12月10日）"]  # fmt: skip
    assert len(set(said)) == len(said)


RULES = st.sampled_from(
    [
        END_OF_PERIOD,
        {"kind": "quarter_end"},
        {"kind": "quarter_end", "reading": "before_end"},
        {"kind": "quarter_end", "reading": "after_end"},
        {"kind": "month_day", "month": 2, "day": 29},
        {"kind": "month_window", "month": 4},
    ]
)
DAYS = st.dates(dt.date(2004, 1, 1), dt.date(2040, 12, 31))


@given(RULES, st.sampled_from([Cycle.MONTH, Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.YEAR]), DAYS,
       st.integers(0, 800))  # fmt: skip
def test_the_periods_of_any_window_cover_it_without_gap_or_overlap(data, cycle, start, days):
    if data["kind"] == "quarter_end" and cycle is Cycle.MONTH:
        return  # a quarter's rule is for quarters and what holds whole quarters
    window = (start, start + dt.timedelta(days=days))
    found = list(occurrences(data, cycle=cycle, window=window))
    assert found[0].span.starts_on <= window[0]
    assert found[-1].span.ends_on >= window[1]
    for one, after in pairwise(found):
        assert after.span.starts_on == one.span.ends_on + due_rules.ONE_DAY
    assert len({each.span.code for each in found}) == len(found)


@given(DAYS.filter(lambda day: day.year < 2026), st.integers(-30, 30))
def test_shifting_by_working_days_lands_on_one_and_counts_right(day, days):
    landed = working_days.shifted(day, days)
    assert working_days.is_working_day(landed)
    between = range(1, abs((landed - day).days) + 1)
    sign = 1 if landed > day else -1
    worked = [n for n in between if working_days.is_working_day(day + sign * n * due_rules.ONE_DAY)]
    assert len(worked) == (abs(days) if days else len(worked) and 1)
